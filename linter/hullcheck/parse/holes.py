"""Text with holes made readable as YAML: where something unknown stands on lines of its own.

A hole is a marker for what isn't known: one value, or any number of lines. In the place of a value it can stand as it
is. On a line of its own it may be more entries of the mapping or more items of the list that it stands in, and becomes
a key or an item of its own there, so that the collection shows that not all of it is known.
"""

from __future__ import annotations

from bisect import bisect_right

from hullcheck.budget import tick
from hullcheck.model.lazy import Lazy
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

_KEY = pattern(r"""[ ]*(?:-[ ]+)*(?:"[^"\n]*"|'[^'\n]*'|[^\s"'#{}\[\]-][^\s:"'#]*):""")
_ITEMS = pattern(r"[ ]*(?:-[ ]+)+")
_VALUE = Lazy(r"(?P<pad>[ ]*+)(?P<items>(?:-[ ]++)*+)[^\s\"'#{}\[\]][^\n\"'#]*:[ ]++", most=4_000)
MAX_BESIDE = 1_000
"""Characters of a line that are looked at beside a hole: longer lines are no block of YAML."""

MAX_LOOK = 400
"""Lines that are looked back over for the one that a hole belongs under."""


class Edit(NamedTuple):
    """Text put in the place of `text[start:end]`, so that it can be read."""

    start: int
    end: int
    text: str


class _Line(NamedTuple):
    start: int
    end: int
    indent: int
    dash: bool


def edits(text: str, holes: list[tuple[int, int]]) -> list[Edit]:
    """What makes the text readable, in the order of its places. `holes` are spans in order that don't overlap."""
    lines = _Lines(text)
    found: list[Edit] = []
    for start, end in _united(text, holes):
        tick()
        found += lines.edits(start, end)
    return found


def _united(text: str, holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Holes with nothing but blanks between them are one."""
    found: list[tuple[int, int]] = []
    for start, end in holes:
        if found and not text[found[-1][1] : start].strip(" "):
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


class _Lines:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[_Line] = []
        at = 0
        for line in text.split("\n"):
            content = line.lstrip(" ")
            self.lines.append(
                _Line(
                    at, at + len(line), len(line) - len(content) if content.strip() else -1, content[:2] in ("- ", "-")
                )
            )
            at += len(line) + 1
        self.starts = [line.start for line in self.lines]

    def edits(self, start: int, end: int) -> list[Edit]:
        number = bisect_right(self.starts, start) - 1
        line = self.lines[number]
        if start - line.start > MAX_BESIDE:
            return []
        before, after = self.text[line.start : start], self.text[end : min(line.end, end + MAX_BESIDE)]
        if after.strip():
            return [Edit(start, start, " ")] if _KEY.fullmatch(before) else []
        below = self._below(number)
        if not before.strip(" "):
            return self._alone(number, start, end, below)
        if _ITEMS.fullmatch(before):
            more = below is not None and below.indent == len(before) and not below.dash
            return [Edit(end, end, ":")] if more else []
        blank = [Edit(start, start, " ")] if _KEY.fullmatch(before) else []
        value = _VALUE.fullmatch(before + (" " if blank else ""))
        if value is None or below is None:
            return blank
        column = len(value["pad"]) + len(value["items"])
        if below.indent > column or (below.dash and below.indent == column and not value["items"]):
            return self._form(start, end, below, f"\n{' ' * below.indent}")
        return blank

    def _alone(self, number: int, start: int, end: int, below: _Line | None) -> list[Edit]:
        """A hole on a line of its own."""
        line = self.lines[number]
        column = start - line.start
        above = self._above(number, column)
        if above is not None and above.indent < column and not self._opens(above, column):
            return [Edit(start, end, "")]
        if below is not None and below.indent > column:
            opened = above is not None and self._opens(above, below.indent)
            return self._form(start, end, below, " " * (below.indent - column)) if opened else [Edit(start, end, "")]
        if below is not None and below.indent == column:
            made = self._form(start, end, below, "")
            if above is not None and above.dash and above.indent == column and not below.dash:
                made = [Edit(start, start, f"- {self.text[start:end]}\n{' ' * column}"), *made]
            return made
        if above is not None and above.indent == column:
            return self._form(start, end, above, "")
        if above is not None and above.dash and above.indent + 2 == column and not self._ends_open(above):
            return [Edit(end, end, ":")]
        return []

    def _form(self, start: int, end: int, beside: _Line, pad: str) -> list[Edit]:
        """An item beside items, else a key."""
        if beside.dash:
            return [Edit(start, start, f"{pad}- ")]
        if self.text.startswith(("---", "...", "}", "]"), beside.start + beside.indent):
            return [Edit(start, start, pad)] if pad else []
        return [*([Edit(start, start, pad)] if pad else []), Edit(end, end, ":")]

    def _below(self, number: int) -> _Line | None:
        """The next line with content, within the document."""
        for line in self.lines[number + 1 : number + 1 + MAX_LOOK]:
            if line.indent >= 0 and not self.text.startswith("#", line.start + line.indent):
                return None if self.text.startswith("---", line.start) else line
        return None

    def _above(self, number: int, column: int) -> _Line | None:
        """The nearest line before it that isn't deeper, within the document."""
        for line in reversed(self.lines[max(number - MAX_LOOK, 0) : number]):
            if self.text.startswith("---", line.start):
                return None
            if 0 <= line.indent <= column and not self.text.startswith("#", line.start + line.indent):
                return line
        return None

    def _ends_open(self, line: _Line) -> bool:
        return self.text[line.start : line.end].rstrip().endswith((":", "|", ">", "|-", ">-", "|+", ">+"))

    def _opens(self, line: _Line, column: int) -> bool:
        """Can something deeper, at this column, stand under the line?"""
        return self._ends_open(line) or (line.dash and line.indent + 2 == column)
