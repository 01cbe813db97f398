"""What a configuration says of the network: who must not, and who must, be able to reach whom.

A word names workloads: `*` any, `shop/db` or `db` by name, `ns:shop` by namespace, `image:postgres` by image, `data` all
data stores; `*` in a word stands for anything. `outside` is whatever is not in the cluster or on the host.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import bits_of, numbers_in
from hullcheck.model.network.network import Network, Reason
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.ports import MAX_PORT, PortRange, text_of
from hullcheck.source import Location

OUTSIDE = "outside"


class Assertion(NamedTuple):
    """One entry: no, or every, connection between `sources` and `targets`, less `excepts`, on these ports.

    Without `ports` all are meant.
    """

    sources: str
    targets: str
    excepts: tuple[str, ...] = ()
    ports: tuple[PortRange, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        ports = f" on {text_of(self.ports)}" if self.ports else ""
        return f"{self.sources} -> {self.targets}{ports}"

    @classmethod
    def of(cls, entry: Mapping[str, str]) -> "Assertion":
        """The entry as the configuration has it, lists joined by commas."""
        excepts = tuple(word for word in entry.get("except", "").split(",") if word)
        numbers = [int(word) for word in entry.get("ports", "").split(",") if word.isdecimal()]
        protocol = entry.get("protocol", "TCP")
        ports = tuple(PortRange(protocol, number, number) for number in numbers if 1 <= number <= MAX_PORT)
        if not ports and "protocol" in entry:
            ports = (PortRange(protocol, 1, MAX_PORT),)
        return cls(entry.get("from", "*"), entry.get("to", "*"), excepts, ports, entry.get("reason", ""))


class Broken(NamedTuple):
    """Connections to a workload that are open and must not be, or must be open and are not.

    `sources` are names, `because` a rule or place that opens the first of them, if any does.
    """

    target: Endpoint
    sources: tuple[str, ...]
    connections: str
    because: Reason | Location | None = None


def opened(network: Network, assertion: Assertion) -> Iterator[Broken]:
    """What surely is open although the assertion denies it."""
    universe = network.universe
    asked = _bits(network, assertion)
    excepts = _named(network, assertion.excepts)
    sources = _named(network, (assertion.sources,)) & ~excepts
    for target in numbers_in(_named(network, (assertion.targets,)) & ~excepts):
        if assertion.sources == OUTSIDE:
            yield from _from_outside(network, target, asked)
            continue
        by_connections: dict[int, list[int]] = {}
        for source in numbers_in(sources & ~(1 << target)):
            found = network.answers.strict.connections(source, target) & asked
            if found:
                by_connections.setdefault(found, []).append(source)
        for connections, numbers in by_connections.items():
            names = tuple(network.endpoints[number].name for number in numbers)
            reason = next(network.because(numbers[0], target, connections), None)
            yield Broken(network.endpoints[target], names, universe.ports.text(connections), reason)
    if assertion.targets == OUTSIDE:
        yield from _to_outside(network, sources, asked)


def closed(network: Network, assertion: Assertion) -> Iterator[Broken]:
    """What surely isn't open although the assertion demands it."""
    asked = _bits(network, assertion)
    excepts = _named(network, assertion.excepts)
    sources = _named(network, (assertion.sources,)) & ~excepts
    for target in numbers_in(_named(network, (assertion.targets,)) & ~excepts):
        denied = []
        for source in numbers_in(sources & ~(1 << target)):
            if not network.answers.loose.connections(source, target) & asked:
                denied.append(source)
        if denied:
            names = tuple(network.endpoints[number].name for number in denied)
            yield Broken(network.endpoints[target], names, network.universe.ports.text(asked))


def _bits(network: Network, assertion: Assertion) -> int:
    found = 0
    for port in assertion.ports:
        found |= network.universe.ports.bits(*port)
    return found if assertion.ports else network.universe.ports.all


def _from_outside(network: Network, target: int, asked: int) -> Iterator[Broken]:
    for doorway in network.doorways_of(target):
        connections = network.admitted(doorway) & asked
        if connections:
            text = network.universe.ports.text(connections)
            yield Broken(network.endpoints[target], (OUTSIDE,), text, doorway.location)


def _to_outside(network: Network, sources: int, asked: int) -> Iterator[Broken]:
    universe = network.universe
    for number in numbers_in(sources):
        for connections, ends in network.answers.strict.egress.partition(number):
            if ends & universe.outside & ~universe.private and connections & asked:
                endpoint = network.endpoints[number]
                reasons = network.selecting(number, Direction.EGRESS)
                place = reasons[0][0].location if reasons else None
                yield Broken(endpoint, (endpoint.name,), universe.ports.text(connections & asked), place)
                break


def _named(network: Network, words: tuple[str, ...]) -> int:
    """The workloads that some of the words name."""
    return bits_of(n for n, e in enumerate(network.endpoints) if any(names(word, e) for word in words))


def names(word: str, endpoint: Endpoint) -> bool:
    """Does the word name the workload?"""
    kind, colon, rest = word.partition(":")
    if colon and kind == "ns":
        return fnmatchcase(endpoint.namespace, rest)
    if colon and kind == "image":
        return any(fnmatchcase(image, rest) or fnmatchcase(image.rpartition("/")[2], rest) for image in endpoint.images)
    if word == "data":
        return bool(endpoint.data)
    return fnmatchcase(f"{endpoint.namespace}/{endpoint.name}", word) or fnmatchcase(endpoint.name, word)
