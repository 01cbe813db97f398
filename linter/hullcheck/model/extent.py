"""How far a fault reaches, so that two of its kind can be compared: does one reach further than the other did?

An extent is a union of boxes, each the product of named axes: these addresses *and* these ports. An axis that a box
doesn't have isn't limited there. What is unknown may be anything: it holds whatever is known, and is itself held only by
everything or by what is unknown, too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from hullcheck.model.network.addresses import ALL_V4, END, AddressRange, address, cidrs, merged, parse
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange, text_of
from hullcheck.model.versions import without_versions
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

UNKNOWN = "\0unknown"
"""An element that isn't known."""

TOP = "*"
"""The element that holds all others, but for paths, where that is `/`."""

_SHOWN = 4
_FEW = 8
_MAX_PIECES = 400
"""Into how many pieces one box may fall while others are taken off it; one that falls into more counts as wider."""

_MAX_STEPS = 200_000
"""How many pieces are compared in all; what comes behind counts as wider."""

_MAX_WORDS = 20
"""How much is said of what is wider."""

_Requirement = Any


class Spans(NamedTuple):
    """Numbers on a line, as ranges that don't touch. `kind` is "address", "port" or the names of levels, lowest first."""

    kind: str | tuple[str, ...]
    ranges: tuple[tuple[int, int], ...]
    unknown: bool = False

    @property
    def empty(self) -> bool:
        return not self.ranges

    def common(self, other: "Spans") -> "Spans":
        found = [
            (max(a, c), min(b, d))
            for a, b in self.ranges
            for c, d in _touching(other.ranges, a, b)
            if max(a, c) < min(b, d)
        ]
        return self._replace(ranges=tuple(found))

    def minus(self, other: "Spans") -> "Spans":
        if other.unknown:
            return self._replace(ranges=())
        left = []
        for start, end in self.ranges:
            for low, high in _touching(other.ranges, start, end):
                if start < low:
                    left.append((start, low))
                start = max(start, high)
            if start < end:
                left.append((start, end))
        return self._replace(ranges=tuple(left))

    def union(self, other: "Spans") -> "Spans":
        ranges = merged(AddressRange(*span) for span in (*self.ranges, *other.ranges))
        return Spans(self.kind, tuple(map(tuple, ranges)), self.unknown or other.unknown)  # type: ignore[arg-type]

    def __str__(self) -> str:
        if self.unknown:
            return "an unknown value"
        if self.kind == "address":
            if self.ranges == ((0, END),):
                return "every address"
            return _listed(cidrs(AddressRange(*span) for span in self.ranges))
        if self.kind == "port":
            return text_of(_port_ranges(self.ranges))
        return self.kind[max(end for _, end in self.ranges) - 1] if self.ranges else "nothing"


