"""Which line decided a value: where it stands, or of all that it was put together from, what says something else now."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.model.node import Node
from hullcheck.show.emit import origins
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

Read = Callable[[str], bytes | None]


class Place(NamedTuple):
    """A line, and what put the value there, such as `images[0]`; may be empty.

    `other`: it says something else on the other side, or isn't there.
    """

    location: Location
    because: str = ""
    other: bool = True

    @property
    def path(self) -> str:
        return self.location.path

    @property
    def line(self) -> int:
        return self.location.line


class Lines:
    """The lines of a tree's files, each file read once."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._sources: dict[str, Source | None] = {}

    def at(self, named: str) -> Place | None:
        """The place that is named `path:line`; None if there is none."""
        path, _, line = named.rpartition(":")
        if not path or not line.isdecimal() or len(line) > 9:
            return None
        if path not in self._sources:
            data = self._read(path)
            self._sources[path] = Source(path, data) if data is not None else None
        source = self._sources[path]
        return Place(source.at_line(int(line))) if source is not None and int(line) <= source.line_count else None


def places(node: Node | None, lines: Lines) -> list[tuple[Place, str]]:
    """The places that a value rests on, with the text of each: where it stands first.

    A value of a chart that was put together names in `because` the lines of all its parts.
    """
    if node is None:
        return []
    node = next((origin.node for origin in origins(node)), node)
    parts = [place for name in node.because.split(", ") if (place := lines.at(name)) is not None]
    own = Place(node.location, "" if parts else node.because)
    start = node.source.line_start(node.location.line)
    end = node.source.text.find("\n", node.end)
    text = node.source.text[start : end if end >= 0 else len(node.source.text)]
    return [(own, text.strip()), *((part, part.location.text) for part in parts)]


def deciding(
    before: Node | None, after: Node | None, lines_before: Lines, lines_after: Lines
) -> tuple[Place | None, Place | None]:
    """The lines that decided a value, before and after: those that say something else on the other side."""
    olds, news = places(before, lines_before), places(after, lines_after)
    return _other(olds, news), _other(news, olds)


def _other(mine: list[tuple[Place, str]], theirs: list[tuple[Place, str]]) -> Place | None:
    if not mine:
        return None
    known = {(place.path, text) for place, text in theirs}
    if theirs:
        for place, text in mine:
            if (place.path, text) not in known:
                return place
        return mine[0][0]._replace(other=False)
    return mine[0][0]
