"""Nodes read from rendered text, moved to where their text came from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.provenance import Run, Text
from hullcheck.render.helm.unknown import Unknown
from hullcheck.source import Location


class _Map:
    """Offsets into rendered text to the runs there."""

    def __init__(self, text: Text, fallback: Origin | None) -> None:
        self.text = text
        self.runs = text.runs
        self.starts = list(accumulate((run[0] for run in text.runs), initial=0))
        self.fallback = fallback
        self.unknowns: dict[int, Unknown] = {}

    def runs_in(self, start: int, end: int) -> list[Run]:
        """The runs with text in this span, cut to it; of an empty span the one that it is in."""
        empty = self.empty_at(start) if start == end else None
        if empty is not None:
            return [empty]
        first = max(bisect_right(self.starts, start) - 1, 0)
        found: list[Run] = []
        for number in range(first, len(self.runs)):
            at = self.starts[number]
            if at >= end and found:
                break
            length, origin, shift, via = self.runs[number]
            low, high = max(start, at), min(end, at + length)
            if low < high or (not found and at >= start and at + length >= end):
                found.append((max(high - low, 0), origin, shift + max(low - at, 0), via))
            if at > end:
                break
        return found

    def empty_at(self, offset: int) -> Run | None:
        """A value that was printed there, and is an empty text."""
        first = bisect_left(self.starts, offset)
        for number in range(first, len(self.runs)):
            if self.starts[number] > offset:
                break
            if self.runs[number][0] == 0 and self.runs[number][1] is not None:
                return self.runs[number]
        return None


def rehome(root: Node, text: Text, fallback: Origin | None) -> dict[int, Unknown]:
    """Give the nodes, whose offsets are into `text`, their own places; `fallback` is the place of last resort.

    What comes back is what is known of the scalars that are unknown as a whole, by their ids.
    """
    places = _Map(text, fallback)
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            _close(node, places)
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, Scalar):
                _place(node, places)
            else:
                stack.append((node, True))
                stack += [(child, False) for child in _children(node)]
    return places.unknowns


def _children(node: Node) -> list[Node]:
    if isinstance(node, Mapping):
        return [part for pair in node.items for part in pair]
    return list(node.items) if isinstance(node, Sequence) else []


def _close(node: Node, places: _Map) -> None:
    """A collection stands from its first child to the last that is in the same file."""
    children = _children(node)
    if isinstance(node, Mapping):
        node.unknown = next((key.unknown for key, _ in node.items if key.unknown), "")
    if not children:
        _place(node, places)
        return
    first = children[0]
    node.source, node.start, node.because = first.source, first.start, first.because
    node.end = max((child.end for child in children if child.source is first.source), default=first.end)


def _place(node: Node, places: _Map) -> None:
    if _place_literal(node, places):
        return
    inner = places.runs_in(*_inner(node, places.text))
    runs = [run for run in inner if run[1] is not None]
    unknown = next((run[1].unknown for run in runs if run[1] and run[1].unknown), None)
    if unknown:
        node.unknown = unknown.reason
        if len(inner) == 1:
            places.unknowns[id(node)] = unknown
    if len({id(run[1]) for run in runs}) == 1:
        _from_one(node, runs)
    elif runs:
        _from_many(node, [run for run in places.runs_in(*_outer(node, places.text)) if run[1] is not None])
    elif places.fallback:
        _move(node, places.fallback.location)


def _place_literal(node: Node, places: _Map) -> bool:
    """A node that is all literal text of one template, as most are."""
    at = bisect_right(places.starts, node.start) - 1
    if at + 1 >= len(places.starts) or node.end > places.starts[at + 1]:
        return False
    _, whole, moved, _ = places.runs[at]
    if whole is None or not whole.exact or (node.start == node.end and places.empty_at(node.start)):
        return False
    offset = whole.start + moved - places.starts[at]
    node.source, node.start, node.end = whole.source, node.start + offset, node.end + offset
    return True


def _outer(node: Node, text: str) -> tuple[int, int]:
    """The span without line breaks at the end."""
    return node.start, node.start + len(text[node.start : node.end].rstrip())


def _inner(node: Node, text: str) -> tuple[int, int]:
    """The span of a scalar's content: without its quotes, or the header of its block."""
    start, end = _outer(node, text)
    if isinstance(node, Scalar) and end - start > 1:
        if node.style in ("'", '"'):
            return start + 1, end - 1
        newline = text.find("\n", start, end)
        if node.style in ("|", ">") and newline > 0:
            content = text[newline:end]
            return newline + len(content) - len(content.lstrip()), end
    return start, end


def _from_one(node: Node, runs: list[Run]) -> None:
    """All of it comes from one place, which is the node's."""
    _, origin, shift, via = runs[0]
    assert origin is not None
    if origin.unknown:
        _move(node, (via or origin).location)
    elif origin.exact:
        length, _, last, _ = runs[-1]
        _move(node, Location(origin.source, origin.start + shift, origin.start + last + length))
    else:
        _move(node, origin.location)
        if via is not None and not _covers(via, origin):
            node.because = _named(via)


def _covers(outer: Origin, inner: Origin) -> bool:
    return outer.source is inner.source and outer.start <= inner.start and inner.end <= outer.end


def _from_many(node: Node, runs: list[Run]) -> None:
    """Put together in the template: it stands where its parts do there."""
    first, last = _in_template(runs[0]), _in_template(runs[-1])
    if first is None:
        return
    end = last.end if last and last.source is first.source and last.end >= first.start else first.end
    _move(node, Location(first.source, first.start, end))
    values = [run[1] for run in runs if run[1] and not run[1].exact and not run[1].unknown]
    inside = Origin(first.source, first.start, end)
    node.because = ", ".join(dict.fromkeys(_named(value) for value in values if value and not _covers(inside, value)))


def _in_template(run: Run) -> Location | None:
    length, origin, shift, via = run
    if origin is None:
        return None
    if origin.exact:
        return Location(origin.source, origin.start + shift, origin.start + shift + length)
    return (via or origin).location


def _move(node: Node, place: Location) -> None:
    node.source, node.start, node.end = place


def _named(origin: Origin) -> str:
    return f"{origin.source.path}:{origin.location.line}"
