"""Which findings a word stands for: a check's name for all of them, another tool's id for what its rule is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.finding import Finding, Part
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Self

_DIALECTS = {
    "buildkit": ("dockerfile",),
    "checkov:ckv_docker": ("dockerfile",),
    "checkov:ckv2_docker": ("dockerfile",),
    "checkov": ("kubernetes",),
    "cis-k8s": ("kubernetes",),
    "compose-lint": ("compose",),
    "cyclonus": ("kubernetes",),
    "dclint": ("compose",),
    "hadolint": ("dockerfile",),
    "kube-linter": ("kubernetes",),
    "kube-score": ("kubernetes",),
    "kubescape": ("kubernetes",),
    "nsa": ("kubernetes",),
    "owasp-k8s": ("kubernetes",),
    "owasp-kubernetes": ("kubernetes",),
    "polaris": ("kubernetes",),
    "pss": ("kubernetes",),
    "semgrep": ("compose",),
    "tally": ("dockerfile",),
    "trivy:ds": ("dockerfile",),
    "trivy": ("kubernetes",),
}
"""The dialects that a tool judges, or a family of its ids. Other tools' ids say theirs where they are declared."""

Alternatives = tuple[str, ...]


class When(NamedTuple):
    """What a finding must be for another tool's rule to be about it.

    `dialects` are those in which it is (any, if empty). `needs` are sets of words, of each of which the finding must have
    one; of those in `never` it must have none. A `*` at a word's start or end stands for anything, case doesn't matter.
    A `related` rule is about no finding in particular: its id finds the check, and silences nothing.
    """

    dialects: tuple[str, ...] = ()
    needs: tuple[Alternatives, ...] = ()
    never: Alternatives = ()
    related: bool = False

    def holds(self, dialect: str, words: Iterable[str]) -> bool:
        """Is the rule about a finding in that dialect and with these words?"""
        if self.related or (self.dialects and dialect not in self.dialects):
            return False
        if not self.needs and not self.never:
            return True
        known = [word.casefold() for word in words]
        return all(_any(known, wanted) for wanted in self.needs) and not _any(known, self.never)

    @property
    def told(self) -> str:
        """The condition in words, for documentation; empty if there is none but the dialect."""
        if self.related:
            return "related"
        parts = [" or ".join(f"`{word}`" for word in wanted) for wanted in self.needs]
        parts += [f"not {', '.join(f'`{word}`' for word in self.never)}"] if self.never else []
        return ", ".join(parts)


def _any(known: list[str], wanted: Alternatives) -> bool:
    for pattern in map(str.casefold, wanted):
        if pattern in known or ("*" in pattern and any(_matches(word, pattern) for word in known)):
            return True
    return False


def _matches(word: str, pattern: str) -> bool:
    bare = pattern.strip("*")
    if pattern.startswith("*"):
        return bare in word if pattern.endswith("*") else word.endswith(bare)
    return word.startswith(bare) if pattern.endswith("*") else word == bare


class Alias(str):
    """Another tool's id, as `tool:id`, for some of a check's findings.

    Each of `needs` is a word that the finding must have in its evidence or its `kinds`, or several of which it must have
    one. `dialects` are named for ids that don't say theirs.
    """

    __slots__ = ("when",)
    when: When

    def __new__(
        cls,
        identity: str,
        *needs: str | Alternatives,
        never: Alternatives = (),
        dialects: tuple[str, ...] = (),
        related: bool = False,
    ) -> Self:
        self = super().__new__(cls, identity)
        groups = tuple((group,) if isinstance(group, str) else tuple(group) for group in needs)
        self.when = When(dialects, groups, never, related)
        return self


def below(*paths: str) -> Alternatives:
    """Paths, and all that is below them."""
    return tuple(pattern for path in paths for pattern in (path, f"{path}/*"))


def when_of(alias: str, dialects: tuple[str, ...]) -> When:
    """When the alias of a check for these dialects holds; without `dialects` where it holds in all of the check's."""
    when = alias.when if isinstance(alias, Alias) else When()
    spoken = when.dialects or _spoken(alias)
    return when._replace(dialects=() if not spoken or set(dialects) <= set(spoken) else spoken)


def _spoken(alias: str) -> tuple[str, ...]:
    tool = alias.partition(":")[0]
    lower = alias.lower()
    family = next((key for key in _DIALECTS if ":" in key and lower.startswith(key)), tool)
    return _DIALECTS.get(family, ())


class Term(NamedTuple):
    """All findings of a check, or those that another tool's rule is about."""

    name: str
    peer: str = ""
    when: When = When()

    @property
    def whole(self) -> bool:
        return self.when == When()

    @property
    def limited(self) -> bool:
        """Is it about some findings only, apart from their dialect?"""
        return bool(self.when.needs or self.when.never or self.when.related)

    @property
    def said(self) -> str:
        """The check's name, or the id where that is less."""
        return self.name if self.whole else self.peer.partition(":")[2]

    @property
    def anywhere(self) -> "Term":
        """The same, in every dialect."""
        when = self.when._replace(dialects=())
        return Term(self.name) if when == _ALWAYS else self._replace(when=when)

    def holds(self, finding: Finding, part: Part) -> bool:
        """Is it about that part of the finding?"""
        if self.name not in (finding.name, part.check):
            return False
        return self.when == _ALWAYS or self.when.holds(finding.dialect, (*part.words, *finding.kinds))


_ALWAYS = When()

Terms = frozenset[Term]


def whole(names: Iterable[str]) -> Terms:
    """All findings of these checks."""
    return frozenset(map(Term, names))


def names(terms: Iterable[Term]) -> frozenset[str]:
    """The checks that the terms are about, in whole or in part."""
    return frozenset(term.name for term in terms)


def said(terms: Iterable[Term]) -> list[str]:
    """What stands for the terms, in order."""
    return sorted({term.said for term in terms})


def holding(terms: Iterable[Term], finding: Finding, part: Part) -> Term | None:
    """The first of the terms that is about a part of a finding."""
    return next((term for term in terms if term.holds(finding, part)), None)


def lacking(terms: Iterable[Term], others: Terms) -> Iterator[Term]:
    """The terms that the others don't have, neither as they are nor as all findings of the check."""
    return (term for term in terms if term not in others and Term(term.name) not in others)
