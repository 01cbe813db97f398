"""Nodes read from rendered text, moved to where their text came from."""

from bisect import bisect_right
from itertools import accumulate

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.render.helm.provenance import Origin, Run, Text
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
    """A collection stands from its first child to its last, if those are in one file."""
    children = _children(node)
    if isinstance(node, Mapping):
        node.unknown = next((key.unknown for key, _ in node.items if key.unknown), "")
    if not children:
        _place(node, places)
        return
    first, last = children[0], children[-1]
    node.source, node.start, node.end = first.source, first.start, first.end
    node.because = first.because
    if last.source is first.source and last.end >= first.start:
        node.end = last.end


def _place(node: Node, places: _Map) -> None:
    start, end = node.start, node.end
    at = bisect_right(places.starts, start) - 1
    if end <= places.starts[at + 1] if at + 1 < len(places.starts) else False:
        _, whole, moved, _ = places.runs[at]
        if whole is not None and whole.exact:
            offset = whole.start + moved - places.starts[at]
            node.source, node.start, node.end = whole.source, start + offset, end + offset
            return
    if isinstance(node, Scalar) and node.style in ("'", '"') and end - start > 2:
        start, end = start + 1, end - 1
    runs = [run for run in places.runs_in(start, end) if run[1] is not None]
    unknown = next((run for run in runs if run[1] and run[1].unknown), None)
    if unknown:
        assert unknown[1] is not None
        assert unknown[1].unknown is not None
        node.unknown = unknown[1].unknown.reason
        if len(runs) == 1:
            places.unknowns[id(node)] = unknown[1].unknown
    if len({id(run[1]) for run in runs}) == 1:
        _from_one(node, runs)
    elif runs:
        _from_many(node, runs)
    elif places.fallback:
        _move(node, places.fallback.location)


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
        if via is not None and via is not origin:
            node.because = _named(via)


def _from_many(node: Node, runs: list[Run]) -> None:
    """Put together in the template: it stands where its parts do there."""
    first, last = _in_template(runs[0], False), _in_template(runs[-1], True)
    if first is None:
        return
    end = last.end if last and last.source is first.source and last.end >= first.start else first.end
    _move(node, Location(first.source, first.start, end))
    values = [run[1] for run in runs if run[1] and not run[1].exact and not run[1].unknown and run[1] is not run[3]]
    node.because = ", ".join(dict.fromkeys(_named(origin) for origin in values if origin))[:400]


def _in_template(run: Run, last: bool) -> Location | None:
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
