"""Both ends of connections put together: blocks of workloads that reach each other, and what reaches outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.network.labels import numbers_in
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.solve import Block, Group, Partition, Side, Solution
from hullcheck.tuples import NamedTuple

MAX_BLOCKS = 500_000


class Blocks(NamedTuple):
    """All connections between workloads; not all if `truncated`."""

    blocks: tuple[Block, ...]
    truncated: bool = False


class Outside(NamedTuple):
    """What some workloads admit from addresses outside, or to them."""

    direction: Direction
    members: int
    ends: int
    connections: int


def join(solution: Solution, limit: int = MAX_BLOCKS) -> Blocks:
    """Every connection that is open, as disjoint blocks without those of the same connections side by side."""
    by_source: dict[tuple[int, int], int] = {}
    by_target: dict[tuple[int, int], int] = {}
    truncated = False
    for sources, targets, connections in _pieces(solution):
        key = (sources, connections)
        by_source[key] = by_source.get(key, 0) | targets
        if len(by_source) >= limit:
            truncated = True
            break
    for (sources, connections), targets in by_source.items():
        key = (targets, connections)
        by_target[key] = by_target.get(key, 0) | sources
    blocks = tuple(Block(sources, targets, connections) for (targets, connections), sources in by_target.items())
    return Blocks(blocks, truncated)


def _pieces(solution: Solution) -> Iterator[Block]:
    everything = solution.universe.ports.all
    free_sources, free_targets = solution.egress.free, solution.ingress.free
    if free_sources and free_targets:
        yield Block(free_sources, free_targets, everything)
    if free_targets:
        for group in solution.egress.groups:
            for connections, ends in group.partition:
                if ends & free_targets:
                    yield Block(group.members, ends & free_targets, connections)
    for group in solution.ingress.groups:
        yield from _into(solution, group)


def _into(solution: Solution, group: Group) -> Iterator[Block]:
    for connections, ends in group.partition:
        if ends & solution.egress.free:
            yield Block(ends & solution.egress.free, group.members, connections)
        restricted = ends & solution.egress.restricted
        for sources, partition in _groups_of(solution.egress, restricted):
            for other, targets in partition:
                if targets & group.members and connections & other:
                    yield Block(sources, targets & group.members, connections & other)


def _groups_of(side: Side, members: int) -> Iterator[tuple[int, Partition]]:
    """The groups that some of the members are in, each with those that are."""
    if members.bit_count() < len(side.groups):
        numbers: Iterable[int] = dict.fromkeys(n for m in numbers_in(members) if (n := side.group(m)) is not None)
    else:
        numbers = range(len(side.groups))
    for number in numbers:
        group = side.groups[number]
        inside = group.members & members
        if inside:
            yield group.members if inside == group.members else inside, group.partition


def outside(solution: Solution) -> Iterator[Outside]:
    """What workloads admit from addresses outside the cluster, and to them."""
    universe = solution.universe
    for direction in Direction:
        side = solution.side(direction)
        if side.free:
            yield Outside(direction, side.free, universe.outside, universe.ports.all)
        for group in side.groups:
            for connections, ends in group.partition:
                if ends & universe.outside:
                    yield Outside(direction, group.members, ends & universe.outside, connections)
