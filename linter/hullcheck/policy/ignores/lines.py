"""Which lines an ignore comment covers: an instruction, a stage, a value with all that is in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property

from hullcheck.discover import DEV_CONTAINER
from hullcheck.read import File

MAX_BLOCK = 5_000
"""Lines of a block that are covered, so that a hostile file can't take all time."""


class Lines:
    """The lines of a file, as comments see them."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.source = file.source
        self._of_json = file.source.path.endswith(DEV_CONTAINER)

    @cached_property
    def _depths(self) -> list[int]:
        """How far each line is indented, from line 1; -1 for comments and blank lines."""
        depths = [-1]
        for number in range(1, self.source.line_count + 1):
            text = self.source.line(number)
            content = text.lstrip()
            comment = content[:1] in ("", "#") or (self._of_json and content[:2] in ("//", "/*"))
            depths.append(-1 if comment else len(text) - len(content))
        return depths

    @cached_property
    def _followers(self) -> list[int]:
        """For each line, the first one behind it that has content."""
        followers, following = [0] * len(self._depths), len(self._depths)
        for number in range(len(self._depths) - 1, -1, -1):
            followers[number] = following
            following = number if self._depths[number] >= 0 else following
        return followers

    @cached_property
    def top(self) -> int:
        """The first line that is neither a comment, nor blank, nor the start of a document."""
        line = self.following(0)
        while self.source.line(line).startswith("---"):
            line = self.following(line)
        return line

    def following(self, line: int) -> int:
        """The first line behind that one which is neither a comment nor blank."""
        return self._followers[line]

    def stands_alone(self, line: int, column: int) -> bool:
        """Is there nothing but blanks before that column?"""
        return not self.source.line(line)[: column - 1].strip()

    def statement(self, line: int) -> range:
        """The instruction that starts at a line, or that line alone."""
        spans = self.file.spans
        at = bisect_left(spans, (line, 0))
        return range(line, spans[at][1] + 1 if at < len(spans) and spans[at][0] == line else line + 1)

    def block(self, line: int) -> range:
        """What starts at a line: a key of YAML with everything below it; in a Dockerfile the stage that it is in."""
        if self.file.kind == "dockerfile":
            at = bisect_right(self._stages, line)
            first = self._stages[at - 1] if at else 1
            return range(first, self._stages[at] if at < len(self._stages) else len(self._depths))
        return self._document(line) if self.source.line(line).startswith("---") else self._value(line)

    @cached_property
    def _stages(self) -> list[int]:
        instructions = self.file.model.instructions if self.file.model else ()
        return [i.keyword_location.line for i in instructions if i.keyword == "FROM"]

    def _document(self, line: int) -> range:
        end = self.following(line)
        while (
            end < len(self._depths) and end < line + MAX_BLOCK and not self.source.line(end).startswith(("---", "..."))
        ):
            end += 1
        return range(line, end)

    def _value(self, line: int) -> range:
        """The lines that are indented deeper, and the items of a list that may stand at the key's own depth."""
        if line >= len(self._depths):
            return range(line, line)
        depth, item = self._depths[line], self._is_item(line)
        end = self.following(line)
        while end < len(self._depths) and end < line + MAX_BLOCK:
            deep = self._depths[end]
            if 0 <= deep < depth or (deep == depth and (item or not self._is_item(end))):
                break
            end += 1
        return range(line, end)

    def _is_item(self, line: int) -> bool:
        return (
            self.source.line(line)[self._depths[line] :].startswith(("- ", "-\t"))
            or self.source.line(line).strip() == "-"
        )
