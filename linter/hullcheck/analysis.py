"""One tree, judged: read, united, checked, with suppressions marked."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from hullcheck import suppress
from hullcheck.check import Check, Registry
from hullcheck.config import Config
from hullcheck.coverage import ledger
from hullcheck.discover import Entry, Skipped, Tree
from hullcheck.finding import Finding, Severity
from hullcheck.ignores import Ignore, written
from hullcheck.link.project import Project, link
from hullcheck.model.coverage import Coverage
from hullcheck.model.problem import Problem
from hullcheck.model.settings import Settings
from hullcheck.read import File, read_all
from hullcheck.rules import Rules

UNREAD = frozenset(("parse-error", "unreadable-file", "check-failed", "file-left-scope"))
"""Findings that mean something wasn't checked: exit code 4."""

_OF_CHANGES = frozenset(("path-opened", "isolation-lost", "pod-security-relaxed"))
"""Checks that look at what a change does."""


def unread(finding: Finding) -> bool:
    """Does the finding mean that something wasn't checked that had to be?"""
    return finding.name in UNREAD or (finding.name == "not-analysed" and finding.severity > Severity.INFO)


Progress = Callable[[str, int, int], None]


class Analysis(NamedTuple):
    """What a tree holds: findings with suppressions marked, sorted.

    `files` are those that were of interest, of all that were `seen`; `owners` are the scopes and names of all objects.
    `ignores` are those that suppress something, with the checks they do it for. `scopes` are the worlds of manifests
    and the Compose projects; `coverage` is the ledger of what was judged. `users` are what runs images, by
    the Dockerfile's path.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    files: dict[str, File]
    not_decided: int
    owners: frozenset[tuple[str, str]]
    seen: frozenset[str]
    ignores: dict[Ignore, set[str]]
    scopes: tuple[tuple[Any, ...], tuple[Any, ...]] = ((), ())
    coverage: Coverage = Coverage()
    users: frozenset[tuple[str, tuple[str, str]]] = frozenset()

    @property
    def counted(self) -> list[str]:
        """The paths of the files that can have findings of their own."""
        return [path for path, file in self.files.items() if file.counts]


class Judge(NamedTuple):
    """What trees are judged by: the checks, which of them run, the owners' policy and the day."""

    registry: Registry
    settings: Settings
    rules: Rules
    config: Config
    today: date
    inline: bool
    foreign: bool
    jobs: int
    progress: Progress

    def __call__(self, tree: Tree, known: Mapping[str, File | None] | None = None) -> Analysis:
        """Read a tree, unite its files and run the selected checks over the model.

        `known` are files that another tree has, too: they have been read, and None is one of no interest.
        """
        entries, skipped = discovered(tree)
        files = read_all(tree, entries, self.jobs, self.progress, known)
        project = link(files, tree, self.settings)
        judged = self.rules.judge([*self._problems(project), *self._checked(project)])
        findings = list(_with_users(_distinct(judged), project.users))
        ignores = self._ignores(files, project, findings)
        marked = suppress.apply(findings, ignores, self.config, self.today)
        review = suppress.Review(self.registry, self.settings.selected, self.config, self.today)
        about = suppress.complaints(ignores, marked, review)
        named = ((scope, part.owner) for scope, part in project.parts if hasattr(part, "owner"))
        owners = frozenset(itertools.chain(named, ((path, "") for path in files)))
        return Analysis(
            tuple(sorted(_distinct([*marked.findings, *about]), key=lambda finding: finding.sort_key)),
            tuple(skipped),
            files,
            project.not_decided,
            owners,
            frozenset(entry.path for entry in entries),
            marked.used,
            (project.worlds, project.compose),
            ledger(files, project, owners, skipped, _failed(findings)),
            frozenset((path, user) for (path, _), users in project.users.items() for user in users),
        )

    def opened(self, base: Analysis, head: Analysis) -> tuple[Finding, ...]:
        """What the change from one tree to the other opens in who can talk to whom, with suppressions marked."""
        if _OF_CHANGES.isdisjoint(self.settings.selected) or not any(base.scopes) or not any(head.scopes):
            return ()
        from hullcheck.link.changes_of import changes_of
        from hullcheck.link.network import Options

        parts = list(changes_of(base.scopes, head.scopes, Options(self.settings.datastores)))
        project = Project(parts, [], 0, worlds=head.scopes[0], compose=head.scopes[1])
        findings = list(self.rules.judge(self._checked(project)))
        ignores = self._ignores(head.files, project, findings)
        return tuple(suppress.apply(findings, ignores, self.config, self.today).findings)

    def _ignores(self, files: dict[str, File], project: Project, findings: list[Finding]) -> list[Ignore]:
        if not self.inline:
            return []
        foreign = self.foreign and self.config.demands.foreign
        return list(written(files.values(), project.compose, project.worlds, self.registry, foreign, findings))

    def _checked(self, project: Project) -> Iterator[Finding]:
        by_type: dict[type, list[tuple[Check, Any, bool]]] = {}
        types = {type(part).__name__ for _, part in project.parts}
        for check in self.registry.running(self.settings.selected, project.dialects, types):
            for part_type, function, takes_settings in check.functions:
                by_type.setdefault(part_type, []).append((check, function, takes_settings))
        for scope, part in project.parts:
            for check, function, takes_settings in by_type.get(type(part), ()):
                try:
                    found = list(function(part, self.settings) if takes_settings else function(part))
                    yield from (finding._replace(scope=scope) for finding in found)
                except MemoryError:
                    raise
                except Exception as error:  # noqa: BLE001  a check's own fault must not lose the other findings
                    message = f"`{check.name}` failed here: {type(error).__name__}: {error}"
                    yield self.registry["check-failed"].finding(part, message, evidence=(check.name,))

    def _problems(self, project: Project) -> Iterator[Finding]:
        for problem in project.problems:
            if problem.name in self.settings.selected:
                found = self.registry[problem.name].finding(problem, problem.message, evidence=(problem.message,))
                yield found._replace(scope=problem.location.path)


def _with_users(
    findings: Iterable[Finding], users: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
) -> Iterator[Finding]:
    """The findings, those of an image once more for each that runs it."""
    for finding in findings:
        yield finding
        for user in users.get((finding.scope, finding.owner), ()):
            yield finding._replace(user=user)


def _failed(findings: Iterable[Finding]) -> Iterator[Problem]:
    """The checks that broke off: what they were about isn't judged in full."""
    for finding in findings:
        if finding.name == "check-failed":
            yield Problem(finding.name, finding.message, finding.location, finding.owner)


def discovered(tree: Tree) -> tuple[list[Entry], list[Skipped]]:
    """What the tree holds that is of interest, and what is left out of it."""
    entries, skipped = [], []
    for item in tree.entries():
        if isinstance(item, Entry):
            entries.append(item)
        else:
            skipped.append(item)
    return entries, skipped


def _distinct(findings: Iterable[Finding]) -> Iterable[Finding]:
    """The findings, each of an owner once, however many parts of the model have led to it; they reach as far together."""
    seen: dict[tuple[object, ...], Finding] = {}
    reaching: dict[tuple[object, ...], list[Any]] = {}
    for finding in findings:
        key = (finding.name, finding.identity, finding.evidence or (finding.message,), finding.location)
        first = seen.setdefault(key, finding)
        if first is not finding and finding.extent is not None and first.extent is not None:
            reaching.setdefault(key, [first.extent]).append(finding.extent)
    if reaching:
        from hullcheck.model.extent import together

        for same, extents in reaching.items():
            seen[same] = seen[same]._replace(extent=together(extents))
    return seen.values()
