"""Two networks side by side: workloads by their ids in one numbering, and every connection that isn't as it was.

Nothing is compared pair by pair, but group by group of workloads that admit the same before and after. A workload that
only one of the two has admits nothing in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.model.network.addresses import AddressRange
from hullcheck.model.network.labels import bits_of, numbers_in
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange
from hullcheck.model.network.solve import Partition, Solution, fold
from hullcheck.tuples import NamedTuple


class Open(NamedTuple):
    """The connections that are open for certain, and all that may be."""

    sure: int = 0
    maybe: int = 0


NOTHING = Open()


class Change(NamedTuple):
    """What workloads could open to others, and what they can now. All pairs, by numbers of nodes, changed alike.

    Nothing is said of a node with itself, though it may be on both sides.
    """

    sources: tuple[int, ...]
    targets: tuple[int, ...]
    was: Open
    now: Open

    @property
    def pairs(self) -> int:
        """How many pairs these are."""
        return len(self.sources) * len(self.targets) - len(set(self.sources).intersection(self.targets))

    @property
    def first(self) -> tuple[int, int]:
        """One of the pairs."""
        return next((s, t) for s in self.sources[:2] for t in self.targets[:2] if s != t)


class Beyond(NamedTuple):
    """The same of addresses outside; `pieces` are those of the address space."""

    direction: Direction
    nodes: tuple[int, ...]
    pieces: int
    was: Open
    now: Open


_Key = tuple[Partition, Partition, Partition, Partition]
"""What a node admits: before for certain and perhaps, after for certain and perhaps."""


class Comparison:
    """Two networks whose sets of connections and of addresses mean the same. `ids` are all workloads' by number."""

    def __init__(self, before: Network, after: Network) -> None:
        self.before, self.after = before.fresh(), after.fresh()
        _align(self.before, self.after)
        networks = (self.before, self.after)
        self.ids = tuple(dict.fromkeys(e.id for network in reversed(networks) for e in network.endpoints))
        self.number = {id_: number for number, id_ in enumerate(self.ids)}
        self.members = tuple(_members(network) for network in networks)
        self.there = tuple(bits_of(self.number[id_] for id_ in members) for members in self.members)
        self.both = self.there[0] & self.there[1]
        self.lone = self.there[0] ^ self.there[1]
        self.repeated = bits_of(self.number[i] for members in self.members for i, own in members.items() if own[1:])
        self._same = tuple([self.number[e.id] for e in n.endpoints] == [*range(len(n.endpoints))] for n in networks)

    def solutions(self) -> Iterator[tuple[int, Network, Solution]]:
        """The four answers in the order of a key, each with the side that it is of."""
        for side, network in enumerate((self.before, self.after)):
            yield side, network, network.answers.strict
            yield side, network, network.answers.loose

    def text(self, connections: int) -> str:
        """Connections in words."""
        return self.after.universe.ports.text(connections)

    def ranges(self, pieces: int) -> list[AddressRange]:
        """Pieces of the address space as ranges."""
        return self.after.universe.addresses.ranges(pieces)

    def between(self, source: int, target: int) -> tuple[Open, Open]:
        """What one node can open to another, before and after."""
        found = []
        ends = self.ids[source], self.ids[target]
        for side, _, solution in self.solutions():
            sources, targets = (self.members[side].get(id_, ()) for id_ in ends)
            open_ = 0
            for one in sources:
                for other in targets:
                    open_ |= solution.connections(one, other)
            found.append(open_)
        return Open(found[0], found[0] | found[1]), Open(found[2], found[2] | found[3])

    def changes(self) -> list[Change]:
        """Everything between workloads that isn't as it was, in blocks: first that of those which both networks have."""
        lasting, other = _Blocks(), _Blocks()
        everyone = self.both | self.lone
        both, lone = self.both & ~self.repeated, self.lone & ~self.repeated
        for found, sources, targets in ((lasting, both, both), (other, lone, both | lone), (other, both, lone)):
            if sources and targets:
                for block in self._across(sources, targets):
                    found.add(*block)
        for one in numbers_in(self.repeated):
            for end in numbers_in(everyone & ~(1 << one)):
                found = other if self.lone & (1 << one | 1 << end) else lasting
                pairs = [(one, end)] if self.repeated >> end & 1 else [(one, end), (end, one)]
                for source, target in pairs:
                    was, now = self.between(source, target)
                    if was != now:
                        found.add(1 << source, 1 << target, was, now)
        return [*lasting.united(), *other.united()]

    def _across(self, sources: int, targets: int) -> Iterator[tuple[int, int, Open, Open]]:
        """The blocks between two sets of nodes, of groups of which one side at least changed."""
        out = self._groups(Direction.EGRESS, sources, targets)
        into = [
            (key, members, key[:2] != key[2:]) for key, members in self._groups(Direction.INGRESS, targets, sources)
        ]
        changed = [row for row in into if row[2]]
        for key, senders in out:
            for other, receivers, _ in into if key[:2] != key[2:] else changed:
                tick()
                yield from _between(senders, receivers, key, other)

    def _groups(self, direction: Direction, nodes: int, ends: int) -> list[tuple[_Key, int]]:
        """The nodes in groups that admit the same among the ends."""
        groups: dict[_Key, list[int]] = {}
        known: dict[tuple[int, bool, int | None], Partition] = {}

        def admitted(node: int, side: int, strict: bool, solution: Solution) -> Partition:
            members = self.members[side].get(self.ids[node])
            if not members:
                return ()
            group = (side, strict, solution.side(direction).group(members[0]))
            if group not in known:
                found = self._in_nodes(side, solution.side(direction).partition(members[0]))
                known[group] = fold((connections, bits & ends & self.there[side]) for connections, bits in found)
            return known[group]

        answers = [(side, not number % 2, solution) for number, (side, _, solution) in enumerate(self.solutions())]
        for node in numbers_in(nodes):
            was, maybe, now, maybe_now = (admitted(node, *answer) for answer in answers)
            groups.setdefault((was, maybe, now, maybe_now), []).append(node)
        return [(key, bits_of(members)) for key, members in groups.items()]

    def _in_nodes(self, side: int, found: Partition) -> Partition:
        """A partition of one side with its workloads in the common numbering; other ends lose their meaning."""
        if self._same[side]:
            return found
        numbers, workloads = self._numbers(side), (self.before, self.after)[side].universe.workloads
        return tuple((all_, bits_of(numbers[n] for n in numbers_in(ends & workloads))) for all_, ends in found)

    def _numbers(self, side: int) -> list[int]:
        network = self.after if side else self.before
        return network.remembered(("nodes",), lambda: [self.number[e.id] for e in network.endpoints])

    def beyond(self) -> list[Beyond]:
        """Every address outside with which something isn't as it was."""
        found: dict[tuple[Direction, Open, Open, int], list[int]] = {}
        known: dict[object, list[tuple[Open, Open, int]]] = {}
        speaks_v6 = self.before.universe.speaks_v6 or self.after.universe.speaks_v6
        space = self.after.universe.addresses
        shown = space.all if speaks_v6 else space.v4
        for node, id_ in enumerate(self.ids):
            for direction in Direction:
                key = tuple(
                    self._outside(solution, direction, self.members[side].get(id_, ()))
                    for side, _, solution in self.solutions()
                )
                if key not in known:
                    known[key] = list(_apart(key, shown))
                for was, now, pieces in known[key]:
                    found.setdefault((direction, was, now, pieces), []).append(node)
        return [
            Beyond(direction, tuple(nodes), pieces, was, now) for (direction, was, now, pieces), nodes in found.items()
        ]

    def _outside(self, solution: Solution, direction: Direction, members: Iterable[int]) -> Partition:
        """What a node's members admit with addresses, as pieces of the address space."""
        universe = solution.universe

        def cells() -> Iterator[tuple[int, int]]:
            for member in members:
                for connections, ends in solution.side(direction).partition(member):
                    yield connections, ends >> universe.first_address

        return fold(cells())


