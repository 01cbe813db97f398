"""What a configuration says of the network: who must not, and who must, be able to reach whom.

A word names workloads: `*` any, `shop/db` or `db` by name, `ns:shop` by namespace, `image:postgres` by image,
`label:app=db` by a label of its pods, `data` all data stores; `*` in a word stands for anything. `outside` is whatever is
not in the cluster or on the host, a CIDR such as `10.0.0.0/8` the addresses there that it holds.

An assertion is a test: what it is about must be there, and it must hold for certain, or it fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from hullcheck.model.network import addresses
from hullcheck.model.network.addresses import AddressRange
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import bits_of, numbers_in
from hullcheck.model.network.network import Doorway, Network, Reason
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.ports import MAX_PORT, PortRange, text_of
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

OUTSIDE = "outside"


class Assertion(NamedTuple):
    """One entry: no connection between `sources` and `targets`, less `excepts`, on these ports, or one on every port.

    `denies` says which. Without `ports` all are meant: no connection at all, or any. `location` is the entry's own.
    """

    sources: str
    targets: str
    excepts: tuple[str, ...] = ()
    ports: tuple[PortRange, ...] = ()
    reason: str = ""
    denies: bool = True
    location: Location | None = None

    def __str__(self) -> str:
        ports = f" on {text_of(self.ports)}" if self.ports else ""
        return f"{self.sources} -> {self.targets}{ports}"

    @property
    def kind(self) -> str:
        return "deny" if self.denies else "allow"

    @property
    def comes_from_outside(self) -> bool:
        return _is_outside(self.sources)

    @property
    def goes_outside(self) -> bool:
        return not self.comes_from_outside and _is_outside(self.targets)

    @classmethod
    def of(cls, entry: Mapping[str, str], denies: bool = True, location: Location | None = None) -> "Assertion":
        """The entry as the configuration has it, lists joined by commas."""
        excepts = tuple(word for word in entry.get("except", "").split(",") if word)
        numbers = [int(word) for word in entry.get("ports", "").split(",") if word.isdecimal()]
        protocol = entry.get("protocol", "TCP")
        ports = tuple(PortRange(protocol, number, number) for number in numbers if 1 <= number <= MAX_PORT)
        if not ports and "protocol" in entry:
            ports = (PortRange(protocol, 1, MAX_PORT),)
        ends = entry.get("from", "*"), entry.get("to", "*")
        return cls(*ends, excepts, ports, entry.get("reason", ""), denies, location)

    @property
    def spans(self) -> tuple[AddressRange, ...]:
        """The addresses that it speaks of."""
        return tuple(span for word in (self.sources, self.targets) if (span := _span(word)) is not None)


class Broken(NamedTuple):
    """Connections of a workload that are open and must not be, or must be open and are not; or of which that isn't sure.

    `target` is the workload, the one that is connected to if both ends are one. `sources` are names of the other end,
    `because` a rule or place that opens the first of them, if any does.
    """

    target: Endpoint
    sources: tuple[str, ...]
    connections: str
    because: Reason | Location | None = None
    sure: bool = True


def asking(network: Network, assertions: Iterable[Assertion]) -> Network:
    """The network, made so that it can tell apart what the assertions speak of."""
    found = network.fresh()
    for assertion in assertions:
        found.asked_ports += assertion.ports
        found.asked_addresses += assertion.spans
    return found


def missing_words(networks: Iterable[Network], assertion: Assertion) -> Iterator[str]:
    """The words of an assertion that name nothing anywhere."""
    networks = list(networks)
    for word in dict.fromkeys((assertion.sources, assertion.targets, *assertion.excepts)):
        if not _is_outside(word) and not any(names(word, e) for network in networks for e in network.endpoints):
            yield word


def is_about_nothing(networks: Iterable[Network], assertion: Assertion) -> bool:
    """Is there no scope with something at both of its ends?"""
    return not any(_pairs(network, assertion) for network in networks)


def _pairs(network: Network, assertion: Assertion) -> bool:
    sources, targets = _ends(network, assertion)
    if _is_outside(assertion.sources) or _is_outside(assertion.targets):
        return bool(sources or targets)
    return bool(sources and targets and (sources | targets).bit_count() > 1)


def _ends(network: Network, assertion: Assertion) -> tuple[int, int]:
    excepts = _named(network, assertion.excepts)
    sources, targets = (_named(network, (word,)) & ~excepts for word in (assertion.sources, assertion.targets))
    return sources, targets


def broken(network: Network, assertion: Assertion) -> Iterator[Broken]:
    """What surely is against an assertion, and what may be."""
    sources, targets = _ends(network, assertion)
    if assertion.comes_from_outside:
        for target in numbers_in(targets):
            yield from _judged(network, assertion, target, (assertion.sources,), _Inward(network, assertion, target))
    elif assertion.goes_outside:
        for source in numbers_in(sources):
            yield from _judged(network, assertion, source, (), _Outward(network, assertion, source))
    else:
        for target in numbers_in(targets):
            yield from _between(network, assertion, sources & ~(1 << target), target)


class _Found(NamedTuple):
    """What is against an assertion: connections, and whether that is sure."""

    connections: int
    sure: bool


def _against(network: Network, assertion: Assertion, strict: int, loose: int) -> _Found | None:
    """What of the connections that are open for certain, or may be, is against the assertion."""
    asked = _bits(network, assertion)
    if assertion.denies:
        if strict & asked:
            return _Found(strict & asked, True)
        return _Found(loose & asked, False) if loose & asked else None
    if not assertion.ports:  # any connection will do
        return None if strict else _Found(asked, not loose and not network.scope.approximate)
    missing = asked & ~loose
    if missing and not network.scope.approximate:
        return _Found(missing, True)
    return _Found(asked & ~strict, False) if asked & ~strict else None


def _between(network: Network, assertion: Assertion, sources: int, target: int) -> Iterator[Broken]:
    found: dict[_Found, list[int]] = {}
    for source in numbers_in(sources):
        strict, loose = (answer.connections(source, target) for answer in network.answers)
        against = _against(network, assertion, strict, loose)
        if against is not None:
            found.setdefault(against, []).append(source)
    for (connections, sure), numbers in found.items():
        names_ = tuple(network.endpoints[number].name for number in numbers)
        because = next(network.because(numbers[0], target, connections), None) if assertion.denies else None
        text = network.universe.ports.text(connections)
        yield Broken(network.endpoints[target], names_, text, because, sure)


class _Inward:
    """What comes to a workload from outside, or from some addresses there, through its ways in."""

    def __init__(self, network: Network, assertion: Assertion, workload: int) -> None:
        self.network, self.workload = network, workload
        self.span = _span(assertion.sources)
        self.every = self.span is not None and not assertion.denies
        self.doorways = network.doorways_of(workload)

    def open(self, strict: bool) -> int:
        found = 0
        for doorway in self.doorways:
            found |= self._through(doorway, strict)
        return found

    def _through(self, doorway: Doorway, strict: bool) -> int:
        admitted = self.network.admitted(doorway, strict)
        if self.span is None:
            return admitted
        limits = _limits(doorway)
        if self.every:
            passes = limits is None or any(one.holds(self.span) for one in limits)
        else:
            passes = limits is None or any(one.start < self.span.end and self.span.start < one.end for one in limits)
        if not passes or (strict and doorway.limited and limits is None):
            return 0
        if doorway.by_controller or self.network.universe.on_host >> doorway.workload & 1:
            return admitted
        answer = self.network.answers.strict if strict else self.network.answers.loose
        ends = _addresses(self.network, self.span)
        return admitted & _through(answer.ingress.partition(self.workload), ends, self.every)

    def because(self, connections: int) -> Location | None:
        places = (d.location for d in self.doorways if self._through(d, strict=False) & connections)
        return next(places, None)


def _limits(doorway: Doorway) -> list[AddressRange] | None:
    """The only addresses that a way in lets through, if they are listed."""
    listed = doorway.service.ranges if doorway.service is not None and not doorway.by_controller else ()
    return [span for text in listed if (span := addresses.parse(text)) is not None] or None


class _Outward:
    """What a workload opens to outside, or to some addresses there."""

    def __init__(self, network: Network, assertion: Assertion, workload: int) -> None:
        self.network, self.workload = network, workload
        universe, span = network.universe, _span(assertion.targets)
        self.every = span is not None and not assertion.denies
        public = universe.outside & ~universe.private | universe.names
        self.ends = public if span is None else _addresses(network, span)

    def open(self, strict: bool) -> int:
        answer = self.network.answers.strict if strict else self.network.answers.loose
        return _through(answer.egress.partition(self.workload), self.ends, self.every)

    def because(self, connections: int) -> Location | None:
        policies = self.network.selecting(self.workload, Direction.EGRESS)
        return policies[0][0].location if policies else None


def _through(partition: Iterable[tuple[int, int]], ends: int, every: bool) -> int:
    """The connections with some of the ends, or with every one of them."""
    some, lacking = 0, -1
    seen = 0
    for connections, found in partition:
        if found & ends:
            some |= connections
            lacking &= connections
            seen |= found & ends
    if not every:
        return some
    return lacking & some if seen == ends else 0


def _judged(
    network: Network, assertion: Assertion, workload: int, sources: tuple[str, ...], way: _Inward | _Outward
) -> Iterator[Broken]:
    against = _against(network, assertion, way.open(strict=True), way.open(strict=False))
    if against is not None:
        endpoint = network.endpoints[workload]
        because = way.because(against.connections) if assertion.denies else None
        text = network.universe.ports.text(against.connections)
        yield Broken(endpoint, sources or (endpoint.name,), text, because, against.sure)


def _bits(network: Network, assertion: Assertion) -> int:
    found = 0
    for port in assertion.ports:
        found |= network.universe.ports.bits(*port)
    return found if assertion.ports else network.universe.ports.all


def _addresses(network: Network, span: AddressRange) -> int:
    universe = network.universe
    return universe.addresses.bits(span) << universe.first_address


def _span(word: str) -> AddressRange | None:
    return addresses.parse(word) or addresses.address(word)


def _is_outside(word: str) -> bool:
    return word == OUTSIDE or _span(word) is not None


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
    if colon and kind == "label":
        key, _, value = rest.partition("=")
        return key in endpoint.labels.values and fnmatchcase(endpoint.labels.values[key], value or "*")
    if word == "data":
        return bool(endpoint.data)
    return fnmatchcase(f"{endpoint.namespace}/{endpoint.name}", word) or fnmatchcase(endpoint.name, word)
