"""Findings in groups: by file, by check, or by who has the fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.finding import Finding, Severity
from hullcheck.report import Run
from hullcheck.report.safe import clean
from hullcheck.report.writer import Writer, count
from hullcheck.tuples import NamedTuple

_HEADING = "1;4"

BY = ("file", "check", "owner")
"""What findings can be grouped by."""


class Group(NamedTuple):
    """Findings with what they have in common."""

    title: str
    findings: tuple[Finding, ...]


def groups(run: Run, findings: Iterable[Finding]) -> list[Group]:
    """The findings in the groups that the run asks for."""
    by = run.screen.group_by
    found: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        found.setdefault(_KEYS[by](finding), []).append(finding)
    made = [Group(_titled(run, by, members[0]), tuple(members)) for members in found.values()]
    return sorted(made, key=worst) if by == "check" else made


def grouped(writer: Writer, findings: Iterable[Finding]) -> Iterator[str]:
    """The findings in full, those of a group below its title."""
    for group in groups(writer.run, findings):
        title = f"{clean(group.title)} ({count(len(group.findings), 'finding')})"
        yield f"{writer.paint(title, _HEADING)}\n"
        yield from map(writer.finding, group.findings)


def worst(group: Group) -> tuple[int, int, str]:
    """The most severe first, then those that are many."""
    severity = max((finding.severity for finding in group.findings), default=Severity.INFO)
    return -severity, -len(group.findings), group.title


_KEYS: dict[str, Callable[[Finding], tuple[str, ...]]] = {
    "file": lambda finding: (finding.location.path,),
    "check": lambda finding: (finding.name,),
    "owner": lambda finding: (finding.scope or finding.location.path, finding.owner),
}


def _titled(run: Run, by: str, finding: Finding) -> str:
    if by == "check":
        return finding.name
    path = run.screen.path(finding.location.path)
    if by == "file" or not finding.owner:
        return path
    return f"{_owner(finding)} in {path if finding.scope in ('', finding.location.path) else finding.scope}"


def _owner(finding: Finding) -> str:
    if finding.dialect == "dockerfile":
        return f"stage {finding.owner}"
    kind, dot, name = finding.owner.partition(".")
    return f"{kind.removesuffix('s')} {name}" if dot and kind in ("services", "networks", "volumes") else finding.owner
