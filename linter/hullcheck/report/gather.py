"""Findings of which there are many, and each of which weighs little: a line for each project, overlay or chart.

Only for people is it done, and only what fails no run: nothing else changes, neither counts nor the exit code.
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.finding import Finding, Severity
from hullcheck.report import Run
from hullcheck.report.safe import clean
from hullcheck.report.writer import MANY, Writer
from hullcheck.tuples import NamedTuple


class Row(NamedTuple):
    """Findings of one project: its name, and themselves; without a name they are of Dockerfiles that nothing here runs."""

    project: str
    findings: tuple[Finding, ...]


class Gathered(NamedTuple):
    """What is told together of one check: what is said of it after the number, and a row for each project."""

    name: str
    severity: Severity
    said: str
    rows: tuple[Row, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for row in self.rows for finding in row.findings)


def gathered(run: Run) -> tuple[Gathered, ...]:
    """What is told together of the findings that count."""
    if not run.screen.gather or len(run.shown) < MANY:
        return ()
    by_check: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in run.shown:
        if finding.severity <= Severity.LOW and (run.fail_on is None or finding.severity < run.fail_on):
            by_check.setdefault((finding.name, finding.severity), []).append(finding)
    return tuple(
        Gathered(name, severity, said, tuple(_rows(found)))
        for (name, severity), found in by_check.items()
        if len(found) >= MANY and (said := run.registry[name].gathered)
    )


def _rows(found: list[Finding]) -> Iterator[Row]:
    """The findings by project, in the order of their first; a Dockerfile is of the project that runs its image."""
    runs = {
        finding.scope: one.user[0]
        for finding in found
        for one in reversed((finding, *finding.also))
        if one.user[0] and finding.dialect == "dockerfile"
    }
    rows: dict[str, list[Finding]] = {}
    for finding in found:
        image = finding.dialect == "dockerfile"
        rows.setdefault(runs.get(finding.scope, "") if image else finding.scope, []).append(finding)
    for project, findings in rows.items():
        yield Row(project, tuple(findings))


def _row(run: Run, row: Row, size: int) -> str:
    """A line of what is told together: how many, and where the first is."""
    first = row.findings[0]
    of = f"in {clean(row.project)}: " if row.project not in ("", first.location.path) else ""
    more = f" and {len(row.findings) - 1} more" if len(row.findings) > 1 else ""
    return f"{len(row.findings):{size}}  {of}{place(run, first)}{more}"


def lines(writer: Writer, found: Gathered) -> str:
    """What is told together of a check: one line, and one for each project."""
    size = max(len(str(len(row.findings))) for row in found.rows)
    head = writer.headed(found.severity, found.name, f"{len(found.findings)} {found.said}")
    return "\n".join([*head, *(f"  {_row(writer.run, row, size)}" for row in found.rows)]) + "\n"


def place(run: Run, finding: Finding) -> str:
    """Where a finding is, as it is printed."""
    region = finding.location.region
    return f"{clean(run.screen.path(finding.location.path))}:{region.start_line}:{region.start_column}"
