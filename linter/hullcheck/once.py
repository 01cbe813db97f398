"""One fact, told once: of findings of an owner that tell the same of the same thing, the strongest.

Checks say whom they leave a fact to (`covered_by`). All findings are kept, compared, suppressed and gated one by one, so
that nothing can hide behind another: only what counts as much as the stronger one is left out where it is told.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hullcheck.finding import Finding
from hullcheck.tuples import NamedTuple

Covering = Mapping[str, tuple[str, ...]]
"""For the checks that leave a fact to others, which these are."""


def covered(findings: Sequence[Finding], covering: Covering) -> dict[int, int]:
    """For each finding, by its number, that another tells as well and more: the number of that one.

    The stronger is the more severe, and of equals the one that the other check leaves the fact to.
    """
    strong = frozenset(name for names in covering.values() for name in names)
    concerned = [
        number for number, finding in enumerate(findings) if finding.name in covering or finding.name in strong
    ]
    by_owner: dict[tuple[object, ...], list[int]] = {}
    of_text: dict[tuple[object, ...], list[int]] = {}
    for number in sorted(concerned, key=lambda number: findings[number].location.start):
        finding = findings[number]
        path = finding.location.path
        by_owner.setdefault((path, finding.name, finding.identity), []).append(number)
        if finding.scope == path and finding.name in strong:
            of_text.setdefault((path, finding.name, finding.owner, finding.user), []).append(number)
    found: dict[int, int] = {}
    for number in concerned:
        finding = findings[number]
        path = finding.location.path
        for name in covering.get(finding.name, ()):
            owned = [by_owner.get((path, name, finding.identity), [])]
            owned += [of_text.get((path, name, owner, finding.user), []) for owner in _around(finding.owner)]
            for other in itertools.chain.from_iterable(_overlapping(findings, listed, number) for listed in owned):
                _note(findings, _ordered(findings, number, other), found)
    return {weaker: _last(found, weaker) for weaker in found}


def _around(owner: str) -> Iterator[str]:
    """An owner, and all that it is in: an object, and the text itself, whoever is made of it."""
    while owner:
        yield owner
        owner = owner.rpartition("/")[0]
    yield ""


def _overlapping(findings: Sequence[Finding], ordered: list[int], number: int) -> Iterator[int]:
    """Those that stand where the finding does, in part at least."""
    here = findings[number].location
    first = bisect_right(ordered, here.start, key=lambda other: findings[other].location.end - 1)
    for other in ordered[max(first - 1, 0) : first + _TRIES]:
        there = findings[other].location
        if (there.start < here.end and here.start < there.end) or (there.start, there.end) == (here.start, here.end):
            yield other


_TRIES = 20
"""Findings of one check that are compared with another's, so that the cost stays linear."""


def _note(findings: Sequence[Finding], pair: tuple[int, int] | None, found: dict[int, int]) -> None:
    """Keep the worst of those that cover a finding."""
    if pair is not None and (pair[0] not in found or findings[pair[1]].severity > findings[found[pair[0]]].severity):
        found[pair[0]] = pair[1]


def _ordered(findings: Sequence[Finding], one: int, other: int) -> tuple[int, int] | None:
    """The weaker and the stronger of two, of which the first leaves a fact to the other; None if it isn't the same."""
    weaker, stronger = (other, one) if findings[one].severity > findings[other].severity else (one, other)
    return (weaker, stronger) if _same(findings[weaker], findings[stronger]) else None


def _same(weaker: Finding, stronger: Finding) -> bool:
    """Do they tell of the same thing: of all the same secrets, or of what both have as evidence?"""
    if weaker.redact and stronger.redact:
        return all(
            any(a.path == b.path and a.start < b.end and b.start < a.end for b in stronger.redact)
            for a in weaker.redact
        )
    return not set(weaker.evidence).isdisjoint(stronger.evidence)


def _last(found: Mapping[int, int], weaker: int) -> int:
    """The strongest of a chain."""
    seen = {weaker}
    while weaker in found and found[weaker] not in seen:
        weaker = found[weaker]
        seen.add(weaker)
    return weaker


class Told(NamedTuple):
    """What is told, each fact once, and the findings that others tell."""

    findings: list[Finding]
    left_out: list[Finding]


def told_once(findings: Iterable[Finding], covering: Covering) -> Told:
    """The findings without those that a stronger one tells, if both count or neither; it names their checks."""
    listed = list(findings)
    names: dict[int, set[str]] = {}
    gone = set()
    for weaker, stronger in covered(listed, covering).items():
        if _counts(listed[stronger]) == _counts(listed[weaker]):
            gone.add(weaker)
            names.setdefault(stronger, set()).add(listed[weaker].name)
    told = [
        _naming(finding, names[number]) if number in names else finding
        for number, finding in enumerate(listed)
        if number not in gone
    ]
    return Told(told, [listed[number] for number in sorted(gone)])


def _counts(finding: Finding) -> bool:
    return finding.suppression is None and finding.state != "unchanged" and not finding.folded


def _naming(finding: Finding, names: set[str]) -> Finding:
    """The finding, which says which others it stands for."""
    also = " and ".join(f"`{name}`" for name in sorted(names))
    properties = (*finding.properties, ("covers", tuple(sorted(names))))
    return finding._replace(message=f"{finding.message} (and so {also})", properties=properties)
