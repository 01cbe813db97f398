"""Did an edit change what it was to change, and nothing else? The file is read again, before and after.

YAML is loaded with ruamel.yaml's round-trip loader: keys, order, values, types and tags must be the same wherever no
edit was. A Dockerfile must have the same instructions wherever no edit was, and no new fault.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from hullcheck.parse import cst
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

LARGEST = 200_000
"""Characters of a YAML document that is edited: the round-trip loader takes seconds for as many, and it loads them twice."""

_MARKER = pattern(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DIRECTIVE = pattern(r"^%", re.MULTILINE)

_BREAK = pattern("\r\n|[\n\r\x85\u2028\u2029]")


class Span(NamedTuple):
    """An edit: what it took out of the text before, and what it put into the text after."""

    start: int
    end: int
    new_start: int
    new_end: int


class _Side:
    """One of the two texts: what places mean in it, and which of them were edited."""

    def __init__(self, text: str, edits: list[tuple[int, int]]) -> None:
        self.starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        self.text = text
        self.edits = edits
        self.firsts = [start for start, _ in edits]
        self.ends: dict[int, int] = {}
        self.widest: dict[int, int] = {}
        for node in (node for root in cst.parse(text) or () for node in root.walk()):
            for start in (node.whole, node.start):
                self.widest[start] = max(node.end, self.widest.get(start, 0))
                if node.kind in ("scalar", "alias"):
                    self.ends[start] = node.end

    def offset(self, line: int, column: int) -> int:
        return self.starts[min(line, len(self.starts) - 1)] + column

    def inside(self, line: int, column: int) -> bool:
        """Is the place in what an edit took or put?"""
        at = self.offset(line, column)
        number = bisect_right(self.firsts, at) - 1
        return number >= 0 and at < self.edits[number][1]

    def whole(self, line: int, column: int) -> bool:
        """Is all that starts at the place in what an edit took or put?"""
        at = self.offset(line, column)
        end = self.widest.get(at, at)
        number = bisect_right(self.firsts, at) - 1
        while number >= 0 and self.edits[number][0] == self.edits[number][1]:
            number -= 1
        return number >= 0 and end <= self.edits[number][1]

    def touched(self, line: int, column: int) -> bool:
        """Does an edit touch the scalar that starts at the place? A new line behind it doesn't."""
        start = self.offset(line, column)
        end = self.ends.get(start, start)
        for first, last in self.edits:
            if first > end:
                return False
            if last > start or (first == last == start):
                return not (first == end > start and self.text[first : first + 1] in "\r\n")
        return False


def yaml(before: str, after: str, spans: list[Span]) -> str:
    """Why the edits must not be made, or nothing; they are in the order of their places. Each document is looked at by itself."""
    reasons = (_changed(*piece) for piece in _pieces(before, after, spans))
    return next(filter(None, reasons), "")


def _pieces(before: str, after: str, spans: list[Span]) -> Iterator[tuple[str, str, list[Span]]]:
    """The documents that edits are in, each with what becomes of it and its own edits.

    No scalar goes on beyond a line that begins with `---` (https://yaml.org/spec/1.2.2/#912-document-markers). Directives
    stand before such a line, so that a text with any is taken whole; so is one of which an edit takes in a marker.
    """
    cuts = [0, *(match.start() for match in _MARKER.finditer(before)), len(before)]
    numbers = [max(bisect_left(cuts, span.start) - 1, 0) for span in spans]  # before a marker is behind what was before
    if _DIRECTIVE.search(before) or any(s.end > cuts[n + 1] for s, n in zip(spans, numbers, strict=True)):
        yield before, after, spans
        return
    for number, pieces in groupby(zip(numbers, spans, strict=True), itemgetter(0)):
        own = [span for _, span in pieces]
        first, last = own[0], own[-1]
        start, end = cuts[number], cuts[number + 1]
        new_start, new_end = first.new_start - (first.start - start), last.new_end + (end - last.end)
        moved = [Span(s.start - start, s.end - start, s.new_start - new_start, s.new_end - new_start) for s in own]
        yield before[start:end], after[new_start:new_end], moved


def _changed(before: str, after: str, spans: list[Span]) -> str:
    """Why the edits of a text must not be made, or nothing."""
    if max(len(before), len(after)) > LARGEST:
        return "the file is too large to be edited"
    from hullcheck.parse.yaml import round_trip

    old, new = round_trip(before), round_trip(after)
    if old is None or new is None:
        return (
            "the file can't be read again after the edit" if old is not None else "the file can't be read for editing"
        )
    comparison = _Comparison(
        _Side(before, [(span.start, span.end) for span in spans]),
        _Side(after, [(span.new_start, span.new_end) for span in spans]),
    )
    try:
        same = len(old) <= len(new) and all(map(comparison.same, old, new))
        same = same and all(map(comparison.added, new[len(old) :]))
    except RecursionError:
        return "the file is nested too deep to be edited"
    return "" if same else "the edit would change something else, too"


