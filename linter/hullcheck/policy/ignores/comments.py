"""`# hullcheck: ignore[root-user] reason="..." until=2027-01-31`, for a line, a block or a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from hullcheck.check import Registry
from hullcheck.discover import DEV_CONTAINER
from hullcheck.patterns import pattern
from hullcheck.policy.ignores import NEVER, Ignore
from hullcheck.policy.ignores.lines import Lines
from hullcheck.read import File
from hullcheck.source import Location
from hullcheck.terms import Terms

_COMMENT = pattern(
    r"(?:^|(?<=\s))(?:#|(?P<json>//|/\*)|\{\{-? ?/\*)[ \t]*hullcheck:[ \t]*ignore(?:-(?P<scope>file|block))?"
    r"\[(?P<words>[^\]\n]{0,2000})\](?P<rest>[^\n]*)",
    re.MULTILINE,
)
"""A comment of YAML or a Dockerfile, of a template: `{{- /* ... */}}`, or of JSON that has any: `// ...`."""

_REASON = pattern(r"""reason\s*=\s*(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)')""")
_UNTIL = pattern(r"until\s*=\s*[\"']?(?P<day>\d{4}-\d{2}-\d{2})\b")


def read(file: File, registry: Registry) -> Iterator[Ignore]:
    """Our comments in a file.

    One on a line of its own covers the next line, or the whole instruction or block that starts there; one at the end
    of a line covers that line, or the block that starts there.
    """
    source, lines = file.source, Lines(file)
    if "hullcheck:" not in source.text:
        return
    for match in _COMMENT.finditer(source.text):
        if (match["json"] is not None) != source.path.endswith(DEV_CONTAINER):
            continue
        location = source.at(match.start(), match.start() + len(match[0].rstrip()))
        terms, unknown = resolve(match["words"].split(","), registry)
        reason = _REASON.search(match["rest"])
        scope = match["scope"] or "line"
        yield Ignore(
            location=location,
            terms=terms,
            scope=scope,
            lines=None if scope == "file" else _covered(lines, location, scope),
            reason=(reason["double"] or reason["single"] or "").strip() if reason else "",
            until=until(match["rest"]),
            unknown=unknown,
        )


def _covered(lines: Lines, location: Location, scope: str) -> range:
    line = location.line
    if lines.stands_alone(line, location.region.start_column):
        line = lines.following(line)
    return lines.block(line) if scope == "block" else lines.statement(line)


def resolve(words: list[str], registry: Registry) -> tuple[Terms, tuple[str, ...]]:
    """What words stand for where they are written, and the words that stand for nothing.

    Another tool's id in our own words is meant for what stands there, whichever dialect its rule is made for.
    """
    meant = {word: registry.meant(word) for word in map(str.strip, words) if word}
    terms = frozenset(term.anywhere for terms in meant.values() for term in terms if term.name not in NEVER)
    return terms, tuple(word for word, terms in meant.items() if not terms)


def until(text: str) -> date | None:
    """The day behind `until=`; one that doesn't exist is long past."""
    found = _UNTIL.search(text)
    return day(found["day"]) if found else None


def day(text: str) -> date:
    """That day; one that doesn't exist is long past."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
