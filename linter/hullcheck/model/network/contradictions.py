"""Administrators' policies of one tier and priority that say different things of the same connections."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.budget import tick
from hullcheck.model.network.labels import numbers_in
from hullcheck.model.network.network import Network
from hullcheck.model.network.parts import PolicyUse
from hullcheck.model.network.policy import Direction, Policy, Rule, Tier
from hullcheck.tuples import NamedTuple

MAX_POLICIES = 50
"""Other policies of the same tier and priority that one is compared with."""


class Contradiction(NamedTuple):
    """Two rules about the same connections of the same workload, of which nobody knows which comes first.

    `peer` is a workload at the other end, empty where there are addresses.
    """

    direction: Direction
    rule: Rule
    other: Policy
    other_rule: Rule
    workload: str
    peer: str
    connections: str


class _Hit(NamedTuple):
    rule: Rule
    ends: int
    connections: int


def contradictions(use: PolicyUse) -> Iterator[Contradiction]:
    """The first contradiction with each policy of the same tier and priority, told at the one with the later name."""
    policy = use.policy
    if policy.tier is Tier.NAMESPACE or policy.refused:
        return
    network = use.places[0][0]
    tied = [one for one in network.policies if _is_tied(one, policy)]
    for other in tied[:MAX_POLICIES]:
        found = next(_between(network, policy, other), None)
        if found is not None:
            yield found


def _is_tied(one: Policy, policy: Policy) -> bool:
    same = (one.tier, one.priority) == (policy.tier, policy.priority)
    return same and (one.object.name, one.object.kind) < (policy.object.name, policy.object.kind)


def _between(network: Network, policy: Policy, other: Policy) -> Iterator[Contradiction]:
    compiler = network.compiler
    members = {id(one): found for one, found in zip(compiler.policies, compiler.members, strict=True)}
    if id(policy) not in members or id(other) not in members:
        return
    both = members[id(policy)].sure & members[id(other)].sure
    if not both:
        return
    workload = next(numbers_in(both))
    for direction in Direction:
        own, theirs = (list(_hits(network, one, direction)) for one in (policy, other))
        for hit in own:
            for their in theirs:
                tick()
                ends, connections = hit.ends & their.ends, hit.connections & their.connections
                if ends and connections and hit.rule.action is not their.rule.action:
                    peer = _named(network, ends & ~(1 << workload) or ends)
                    text = network.universe.ports.text(connections)
                    yield Contradiction(
                        direction, hit.rule, other, their.rule, network.endpoints[workload].id, peer, text
                    )


def _hits(network: Network, policy: Policy, direction: Direction) -> Iterator[_Hit]:
    """What each rule surely decides, where none before it in the same policy does. Named ports are left out."""
    before: list[_Hit] = []
    for rule in policy.rules(direction):
        compiled = network.compiler.rules[network.compiler.number(policy, rule)]
        for entry in compiled.entries:
            if entry.maybe:
                continue
            cells = [(entry.peers.sure, entry.connections)]
            for known in before:
                tick()
                cells = [left for cell in cells for left in _less(cell, known)]
            yield from (_Hit(rule, ends, connections) for ends, connections in cells)
            before.append(_Hit(rule, entry.peers.sure, entry.connections))


def _less(cell: tuple[int, int], known: _Hit) -> Iterator[tuple[int, int]]:
    ends, connections = cell
    if ends & ~known.ends:
        yield ends & ~known.ends, connections
    if ends & known.ends and connections & ~known.connections:
        yield ends & known.ends, connections & ~known.connections


def _named(network: Network, ends: int) -> str:
    found = next(numbers_in(ends & network.universe.workloads), None)
    return "" if found is None else network.endpoints[found].id
