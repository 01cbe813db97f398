"""The text of a YAML scalar, with each character's place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.node import Scalar
from hullcheck.model.text import Text
from hullcheck.patterns import pattern
from hullcheck.source import Source

_HEADER = pattern(r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n?")
_DOUBLE = pattern(
    r"\\(?:x..|u.{4}|U.{8}|\r?\n[ \t]*|.)|[ \t]++(?:\r?\n[ \t]*+)*+|(?:\r?\n[ \t]*+)++|[^\\ \t\r\n]+", re.DOTALL
)


def text_of(node: Scalar) -> Text:
    """The scalar's text. Where a piece can't be found again in the file, it stands for the whole scalar."""
    source = node.source
    raw = source.text[node.start : node.end]
    if node.style in ("|", ">"):
        parts = list(_block(node.text, source, node.start, node.end))
    elif node.style:
        parts = list(_quoted(node.text, raw[1:-1], node.start + 1, node.style))
    else:
        parts = list(_aligned(node.text, raw, node.start))
    if "".join(text for text, _, _ in parts) != node.text:
        parts = [(node.text, node.start, node.end)]
    return Text.whole(source).pick(parts)


def _block(text: str, source: Source, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The lines of a literal or folded block, each behind its indentation."""
    header = _HEADER.match(source.text, start)
    at = header.end() if header else start
    indent = None
    left = text
    while left and at < len(source.text):
        stop = source.text.find("\n", at)
        stop = len(source.text) if stop < 0 else stop
        line = source.text[at:stop].rstrip("\r")
        if indent is None and line.strip():
            indent = len(line) - len(line.lstrip(" "))
        content = line[indent or 0 :]
        if not left.startswith(content):
            return
        if content:
            yield content, stop - len(source.text[at:stop]) + len(line) - len(content), at + len(line)
        left = left[len(content) :]
        if left[:1] in ("\n", " "):
            yield left[0], stop, min(stop + 1, len(source.text))
            left = left[1:]
        at = stop + 1


def _quoted(text: str, raw: str, start: int, style: str) -> Iterator[tuple[str, int, int]]:
    if style == "'":
        yield from _aligned(text, raw, start)
        return
    at = 0
    for match in _DOUBLE.finditer(raw):
        piece = match[0]
        if piece[0] == "\\" and piece[1] in "\r\n":
            continue
        if piece[0] == "\\":
            made = text[at : at + 1]
        elif "\n" in piece:
            breaks = piece.count("\n")
            made = text[at : at + max(1, breaks - 1)]
        else:
            made = text[at : at + len(piece)]
        yield made, start + match.start(), start + match.end()
        at += len(made)


def _aligned(text: str, raw: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Plain and single-quoted scalars: everything but white space stands as it is, and a quote is doubled."""
    at = 0
    for match in re.finditer(r"\s+|[^\s]+", text):
        piece = match[0]
        if piece.isspace():
            stop = at
            while stop < len(raw) and raw[stop].isspace():
                stop += 1
            yield piece, start + at, start + stop
            at = stop
            continue
        for part in re.findall(r"'|[^']+", piece):
            length = 2 if part == "'" and raw.startswith("''", at) else len(part)
            yield part, start + at, start + at + length
            at += length
