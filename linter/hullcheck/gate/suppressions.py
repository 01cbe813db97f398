"""What a change asks to ignore that the base didn't: told where it asks, as bad as the worst that it hides."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from hullcheck.check import Check
from hullcheck.finding import Finding, Related
from hullcheck.gate.change import Change
from hullcheck.ignores import Ignore
from hullcheck.model.problem import Problem
from hullcheck.source import Location

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
            if not agreed and not any(asked <= wide.get(key, date.min) for key in _keys(finding, now, change)):
                finding = finding._replace(suppression=suppression._replace(under_review=True))
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
        if not ignore.names.isdisjoint((finding.name, *finding.evidence)) and ignore.covers(finding):
            yield ignore


Key = tuple[str, str, str, str, str]


def _wide(change: Change) -> dict[Key, date]:
    """What files and objects ignored altogether at the base, of use then: where, whom and which check, and until when."""
    found: dict[Key, date] = {}
    for ignore, names in change.base.ignores.items():
        for name in names if ignore.wide else ():
            key = (ignore.location.path, ignore.scope, ignore.within, ignore.owner, name)
            found[key] = max(found.get(key, date.min), ignore.until or date.max)
    return found


def _keys(finding: Finding, now: ByPlace, change: Change) -> Iterator[Key]:
    for ignore in _accepting(finding, now):
        if ignore.wide:
            within = change.comparison.old_scope(ignore.within)
            yield change.old_path(ignore.location.path), ignore.scope, within, ignore.owner, finding.name
