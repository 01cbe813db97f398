"""A network as it is shown: nodes, edges with their reasons, and what comes from and goes outside."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator

from hullcheck.model.network.addresses import cidrs
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.extents import Limits, limits
from hullcheck.model.network.join import Blocks, join
from hullcheck.model.network.labels import numbers_in
from hullcheck.model.network.network import Doorway, Network, Reason, Use
from hullcheck.model.network.policy import Direction, Peer, Policy
from hullcheck.model.network.ports import PROTOCOLS, PortRange
from hullcheck.model.network.solve import Partition, Solution, fold
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

CONTROLLER = "{ingress-controller}"
"""What brings in connections for Ingresses and the like, as a node."""

MAX_EDGES = 100_000
"""Edges of a scope that are written one by one."""


_RULES_FOR_AN_EDGE = 30
"""Rules that are looked at for the reasons of an edge, on average."""


class Way(NamedTuple):
    """A way in from outside to a node: `connections` are those that policies let through."""

    kind: str
    via: str
    location: Location
    connections: str
    certain: bool
    limits: Limits = Limits()

    @property
    def limited(self) -> bool:
        """Is it open to some addresses only?"""
        return bool(self.limits.text)


class Node(NamedTuple):
    """A workload. Pods of one owner that differ are one node, which is as open as the most open of them.

    `free_in` and `free_out` are true where no policy of any kind restricts it in that direction. `box` is what it is
    drawn in: its namespace, or the networks that it is on. `listens` are the ports that it declares or that Services
    lead to; empty where nothing says any.
    """

    id: str
    endpoint: Endpoint
    ingress_isolated: bool
    egress_isolated: bool
    ways: tuple[Way, ...]
    free_in: bool = False
    free_out: bool = False
    box: str = ""
    listens: tuple[PortRange, ...] = ()


class Edge(NamedTuple):
    """Connections that one node can open to another; `source` may be the controller."""

    source: str
    target: str
    connections: str
    certain: bool
    because: tuple[Reason | Location, ...]


class Wide(NamedTuple):
    """Edges that are too many to be written one by one: all of `sources` to all of `targets`, but none to itself."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    connections: str
    certain: bool


class Meant(NamedTuple):
    """Connections that a node's variables or command line speak of, with the first place that does.

    `state` is "allowed", "denied" or "maybe", where it isn't known. Where some are denied, `denied` are those,
    `location` is a place that speaks of one, and `because` are the policies that deny it; else what lets them through.
    """

    source: str
    target: str
    connections: str
    location: Location
    state: str = "allowed"
    denied: str = ""
    because: tuple[Reason | Policy | Location, ...] = ()


class External(NamedTuple):
    """Addresses outside that a node admits connections from ("in"), or can open connections to ("out").

    `ranges` are CIDRs, and behind them names, where a rule lets it connect to those.
    """

    direction: str
    node: str
    ranges: tuple[str, ...]
    connections: str
    certain: bool


class ScopeMap(NamedTuple):
    """One scope's map. `truncated` is true where there is more than could be worked out."""

    name: str
    kind: str
    approximate: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    wide: tuple[Wide, ...]
    external: tuple[External, ...]
    policies: int
    truncated: bool
    uses: tuple[Meant, ...] = ()


def scope_map(network: Network, max_edges: int = MAX_EDGES) -> ScopeMap:
    """The whole map of a network."""
    return _Mapper(network, max_edges).map()


class _Told(NamedTuple):
    """What one place says that a workload uses: `connections` as bits, `wanted` those of which one must be open."""

    location: Location
    use: Use
    connections: int
    wanted: int
    state: str


