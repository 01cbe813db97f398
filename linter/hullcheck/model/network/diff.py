"""What a change opens and closes: two networks of the same scope, compared by the ids of workloads.

A path is opened if it is surely open after and not even perhaps open before, and closed the other way round.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import bits_of, numbers_in
from hullcheck.model.network.network import Doorway, Network, Reason
from hullcheck.model.network.pairing import Pair, pairs
from hullcheck.model.network.policy import Action, Direction, Policy
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange
from hullcheck.model.network.solve import Partition, Solution, fold
from hullcheck.source import Location


class Path(NamedTuple):
    """Connections between workloads that are open in `network` and weren't, or aren't any more, in the other.

    `sources` and `targets` are numbers in `network`; all pairs of them changed alike.
    """

    network: Network
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    connections: int

    @property
    def text(self) -> str:
        return self.network.universe.ports.text(self.connections)


class Entry(NamedTuple):
    """A way in from outside that is open in `network`, and isn't in the other."""

    network: Network
    doorway: Doorway
    connections: int

    @property
    def endpoint(self) -> Endpoint:
        return self.network.endpoints[self.doorway.workload]

    @property
    def text(self) -> str:
        return self.network.universe.ports.text(self.connections)


class Lost(NamedTuple):
    """A workload that policies confined in a direction, and don't any more. `gone` are those that did."""

    network: Network
    number: int
    direction: Direction
    gone: tuple[Policy, ...]

    @property
    def endpoint(self) -> Endpoint:
        return self.network.endpoints[self.number]


