"""Findings to text, one format a file."""

from __future__ import annotations

from hullcheck.check import Registry
from hullcheck.deferred import imported
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import Coverage
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

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


class Run(NamedTuple):
    """What a report is about.

    `findings` are all, with suppressed and unchanged ones marked; `shown` are those that count. `errors` are messages
    about what couldn't be done. `not_decided` counts what was left open because something is unknown. `minimum` is the
    lowest severity that is reported. `redact` are places of secrets, besides those that the findings name. `fixed` are
    findings of the base that are gone, where one was compared with. `coverage` tells what wasn't judged. `beside` is the
    folder that the report is written to; None if that isn't known.
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

    @property
    def reported(self) -> tuple[Finding, ...]:
        """The findings of a report that marks instead of leaving out: suppressed and unchanged ones, too."""
        shown = set(map(id, self.shown))
        return tuple(
            finding
            for finding in self.findings
            if id(finding) in shown
            or (finding.severity >= self.minimum and (finding.suppression or finding.state == "unchanged"))
        )

    @property
    def suppressed(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.suppression and f.severity >= self.minimum)

    @property
    def unchanged(self) -> tuple[Finding, ...]:
        return tuple(
            f for f in self.findings if f.state == "unchanged" and not f.suppression and f.severity >= self.minimum
        )

    def counts(self) -> dict[str, int]:
        """How many findings count, by severity, the worst first."""
        counted = dict.fromkeys(reversed(Severity), 0)
        for finding in self.shown:
            counted[finding.severity] += 1
        return {str(severity): count for severity, count in counted.items()}


def render(name: str, run: Run) -> str:
    """The report in the format of that name, as text that ends in a newline unless it is empty."""
    if name not in FORMATS:
        raise HullcheckError(f"no format is called `{name}`; there are {', '.join(FORMATS)}")
    module = imported(FORMATS[name])
    if FORMATS[name] == "hullcheck.report.sarif":
        return str(module.render(run, full=name == "sarif-full"))
    return str(module.render(run))
