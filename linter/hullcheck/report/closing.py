"""What stands last on a screen: what is told together, what to look at first, and what can be done next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.finding import Finding, Severity
from hullcheck.report import Run
from hullcheck.report.columns import padded, width
from hullcheck.report.full import FEW
from hullcheck.report.gather import Gathered, Row
from hullcheck.report.group import Group, worst
from hullcheck.report.safe import clean
from hullcheck.tuples import NamedTuple

MOST_CHECKS = 10
"""Checks that this list has; the rest are counted."""

MOST_PLACES = 2
"""Places that are named of each; the rest are counted."""

MANY = 50
"""Findings from which on it is said how to begin with the new ones."""


class Line(NamedTuple):
    """A line of a check: its severity and name, and behind it, in columns, what there is room for; or words alone.

    The last of the `texts` is for where none fits: it has a line more.
    """

    severity: Severity
    name: str
    texts: tuple[str, ...]


def place(run: Run, finding: Finding) -> str:
    """Where a finding is, as it is printed."""
    region = finding.location.region
    return f"{clean(run.screen.path(finding.location.path))}:{region.start_line}:{region.start_column}"


def row(run: Run, row: Row, size: int) -> str:
    """A line of what is told together: how many, and where the first is."""
    first = row.findings[0]
    of = f"in {clean(row.project)}: " if row.project not in ("", first.location.path) else ""
    more = f" and {len(row.findings) - 1} more" if len(row.findings) > 1 else ""
    return f"{len(row.findings):{size}}  {of}{place(run, first)}{more}"


def rows(run: Run, found: Gathered) -> list[str]:
    """The lines of what is told together of a check."""
    size = max(len(str(len(row.findings))) for row in found.rows)
    return [row(run, one, size) for one in found.rows]


def first(run: Run, findings: Iterable[Finding]) -> Iterator[Line]:
    """The most severe first, a line for each check and severity; nothing where there are few."""
    found = list(findings)
    if len(found) <= FEW:
        return
    by_check: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in found:
        by_check.setdefault((finding.severity, finding.name), []).append(finding)
    ordered = sorted(
        ((worst(Group(key[1], tuple(of))), key, of) for key, of in by_check.items()), key=lambda one: one[0]
    )
    shown = ordered[:MOST_CHECKS]
    names = max(width(f"{severity}[{name}]") for _, (severity, name), _ in shown)
    numbers = max(len(str(len(of))) for *_, of in shown)
    for _, (severity, name), of in shown:
        lead = f"{padded('', names - len(f'{severity}[{name}]'))}  {len(of):{numbers}}  "
        places = [_places(run, of, most) for most in range(MOST_PLACES, 0, -1)]
        narrow = f"  {len(of)}\n      {places[-1]}"
        yield Line(severity, name, (*(f"{lead}{text}" for text in places), narrow))
    left = ordered[MOST_CHECKS:]
    if left:
        number = sum(len(of) for *_, of in left)
        what = "1 more finding" if number == 1 else f"{number} more findings"
        yield Line(Severity.INFO, "", (f"and {what}; `--group-by check` orders all of them like this",))


def _places(run: Run, found: list[Finding], most: int) -> str:
    named = list(dict.fromkeys(place(run, finding) for finding in found))[:most]
    left = len(found) - len(named)
    return f"{', '.join(named)} and {left} more" if left else " and ".join(named)


def following(run: Run) -> Iterator[str]:
    """What can be done next, which then needs no counts."""
    safe, unsafe = run.fixes
    if safe:
        yield f"`--fix` makes {_fixes(safe)} that keep{'s' if safe == 1 else ''} the behaviour; `--diff` shows {_it(safe)}"
    if unsafe:
        shown = f"; `--unsafe-fixes --diff` shows {_it(unsafe)}"
        yield f"`--unsafe-fixes` makes {_fixes(unsafe, 'more ' if safe else '')} that may change it{shown}"
    if run.coverage.unjudged:
        yield "`hullcheck files` lists what isn't judged, and why"
    if len(run.shown) >= MANY and not run.compared:
        yield "`hullcheck baseline create` accepts what is there, so that only what is new counts"


def _fixes(number: int, more: str = "") -> str:
    return f"1 {more}fix" if number == 1 else f"{number} {more}fixes"


def _it(number: int) -> str:
    return "it" if number == 1 else "them"
