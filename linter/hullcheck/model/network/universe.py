"""Everything that a connection can have at its ends, numbered, and what the peers of a rule select of it.

A set of ends is kept as bits: workloads first, then the ingress controller, then pieces of the address space, then
names outside that rules speak of. So what a rule lets through is one set, whether it names pods or addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from hullcheck.model.network.addresses import V6, AddressRange, AddressSpace
from hullcheck.model.network.endpoint import Assume, Endpoint, IpBlocksMatchPods
from hullcheck.model.network.labels import (
    NOTHING,
    LabelIndex,
    Labels,
    LabelSelector,
    Match,
    Operator,
    bits_of,
    numbers_in,
)
from hullcheck.model.network.policy import Direction, Peer, Policy, PortRule
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange, PortSpace

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that every namespace has, with its name as the value."""

PRIVATE = (
    AddressRange(10 << 24, 11 << 24),
    AddressRange((172 << 24) + (16 << 16), (172 << 24) + (32 << 16)),
    AddressRange((192 << 24) + (168 << 16), (192 << 24) + (169 << 16)),
    AddressRange((100 << 24) + (64 << 16), (100 << 24) + (128 << 16)),
    AddressRange(127 << 24, 128 << 24),
    AddressRange((169 << 24) + (254 << 16), (169 << 24) + (255 << 16)),
    AddressRange(V6 + (0xFC << 120), V6 + (0xFE << 120)),
    AddressRange(V6 + (0xFE80 << 112), V6 + (0xFEC0 << 112)),
)
"""Addresses that the internet doesn't route (RFC 1918, 6598, 3927, 4193, 4291)."""

CONTROLLERS = (
    "ingress",
    "traefik",
    "kong",
    "haproxy",
    "contour",
    "envoy",
    "gateway",
    "istio-system",
    "nginx",
    "router",
)
"""Words by which people name what brings connections in from outside, in namespaces and labels."""

CONTROLLER_IMAGES = frozenset(
    (
        "ingress-nginx/controller",
        "nginx-ingress-controller",
        "nginx/nginx-ingress",
        "traefik",
        "kong/kubernetes-ingress-controller",
        "haproxytech/kubernetes-ingress",
        "haproxy-ingress",
        "projectcontour/contour",
        "voyagermesh/voyager",
    )
)
_CONTROLLER_ENDS = tuple(f"/{known}" for known in CONTROLLER_IMAGES)


ACCOUNT_LABEL = "io.cilium.k8s.policy.serviceaccount"
CLUSTER_LABEL = "io.cilium.k8s.policy.cluster"
"""Labels that Cilium gives every pod, with the names of its service account and its cluster."""