def _apart(key: tuple[Partition, ...], shown: int) -> Iterator[tuple[Open, Open, int]]:
    united: dict[tuple[Open, Open], int] = {}
    for (sure, maybe, sure_now, maybe_now), pieces in _cells(key, shown):
        was, now = Open(sure, sure | maybe), Open(sure_now, sure_now | maybe_now)
        if was != now:
            united[was, now] = united.get((was, now), 0) | pieces
    yield from ((*states, pieces) for states, pieces in united.items())


def _members(network: Network) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, endpoint in enumerate(network.endpoints):
        found.setdefault(endpoint.id, []).append(number)
    return found


def _align(*networks: Network) -> None:
    """Let all tell the same ports and addresses apart, so that their sets can be compared."""
    ports: list[PortRange] = []
    for network in networks:
        for policy in network.policies:
            for direction in Direction:
                for rule in policy.rules(direction):
                    for port in rule.ports or ():
                        if port.first is not None and port.protocol:
                            ports.append(PortRange(port.protocol, port.first, port.last or MAX_PORT))
        for endpoint in network.endpoints:
            ports += [PortRange(p.protocol, p.number, p.number) for p in endpoint.ports]
        ports += network.ports_written()
    spans = [span for network in networks for span in network.addresses_written()]
    for network in networks:
        network.asked_ports = [port for port in ports if port.protocol in PROTOCOLS]
        network.asked_addresses = spans


def _cells(key: Iterable[Partition], ends: int) -> list[tuple[tuple[int, ...], int]]:
    """The ends, apart by what each of several partitions admits with them."""
    found: list[tuple[tuple[int, ...], int]] = [((), ends)]
    for partition in key:
        refined = []
        for states, rest in found:
            for connections, members in partition:
                inside = rest & members
                if inside:
                    refined.append(((*states, connections), inside))
                    rest &= ~inside
            if rest:
                refined.append(((*states, 0), rest))
        found = refined
    return found


def _between(sources: int, targets: int, out: _Key, into: _Key) -> Iterator[tuple[int, int, Open, Open]]:
    for admitted, from_ in _cells(into, sources):
        for sent, to in _cells(out, targets):
            sure, maybe, sure_now, maybe_now = (one & other for one, other in zip(sent, admitted, strict=True))
            was, now = Open(sure, sure | maybe), Open(sure_now, sure_now | maybe_now)
            if was != now and (from_ != to or from_ & (from_ - 1)):  # else it is one workload with itself
                yield from_, to, was, now


class _Blocks:
    """Disjoint blocks, of which those that change alike are put together."""

    def __init__(self) -> None:
        self._by_source: dict[tuple[int, Open, Open], int] = {}

    def add(self, sources: int, targets: int, was: Open, now: Open) -> None:
        key = (sources, was, now)
        self._by_source[key] = self._by_source.get(key, 0) | targets

    def united(self) -> list[Change]:
        by_target: dict[tuple[int, Open, Open], int] = {}
        for (sources, was, now), targets in self._by_source.items():
            key = (targets, was, now)
            by_target[key] = by_target.get(key, 0) | sources
        found = [
            Change(tuple(numbers_in(sources)), tuple(numbers_in(targets)), was, now)
            for (targets, was, now), sources in by_target.items()
        ]
        return sorted(found, key=lambda one: (one.targets, one.sources))