def _touching(ranges: tuple[tuple[int, int], ...], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Those of ordered ranges that have something of `start` to `end`."""
    for number in range(bisect_right(ranges, start, key=_end) if len(ranges) > _FEW else 0, len(ranges)):
        low, high = ranges[number]
        if low >= end:
            return
        if high > start:
            yield low, high


def _end(span: tuple[int, int]) -> int:
    return span[1]


def _port_ranges(ranges: Iterable[tuple[int, int]]) -> Iterator[PortRange]:
    for start, end in ranges:
        for number, protocol in enumerate(PROTOCOLS):
            base = number * MAX_PORT
            first, last = max(start, base), min(end, base + MAX_PORT)
            if first < last:
                yield PortRange(protocol, first - base + 1, last - base)


class Parts(NamedTuple):
    """Things of which each may hold others: words with `*` above all, paths, selectors of labels. See `_HOLDS`.

    Of the kind "holder" are names that may be changed: as many others in place of some are no more than before.
    """

    kind: str
    elements: frozenset[Any]

    @property
    def empty(self) -> bool:
        return not self.elements

    def common(self, other: "Parts") -> "Parts":
        if self.elements <= other.elements or (self.kind == "holder" and self.minus(other).empty):
            return self
        holds, found = _holds(self.kind), set[Any]()
        if self.kind in _APART:
            mine, theirs = self._broad, other._broad
            found |= self.elements & other.elements
            found |= {one for one in self.elements if any(holds(two, one) for two in theirs)}
            found |= {two for two in other.elements if any(holds(one, two) and not holds(two, one) for one in mine)}
            return Parts(self.kind, frozenset(found))
        for one in self.elements:
            for two in other.elements:
                if holds(two, one):
                    found.add(one)
                elif holds(one, two):
                    found.add(two)
                elif self.kind == "selector" and isinstance(one, frozenset) and isinstance(two, frozenset):
                    found.add(one | two)
        return Parts(self.kind, frozenset(found))

    @property
    def _broad(self) -> list[Any]:
        """The elements that may hold others."""
        return [one for one in self.elements if self.kind not in _APART or "*" in one or one == UNKNOWN]

    def minus(self, other: "Parts") -> "Parts":
        left = self.elements - other.elements
        if self.kind == "holder" and len(left) <= len(other.elements - self.elements):
            left = frozenset()
        holds, holding = _holds(self.kind), other._broad
        return Parts(self.kind, frozenset(one for one in left if not any(holds(two, one) for two in holding)))

    def union(self, other: "Parts") -> "Parts":
        return Parts(self.kind, self.elements | other.elements)

    def __str__(self) -> str:
        return _listed(sorted(_text(element) for element in self.elements))


_APART = frozenset(("word", "name", "holder"))
"""Kinds of which hardly any element holds another."""

Axis = Spans | Parts
Box = tuple[tuple[str, Axis], ...]


def _text(element: Any) -> str:
    if element == UNKNOWN:
        return "an unknown value"
    if isinstance(element, frozenset):
        return ", ".join(sorted(map(str, element))) or "everything"
    return str(element)


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return f"{', '.join(words[:_SHOWN])}{more}"


def _holds(kind: str) -> Callable[[Any, Any], bool]:
    return _HOLDS.get(kind, _word_holds)


def _word_holds(outer: str, inner: str) -> bool:
    """`*` holds all, `*/exec` that subresource of anything, `/api/*` what is below."""
    if outer in (inner, TOP, UNKNOWN):
        return True
    if inner == UNKNOWN:
        return False
    if outer.startswith("*/"):
        return inner.endswith(outer[1:])
    return outer.endswith("*") and inner.startswith(outer[:-1])


def _name_holds(outer: str, inner: str) -> bool:
    return outer in (inner, TOP, UNKNOWN)


def _path_holds(outer: str, inner: str) -> bool:
    if outer in (inner, "/", UNKNOWN):
        return True
    return inner != UNKNOWN and inner.startswith(f"{outer.rstrip('/')}/")


def _selector_holds(outer: Any, inner: Any) -> bool:
    if outer in (inner, UNKNOWN) or not outer:
        return True
    return inner != UNKNOWN and all(any(_implies(one, wanted) for one in inner) for wanted in outer)


def _implies(one: _Requirement, wanted: _Requirement) -> bool:
    """Does a label that meets one requirement meet the other?"""
    if one.key != wanted.key:
        return False
    known, asked = one.operator.value, wanted.operator.value
    if asked == "In":
        return bool(known == "In" and one.values <= wanted.values)
    if asked == "NotIn":
        apart = known == "In" and one.values.isdisjoint(wanted.values)
        return bool(apart or (known == "NotIn" and one.values >= wanted.values) or known == "DoesNotExist")
    return known in (("In", "Exists") if asked == "Exists" else ("DoesNotExist",))


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "path": _path_holds,
    "name": _name_holds,
    "holder": _name_holds,
    "selector": _selector_holds,
}


EVERY_ADDRESS = Spans("address", ((0, END),))
NO_ADDRESS = Spans("address", ())
UNKNOWN_ADDRESS = Spans("address", ((0, END),), unknown=True)


def ranges(found: Iterable[AddressRange]) -> Spans:
    """Ranges of addresses, as a set."""
    return Spans("address", tuple((span.start, span.end) for span in merged(found)))


def addresses(texts: Iterable[str]) -> Spans:
    """The addresses and CIDRs that the texts are; one that is none isn't known."""
    found = []
    for text in texts:
        span = parse(text.strip()) or address(text.strip())
        if span is None:
            return UNKNOWN_ADDRESS
        found.append(span)
    return ranges(found)


def listeners(texts: Iterable[str]) -> Spans:
    """The same, where all of IPv4 is everybody."""
    found = addresses(texts)
    return EVERY_ADDRESS if any(start <= 0 and end >= ALL_V4.end for start, end in found.ranges) else found


def ports(found: Iterable[PortRange]) -> Spans:
    """Ranges of ports, as a set. A protocol that isn't known counts as TCP."""
    spans = []
    for protocol, first, last in found:
        base = (PROTOCOLS.index(protocol) if protocol in PROTOCOLS else PROTOCOLS.index("TCP")) * MAX_PORT
        spans.append(AddressRange(base + max(first, 1) - 1, base + min(last, MAX_PORT)))
    return Spans("port", tuple((s.start, s.end) for s in merged(span for span in spans if span.start < span.end)))


def level(name: str, order: tuple[str, ...]) -> Spans:
    """A level, which holds the lower ones. `order` are all of them, the most harmless first."""
    return Spans(order, ((0, order.index(name) + 1),))


def words(found: Iterable[Any], kind: str = "word") -> Parts:
    """Words, with `*` above all others; of the kinds "path" and "name" otherwise. None is taken out of nothing."""
    return Parts(kind, frozenset(found))


def selector(found: Any) -> Parts:
    """A selector of labels, None for one that selects everything."""
    if found is None:
        return Parts("selector", frozenset((frozenset(),)))
    return Parts("selector", frozenset((frozenset(found.requirements) if found.known else UNKNOWN,)))


class Extent(NamedTuple):
    """How far something reaches: nowhere, without boxes."""

    boxes: tuple[Box, ...] = ()

    def __or__(self, other: "Extent") -> "Extent":
        return union((self, other))


class Later:
    """An extent that is worked out once somebody compares it, which takes longer than to find what reaches so far."""

    def __init__(self, make: Callable[[], Extent]) -> None:
        self._make = make

    @cached_property
    def _known(self) -> Extent:
        return self._make()

    @property
    def boxes(self) -> tuple[Box, ...]:
        return self._known.boxes

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Extent | Later) and self.boxes == other.boxes)

    def __hash__(self) -> int:
        return hash(self._known)


