"""Ignore comments and `suppress` entries: which findings they accept, and which of them accept none."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from hullcheck.check import Registry
from hullcheck.config import Accepted, Config
from hullcheck.discover import patterns
from hullcheck.finding import Finding, Suppression
from hullcheck.model.problem import Problem
from hullcheck.source import Location, Source

_COMMENT = re.compile(
    r"(?:^|(?<=\s))#\s*hullcheck:\s*(?P<scope>ignore(?:-file)?)\[(?P<words>[^\]\n]*)\](?P<rest>[^\n]*)", re.MULTILINE
)
_REASON = re.compile(r'reason\s*=\s*"(?P<reason>[^"\n]*)"')
_UNTIL = re.compile(r"until\s*=\s*(?P<day>\d{4}-\d{2}-\d{2})\b")

NEVER = frozenset(("unused-suppression", "suppression-without-reason"))
"""What a comment can't ignore: it would only ever be about itself."""


class Comment(NamedTuple):
    """An ignore comment: the checks it names, the lines it covers (None: the file), why and until when.

    `unknown` are words that name no check.
    """

    location: Location
    names: frozenset[str]
    lines: range | None
    reason: str
    until: date | None
    unknown: tuple[str, ...]

    def expired(self, today: date) -> bool:
        return self.until is not None and today > self.until

    def covers(self, location: Location) -> bool:
        return location.source is self.location.source and (self.lines is None or location.line in self.lines)


def comments(source: Source, registry: Registry, spans: Iterable[tuple[int, int]] = ()) -> Iterator[Comment]:
    """The ignore comments of a file.

    One on a line of its own covers the next line, or the whole instruction that starts there: `spans` are the first
    and last lines of those that have several. One at the end of a line covers that line.
    """
    if "hullcheck:" not in source.text:
        return
    ends = dict(spans)
    for match in _COMMENT.finditer(source.text):
        location = source.at(match.start(), match.start() + len(match[0].rstrip()))
        words = [word.strip() for word in match["words"].split(",") if word.strip()]
        named = {word: registry.named(word) for word in words}
        reason, until = _REASON.search(match["rest"]), _UNTIL.search(match["rest"])
        yield Comment(
            location=location,
            names=frozenset().union(*named.values()) - NEVER,
            lines=None if match["scope"] == "ignore-file" else _covered(source, location, ends),
            reason=reason["reason"].strip() if reason else "",
            until=_day(until["day"]) if until else None,
            unknown=tuple(word for word, names in named.items() if not names),
        )


def _covered(source: Source, location: Location, ends: dict[int, int]) -> range:
    line = location.line
    if source.line(line)[: location.region.start_column - 1].strip():
        return range(line, line + 1)
    following = line + 1
    while source.line(following).lstrip().startswith("#"):
        following += 1
    return range(line, ends.get(following, following) + 1)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


class Suppressed(NamedTuple):
    """All findings, those that are accepted marked, and the comments that were of use."""

    findings: list[Finding]
    used: set[Comment]


def apply(findings: Iterable[Finding], written: list[Comment], config: Config, today: date) -> Suppressed:
    """Mark the findings that a comment or a `suppress` entry accepts; an expired one accepts nothing."""
    by_source: dict[Source, list[Comment]] = {}
    for comment in written:
        if not comment.expired(today):
            by_source.setdefault(comment.location.source, []).append(comment)
    entries = [(entry, _matcher(entry.paths)) for entry in config.suppress if not _past(entry, today)]
    marked, used = [], set()
    for finding in findings:
        match = _comment_for(finding, by_source)
        if match is not None:
            used.add(match)
            suppression: Suppression | None = Suppression("comment", match.reason, match.location)
        else:
            suppression = _entry_for(finding, entries)
        marked.append(finding._replace(suppression=suppression) if suppression else finding)
    return Suppressed(marked, used)


def _comment_for(finding: Finding, by_source: dict[Source, list[Comment]]) -> Comment | None:
    for place in (finding.location, *(related.location for related in finding.related)):
        for comment in by_source.get(place.source, ()):
            if finding.name in comment.names and comment.covers(place):
                return comment
    return None


def _past(entry: Accepted, today: date) -> bool:
    return entry.until is not None and today > entry.until


def _matcher(paths: tuple[str, ...]) -> Callable[[str], bool]:
    if not paths:
        return lambda path: True
    matches: Callable[[str], bool] = patterns(paths).match_file
    return matches


def _entry_for(finding: Finding, entries: list[tuple[Accepted, Callable[[str], bool]]]) -> Suppression | None:
    for entry, matches in entries:
        if finding.name in entry.checks and entry.object in ("", finding.owner) and matches(finding.location.path):
            return Suppression("config", entry.reason)
    return None


def complaints(
    written: Iterable[Comment], used: set[Comment], registry: Registry, selected: frozenset[str], today: date
) -> Iterator[Finding]:
    """What is wrong with the comments themselves: no reason, nothing suppressed, no such check."""
    for comment in written:
        part = Problem("", "", comment.location)
        names = ", ".join(sorted(comment.names))
        if not comment.reason and "suppression-without-reason" in selected:
            yield registry["suppression-without-reason"].finding(
                part, f"this comment ignores {names or 'nothing'} and doesn't say why", evidence=(names,)
            )
        unused = registry["unused-suppression"]
        if unused.name not in selected:
            continue
        if comment.unknown:
            unknown = ", ".join(f"`{word}`" for word in comment.unknown)
            yield unused.finding(part, f"no check is called {unknown}", evidence=comment.unknown)
        if comment.expired(today) and comment.names:
            yield unused.finding(
                part, f"this comment expired on {comment.until}: {names} counts again", evidence=(names,)
            )
        elif comment.names and comment not in used and comment.names <= selected:
            yield unused.finding(part, f"this comment suppresses nothing: there is no {names} here", evidence=(names,))
