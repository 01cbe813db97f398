"""One fact, told once: of findings of an owner that tell the same of the same thing, the strongest.

Checks say whom they leave a fact to (`covered_by`). All findings are kept, compared, suppressed and gated one by one, so
that nothing can hide behind another: only what counts as much as the stronger one is left out where it is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hullcheck.finding import Finding

Covering = Mapping[str, tuple[str, ...]]
"""For the checks that leave a fact to others, which these are."""


def covered(findings: Sequence[Finding], covering: Covering) -> dict[int, int]:
    """For each finding, by its number, that another tells as well and more: the number of that one.

    The stronger is the more severe, and of equals the one that the other check leaves the fact to.
    """
    concerned = covering.keys() | {name for names in covering.values() for name in names}
    by_path: dict[str, list[int]] = {}
    for number, finding in enumerate(findings):
        if finding.name in concerned:
            by_path.setdefault(finding.location.path, []).append(number)
    found: dict[int, int] = {}
    for numbers in by_path.values():
        ordered = sorted(numbers, key=lambda number: findings[number].location.start)
        for at, number in enumerate(ordered):
            for other in _behind(findings, ordered, at):
                pair = _ordered(findings, number, other, covering)
                if pair is not None and (pair[0] not in found or _is_worse(findings, pair[1], found[pair[0]])):
                    found[pair[0]] = pair[1]
    return {weaker: _last(found, weaker) for weaker in found}


def _behind(findings: Sequence[Finding], ordered: list[int], at: int) -> Iterable[int]:
    """Those that start before the finding ends."""
    here = findings[ordered[at]].location
    for other in ordered[at + 1 :]:
        if findings[other].location.start >= max(here.end, here.start + 1):
            return
        yield other


def _ordered(findings: Sequence[Finding], one: int, other: int, covering: Covering) -> tuple[int, int] | None:
    """The weaker and the stronger of two that tell the same fact; None if they don't."""
    first, second = findings[one], findings[other]
    yields, keeps = second.name in covering.get(first.name, ()), first.name in covering.get(second.name, ())
    if not (yields or keeps):
        return None
    if first.severity != second.severity:
        yields = first.severity < second.severity
    weaker, stronger = (one, other) if yields else (other, one)
    same = _same(findings[weaker], findings[stronger]) and _of_owner(findings[weaker], findings[stronger])
    return (weaker, stronger) if same else None


def _same(weaker: Finding, stronger: Finding) -> bool:
    """Do they tell of the same thing: of all the same secrets, or of what both have as evidence?"""
    if weaker.redact and stronger.redact:
        return all(
            any(a.path == b.path and a.start < b.end and b.start < a.end for b in stronger.redact)
            for a in weaker.redact
        )
    return not set(weaker.evidence).isdisjoint(stronger.evidence)


def _of_owner(weaker: Finding, stronger: Finding) -> bool:
    """Is the stronger about whom the weaker is about, or about the text itself, whoever is made of it?"""
    if weaker.identity == stronger.identity:
        return True
    of_text = stronger.scope == stronger.location.path and stronger.user == weaker.user
    return of_text and (stronger.owner in ("", weaker.owner) or weaker.owner.startswith(f"{stronger.owner}/"))


def _is_worse(findings: Sequence[Finding], one: int, other: int) -> bool:
    return findings[one].severity > findings[other].severity


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
    return finding.suppression is None and finding.state != "unchanged"


def _naming(finding: Finding, names: set[str]) -> Finding:
    """The finding, which says which others it stands for."""
    also = " and ".join(f"`{name}`" for name in sorted(names))
    properties = (*finding.properties, ("covers", tuple(sorted(names))))
    return finding._replace(message=f"{finding.message} (and so {also})", properties=properties)
