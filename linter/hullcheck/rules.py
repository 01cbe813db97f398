"""What the owners' configuration makes of findings: where they are wanted, and how bad they are there."""

from collections.abc import Callable, Iterable, Iterator

from hullcheck.config import Config, Override, level
from hullcheck.discover import patterns
from hullcheck.finding import Finding, Severity

Matches = Callable[[str], bool]


def matcher(paths: tuple[str, ...]) -> Matches:
    """Is a path among those that patterns in .gitignore's syntax name? Without patterns, each is."""
    if not paths:
        return lambda path: True
    matches: Matches = patterns(paths).match
    return matches


class Rules:
    """A configuration's word on each finding, by the path that it stands in.

    `selected` are the checks that run everywhere; `somewhere` others that hold in the paths whose override selects them.
    """

    def __init__(self, config: Config, selected: frozenset[str]) -> None:
        self.somewhere = frozenset[str]().union(*(override.select for override in config.overrides)) - selected
        self._severity = config.severity
        self._overrides = [(matcher(override.paths), override) for override in config.overrides]

    def judge(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings that are wanted where they stand, each as bad as the owners say."""
        for finding in findings:
            overrides = self._of(finding)
            if self._wanted(finding.name, overrides):
                severity = self._severity_of(finding, overrides)
                yield finding if severity is finding.severity else finding._replace(severity=severity)

    def fail_on(self, finding: Finding, default: Severity | None) -> Severity | None:
        """The severity that counts where the finding stands."""
        said = [override.fail_on for override in self._of(finding) if override.fail_on]
        return level(said[-1]) if said else default

    def _of(self, finding: Finding) -> list[Override]:
        path = finding.location.path
        return [override for matches, override in self._overrides if matches(path)]

    def _wanted(self, name: str, overrides: list[Override]) -> bool:
        wanted = name not in self.somewhere
        for override in overrides:
            wanted = name not in override.ignore and (wanted or name in override.select)
        return wanted

    def _severity_of(self, finding: Finding, overrides: list[Override]) -> Severity:
        severity = self._severity.get(finding.name, finding.severity)
        for override in overrides:
            severity = override.severity.get(finding.name, severity)
        return severity
