"""Text from the repository, made safe to print: nothing in it can act on a terminal, a log or a reader's eye.

Control characters, terminal escapes, bidirectional overrides, invisible characters and lone surrogates are written
out as escapes. `##[` anywhere and `::` at the start, which a workflow runner would take for a command, are broken.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property

from hullcheck.finding import Finding
from hullcheck.source import Location, Source

MASK = "*****"
"""What is shown for a secret, however long it is."""

LARGE = 200_000
"""Characters of a file from which only the lines that are shown are searched for credentials."""

FEW = 20
"""Secrets that are looked for one by one in a text."""

HEAD = 4
"""Characters by which the others are looked up."""

_ASSIGNED = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_.]{0,80})=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'`;,&]+)")
_COMMAND = re.compile(r"##(?=\[)|^(\s*)(?=::)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """One line that is safe to print."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else escape(char) for char in text)
    if "##[" in text or "::" in text:
        text = _COMMAND.sub(lambda match: f"{match[0]}\\", text)
    return text


def escape(char: str) -> str:
    """An unprintable character as a programmer would write it: `\\n`, `\\x1b`, `\\u202e`."""
    return char.encode("unicode_escape", "backslashreplace").decode()


def well_formed(text: str) -> str:
    """The text with lone surrogates replaced, which UTF-8 can't hold."""
    return _SURROGATE.sub("\ufffd", text) if not text.isascii() else text


class Secrets:
    """What no report may show: the places that findings name, and whatever else looks like a credential.

    The second is for lines that are shown beside a finding: a check that would have named the place may not have run.
    """

    def __init__(self, findings: Iterable[Finding], more: Iterable[Location] = ()) -> None:
        self._named: dict[Source, list[tuple[int, int]]] = {}
        self._spans: dict[Source, list[tuple[int, int]]] = {}
        self._lines: dict[tuple[Source, int, int], list[tuple[int, int]]] = {}
        texts: set[str] = set()
        for place in (*more, *(place for finding in findings for place in finding.redact)):
            if place.start < place.end:
                self._named.setdefault(place.source, []).append((place.start, place.end))
                texts.add(place.text)
        # A word such as `postgres` may be a password in one place and an image's name in another.
        self._texts = sorted((text for text in texts if _unlikely_a_word(text)), key=_longest_first)

    def within(self, source: Source, start: int, end: int) -> list[tuple[int, int]]:
        """The secret spans that overlap the offsets [start, end), cut to them, in order."""
        if source not in self._spans:
            found = () if len(source.text) > LARGE else _lookalikes(source.text, 0, len(source.text))
            self._spans[source] = list(_merged(sorted((*self._named.get(source, ()), *found))))
        spans = _overlapping(self._spans[source], start, end)
        if len(source.text) > LARGE:
            spans = _overlapping(self._in_lines(source, start, end), start, end)
        return [(max(a, start), min(b, end)) for a, b in spans if a < end and start < b]

    def _in_lines(self, source: Source, start: int, end: int) -> list[tuple[int, int]]:
        """The secret spans of the lines that the offsets are in, which are read once, however often they are shown."""
        first = source.text.rfind("\n", 0, start) + 1
        last = source.text.find("\n", end)
        last = len(source.text) if last < 0 else last
        key = (source, first, last)
        if key not in self._lines:
            named = _overlapping(self._spans[source], first, last)
            self._lines[key] = list(_merged(sorted((*named, *_lookalikes(source.text, first, last)))))
        return self._lines[key]

    def masked(self, source: Source, start: int, end: int) -> str:
        """The text between two offsets, with secrets masked."""
        pieces, at = [], start
        for first, last in self.within(source, start, end):
            pieces += [source.text[at:first], MASK]
            at = last
        return "".join([*pieces, source.text[at:end]])

    def line(self, source: Source, number: int) -> str:
        """Line `number` of a source, with secrets masked."""
        start = source.line_start(number)
        return self.masked(source, start, start + len(source.line(number)))

    def text(self, text: str) -> str:
        """A message, without the secrets that another check may have quoted in it."""
        for secret in self._maybe_in(text):
            text = text.replace(secret, MASK)
        return text

    def touched(self, text: str) -> bool:
        """Does the text hold a secret?"""
        return any(secret in text for secret in self._maybe_in(text))

    def _maybe_in(self, text: str) -> Iterable[str]:
        """The secrets that the text may hold, the longest first: of many, those that stand in it, or in a mask."""
        if len(self._texts) <= FEW:
            return self._texts
        found = set(self._masks)
        for at in range(len(text) - HEAD + 1):
            for length in self._lengths.get(text[at : at + HEAD], ()):
                if text[at : at + length] in self._known:
                    found.add(text[at : at + length])
        return sorted(found, key=_longest_first)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._texts)

    @cached_property
    def _lengths(self) -> dict[str, set[int]]:
        """How long the secrets are that start so."""
        found: dict[str, set[int]] = {}
        for text in self._texts:
            found.setdefault(text[:HEAD], set()).add(len(text))
        return found

    @cached_property
    def _masks(self) -> list[str]:
        """Secrets that are too short to be looked up, or of which a mask can become a part."""
        return [text for text in self._texts if len(text) < HEAD or MASK[0] in text]


def _longest_first(text: str) -> tuple[int, str]:
    return -len(text), text


def _overlapping(spans: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    return spans[max(bisect_left(spans, (start, start)) - 1, 0) : bisect_left(spans, (end, end))]


def _lookalikes(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a text between two offsets that look like credentials: by value, in addresses, and by name."""
    from hullcheck.model import secrets

    part = text[start:end]
    for secret in secrets.by_value(part):
        yield start + secret.start, start + secret.end
    for login in secrets.in_url(part):
        if login.literal:
            yield start + login.start, start + login.end
    for held in secrets.in_properties(part):
        if _unlikely_a_word(held.value):
            yield start + held.start, start + held.end
    for match in _ASSIGNED.finditer(part):
        name, value = match["name"], match["value"].strip("\"'")
        if _unlikely_a_word(value) and secrets.by_name(name) and secrets.literal(name, value):
            at = start + match.start("value") + match["value"].find(value)
            yield at, at + len(value)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    first, last = -1, -1
    for start, end in spans:
        if start > last:
            if first >= 0:
                yield first, last
            first, last = start, end
        else:
            last = max(last, end)
    if first >= 0:
        yield first, last


def _unlikely_a_word(text: str) -> bool:
    return len(text) >= 6 and any(char.isalpha() for char in text) and not text.isalpha()
