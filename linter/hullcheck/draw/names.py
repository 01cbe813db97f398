"""Names in a drawing: what they have in common is said once, and long ones take several lines."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

MIN_PREFIX = 4
MIN_NAMES = 3
SHARE = 0.6
"""How many of a box's names must begin alike, for what they share to be left out."""

_NARROW = frozenset("ijltfr.,:;'|!()[]/ ")
_WIDE = frozenset("mwMW@%")
_BREAKS = "-_./ ,+"


def shared_prefix(names: Iterable[str]) -> str:
    """What most of the names begin with, up to a hyphen; empty if it isn't worth leaving out."""
    found = list(dict.fromkeys(names))
    beginnings: Counter[str] = Counter()
    for name in found:
        words = name.split("-")
        most = max((n for n, word in enumerate(words[:6]) if not word.isdecimal()), default=0)  # a number is no name
        beginnings.update("-".join(words[:count]) + "-" for count in range(1, most + 1))
    worth = [
        (len(text) * count, text)
        for text, count in beginnings.items()
        if len(text) >= MIN_PREFIX and count >= MIN_NAMES and count >= SHARE * len(found)
    ]
    return max(worth)[1] if worth else ""


def shortened(name: str, prefix: str) -> str:
    """The name without the prefix, which three dots stand for."""
    return f"…{name[len(prefix) :]}" if prefix and name.startswith(prefix) and len(name) > len(prefix) else name


def text_width(text: str, size: float = 12) -> float:
    """How wide a text is in pixels, about, in any font without serifs."""
    return sum(map(_width, text)) * size / 12


def _width(char: str) -> float:
    if char in _NARROW:
        return 4.4
    if char in _WIDE:
        return 11
    if ord(char) > 127 and unicodedata.east_asian_width(char) in "WF":
        return 12.5
    return 8.6 if char.isupper() else 7.3


def wrapped(text: str, width: float, size: float = 12, most: int = 3) -> list[str]:
    """The text in at most so many lines of that width, broken after a separator if there is one; the last may be cut."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, width, size):
        if line and text_width(line + piece.rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    if len(lines) > most:
        last = lines[most - 1]
        while last and text_width(f"{last}…", size) > width:
            last = last[:-1]
        lines = [*lines[: most - 1], f"{last}…"]
    return lines


def _pieces(text: str, width: float, size: float) -> Iterator[str]:
    """The text in pieces that need not be broken."""
    piece = ""
    for char in text:
        if piece and text_width(piece + char, size) > width:
            yield piece
            piece = ""
        piece += char
        if char in _BREAKS:
            yield piece
            piece = ""
    if piece:
        yield piece
