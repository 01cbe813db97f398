"""Findings united for printing: a line to change is shown once, with everybody whom it concerns.

Only reports unite. What is suppressed, accepted, compared and gated are the findings of each owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hullcheck.finding import Finding

SHOWN = 2
"""Other owners that are named in a message; the rest are counted."""

_SERVICE = "services."


def unite(findings: Iterable[Finding], guessed: Mapping[str, str] = {}) -> list[Finding]:
    """One finding for each fault and place, the worst of its owners' and most direct first; the others' are in `also`.

    Only what counts alike is united: the new with the new, the suppressed with what the same word suppresses. `guessed`
    are the scopes that only names suggest, with the file that they would lie over.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        told = finding.evidence or (finding.message,)
        place = finding.location
        where = place.path, place.start, place.end  # a file of a chart is read again for each chart that has it
        key = (finding.name, where, told, finding.suppression, finding.state, finding.folded)
        groups.setdefault(key, []).append(finding)
    return [_as_guess(found[0] if len(found) == 1 else _united(found), guessed) for found in groups.values()]


def _as_guess(finding: Finding, guessed: Mapping[str, str]) -> Finding:
    """The finding; where it rests on a guess alone, the message says so."""
    if finding.scope not in guessed or any(other.scope not in guessed for other in finding.also):
        return finding
    return finding._replace(message=f"{finding.message}, if laid over `{guessed[finding.scope]}`")


def each(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of all owners, one by one."""
    for finding in findings:
        if finding.also:
            yield finding._replace(also=())
            yield from finding.also
        else:
            yield finding


def _united(found: list[Finding]) -> Finding:
    first = max(found, key=lambda finding: (finding.severity, -len(finding.related)))
    also = tuple(finding for finding in found if finding is not first)
    others = list(dict.fromkeys(other.owner for other in also if other.owner not in ("", first.owner)))
    message = f"{first.message} ({_names(others)})" if others else first.message
    redact = tuple(dict.fromkeys(place for finding in found for place in finding.redact))
    return first._replace(message=message, also=also, redact=redact)


def _names(owners: list[str]) -> str:
    """`also web, worker and 3 more services`."""
    services = all(owner.startswith(_SERVICE) for owner in owners)
    names = [f"`{owner.removeprefix(_SERVICE)}`" for owner in owners]
    shown, left = names[:SHOWN], len(names) - SHOWN
    if left <= 0:
        return f"also {' and '.join(shown)}"
    noun = "service" if services else "object"
    return f"also {', '.join(shown)} and {left} more {noun}{'' if left == 1 else 's'}"


def scopes(finding: Finding) -> list[str]:
    """The scopes in which the finding's owners run, where that has to be said: there are several, or one of several files."""
    found = dict.fromkeys(one.scope for one in (finding, *finding.also) if one.scope)
    return list(found) if len(found) > 1 or any(" + " in scope for scope in found) else []
