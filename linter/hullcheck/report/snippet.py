"""A line of a source as it is drawn: safe, masked, tabs expanded, cut if it is very long, with columns to mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.report.safe import MASK, Secrets, clean
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

TAB = 4
WIDEST = 160
"""Columns of a line that are shown; of a longer one, those around the mark."""

_BEFORE = 40


class Drawn(NamedTuple):
    """The text to print, and the range of its columns, half-open from 0, that the marked place takes."""

    text: str
    start: int
    end: int


def draw(place: Location, secrets: Secrets, widest: int = WIDEST) -> Drawn:
    """The line of a place, and where on it the place is; a place of several lines is cut after its first.

    What is drawn takes `widest` columns at most, and one more for each mark of a cut.
    """
    source, number = place.source, place.line
    begin = source.line_start(number)
    line = source.line(number)
    first = min(place.start - begin, len(line))
    last = min(max(place.end - begin, first), len(line))
    before = min(_BEFORE, widest // 3)
    left = max(0, first - before) if len(line) > widest else 0
    right = min(len(line), left + widest)
    segment = line[left:right]
    if _is_plain(segment) and not secrets.within(source, begin + left, begin + right):
        lead = "…" if left else ""
        start, end = (len(lead) + min(at, right) - left for at in (first, last))
        text = f"{lead}{segment}{'…' if right < len(line) else ''}".rstrip()
        return Drawn(text, start, max(end, start + 1))
    pieces = _sized(_pieces(source, begin + left, begin + right, secrets))
    away = 0
    if sum(piece.width for piece in pieces) > widest:
        lead_in = sum(piece.width for piece in pieces if piece.until <= begin + first)
        while lead_in > before:
            lead_in -= pieces[away].width
            away += 1
    return _drawn(pieces[away:], begin + first, begin + last, widest, left + away > 0, right < len(line))


class _Sized(NamedTuple):
    """What is printed for the offsets from `at` to `until`, and the columns that it takes."""

    at: int
    until: int
    text: str
    width: int


def _sized(pieces: Iterable[tuple[int, int, str]]) -> list[_Sized]:
    """The pieces, with tabs as blanks."""
    from hullcheck.report.columns import width

    found: list[_Sized] = []
    column = 0
    for at, until, piece in pieces:
        text = " " * (TAB - column % TAB) if piece == "\t" else piece
        found.append(_Sized(at, until, text, width(text)))
        column += found[-1].width
    return found


def _drawn(pieces: list[_Sized], first: int, last: int, widest: int, more_before: bool, more_behind: bool) -> Drawn:
    """The pieces as far as there is room, with marks where something is cut, and the columns of the offsets."""
    shown = ["…"] if more_before else []
    column = len(shown)
    widest += column
    start = end = -1
    for piece in pieces:
        if start < 0 and first < piece.until:
            start = column
        if last <= piece.at and end < 0:
            end = column
        if column + piece.width > widest:
            more_behind = True
            break
        shown.append(piece.text)
        column += piece.width
    if more_behind:
        shown.append("…")
    start = column if start < 0 else start
    end = column if end < 0 else end
    return Drawn("".join(shown).rstrip(), start, max(end, start + 1))


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
