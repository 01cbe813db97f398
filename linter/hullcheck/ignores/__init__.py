"""What is written in the files to be ignored: our own comments and annotations, and other tools'."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from hullcheck.check import Registry
from hullcheck.finding import Finding
from hullcheck.read import File
from hullcheck.source import Location

NEVER = frozenset(
    (
        "unused-suppression", "suppression-without-reason", "expired-suppression", "too-many-suppressions",
        "suppression-added", "policy-weakened", "file-left-scope",
    )
)  # fmt: skip
"""What can't be suppressed: it is about suppressions, and about the policy itself."""

MAX_IN_FILE = 2_000
"""More in one file are not honoured, so that a hostile file can't take all time."""


class Ignore(NamedTuple):
    """A place that asks to ignore findings: of which checks, where, why and until when.

    It covers `lines` of its own file (None: all of it), and whatever belongs to `owner` if that isn't empty.
    `unknown` are words that name no check. `tool` is whose syntax it is in; `scope` is "line", "block", "object" or
    "file".
    """

    location: Location
    names: frozenset[str]
    scope: str
    lines: range | None = None
    owner: str = ""
    reason: str = ""
    until: date | None = None
    unknown: tuple[str, ...] = ()
    tool: str = "hullcheck"

    @property
    def wide(self) -> bool:
        """Does it cover what will be written there later, too?"""
        return self.scope in ("object", "file")

    @property
    def own(self) -> bool:
        return self.tool == "hullcheck"

    def covers(self, finding: Finding) -> bool:
        """Is the finding, by any of its places or by its owner, what this is about?"""
        if self.owner and (finding.owner == self.owner or finding.owner.startswith(f"{self.owner}/")):
            return True
        places = (finding.location, *(related.location for related in finding.related))
        return any(self._holds(place) for place in places)

    def _holds(self, place: Location) -> bool:
        return place.source is self.location.source and (self.lines is None or place.line in self.lines)


def written(file: File, registry: Registry, foreign: bool = True) -> Iterator[Ignore]:
    """What a file asks to ignore, in its order; with `foreign`, in other tools' words, too."""
    from hullcheck.ignores import comments, objects, peers

    number = 0
    for read in (comments.read, objects.read, *((peers.read, objects.read_peers) if foreign else ())):
        for ignore in read(file, registry):
            number += 1
            if number > MAX_IN_FILE:
                return
            yield ignore
