"""Who can talk to whom: policies to blocks of connections, without ever looking at pairs of workloads.

Workloads to which rules of the same content apply form a group, and what its rules let through is worked out once, as
a partition: sets of ends, each with the connections to or from it. A connection from A to B is open where A's egress
and B's ingress both admit it, so groups are joined, not their members.

Where something isn't known there are two answers: strict, what is open for certain, and loose, what may be open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.model.network.labels import Match, bits_of, numbers_in
from hullcheck.model.network.policy import Action, Direction, Policy, Rule, Tier
from hullcheck.model.network.tiers import Layer, State, ties
from hullcheck.model.network.universe import Universe
from hullcheck.tuples import NamedTuple

Cell = tuple[int, int]
"""Connections, and the ends with which they are open."""

Partition = tuple[Cell, ...]
"""Disjoint sets of ends, each with its connections; canonical, so that what behaves alike is equal."""


class Group(NamedTuple):
    """Workloads that admit the same, in one direction."""

    members: int
    partition: Partition


class Block(NamedTuple):
    """Every workload of `sources` can reach every one of `targets` over these connections."""

    sources: int
    targets: int
    connections: int


class Entry(NamedTuple):
    """Part of a rule: its peers, and the connections that it is about, `maybe` where some port isn't known."""

    peers: Match
    connections: int
    maybe: bool = False


class Compiled(NamedTuple):
    """A rule in bits. `named` are parts whose connections depend on the end that is connected to."""

    action: Action
    entries: tuple[Entry, ...]
    named: tuple[tuple[Match, tuple[Cell, ...]], ...]


class Selected(NamedTuple):
    """Workloads with the rules that one policy, or several that select alike, has for them."""

    members: Match
    rules: tuple[int, ...]
    tier: Tier = Tier.NAMESPACE
    isolates: bool = True
    tie: int = 0


_FEW = 16
_NARROW = 64
"""Among more than a few cells those with so few ends are taken end by end."""

MAX_WORK = 20_000_000
"""Steps for one direction of a scope; what is left then is taken as unknown."""


class TooMuchError(Exception):
    """A scope is so tangled that working it out would take too long."""


class Work:
    """Steps that are left."""

    def __init__(self, steps: int = MAX_WORK) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        tick()
        self.left -= steps
        if self.left < 0:
            raise TooMuchError


class Signature(NamedTuple):
    """All that applies to a workload in one direction; `layers` are administrators' rules, each with whether it surely
    applies, `denials` rules that win over those that allow."""

    opaque: bool
    isolated: bool
    rules: tuple[int, ...]
    denials: tuple[int, ...]
    layers: tuple[Layer, ...]


