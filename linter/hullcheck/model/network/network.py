"""The network of one scope: its workloads, policies and Services, solved once something asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.addresses import AddressRange
from hullcheck.model.network.endpoint import Assume, Endpoint
from hullcheck.model.network.labels import LabelIndex, LabelSelector, Match, Operator, bits_of, numbers_in
from hullcheck.model.network.mentions import SCHEMES, Host, Mention, spoken_of
from hullcheck.model.network.policy import Direction, Policy, Rule
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange
from hullcheck.model.network.service import Backend, Entrance, Service, ServicePort
from hullcheck.model.node import as_str, at
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from hullcheck.model.network.solve import Answers, Compiler
    from hullcheck.model.network.universe import Universe

T = TypeVar("T")

MAX_WAYS = 100_000
"""Ways in, and places where a workload speaks of another, that are looked at in one scope."""


KNATIVE = "Knative Service"
KNATIVE_PORT = 8080
"""Where the container of a Knative Service listens if it declares no port (Knative's runtime contract)."""


class Use(NamedTuple):
    """That a workload speaks of a Service: in a variable, in its command line, or as what it is started after.

    `source` and `target` are numbers of workloads, `port` is the target's own, None where none is said. `what` is the
    text that does, as the subject of a sentence; `sure` is true if it is there to be connected to, and it is known over
    which port. The pods of a StatefulSet may speak of each other.
    """

    source: int
    target: int
    protocol: str
    port: int | None
    location: Location
    what: str = ""
    sure: bool = False


class Right(NamedTuple):
    """That a workload's account may do something at the API server: by the binding that stands there."""

    location: Location
    what: str


class Scope(NamedTuple):
    """What is applied together. `namespaces` are the labels of those that are declared, `kind` as in `World`, or
    "compose". `approximate` says why it can't be known in full. `mentions` are texts of each workload in which it may
    speak of others. `others` are objects of other kinds that say who connects to whom, such as webhooks; `rights` gives
    those that accounts have at the API server, by the workloads' owners. `folder` is that of manifests side by side. `makers` are the names of custom
    resources, of which operators may make pods."""

    name: str
    kind: str
    endpoints: tuple[Endpoint, ...]
    policies: tuple[Policy, ...] = ()
    services: tuple[Service, ...] = ()
    entrances: tuple[Entrance, ...] = ()
    namespaces: dict[str, dict[str, str]] = {}  # noqa: RUF012  never changed
    approximate: str = ""
    mentions: tuple[tuple[Mention, ...], ...] = ()
    folder: str = ""
    makers: frozenset[str] = frozenset()
    others: tuple[KubernetesObject, ...] = ()
    rights: Callable[[], Mapping[str, Right]] = dict


class Doorway(NamedTuple):
    """A way from outside to a workload, before policies are asked.

    `kind` is "LoadBalancer", "NodePort", "externalIPs", "hostPort", "hostNetwork", "published", or the kind of what
    brings connections in, such as "Ingress". `via` names it in messages. `connections` are to the workload's own ports.
    `limited` is true where it isn't open to the whole internet: an internal load balancer, or listed sources.
    `entrance` is what brings connections in, if that is it. `doubtful` is true where it may be refused.
    """

    workload: int
    kind: str
    via: str
    location: Location
    connections: int
    limited: bool = False
    service: Service | None = None
    entrance: Entrance | None = None
    doubtful: bool = False

    @property
    def by_controller(self) -> bool:
        """Do connections come from an ingress controller, rather than from the address of who opens them?"""
        return self.kind not in ("LoadBalancer", "NodePort", "externalIPs", "hostPort", "hostNetwork", "published")


class Reason(NamedTuple):
    """A rule that lets a connection through, or decides it; `certain` is false where it may not apply."""

    policy: Policy
    rule: Rule
    certain: bool = True


class Network:
    """A scope with what follows from it.

    `asked_ports` and `asked_addresses` are those that will be asked for one by one; they are to be said before anything
    is.
    """

    def __init__(self, scope: Scope, assume: Assume = Assume()) -> None:  # noqa: B008  a constant
        self.scope = scope
        self.assume = assume
        self.endpoints = scope.endpoints
        self.asked_ports: list[PortRange] = []
        self.asked_addresses: list[AddressRange] = []
        self.policies = [policy for policy in scope.policies if not policy.refused]
        self._remembered: dict[tuple[object, ...], object] = {}
        self._reasons: dict[tuple[int, int, Direction], tuple[tuple[Reason, int], ...]] = {}

    def fresh(self) -> "Network":
        """The same network, of which nothing has been asked yet."""
        return Network(self.scope, self.assume)

    @cached_property
    def universe(self) -> Universe:
        ports = [*_service_ports(self.scope), *self.asked_ports]
        scope = self.scope
        from hullcheck.model.network.universe import Universe

        return Universe(self.endpoints, scope.policies, scope.namespaces, self.assume, ports, self.asked_addresses)

    def ports_written(self) -> list[PortRange]:
        """The ports that Services and the like speak of."""
        return list(_service_ports(self.scope))

    def addresses_written(self) -> list[AddressRange]:
        """The addresses that policies speak of."""
        from hullcheck.model.network.universe import address_ranges

        return list(address_ranges(self.endpoints, self.policies))

    @cached_property
    def compiler(self) -> Compiler:
        from hullcheck.model.network.solve import Compiler

        return Compiler(self.universe, self.scope.policies)

    @cached_property
    def answers(self) -> Answers:
        from hullcheck.model.network.solve import answers

        return answers(self.compiler)

    def isolated(self, workload: int, direction: Direction, sure: bool = True) -> bool:
        """Does some policy confine it; where not `sure`, may some? An administrator's rules don't."""
        if not self.policies:
            return False
        bits = self.answers.loose.isolated if sure else self.answers.strict.isolated
        return bool(bits[direction] >> workload & 1)

    def as_known(self, workload: int | None = None) -> str:
        """What to put behind a sentence that says that something is open, or that nothing confines it: what isn't known
        of the scope may confine it. Not where a policy confines the workload: another one only lets more in."""
        confined = workload is not None and self.isolated(workload, Direction.INGRESS)
        return " (as far as is known)" if self.scope.approximate and not confined else ""

    def is_free(self, workload: int, direction: Direction) -> bool:
        """Does nothing restrict what it accepts, or what it opens?"""
        return self.answers.strict.side(direction).group(workload) is None

    def box(self, workload: int) -> str:
        """What the workload is drawn in: its namespace."""
        return self.endpoints[workload].namespace

    @cached_property
    def _classes(self) -> list[tuple[Match, list[int]]]:
        """The policies by number, those that select the same together."""
        found: dict[Match, list[int]] = {}
        for number, members in enumerate(self.compiler.members):
            found.setdefault(members, []).append(number)
        return list(found.items())

    @cached_property
    def _classes_of(self) -> dict[int, tuple[tuple[int, bool], ...]]:
        """The classes of policies that apply to each workload, with whether they surely do."""
        found: dict[int, list[tuple[int, bool]]] = {}
        for number, (members, _) in enumerate(self._classes):
            for workload in numbers_in(members.maybe):
                found.setdefault(workload, []).append((number, bool(members.sure >> workload & 1)))
        return {workload: tuple(classes) for workload, classes in found.items()}

    def applying(self, workload: int) -> tuple[tuple[int, bool], ...]:
        """What is the same for all workloads to which the same policies apply."""
        return self._classes_of.get(workload, ())

    def selecting(self, workload: int, direction: Direction) -> list[tuple[Policy, bool]]:
        """The policies that apply to a workload, each with whether it surely does, in the order they are asked."""
        classes = self.applying(workload)

        def found() -> list[tuple[Policy, bool]]:
            numbers = sorted((number, sure) for class_, sure in classes for number in self._classes[class_][1])
            policies = ((self.compiler.policies[number], sure) for number, sure in numbers)
            return [(policy, sure) for policy, sure in policies if policy.concerns(direction)]

        return self.remembered(("selecting", direction, classes), found)

    def classes(self, workload: int, direction: Direction) -> list[tuple[int, list[Policy]]]:
        """The policies that apply or may apply to a workload, those that select the same together, with a number."""
        found = []
        for number, _ in self.applying(workload):
            policies = [self.compiler.policies[one] for one in self._classes[number][1]]
            found.append((number, [policy for policy in policies if policy.affects(direction)]))
        return found

    def rules_of(self, workload: int, direction: Direction) -> int:
        """How many rules apply to a workload."""
        key = ("rules", direction, self.applying(workload))
        return self.remembered(
            key, lambda: sum(len(policy.rules(direction)) for policy, _ in self.selecting(workload, direction))
        )

    def remembered(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` gives, made once for the key."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return cast("T", self._remembered[key])

    def reasons(self, workload: int, peer: int, direction: Direction, connections: int) -> list[Reason]:
        """The rules of the workload's policies that are about connections with that end, in the order they are asked."""
        key = (workload, peer, direction)
        if key not in self._reasons:
            self._reasons[key] = tuple(self._about(workload, peer, direction))
        return [reason for reason, found in self._reasons[key] if found & connections]

    def _about(self, workload: int, peer: int, direction: Direction) -> Iterator[tuple[Reason, int]]:
        target = workload if direction is Direction.INGRESS else peer
        for policy, applies in self.selecting(workload, direction):
            for rule in policy.rules(direction):
                compiled = self.compiler.rules[self.compiler.number(policy, rule)]
                sure = maybe = 0
                for entry in compiled.entries:
                    if entry.peers.maybe >> peer & 1:
                        maybe |= entry.connections
                        sure |= entry.connections if entry.peers.sure >> peer & 1 and not entry.maybe else 0
                for peers, cells in compiled.named:
                    for connections, ends in cells if peers.maybe >> peer & 1 else ():
                        if ends >> target & 1:
                            maybe |= connections
                            sure |= connections if peers.sure >> peer & 1 else 0
                if maybe:
                    yield Reason(policy, rule, applies and sure == maybe), maybe

    def about(self, policy: Policy, rule: Rule) -> int:
        """All connections that a rule may be about, whoever is at their ends."""
        compiled = self.compiler.rules[self.compiler.number(policy, rule)]
        found = 0
        for entry in compiled.entries:
            found |= entry.connections
        for _, cells in compiled.named:
            for connections, _ in cells:
                found |= connections
        return found

    def because(self, source: int, target: int, connections: int) -> Iterator[Reason | Location]:
        """What lets one workload open these connections to another: rules, or places in a Compose file."""
        for here, there, direction in ((source, target, Direction.EGRESS), (target, source, Direction.INGRESS)):
            for reason in self.reasons(here, there, direction, connections):
                if not (reason.rule.denies and reason.policy.plugin):  # it denies others of its connections
                    yield reason
            for policy, _ in self.selecting(here, direction):
                if policy.opaque:
                    yield policy.location

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Who speaks of whom: connections that are meant to be."""
        return tuple(dict.fromkeys(islice(_uses(self), MAX_WAYS)))

    @cached_property
    def doorways(self) -> tuple[Doorway, ...]:
        """Every way in from outside, before policies are asked."""
        return tuple(islice(_Doorways(self).all(), MAX_WAYS))

    @cached_property
    def _doorways_of(self) -> dict[int, list[Doorway]]:
        found: dict[int, list[Doorway]] = {}
        for doorway in self.doorways:
            found.setdefault(doorway.workload, []).append(doorway)
        return found

    def doorways_of(self, workload: int) -> list[Doorway]:
        """The ways in to one workload."""
        return self._doorways_of.get(workload, [])

    def is_served(self, workload: int) -> bool:
        """Does a Service select it?"""
        return bool(self._all_served >> workload & 1)

    @cached_property
    def _all_served(self) -> int:
        found = 0
        for bits in self._served.values():
            found |= bits
        return found

    def served_by(self, service: Service) -> int:
        """The workloads that a Service selects, as bits."""
        return self._served.get(id(service), 0)

    @cached_property
    def _served(self) -> dict[int, int]:
        index = LabelIndex(endpoint.labels for endpoint in self.endpoints)
        return {
            id(service): index.match(service.selector).sure & self.universe.of_namespace(service.namespace or "default")
            for service in self.scope.services
            if service.selects
        }

    @cached_property
    def _labelled(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], list[int]] = {}
        for number, endpoint in enumerate(self.endpoints):
            for pair in endpoint.labels.values.items():
                found.setdefault(pair, []).append(number)
        return {pair: bits_of(numbers) for pair, numbers in found.items()}

    def likely(self, selector: LabelSelector) -> int:
        """The workloads that have each of the values that a selector asks for, as bits: all others it doesn't match."""
        found = self.universe.workloads
        for requirement in selector.requirements:
            if requirement.operator is Operator.IN:
                alike = 0
                for value in requirement.values:
                    alike |= self._labelled.get((requirement.key, value), 0)
                found &= alike
        return found

    @cached_property
    def _declaring(self) -> dict[int, int]:
        found: dict[int, list[int]] = {}
        for number, endpoint in enumerate(self.endpoints):
            for port in endpoint.ports:
                found.setdefault(port.number, []).append(number)
        return {port: bits_of(numbers) for port, numbers in found.items()}

    def declaring(self, port: int) -> int:
        """The workloads that declare a port of that number, as bits."""
        return self._declaring.get(port, 0)

    @cached_property
    def _offering(self) -> dict[tuple[str, int | None], list[tuple[Service, ServicePort]]]:
        found: dict[tuple[str, int | None], list[tuple[Service, ServicePort]]] = {}
        for service in self.scope.services:
            for port in service.ports if service.selects else ():
                found.setdefault((port.protocol, port.number), []).append((service, port))
        return found

    def offering(self, protocol: str, port: int) -> list[tuple[Service, ServicePort]]:
        """The Services that have that port."""
        return self._offering.get((protocol, port), [])

    def target_of(self, port: ServicePort, workload: int) -> int | None:
        """A Service's port as the workload's own; None if it isn't known or no such port."""
        target = port.number if port.target is None else port.target
        if isinstance(target, str):
            declared = self.endpoints[workload].ports
            named = (p.number for p in declared if p.name == target and p.protocol == port.protocol)
            target = next(named, None)
        return target if target is not None and 1 <= target <= MAX_PORT else None

    def data_ports(self, workload: int) -> int:
        """The connections that a data store's own containers are for: all but what the others in its pods declare."""
        declared = self.endpoints[workload].ports
        found = self.universe.ports.all
        for port in declared if any(port.data for port in declared) else ():
            if not port.data:
                found &= ~self.universe.ports.bits(port.protocol, port.number, port.number)
        return found

    def admitted(self, doorway: Doorway, strict: bool = True) -> int:
        """The connections through a doorway that the workload's policies let in."""
        if strict and doorway.doubtful:
            return 0
        if self.universe.on_host >> doorway.workload & 1:
            return doorway.connections
        side = (self.answers.strict if strict else self.answers.loose).ingress
        wanted = self.universe.controller if doorway.by_controller else self.universe.outside
        found = 0
        for connections, ends in side.partition(doorway.workload):
            if ends & wanted:
                found |= connections
        return found & doorway.connections


class _Doorways:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.universe = network.universe
        self.services: dict[tuple[str, str], Service] = {}
        for service in network.scope.services:
            self.services.setdefault((service.namespace or "default", service.object.name), service)

    def all(self) -> Iterator[Doorway]:
        for service in self.network.scope.services:
            if service.public and service.selects:
                yield from self._public(service)
        for entrance in self.network.scope.entrances:
            for backend in entrance.backends:
                yield from self._behind(entrance, backend)
        for number, endpoint in enumerate(self.network.endpoints):
            yield from self._on_host(number, endpoint)
            if is_routed(endpoint):
                yield self._knative(number, endpoint)

    def _knative(self, number: int, endpoint: Endpoint) -> Doorway:
        """A Knative Service has a route from outside of its own, to the one port that its container may declare."""
        port = endpoint.ports[0] if endpoint.ports else None
        listens = port.number if port else KNATIVE_PORT
        connections = self.universe.ports.bits("TCP", listens, listens)
        via = f"{KNATIVE} `{endpoint.namespace}/{endpoint.name}`"
        return Doorway(number, KNATIVE, via, endpoint.location, connections)

    def _public(self, service: Service) -> Iterator[Doorway]:
        kind = service.type if service.type in ("LoadBalancer", "NodePort") else "externalIPs"
        limited = service.internal or any(span not in ("0.0.0.0/0", "::/0") for span in service.ranges)
        place = service.external_ips_location if kind == "externalIPs" else service.type_location
        for number in numbers_in(self.network.served_by(service)):
            connections = self._targets(service.ports, number)
            if connections:
                via = f"{kind} `{service.name}`"
                yield Doorway(number, kind, via, place or service.location, connections, limited, service)

    def _behind(self, entrance: Entrance, backend: Backend) -> Iterator[Doorway]:
        service = self.services.get((backend.namespace or "default", backend.service))
        if service is None or not service.selects:
            return
        ports = [port for port in service.ports if _is_meant(backend, port)]
        if backend.target and not ports:
            ports = [ServicePort("", None, "TCP", backend.port, service.location)]
        kind = entrance.object.kind
        via = f"{kind} `{entrance.namespace or 'default'}/{entrance.object.name}`"
        for number in numbers_in(self.network.served_by(service)):
            connections = self._targets(ports, number)
            if connections:
                place = backend.location or entrance.location
                yield Doorway(
                    number, kind, via, place, connections, False, service, entrance, doubtful=not backend.granted
                )

    def _targets(self, ports: Iterable[ServicePort], workload: int) -> int:
        """A Service's ports as those of one of the workloads behind it."""
        declared = {(port.protocol, port.number) for port in self.network.endpoints[workload].ports}
        found = 0
        for port in ports:
            target = self.network.target_of(port, workload) if port.protocol in PROTOCOLS else None
            if target is None or (self.network.assume.strange_controller and (port.protocol, target) not in declared):
                continue
            found |= self.universe.ports.bits(port.protocol, target, target)
        return found

    def _on_host(self, number: int, endpoint: Endpoint) -> Iterator[Doorway]:
        for port in endpoint.ports:
            connections = self.universe.ports.bits(port.protocol, port.number, port.number)
            if endpoint.host_network:
                place = port.location or endpoint.location
                yield Doorway(number, "hostNetwork", "the node's network", place, connections)
            elif port.host_port:
                via = f"`hostPort: {port.host_port}`"
                yield Doorway(number, "hostPort", via, port.location or endpoint.location, connections, port.loopback)


def is_knative(endpoint: Endpoint) -> bool:
    """Is it a Service of Knative's, which is a workload?"""
    return endpoint.object is not None and (endpoint.object.kind, endpoint.object.group) == (
        "Service",
        "serving.knative.dev",
    )


def is_routed(endpoint: Endpoint) -> bool:
    """Is it a Service of Knative's that no label keeps inside the cluster?"""
    if endpoint.object is None or not is_knative(endpoint):
        return False
    labels = at(endpoint.object.node, "metadata", "labels")
    return "cluster-local" not in (
        as_str(at(labels, "networking.knative.dev/visibility")),
        as_str(at(labels, "serving.knative.dev/visibility")),
    )


def _is_meant(backend: Backend, port: ServicePort) -> bool:
    if backend.port is None:
        return True
    if backend.target:
        return backend.port in (port.target, port.number if port.target is None else None)
    return backend.port in (port.number, port.name) and backend.port != ""


def _service_ports(scope: Scope) -> Iterator[PortRange]:
    """Every port that a Service may come to, so that sets of connections can tell it apart."""
    for service in scope.services:
        for port in service.ports:
            for number in (port.number, port.target):
                if isinstance(number, int) and 1 <= number <= MAX_PORT and port.protocol in PROTOCOLS:
                    yield PortRange(port.protocol, number, number)
    if any(is_knative(endpoint) for endpoint in scope.endpoints):
        yield PortRange("TCP", KNATIVE_PORT, KNATIVE_PORT)
        yield from (
            PortRange("TCP", port.number, port.number)
            for endpoint in scope.endpoints
            if is_knative(endpoint)
            for port in endpoint.ports
        )
    for entrance in scope.entrances:
        for backend in entrance.backends:
            if isinstance(backend.port, int) and 1 <= backend.port <= MAX_PORT:
                yield PortRange("TCP", backend.port, backend.port)


def _uses(network: Network) -> Iterator[Use]:
    services: dict[tuple[str, str], Service] = {}
    for service in network.scope.services:
        if service.selects:
            services.setdefault((service.namespace or "default", service.object.name), service)
    for source, mentions in enumerate(network.scope.mentions):
        own = network.endpoints[source].namespace
        for mention in mentions:
            for host in spoken_of(mention):
                found = services.get(service_named(host.name, own))
                if found is not None:
                    yield from _used(network, source, found, host, mention)


def service_named(host: str, own: str) -> tuple[str, str]:
    """Namespace and name of the Service that a host may be, as a workload of a namespace says it; also of one pod's."""
    words = host.rstrip(".").split(".")
    if len(words) > 3 and words[3] == "svc":  # one pod of a StatefulSet: `db-0.db.shop.svc`
        words = words[1:]
    return (words[1] if len(words) > 1 else own), words[0]


def _used(network: Network, source: int, service: Service, host: Host, mention: Mention) -> Iterator[Use]:
    port, sure = host.port, host.sure
    offered = [p for p in service.ports if port is None or p.number == port]
    if port is None and host.scheme and len(offered) > 1:
        offered = [p for p in offered if p.number == SCHEMES.get(host.scheme)] or offered
    if port is not None and not offered:
        return
    sure = sure and len(offered) == 1
    for target in numbers_in(network.served_by(service)):
        if target == source and network.endpoints[source].kind != "StatefulSet":
            continue
        for one in offered[:1] if port is None and len(offered) != 1 else offered:
            number = network.target_of(one, target) if one.protocol in PROTOCOLS else None
            if number:
                yield Use(source, target, one.protocol, number, mention.location, mention.described, sure)
