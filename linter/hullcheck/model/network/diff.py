"""What a change does to one scope: the difference of everything that its map shows.

A path is opened if it is surely open after and not even perhaps open before, and closed the other way round; whatever
else isn't as it was, such as what has become certain, is among the `changes`, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from hullcheck.model.network.compare import NOTHING, Beyond, Change, Comparison, Open
from hullcheck.model.network.compose import ComposeNetwork
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.extents import Limits, limits
from hullcheck.model.network.labels import numbers_in
from hullcheck.model.network.network import Doorway, Network, Scope
from hullcheck.model.network.pairing import Pair, pairs
from hullcheck.model.network.policy import Direction, Policy
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


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


class Door(NamedTuple):
    """A way in as it is on one side: what policies let through it, and to whom else it is closed."""

    connections: Open
    limits: Limits
    location: Location


class Entrance(NamedTuple):
    """A way in to a node that isn't as it was; None where there is none."""

    node: int
    kind: str
    via: str
    was: Door | None
    now: Door | None


class Standing(NamedTuple):
    """What is said of a node itself: is it surely confined, and maybe, by direction; does nothing restrict it?

    `box` are the networks that a Compose service is on.
    """

    isolated: tuple[bool, bool]
    maybe_isolated: tuple[bool, bool]
    free: tuple[bool, bool]
    data: str
    box: str


class Moved(NamedTuple):
    """A workload that is there before and after, of which something itself is different."""

    node: int
    was: Standing
    now: Standing


class Meaning(NamedTuple):
    """Connections that a workload speaks of. `was` and `now`: is it said, and is it open? None where it isn't said."""

    source: int
    target: int
    connections: int
    location: Location
    was: bool | None
    now: bool | None


class Difference:
    """What a change does to one scope, of which `before` or `after` is None where there is none.

    Numbers of nodes are those of `both.ids`. `added` and `removed` are ids of workloads.
    """

    def __init__(self, pair: Pair) -> None:
        self.scope = pair.name
        self._pair = pair
        known = pair.after or pair.before
        assert known is not None
        self.both = Comparison(pair.before or _empty(known), pair.after or _empty(known))
        self.before = self.both.before if pair.before else None
        self.after = self.both.after if pair.after else None
        self.kind = known.scope.kind
        self.added = tuple(sorted(pair.new))
        self.removed = tuple(sorted(pair.gone))

    @property
    def empty(self) -> bool:
        """Does the map show the same before and after?"""
        return not any(
            (
                self.added,
                self.removed,
                self.changes,
                self.beyond,
                self.entrances,
                self.moved,
                self.meanings,
                self.knowledge[0] != self.knowledge[1],
            )
        )

    @property
    def approximate(self) -> str:
        """Why not everything is known, before or after."""
        return next((n.scope.approximate for n in (self.after, self.before) if n and n.scope.approximate), "")

    @cached_property
    def knowledge(self) -> tuple[tuple[str, bool], tuple[str, bool]]:
        """Before and after: why not everything is known, and whether it was too much to be worked out."""
        found = [
            (network.scope.approximate, any(answer.truncated for answer in network.answers)) if network else ("", False)
            for network in (self.before, self.after)
        ]
        return found[0], found[1]

    @cached_property
    def _compared(self) -> int:
        """The nodes of which anything is said: not what has only gone to another scope, or came from one."""
        ids = set(self.added) | set(self.removed)
        return self.both.both | sum(1 << n for n in numbers_in(self.both.lone) if self.both.ids[n] in ids)

    @cached_property
    def changes(self) -> list[Change]:
        """What workloads can open to others, where that isn't as it was."""
        return list(self._among(self.both.changes()))

    def _among(self, found: Iterable[Change]) -> Iterator[Change]:
        for one in found:
            sources, targets = (
                tuple(n for n in ends if self._compared >> n & 1) for ends in (one.sources, one.targets)
            )
            if sources and targets and (sources != targets or len(sources) > 1):
                yield one._replace(sources=sources, targets=targets)

    @cached_property
    def beyond(self) -> list[Beyond]:
        """The same of addresses outside."""
        found = ((one, tuple(n for n in one.nodes if self._compared >> n & 1)) for one in self.both.beyond())
        return [one._replace(nodes=nodes) for one, nodes in found if nodes]

    @cached_property
    def entrances(self) -> list[Entrance]:
        """The ways in from outside that aren't as they were."""
        was, now = (_doors(network, self.both) for network in (self.both.before, self.both.after))
        found = []
        for key in sorted({*was, *now}):
            before, after = was.get(key), now.get(key)
            if self._compared >> key[0] & 1 and (before and before[:2]) != (after and after[:2]):
                found.append(Entrance(*key, before, after))
        return found

    @cached_property
    def moved(self) -> list[Moved]:
        """The workloads that are confined, or not, and weren't so before."""
        found = []
        for node in numbers_in(self.both.both):
            was, now = (self._standing(side, node) for side in (0, 1))
            if was != now._replace(maybe_isolated=was.maybe_isolated):  # the edges tell what that does
                found.append(Moved(node, was, now))
        return found

    def _standing(self, side: int, node: int) -> Standing:
        network = (self.both.before, self.both.after)[side]
        numbers = self.both.members[side][self.both.ids[node]]

        def each(sure: bool) -> tuple[bool, bool]:
            ingress, egress = (all(network.isolated(n, d, sure) for n in numbers) for d in Direction)
            return ingress, egress

        free_in, free_out = (any(network.is_free(n, d) for n in numbers) for d in Direction)
        box = network.box(numbers[-1]) if self.kind == "compose" else ""
        return Standing(each(True), each(False), (free_in, free_out), network.endpoints[numbers[0]].data, box)

    @cached_property
    def meanings(self) -> list[Meaning]:
        """What workloads are meant to use, where that is new, isn't said any more, or is open or closed now."""
        was, now = (_meant(network, self.both) for network in (self.both.before, self.both.after))
        found = []
        for key in sorted({*was, *now}):
            source, target, connections = key
            if not (self._compared >> source & 1 and self._compared >> target & 1):
                continue
            open_ = [bool(one.maybe & (connections or one.maybe)) for one in self.both.between(source, target)]
            before, after = (open_[side] if key in said else None for side, said in enumerate((was, now)))
            if before != after:
                found.append(Meaning(*key, now.get(key) or was[key], before, after))
        return found

    @cached_property
    def opened(self) -> tuple[Path, ...]:
        """Paths that are open now between workloads that were both there."""
        return tuple(self._paths(1))

    @cached_property
    def closed(self) -> tuple[Path, ...]:
        """Paths that aren't open any more between workloads that are both still there."""
        return tuple(self._paths(0))

    def _paths(self, side: int) -> Iterator[Path]:
        network = (self.both.before, self.both.after)[side]
        numbers = [self.both.members[side].get(id_, (0,))[0] for id_ in self.both.ids]
        by_source: dict[tuple[tuple[int, ...], int], set[int]] = {}
        for one in self.changes:
            ours, theirs = (one.now, one.was) if side else (one.was, one.now)
            found = ours.sure & ~theirs.maybe
            if found and not any(self.both.lone >> end & 1 for end in one.first):
                by_source.setdefault((one.sources, found), set()).update(one.targets)
        by_target: dict[tuple[tuple[int, ...], int], set[int]] = {}
        for (sources, found), targets in by_source.items():
            ends = tuple(sorted(numbers[node] for node in targets))
            by_target.setdefault((ends, found), set()).update(numbers[node] for node in sources)
        for (ends, found), senders in sorted(by_target.items()):
            for from_, to in _without_loops(senders, ends):
                yield Path(network, from_, to, found)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Ways in that are open now, of what is in both scopes, or is new."""
        return tuple(self._entries(self.both.after, self.both.before))

    @cached_property
    def exits(self) -> tuple[Entry, ...]:
        """Ways in that aren't open any more."""
        return tuple(self._entries(self.both.before, self.both.after))

    def _entries(self, network: Network, other: Network) -> Iterator[Entry]:
        for entry in _new_entries(network, other):
            if self._compared >> self.both.number[entry.endpoint.id] & 1:
                yield entry

    @cached_property
    def lost(self) -> tuple[Lost, ...]:
        """Workloads that no policy confines any more."""
        if self.kind == "compose" or self.before is None or self.after is None:
            return ()
        return tuple(_lost(self.before, self.after))