class Compiler:
    """Rules and policies of a scope in bits; rules of the same content are one."""

    def __init__(self, universe: Universe, policies: Iterable[Policy]) -> None:
        self.universe = universe
        self.rules: list[Compiled] = []
        self._numbers: dict[Compiled, int] = {}
        self._written: dict[tuple[object, ...], int] = {}
        self._of_rule: dict[int, int] = {}  # by identity: the policies are kept as long as this
        self.policies = sorted((p for p in policies if not p.refused), key=lambda p: (p.priority, p.object.name))
        self.ties = ties(self.policies)
        self.opaque = dict.fromkeys(Direction, 0)
        self.surely_opaque = dict.fromkeys(Direction, 0)
        self.members: list[Match] = [universe.members(policy) for policy in self.policies]
        for policy, members in zip(self.policies, self.members, strict=True):
            for direction in Direction:
                if policy.opaque and policy.affects(direction):
                    self.opaque[direction] |= members.maybe
                    self.surely_opaque[direction] |= members.sure

    @property
    def certain(self) -> bool:
        """Is nothing unknown, of all rules that were asked for so far?"""
        if (
            self.ties
            or self.universe.on_host
            or any(self.opaque.values())
            or any(m.sure != m.maybe for m in self.members)
        ):
            return False
        entries = [entry for rule in self.rules for entry in rule.entries]
        peers = [entry.peers for entry in entries] + [peers for rule in self.rules for peers, _ in rule.named]
        return not any(entry.maybe for entry in entries) and all(found.sure == found.maybe for found in peers)

    def number(self, policy: Policy, rule: Rule) -> int:
        """The rule's number among those of different content."""
        known = self._of_rule.get(id(rule))
        if known is None:
            known = self._of_rule[id(rule)] = self._number(policy, rule)
        return known

    def _number(self, policy: Policy, rule: Rule) -> int:
        own = "" if policy.cluster_wide else policy.namespace or "default"
        peers, ports = _content(rule)
        key = (own if _is_relative(rule) else None, rule.action, peers, ports)
        if key not in self._written:
            compiled = self._compile(policy, rule)
            number = self._numbers.setdefault(compiled, len(self.rules))
            if number == len(self.rules):
                self.rules.append(compiled)
            self._written[key] = number
        return self._written[key]

    def _compile(self, policy: Policy, rule: Rule) -> Compiled:
        universe = self.universe
        peers = universe.peers(policy, rule.peers)
        if rule.ports is None:
            return Compiled(rule.action, (Entry(peers, universe.ports.all),), ())
        known = [port for port in rule.ports if port.known and not port.name]
        connections = 0
        for port in known:
            connections |= universe.connections(port)
        entries = [Entry(peers, connections)] if connections else []
        if any(not port.known for port in rule.ports):
            entries.append(Entry(peers, universe.ports.all, maybe=True))
        named = [cell for port in rule.ports if port.known and port.name for cell in universe.named(port)]
        return Compiled(rule.action, tuple(entries), ((peers, tuple(named)),) if named else ())

    def selected(self, direction: Direction) -> list[Selected]:
        """Policies that isolate in the direction or have rules for it, administrators' in the order of priority."""
        found: dict[tuple[Match, bool], set[int]] = {}
        ordered: list[Selected] = []
        for policy, members in zip(self.policies, self.members, strict=True):
            rules = tuple(self.number(policy, rule) for rule in policy.rules(direction))
            if policy.tier is not Tier.NAMESPACE:
                if rules and members.maybe:
                    tie = self.ties.get((policy.tier, policy.priority), 0)
                    ordered.append(Selected(members, rules, policy.tier, tie=tie))
            elif policy.concerns(direction) and members.maybe and not policy.opaque:
                found.setdefault((members, policy.affects(direction)), set()).update(rules)
        own = (Selected(members, tuple(rules), isolates=isolates) for (members, isolates), rules in found.items())
        return [*own, *ordered]


def _content(rule: Rule) -> tuple[object, object]:
    """What a rule says, without places."""
    peers = None if rule.peers is None else frozenset(peer[1:5] + peer[6:] for peer in rule.peers)
    ports = None if rule.ports is None else frozenset(port[1:] for port in rule.ports)
    return peers, ports


def _is_relative(rule: Rule) -> bool:
    """Does what it means depend on the policy's namespace?"""
    return any(peer.namespaces is None for peer in rule.peers or ())


class Side:
    """One direction solved: which workloads admit everything, and in which groups the others are."""

    def __init__(self, groups: list[Group], universe: Universe) -> None:
        self.groups = groups
        restricted = 0
        for group in groups:
            restricted |= group.members
        self.free = universe.workloads & ~restricted
        self.restricted = restricted
        self._everything: Partition = ((universe.ports.all, universe.all),)
        self._group_of: dict[int, int] = {}
        for number, group in enumerate(groups):
            for member in numbers_in(group.members):
                self._group_of[member] = number

    def partition(self, workload: int) -> Partition:
        """What one workload admits."""
        number = self._group_of.get(workload)
        return self._everything if number is None else self.groups[number].partition

    def connections(self, workload: int, peer: int) -> int:
        """What one workload admits from or to one end, given by number."""
        bit = 1 << peer
        return next((connections for connections, ends in self.partition(workload) if ends & bit), 0)

    def group(self, workload: int) -> int | None:
        """The number of the workload's group; None if it admits everything."""
        return self._group_of.get(workload)


class Solution(NamedTuple):
    """Both directions of a scope, solved. `isolated` are the workloads that some NetworkPolicy confines.

    `truncated` is true where it would have been too much work to know all.
    """

    universe: Universe
    ingress: Side
    egress: Side
    isolated: dict[Direction, int]
    truncated: bool = False

    def side(self, direction: Direction) -> Side:
        return self.ingress if direction is Direction.INGRESS else self.egress

    def connections(self, source: int, target: int) -> int:
        """What one workload can open to another, by number."""
        return self.egress.connections(source, target) & self.ingress.connections(target, source)


