"""Findings to text, one format a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hullcheck.check import Registry
from hullcheck.deferred import imported
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import Coverage
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.report.links import Links

FORMATS = {
    "full": "hullcheck.report.full",
    "concise": "hullcheck.report.concise",
    "json": "hullcheck.report.json",
    "sarif": "hullcheck.report.sarif",
    "sarif-full": "hullcheck.report.sarif",
    "github": "hullcheck.report.github",
    "markdown": "hullcheck.report.markdown",
    "gitlab": "hullcheck.report.gitlab",
    "junit": "hullcheck.report.junit",
    "rdjson": "hullcheck.report.rdjson",
    "html": "hullcheck.page.findings",
}
"""The formats, and the module that each is written by."""


class VersionControl(NamedTuple):
    """Where a checkout comes from: the repository's https address, the commit, and the branch or nothing."""

    uri: str
    revision: str
    branch: str


class Screen(NamedTuple):
    """How what people read on a terminal is shown; machines get everything, called from the root.

    `path` makes what is printed of a path below the root. `width` is how many columns there are, 0 for any number.
    `links` are what names and places lead to, where the terminal knows links. `group_by` is "file", "check", "owner" or
    empty. `gather` says that what is common and weighs little is told in a line for each project.
    """

    path: Callable[[str], str] = str
    width: int = 0
    links: "Links | None" = None
    group_by: str = ""
    gather: bool = True


class Run(NamedTuple):
    """What a report is about.

    `findings` are all, with suppressed and unchanged ones marked; `shown` are those that count. `errors` are messages
    about what couldn't be done. `not_decided` counts what was left open because something is unknown. `minimum` is the
    lowest severity that is reported. `redact` are places of secrets, besides those that the findings name. `fixed` are
    findings of the base that are gone, where one was compared with. `coverage` tells what wasn't judged. `beside` is the
    folder that the report is written to; None if that isn't known. `screen` is how text is shown to people. `everything` is
    asked for where nothing is told in fewer words for what its file is there for.
    """

    root: str
    findings: tuple[Finding, ...]
    registry: Registry
    errors: tuple[str, ...]
    files: int
    not_decided: int
    fail_on: Severity | None
    exit_code: int
    shown: tuple[Finding, ...]
    version_control: VersionControl | None = None
    color: bool = False
    show_suppressed: bool = False
    compared: bool = False
    category: str = ""
    minimum: Severity = Severity.INFO
    redact: tuple[Location, ...] = ()
    fixed: tuple[Finding, ...] = ()
    coverage: Coverage = Coverage()
    beside: str | None = None
    screen: Screen = Screen()
    everything: bool = False

    @property
    def reported(self) -> tuple[Finding, ...]:
        """The findings of a report that marks instead of leaving out: suppressed and unchanged ones, too."""
        shown = set(map(id, self.shown))
        return tuple(
            finding
            for finding in self.findings
            if id(finding) in shown
            or (
                finding.severity >= self.minimum
                and (finding.suppression or finding.state == "unchanged" or finding.folded)
            )
        )

    @property
    def folded(self) -> tuple[Finding, ...]:
        """The findings that would count if their files were for production."""
        return folded(self.findings, self.minimum)

    @property
    def suppressed(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.suppression and f.severity >= self.minimum)

    @property
    def unchanged(self) -> tuple[Finding, ...]:
        return tuple(
            f for f in self.findings if f.state == "unchanged" and not f.suppression and f.severity >= self.minimum
        )

    @property
    def fixes(self) -> tuple[int, int]:
        """How many of the findings that count have a fix that is safe, and one that isn't."""
        found = [finding.fix.safe for finding in self.shown if finding.fix]
        return sum(found), len(found) - sum(found)

    def counts(self) -> dict[str, int]:
        """How many findings count, by severity, the worst first."""
        counted = dict.fromkeys(reversed(Severity), 0)
        for finding in self.shown:
            counted[finding.severity] += 1
        return {str(severity): count for severity, count in counted.items()}


def folded(findings: Iterable[Finding], minimum: Severity) -> tuple[Finding, ...]:
    """Those of the findings that don't count for what their files are there for, and for nothing else."""
    return tuple(
        f for f in findings if f.folded and not f.suppression and f.state != "unchanged" and f.severity >= minimum
    )


def render(name: str, run: Run) -> str:
    """The report in the format of that name, as text that ends in a newline unless it is empty."""
    if name not in FORMATS:
        raise HullcheckError(f"no format is called `{name}`; there are {', '.join(FORMATS)}")
    module = imported(FORMATS[name])
    if FORMATS[name] == "hullcheck.report.sarif":
        return str(module.render(run, full=name == "sarif-full"))
    return str(module.render(run))
