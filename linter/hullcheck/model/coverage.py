"""What was seen and can't be judged, and why: the words for it that reports, the configuration and the gate share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

JUDGED, LEFT_OUT, NOT_JUDGED = "judged", "left out", "not judged"

CAUSES: Mapping[str, str] = {
    "parse-error": "mend the file, or leave it out with `exclude`",
    "unreadable": "make it readable, or leave it out with `exclude`",
    "check-failed": "this is a fault of hullcheck's own: please report it",
    "size": "split it, or leave it out with `exclude`",
    "shell": "write it as POSIX has it, or check it yourself",
    "limit": "it leads too far or grows too large to be followed",
    "time-limit": "raise `--time-limit` or `--file-time-limit`, split it, or leave it out with `exclude`",
    "template": "check what it becomes",
    "chart": "mend the chart",
    "chart-dependency": "run `helm dependency build`",
    "chart-value": "give the value in `values.yaml`",
    "chart-template": "check what `helm template` makes of it",
    "overlay": "mend it: `kubectl kustomize` refuses it, too",
    "generator": "check what it makes",
    "unused": "use it, or leave it out with `exclude`",
    "remote": "nothing is fetched: keep a copy here, or check what comes from there",
    "elsewhere": "check it where it is kept",
    "outside": "check from the folder that holds it, too",
    "variable": "set it in `.env`, or give it a default where it is used",
    "missing": "bring the file, or take out what names it",
    "submodule": "check it out before",
}
"""Why something that was seen isn't judged, and what can be done about it."""


class Gap(NamedTuple):
    """That something isn't judged: by which of the `CAUSES`, what kind of thing it is, and why, in words.

    `what` is a noun in the singular, such as "template of chart `x`". Things with the same `cause`, `what` and
    `because` are told in one line; without `because` that is the problem's own message.
    """

    cause: str
    what: str = "file"
    because: str = ""


class Item(NamedTuple):
    """A thing that was seen: its file, what kind of thing it is, its name there, and what became of it.

    `reason` says why it is left out or not judged; `gap` by which cause, `location` where. `finding` tells that the
    reports have a finding about it anyway.
    """

    path: str
    kind: str
    object: str
    state: str
    reason: str = ""
    gap: Gap | None = None
    location: Location | None = None
    finding: bool = False

    @property
    def cause(self) -> str:
        return self.gap.cause if self.gap is not None else ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What is equal for the same thing of two trees, but for the file's name."""
        return self.kind, self.object, self.state, self.cause, self.reason


class Coverage(NamedTuple):
    """All items, sorted by path."""

    items: tuple[Item, ...] = ()

    @property
    def unjudged(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.state == NOT_JUDGED)

    def counts(self) -> dict[str, int]:
        counted = dict.fromkeys((JUDGED, LEFT_OUT, NOT_JUDGED), 0)
        for item in self.items:
            counted[item.state] += 1
        return counted

    def causes(self) -> "list[Cause]":
        """What isn't judged, by cause: what most things have in common first."""
        groups: dict[tuple[str, str, str], list[Item]] = {}
        for item in self.unjudged:
            assert item.gap is not None
            groups.setdefault((item.gap.cause, item.gap.what, item.gap.because or item.reason), []).append(item)
        causes = [Cause(*key, tuple(items)) for key, items in groups.items()]
        return sorted(causes, key=lambda cause: (-len(cause.items), cause.items[0].path, cause.because))

    def untold(self) -> "list[Cause]":
        """What isn't judged, by cause, but for what a finding tells of anyway."""
        causes = (cause._replace(items=cause.untold) for cause in self.causes())
        return [cause for cause in causes if cause.items]

    def below(self, holds: Callable[[str], bool]) -> "Coverage":
        """The items of the files that were asked about."""
        return Coverage(tuple(item for item in self.items if holds(item.path)))


class Cause(NamedTuple):
    """Things that aren't judged for the same reason."""

    cause: str
    what: str
    because: str
    items: tuple[Item, ...]

    @property
    def untold(self) -> tuple[Item, ...]:
        """Those that no finding tells of."""
        return tuple(item for item in self.items if not item.finding)

    @property
    def line(self) -> str:
        """The line that reports have: `9 templates of chart x not judged: ...; run ...`."""
        return self.told(str)

    def told(self, path: Callable[[str], str]) -> str:
        """That line, in which `path` makes what is printed of a path."""
        number = len(self.items)
        first, _, rest = self.what.partition(" ")
        what = f"{number} {first}{'' if number == 1 else 's'}{' ' if rest else ''}{rest}"
        where = f" ({path(self.items[0].path)})" if number == 1 else ""
        return f"{what}{where} not judged: {self.because}; {CAUSES[self.cause]}"