def _without_loops(sources: set[int], targets: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Blocks of all pairs but those of a workload with itself."""
    own = sources.intersection(targets)
    if sources - own:
        yield tuple(sorted(sources - own)), targets
    for number in sorted(own):
        rest = tuple(target for target in targets if target != number)
        if rest:
            yield (number,), rest


def differences(before: Iterable[Network], after: Iterable[Network]) -> Iterator[Difference]:
    """The differences of all scopes that changed, each with what it was before, whatever it was called."""
    for pair in pairs(before, after):
        found = difference(pair)
        if not found.empty:
            yield found


def difference(pair: Pair) -> Difference:
    """The difference of one scope."""
    return Difference(pair)


def _empty(like: Network) -> Network:
    """A scope in which nothing is."""
    scope = like.scope
    if isinstance(like, ComposeNetwork):
        return ComposeNetwork(scope.name, (), (), ())
    return Network(Scope(scope.name, scope.kind, ()), like.assume)


def _doors(network: Network, both: Comparison) -> dict[tuple[int, str, str], Door]:
    """The ways in through which policies let something, by node and what they are."""
    found: dict[tuple[int, str, str], Door] = {}
    for doorway in network.doorways:
        sure, maybe = (network.admitted(doorway, strict) for strict in (True, False))
        if sure or maybe:
            key = (both.number[network.endpoints[doorway.workload].id], doorway.kind, doorway.via)
            known = found.get(key)
            old = known.connections if known else NOTHING
            through = Open(sure | old.sure, sure | maybe | old.maybe)
            found[key] = Door(through, known.limits if known else limits(network, doorway), doorway.location)
    return found


def _meant(network: Network, both: Comparison) -> dict[tuple[int, int, int], Location]:
    """What workloads speak of, each with the first place that does."""
    found: dict[tuple[int, int], tuple[int, Location]] = {}
    ports = network.universe.ports
    for use in network.uses:
        source, target = (both.number[network.endpoints[n].id] for n in (use.source, use.target))
        bits, place = found.get((source, target), (0, use.location))
        found[source, target] = (bits | (ports.bits(use.protocol, use.port, use.port) if use.port else 0), place)
    return {(*ends, bits): place for ends, (bits, place) in found.items() if ends[0] != ends[1]}


def _new_entries(network: Network, other: Network) -> Iterator[Entry]:
    """Ways in that are surely open in a network, and not even perhaps in the other."""
    known: dict[str, int] = {}
    for doorway in other.doorways:
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
