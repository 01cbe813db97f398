"""What the owners' configuration makes of findings: where they are wanted, and how bad they are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from hullcheck.check import Registry
from hullcheck.discover import patterns
from hullcheck.finding import Finding, Part, Severity
from hullcheck.patterns import pattern
from hullcheck.policy.config import Config, Override, level
from hullcheck.terms import Term, Terms, holding, names
from hullcheck.tuples import NamedTuple

Matches = Callable[[str], bool]

ELSEWHERE = pattern(
    r"(?:^|[/_-])(?:tests?|testing|testdata|testcases|fixtures?|snapshots__|e2e|goldens?|examples?|samples?|docs?|documentation|ci"
    r"|upstream|vendor(?:ed)?|party)[/_-]|golden|\d\.ya?ml",
    re.IGNORECASE,
)
"""What is in the path of every file that may not be for production by its name, and in others'."""


def matcher(paths: tuple[str, ...]) -> Matches:
    """Is a path among those that patterns in .gitignore's syntax name? Without patterns, each is."""
    if not paths:
        return lambda path: True
    matches: Matches = patterns(paths).match
    return matches


class Asked(NamedTuple):
    """What is asked for of some checks in part only: the terms that selected and ignored them everywhere."""

    select: Terms = frozenset()
    ignore: Terms = frozenset()


_IN_FULL = Asked()


def asked(registry: Registry, config: Config) -> Asked:
    """What is selected and ignored everywhere of some checks in part, by other tools' ids."""
    if not (config.select or config.extend_select or config.ignore):
        return Asked()
    select = meant(registry, (*config.select, *config.extend_select))
    full = {term.name for term in select if term.whole}
    if not config.select:
        full |= {entry.name for entry in registry.entries.values() if entry.default}
    ignore = meant(registry, config.ignore)
    partly = frozenset(term for term in select if term.name not in full and not term.when.related)
    return Asked(partly, frozenset(term for term in ignore if not term.whole))


def meant(registry: Registry, words: Iterable[str]) -> Terms:
    """What words stand for."""
    return frozenset().union(*(registry.meant(word) for word in words))


class Rules:
    """A configuration's word on each finding, by the path that it stands in.

    `selected` are the checks that run everywhere; `somewhere` others that hold in the paths whose override selects them.
    A check that `asked` selects in part is told as far as that goes. Findings that join several faults are judged part
    by part.
    """

    def __init__(self, config: Config, selected: frozenset[str], asked: Asked = _IN_FULL) -> None:
        wanted = names(term for override in config.overrides for term in override.select)
        self.somewhere = wanted - selected
        self._asked = asked
        self._partly = names(asked.select)
        self._severity = config.severity
        self._overrides = [(matcher(override.paths), override) for override in config.overrides]

    def judge(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings that are wanted where they stand, each as bad as the owners say."""
        for finding in findings:
            overrides = self._of(finding)
            if not overrides and not self._partly and not self._asked.ignore:
                wanted = finding.pieces if finding.name not in self.somewhere else ()
            else:
                wanted = tuple(part for part in finding.pieces if self._wanted(finding, part, overrides))
            if wanted:
                finding = finding.with_parts(wanted)
                severity = self._severity_of(finding, overrides)
                yield finding if severity is finding.severity else finding._replace(severity=severity)

    def fail_on(self, finding: Finding, default: Severity | None) -> Severity | None:
        """The severity that counts where the finding stands."""
        said = [override.fail_on for override in self._of(finding) if override.fail_on]
        return level(said[-1]) if said else default

    def _of(self, finding: Finding) -> list[Override]:
        path = finding.location.path
        return [override for matches, override in self._overrides if matches(path)]

    def _wanted(self, finding: Finding, part: Part, overrides: list[Override]) -> bool:
        wanted = finding.name not in self.somewhere
        if finding.name in self._partly:
            wanted = holding(self._asked.select, finding, part) is not None
        wanted = wanted and holding(self._asked.ignore, finding, part) is None
        for override in overrides:
            if holding(override.ignore, finding, part) is not None:
                wanted = False
            else:
                wanted = wanted or _selects(override, finding, part)
        return wanted

    def _severity_of(self, finding: Finding, overrides: list[Override]) -> Severity:
        """As bad as the worst of its parts is said to be; what isn't said of a part is said of the check, or by it."""
        if not self._severity and not any(override.severity for override in overrides):
            return finding.severity
        return max(self._severity_of_part(finding, part, overrides) for part in finding.pieces)

    def _severity_of_part(self, finding: Finding, part: Part, overrides: list[Override]) -> Severity:
        severity = finding.severity
        for said in (self._severity, *(override.severity for override in overrides)):
            severity = said.get(Term(finding.name), severity)
            ids = [said[term] for term in said if term.peer and term.name == finding.name and term.holds(finding, part)]
            severity = max(ids, default=severity)
        return severity


def _selects(override: Override, finding: Finding, part: Part) -> bool:
    return any(term.name == finding.name and term.holds(finding, part) for term in override.select)
