"""Text that knows where each of its characters stands, although it was put together from pieces of a source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from hullcheck.source import Location, Source


class Text:
    """Characters and their places: continued lines joined, quotes taken away, a string decoded.

    Piece `i` holds the characters from `_starts[i]` on, and stands in the source from `_offsets[i]` up to `_ends[i]`.
    Within a piece the n-th character stands n characters behind its start; a piece whose length differs (a decoded
    escape) holds one character.
    """

    __slots__ = ("_ends", "_offsets", "_starts", "source", "text")

    def __init__(self, source: Source, text: str, starts: list[int], offsets: list[int], ends: list[int]) -> None:
        self.source = source
        self.text = text
        self._starts = starts
        self._offsets = offsets
        self._ends = ends

    def __repr__(self) -> str:
        return f"Text({self.text!r})"

    def __str__(self) -> str:
        return self.text

    def __len__(self) -> int:
        return len(self.text)

    def __bool__(self) -> bool:
        return bool(self.text)

    @classmethod
    def of(cls, location: Location) -> "Text":
        """The text at a place, as it stands there."""
        return cls(location.source, location.text, [0], [location.start], [location.end])

    @classmethod
    def whole(cls, source: Source) -> "Text":
        """All of a source's text."""
        return cls(source, source.text, [0], [0], [len(source.text)])

    @property
    def location(self) -> Location:
        """Where it stands, from its first character to its last."""
        return self.at(0, len(self.text))

    def at(self, start: int, end: int) -> Location:
        """The place of the characters from `start` up to `end`."""
        if start <= end <= len(self.text) and self._is_plain():
            return Location(self.source, self._offsets[0] + start, self._offsets[0] + end)
        offset = self._offset(start)
        if end <= start:
            return Location(self.source, offset, offset)
        return Location(self.source, offset, self._end(end))

    def _is_plain(self) -> bool:
        """Is it one piece, as it stands in the source?"""
        return len(self._starts) == 1 and self._ends[0] - self._offsets[0] == len(self.text)

    def _offset(self, index: int) -> int:
        piece = bisect_right(self._starts, index) - 1
        return min(self._offsets[piece] + index - self._starts[piece], self._ends[piece])

    def _end(self, index: int) -> int:
        piece = bisect_right(self._starts, index - 1) - 1
        following = self._starts[piece + 1] if piece + 1 < len(self._starts) else len(self.text)
        return self._ends[piece] if index >= following else self._offsets[piece] + index - self._starts[piece]

    def slice(self, start: int, end: int) -> "Text":
        """The characters from `start` up to `end`."""
        if self._is_plain():
            offset = self._offsets[0]
            return Text(self.source, self.text[start:end], [0], [offset + start], [offset + end])
        offset = self._offset(start)
        if end <= start:
            return Text(self.source, "", [0], [offset], [offset])
        starts, offsets, ends = [0], [offset], [self._end(end)]
        first = bisect_right(self._starts, start)
        for piece in range(first, bisect_right(self._starts, end - 1)):
            ends[-1] = self._ends[piece - 1]
            starts.append(self._starts[piece] - start)
            offsets.append(self._offsets[piece])
            ends.append(self._end(end))
        return Text(self.source, self.text[start:end], starts, offsets, ends)

    def strip(self) -> "Text":
        """Without the white space around it."""
        start = len(self.text) - len(self.text.lstrip())
        end = len(self.text.rstrip())
        return self if (start, end) == (0, len(self.text)) else self.slice(start, max(start, end))

    def pick(self, parts: Iterable[tuple[str, int, int]]) -> "Text":
        """A text made of parts of this one: what each says, and from where up to where it is said here."""
        texts: list[str] = []
        starts: list[int] = []
        offsets: list[int] = []
        ends: list[int] = []
        length = 0
        for text, start, end in parts:
            if not text:
                continue
            if len(text) == end - start:
                piece = self.slice(start, end)
                starts += [length + at for at in piece._starts]
                offsets += piece._offsets
                ends += piece._ends
            else:
                place = self.at(start, end)
                starts.append(length)
                offsets.append(place.start)
                ends.append(place.end)
            texts.append(text)
            length += len(text)
        if not texts:
            return self.slice(0, 0)
        return Text(self.source, "".join(texts), starts, offsets, ends)

    def lines(self) -> Iterator["Text"]:
        """Its lines, each without its line feed."""
        start = 0
        while start < len(self.text):
            end = self.text.find("\n", start)
            end = len(self.text) if end < 0 else end
            yield self.slice(start, end)
            start = end + 1


def join(texts: list[Text], separator: str) -> Text:
    """Texts of one source put together, with what stands between any two."""
    source = texts[0].source
    starts: list[int] = []
    offsets: list[int] = []
    ends: list[int] = []
    length = 0
    for number, text in enumerate(texts):
        if number and separator:
            place = text.at(0, 0).start
            starts.append(length)
            offsets.append(place)
            ends.append(place)
            length += len(separator)
        if text.text:
            starts += [length + start for start in text._starts]
            offsets += text._offsets
            ends += text._ends
            length += len(text.text)
    if not starts:
        return texts[0]
    return Text(source, separator.join(text.text for text in texts), starts, offsets, ends)
