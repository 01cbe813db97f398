"""The networks of a Compose project as the same model: who shares a network, what is published, what gets out.

A service reaches all ports of those that it shares a network with. A port published on all interfaces of the host may
be reached from every container that gets out to the host, whatever the networks say.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import bits_of, numbers_in
from hullcheck.model.network.network import Doorway, Network, Reason, Scope, Use
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.ports import PortRange
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.solve import Answers, Cell, Partition, Side, Solution
    from hullcheck.model.network.universe import Universe


class Published(NamedTuple):
    """A port that the host opens. `outside` is None where it isn't known whether anybody else can reach it; `limited`
    is true for an address of the host's own choosing, `random` where it chooses the port."""

    ports: PortRange
    location: Location
    outside: bool | None
    limited: bool = False
    random: bool = False


class Wire(NamedTuple):
    """A network that services are on; None where something isn't known. `apart`: those on it don't reach each other.

    `unprotected`: all ports of those on it are open to whoever has a route to them, published or not.
    """

    name: str
    internal: bool | None
    apart: bool | None = False
    external: bool = False
    unprotected: bool = False


class Attached(NamedTuple):
    """How a service is attached: by numbers of wires, with the place that says so; or otherwise, by `mode`.

    `mode` is empty, "host", "none", or "unknown" for the namespace of a container that isn't in the project.
    """

    wires: dict[int, Location]
    mode: str = ""
    published: tuple[Published, ...] = ()


