"""One tree, judged: read, united, checked, with suppressions marked."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from hullcheck import look
from hullcheck.budget import CAUSE, OutOfTimeError, Thing, tick
from hullcheck.check import Check, Parts, Registry
from hullcheck.coverage import ledger
from hullcheck.discover import DEV_CONTAINER, Entry, Skipped, Tree
from hullcheck.finding import Finding, Severity
from hullcheck.link.project import Project, link
from hullcheck.model.coverage import Coverage
from hullcheck.model.problem import Problem, late
from hullcheck.model.repository import FileText
from hullcheck.model.scoped import Scoped
from hullcheck.model.settings import Settings
from hullcheck.policy import suppress
from hullcheck.policy.config import Config
from hullcheck.policy.ignores import Ignore, asking
from hullcheck.policy.rules import Rules
from hullcheck.read import File, read_all
from hullcheck.source import Location
from hullcheck.terms import Term
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.concerned import Apart
    from hullcheck.model.kept import Kept
    from hullcheck.narrow import Narrow

UNREAD = frozenset(("parse-error", "unreadable-file", "check-failed", "time-limit", "file-left-scope"))
"""Findings that mean something wasn't checked: exit code 4."""

_OF_TEXTS = "secret-value"
"""The check that looks at whole texts, for credentials."""

_OF_CHANGES = frozenset(("path-opened", "isolation-lost", "pod-security-relaxed", "used-but-blocked"))
"""Checks that look at what a change does."""


def unread(finding: Finding) -> bool:
    """Does the finding mean that something wasn't checked that had to be?"""
    return finding.name in UNREAD or (finding.name == "not-analysed" and finding.severity > Severity.INFO)


Progress = Callable[[str, int, int], None]


