"""How much of a Compose project is followed: what is written once and used by many services costs as much for each."""

from __future__ import annotations

from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping, Node, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose.nodes import entries, mapping
from hullcheck.tuples import NamedTuple

MAX_SHARED = 50_000
"""Values that the services of a project have by anchors, and by `extends`, beyond those that are written."""

_WHY = f"the anchors of a file bring its services more than {MAX_SHARED:,} values"


class Bounded(NamedTuple):
    """A document without the services that are too much, and a problem for each."""

    root: Mapping
    problems: list[Problem]


def without_too_much(root: Mapping) -> Bounded:
    """The document as far as its anchors are followed, service by service."""
    services = root.get("services")
    if not isinstance(services, Mapping) or sum(node.size for _, node in services.entries().values()) <= MAX_SHARED:
        return Bounded(root, [])
    seen: set[int] = set()
    left, problems, kept = MAX_SHARED, [], {}
    for name, entry in services.entries().items():
        left -= entry[1].size - _fresh(entry[1], seen)
        if left >= 0:
            kept[name] = entry
        else:
            gap = Gap("limit", "service", _WHY)
            problems.append(Problem("not-analysed", f"not judged: {_WHY}", entry[0].location, f"services.{name}", gap))
    if not problems:
        return Bounded(root, [])
    key = root.entries()["services"][0]
    return Bounded(mapping(root, root.entries() | {"services": (key, mapping(services, kept))}), problems)


def _fresh(node: Node, seen: set[int]) -> int:
    """The values of a node that weren't seen before, which they are then."""
    pending, number = [node], 0
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        number += 1
        if isinstance(one, Mapping):
            pending += [part for pair in one.items for part in pair]
        elif isinstance(one, Sequence):
            pending += one.items
    return number


def values(node: Node | None) -> int:
    """How many values a node has, as far as that is more than a budget."""
    pending, number = [node] if node is not None else [], 0
    while pending and number <= MAX_SHARED:
        one = pending.pop()
        number += 1
        if isinstance(one, Mapping):
            pending += [child for _, child in entries(one).values()]
        elif isinstance(one, Sequence):
            pending += one.items
    return number
