"""Text in a terminal's columns: how wide it is, and in lines that fit."""

from __future__ import annotations

from collections.abc import Iterator

NARROWEST = 20
"""Columns below which nothing is made to fit: what is shown then is wider than the terminal."""


LABEL = 24
"""Columns that what is said of a mark may have at least."""


def width(text: str) -> int:
    """Columns that a printable text takes: two for each East Asian and most emoji, none for what is laid over others."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def wrapped(text: str, columns: int, indent: str = "", first: int | None = None) -> list[str]:
    """The text in lines of at most that many columns, but for single words that are longer; 0 columns are any number.

    `indent` stands before all lines but the first, which begins in column `first` (default: as wide as the indent).
    """
    room = max(columns, NARROWEST)
    at = width(indent) if first is None else first
    if not columns or at + width(text) <= room:
        return [text]
    lines = [""]
    for word in text.split(" "):
        size = width(word)
        if lines[-1].strip() and at + 1 + size > room:
            lines.append(indent)
            at = width(indent)
        blank = " " if lines[-1].strip() else ""
        lines[-1] += f"{blank}{word}"
        at += len(blank) + size
    return lines


def below(mark: str, text: str, start: int, room: int) -> Iterator[tuple[int, str]]:
    """A mark and what is said of it, in lines of so many columns, each with the blanks before it."""
    if start + len(mark) + 1 + width(text) <= room:
        yield start, f"{mark} {text}".rstrip()
        return
    yield start, mark
    left = max(0, min(start, room - LABEL))
    for line in wrapped(text, room - left) if text else ():
        yield left, line


def padded(text: str, columns: int) -> str:
    """The text with blanks behind it up to that many columns."""
    return f"{text}{' ' * (columns - width(text))}"
