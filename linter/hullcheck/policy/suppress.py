"""Which findings are accepted, by what is written in the files or configured, and what is wrong with that itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from hullcheck.check import Registry
from hullcheck.finding import Finding, Part, Suppression
from hullcheck.model.problem import Problem
from hullcheck.once import Covering, covered
from hullcheck.policy.config import Accepted, Config, Demands
from hullcheck.policy.ignores import NEVER, Ignore
from hullcheck.policy.rules import matcher
from hullcheck.source import Location
from hullcheck.terms import Term, holding, names, said
from hullcheck.tuples import NamedTuple

_NONE: Covering = {}


class Suppressed(NamedTuple):
    """All findings, those that are accepted marked, and what accepted them, with the terms that it was of use by."""

    findings: list[Finding]
    used: dict[Ignore, set[Term]]
    used_entries: set[int]


def apply(
    findings: Iterable[Finding], written: Iterable[Ignore], config: Config, today: date, covering: Covering = _NONE
) -> Suppressed:
    """Mark the findings that an ignore or a `suppress` entry accepts; one that doesn't hold accepts nothing.

    Who accepts a fact accepts it in the words of every check: what a stronger finding covers is accepted with it.
    """
    index = _Index(ignore for ignore in written if not broken(ignore, config.demands, today))
    entries = [
        (number, entry, matcher(entry.paths))
        for number, entry in enumerate(config.suppress)
        if not (entry.until is not None and today > entry.until)
    ]
    done = Suppressed([], {}, set())
    for finding in findings:
        accepted = {} if finding.name in NEVER else _accepted(finding, index, entries, done)
        if accepted:
            done.findings.extend(_split(finding, accepted))
        else:
            done.findings.append(finding)
    for weaker, stronger in covered(done.findings, covering).items():
        finding, suppression = done.findings[weaker], done.findings[stronger].suppression
        if suppression is not None and finding.suppression is None and finding.name not in NEVER:
            with_it = suppression._replace(through=done.findings[stronger].name)
            done.findings[weaker] = finding._replace(suppression=with_it)
    return done


def broken(ignore: Ignore, demands: Demands, today: date) -> str:
    """Why an ignore doesn't hold; empty if it does."""
    if ignore.until is not None and today > ignore.until:
        return f"expired on {ignore.until}" if ignore.until > date.min else "names a day that doesn't exist"
    if demands.reason and not ignore.reason:
        return "says no reason, and one is required"
    if demands.until and ignore.until is None:
        return "says no last day, and one is required"
    if demands.max_days is not None and ignore.until and (ignore.until - today).days > demands.max_days:
        return f"holds for more than {demands.max_days} days"
    return ""


Entry = tuple[int, Accepted, Callable[[str], bool]]
"""An entry of the configuration: its number, what it says, and which paths it is about."""


class _Index:
    """Ignores by the places and owners that they may cover."""

    def __init__(self, ignores: Iterable[Ignore]) -> None:
        self._by_path: dict[str, list[Ignore]] = {}
        self._by_line: dict[tuple[str, int], list[Ignore]] = {}
        self._by_owner: dict[tuple[str, str], list[Ignore]] = {}
        for ignore in ignores:
            path = ignore.location.path
            if ignore.owner:
                self._by_owner.setdefault((ignore.within, ignore.owner), []).append(ignore)
            if ignore.lines is None or len(ignore.lines) > 20:
                self._by_path.setdefault(path, []).append(ignore)
            else:
                for line in ignore.lines:
                    self._by_line.setdefault((path, line), []).append(ignore)

    def candidates(self, finding: Finding) -> Iterator[Ignore]:
        for place in (finding.location, *(related.location for related in finding.related)):
            yield from self._by_line.get((place.path, place.line), ()) if self._by_line else ()
            yield from self._by_path.get(place.path, ())
        owner = finding.owner if self._by_owner else ""
        while owner:
            yield from self._by_owner.get((finding.scope, owner), ())
            owner = owner.rpartition("/")[0]


def _accepted(finding: Finding, index: _Index, entries: list[Entry], done: Suppressed) -> dict[int, Suppression]:
    """Who accepts each part of the finding, by its number, for the parts that anybody does."""
    found: dict[int, Suppression] = {}
    ignores = [ignore for ignore in index.candidates(finding) if ignore.covers(finding)]
    for number, part in enumerate(finding.pieces):
        said = _by_ignore(finding, part, ignores, done) or _by_entry(finding, part, entries, done)
        if said is not None:
            found[number] = said
    return found


def _by_ignore(finding: Finding, part: Part, ignores: list[Ignore], done: Suppressed) -> Suppression | None:
    for ignore in ignores:
        term = holding(ignore.terms, finding, part)
        if term is not None:
            done.used.setdefault(ignore, set()).add(term)
            return Suppression("comment", _reason(ignore), ignore.location)
    return None