class Universe:
    """The ends of one scope. `namespaces` are the labels of those that are declared.

    `ports` and `spans` are more ports and addresses that it must be able to tell apart.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        policies: Iterable[Policy] = (),
        namespaces: dict[str, dict[str, str]] | None = None,
        assume: Assume = Assume(),  # noqa: B008  a constant
        ports: Iterable[PortRange] = (),
        spans: Iterable[AddressRange] = (),
    ) -> None:
        self.endpoints = endpoints
        self.assume = assume
        policies = [policy for policy in policies if not policy.refused]
        written = list(address_ranges(endpoints, policies))
        self.addresses = AddressSpace([*written, *PRIVATE, *spans])
        self.ports = PortSpace([*ports, *_port_ranges(endpoints, policies)])
        self.workloads = (1 << len(endpoints)) - 1
        self.controller = 1 << len(endpoints)
        self.first_address = len(endpoints) + 1
        self.outside = self.addresses.all << self.first_address
        self.outside_v4 = self.addresses.v4 << self.first_address
        self.speaks_v6 = any(span.end > V6 for span in written)
        first_name = self.first_address + self.addresses.size
        self._names = {name: 1 << first_name + n for n, name in enumerate(sorted(set(_names(policies))))}
        self.names = sum(self._names.values())
        self.all = self.workloads | self.controller | self.outside | self.names
        self.private = 0
        for span in PRIVATE:
            self.private |= self.addresses.bits(span) << self.first_address
        self.declared = namespaces or {}
        self._index_namespaces()
        self._index_named_ports()
        on_host = bits_of(n for n, endpoint in enumerate(endpoints) if endpoint.host_network)
        self.on_host = 0 if assume.host_network_as_pod else on_host
        self.selectable = self.workloads & ~self.on_host
        self._controllers_here = bits_of(n for n, endpoint in enumerate(endpoints) if is_controller(endpoint))
        self._pods_found: dict[LabelSelector, Match] = {}
        self._names_controller: dict[LabelSelector, bool] = {}
        self._namespaces_found: dict[LabelSelector, Match] = {}

    def _index_namespaces(self) -> None:
        numbers: dict[str, list[int]] = {}
        for number, endpoint in enumerate(self.endpoints):
            numbers.setdefault(endpoint.namespace, []).append(number)
        names = [*numbers, *(name for name in self.declared if name not in numbers)]
        self.namespace_names = names
        self._of_namespace = {name: bits_of(numbers.get(name, ())) for name in names}

    @cached_property
    def _pods(self) -> LabelIndex:
        return LabelIndex(_with_identity(endpoint) for endpoint in self.endpoints)

    @cached_property
    def _namespaces(self) -> LabelIndex:
        return LabelIndex(self._namespace_labels(name) for name in self.namespace_names)

    def _namespace_labels(self, name: str) -> Labels:
        labels = {**self.declared.get(name, {}), NAME_LABEL: name}
        unknown = name not in self.declared and not self.assume.namespaces_closed
        return Labels(labels, open=unknown, closed=frozenset((NAME_LABEL,)))

    def _index_named_ports(self) -> None:
        """`_named`: name and protocol to numbers, each with the workloads that declare it."""
        found: dict[tuple[str, str], dict[int, list[int]]] = {}
        for number, endpoint in enumerate(self.endpoints):
            seen = set()
            for port in endpoint.ports:
                # The first container that declares the name decides, as in the kubelet's and the proxies' look-up.
                if port.name and (port.name, port.protocol) not in seen:
                    seen.add((port.name, port.protocol))
                    found.setdefault((port.name, port.protocol), {}).setdefault(port.number, []).append(number)
        self._named = {
            key: tuple((port, bits_of(ends)) for port, ends in by_port.items()) for key, by_port in found.items()
        }

    def of_namespace(self, name: str) -> int:
        """The workloads of a namespace."""
        return self._of_namespace.get(name, 0)

    def pods(self, selector: LabelSelector) -> Match:
        """The workloads that a pod selector selects, in any namespace."""
        if selector not in self._pods_found:
            self._pods_found[selector] = self._pods.match(selector).within(self.selectable)
        return self._pods_found[selector]

    def in_namespaces(self, selector: LabelSelector) -> Match:
        """The workloads of the namespaces that a selector selects."""
        if selector not in self._namespaces_found:
            found = self._namespaces.match(selector)
            sure, maybe = (self._workloads_of(bits) for bits in found)
            self._namespaces_found[selector] = Match(sure, maybe).within(self.selectable)
        return self._namespaces_found[selector]

    def _workloads_of(self, namespaces: int) -> int:
        bits = 0
        for number in numbers_in(namespaces):
            bits |= self._of_namespace[self.namespace_names[number]]
        return bits

    def namespaces_selected(self, selector: LabelSelector) -> tuple[str, ...]:
        """The names of the namespaces known here that a selector may select."""
        return tuple(self.namespace_names[n] for n in numbers_in(self._namespaces.match(selector).maybe))

    def members(self, policy: Policy) -> Match:
        """The workloads that a policy selects."""
        found = self.pods(policy.selector)
        if policy.namespaces is not None:
            found &= self.in_namespaces(policy.namespaces)
        elif not policy.cluster_wide:
            found = found.within(self.of_namespace(policy.namespace or "default"))
        return Match(0, found.maybe) if policy.doubtful else found

    def peers(self, policy: Policy, peers: tuple[Peer, ...] | None) -> Match:
        """What the peers of a rule select; everything where there are none."""
        if peers is None:
            return Match(self.all, self.all)
        found = NOTHING
        for peer in peers:
            found |= self.peer(policy, peer)
        return found

    def peer(self, policy: Policy, peer: Peer) -> Match:
        """What one peer selects."""
        if not peer.known:
            return Match(0, self.all)
        if peer.elsewhere:
            return self._elsewhere(peer)
        if peer.blocks:
            return self._block(peer)
        if peer.others:
            return Match(0, (self.workloads | self.controller) & ~self._pods_of(policy, peer).sure)
        found = self._pods_of(policy, peer)
        nodes = self.on_host if peer.nodes else 0
        return found | self._controller(peer, found) | Match(nodes, nodes)

    def _pods_of(self, policy: Policy, peer: Peer) -> Match:
        found = Match(self.selectable, self.selectable)
        if peer.pods is not None:
            found = self.pods(peer.pods)
        if peer.namespaces is not None:
            found &= self.in_namespaces(peer.namespaces)
        elif not policy.cluster_wide:
            found = found.within(self.of_namespace(policy.namespace or "default"))
        return found

    def is_only_on_host(self, policy: Policy, peer: Peer) -> bool:
        """Are all pods that have the peer's labels on their node's network, where policies don't know them by labels?"""
        if peer.pods is None or not peer.pods.requirements or not self.on_host or peer.blocks or peer.elsewhere:
            return False
        found = self._pods.match(peer.pods)
        if peer.namespaces is not None:
            found = found.within(self._workloads_of(self._namespaces.match(peer.namespaces).maybe))
        elif not policy.cluster_wide:
            found = found.within(self.of_namespace(policy.namespace or "default"))
        return bool(found.sure & self.on_host) and not found.maybe & self.selectable

    def _elsewhere(self, peer: Peer) -> Match:
        """What may be behind a word for something that no repository holds."""
        match peer.elsewhere:
            case "ingress":  # Cilium's own, which another controller that is here isn't
                return Match(0 if self._controllers_here else self.controller, self.controller)
            case "every node":
                return Match(self.on_host, self.on_host)
            case "host" | "remote-node" | "kube-apiserver":
                return Match(0, self.on_host)
            case "health" | "init" | "unmanaged" | "none":
                return NOTHING
        if self.assume.namespaces_closed:
            return NOTHING
        if peer.names and peer.elsewhere == "domains":
            named = sum(bit for name, bit in self._names.items() if any(covers(one, name) for one in peer.names))
            return Match(named, named | self.outside)
        return Match(0, self.outside if peer.outside else self.outside | self.on_host)

    def _block(self, peer: Peer) -> Match:
        pieces = 0
        for span in peer.blocks:
            pieces |= self.addresses.bits(span)
        for span in peer.excepts:
            pieces &= ~self.addresses.bits(span)
        outside = pieces << self.first_address
        if not self.outside_v4 & ~outside:
            outside |= self.names
        if peer.outside:  # unless the controller is outside the cluster
            return Match(outside, outside | (0 if self._controllers_here else self.controller))
        choice = self.assume.ip_blocks_match_pods
        if choice is IpBlocksMatchPods.NEVER or not pieces:
            return Match(outside, outside | (self.on_host if pieces else 0))
        pods = self._pods_in(pieces)
        if choice is IpBlocksMatchPods.ALWAYS:
            return Match(outside | pods, outside | pods)
        return Match(outside, outside | pods)

    def _pods_in(self, pieces: int) -> int:
        """The workloads that may have an address there, and the controller."""
        bits = self.workloads | self.controller
        for number, addresses in self._known_addresses:
            if not any(known & pieces for known in addresses):
                bits &= ~(1 << number)
        return bits

    @cached_property
    def _known_addresses(self) -> list[tuple[int, list[int]]]:
        """The workloads whose addresses are known, with these."""
        return [
            (number, list(map(self.addresses.bits, endpoint.addresses)))
            for number, endpoint in enumerate(self.endpoints)
            if endpoint.addresses
        ]

    def _controller(self, peer: Peer, found: Match) -> Match:
        """Whether the peer is the ingress controller, wherever that runs."""
        if self.assume.strange_controller:
            return self._strange_controller(peer)
        if self._controllers_here:
            sure = self.controller if self._controllers_here & found.sure else 0
            return Match(sure, self.controller if self._controllers_here & found.maybe else 0)
        if any(self._is_controller(selector) for selector in (peer.namespaces, peer.pods)):
            return Match(self.controller, self.controller)
        if peer.namespaces is None or _names_another_namespace(peer.namespaces):
            return NOTHING
        everything = peer.namespaces.selects_all and (peer.pods is None or peer.pods.selects_all)
        maybe = everything or not self.assume.namespaces_closed
        return Match(self.controller if everything else 0, self.controller if maybe else 0)

    def _is_controller(self, selector: LabelSelector | None) -> bool:
        """Does the selector ask for something that people call an ingress controller?"""
        if selector is None:
            return False
        if selector not in self._names_controller:
            self._names_controller[selector] = _names_controller(selector)
        return self._names_controller[selector]

    def _strange_controller(self, peer: Peer) -> Match:
        if peer.namespaces is None or not peer.namespaces.matches({}):
            return NOTHING
        if peer.pods is not None and not peer.pods.matches({}):
            return NOTHING
        return Match(self.controller, self.controller)

    def connections(self, port: PortRule) -> int:
        """The connections of a port rule without a name."""
        if port.first is None or port.last is None:
            return self.ports.bits(port.protocol)
        return self.ports.bits(port.protocol, port.first, port.last)

    def named(self, port: PortRule) -> list[tuple[int, int]]:
        """What a named port is: connections, each with the workloads where it is that."""
        found = []
        for protocol in (port.protocol,) if port.protocol else PROTOCOLS:
            for number, bits in self._named.get((port.name, protocol), ()):
                found.append((self.ports.bits(protocol, number, number), bits))
        return found

    def names_in(self, bits: int) -> list[str]:
        """The names outside in a set of ends."""
        return [name for name, bit in self._names.items() if bits & bit]

    def named_outside(self, host: str) -> int:
        """The names outside that rules speak of and that mean the host, as ends."""
        return sum(bit for name, bit in self._names.items() if covers(name, host.rstrip(".").lower()))

    def ranges(self, bits: int) -> list[AddressRange]:
        """The addresses in a set of ends."""
        return self.addresses.ranges((bits & self.outside) >> self.first_address)


