"""A line of a source as it is drawn: safe, masked, tabs expanded, cut if it is very long, with columns to mark."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.report.safe import MASK, Secrets, clean
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

TAB = 4
WIDEST = 160
"""Characters of a line that are shown; of a longer one, those around the mark."""

_BEFORE = 40


class Drawn(NamedTuple):
    """The text to print, and the range of its columns, half-open from 0, that the marked place takes."""

    text: str
    start: int
    end: int


def draw(place: Location, secrets: Secrets) -> Drawn:
    """The line of a place, and where on it the place is; a place of several lines is cut after its first."""
    source, number = place.source, place.line
    begin = source.line_start(number)
    line = source.line(number)
    first = min(place.start - begin, len(line))
    last = min(max(place.end - begin, first), len(line))
    left = max(0, first - _BEFORE) if len(line) > WIDEST else 0
    right = min(len(line), left + WIDEST)
    pieces = ["…"] if left else []
    width = len(pieces)
    segment = line[left:right]
    if _is_plain(segment) and not secrets.within(source, begin + left, begin + right):
        start, end = (width + min(at, right) - left for at in (first, last))
        text = f"{pieces[0] if left else ''}{segment}{'…' if right < len(line) else ''}".rstrip()
        return Drawn(text, start, max(end, start + 1))
    start = end = -1
    for at, until, piece in _pieces(source, begin + left, begin + right, secrets):
        if start < 0 and begin + first < until:
            start = width
        if begin + last <= at and end < 0:
            end = width
        if piece == "\t":
            piece = " " * (TAB - width % TAB)
        pieces.append(piece)
        width += _width(piece)
    if right < len(line):
        pieces.append("…")
    start = width if start < 0 else start
    end = width if end < 0 else end
    return Drawn("".join(pieces).rstrip(), start, max(end, start + 1))


def _is_plain(text: str) -> bool:
    """Is the text printed as it is?"""
    return text.isascii() and text.isprintable() and not ("[" in text and "##" in text)


def _pieces(source: Source, start: int, end: int, secrets: Secrets) -> Iterator[tuple[int, int, str]]:
    """What is printed for each character, or for a secret as a whole, with the offsets it stands for."""
    text = source.text
    at = start
    for first, last in [*secrets.within(source, start, end), (end, end)]:
        for offset in range(at, first):
            char = text[offset]
            if char == "[" and text.endswith("##", 0, offset):
                yield offset, offset + 1, "\\["
            else:
                yield offset, offset + 1, char if char == "\t" else clean(char)
        if first < last:
            yield first, last, MASK
        at = last


def _width(piece: str) -> int:
    """Terminal columns of a printed piece."""
    if piece.isascii():
        return len(piece)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in piece)
