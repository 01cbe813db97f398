"""Places as editors count them: lines from 0, and columns in units of UTF-16, UTF-8 or UTF-32."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property

from lsprotocol import types

from hullcheck.patterns import pattern
from hullcheck.source import Location

_BREAK = pattern(r"\r\n|\n|\r")

Event = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument


class Text:
    """A text, as lines that end at LF, CRLF or CR; offsets are code points, as everywhere in hullcheck.

    `encoding` is what the editor counts columns in, `utf-16` unless something else was agreed on.
    """

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self.encoding = encoding
        breaks = list(re.finditer(_BREAK.pattern, text))
        self._starts = [0, *(match.end() for match in breaks)]
        self._ends = [*(match.start() for match in breaks), len(text)]
        self._is_plain = encoding == "utf-32" or text.isascii()

    def position(self, offset: int) -> types.Position:
        """The editor's place of an offset; one between CR and LF is before both."""
        line = bisect_right(self._starts, offset) - 1
        return types.Position(line, self._units(self._starts[line], min(offset, self._ends[line])))

    def offset(self, position: types.Position) -> int:
        """The offset of an editor's place; beyond the end of a line is its end, beyond the last line the text's."""
        if position.line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[position.line], self._ends[position.line]
        if self._is_plain:
            return min(start + position.character, end)
        number = bisect_right(range(start, end + 1), position.character, key=lambda at: self._units(start, at))
        return start + number - 1

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def changed(self, event: Event) -> "Text":
        """The text after an edit."""
        if isinstance(event, types.TextDocumentContentChangePartial):
            start, end = self.offset(event.range.start), self.offset(event.range.end)
            return Text(f"{self.text[:start]}{event.text}{self.text[max(start, end) :]}", self.encoding)
        return Text(event.text, self.encoding)

    def _units(self, start: int, end: int) -> int:
        """The units between two offsets. Lines may be long and findings many, so nothing is counted twice."""
        if self._is_plain:
            return end - start
        if self.encoding == "utf-8":
            return self._bytes_before(end) - self._bytes_before(start)
        return end - start + bisect_left(self._wide, end) - bisect_left(self._wide, start)

    @cached_property
    def _wide(self) -> list[int]:
        """The offsets of characters that take two units of UTF-16."""
        return [match.start() for match in re.finditer("[\U00010000-\U0010ffff]", self.text)]

    @cached_property
    def _blocks(self) -> list[int]:
        """How many bytes stand before each block of the text."""
        found = [0]
        for at in range(0, len(self.text), _BLOCK):
            found.append(found[-1] + _bytes(self.text[at : at + _BLOCK]))
        return found

    def _bytes_before(self, offset: int) -> int:
        block = offset // _BLOCK
        return self._blocks[block] + _bytes(self.text[block * _BLOCK : offset])


_BLOCK = 512


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


class Document:
    """A file as an editor has it, saved or not. `path` is where it is, by the name that the editor has for it."""

    def __init__(self, uri: str, path: str, version: int, text: Text) -> None:
        self.uri = uri
        self.path = path
        self.version = version
        self.text = text

    @property
    def data(self) -> bytes:
        """The bytes that would be saved; what no encoding can hold is as wide as what stands in its place."""
        from hullcheck.report.safe import well_formed

        return well_formed(self.text.text).encode()


class Texts:
    """The texts of judged files, as the editor counts in them: each is looked through once."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._known: dict[int, tuple[object, Text]] = {}

    def of(self, location: Location) -> Text:
        source = location.source
        found = self._known.get(id(source))
        if found is None:
            found = self._known[id(source)] = (source, Text(source.text, self.encoding))
        return found[1]

    def range(self, location: Location) -> types.Range:
        return self.of(location).range(location.start, location.end)
