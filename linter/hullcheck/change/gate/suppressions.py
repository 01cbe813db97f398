"""What a change asks to ignore that the base didn't: told where it asks, as bad as the worst that it hides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from hullcheck.change.gate.change import Change
from hullcheck.check import Check
from hullcheck.finding import Finding, Related
from hullcheck.model.problem import Problem
from hullcheck.policy.ignores import Ignore
from hullcheck.source import Location
from hullcheck.terms import Term, holding

_SHOWN = 10

ByPlace = Mapping[Location | None, list[Ignore]]


def under_review(change: Change) -> tuple[Finding, ...]:
    """The change's findings, those marked whose suppression nobody has agreed to yet.

    Agreed to are the suppressions of what was suppressed at the base, for no longer than there; and what a whole file
    or object ignores, if it ignored that check at the base and hid something then.
    """
    now, then = _by_place(change.head.ignores), _by_place(change.base.ignores)
    wide = _wide(change)
    marked = []
    for number, finding in enumerate(change.comparison.findings):
        suppression = finding.suppression
        if suppression is not None and suppression.kind == "comment":
            asked, before = _last_day(finding, now), change.comparison.before.get(number)
            agreed = before is not None and before.suppression is not None and asked <= _last_day(before, then)
            if not agreed and not _agreed_there(finding, asked, now, wide, change):
                finding = finding._replace(suppression=suppression._replace(under_review=True))
        elif suppression is not None and suppression.through and number not in change.comparison.before:
            finding = finding._replace(suppression=None)  # the owners have accepted another check, and not what is new
        marked.append(finding)
    return tuple(marked)


def added(findings: Iterable[Finding], check: Check) -> Iterator[Finding]:
    """A finding for each place that asks to ignore something new."""
    hidden: dict[Location, list[Finding]] = {}
    for finding in findings:
        suppression = finding.suppression
        if suppression is not None and suppression.under_review and suppression.location is not None:
            hidden.setdefault(suppression.location, []).append(finding)
    for place, found in hidden.items():
        names = sorted({finding.name for finding in found})
        reason = found[0].suppression.reason if found[0].suppression else ""
        because = f", because: {reason}" if reason else ", without a reason"
        yield check.finding(
            Problem("", "", place, found[0].owner),
            f"this change asks to ignore {', '.join(f'`{name}`' for name in names)}{because}",
            severity=max(finding.severity for finding in found),
            evidence=tuple(sorted(f"{finding.location.path} {finding.fingerprint}" for finding in found)),
            related=[Related(finding.location, f"{finding.name}: {finding.message}") for finding in found[:_SHOWN]],
        )


def _by_place(ignores: Iterable[Ignore]) -> ByPlace:
    found: dict[Location | None, list[Ignore]] = {}
    for ignore in ignores:
        found.setdefault(ignore.location, []).append(ignore)
    return found


def _last_day(finding: Finding, by_place: ByPlace) -> date:
    """Until when the finding is suppressed; what the configuration does has no end here, it is the base's."""
    return max((ignore.until or date.max for ignore in _accepting(finding, by_place)), default=date.max)


def _accepting(finding: Finding, by_place: ByPlace) -> Iterator[Ignore]:
    """The ignores that accept a finding; at one place several objects may be asked about, by a common annotation."""
    place = finding.suppression.location if finding.suppression else None
    for ignore in by_place.get(place, ()):
        if ignore.covers(finding) and any(holding(ignore.terms, finding, part) for part in finding.pieces):
            yield ignore


Key = tuple[str, str, str, str]

Wide = Mapping[Key, list[tuple[set[Term], date]]]


def _wide(change: Change) -> Wide:
    """What files and objects ignored altogether at the base, of use then: where and whom, and which, and until when."""
    found: dict[Key, list[tuple[set[Term], date]]] = {}
    for ignore, terms in change.base.ignores.items():
        if ignore.wide:
            key = (ignore.location.path, ignore.scope, ignore.within, ignore.owner)
            found.setdefault(key, []).append((terms, ignore.until or date.max))
    return found


def _agreed_there(finding: Finding, asked: date, now: ByPlace, wide: Wide, change: Change) -> bool:
    """Did the same file or object ignore this at the base already, for as long?"""
    for ignore in _accepting(finding, now):
        if ignore.wide:
            within = change.comparison.old_scope(ignore.within)
            key = (change.old_path(ignore.location.path), ignore.scope, within, ignore.owner)
            terms = frozenset().union(*(terms for terms, until in wide.get(key, ()) if asked <= until))
            if all(holding(terms, finding, part) for part in finding.pieces):
                return True
    return False