class _Mapper:
    def __init__(self, network: Network, max_edges: int) -> None:
        self.network = network
        self.universe = network.universe
        self.ids = [endpoint.id for endpoint in network.endpoints]
        self.left = max_edges
        self.rules_left = max_edges * _RULES_FOR_AN_EDGE

    def map(self) -> ScopeMap:
        strict = join(self.network.answers.strict)
        certain = self.network.answers.loose is self.network.answers.strict
        loose = strict if certain else join(self.network.answers.loose)
        edges, wide = self._between(strict, True)
        if not certain:
            more, wider = self._between(loose, False)
            edges, wide = edges + more, wide + wider
        scope = self.network.scope
        return ScopeMap(
            scope.name,
            scope.kind,
            scope.approximate,
            tuple(self._nodes()),
            tuple(sorted([*self._from_controller(), *edges], key=lambda e: (e.source, e.target, not e.certain))),
            tuple(wide),
            tuple(sorted(self._external(), key=lambda e: (e.node, e.direction, not e.certain, e.ranges))),
            len(scope.policies),
            strict.truncated or loose.truncated or any(answer.truncated for answer in self.network.answers),
            tuple(self._uses()),
        )

    def _uses(self) -> Iterator[Meant]:
        spoken: dict[tuple[str, str], list[list[Use]]] = {}
        for use in self.network.uses:
            source, target = self.ids[use.source], self.ids[use.target]
            if source != target:
                said = spoken.setdefault((source, target), [])
                if said and said[-1][0].location == use.location:
                    said[-1].append(use)
                else:
                    said.append([use])
        for (source, target), said in spoken.items():
            told = [self._told(uses[0].location, uses) for uses in said]
            bits = functools.reduce(operator.or_, (one.connections for one in told))
            denied = [one for one in told if one.state == "denied"]
            first = next(iter(denied), None) or next((one for one in told if one.state == "maybe"), told[0])
            blocked = functools.reduce(operator.or_, (one.connections for one in denied), 0)
            yield Meant(
                source,
                target,
                self.universe.ports.text(bits) if bits else "",
                first.location,
                first.state,
                self.universe.ports.text(blocked) if blocked else "",
                tuple(self._decided(first)),
            )

    def _told(self, location: Location, uses: list[Use]) -> _Told:
        """What is said at one place. Where that are several ports, one is enough that is open."""
        bits = sure = maybe = 0
        for use in uses:
            if use.port is not None:
                bits |= self.universe.ports.bits(use.protocol, use.port, use.port)
            strict, loose = (answer.connections(use.source, use.target) for answer in self.network.answers)
            sure, maybe = sure | strict, maybe | strict | loose
        wanted = bits or self.universe.ports.all
        state = "allowed" if sure & wanted else "maybe" if maybe & wanted else "denied"
        return _Told(location, uses[0], bits, wanted, state)

    def _decided(self, told: _Told) -> Iterator[Reason | Policy | Location]:
        """Why what is spoken of is open, or which policies deny it."""
        source, target = told.use.source, told.use.target
        if told.state != "denied":
            yield from self._because(source, target, told.wanted, strict=False)
            return
        answer = self.network.answers.loose
        sides = ((source, target, Direction.EGRESS), (target, source, Direction.INGRESS))
        closed = [side for side in sides if not answer.side(side[2]).connections(*side[:2]) & told.wanted]
        for here, _, direction in closed or sides:  # where each side lets something through, both deny the rest
            policies = (policy for policy, _ in self.network.selecting(here, direction))
            yield from (policy for policy in policies if policy.affects(direction) or policy.rules(direction))

    def _listens(self) -> dict[int, set[PortRange]]:
        """The ports that workloads declare, or that Services and other ways in lead to."""
        found = {
            number: {PortRange(port.protocol, port.number, port.number) for port in endpoint.ports}
            for number, endpoint in enumerate(self.network.endpoints)
        }
        left = MAX_EDGES
        for service in self.network.scope.services:
            for number in numbers_in(self.network.served_by(service)):
                left -= len(service.ports)
                if left < 0:
                    return {}
                for port in service.ports:
                    target = self.network.target_of(port, number) if port.protocol in PROTOCOLS else None
                    if target:
                        found[number].add(PortRange(port.protocol, target, target))
        for doorway in self.network.doorways:
            if found[doorway.workload] and doorway.connections != self.universe.ports.all:
                found[doorway.workload].update(self.universe.ports.ranges(doorway.connections))
        return found

    def _nodes(self) -> Iterator[Node]:
        ways: dict[int, list[Way]] = {}
        for doorway in self.network.doorways:
            ways.setdefault(doorway.workload, []).extend(self._ways(doorway))
        seen: dict[str, Node] = {}
        listens = self._listens()
        for number, endpoint in enumerate(self.network.endpoints):
            ingress, egress = (self.network.isolated(number, direction) for direction in Direction)
            known = seen.get(endpoint.id)
            if known is not None:
                ingress, egress = ingress and known.ingress_isolated, egress and known.egress_isolated
            own = (*(known.ways if known else ()), *ways.get(number, ()))
            first = known.endpoint if known else endpoint
            free_in, free_out = (self.network.is_free(number, direction) for direction in Direction)
            if known is not None:
                free_in, free_out = free_in or known.free_in, free_out or known.free_out
            ways_in = tuple(dict.fromkeys(own))
            ports = listens.get(number, set()).union(known.listens if known else ())
            seen[endpoint.id] = Node(
                endpoint.id,
                first,
                ingress,
                egress,
                ways_in,
                free_in,
                free_out,
                self.network.box(number),
                tuple(sorted(ports)),
            )
        yield from sorted(seen.values(), key=lambda node: node.id)

    def _ways(self, doorway: Doorway) -> Iterator[Way]:
        sure, maybe = (self.network.admitted(doorway, strict) for strict in (True, False))
        for connections, certain in ((sure, True), (maybe & ~sure, False)):
            if connections:
                text = self.universe.ports.text(connections)
                yield Way(doorway.kind, doorway.via, doorway.location, text, certain, limits(self.network, doorway))

    def _between(self, blocks: Blocks, strict: bool) -> tuple[list[Edge], list[Wide]]:
        """Edges of one answer: all of the strict one, or what only the loose one has."""
        found: dict[tuple[str, str], tuple[int, int, int]] = {}
        wide = []
        for sources, targets, connections in sorted(blocks.blocks, key=lambda b: b[0].bit_count() * b[1].bit_count()):
            count = sources.bit_count() * targets.bit_count()
            rules = count * self._rules(sources, targets)
            if count > self.left or rules > self.rules_left:
                wide.append(self._wide(sources, targets, connections, strict))
                continue
            self.left -= count
            self.rules_left -= rules
            for source in numbers_in(sources):
                for target in numbers_in(targets):
                    extra = connections
                    if not strict:
                        extra &= ~self.network.answers.strict.connections(source, target)
                    if extra and self.ids[source] != self.ids[target]:
                        key = (self.ids[source], self.ids[target])
                        found[key] = (source, target, found.get(key, (0, 0, 0))[2] | extra)
        edges = [
            Edge(
                *key, self.universe.ports.text(connections), strict, self._because(source, target, connections, strict)
            )
            for key, (source, target, connections) in found.items()
        ]
        return edges, wide

    def _rules(self, sources: int, targets: int) -> int:
        """The rules that have to be looked at for the reasons of one edge of a block."""
        source, target = ((bits & -bits).bit_length() - 1 for bits in (sources, targets))
        return self.network.rules_of(source, Direction.EGRESS) + self.network.rules_of(target, Direction.INGRESS)

    def _wide(self, sources: int, targets: int, connections: int, strict: bool) -> Wide:
        from_, to = (tuple(self.ids[n] for n in numbers_in(bits)) for bits in (sources, targets))
        return Wide(from_, to, self.universe.ports.text(connections), strict)

    def _because(self, source: int, target: int, connections: int, strict: bool) -> tuple[Reason | Location, ...]:
        reasons = self.network.because(source, target, connections)
        return tuple(r for r in reasons if not strict or isinstance(r, Location) or r.certain)

    def _from_controller(self) -> Iterator[Edge]:
        found: dict[tuple[str, bool], tuple[int, list[Doorway]]] = {}
        for doorway in self.network.doorways:
            if not doorway.by_controller:
                continue
            sure, maybe = (self.network.admitted(doorway, strict) for strict in (True, False))
            for connections, certain in ((sure, True), (maybe & ~sure, False)):
                if connections:
                    before, doorways = found.setdefault((self.ids[doorway.workload], certain), (0, []))
                    found[(self.ids[doorway.workload], certain)] = (before | connections, [*doorways, doorway])
        for (target, certain), (connections, doorways) in found.items():
            number = self.universe.controller.bit_length() - 1
            reasons: list[Reason | Location] = [doorway.location for doorway in doorways]
            for doorway in doorways:
                reasons += self.network.reasons(doorway.workload, number, Direction.INGRESS, connections)
            text = self.universe.ports.text(connections)
            yield Edge(CONTROLLER, target, text, certain, tuple(_distinct(reasons)))

    def _external(self) -> Iterator[External]:
        members: dict[str, list[int]] = {}
        for number, id_ in enumerate(self.ids):
            members.setdefault(id_, []).append(number)
        known: dict[tuple[Direction, Partition, Partition], list[External]] = {}
        for id_, numbers in members.items():
            for direction in Direction:
                strict, loose = (self._cells(answer, direction, numbers) for answer in self.network.answers)
                if direction is Direction.EGRESS and self.universe.names and all(map(self._by_name, numbers)):
                    loose = strict  # what may be behind names is said by the names
                key = (direction, strict, loose)
                if key not in known:
                    known[key] = list(self._rows(*key))
                yield from (row._replace(node=id_) for row in known[key])

    def _cells(self, answer: Solution, direction: Direction, workloads: list[int]) -> Partition:
        """What a node's workloads admit from or to addresses outside."""
        shown = (self.universe.outside if self.universe.speaks_v6 else self.universe.outside_v4) | self.universe.names
        partitions = [answer.side(direction).partition(workload) for workload in workloads]
        return fold((connections, ends & shown) for partition in partitions for connections, ends in partition)

    def _by_name(self, workload: int) -> bool:
        """Is all known of where it can connect to, but for what is behind names?"""
        policies = self.network.selecting(workload, Direction.EGRESS)
        peers = (peer for policy, _ in policies for rule in policy.egress_rules for peer in rule.peers or ())
        return (
            bool(policies)
            and all(sure and not policy.opaque and not policy.doubtful for policy, sure in policies)
            and all(peer.known and (peer.elsewhere == "domains" or not _may_be_outside(peer)) for peer in peers)
        )

    def _rows(self, direction: Direction, strict: Partition, loose: Partition) -> Iterator[External]:
        word = "in" if direction is Direction.INGRESS else "out"
        for cells, certain in ((strict, True), (fold(_beyond(loose, strict)), False)):
            for connections, ends in cells:
                ranges = tuple(cidrs(self.universe.ranges(ends)))
                if self.universe.outside_v4 & ~ends:
                    ranges = (*ranges, *self.universe.names_in(ends))
                yield External(word, "", ranges, self.universe.ports.text(connections), certain)


