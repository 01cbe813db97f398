"""How far ways in and rules of networks reach, as extents that can be compared."""

from __future__ import annotations

import re

from hullcheck.model.container import Port
from hullcheck.model.extent import (
    EVERY_ADDRESS,
    NOWHERE,
    UNKNOWN,
    UNKNOWN_ADDRESS,
    Extent,
    Parts,
    Spans,
    extent,
    listeners,
    ports,
    ranges,
    selector,
    union,
    words,
)
from hullcheck.model.network.addresses import ALL_V4, AddressRange
from hullcheck.model.network.labels import Operator, Requirement
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange
from hullcheck.model.node import Mapping, Scalar, at
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.network import Doorway, Network
    from hullcheck.model.network.policy import Peer, Policy, Rule
    from hullcheck.model.network.service import Entrance, Service

_ALLOWED = pattern(
    r"(?:nginx\.ingress\.kubernetes\.io/(?:whitelist|allowlist)-source-range"
    r"|ingress\.kubernetes\.io/whitelist-source-range|alb\.ingress\.kubernetes\.io/inbound-cidrs"
    r"|haproxy(?:-ingress\.github)?\.(?:io|org)/(?:allow-list|whitelist|allowlist-source-range|whitelist-source-range)"
    r"|traefik\.ingress\.kubernetes\.io/whitelist-source-range|konghq\.com/whitelist)"
)
"""Annotations of an Ingress that list the only addresses that it lets in."""

_INSIDE = {
    "alb.ingress.kubernetes.io/scheme": "internal",
    "kubernetes.io/ingress.class": "gce-internal",
}
"""Annotations of an Ingress that keep it inside the network, with the value that does."""

_LOOPBACK = (AddressRange(127 << 24, 128 << 24),)
_HERE, _EVERYWHERE = "the provider's own network", "the internet"


OWN_NAMESPACE = Parts(
    "selector", frozenset((frozenset((Requirement("the namespace", Operator.IN, frozenset(("its own",))),)),))
)
"""The policy's own, whatever it is called."""


def published(port: Port) -> Extent:
    """A port of a container: on which addresses of its host it is open, if on any."""
    if port.published is None and not port.public:
        return NOWHERE
    host = port.host_ip
    if port.public:
        on = EVERY_ADDRESS
    elif host is None or host.unknown or not host.value:
        on = UNKNOWN_ADDRESS
    else:
        on = listeners(["127.0.0.1" if host.value == "localhost" else host.value.strip("[]")])
    if port.number is None:
        return extent(addresses=on)
    return extent(addresses=on, ports=ports([PortRange(port.protocol.upper(), port.number, port.last or port.number)]))


def offered(service: Service) -> Extent:
    """From where a Service is open to the outside, and on which of its ports."""
    numbers = [PortRange(p.protocol, p.number, p.number) for p in service.ports if p.number is not None]
    return extent(from_=_sources(service), networks=_networks(service.internal), ports=ports(numbers))


def _sources(service: Service) -> Spans:
    return listeners(service.ranges) if service.ranges and service.type == "LoadBalancer" else EVERY_ADDRESS


def _networks(internal: bool) -> Parts:
    return words((_HERE,) if internal else (_HERE, _EVERYWHERE), "name")


class Limits(NamedTuple):
    """From where a way in is open by itself, whatever policies say: these addresses, and `inside` a network only."""

    sources: Spans = EVERY_ADDRESS
    inside: bool = False

    @property
    def extent(self) -> Extent:
        return extent(from_=self.sources, networks=_networks(self.inside))

    @property
    def text(self) -> str:
        """In words; empty where there are none."""
        words = [f"only from {_HERE}"] if self.inside else []
        if self.sources.unknown:
            words.append("limited to some addresses")
        elif self.sources != EVERY_ADDRESS:
            words.append(f"only from {self.sources}" if self.sources.ranges else "from no address")
        return ", ".join(words)


def limits(network: Network, doorway: Doorway) -> Limits:
    """The limits of a way in: of a load balancer, by annotations, or to an address of the host."""
    sources, nets = _limits(network, doorway)
    return Limits(_everybody(sources), _EVERYWHERE not in nets.elements)


def let_in(network: Network, doorway: Doorway, connections: int) -> Extent:
    """From which addresses a way in lets these connections through, by its own limits and the workload's policies."""
    sources, nets = _limits(network, doorway)
    universe = network.universe
    if universe.on_host >> doorway.workload & 1:
        cells = [(connections, universe.outside)]
    else:
        cells = list(network.answers.strict.ingress.partition(doorway.workload))
    found = []
    for admitted, ends in cells:
        if not admitted & connections:
            continue
        if doorway.by_controller:
            whom = sources if ends & universe.controller else Spans("address", ())
        else:
            whom = _everybody(ranges(universe.ranges(ends))).common(sources)
        through = ports(universe.ports.ranges(admitted & connections))
        found.append(extent(from_=whom, networks=nets, ports=through))
    return union(found)