NOWHERE = Extent()


def extent(**axes: Axis) -> Extent:
    """One box. The names of axes are words for people, with `_` for blanks, and at the end of a keyword."""
    box = tuple(sorted((name.rstrip("_").replace("_", " "), axis) for name, axis in axes.items()))
    return NOWHERE if any(axis.empty for _, axis in box) else Extent((box,))


def union(extents: "Iterable[Extent | Later]") -> Extent:
    """All of them together."""
    return Extent(tuple(dict.fromkeys(box for one in extents for box in one.boxes)))


def coalesced(found: Extent) -> Extent:
    """The same reach in fewer boxes: those that differ by their ranges on one axis alone are one."""
    boxes: Iterable[Box] = found.boxes
    for name in dict.fromkeys(name for box in found.boxes for name, axis in box if isinstance(axis, Spans)):
        groups: dict[Box, list[Box]] = {}
        for box in boxes:
            key = tuple((of, axis if of != name else _kind(axis)) for of, axis in box)
            groups.setdefault(key, []).append(box)  # type: ignore[arg-type]
        boxes = [_one_box(name, group) for group in groups.values()]
    return Extent(tuple(boxes))


def _kind(axis: Axis) -> object:
    return axis.kind, isinstance(axis, Spans) and axis.unknown


def _one_box(name: str, boxes: list[Box]) -> Box:
    if len(boxes) == 1:
        return boxes[0]
    whole = _all_of([dict(box)[name] for box in boxes])
    return tuple((of, axis if of != name else whole) for of, axis in boxes[0])


def together(extents: "list[Extent | Later]") -> Later:
    """The same, once it is asked for."""
    return Later(lambda: union(extents))


def wider(new: "Extent | Later", old: "Extent | Later") -> tuple[str, ...]:
    """What `new` reaches that `old` didn't, in words; empty if that is nothing."""
    found: dict[str, None] = {}
    before: dict[str, Axis] | None = None
    for box, _ in _beyond(new, old):
        before = _everywhere(old.boxes) if before is None else before
        found[_told(box, before, bool(old.boxes))] = None
        if len(found) >= _MAX_WORDS:
            break
    return tuple(found)


def within(new: "Extent | Later", old: "Extent | Later") -> bool:
    """Does `new` reach nothing that `old` doesn't?"""
    return next(_beyond(new, old), None) is None


def without(new: "Extent | Later", old: "Extent | Later") -> tuple[Box, ...]:
    """What `new` reaches that `old` doesn't, as boxes."""
    return tuple(piece for _, left in _beyond(new, old) for piece in left)


