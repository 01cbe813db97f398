"""Which findings are accepted, by what is written in the files or configured, and what is wrong with that itself."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from hullcheck.check import Registry
from hullcheck.config import Accepted, Config, Demands
from hullcheck.finding import Finding, Suppression
from hullcheck.ignores import NEVER, Ignore
from hullcheck.model.problem import Problem
from hullcheck.rules import matcher
from hullcheck.schema import did_you_mean
from hullcheck.source import Location


class Suppressed(NamedTuple):
    """All findings, those that are accepted marked, and what accepted them, with the checks that it was of use for."""

    findings: list[Finding]
    used: dict[Ignore, set[str]]
    used_entries: set[int]


def apply(findings: Iterable[Finding], written: Iterable[Ignore], config: Config, today: date) -> Suppressed:
    """Mark the findings that an ignore or a `suppress` entry accepts; one that doesn't hold accepts nothing."""
    index = _Index(ignore for ignore in written if not broken(ignore, config.demands, today))
    entries = [
        (number, entry, matcher(entry.paths))
        for number, entry in enumerate(config.suppress)
        if not (entry.until is not None and today > entry.until)
    ]
    done = Suppressed([], {}, set())
    for finding in findings:
        suppression = None
        if finding.name not in NEVER:
            finding = _without_items(finding, index, done)
            suppression = finding.suppression or _by_ignore(finding, index, done) or _by_entry(finding, entries, done)
        done.findings.append(finding._replace(suppression=suppression) if suppression else finding)
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


def _by_ignore(finding: Finding, index: _Index, done: Suppressed) -> Suppression | None:
    for ignore in index.candidates(finding):
        if finding.name in ignore.names and ignore.covers(finding):
            done.used.setdefault(ignore, set()).add(finding.name)
            return Suppression("comment", _reason(ignore), ignore.location)
    return None


def _items(finding: Finding) -> tuple[str, ...]:
    """The checks of which a finding tells together, as `hardening-missing` does: in its evidence and in its message."""
    items = dict(finding.properties).get("items", ())
    told = isinstance(items, tuple) and items == finding.evidence and len(items) == len(_told(finding)[1])
    return tuple(items) if told else ()


def _told(finding: Finding) -> tuple[str, list[str]]:
    """A message in front of the colon, and its items."""
    subject, _, items = finding.message.partition(": ")
    return subject, _apart(items)


def _apart(text: str) -> list[str]:
    """The items of a message, each of which may have names in parentheses."""
    found: list[list[str]] = []
    inside = False
    for piece in reversed(text.split(", ")):
        if inside:
            found[-1].append(piece)
        else:
            found.append([piece])
        first = min((at for at in (piece.find("("), piece.find(")")) if at >= 0), default=-1)
        inside = piece[first] == ")" if first >= 0 else inside
    return [", ".join(reversed(pieces)) for pieces in reversed(found)]


def _without_items(finding: Finding, index: _Index, done: Suppressed) -> Finding:
    """The finding without the items that ignores accept; suppressed, if they accept all."""
    items = _items(finding)
    accepted: dict[str, Ignore] = {}
    for ignore in index.candidates(finding) if items else ():
        if ignore.covers(finding):
            accepted.update({name: ignore for name in ignore.names.intersection(items) if name not in accepted})
    for name, ignore in accepted.items():
        done.used.setdefault(ignore, set()).add(name)
    if accepted and len(accepted) == len(items):
        first = accepted[items[0]]
        return finding._replace(suppression=Suppression("comment", _reason(first), first.location))
    if not accepted:
        return finding
    kept = [number for number, name in enumerate(items) if name not in accepted]
    (subject, told), left = _told(finding), tuple(items[number] for number in kept)
    return finding._replace(
        message=f"{subject}: {', '.join(told[number] for number in kept)}",
        evidence=left,
        properties=tuple((key, left if key == "items" else value) for key, value in finding.properties),
    )


def _reason(ignore: Ignore) -> str:
    return ignore.reason if ignore.own else f"{ignore.tool}: {ignore.reason or ignore.location.text.lstrip('# ')}"


def _by_entry(
    finding: Finding, entries: list[tuple[int, Accepted, Callable[[str], bool]]], done: Suppressed
) -> Suppression | None:
    for number, entry, matches in entries:
        about = entry.object in ("", finding.owner) or finding.owner.startswith(f"{entry.object}/")
        if about and finding.name in entry.checks and matches(finding.location.path):
            done.used_entries.add(number)
            return Suppression("config", entry.reason)
    return None


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
    names, place = ", ".join(sorted(ignore.names)), ignore.location
    fault = broken(ignore, review.config.demands, review.today)
    if ignore.unknown:
        yield from review.finding("unused-suppression", place, _no_such(ignore.unknown, review), *ignore.unknown)
    if not ignore.reason:
        lost = ", and one is required: it suppresses nothing" if review.config.demands.reason else ""
        message = f"this ignores {names or 'nothing'} without a reason{lost}"
        yield from review.finding("suppression-without-reason", place, message, names)
    elif fault and ignore.names:
        yield from review.finding("expired-suppression", place, f"this {fault}: {names} counts again", names)
    elif ignore.names and place not in useful and ignore.names <= review.selected:
        message = f"this suppresses nothing: there is no {names} here"
        yield from review.finding("unused-suppression", place, message, names)


def _no_such(words: tuple[str, ...], review: Review) -> str:
    suggestion = did_you_mean(words[0], review.registry.words()) if len(words) == 1 else ""
    return f"no check is called {', '.join(f'`{word}`' for word in words)}{suggestion}"


def _about_entries(done: Suppressed, review: Review) -> Iterator[Finding]:
    source = review.config.source
    if source is None:
        return
    for number, entry in enumerate(review.config.suppress):
        names, place = ", ".join(sorted(entry.checks)), source.at_line(max(entry.line, 1))
        evidence = (names, *entry.paths, entry.object)
        if entry.until is not None and review.today > entry.until:
            message = f"this entry expired on {entry.until}: {names} counts again"
            yield from review.finding("expired-suppression", place, message, *evidence)
        elif number not in done.used_entries and entry.checks <= review.selected:
            yield from review.finding("unused-suppression", place, f"this entry suppresses nothing: {names}", *evidence)


def _too_many(done: Suppressed, review: Review) -> Iterator[Finding]:
    most = review.config.demands.max
    suppressed = [finding for finding in done.findings if finding.suppression]
    if most is not None and len(suppressed) > most:
        first = min(suppressed[most:], key=lambda finding: finding.sort_key)
        many = "1 finding is" if len(suppressed) == 1 else f"{len(suppressed)} findings are"
        message = f"{many} suppressed, and {most} may be"
        yield from review.finding("too-many-suppressions", first.location, message, str(most))
