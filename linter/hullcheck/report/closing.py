"""What stands last on a screen: what to look at first, and what can be done next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.finding import Finding, Severity
from hullcheck.report import Run
from hullcheck.report.columns import padded, width
from hullcheck.report.gather import place
from hullcheck.report.group import Group, worst
from hullcheck.report.writer import BOLD, FEW, Writer
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


def first(writer: Writer, findings: Iterable[Finding]) -> str:
    """The most severe first, a line for each check and severity; nothing where there are few."""
    lines: list[str] = []
    for line in _lines(writer.run, findings):
        room = writer.screen.width - 2 - len(f"{line.severity}[{line.name}]")
        fits = next((text for text in line.texts if not writer.screen.width or width(text) <= room), line.texts[-1])
        if line.name:
            lines.append(f"  {writer.named(line.severity, line.name)}{fits}")
        else:
            more, *rest = writer.wrapped(fits, "    ", 2)
            lines += [f"  {more}", *rest]
    return "\n".join([writer.paint("Most severe first:", BOLD), *lines]) + "\n" if lines else ""


def _lines(run: Run, findings: Iterable[Finding]) -> Iterator[Line]:
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