def _everybody(found: Spans) -> Spans:
    """All of IPv4 is everybody."""
    return EVERY_ADDRESS if any(start <= 0 and end >= ALL_V4.end for start, end in found.ranges) else found


def _limits(network: Network, doorway: Doorway) -> tuple[Spans, Parts]:
    if doorway.kind == "hostPort":
        return (ranges(_LOOPBACK) if doorway.limited else EVERY_ADDRESS), _networks(False)
    if doorway.kind == "published":
        return (UNKNOWN_ADDRESS if doorway.limited else EVERY_ADDRESS), _networks(False)
    if not doorway.by_controller:
        service = doorway.service
        return (
            (EVERY_ADDRESS, _networks(False)) if service is None else (_sources(service), _networks(service.internal))
        )
    entrance = network.remembered(("entrances",), lambda: _entrances(network)).get(doorway.via)
    return _of_entrance(entrance)


def _entrances(network: Network) -> dict[str, Entrance]:
    return {
        f"{one.object.kind} `{one.namespace or 'default'}/{one.object.name}`": one for one in network.scope.entrances
    }


def _of_entrance(entrance: Entrance | None) -> tuple[Spans, Parts]:
    """The addresses that an Ingress lets in, and the networks that it is open to, by its annotations."""
    annotations = at(entrance.object.node, "metadata", "annotations") if entrance is not None else None
    sources, inside = EVERY_ADDRESS, False
    if isinstance(annotations, Mapping):
        for key, (_, value) in annotations.entries().items():
            text = value.text.strip() if isinstance(value, Scalar) else ""
            if _ALLOWED.fullmatch(key) and text:
                sources = UNKNOWN_ADDRESS if value.unknown else listeners(re.split(r"[\s,]+", text))
            inside = inside or _INSIDE.get(key) == text
    return sources, _networks(inside)


def admitted(policy: Policy, rule: Rule, wide: bool = False) -> Extent:
    """Whom a rule lets through and on which ports; by those peers alone that are everybody, if only they are `wide`."""
    peers = rule.peers
    if wide and peers is not None:
        from hullcheck.model.network.review import everybody

        peers = tuple(peer for peer in peers if everybody(peer)) or tuple(peer for peer in peers if peer.blocks)
    through = _ports(rule)
    if peers is None:
        return extent(ends=words(("pods", "addresses"), "name"), **through)
    return union(extent(**_ends(policy, one), **through) for one in peers)


def _ends(policy: Policy, peer: Peer) -> dict[str, Spans | Parts]:
    if not peer.known or peer.elsewhere:
        return {"ends": words(peer.names or (peer.elsewhere or UNKNOWN,), "name")}
    if peer.blocks:
        spans = ranges(peer.blocks).minus(ranges(peer.excepts))
        return {"ends": words(("addresses",), "name"), "addresses": spans}
    found: dict[str, Spans | Parts] = {"ends": words(("pods",), "name")}
    if peer.pods is not None and not peer.pods.selects_all:
        found["pods"] = selector(peer.pods)
    if peer.namespaces is None and not policy.cluster_wide:
        found["namespaces"] = OWN_NAMESPACE
    elif peer.namespaces is not None and not peer.namespaces.selects_all:
        found["namespaces"] = selector(peer.namespaces)
    return found


def _ports(rule: Rule) -> dict[str, Spans | Parts]:
    """The ports of a rule; those that have names are another matter."""
    if rule.ports is None:
        return {}
    names = []
    found: list[PortRange] = []
    for port in rule.ports:
        if port.name or not port.known:
            names.append(port.name or UNKNOWN)
        elif port.first is None:
            protocols = (port.protocol,) if port.protocol else PROTOCOLS
            found += (PortRange(protocol, 1, MAX_PORT) for protocol in protocols)
        else:
            found.append(PortRange(port.protocol, port.first, port.last or port.first))
    spans = ports(found)
    return {"ports_named": words(names, "name")} if names and spans.empty else {"ports": spans}


def through(rule: Rule) -> Extent:
    """The ports of a rule alone."""
    return extent(**_ports(rule))


def by_pods(network: Network, workload: int) -> Extent:
    """On which ports every pod of the scope is let in to a workload."""
    universe = network.universe
    everyone = universe.workloads & ~universe.on_host & ~(1 << workload)
    found = 0
    for connections, ends in network.answers.strict.ingress.partition(workload):
        found |= 0 if everyone & ~ends else connections
    return extent(ports=ports(universe.ports.ranges(found)))