class Analysis(NamedTuple):
    """What a tree holds: findings with suppressions marked, sorted.

    `files` are those that were of interest, of all that were `seen`; `owners` are the scopes and names of all objects.
    `ignores` are those that suppress something, with the terms by which they do. `scopes` are the worlds of manifests
    and the Compose projects; `coverage` is the ledger of what was judged. `users` are what runs images, by
    the Dockerfile's path. `not_decided` counts by file what is left open. `redact` are the places of secrets, whether or
    not the checks that know them were asked for. `builders` are the files that say of a Dockerfile that it is built.
    `unlooked` are parts in which nothing of interest can be found.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    files: dict[str, File]
    not_decided: Mapping[str, int]
    owners: frozenset[tuple[str, str]]
    seen: frozenset[str]
    ignores: dict[Ignore, set[Term]]
    scopes: tuple[tuple[Any, ...], tuple[Any, ...]] = ((), ())
    coverage: Coverage = Coverage()
    users: frozenset[tuple[str, tuple[str, str]]] = frozenset()
    redact: frozenset[Location] = frozenset()
    builders: Mapping[str, frozenset[str]] = {}
    unlooked: "Apart | None" = None

    @property
    def is_late(self) -> bool:
        """Did something take too long, so that it may come out otherwise next time?"""
        gaps = (item.gap for item in self.coverage.items)
        return any(gap is not None and gap.cause == CAUSE for gap in gaps)

    @property
    def counted(self) -> list[str]:
        """The paths of the files that can have findings of their own."""
        return [path for path, file in self.files.items() if file.counts]


class Linked(NamedTuple):
    """A tree, read and united: `entries` are what was looked at, `kept` what it was made with, `near` what chose them."""

    files: dict[str, File]
    project: Project
    entries: list[Entry]
    skipped: list[Skipped]
    kept: "Kept | None"
    near: "Narrow | None"

    @property
    def seen(self) -> frozenset[str]:
        """The paths of the files that were looked at."""
        return frozenset(entry.path for entry in self.entries)

    @property
    def is_late(self) -> bool:
        """Did something take too long, so that it may come out otherwise next time?"""
        return any(problem.gap is not None and problem.gap.cause == CAUSE for problem in self.project.problems)


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

    def __call__(
        self,
        tree: Tree,
        known: Mapping[str, File | None] | None = None,
        narrow: "Narrow | None" = None,
        kept: "Kept | None" = None,
    ) -> Analysis:
        """Read a tree, unite its files and run the selected checks over the model; see `linked`."""
        return self.checked(self.linked(tree, known, narrow, kept))

    def linked(
        self,
        tree: Tree,
        known: Mapping[str, File | None] | None = None,
        narrow: "Narrow | None" = None,
        kept: "Kept | None" = None,
    ) -> Linked:
        """Read a tree and unite its files.

        `known` are files that another tree has, too: they have been read, and None is one of no interest. With `narrow`,
        only what it chooses is judged. `kept` is what another tree of nearly the same files was made of.
        """
        entries, skipped = discovered(tree)
        chosen = narrow.chosen(tree, entries) if narrow is not None else entries
        near = narrow if narrow is not None and narrow.is_of_many(entries) else None
        if narrow is not None and len(chosen) < len(entries):
            files = read_all(tree, chosen, self.jobs, self.progress, known)
            own = kept if narrow.has_all_manifests else None
            project = narrow.settled(link(files, tree, self.settings, narrow.asked, own))
            if project is not None:
                return Linked(files, project, chosen, skipped, own, near)
        files = read_all(tree, entries, self.jobs, self.progress, known)
        said = narrow.said if narrow is not None else None
        return Linked(files, link(files, tree, self.settings, said, kept), entries, skipped, kept, near)

    def checked(self, linked: Linked, apart: "Apart | None" = None) -> Analysis:
        """Run the checks over what was linked: all of it, or of what is told `apart` what may have findings of interest."""
        files, project, entries, skipped, kept, near = linked
        if apart is None and near is not None:
            apart = near.concerned(project, files)
        return self.analysis(files, project, entries, skipped, kept, near, apart)

    def analysis(
        self,
        files: dict[str, File],
        project: Project,
        entries: list[Entry],
        skipped: list[Skipped],
        kept: "Kept | None" = None,
        narrow: "Narrow | None" = None,
        apart: "Apart | None" = None,
    ) -> Analysis:
        """Run the checks over what was linked, and mark what is suppressed. `kept` is what was found in worlds before.

        `narrow` knows what is silent, and `apart` what is of interest; the rest is `unlooked`.
        """
        unchecked: list[Scoped] = []
        looked = project._replace(parts=apart.first) if apart is not None else project
        silent = narrow.has_no_credential if narrow is not None else None
        found = list(self._checked(looked, self.settings.selected, unchecked, kept, silent))
        unasked = self._unasked(looked, kept, silent)
        redact = frozenset(place for finding in (*found, *unasked) for place in finding.redact)
        judged = self.rules.judge([*self._problems(project), *found])
        findings = list(_with_users(_distinct(judged), project.users))
        ignores = self._ignores(files, project, findings, kept, narrow.asks_nothing if narrow is not None else None)
        marked = suppress.apply(findings, ignores, self.config, self.today, self.registry.covering)
        review = suppress.Review(self.registry, self.settings.selected, self.config, self.today)
        about = suppress.complaints(ignores, marked, review)
        owners = frozenset(itertools.chain(_owners(project.parts), ((path, "") for path in files)))
        judged_owners = owners.difference(_owners(unchecked)) if unchecked else owners
        return Analysis(
            tuple(sorted(_distinct([*marked.findings, *about]), key=lambda finding: finding.sort_key)),
            tuple(skipped),
            files,
            project.not_decided,
            owners,
            frozenset(entry.path for entry in entries),
            marked.used,
            (project.worlds, project.compose),
            ledger(files, project, judged_owners, skipped, _failed(findings)),
            frozenset((path, user) for (path, _), users in project.users.items() for user in users),
            redact,
            project.builders,
            apart,
        )

    def may_find_more(self, analysis: Analysis, counts: Callable[[Finding], bool]) -> bool:
        """May checks find anything that counts in the parts that weren't looked at?"""
        left = analysis.unlooked.others if analysis.unlooked is not None else ()
        names = self.settings.selected
        return any(counts(each) for part in left for each in self.rules.judge(self._checked(part, names, [])))

    def masked(self, analysis: Analysis, findings: Iterable[Finding]) -> Analysis:
        """The analysis, with the secrets in all files of which these findings show a line."""
        if analysis.unlooked is None:
            return analysis
        more = analysis.unlooked.of(findings)
        found = itertools.chain(self._checked(more, self.settings.selected, []), self._unasked(more))
        return analysis._replace(redact=analysis.redact.union(place for each in found for place in each.redact))

    def opened(self, base: Analysis, head: Analysis, kept: "Kept | None" = None) -> tuple[Finding, ...]:
        """What the change from one tree to the other opens in who can talk to whom, with suppressions marked."""
        if _OF_CHANGES.isdisjoint(self.settings.selected) or not any(base.scopes) or not any(head.scopes):
            return ()
        from hullcheck.link.changes_of import changes_of
        from hullcheck.link.network import Options

        parts = list(changes_of(base.scopes, head.scopes, Options(self.settings.datastores), kept))
        project = Project(parts, [], {}, worlds=head.scopes[0], compose=head.scopes[1])
        findings = list(self.rules.judge(self._checked(project, self.settings.selected, [])))
        if not findings:
            return ()
        ignores = self._ignores(head.files, project, findings)
        return tuple(suppress.apply(findings, ignores, self.config, self.today).findings)

    def _ignores(
        self,
        files: dict[str, File],
        project: Project,
        findings: list[Finding],
        kept: "Kept | None" = None,
        silent: "Callable[[str], bool] | None" = None,
    ) -> list[Ignore]:
        if not self.inline:
            return []
        asked = asking(files.values(), findings, kept, silent)
        if not asked:
            return []
        from hullcheck.policy.ignores.written import written

        foreign = self.foreign and self.config.demands.foreign
        return list(written(asked, project.compose, project.worlds, self.registry, foreign))

    def _unasked(
        self, project: Project, kept: "Kept | None" = None, silent: "Callable[[str], bool] | None" = None
    ) -> Iterator[Finding]:
        """What the checks of secrets find that weren't asked for: reports mask it all the same."""
        secret = {name for name, entry in self.registry.entries.items() if entry.concern == "secrets" and entry.default}
        names = frozenset(secret - self.settings.selected)
        return self._checked(project, names, [], kept, silent) if names else iter(())

    def _checked(
        self,
        project: Project,
        names: frozenset[str],
        unchecked: list[Scoped],
        kept: "Kept | None" = None,
        silent: "Callable[[str], bool] | None" = None,
    ) -> Iterator[Finding]:
        """What these checks find; where the run's time is used up before they are through, the rest is `unchecked`.

        `silent` knows of files that there is no credential in their texts.
        """
        by_type: dict[str, list[tuple[Check, Any, bool]]] = {}
        there = Parts(part for _, part in project.parts)
        for check in self.registry.running(names, project.dialects, there):
            for part_type, function, takes_settings in check.functions:
                by_type.setdefault(part_type, []).append((check, function, takes_settings))
        thing = Thing()
        known = None
        if kept is not None:
            from hullcheck.link.found import Findings

            known = Findings(kept, names, project)
        if any(check.name != _OF_TEXTS for check, *_ in by_type.get("FileText", ())):
            silent = None
        for number, (scope, part) in enumerate(project.parts):
            developed = scope in project.devcontainers
            checks = by_type.get(type(part).__name__)
            if checks is None:
                continue
            if developed:
                checks = [row for row in checks if "devcontainer" in row[0].dialects]
            all_found: list[Finding] = []
            ended = None
            try:
                tick()
                is_silent = silent is not None and type(part) is FileText and silent(part.source.path)
                if known is not None and known.knows(scope, part):
                    before = known.of(scope, part)
                    if before is None and is_silent:
                        before = known.keep(scope, part, ())
                    if before is None:
                        with thing:
                            self._look_at(part, checks, thing, all_found)
                        before = known.keep(
                            scope, part, tuple(_held_by(_within(each, scope), part) for each in all_found)
                        )
                    yield from before
                    continue
                if is_silent:
                    continue
                with thing:
                    self._look_at(part, checks, thing, all_found)
            except OutOfTimeError as error:
                ended = error
            for each in all_found:
                found = _held_by(_within(each, scope), part)
                yield found._replace(dialect="devcontainer") if developed else found
            if ended is not None:
                unchecked += project.parts[number:]
                project.problems.extend(_unchecked(ended, unchecked))
                return

    def _look_at(
        self, part: Any, checks: Iterable[tuple[Check, Any, bool]], thing: Thing, all_found: list[Finding]
    ) -> None:
        """Add what checks find in a part; a fault of one, or that it takes too long, must not lose other findings."""
        settings, again = self.settings, thing.again
        for check, function, takes_settings in checks:
            try:
                again()
                found = list(function(part, settings) if takes_settings else function(part))
            except OutOfTimeError as error:
                if error.whole:
                    raise
                message = f"`{check.name}` didn't come to an end here: {error}"
                found = [self.registry[CAUSE].finding(part, message, evidence=(check.name,))]
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001
                message = f"`{check.name}` failed here: {type(error).__name__}: {error}"
                look.spoil(message)
                found = [self.registry["check-failed"].finding(part, message, evidence=(check.name,))]
            if found:
                all_found += found

    def _problems(self, project: Project) -> Iterator[Finding]:
        for problem in project.problems:
            if problem.name in self.settings.selected:
                found = self.registry[problem.name].finding(problem, problem.message, evidence=(problem.message,))
                yield found._replace(scope=problem.location.path)