class Difference(NamedTuple):
    """What a change does to one scope. `added` and `removed` are ids of workloads."""

    scope: str
    before: Network | None
    after: Network | None
    opened: tuple[Path, ...]
    closed: tuple[Path, ...]
    entries: tuple[Entry, ...]
    exits: tuple[Entry, ...]
    lost: tuple[Lost, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return not any((self.opened, self.closed, self.entries, self.exits, self.lost, self.added, self.removed))


def differences(before: Iterable[Network], after: Iterable[Network]) -> Iterator[Difference]:
    """The differences of all scopes that changed, each with what it was before, whatever it was called."""
    for pair in pairs(before, after):
        found = difference(pair)
        if not found.empty:
            yield found


def difference(pair: Pair) -> Difference:
    """The difference of one scope."""
    before, after = pair.before, pair.after
    added, removed = tuple(sorted(pair.new)), tuple(sorted(pair.gone))
    if before is None or after is None:
        entries = tuple(_new_entries(after, None)) if after else ()
        exits = tuple(_new_entries(before, None)) if before else ()
        return Difference(pair.name, before, after, (), (), entries, exits, (), added, removed)
    before, after = before.fresh(), after.fresh()
    _align(before, after)
    return Difference(
        pair.name,
        before,
        after,
        tuple(_paths(after, before)),
        tuple(_paths(before, after)),
        tuple(_entries(after, before, pair.new)),
        tuple(_entries(before, after, pair.gone)),
        tuple(_lost(before, after)) if after.scope.kind != "compose" else (),
        added,
        removed,
    )


def _align(before: Network, after: Network) -> None:
    """Let both tell the same ports and addresses apart, so that their sets can be compared."""
    ports: list[PortRange] = []
    for network in (before, after):
        for policy in network.policies:
            for direction in Direction:
                for rule in policy.rules(direction):
                    for port in rule.ports or ():
                        if port.first is not None and port.protocol:
                            ports.append(PortRange(port.protocol, port.first, port.last or MAX_PORT))
        for endpoint in network.endpoints:
            ports += [PortRange(p.protocol, p.number, p.number) for p in endpoint.ports]
        ports += network.ports_written()
    spans = [span for network in (before, after) for span in network.addresses_written()]
    for network in (before, after):
        network.asked_ports = [port for port in ports if port.protocol in PROTOCOLS]
        network.asked_addresses = spans


class _Translated:
    """A solution of another network, with its ends renumbered to those of `network`."""

    def __init__(self, network: Network, other: Network, solution: Solution) -> None:
        self.network = network
        numbers: dict[str, list[int]] = {}
        for number, endpoint in enumerate(network.endpoints):
            numbers.setdefault(endpoint.id, []).append(number)
        self.here = [bits_of(numbers.get(endpoint.id, ())) for endpoint in other.endpoints]
        self.there = {endpoint.id: number for number, endpoint in enumerate(other.endpoints)}
        self.other = other
        self.solution = solution
        self._known: dict[Partition, Partition] = {}

    def partition(self, direction: Direction, number: int) -> Partition | None:
        """What the workload with this number here admits there; None if it isn't there."""
        there = self.there.get(self.network.endpoints[number].id)
        if there is None:
            return None
        found = self.solution.side(direction).partition(there)
        if found not in self._known:
            self._known[found] = fold((connections, self._ends(ends)) for connections, ends in found)
        return self._known[found]

    def _ends(self, ends: int) -> int:
        bits = 0
        for number in numbers_in(ends & self.other.universe.workloads):
            bits |= self.here[number]
        return bits


_Groups = dict[tuple[Partition, Partition], int]


def _paths(network: Network, other: Network) -> Iterator[Path]:
    """What is surely open between workloads of a network, and not even perhaps in another, which has both."""
    solution = network.answers.strict
    translated = _Translated(network, other, other.answers.loose)
    both = bits_of(n for n, e in enumerate(network.endpoints) if e.id in translated.there)
    groups = {direction: _groups(network, solution, translated, direction, both) for direction in Direction}
    by_source: dict[tuple[int, int], int] = {}
    for sources, targets, connections in _changed(groups):
        key = (sources, connections)
        by_source[key] = by_source.get(key, 0) | targets
    by_target: dict[tuple[int, int], int] = {}
    for (sources, connections), targets in by_source.items():
        key = (targets, connections)
        by_target[key] = by_target.get(key, 0) | sources
    for (targets, connections), sources in sorted(by_target.items()):
        yield Path(network, tuple(numbers_in(sources)), tuple(numbers_in(targets)), connections)


def _changed(groups: dict[Direction, _Groups]) -> Iterator[tuple[int, int, int]]:
    """Blocks that are open and weren't, of the groups of which one side at least changed."""
    into = [(pair, targets, pair[0] != pair[1]) for pair, targets in groups[Direction.INGRESS].items()]
    for out, sources in groups[Direction.EGRESS].items():
        differs = out[0] != out[1]
        for pair, targets, changed in into if differs else [row for row in into if row[2]]:
            if differs or changed:
                yield from _between(sources, targets, out, pair)


def _groups(network: Network, solution: Solution, translated: _Translated, direction: Direction, both: int) -> _Groups:
    groups: _Groups = {}
    narrowed: dict[Partition, Partition] = {}

    def among(partition: Partition) -> Partition:
        if partition not in narrowed:
            narrowed[partition] = fold((connections, members & both) for connections, members in partition)
        return narrowed[partition]

    for number in numbers_in(both):
        mine = among(solution.side(direction).partition(number))
        theirs = among(translated.partition(direction, number) or ())
        groups[(mine, theirs)] = groups.get((mine, theirs), 0) | 1 << number
    return groups


def _between(
    sources: int, targets: int, out: tuple[Partition, Partition], into: tuple[Partition, Partition]
) -> Iterator[tuple[int, int, int]]:
    """Blocks that are open by the first partitions and not by the second."""
    for ours_in, theirs_in, from_ in _both(into, sources):
        for ours_out, theirs_out, to in _both(out, targets):
            opened = ours_in & ours_out & ~(theirs_in & theirs_out)
            if opened:
                yield from _without_loops(from_, to, opened)


def _both(partitions: tuple[Partition, Partition], ends: int) -> Iterator[tuple[int, int, int]]:
    """The ends, apart by what each of two partitions admits with them; what the first doesn't admit is left out."""
    ours, theirs = partitions
    for connections, members in ours:
        rest = members & ends
        for other, other_members in theirs:
            inside = rest & other_members
            if inside:
                yield connections, other, inside
            rest &= ~inside
        if rest:
            yield connections, 0, rest


def _without_loops(sources: int, targets: int, connections: int) -> Iterator[tuple[int, int, int]]:
    """A block less the pairs of a workload with itself."""
    own = sources & targets
    if not own:
        yield sources, targets, connections
        return
    if sources & ~own:
        yield sources & ~own, targets, connections
    for number in numbers_in(own):
        rest = targets & ~(1 << number)
        if rest:
            yield 1 << number, rest, connections


def _entries(network: Network, other: Network, fresh: frozenset[str]) -> Iterator[Entry]:
    """Ways in that aren't in the other network, to what is in both, or is in none of those that it is compared with."""
    there = fresh | {endpoint.id for endpoint in other.endpoints}
    return (entry for entry in _new_entries(network, other) if entry.endpoint.id in there)


def _new_entries(network: Network, other: Network | None) -> Iterator[Entry]:
    """Ways in that are surely open in a network, and not even perhaps in the other."""
    known: dict[str, int] = {}
    for doorway in other.doorways if other else ():
        if other is not None:
            id_ = other.endpoints[doorway.workload].id
            known[id_] = known.get(id_, 0) | other.admitted(doorway, strict=False)
    for doorway in network.doorways:
        before = known.get(network.endpoints[doorway.workload].id, 0)
        connections = network.admitted(doorway) & ~before
        if connections:
            yield Entry(network, doorway, connections)


def _lost(before: Network, after: Network) -> Iterator[Lost]:
    numbers = {endpoint.id: number for number, endpoint in enumerate(before.endpoints)}
    for number, endpoint in enumerate(after.endpoints):
        old = numbers.get(endpoint.id)
        if old is None:
            continue
        for direction in Direction:
            if before.isolated(old, direction) and not after.isolated(number, direction, sure=False):
                gone = tuple(policy for policy, _ in before.selecting(old, direction))
                yield Lost(after, number, direction, gone)


class Cause(NamedTuple):
    """What opened a path: a rule that wasn't there, or policies that are gone; or neither can be named."""

    reason: Reason | Location | None = None
    gone: tuple[Policy, ...] = ()


def cause(path: Path, other: Network) -> Cause:
    """Why the first of a path's pairs is open, and wasn't in the other network."""
    source, target = path.sources[0], path.targets[0]
    there = {endpoint.id: number for number, endpoint in enumerate(other.endpoints)}
    network = path.network
    old_source, old_target = (there.get(network.endpoints[n].id) for n in (source, target))
    before: set[object] = set()
    if old_source is not None and old_target is not None:
        before = {_identity(r) for r in other.because(old_source, old_target, path.connections)}
    now = list(network.because(source, target, path.connections))
    new = [r for r in now if _identity(r) not in before and _admits(r)]
    if new:
        return Cause(new[0])
    gone = []
    for old, direction in ((old_source, Direction.EGRESS), (old_target, Direction.INGRESS)):
        number = source if direction is Direction.EGRESS else target
        kept = {policy.name for policy, _ in network.selecting(number, direction)}
        if old is not None:
            gone += [policy for policy, _ in other.selecting(old, direction) if policy.name not in kept]
    return Cause(None, tuple(gone))


def _admits(reason: Reason | Location) -> bool:
    return isinstance(reason, Location) or reason.rule.action is Action.ALLOW


def _identity(reason: Reason | Location) -> object:
    """A rule by what it says, wherever it stands."""
    if isinstance(reason, Location):
        return (reason.path, reason.text)
    peers = None if reason.rule.peers is None else tuple(peer[1:] for peer in reason.rule.peers)
    ports = None if reason.rule.ports is None else tuple(port[1:] for port in reason.rule.ports)
    return (reason.policy.name, reason.policy.object.kind, reason.rule.action, peers, ports)