class Solver:
    """Solves one direction of a scope, strictly or loosely."""

    def __init__(self, compiler: Compiler, direction: Direction, strict: bool) -> None:
        self.compiler = compiler
        self.universe = compiler.universe
        self.direction = direction
        self.strict = strict
        self.selected = compiler.selected(direction)
        self.work = Work()
        self.truncated = False
        self._classes: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._plain: dict[int, tuple[Partition, tuple[int, ...]]] = {}

    def isolated(self) -> int:
        """The workloads that policies confine: for a strict answer also those that they may confine."""
        compiler = self.compiler
        bits = (compiler.opaque if self.strict else compiler.surely_opaque)[self.direction]
        for selected in self.selected:
            if selected.tier is Tier.NAMESPACE and selected.isolates:
                bits |= selected.members.maybe if self.strict else selected.members.sure
        return bits

    def side(self) -> Side:
        isolated = self.isolated()
        opaque = self.compiler.opaque[self.direction]
        by_signature: dict[Signature, list[int]] = {}
        for workload, signature in self._signatures(isolated, opaque).items():
            by_signature.setdefault(signature, []).append(workload)
        merged: dict[Partition, int] = {}
        for signature, workloads in by_signature.items():
            for members, partition in self._bounded(signature, bits_of(workloads)):
                merged[partition] = merged.get(partition, 0) | members
        everything = ((self.universe.ports.all, self.universe.all),)
        return Side([Group(bits, part) for part, bits in merged.items() if part != everything], self.universe)

    def _bounded(self, signature: Signature, members: int) -> Iterator[tuple[int, Partition]]:
        """What parts of the members admit; once it is too much nothing surely, and perhaps everything."""
        left = members
        try:
            for part, partition in self._partitions(signature, members):
                yield part, partition
                left &= ~part
        except TooMuchError:
            self.truncated = True
            yield left, () if self.strict else ((self.universe.ports.all, self.universe.all),)

    def _signatures(self, isolated: int, opaque: int) -> dict[int, Signature]:
        """For each workload that anything applies to, what does; what the same policies select is looked at once."""
        applying: dict[int, list[tuple[int, bool]]] = {}
        for number, selected in enumerate(self.selected):
            for workload in numbers_in(selected.members.maybe):
                applying.setdefault(workload, []).append((number, bool(selected.members.sure >> workload & 1)))
        known: dict[tuple[object, ...], Signature] = {}
        found = {}
        for workload in numbers_in(isolated | opaque | bits_of(applying)):
            bit = 1 << workload
            key = (bool(opaque & bit), bool(isolated & bit), tuple(applying.get(workload, ())))
            if key not in known:
                known[key] = self._signature(*key)
            if any(known[key][:2]) or known[key].layers or known[key].denials:
                found[workload] = known[key]
        return found

    def _signature(self, opaque: bool, isolated: bool, applying: Iterable[tuple[int, bool]]) -> Signature:
        allowing: set[int] = set()
        denying: set[int] = set()
        layers: list[Layer] = []
        classes: list[int] = []
        for number, sure in applying:
            selected = self.selected[number]
            if selected.tier is not Tier.NAMESPACE:
                tie = (selected.tie, number if selected.tie else 0)
                layers += [Layer(selected.tier, rule, sure, *tie) for rule in selected.rules]
                continue
            if sure or not self.strict:
                classes.append(number)
            for rule in selected.rules:
                denies = self._denies(rule)
                if sure or denies is self.strict:  # what may apply: a strict answer believes only in what it forbids
                    (denying if denies else allowing).add(rule)
        found = tuple(sorted(allowing))
        self._classes.setdefault(found, tuple(classes))
        return Signature(opaque, isolated, found, tuple(sorted(denying)), tuple(layers))

    def _denies(self, rule: int) -> bool:
        return self.compiler.rules[rule].action is Action.DENY

    def _partitions(self, signature: Signature, members: int) -> Iterator[tuple[int, Partition]]:
        """The members, apart where a named port is another number, with what each part admits."""
        opaque, isolated, rules, denials, layers = signature
        everything = ((self.universe.ports.all, self.universe.all),)
        for part in self._split(members, [*rules, *denials, *(layer.rule for layer in layers)]):
            if opaque:
                yield part, () if self.strict else self._without(everything, denials, part)
                continue
            own = fold(self._own(rules, part), self.work) if isolated else None
            if denials:
                own = self._without(everything if own is None else own, denials, part)
            partition = self._layered(layers, own, part) if layers else own or ()
            yield part, self._with_node(partition)

    def _without(self, partition: Partition, denials: Iterable[int], members: int) -> Partition:
        """What is left of what is let through once some rules have denied what they are about."""
        denied = []
        for number in denials:
            rule = self.compiler.rules[number]
            self.work.spend(1 + sum(len(cells) for _, cells in rule.named))
            for entry in self._parts(rule, members):
                peers = entry.peers.maybe if self.strict else entry.peers.sure
                if peers and (self.strict or not entry.maybe):
                    denied.append((entry.connections, peers))
        cells = list(partition)
        for connections, ends in fold(denied, self.work):
            self.work.spend(len(cells))
            cells = [left for cell in cells for left in _less(cell, connections, ends)]
        return fold(cells, self.work)

    def _with_node(self, partition: Partition) -> Partition:
        """A pod and its own node can always talk, so a pod on the host's network may be able to."""
        if self.strict or not self.universe.on_host:
            return partition
        return fold([*partition, (self.universe.ports.all, self.universe.on_host)])

    def _split(self, members: int, rules: Iterable[int]) -> list[int]:
        """Ingress rules with named ports mean another number for each member: sets for which they mean the same."""
        parts = [members]
        if self.direction is Direction.EGRESS:
            return parts
        splitters = {ends for rule in rules for _, cells in self.compiler.rules[rule].named for _, ends in cells}
        for ends in splitters:
            self.work.spend(len(parts))
            parts = [piece for part in parts for piece in (part & ends, part & ~ends) if piece]
        return parts

    def _own(self, rules: tuple[int, ...], members: int) -> Iterator[Cell]:
        """What the rules that allow let through, those of the same policies worked out once."""
        for number in self._classes[rules]:
            if number not in self._plain:
                allowing = tuple(rule for rule in self.selected[number].rules if not self._denies(rule))
                self._plain[number] = self._of_class(allowing)
            partition, named = self._plain[number]
            self.work.spend(1 + len(partition))
            yield from partition
            yield from self._entries(named, members)

    def _of_class(self, rules: tuple[int, ...]) -> tuple[Partition, tuple[int, ...]]:
        """What rules without named ports let through, and the others."""
        named = tuple(number for number in rules if self.compiler.rules[number].named)
        plain = (number for number in rules if not self.compiler.rules[number].named)
        return fold(self._entries(plain, 0), self.work), named

    def _entries(self, rules: Iterable[int], members: int) -> Iterator[Cell]:
        """What rules let through to or from these members."""
        for number in rules:
            rule = self.compiler.rules[number]
            self.work.spend(1 + sum(len(cells) for _, cells in rule.named))
            for entry in self._parts(rule, members):
                peers = entry.peers.sure if self.strict else entry.peers.maybe
                if peers and not (self.strict and entry.maybe):
                    yield entry.connections, peers

    def _parts(self, rule: Compiled, members: int) -> Iterator[Entry]:
        """A rule's parts, with named ports resolved at the end that is connected to."""
        yield from rule.entries
        for peers, cells in rule.named:
            for connections, ends in cells:
                if self.direction is Direction.EGRESS:
                    yield Entry(peers.within(ends), connections)
                elif members & ends:
                    yield Entry(peers, connections)

    def _layered(self, layers: Iterable[Layer], own: Partition | None, members: int) -> Partition:
        """Administrators' rules first, then NetworkPolicies if there are any for these workloads, else the baseline."""
        everything = self.universe.ports.all
        states = [State(self.universe.all, everything)]
        states = self._tier(states, [layer for layer in layers if layer.tier is Tier.ADMIN], members)
        states = [state.passing() for state in states]
        if own is not None:
            self.work.spend(len(states) * len(own))
            return fold(_decided(states, own), self.work)
        states = self._tier(states, [layer for layer in layers if layer.tier is Tier.BASELINE], members)
        return fold(((state.allowed | state.rest | state.passed, state.ends) for state in states), self.work)

    def _tier(self, states: list[State], layers: Iterable[Layer], members: int) -> list[State]:
        """One tier's rules in their order; policies of one priority side by side."""
        for tie, found in itertools.groupby(layers, key=lambda layer: layer.tie):
            own = [list(rules) for _, rules in itertools.groupby(found, key=lambda layer: layer.policy)]
            if tie and len(own) > 1:
                states = self._tied(states, own, members)
                continue
            for layer in (layer for rules in own for layer in rules):
                self.work.spend(len(states))
                states = self._walk(states, layer.rule, layer.sure, members)
        return states

    def _tied(self, states: list[State], policies: Iterable[Iterable[Layer]], members: int) -> list[State]:
        """What is left once policies were asked of which nobody knows which comes first.

        Surely allowed is what none denies or passes on; for the other answer any one's word counts.
        """
        every = self.universe.ports.all
        together = [State(self.universe.all, every)]
        for policy in policies:
            alone = [State(self.universe.all, every)]
            for layer in policy:
                self.work.spend(len(alone))
                alone = self._walk(alone, layer.rule, layer.sure, members)
            self.work.spend(len(alone) * len(together))
            pairs = ((one, other, one.ends & other.ends) for one in together for other in alone)
            together = [one.beside(other, every, self.strict)._replace(ends=ends) for one, other, ends in pairs if ends]
        self.work.spend(len(states) * len(together))
        found = ((state, one, state.ends & one.ends) for state in states for one in together)
        return [
            State(
                ends,
                state.rest & one.rest,
                state.allowed | state.rest & one.allowed,
                state.passed | state.rest & one.passed,
            )
            for state, one, ends in found
            if ends
        ]

    def _walk(self, states: list[State], number: int, sure: bool, members: int) -> list[State]:
        rule = self.compiler.rules[number]
        for entry in self._parts(rule, members):
            certain = entry.peers.sure if sure and not entry.maybe else 0
            for ends, is_certain in ((certain, True), (entry.peers.maybe & ~certain, False)):
                if ends:
                    states = [
                        after
                        for state in states
                        for after in state.apply(rule.action, ends, entry.connections, is_certain, self.strict)
                    ]
        return states


