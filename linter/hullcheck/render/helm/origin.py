"""Where something in a chart was written."""

from __future__ import annotations

from hullcheck.render.helm.unknown import Unknown
from hullcheck.source import Location, Source


class Origin:
    """A place in a source. `exact`: the text is the source's own, character by character, from `start` on."""

    __slots__ = ("end", "exact", "source", "start", "unknown")

    def __init__(
        self, source: Source, start: int, end: int, exact: bool = False, unknown: Unknown | None = None
    ) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.exact = exact
        self.unknown = unknown

    def __repr__(self) -> str:
        return f"Origin({self.source.path}:{self.location.line}{' unknown' if self.unknown else ''})"

    @property
    def location(self) -> Location:
        return Location(self.source, self.start, self.end)