def _may_be_outside(peer: Peer) -> bool:
    return peer.elsewhere in ("nodes", "groups", "services")


def _distinct(reasons: Iterable[Reason | Location]) -> Iterator[Reason | Location]:
    seen = set()
    for reason in reasons:
        key = reason if isinstance(reason, Location) else (id(reason.policy), id(reason.rule))
        if key not in seen:
            seen.add(key)
            yield reason


def _beyond(loose: Partition, strict: Partition) -> Iterator[tuple[int, int]]:
    """What the first admits and the second doesn't."""
    for connections, ends in loose:
        for other, other_ends in strict:
            yield connections & ~other, ends & other_ends
            ends &= ~other_ends
        yield connections, ends


def focused(found: ScopeMap, ids: Iterable[str]) -> ScopeMap:
    """The part of a map that some nodes are in, or that touches them."""
    wanted = set(ids)
    edges = tuple(e for e in found.edges if e.source in wanted or e.target in wanted)
    wide = tuple(_narrowed(w, wanted) for w in found.wide if wanted & {*w.sources, *w.targets})
    touched = wanted | {end for e in edges for end in (e.source, e.target)}
    touched |= {end for w in wide for end in (*w.sources, *w.targets)}
    return found._replace(
        nodes=tuple(node for node in found.nodes if node.id in touched),
        edges=edges,
        wide=wide,
        external=tuple(e for e in found.external if e.node in wanted),
        uses=tuple(
            use for use in found.uses if wanted & {use.source, use.target} and {use.source, use.target} <= touched
        ),
    )


def _narrowed(wide: Wide, wanted: set[str]) -> Wide:
    if wanted.isdisjoint(wide.sources):
        return wide._replace(targets=tuple(t for t in wide.targets if t in wanted))
    if wanted.isdisjoint(wide.targets):
        return wide._replace(sources=tuple(s for s in wide.sources if s in wanted))
    return wide