def _decided(states: Iterable[State], own: Partition) -> Iterator[Cell]:
    for state in states:
        yield state.allowed, state.ends
        for connections, ends in own:
            yield state.rest & connections, state.ends & ends


def fold(cells: Iterable[Cell], work: Work | None = None) -> Partition:
    """The union of cells that may overlap, as disjoint ones. Raises TooMuchError once `work` is used up."""
    by_ends: dict[int, int] = {}
    for connections, ends in cells:
        if connections and ends:
            by_ends[ends] = by_ends.get(ends, 0) | connections
    by_connections: dict[int, int] = {}
    single: dict[int, int] = {}
    for ends, connections in by_ends.items():
        if len(by_ends) > _FEW and ends.bit_count() <= _NARROW:
            for number in numbers_in(ends):
                single[number] = single.get(number, 0) | connections
        else:
            by_connections[connections] = by_connections.get(connections, 0) | ends
    disjoint = list(_by_connections(single))
    for connections, ends in by_connections.items():
        if work is not None:
            work.spend(len(disjoint))
        disjoint = list(_overlaid(disjoint, connections, ends))
    united: dict[int, int] = {}
    for connections, ends in disjoint:
        united[connections] = united.get(connections, 0) | ends
    return tuple(sorted(united.items()))


def _by_connections(single: dict[int, int]) -> Iterator[Cell]:
    """Single ends, those of the same connections together."""
    numbers: dict[int, list[int]] = {}
    for number, connections in single.items():
        numbers.setdefault(connections, []).append(number)
    for connections, found in numbers.items():
        yield connections, bits_of(found)


