"""Text from the repository, made safe to print: nothing in it can act on a terminal, a log or a reader's eye.

Control characters, terminal escapes, bidirectional overrides, invisible characters and lone surrogates are written
out as escapes. `##[` anywhere and `::` at the start, which a workflow runner would take for a command, are broken.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache

from hullcheck.finding import Finding
from hullcheck.patterns import pattern
from hullcheck.source import Location, Source

MASK = "*****"
"""What is shown for a secret, however long it is."""

LARGE = 200_000
"""Characters of a file from which only the lines that are shown are searched for credentials."""

_SHORTEST = 6
"""Characters of a secret that is masked wherever it is quoted."""

_FEW = 16

_FLAG = r"(?P<flag>(?<![\w-])--[a-z][a-z0-9-]*(?![\w-]))"
"""The name of an option. It tells nothing, and may hold a secret that is two words, such as `--webhook-ca-secret`."""

_COMMAND = pattern(r"##(?=\[)|^(\s*)(?=::)")
_SURROGATE = pattern("[\ud800-\udfff]")


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
        self._texts = sorted((text for text in texts if _unlikely_a_word(text)), key=lambda text: (-len(text), text))
        self._starts: dict[str, list[int]] = {}
        for number, text in enumerate(self._texts):
            self._starts.setdefault(text[:_SHORTEST], []).append(number)

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
        """A message, without the secrets that another check may have quoted in it; names of options stay."""
        for number in self._in(text):
            secret = self._texts[number]
            if secret in text:
                text = re.sub(rf"{_FLAG}|{re.escape(secret)}", lambda match: match["flag"] or MASK, text)
        return told(text)

    def _in(self, text: str) -> list[int]:
        """The secrets that may be in a text, by how they start, in order."""
        if len(self._texts) <= _FEW:
            return list(range(len(self._texts)))
        starts = {text[at : at + _SHORTEST] for at in range(len(text) - _SHORTEST + 1)}
        return sorted(number for start in starts for number in self._starts.get(start, ()))

    def touched(self, text: str) -> bool:
        """Does the text hold a secret?"""
        return any(self._texts[number] in text for number in self._in(text)) or _tells(text)


def _overlapping(spans: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    return spans[max(bisect_left(spans, (start, start)) - 1, 0) : bisect_left(spans, (end, end))]


def _lookalikes(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a text between two offsets that are credentials to any of the detectors."""
    from hullcheck.model.masking import spans

    return ((start + first, start + last) for first, last in spans(text[start:end]))


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    from hullcheck.model.masking import merged

    return merged(spans)


@lru_cache(maxsize=512)
def _tells(text: str) -> bool:
    """Does a text hold a credential, as far as it tells? Many edits put in the same."""
    return any(_lookalikes(text, 0, len(text)))


@lru_cache(maxsize=512)
def told(text: str) -> str:
    """A message that may quote anything, without the credentials in it: for what is told without a report."""
    if "`" not in text and "://" not in text and len(text) < 20:
        return text
    from hullcheck.model.masking import in_message, merged

    for start, end in reversed(list(merged(in_message(text)))):
        text = f"{text[:start]}{MASK}{text[end:]}"
    return text


def _unlikely_a_word(text: str) -> bool:
    from hullcheck.model.masking import unlikely_a_word

    return unlikely_a_word(text)