def _beyond(new: "Extent | Later", old: "Extent | Later") -> Iterator[tuple[Box, list[Box]]]:
    """The boxes of which something is left without the old ones, and what; whole where there is too much to compare."""
    known, steps = frozenset(old.boxes), 0
    for box in new.boxes:
        if box in known:
            continue
        pieces = [box]
        for other in old.boxes:
            steps += len(pieces)
            if len(pieces) > _MAX_PIECES or steps > _MAX_STEPS:
                break
            pieces = [left for piece in pieces for left in _minus(piece, other)]
            if not pieces:
                break
        if pieces:
            yield box, pieces


def _minus(box: Box, other: Box) -> list[Box]:
    """A box less another, as boxes that don't overlap."""
    limits = dict(other)
    inside, left = dict(box), []
    names = [name for name in (*inside, *(name for name in limits if name not in inside)) if name in limits]
    shared: dict[str, Axis] = {}
    for name in names:
        mine = inside.get(name)
        common = limits[name] if mine is None else mine.common(limits[name])  # type: ignore[arg-type]
        if common.empty:
            return [box]
        shared[name] = common
    for name in names:
        mine = inside.get(name)
        rest = None if mine is None else mine.minus(limits[name])  # type: ignore[arg-type]
        if rest is None and not _is_all(limits[name]):
            left.append(tuple(sorted(inside.items())))
        elif rest is not None and not rest.empty:
            left.append(tuple(sorted({**inside, name: rest}.items())))
        inside[name] = shared[name]
    return left


def _is_all(axis: Axis) -> bool:
    if isinstance(axis, Parts):
        return bool({UNKNOWN, "/" if axis.kind == "path" else TOP, frozenset()} & axis.elements)
    end = {"address": END, "port": len(PROTOCOLS) * MAX_PORT}.get(str(axis.kind), len(axis.kind))
    return axis.unknown or axis.ranges == ((0, end),)


_PLAIN = frozenset(
    (
        "addresses",
        "controls",
        "ports",
        "paths",
        "stores",
        "hosts",
        "networks",
        "registries",
        "sources",
        "from",
        "capabilities",
    )
)
"""Axes whose values say themselves what they are."""


def _everywhere(boxes: tuple[Box, ...]) -> dict[str, Axis]:
    """The axes that all boxes have, each as all of them together."""
    found: dict[str, list[Axis]] = {}
    for box in boxes:
        for name, axis in box:
            found.setdefault(name, []).append(axis)
    return {name: _all_of(axes) for name, axes in found.items() if len(axes) == len(boxes)}


def _all_of(axes: list[Axis]) -> Axis:
    first = axes[0]
    if isinstance(first, Parts):
        return Parts(first.kind, frozenset().union(*(axis.elements for axis in axes if isinstance(axis, Parts))))
    spans = [axis for axis in axes if isinstance(axis, Spans)]
    found = merged(AddressRange(*span) for axis in spans for span in axis.ranges)
    return Spans(first.kind, tuple(map(tuple, found)), any(axis.unknown for axis in spans))  # type: ignore[arg-type]


def _told(box: Box, others: dict[str, Axis], any_other: bool) -> str:
    """What a box has that the others don't, axis by axis, or as a whole where only the combination is new."""
    mine = dict(box)
    told = []
    for name, before in sorted(others.items()):
        label = "" if name in _PLAIN else f"{name} "
        if name not in mine:
            if not _is_all(before):
                told.append(f"any {name} instead of {before}")
            continue
        extra = mine[name].minus(before)  # type: ignore[arg-type]
        if extra.empty:
            continue
        whole = extra == mine[name] or mine[name].empty or (isinstance(extra, Spans) and extra.kind != "port")
        told.append(f"{label}{mine[name]} instead of {before}" if whole else f"also {label}{extra}")
    if told:
        return ", ".join(told)
    whole_box = ", ".join(f"{'' if name in _PLAIN else f'{name} '}{axis}" for name, axis in box) or "everything"
    return f"{whole_box}{' together' if any_other else ''}"


_HOST = pattern(r"((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?(?:[^/@\s]*@)?([^/?#\s]+)(.*)", re.DOTALL)


def sources(*urls: str) -> Extent:
    """Whom one trusts by taking something from URLs: their hosts and paths, whatever the version."""
    return extent(sources=words(map(_source, urls), "name"))


def _source(url: str) -> str:
    match = _HOST.match(url.strip())
    if match is None or re.search(r"[$`*{]", match[2]):
        return UNKNOWN
    return without_versions(f"{match[1] or ''}{match[2]}{match[3]}")