def _less(cell: Cell, connections: int, ends: int) -> Iterator[Cell]:
    """A cell without some connections with some ends."""
    yield cell[0], cell[1] & ~ends
    yield cell[0] & ~connections, cell[1] & ends


def _overlaid(cells: Iterable[Cell], connections: int, ends: int) -> Iterator[Cell]:
    for known, known_ends in cells:
        both = known_ends & ends
        if not both:
            yield known, known_ends
            continue
        yield known | connections, both
        ends &= ~both
        if known_ends != both:
            yield known, known_ends & ~both
    if ends:
        yield connections, ends


class Answers(NamedTuple):
    """What is open for certain, and what may be; the same object where nothing is unknown."""

    strict: Solution
    loose: Solution


def answers(compiler: Compiler) -> Answers:
    """Both answers; the second costs nothing where nothing is unknown."""
    strict = solve(compiler, strict=True)
    certain = compiler.certain and not strict.truncated
    return Answers(strict, strict if certain else solve(compiler, strict=False))


def solve(compiler: Compiler, strict: bool) -> Solution:
    """Both directions, with one of the two answers."""
    solvers = {direction: Solver(compiler, direction, strict) for direction in Direction}
    sides = {direction: solver.side() for direction, solver in solvers.items()}
    return Solution(
        compiler.universe,
        sides[Direction.INGRESS],
        sides[Direction.EGRESS],
        {direction: solver.isolated() for direction, solver in solvers.items()},
        any(solver.truncated for solver in solvers.values()),
    )
