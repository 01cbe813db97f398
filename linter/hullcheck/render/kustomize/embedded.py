"""Values inside of JSON or YAML that is itself the text of a field, which replacements can write into."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse import yaml
from hullcheck.patterns import pattern
from hullcheck.render.kustomize.scalars import data
from hullcheck.source import Source

_PLAIN = pattern(r"[A-Za-z0-9_./:@+-]*[A-Za-z0-9_./@+-]")


def document(field: Scalar) -> Node | None:
    """What the text holds, or None if it is no JSON or YAML with parts."""
    source = Source(field.source.path, field.text.encode("utf-8", "replace"))
    found = yaml.parse(source)
    root = found.documents[0].root if found.documents and not found.problems else None
    return None if isinstance(root, Scalar) else root


def rewritten(text: str, old: Node, new: Node) -> str:
    """The text with what has changed between the two trees, in the notation that it has."""
    if text.lstrip()[:1] in ("{", "["):
        if "\n" in text and "  " in text:
            return json.dumps(data(new), sort_keys=True, ensure_ascii=False, indent=2)
        return json.dumps(data(new), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    for before, after in sorted(_changes(old, new), key=lambda pair: -pair[0].start):
        text = text[: before.start] + _word(before, after.text) + text[before.end :]
    return text.strip()


def _changes(old: Node, new: Node) -> Iterator[tuple[Node, Scalar]]:
    """The scalars that differ, each with the one in its place."""
    if old is new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name, (_, value) in new.entries().items():
            if name in old.entries():
                yield from _changes(old.entries()[name][1], value)
    elif isinstance(old, Sequence) and isinstance(new, Sequence):
        for mine, theirs in zip(old.items, new.items, strict=False):
            yield from _changes(mine, theirs)
    elif isinstance(new, Scalar):
        yield old, new


def _word(old: Node, text: str) -> str:
    if isinstance(old, Scalar) and old.style == "'":
        return "'" + text.replace("'", "''") + "'"
    quoted = (isinstance(old, Scalar) and old.style == '"') or not _PLAIN.fullmatch(text)
    return json.dumps(text, ensure_ascii=False) if quoted else text
