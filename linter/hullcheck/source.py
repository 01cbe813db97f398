"""A file as read, and places in it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property

from hullcheck.tuples import NamedTuple
from hullcheck.typed import Generic, TypeVar

T = TypeVar("T")


class Region(NamedTuple):
    """A half-open span: lines and columns count from 1, columns are Unicode code points.

    SARIF counts UTF-16 units instead; see `Source.utf16_column`.
    """

    start_line: int
    start_column: int
    end_line: int
    end_column: int


_BLOCK = 512


class Source:
    """A file's path, relative to the repository's root with `/` between parts, and its text.

    Positions everywhere are offsets into `text`, which has no byte order mark. Lines end at LF or CRLF, as in git.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.text, self.encoding, self._mark = _decode(data)

    def __repr__(self) -> str:
        return f"Source({self.path!r})"

    @property
    def data(self) -> bytes:
        """The bytes, made again from the text: both needn't be kept, nor sent between processes."""
        return self._mark + self.text.encode(self.encoding)

    def with_text(self, text: str) -> "Source":
        """The same file with another text; UnicodeEncodeError if its encoding can't hold it."""
        text.encode(self.encoding)
        made = Source(self.path, b"")
        made.text, made.encoding, made._mark = text, self.encoding, self._mark
        return made

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line(self, number: int) -> str:
        """Line `number`, counted from 1, without its line ending; empty past the end of the file."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def line_start(self, number: int) -> int:
        """The offset at which line `number`, counted from 1, starts."""
        return self._starts[number - 1] if number <= len(self._starts) else len(self.text)

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column, both from 1, of an offset into `text`."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def utf16_column(self, line: int, column: int) -> int:
        """The column, counted in UTF-16 units from 1, of a column counted in code points."""
        if not self._wide:
            return column
        start = self.line_start(line)
        end = self.line_start(line + 1) if line < len(self._starts) else len(self.text)
        end = min(end, start + column - 1)
        return column + bisect_left(self._wide, end) - bisect_left(self._wide, start)

    def utf8_column(self, line: int, column: int) -> int:
        """The column, counted in bytes of UTF-8 from 1, of a column counted in code points."""
        if self.text.isascii():
            return column
        start = self.line_start(line)
        end = self.line_start(line + 1) if line < len(self._starts) else len(self.text)
        end = min(end, start + column - 1)
        return column + self._bytes_before(end) - self._bytes_before(start) - (end - start)

    def _bytes_before(self, offset: int) -> int:
        block = offset // _BLOCK
        return self._blocks[block] + _bytes_of(self.text[block * _BLOCK : offset])

    @cached_property
    def _blocks(self) -> list[int]:
        """How many bytes of UTF-8 stand before each block of the text."""
        found = [0]
        for at in range(0, len(self.text), _BLOCK):
            found.append(found[-1] + _bytes_of(self.text[at : at + _BLOCK]))
        return found

    @cached_property
    def _wide(self) -> list[int]:
        """The offsets of characters that take two UTF-16 units."""
        if self.text.isascii():
            return []
        return [match.start() for match in re.finditer("[\U00010000-\U0010ffff]", self.text)]

    def at(self, start: int, end: int | None = None) -> "Location":
        """The place from offset `start` up to `end`; without `end`, the rest of the line."""
        if end is None:
            newline = self.text.find("\n", start)
            end = len(self.text) if newline < 0 else newline
            end = start + len(self.text[start:end].rstrip())
        return Location(self, start, max(start, end))

    def at_line(self, number: int) -> "Location":
        """Line `number` without the blanks around its text."""
        start = self.line_start(number)
        text = self.line(number)
        return self.at(start + len(text) - len(text.lstrip()))


def _bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _decode(data: bytes) -> tuple[str, str, bytes]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), encoding, mark
            except UnicodeDecodeError:
                break
    try:
        return data.decode(), "utf-8", b""
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1", b""


class Location(NamedTuple):
    """Part of a source, as half-open offsets into its text."""

    source: Source
    start: int
    end: int

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def region(self) -> Region:
        return Region(*self.source.position(self.start), *self.source.position(self.end))

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def one_line(self) -> "Location":
        """This place, cut at the end of its first line: reviewers see a finding only if all of it was changed."""
        newline = self.source.text.find("\n", self.start, self.end)
        if newline < 0:
            return self
        return Location(self.source, self.start, self.start + len(self.source.text[self.start : newline].rstrip()))


class Related(NamedTuple):
    """A second place that something rests on, and what it has to do with it."""

    location: Location
    message: str


HOLE = "\ue000"
"""Stands in a text for a part of it that can't be known, such as a variable that nothing here sets."""


class Field(NamedTuple, Generic[T]):
    """A value and where it was said; or absent, with the place where it would be said; or unknown, with why.

    `value` is None unless it is known. A check stays silent about what is unknown. `related` are the other places
    that the value rests on: what an override replaced, the service that uses a fragment, an ARG's default. Of a text
    that is only known in part, `parts` is what is known, with a HOLE for each part that isn't.
    """

    value: T | None
    location: Location
    unknown: str = ""
    related: tuple[Related, ...] = ()
    parts: str = ""

    @property
    def known(self) -> bool:
        return self.value is not None

    @property
    def absent(self) -> bool:
        return self.value is None and not self.unknown