class _Comparison:
    """Two loaded documents, walked side by side. What an alias points to is compared once."""

    def __init__(self, old: _Side, new: _Side) -> None:
        self.old = old
        self.new = new
        self.seen: set[tuple[int, int]] = set()

    def same(self, old: Any, new: Any) -> bool:
        """Are they the same, but for what was edited?"""
        if type(old) is not type(new):
            return False
        if not hasattr(old, "lc"):
            return _scalar(old) == _scalar(new)
        if (id(old), id(new)) in self.seen:
            return True
        self.seen.add((id(old), id(new)))
        if _tag(old) != _tag(new):
            return False
        return self._mappings(old, new) if hasattr(old, "keys") else self._sequences(old, new)

    def added(self, root: Any) -> bool:
        """Does a document that wasn't there start in what an edit put?"""
        return hasattr(root, "lc") and self.new.inside(root.lc.line, root.lc.col)

    def _mappings(self, old: Any, new: Any) -> bool:
        before, after = _places(old), _places(new)
        kept = [key for key, place in before.items() if not self.old.inside(place[0], place[1])]
        left = [key for key, place in after.items() if not self.new.inside(place[0], place[1])]
        merged, merging = list(getattr(old, "merge", ())), list(getattr(new, "merge", ()))
        return (
            kept == left
            and len(merged) == len(merging)
            and all(map(self.same, merged, merging))
            and all(self._value(old[key], before[key][2:4], new[key], after[key][2:4]) for key in kept)
        )

    def _sequences(self, old: Any, new: Any) -> bool:
        before, after = _places(old), _places(new)
        kept = [number for number, place in before.items() if not self.old.whole(*place)]
        left = [number for number, place in after.items() if not self.new.whole(*place)]
        return len(kept) == len(left) and all(
            self._value(old[a], before[a], new[b], after[b]) for a, b in zip(kept, left, strict=True)
        )

    def _value(self, old: Any, was: list[int], new: Any, now: list[int]) -> bool:
        if self.same(old, new):
            return True
        if hasattr(new, "lc"):
            # A key that had no value has one now: all of it must be new.
            return old is None and all(self.new.inside(*place[:2]) for place in _places(new).values())
        if old is None:
            return self.new.inside(*now)
        return not hasattr(old, "lc") and self.old.touched(*was) and self.new.touched(*now)


def _places(value: Any) -> dict[Any, list[int]]:
    """Where the keys and values of a mapping, or the items of a list, stand: its own, not those merged in."""
    return value.lc.data or {}


def _scalar(value: Any) -> tuple[str, str, str]:
    return (type(value).__name__, str(value), _tag(value))


def _tag(value: Any) -> str:
    return str(getattr(value, "tag", None) or "")


def dockerfile(before: Source, after: Source, spans: list[Span]) -> str:
    """Why the edits must not be made, or nothing."""
    from hullcheck.parse.dockerfile import parse

    old, new = parse(before), parse(after)
    if len(new.problems) > len(old.problems):
        return "the edit would make the Dockerfile invalid"
    kept = [i for i in old.instructions if not any(_covers(s.start, s.end, i) for s in spans)]
    left = [i for i in new.instructions if not any(_covers(s.new_start, s.new_end, i) for s in spans)]
    same = len(kept) == len(left) and all(_same(a, b, spans, after) for a, b in zip(kept, left, strict=True))
    return "" if same else "the edit would change something else, too"


def _covers(start: int, end: int, instruction: Any) -> bool:
    place = instruction.location
    return bool(start <= place.start and place.end <= end)


def _same(old: Any, new: Any, spans: list[Span], after: Source) -> bool:
    """Does the instruction say what it said, or at least the same keyword if an edit is in it?"""
    edited = [span for span in spans if _within(old.location, span, after)]
    if not edited:
        return _said(old) == _said(new)
    return old.keyword == new.keyword or any(span.start <= old.location.start < span.end for span in edited)


def _within(place: Any, span: Span, after: Source) -> bool:
    """Is the edit in the instruction, and not a line of its own before or behind it?"""
    if span.start < span.end:
        return bool(span.start < place.end and span.end > place.start)
    text = after.text[span.new_start : span.new_end]
    if span.start == place.end and text.startswith(("\n", "\r")):
        return False
    if span.start == place.start and text.endswith("\n"):
        return False
    return bool(place.start <= span.start <= place.end)


def _said(instruction: Any) -> tuple[Any, ...]:
    return (
        instruction.keyword,
        instruction.text.text,
        tuple((flag.name, flag.value.text if flag.value else None) for flag in instruction.flags),
        tuple((heredoc.name, heredoc.body.text) for heredoc in instruction.heredocs),
        instruction.json,
        instruction.fault,
    )
