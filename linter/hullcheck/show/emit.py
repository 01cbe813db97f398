"""Nodes to text: YAML with the place of each line, and plain values with the place of each leaf."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, core_int, is_null
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

_PLAIN = pattern(r"[A-Za-z0-9_./$(][A-Za-z0-9_./$()@%+=, -]*")
_AMBIGUOUS = pattern(
    r"~|null|true|false|yes|no|on|off|y|n|[-+]?[0-9._][0-9._eExXoOa-fA-F:+-]*|[-+]?\.?(?:inf|nan)|=|<<", re.IGNORECASE
)
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class Line(NamedTuple):
    """A line of YAML, and the node whose place is its origin; None where it has none of its own."""

    text: str
    node: Node | None


class Origin(NamedTuple):
    """Where a leaf comes from: its JSON pointer, and its node."""

    pointer: str
    node: Node


def yaml_lines(node: Node) -> Iterator[Line]:
    """The node as block-style YAML, a line at a time."""
    yield from _block(node, 0)


def _block(node: Node, indent: int) -> Iterator[Line]:
    pad = " " * indent
    if isinstance(node, Mapping) and node.entries():
        for key, (_, value) in node.entries().items():
            yield from _entry(f"{pad}{_text(key, '')}:", value, indent + 2)
    elif isinstance(node, Sequence) and node.items:
        for item in node.items:
            first, *rest = _block(item, indent + 2) if _nested(item) else [Line(pad + "  " + inline(item), item)]
            yield Line(f"{pad}- {first.text[indent + 2 :]}", first.node)
            yield from rest
    else:
        yield Line(pad + inline(node), node)


def _entry(start: str, value: Node, indent: int) -> Iterator[Line]:
    if _nested(value):
        yield Line(start, None)
        yield from _block(value, indent - 2 if isinstance(value, Sequence) else indent)
    elif isinstance(value, Scalar) and "\n" in value.text and _literal(value.text):
        yield Line(f"{start} {_header(value.text)}", value)
        for line in value.text.removesuffix("\n").split("\n"):
            yield Line(" " * indent + line if line else "", None)
    else:
        yield Line(f"{start} {inline(value)}", value)


def _nested(node: Node) -> bool:
    return not node.unknown and (
        (isinstance(node, Mapping) and bool(node.entries())) or (isinstance(node, Sequence) and bool(node.items))
    )


def _literal(text: str) -> bool:
    """Can it stand as a block scalar: no odd characters, no leading blank, no trailing blank line?"""
    return text.isprintable() or (
        all(c == "\n" or c == "\t" or c.isprintable() for c in text)
        and not text.startswith((" ", "\n", "\t"))
        and not text.endswith("\n\n")
        and all(line == line.rstrip() for line in text.split("\n"))
    )


def _header(text: str) -> str:
    return "|" if text.endswith("\n") else "|-"


def inline(node: Node) -> str:
    """A scalar or an empty collection on one line; what isn't known is `{$unknown: why}`."""
    if node.unknown:
        return f"{{$unknown: {json.dumps(node.unknown, ensure_ascii=False)}}}"
    if isinstance(node, Mapping):
        return "{}"
    if isinstance(node, Sequence):
        return "[]"
    assert isinstance(node, Scalar)
    return _text(node.text, node.style)


def _text(text: str, style: str) -> str:
    """A scalar's text: a plain one as it stands, any other quoted unless it could only be a string."""
    if not style and text and text == text.strip() and "\n" not in text:
        return text if _stays_plain(text) else json.dumps(text, ensure_ascii=False)
    if not style and not text:
        return "null"
    if text and _PLAIN.fullmatch(text) and not _AMBIGUOUS.fullmatch(text) and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def _stays_plain(text: str) -> bool:
    return (
        text[0] not in "!&*|>@`%\"'#{}[],"
        and not text.startswith(("- ", "? ", ": "))
        and text not in "-?:"
        and ": " not in text
        and " #" not in text
        and not text.endswith(":")
        and text.isprintable()
    )


def value(node: Node | None) -> Any:
    """The node as plain values, typed as in YAML 1.2's core schema; what isn't known is `{"$unknown": why}`."""
    if node is None:
        return None
    if node.unknown:
        return {"$unknown": node.unknown}
    if isinstance(node, Mapping):
        return {key: value(child) for key, (_, child) in node.entries().items()}
    if isinstance(node, Sequence):
        return [value(item) for item in node.items]
    assert isinstance(node, Scalar)
    return _typed(node)


def _typed(node: Scalar) -> Any:
    if node.style:
        return node.text
    if is_null(node):
        return None
    if node.text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return as_bool(node)
    number = core_int(node)
    if number is not None:
        return number
    return float(node.text) if _FLOAT.fullmatch(node.text) else node.text


def origins(node: Node, pointer: str = "") -> Iterator[Origin]:
    """Every leaf with its JSON pointer (RFC 6901)."""
    if isinstance(node, Mapping) and node.entries() and not node.unknown:
        for key, (_, child) in node.entries().items():
            yield from origins(child, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(node, Sequence) and node.items and not node.unknown:
        for number, child in enumerate(node.items):
            yield from origins(child, f"{pointer}/{number}")
    else:
        yield Origin(pointer, node)
