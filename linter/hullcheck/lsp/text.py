"""Places as editors count them: lines from 0, and columns in units of UTF-16, UTF-8 or UTF-32."""

from __future__ import annotations

import re
from bisect import bisect_right

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

    def position(self, offset: int) -> types.Position:
        """The editor's place of an offset; one between CR and LF is before both."""
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        return types.Position(line, _units(self.text[start : min(offset, self._ends[line])], self.encoding))

    def offset(self, position: types.Position) -> int:
        """The offset of an editor's place; beyond the end of a line is its end, beyond the last line the text's."""
        if position.line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[position.line], self._ends[position.line]
        line = self.text[start:end]
        if self.encoding == "utf-32" or line.isascii():
            return min(start + position.character, end)
        left = position.character
        for at, char in enumerate(line, start):
            left -= _units(char, self.encoding)
            if left < 0:
                return at
        return end

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def changed(self, event: Event) -> "Text":
        """The text after an edit."""
        if isinstance(event, types.TextDocumentContentChangePartial):
            start, end = self.offset(event.range.start), self.offset(event.range.end)
            return Text(f"{self.text[:start]}{event.text}{self.text[max(start, end) :]}", self.encoding)
        return Text(event.text, self.encoding)


def _units(text: str, encoding: str) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)


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