class ComposeNetwork(Network):
    """The network of a project. The ends are its services, and those of other projects on shared networks."""

    def __init__(
        self,
        name: str,
        endpoints: tuple[Endpoint, ...],
        attached: tuple[Attached, ...],
        wires: tuple[Wire, ...],
        approximate: str = "",
        spoken_of: tuple[Use, ...] = (),
    ) -> None:
        super().__init__(Scope(name, "compose", endpoints, approximate=approximate))
        self.spoken_of = spoken_of
        self.attached = attached
        self.wires = wires

    @cached_property
    def universe(self) -> Universe:
        ports = self.ports_written()
        assume = self.assume._replace(host_network_as_pod=True)
        from hullcheck.model.network.universe import Universe

        return Universe(self.endpoints, assume=assume, ports=[*ports, *self.asked_ports], spans=self.asked_addresses)

    def fresh(self) -> "ComposeNetwork":
        """The same network, of which nothing has been asked yet."""
        return ComposeNetwork(
            self.scope.name, self.endpoints, self.attached, self.wires, self.scope.approximate, self.spoken_of
        )

    def ports_written(self) -> list[PortRange]:
        """The ports that are published."""
        return [one.ports for attached in self.attached for one in attached.published]

    @cached_property
    def members(self) -> tuple[int, ...]:
        """The services on each wire, as bits."""
        found: list[list[int]] = [[] for _ in self.wires]
        for number, attached in enumerate(self.attached):
            for wire in attached.wires:
                found[wire].append(number)
        return tuple(map(bits_of, found))

    @property
    def uses(self) -> tuple[Use, ...]:
        """Who depends on whom, links to it or names it in a variable."""
        return self.spoken_of

    def is_free(self, workload: int, direction: Direction) -> bool:
        """Does it share a network with every other service, and has it a way out?"""
        others = self.universe.workloads & ~(self.neighbours(workload) | 1 << workload)
        return not others and (direction is Direction.INGRESS or self.gets_out(workload))

    def box(self, workload: int) -> str:
        """What the service is drawn in: the networks that it is on."""
        attached = self.attached[workload]
        named = sorted(self.wires[wire].name for wire in attached.wires)
        return " + ".join(named) or attached.mode

    @cached_property
    def answers(self) -> Answers:
        from hullcheck.model.network.solve import Answers

        return Answers(self._solution(strict=True), self._solution(strict=False))

    def _solution(self, strict: bool) -> Solution:
        sides = {direction: self._side(direction, strict) for direction in (Direction.INGRESS, Direction.EGRESS)}
        isolated = {direction: self._isolated(direction) for direction in Direction}
        from hullcheck.model.network.solve import Solution

        return Solution(self.universe, sides[Direction.INGRESS], sides[Direction.EGRESS], isolated)

    def _side(self, direction: Direction, strict: bool) -> Side:
        merged: dict[Partition, int] = {}
        from hullcheck.model.network.solve import Group, Side, fold

        for number in range(len(self.endpoints)):
            cells = self._ingress(number, strict) if direction is Direction.INGRESS else self._egress(number, strict)
            partition = fold(cells)
            merged[partition] = merged.get(partition, 0) | 1 << number
        return Side([Group(members, partition) for partition, members in merged.items()], self.universe)

    def _ingress(self, number: int, strict: bool) -> Iterator[Cell]:
        """Whoever reaches it by its own egress, and from outside what is published."""
        attached = self.attached[number]
        everything = self.universe.ports.all
        yield everything, self.universe.workloads
        if attached.mode == "host" or (attached.mode == "unknown" and not strict):
            yield everything, self.universe.outside
        for published in attached.published:
            if self._is_open(number, published, strict):
                yield self._bits(published), self.universe.outside
        if any(self.wires[wire].unprotected for wire in attached.wires):
            yield everything, self.universe.outside

    def _egress(self, number: int, strict: bool) -> Iterator[Cell]:
        attached = self.attached[number]
        everything = self.universe.ports.all
        if attached.mode == "host" or (attached.mode == "unknown" and not strict):
            yield everything, self.universe.all & ~self.universe.controller
            return
        for wire in attached.wires:
            apart = self.wires[wire].apart
            if apart is False or (apart is None and not strict):
                yield everything, self.members[wire]
        if self.gets_out(number, strict):
            yield everything, self.universe.outside
        if not strict and self.gets_out(number, strict):
            yield from self._through_the_host

    @cached_property
    def _through_the_host(self) -> tuple[Cell, ...]:
        """What a container reaches by the host's address: ports published to all, and services on the host's network."""
        cells: list[Cell] = []
        for number, attached in enumerate(self.attached):
            if attached.mode == "host":
                cells.append((self.universe.ports.all, 1 << number))
            for published in attached.published:
                if self._is_open(number, published, strict=False):
                    cells.append((self._bits(published), 1 << number))
        from hullcheck.model.network.solve import fold

        return fold(cells)

    def _is_open(self, number: int, published: Published, strict: bool) -> bool:
        """Can it be reached from other machines? On an internal network nothing published is."""
        known = published.outside or (published.outside is None and not strict)
        return bool(known) and self.gets_out(number, strict)

    def _bits(self, published: Published) -> int:
        return self.universe.ports.bits(*published.ports)

    def gets_out(self, number: int, strict: bool = True) -> bool:
        """Has the service a way to the internet?"""
        attached = self.attached[number]
        if attached.mode in ("host", "unknown"):
            return attached.mode == "host" or not strict
        internal = [self.wires[wire].internal for wire in attached.wires]
        return any(value is False or (value is None and not strict) for value in internal)

    def _isolated(self, direction: Direction) -> int:
        """Ingress: services that some other can't reach by a network. Egress: those without a way out."""
        if direction is Direction.EGRESS:
            return bits_of(n for n in range(len(self.endpoints)) if not self.gets_out(n, strict=False))
        everyone = self.universe.workloads
        return bits_of(n for n in range(len(self.endpoints)) if everyone & ~(self.neighbours(n) | 1 << n))

    def neighbours(self, number: int) -> int:
        """The services that share a network with one, or the host's, as bits."""
        attached = self.attached[number]
        if attached.mode == "host":
            return self.universe.workloads
        bits = 0
        for wire in attached.wires:
            if not self.wires[wire].apart:
                bits |= self.members[wire]
        return bits & ~(1 << number)

    def isolated(self, workload: int, direction: Direction, sure: bool = True) -> bool:
        """As in `_isolated`: of a project, all is known that matters for it."""
        return bool(self._isolated_bits[direction] >> workload & 1)

    @cached_property
    def _isolated_bits(self) -> dict[Direction, int]:
        return {direction: self._isolated(direction) for direction in Direction}

    def because(self, source: int, target: int, connections: int) -> Iterator[Reason | Location]:
        """The places that put both on one network; else where the port is published."""
        here, there = self.attached[source], self.attached[target]
        shared = [wire for wire in here.wires if wire in there.wires and not self.wires[wire].apart]
        for wire in shared:
            yield from dict.fromkeys((here.wires[wire], there.wires[wire]))
        if not shared:
            yield from (p.location for p in there.published if self._bits(p) & connections)

    @cached_property
    def doorways(self) -> tuple[Doorway, ...]:
        found = []
        for number, attached in enumerate(self.attached):
            for published in attached.published:
                if self._is_open(number, published, strict=False):
                    span = self.universe.ports.text(self._bits(published))
                    via = f"published {span}" + (" at a port that the host chooses" if published.random else "")
                    found.append(
                        Doorway(number, "published", via, published.location, self._bits(published), published.limited)
                    )
            for wire, place in attached.wires.items():
                if self.wires[wire].unprotected:
                    via = f"network `{self.wires[wire].name}`, none of whose ports Docker protects"
                    found.append(Doorway(number, "published", via, place, self.universe.ports.all, limited=True))
        return tuple(found)

    def on(self, wire: int) -> list[int]:
        """The numbers of the services on a wire."""
        return list(numbers_in(self.members[wire]))