def covers(pattern: str, name: str) -> bool:
    """Does a name, in which `*` stands for a part of a label, mean the other? One that is `*` alone means all.

    The source is cilium/cilium:pkg/fqdn/matchpattern.
    """
    if pattern in ("*", name):
        return True
    if pattern.startswith("**."):
        rest = pattern[3:].split(".")
        labels = name.split(".")
        return len(labels) > len(rest) and _covers(rest, labels[-len(rest) :])
    return _covers(pattern.split("."), name.split("."))


def _covers(pattern: list[str], labels: list[str]) -> bool:
    if len(pattern) != len(labels):
        return False
    from fnmatch import fnmatchcase

    return all(fnmatchcase(label[:63], part[:63]) for part, label in zip(pattern, labels, strict=True))


def _names(policies: Iterable[Policy]) -> Iterable[str]:
    for policy in policies:
        for direction in Direction:
            for rule in policy.rules(direction):
                for peer in rule.peers or ():
                    if peer.elsewhere == "domains":
                        yield from peer.names


def _with_identity(endpoint: Endpoint) -> Labels:
    """A pod's labels, and those that tell it from others for Cilium."""
    labels, account = endpoint.labels, endpoint.service_account
    if not account:
        return labels._replace(hidden=labels.hidden | {ACCOUNT_LABEL, CLUSTER_LABEL})
    values = {**labels.values, ACCOUNT_LABEL: account}
    return labels._replace(values=values, hidden=labels.hidden | {CLUSTER_LABEL})


