"""Two analyses compared: which findings are new, which stayed, which are gone.

A finding belongs to its owner: a service of a project, a container of a world, a stage of a Dockerfile. What an owner had
at the base it may have still, wherever it is written now. An owner that the base didn't know may be one of the base's
that is gone, renamed or moved; one that both sides know can't be explained by another's cure. Findings are matched as
multisets, each of the base's absorbing at most one of the head's.

Where findings say how far they reach, that decides: what an owner's findings of a check reached together at the base,
they may reach now, split or joined or narrowed; one that reaches further is new, though the fault is old.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from functools import cached_property

from hullcheck.change.renames import alike, enclosing, is_dockerfile, renamed_scopes, renames
from hullcheck.finding import Finding
from hullcheck.model.versions import without_versions
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

_TRIES = 20
"""Candidates that are compared for one finding, so that the cost stays linear."""

_KUBERNETES = pattern(r"[A-Z][A-Za-z0-9.]*/[^/]*/.+", re.DOTALL)


class Comparison(NamedTuple):
    """`findings` are the head's, each with its state; `fixed` are the base's that the head doesn't have any more.

    `before` has the base's finding for each of the head's that has one, by its number; `renamed` the old paths of files
    by their new ones, `scopes` the old names of scopes by their new ones.
    """

    findings: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    before: Mapping[int, Finding] = {}
    renamed: Mapping[str, str] = {}
    scopes: Mapping[str, str] = {}

    def old_scope(self, scope: str) -> str:
        """What a scope, or the file that it is, was called at the base."""
        return _earlier(scope, self.scopes, self.renamed)


class Side(NamedTuple):
    """One of the two trees: its findings, the sources they may be in, the scopes and names of all owners it has.

    `scopes` are the files of each project and world, by its name. `users` are what runs images, by the Dockerfile's path; `built`
    the scopes that are overlays or charts, each an environment of its own.
    """

    findings: tuple[Finding, ...]
    sources: Mapping[str, Source]
    owners: frozenset[tuple[str, ...]] = frozenset()
    scopes: Mapping[str, frozenset[str]] = {}
    users: frozenset[tuple[str, tuple[str, str]]] = frozenset()
    built: frozenset[str] = frozenset()


Key = Callable[[Finding], Hashable]

_SHOWN = 3
"""Of what a finding reaches further, how much its message says."""


class Nature(NamedTuple):
    """What has to be known of checks, by their names.

    `groups` are checks of which one finding stands for many of others'. Findings of `scopes` are about a folder or a
    namespace and stand at the first object in it; those `once` about the repository, and stand anywhere.
    """

    groups: Mapping[str, frozenset[str]] = {}
    scopes: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()


_PLAIN = Nature()


def compare(head: Side, base: Side, nature: Nature = _PLAIN) -> Comparison:
    """Mark the head's findings "new" or "unchanged", and tell which of the base's are fixed.

    A finding that is suppressed now and wasn't is unchanged; one that was suppressed and isn't any more is new, and so is
    one that got worse.
    """
    matcher = _Matcher(head, base, nature)
    matcher.match_all()
    absorbed = _absorbed(matcher, head, base, nature)
    reached = _Reached(matcher)
    absorbed |= reached.contained
    findings = tuple(
        _told(finding, reached.further[number])
        if number in reached.further
        else finding._replace(state="unchanged" if number in matcher.of_head or number in absorbed else "new")
        for number, finding in enumerate(head.findings)
    )
    left = (finding for number, finding in enumerate(base.findings) if number not in matcher.of_base)
    return Comparison(
        findings,
        tuple(finding._replace(state="absent") for finding in left if finding.suppression is None),
        {number: base.findings[old] for number, old in matcher.of_head.items() if number not in reached.further},
        matcher.renamed,
        matcher.scopes,
    )


def _told(finding: Finding, further: tuple[str, ...]) -> Finding:
    more = f" and {len(further) - _SHOWN} more" if len(further) > _SHOWN else ""
    message = f"{finding.message}; it reaches further than before: {'; '.join(further[:_SHOWN])}{more}"
    return finding._replace(state="new", message=message, reached=further)


def _earlier(scope: str, scopes: Mapping[str, str], renamed: Mapping[str, str]) -> str:
    return scopes.get(scope) or renamed.get(scope, scope)


class _Matcher:
    """Pairs of the head's and the base's findings, by their numbers."""

    def __init__(self, head: Side, base: Side, nature: Nature) -> None:
        self.head = head
        self.base = base
        self.nature = nature
        self.renamed = renames(base.sources, head.sources)
        self.scopes = renamed_scopes(base.scopes, head.scopes, self.renamed)
        self.identities = frozenset(map(self.old, head.owners))
        self.of_head: dict[int, int] = {}
        self.of_base: dict[int, int] = {}
        self._keys: dict[int, Hashable] = {}  # of findings by their ids, which both sides hold

    def match_all(self) -> None:
        self._pass(self._repeated(), self._by_old_identity, _alike)
        self._pass(self._by_identity, self._by_old_identity)
        self._pass(self._by_identity, self._by_old_identity, crossing=True)
        self._pass(self._by_version, _by_version)
        self._pass(self._by_owner, _by_owner, lambda old, new: set() < set(new.evidence) < set(old.evidence))
        self._pass(self._by_place, _by_place, self._other)
        self._pass(self._by_place, _by_place, self._other, crossing=True)
        self._pass(self._by_object, self._by_object, self._other)
        self._pass(self._by_scope, self._by_scope, lambda old, new: _nested(old.owner, new.owner))
        self._pass(self._by_name, self._by_name)
        self._pass(self._by_old_evidence, _by_evidence, self._owner_renamed)

    def _pass(
        self,
        key: Key,
        old_key: Key,
        accepts: Callable[[Finding, Finding], bool] = lambda old, new: True,
        crossing: bool = False,
    ) -> None:
        """Pair what is left and has equal keys that aren't None, each suppressed or each not.

        `crossing` pairs what wasn't suppressed with anything: it was there already.
        """
        left: dict[Hashable, list[int]] = {}
        for number, finding in enumerate(self.base.findings):
            if number not in self.of_base and not (crossing and finding.suppression):
                left.setdefault((old_key(finding), crossing or finding.suppression is None), []).append(number)
        for number, finding in enumerate(self.head.findings):
            if number in self.of_head or (wanted := key(finding)) is None:
                continue
            candidates = left.get((wanted, crossing or finding.suppression is None), [])
            for candidate in candidates[:_TRIES]:
                old = self.base.findings[candidate]
                if finding.severity <= old.severity and accepts(old, finding):
                    candidates.remove(candidate)
                    self.of_head[number], self.of_base[candidate] = candidate, number
                    break

    def _repeated(self) -> Key:
        """Of several equal ones, those that stayed where they were go first, so that the right one is called new."""
        count = Counter(map(self._by_identity, self.head.findings))
        return lambda finding: key if count[key := self._by_identity(finding)] > 1 else None

    def old(self, identity: tuple[str, ...]) -> tuple[str, ...]:
        """The identity, as the base would have it: scopes are called as they were there."""
        if not (self.scopes or self.renamed):
            return identity
        return tuple(self._old_scope(part) if at % 2 == 0 else part for at, part in enumerate(identity))

    def _old_scope(self, scope: str) -> str:
        return _earlier(scope, self.scopes, self.renamed)

    def old_path(self, finding: Finding) -> str:
        path = finding.location.path
        return self.renamed.get(path, path)

    def _old_evidence(self, finding: Finding) -> tuple[str, ...]:
        """The evidence, with files called as they were at the base."""
        return tuple(self.renamed.get(item, item) for item in finding.evidence)

    def _by_identity(self, finding: Finding) -> Hashable:
        if not (self.scopes or self.renamed):
            return self._by_old_identity(finding)
        return finding.name, self.old(finding.identity), finding.evidence

    def _by_old_identity(self, finding: Finding) -> Hashable:
        key = self._keys.get(id(finding))
        if key is None:
            key = self._keys[id(finding)] = (finding.name, finding.identity, finding.evidence)
        return key

    def _by_version(self, finding: Finding) -> Hashable:
        return finding.name, self.old(finding.identity), _versionless(self._old_evidence(finding))

    def _by_owner(self, finding: Finding) -> Hashable:
        return finding.name, self.old(finding.identity)

    def _by_place(self, finding: Finding) -> Hashable:
        """The same name and file: a scope may have been split, or put together with another."""
        return finding.name, finding.owner, finding.evidence, self.old_path(finding)

    def _by_object(self, finding: Finding) -> Hashable:
        """Kubernetes names its objects without regard to files, so that one may be moved to another file."""
        known = _KUBERNETES.fullmatch(finding.owner) is not None
        return (finding.name, finding.owner, finding.evidence) if known else None

    def _by_old_evidence(self, finding: Finding) -> Hashable:
        return finding.name, finding.evidence, self.old_path(finding)

    def _other(self, old: Finding, new: Finding) -> bool:
        """May the base's owner have become the head's? Not if either side knows both.

        Nor if what runs the image was there, and ran another; nor from one overlay into another that was there already.
        """
        known = old.identity in self.identities or self.old(new.identity) in self.base.owners
        scope = self._old_scope(new.scope)
        between = old.scope != scope and {old.scope, scope} <= self.base.built
        return not known and not between and not self._changed_sides(new)

    def _changed_sides(self, new: Finding) -> bool:
        if not new.user[1]:
            return False
        _, _, scope, owner = self.old(new.identity)
        return (scope, owner, "", "") in self.base.owners and (
            self.old_path(new),
            (scope, owner),
        ) not in self.base.users

    def _by_scope(self, finding: Finding) -> Hashable:
        """The folder grows with what is put in it, and another object may be its first."""
        return (finding.name, finding.evidence) if finding.name in self.nature.scopes else None

    def _by_name(self, finding: Finding) -> Hashable:
        return finding.name if finding.name in self.nature.once else None

    def _owner_renamed(self, old: Finding, new: Finding) -> bool:
        """Is it the same object under another name? A stage without a name is called by its number, which shifts."""
        if self._changed_sides(new):
            return False
        numbered = is_dockerfile(new.location) and (old.owner.isdecimal() or new.owner.isdecimal())
        if numbered:
            return self._stages_shifted(old, new)
        if not self._other(old, new):
            return False
        if old.location.text == new.location.text and enclosing(old.location) == enclosing(new.location):
            return True
        if is_dockerfile(new.location):
            return True  # one image is made of it as before, however its stages are called now
        return alike(old.location, new.location, (_last(old.owner), _last(new.owner)))

    def _stages_shifted(self, old: Finding, new: Finding) -> bool:
        if old.location.text == new.location.text and enclosing(old.location) == enclosing(new.location):
            return True
        if self._other(old, new):
            return True
        return old.owner.isdecimal() and alike(old.location, new.location, (_last(old.owner), _last(new.owner)))


class _Reached:
    """How far the findings reach that have a counterpart at the base, beside what was reached there.

    `further` are the numbers of the head's that reach more, and what; `contained` those without a counterpart that reach
    no more than the base's findings of the same owner and check did together, and are no worse.
    """

    def __init__(self, matcher: _Matcher) -> None:
        self._matcher = matcher
        self.further: dict[int, tuple[str, ...]] = {}
        self.contained: set[int] = set()
        self._before: dict[tuple[str, tuple[str, ...]], list[Finding]] = {}
        self._extents: dict[tuple[object, ...], _Extents] = {}
        if any(finding.extent is not None for finding in matcher.head.findings):
            for finding in matcher.base.findings:
                if finding.extent is not None:
                    self._before.setdefault((finding.name, finding.identity), []).append(finding)
            for number, finding in enumerate(matcher.head.findings):
                if finding.extent is not None:
                    self._compare(number, finding)

    def _compare(self, number: int, finding: Finding) -> None:
        matcher = self._matcher
        pair = matcher.of_head.get(number)
        old = matcher.base.findings[pair] if pair is not None else None
        if old is not None and old.extent in (None, finding.extent):
            return
        identity = matcher.old(finding.identity) if old is None else old.identity
        known = self._known(finding, identity)
        if old is not None and old.extent not in known.extents:
            known = _Extents({**known.extents, old.extent: None})
        if not known.extents or finding.extent in known.extents:
            self.contained |= {number} if known.extents else set()
            return
        from hullcheck.model.extent import wider

        more = wider(finding.extent, known.united)
        if not more:
            self.contained.add(number)
        elif old is not None:
            self.further[number] = more

    def _known(self, finding: Finding, identity: tuple[str, ...]) -> "_Extents":
        """The extents of what was as bad at the base, of the same kind and owner."""
        told = finding.suppression is not None
        key = (finding.name, identity, finding.severity, told)
        if key not in self._extents:
            self._extents[key] = _Extents(
                {
                    before.extent: None
                    for before in self._before.get((finding.name, identity), ())
                    if finding.severity <= before.severity and (before.suppression is None or told)
                }
            )
        return self._extents[key]


class _Extents:
    """What several findings reach together."""

    def __init__(self, extents: dict[Any, None]) -> None:
        self.extents = extents

    @cached_property
    def united(self) -> Any:
        from hullcheck.model.extent import union

        return union(self.extents)


def _alike(old: Finding, new: Finding) -> bool:
    return alike(old.location, new.location)


def _by_version(finding: Finding) -> Hashable:
    return finding.name, finding.identity, _versionless(finding.evidence)


def _by_owner(finding: Finding) -> Hashable:
    return finding.name, finding.identity


def _by_place(finding: Finding) -> Hashable:
    return finding.name, finding.owner, finding.evidence, finding.location.path


def _by_evidence(finding: Finding) -> Hashable:
    return finding.name, finding.evidence, finding.location.path


def _versionless(evidence: tuple[str, ...]) -> tuple[str, ...]:
    """A newer version of what is at fault is the same fault: an unverified download, an image past its life."""
    return tuple(map(without_versions, evidence))


def _nested(one: str, other: str) -> bool:
    """Is one folder in the other, or the same?"""
    short, long = sorted((one, other), key=len)
    return short == "." or f"{long}/".startswith(f"{short}/")


def _last(owner: str) -> str:
    return re.split(r"[/.]", owner)[-1]


def _absorbed(matcher: _Matcher, head: Side, base: Side, nature: Nature) -> set[int]:
    """The head's findings that one of the base stood for, as one for many: about objects that were there.

    An image's first user is none that joins another.

    A folder that falls apart into several has one for each, where it had one for all.
    """
    gone = [f for number, f in enumerate(base.findings) if number not in matcher.of_base and f.suppression is None]
    stood = {
        (member, f.scope, "" if f.name in nature.scopes else f.owner)
        for f in gone
        for member in nature.groups.get(f.name, ())
    }
    scopes = {(f.name, f.owner) for f in base.findings if f.name in nature.scopes and f.suppression is None}
    own = {(f.name, f.identity, f.evidence) for f in base.findings}
    images = {(f.name, f.location.path) for f in base.findings if not f.user[1] and is_dockerfile(f.location)}
    run = {path for path, _ in base.users}
    found = set()
    for number, finding in enumerate(head.findings):
        if number in matcher.of_head:
            continue
        if finding.user[1]:
            first = matcher.old_path(finding) not in run
            twin = finding._replace(user=("", ""))
            if first and (twin.name, matcher.old(twin.identity), twin.evidence) in own:
                found.add(number)
            continue
        scope, owner, *_ = matcher.old(finding.identity)
        rests = {matcher.renamed.get(r.location.path, r.location.path) for r in finding.related} - run
        if rests and (scope, owner, "", "") in base.owners and any((finding.name, path) in images for path in rests):
            found.add(number)  # it was there, and so was the image's fault: now it is known that they belong together
            continue
        known = (scope, owner, "", "") in base.owners
        if (known and not stood.isdisjoint(((finding.name, scope, owner), (finding.name, scope, "")))) or (
            matcher.old_path(finding) in base.sources
            and any(finding.name == name and _nested(owner, finding.owner) for name, owner in scopes)
        ):
            found.add(number)
    return found
