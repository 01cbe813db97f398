"""What a service account may do, told once: of the findings about its rights, the gravest, which names the others.

They are kept, compared, suppressed and gated one by one. Only what counts alike is told together, and only at the very end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from hullcheck.finding import Finding, Severity
from hullcheck.report.unite import each
from hullcheck.source import Related

MOST_PLACES = 40
"""Places of further rights that a finding has."""

_FIRST = ("cluster-admin-binding", "pod-can-take-cluster", "wildcard-rbac")
"""Of equally grave ones, those that say the most."""


@lru_cache(maxsize=256)
def is_power(name: str) -> bool:
    """Does a check tell of a right that an account holds?"""
    return name in _FIRST or (name.startswith("rbac-") and name != "rbac-aggregation-widens")


def by_account(findings: Iterable[Finding], minimum: Severity = Severity.INFO) -> list[Finding]:
    """The findings, those about the rights of one service account as one; what is less grave than `minimum` is left as it is.

    A right that several accounts share is told with that of them which holds most.
    """
    listed = list(findings)
    held = {at: f for at, f in enumerate(listed) if f.accounts and f.severity >= minimum}
    numbers = Counter((_kind(f), account) for f in held.values() for account in f.accounts)
    groups: dict[tuple[object, ...], list[int]] = {}
    for at, finding in held.items():
        kind = _kind(finding)
        most = min(finding.accounts, key=lambda account: (-numbers[kind, account], account))
        groups.setdefault((kind, most), []).append(at)
    told: dict[int, Finding] = {}
    gone: set[int] = set()
    for (_, account), numbered in groups.items():
        if len(numbered) > 1:
            together = [listed[at] for at in numbered]
            first = max(range(len(together)), key=lambda at: (*_rank(together[at]), -at))
            told[numbered[first]] = _united(
                str(account), together[first], [f for f in together if f is not together[first]]
            )
            gone.update(at for at in numbered if at != numbered[first])
    return [told.get(at, finding) for at, finding in enumerate(listed) if at not in gone]


def _kind(finding: Finding) -> tuple[object, ...]:
    """What only counts alike, and runs in the same places."""
    scopes = tuple(sorted({one.scope for one in each((finding,))}))
    return scopes, finding.suppression, finding.state, finding.folded, finding.context


def _rank(finding: Finding) -> tuple[int, int]:
    return finding.severity, -_FIRST.index(finding.name) if finding.name in _FIRST else -len(_FIRST)


def _united(account: str, first: Finding, others: list[Finding]) -> Finding:
    counts = Counter(other.name for other in others)
    names = ", ".join(f"`{name}`{f' ×{count}' if count > 1 else ''}" for name, count in counts.items())
    many = "1 more right" if len(others) == 1 else f"{len(others)} more rights"
    message = f"{first.message} (and {many} of service account `{account}`: {names})"
    places = [Related(other.location, f"{other.severity}[{other.name}]: {other.message}") for other in others]
    known = {related.location for related in first.related} | {first.location}
    related = (*first.related, *(place for place in places if place.location not in known))
    properties = (*first.properties, ("account", account), ("rights", tuple(dict.fromkeys((first.name, *counts)))))
    return first._replace(
        message=message,
        related=related[: len(first.related) + MOST_PLACES],
        also=(*first.also, *each(others)),
        properties=properties,
    )