def _reason(ignore: Ignore) -> str:
    return ignore.reason if ignore.own else f"{ignore.tool}: {ignore.reason or ignore.location.text.lstrip('# ')}"


def _by_entry(finding: Finding, part: Part, entries: list[Entry], done: Suppressed) -> Suppression | None:
    for number, entry, matches in entries:
        about = entry.object in ("", finding.owner) or finding.owner.startswith(f"{entry.object}/")
        if about and holding(entry.checks, finding, part) and matches(finding.location.path):
            done.used_entries.add(number)
            return Suppression("config", entry.reason)
    return None


def _split(finding: Finding, accepted: dict[int, Suppression]) -> Iterator[Finding]:
    """The finding, of which some parts are accepted: what is left of it, and what each place accepts."""
    if len(accepted) == len(finding.pieces):
        yield finding._replace(suppression=next(iter(accepted.values())))
        return
    left = tuple(part for number, part in enumerate(finding.parts) if number not in accepted)
    yield finding.with_parts(left)
    hidden: dict[Suppression, list[Part]] = {}
    for number, suppression in accepted.items():
        hidden.setdefault(suppression, []).append(finding.parts[number])
    for suppression, parts in hidden.items():
        if any(part.key not in {other.key for other in left} for part in parts):
            yield finding.with_parts(tuple(parts))._replace(suppression=suppression)


class Review(NamedTuple):
    """What complaints need to know: the checks, which of them run, the configuration and the day."""

    registry: Registry
    selected: frozenset[str]
    config: Config
    today: date

    def finding(self, name: str, location: Location, message: str, *evidence: str) -> Iterator[Finding]:
        if name in self.selected:
            found = self.registry[name].finding(Problem("", "", location), message, evidence=evidence)
            yield found._replace(scope=location.path)


def complaints(written: Iterable[Ignore], done: Suppressed, review: Review) -> Iterator[Finding]:
    """What is wrong with our own ignores and the configuration's entries: no reason, out of time, nothing suppressed."""
    useful = {ignore.location for ignore in done.used}
    told: set[Location] = set()
    for ignore in written:  # an object of several overlays says the same in each
        if ignore.own and ignore.location not in told:
            told.add(ignore.location)
            yield from _about_ignore(ignore, useful, review)
    yield from _about_entries(done, review)
    yield from _too_many(done, review)


def _about_ignore(ignore: Ignore, useful: set[Location], review: Review) -> Iterator[Finding]:
    what, place = ", ".join(said(ignore.terms)), ignore.location
    fault = broken(ignore, review.config.demands, review.today)
    if ignore.unknown:
        yield from review.finding("unused-suppression", place, _no_such(ignore.unknown, review), *ignore.unknown)
    if not ignore.reason:
        lost = ", and one is required: it suppresses nothing" if review.config.demands.reason else ""
        message = f"this ignores {what or 'nothing'} without a reason{lost}"
        yield from review.finding("suppression-without-reason", place, message, what)
    elif fault and ignore.terms:
        yield from review.finding("expired-suppression", place, f"this {fault}: {what} counts again", what)
    elif ignore.names and place not in useful and ignore.names <= review.selected:
        message = f"this suppresses nothing: there is no {what} here"
        yield from review.finding("unused-suppression", place, message, what)


def _no_such(words: tuple[str, ...], review: Review) -> str:
    from hullcheck.schema import did_you_mean

    suggestion = did_you_mean(words[0], review.registry.words()) if len(words) == 1 else ""
    return f"no check is called {', '.join(f'`{word}`' for word in words)}{suggestion}"


def _about_entries(done: Suppressed, review: Review) -> Iterator[Finding]:
    source = review.config.source
    if source is None:
        return
    for number, entry in enumerate(review.config.suppress):
        what, place = ", ".join(said(entry.checks)), source.at_line(max(entry.line, 1))
        evidence = (what, *entry.paths, entry.object)
        if entry.until is not None and review.today > entry.until:
            message = f"this entry expired on {entry.until}: {what} counts again"
            yield from review.finding("expired-suppression", place, message, *evidence)
        elif number not in done.used_entries and names(entry.checks) <= review.selected:
            yield from review.finding("unused-suppression", place, f"this entry suppresses nothing: {what}", *evidence)


def _too_many(done: Suppressed, review: Review) -> Iterator[Finding]:
    most = review.config.demands.max
    suppressed = [f for f in done.findings if f.suppression and not f.suppression.through]
    if most is not None and len(suppressed) > most:
        first = min(suppressed[most:], key=lambda finding: finding.sort_key)
        many = "1 finding is" if len(suppressed) == 1 else f"{len(suppressed)} findings are"
        message = f"{many} suppressed, and {most} may be"
        yield from review.finding("too-many-suppressions", first.location, message, str(most))
