"""Two analyses compared: which findings are new, which stayed, which are gone.

Findings are matched as multisets, each of the base's absorbing at most one of the head's: a second privileged container
or a copied file is new, whatever else it resembles. The passes go from what is certainly the same to what was moved or
renamed; the later ones ask that the lines around the finding are the same, too, so that removing one fault doesn't
make room for another.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

from hullcheck.finding import Finding
from hullcheck.renames import alike, enclosing, is_dockerfile, renames
from hullcheck.source import Source

_TRIES = 20
"""Candidates that are compared for one finding, so that the cost stays linear."""

_VERSION = re.compile(r"(?<!\d)\d++(?:\.\d++)++")
_LETTER = re.compile(r"[A-Za-z]")
_KUBERNETES = re.compile(r"[A-Z][A-Za-z0-9.]*/[^/]*/.+", re.DOTALL)


class Comparison(NamedTuple):
    """`findings` are the head's, each with its state; `fixed` are the base's that the head doesn't have any more.

    `before` has the base's finding for each of the head's that has one, by its number; `renamed` the old paths of files
    by their new ones.
    """

    findings: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    before: Mapping[int, Finding] = {}
    renamed: Mapping[str, str] = {}


class Side(NamedTuple):
    """One of the two trees: its findings, the sources they may be in, and the paths and names of all objects it has."""

    findings: tuple[Finding, ...]
    sources: Mapping[str, Source]
    owners: frozenset[tuple[str, str]] = frozenset()


Key = Callable[[Finding], Hashable]


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
    findings = tuple(
        finding._replace(state="unchanged" if number in matcher.of_head or number in absorbed else "new")
        for number, finding in enumerate(head.findings)
    )
    left = (finding for number, finding in enumerate(base.findings) if number not in matcher.of_base)
    return Comparison(
        findings,
        tuple(finding._replace(state="absent") for finding in left if finding.suppression is None),
        {number: base.findings[old] for number, old in matcher.of_head.items()},
        matcher.renamed,
    )


class _Matcher:
    """Pairs of the head's and the base's findings, by their numbers."""

    def __init__(self, head: Side, base: Side, nature: Nature) -> None:
        self.head = head
        self.base = base
        self.nature = nature
        self.renamed = renames(base.sources, head.sources)
        self.of_head: dict[int, int] = {}
        self.of_base: dict[int, int] = {}
        self._fingerprints: dict[int, str] = {}

    def match_all(self) -> None:
        self._pass(self._repeated(), self._by_path, _alike)
        self._pass(self._by_old_path, self._by_path)
        self._pass(self._by_old_path, self._by_path, crossing=True)
        self._pass(self._by_version, _by_version)
        self._pass(self._by_owner, _by_owner, lambda old, new: set() < set(new.evidence) < set(old.evidence))
        self._pass(self._by_object, self._by_object, self._moved)
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
        count = Counter(map(self._by_old_path, self.head.findings))
        return lambda finding: key if count[key := self._by_old_path(finding)] > 1 else None

    def _old_path(self, finding: Finding) -> str:
        path = finding.location.path
        return self.renamed.get(path, path)

    def _fingerprint(self, finding: Finding) -> str:
        """The finding's, worked out once."""
        known = self._fingerprints.get(id(finding))
        if known is None:
            known = self._fingerprints[id(finding)] = finding.fingerprint
        return known

    def _by_path(self, finding: Finding) -> Hashable:
        return finding.location.path, self._fingerprint(finding)

    def _by_old_path(self, finding: Finding) -> Hashable:
        return self._old_path(finding), self._fingerprint(finding)

    def _by_object(self, finding: Finding) -> Hashable:
        """Kubernetes names its objects without regard to files, so that one may be moved to another file."""
        return self._fingerprint(finding) if _KUBERNETES.fullmatch(finding.owner) else None

    def _by_old_evidence(self, finding: Finding) -> Hashable:
        return self._old_path(finding), finding.name, finding.evidence

    def _by_version(self, finding: Finding) -> Hashable:
        old = tuple(self.renamed.get(item, item) for item in finding.evidence)
        return (self._old_path(finding), *_by_version(finding._replace(evidence=old))[1:])

    def _by_owner(self, finding: Finding) -> Hashable:
        return self._old_path(finding), finding.name, finding.owner

    def _moved(self, old: Finding, new: Finding) -> bool:
        """An object that is still where it was has a copy, unless the lines are those that are gone there."""
        return (old.location.path, old.owner) not in self.head.owners or _alike(old, new)

    def _by_scope(self, finding: Finding) -> Hashable:
        """The folder grows with what is put in it, and another object may be its first."""
        return (finding.name, finding.evidence) if finding.name in self.nature.scopes else None

    def _by_name(self, finding: Finding) -> Hashable:
        return finding.name if finding.name in self.nature.once else None

    def _owner_renamed(self, old: Finding, new: Finding) -> bool:
        """Is it the same object under another name, or a place that several share and another one is named for now?

        A stage without a name is called by its number, which shifts.
        """
        if old.location.text == new.location.text and enclosing(old.location) == enclosing(new.location):
            return True
        kept = (new.location.path, old.owner) in self.head.owners or (old.location.path, new.owner) in self.base.owners
        if is_dockerfile(new.location) and not kept:
            return True  # one image is made of it as before, however its stages are called now
        if kept and not old.owner.isdigit():
            return False
        return alike(old.location, new.location, (_last(old.owner), _last(new.owner)))


def _alike(old: Finding, new: Finding) -> bool:
    return alike(old.location, new.location)


def _by_evidence(finding: Finding) -> Hashable:
    return finding.location.path, finding.name, finding.evidence


def _by_version(finding: Finding) -> tuple[Hashable, ...]:
    """A newer version of what is at fault is the same fault: an unverified download, an image past its life.

    So is a file that is at fault and was renamed, whose path the evidence tells.
    """
    evidence = tuple(_VERSION.sub("#", item) if _LETTER.search(item) else item for item in finding.evidence)
    return finding.location.path, finding.name, finding.owner, evidence


def _by_owner(finding: Finding) -> Hashable:
    return finding.location.path, finding.name, finding.owner


def _nested(one: str, other: str) -> bool:
    """Is one folder in the other, or the same?"""
    short, long = sorted((one, other), key=len)
    return short == "." or f"{long}/".startswith(f"{short}/")


def _last(owner: str) -> str:
    return re.split(r"[/.]", owner)[-1]


def _absorbed(matcher: _Matcher, head: Side, base: Side, nature: Nature) -> set[int]:
    """The head's findings that one of the base stood for, as one for many: about objects that were there.

    A folder that falls apart into several has one for each, where it had one for all.
    """
    gone = {f.name for number, f in enumerate(base.findings) if number not in matcher.of_base and f.suppression is None}
    members = frozenset().union(*(nature.groups.get(name, frozenset()) for name in gone))
    owners = {owner for _, owner in base.owners}
    scopes = {(f.name, f.owner) for f in base.findings if f.name in nature.scopes and f.suppression is None}
    return {
        number
        for number, finding in enumerate(head.findings)
        if number not in matcher.of_head
        and (
            (finding.name in members and finding.owner in owners)
            or (
                any(finding.name == name and _nested(owner, finding.owner) for name, owner in scopes)
                and matcher.renamed.get(finding.location.path, finding.location.path) in base.sources
            )
        )
    }