_NOT_EDITED = (".hcl#", ".json#")
"""In the scopes of Dockerfiles that stand in bake files: an edit there couldn't be proved to be one. Nor could one of JSON
with comments."""


_HELD = frozenset(("Granted", "Bound", "Identity"))
"""Parts of the model that say which rights an account has."""


def _held_by(finding: Finding, part: Any) -> Finding:
    """The finding with the accounts that hold the right that it is about, if it is about one."""
    if type(part).__name__ not in _HELD:
        return finding
    from hullcheck.accounts import is_power

    return finding._replace(accounts=part.accounts) if is_power(finding.name) else finding


def _within(finding: Finding, scope: str) -> Finding:
    if any(mark in scope for mark in _NOT_EDITED) or finding.location.path.endswith(DEV_CONTAINER):
        return finding._replace(scope=scope, fix=None)
    return finding._replace(scope=scope)


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
        if finding.name in ("check-failed", CAUSE):
            yield Problem(finding.name, finding.message, finding.location, finding.owner)


def _owners(parts: Iterable[Scoped]) -> Iterator[tuple[str, str]]:
    return ((scope, part.owner) for scope, part in parts if hasattr(part, "owner"))


def _unchecked(error: OutOfTimeError, parts: Iterable[Scoped]) -> Iterator[Problem]:
    """That the checks didn't come to some parts, file by file, as far as parts have a place."""
    places = {part.location.path: part.location for _, part in parts if hasattr(part, "location")}
    return (late(error, place, "file") for place in places.values())


def discovered(tree: Tree) -> tuple[list[Entry], list[Skipped]]:
    """What the tree holds that is of interest, and what is left out of it."""
    items = list(tree.entries())
    skipped = [item for item in items if isinstance(item, Skipped)]
    entries: list[Any] = items if not skipped else [item for item in items if isinstance(item, Entry)]
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