def is_controller(endpoint: Endpoint) -> bool:
    """Does it bring in what Ingresses let through?"""
    return any(image in CONTROLLER_IMAGES or image.endswith(_CONTROLLER_ENDS) for image in endpoint.images)


def _names_controller(selector: LabelSelector) -> bool:
    for requirement in selector.requirements:
        if requirement.operator in (Operator.IN, Operator.EXISTS):
            words = (requirement.key.replace("kubernetes.io", ""), *requirement.values)
            if any(known in word for word in words for known in CONTROLLERS):
                return True
    return False


def _names_another_namespace(selector: LabelSelector) -> bool:
    return any(r.operator is Operator.IN and r.key in (NAME_LABEL, "name") for r in selector.requirements)


def _port_ranges(endpoints: Iterable[Endpoint], policies: Iterable[Policy]) -> Iterable[PortRange]:
    for endpoint in endpoints:
        for declared in endpoint.ports:
            yield PortRange(declared.protocol, declared.number, declared.number)
    for policy in policies:
        for direction in Direction:
            for rule in policy.rules(direction):
                for port in rule.ports or ():
                    if port.first is not None and port.protocol:
                        yield PortRange(port.protocol, port.first, port.last or MAX_PORT)


def address_ranges(endpoints: Iterable[Endpoint], policies: Iterable[Policy]) -> Iterable[AddressRange]:
    """The addresses that workloads have and policies speak of."""
    for endpoint in endpoints:
        yield from endpoint.addresses
    for policy in policies:
        for direction in Direction:
            for rule in policy.rules(direction):
                for peer in rule.peers or ():
                    yield from peer.blocks
                    yield from peer.excepts
