"""The Dockerfiles that bake files hold themselves, as `dockerfile-inline`, each at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.dockerfile import Dockerfile
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Scalar
from hullcheck.model.text import Text
from hullcheck.parse.dockerfile import parse_inline, parse_text
from hullcheck.source import Source

MAX_CHARACTERS = 200_000

_TARGET = Lazy(r"(?m)^[ \t]*target[ \t]+\"(?P<name>[^\"\n]{1,200})\"[ \t]*\{")
_HEREDOC = Lazy(r"(?m)^[ \t]*dockerfile-inline[ \t]*=[ \t]*<<(?P<chomp>-?)(?P<mark>\w{1,100})[ \t]*\r?\n")
_STRING = Lazy(r"(?m)^[ \t]*dockerfile-inline[ \t]*=[ \t]*\"(?P<text>(?:[^\"\\\n]|\\.)*+)\"")


def dockerfiles(source: Source) -> Iterator[tuple[str, Dockerfile]]:
    """The targets that hold their Dockerfile, by name."""
    if "dockerfile-inline" not in source.text or len(source.text) > MAX_CHARACTERS:
        return
    reader = _in_json if source.path.endswith(".json") else _in_hcl
    yield from reader(source)


def _in_json(source: Source) -> Iterator[tuple[str, Dockerfile]]:
    from hullcheck.parse import yaml  # JSON is YAML, and this reader knows the places

    for document in yaml.parse(source).documents:
        targets = document.root.get("target") if isinstance(document.root, Mapping) else None
        for name, (_, target) in targets.entries().items() if isinstance(targets, Mapping) else ():
            node = target.get("dockerfile-inline") if isinstance(target, Mapping) else None
            if isinstance(node, Scalar):
                yield name, parse_inline(node)


def _in_hcl(source: Source) -> Iterator[tuple[str, Dockerfile]]:
    starts = [(match.end(), match["name"]) for match in _TARGET.finditer(source.text)]
    whole = Text.whole(source)
    for number, (start, name) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else len(source.text)
        body = source.text[start:end]
        heredoc, string = _HEREDOC.search(body), _STRING.search(body)
        if heredoc is not None:
            yield name, parse_text(_body(whole, start + heredoc.end(), end, heredoc["mark"], bool(heredoc["chomp"])))
        elif string is not None:
            first = start + string.start("text")
            parts = [
                (
                    {"n": "\n", "t": "\t"}.get(m[0][1], m[0][1]) if m[0][0] == "\\" else m[0],
                    first + m.start(),
                    first + m.end(),
                )
                for m in re.finditer(r"\\.|[^\\]", string["text"])
            ]
            yield name, parse_text(whole.pick(parts))


def _body(whole: Text, start: int, end: int, mark: str, chomp: bool) -> Text:
    """The lines of a heredoc, those of `<<-` without the indentation that all have."""
    lines: list[tuple[int, int]] = []
    at = start
    while at < end:
        stop = whole.text.find("\n", at)
        stop = len(whole.text) if stop < 0 else stop
        if whole.text[at:stop].strip() == mark:
            break
        lines.append((at, min(stop + 1, len(whole.text))))
        at = stop + 1
    if not chomp:
        return whole.slice(start, lines[-1][1] if lines else start)
    said = [whole.text[first:last] for first, last in lines]
    indent = min((len(line) - len(line.lstrip(" \t")) for line in said if line.strip()), default=0)
    parts = []
    for (first, last), line in zip(lines, said, strict=True):
        cut = min(indent, len(line) - len(line.lstrip(" \t")))
        parts.append((line[cut:], first + cut, last))
    return whole.pick(parts)
