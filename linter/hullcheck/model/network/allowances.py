"""What policies must let through so that nothing that is used is cut: for each workload, with the lines that show it.

Where an end has no labels or addresses that are known here, more is let through rather than the application broken, and
the note beside it says what to narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.model.network.addresses import PRIVATE_CIDRS
from hullcheck.model.network.needs import Kind, Need, needs
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.universe import is_controller
from hullcheck.tuples import NamedTuple

MAX_NOTES = 5
"""Lines of evidence beside one rule."""

_MAX_SPAN = 1000
"""Ports beside each other that are written one by one; more are all ports."""

_ANYWHERE = "0.0.0.0/0"
_CHANGING = ("version", "chart", "managed-by", "hash", "revision", "date")
"""Words in the keys of labels that change with each release."""


class End(NamedTuple):
    """Who is let in or connected to.

    `kind` is "pods" of a namespace with labels, of all where there are none; "everywhere" for all pods of the cluster;
    "anybody"; "addresses" of a range; "node" for what is on a node's network; "api" for the API server; or "name" for a
    host outside, which `cidr` and `excepts` stand for where names can't be said.
    """

    kind: str
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    cidr: str = _ANYWHERE
    excepts: tuple[str, ...] = ()
    host: str = ""


class Allowance(NamedTuple):
    """Ends with which connections over these ports are let through; all ports where there are none.

    `notes` are the lines that show it, `narrow` says what could be narrowed.
    """

    ends: tuple[End, ...]
    ports: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    narrow: str = ""


class Allowances(NamedTuple):
    """What a workload's policy must let through. `refused` are notes on what can't be said."""

    ingress: tuple[Allowance, ...]
    egress: tuple[Allowance, ...]
    refused: tuple[str, ...]

    def side(self, direction: Direction) -> tuple[Allowance, ...]:
        return self.ingress if direction is Direction.INGRESS else self.egress


ANYBODY = End("anybody")
EVERYWHERE = End("everywhere")
API_SERVER = End("api")


def allowances(network: Network) -> dict[int, Allowances]:
    """What each workload needs, by its number; nothing for those that need nothing."""
    return network.remembered(("allowances",), lambda: _Collector(network).collected())


_Row = tuple[End, str, int | None, str, str]
"""An end, protocol and port, a note of evidence, and one on what to narrow."""


class _Collector:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.rows: dict[tuple[int, Direction], list[_Row]] = {}
        self.refused: dict[int, list[str]] = {}
        endpoints = range(len(network.endpoints))
        self.controllers = [n for n in endpoints if is_controller(network.endpoints[n])]
        images = ("prometheus", "vmagent")
        self.scrapers = [
            n for n in endpoints if {i.rpartition("/")[2] for i in network.endpoints[n].images} & {*images}
        ]

    def collected(self) -> dict[int, Allowances]:
        for need in needs(self.network):
            tick()
            self._take(need)
        numbers = {number for number, _ in self.rows} | set(self.refused)
        return {
            number: Allowances(
                tuple(_joined(self.rows.get((number, Direction.INGRESS), ()))),
                tuple(_joined(self.rows.get((number, Direction.EGRESS), ()))),
                tuple(dict.fromkeys(self.refused.get(number, ()))),
            )
            for number in sorted(numbers)
        }

    def _take(self, need: Need) -> None:
        source, target = need.source, need.target
        match need.kind:
            case Kind.USE | Kind.PEERS:
                assert source is not None
                assert target is not None
                self._add(source, Direction.EGRESS, need, *self._towards(target, source))
                self._add(target, Direction.INGRESS, need, *self._from(source, target))
            case Kind.ENTRANCE:
                self._entrance(need)
            case Kind.WEBHOOK:
                assert target is not None
                note = "the API server's address isn't known here: narrow it"
                self._add(target, Direction.INGRESS, need, API_SERVER, note)
            case Kind.SCRAPE:
                self._scraped(need)
            case Kind.API:
                assert source is not None
                self._add(
                    source, Direction.EGRESS, need, API_SERVER, "its address isn't known here: narrow it", (443, 6443)
                )
            case Kind.HOST:
                self._outside(need)
            case Kind.STRANGER:
                self._stranger(need)

    def _add(
        self,
        number: int,
        direction: Direction,
        need: Need,
        end: End,
        narrow: str = "",
        ports: tuple[int, ...] | None = None,
    ) -> None:
        who = need.source if direction is Direction.INGRESS and need.source is not None else None
        whose = f"{self.network.endpoints[who].name}: " if who is not None and who != number else ""
        place = f"{need.location.path}:{need.location.line}"
        note = f"{whose}{need.what} ({place})"
        for port in (need.ports if ports is None else ports) or (None,):
            self.rows.setdefault((number, direction), []).append((end, need.protocol, port, note, narrow))

    def _pods(self, number: int, beside: int) -> tuple[End, str]:
        endpoint = self.network.endpoints[number]
        own = endpoint.namespace == self.network.endpoints[beside].namespace
        space = "" if own else endpoint.namespace
        labels = tuple(telling(endpoint.labels.values).items())
        note = "" if labels else f"`{endpoint.name}` has no labels: these are all pods of its namespace"
        return End("pods", space, labels), note

    def _is_on_host(self, number: int) -> bool:
        return self.network.endpoints[number].host_network

    def _towards(self, target: int, source: int) -> tuple[End, str]:
        if self._is_on_host(target):
            return End("node"), f"`{self.network.endpoints[target].name}` is on its node's network: narrow it"
        return self._pods(target, source)

    def _from(self, source: int, target: int) -> tuple[End, str]:
        if self._is_on_host(source):
            return End("node"), f"`{self.network.endpoints[source].name}` is on its node's network: narrow it"
        return self._pods(source, target)

    def _entrance(self, need: Need) -> None:
        doorway, target = need.doorway, need.target
        assert doorway is not None
        assert target is not None
        ranges = self.network.universe.ports.ranges(doorway.connections)
        note = ""
        ends = [ANYBODY]
        if doorway.by_controller:
            here = [n for n in self.controllers if not self._is_on_host(n)]
            if here and len(here) == len(self.controllers):
                ends = [self._pods(number, target)[0] for number in here]
            else:
                note = "narrow it to the controller, if that has pods of its own"
        for span in ranges:  # ports beside each other are one
            ports = tuple(range(span.first, span.last + 1)) if span.last - span.first < _MAX_SPAN else ()
            for end in ends:
                self._add(target, Direction.INGRESS, need._replace(protocol=span.protocol), end, note, ports)

    def _scraped(self, need: Need) -> None:
        assert need.target is not None
        here = [number for number in self.scrapers if number != need.target]
        if here and not any(map(self._is_on_host, here)):
            for number in here:
                self._add(need.target, Direction.INGRESS, need, *self._pods(number, need.target))
                if not self._is_on_host(need.target):
                    self._add(number, Direction.EGRESS, need, *self._pods(need.target, number))
            return
        self._add(need.target, Direction.INGRESS, need, EVERYWHERE, "narrow it to what scrapes it")

    def _outside(self, need: Need) -> None:
        assert need.source is not None
        if not need.ports:
            place = f"{need.location.path}:{need.location.line}"
            self.refused.setdefault(need.source, []).append(f"{need.host}, {need.what} ({place}): no port is said")
            return
        literal = need.host.replace(".", "").isdecimal()
        excepts = () if need.private or literal else PRIVATE_CIDRS
        end = End("name", host=need.host, excepts=excepts)
        note = f"{need.host}: policies of Kubernetes can't name it" + (
            "" if excepts else "; narrow it to its addresses"
        )
        if literal:
            end, note = End("addresses", cidr=f"{need.host}/32"), ""
        self._add(need.source, Direction.EGRESS, need, end, note)

    def _stranger(self, need: Need) -> None:
        assert need.source is not None
        space, _, name = need.host.partition("/")
        own = self.network.endpoints[need.source].namespace
        ports = "" if not need.ports else f", and to port {need.ports[0]} if its pods listen there"
        note = f"Service `{name}` isn't here: narrow it to its pods{ports}"
        end = End("pods", "" if space in ("", own) else space)
        self._add(need.source, Direction.EGRESS, need._replace(ports=()), end, note)


def _joined(rows: Iterable[_Row]) -> Iterator[Allowance]:
    """A rule for each set of ports, with all the ends that it is for; those that need narrowing apart."""
    ports: dict[tuple[End, str], dict[tuple[str, int], None]] = {}
    notes: dict[tuple[End, str], dict[str, None]] = {}
    for end, protocol, port, note, narrow in rows:
        own = ports.setdefault((end, narrow), {})
        if port is not None:
            own[protocol, port] = None
        notes.setdefault((end, narrow), {})[note] = None
    every = {(end, narrow) for end, _, port, _, narrow in rows if port is None}
    groups: dict[tuple[tuple[tuple[str, int], ...], str, str], list[End]] = {}
    for (end, narrow), wanted in ports.items():
        key = () if (end, narrow) in every else tuple(sorted(wanted))
        groups.setdefault((key, narrow, end.kind if end.kind != "pods" else ""), []).append(end)
    for (wanted_ports, narrow, _), ends in sorted(groups.items(), key=lambda found: (found[0], found[1])):
        told = list(dict.fromkeys(note for end in ends for note in notes[end, narrow]))
        more = [f"and {len(told) - MAX_NOTES} more"] if len(told) > MAX_NOTES else []
        yield Allowance(tuple(sorted(ends)), wanted_ports, (*told[:MAX_NOTES], *more), narrow)


def telling(labels: dict[str, str]) -> dict[str, str]:
    """The labels that say what a workload is, less those that change with each release."""
    kept = {key: value for key, value in labels.items() if not any(word in key.lower() for word in _CHANGING)}
    return kept or labels
