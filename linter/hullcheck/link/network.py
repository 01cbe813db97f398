"""Worlds and Compose projects to networks: whose ends, policies and ways in are all read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from hullcheck.link.grants import with_grants
from hullcheck.link.needs import config_maps, mentions, others, rights_of
from hullcheck.model.coverage import Gap
from hullcheck.model.kubernetes import KubernetesObject, PodObject, World, is_api_group, is_template
from hullcheck.model.network.addresses import AddressRange, address
from hullcheck.model.network.consoles import consoles
from hullcheck.model.network.datastores import Hints, data_store, is_client
from hullcheck.model.network.endpoint import Assume, ContainerPort, Endpoint
from hullcheck.model.network.labels import Labels, numbers_in
from hullcheck.model.network.near import Neighbours
from hullcheck.model.network.network import Network, Scope
from hullcheck.model.network.parts import (
    EntranceUse,
    NamespaceUse,
    NetworkUse,
    PolicyUse,
    Reach,
    ServiceUse,
    Surroundings,
)
from hullcheck.model.network.policy import Policy
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS
from hullcheck.model.network.service import Entrance, Service
from hullcheck.model.node import as_bool, as_str, at, items
from hullcheck.model.problem import Problem
from hullcheck.model.scoped import Scoped
from hullcheck.model.workload import Workload
from hullcheck.parse.labels import text_map
from hullcheck.parse.network import policies
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.container import Container, Port
    from hullcheck.model.kept import Kept


MAX_ALIKE = 20
"""Worlds with the same object that are asked, besides an object's own, before something is said to be nowhere."""


_Said = tuple[tuple[Policy, ...], Service | None, Entrance | None]
"""What an object is to the network: policies, a Service, a way in."""


def network(
    world: World,
    assume: Assume,
    datastores: tuple[str, ...] = (),
    kept: "Kept | None" = None,
    said: dict[int, _Said] | None = None,
) -> Network:
    """The network of what is applied together; `datastores` are more images that hold data.

    `said` has what objects of other worlds are, by their ids: overlays of the same base share most of them.
    """
    if kept is None:
        return Network(scope(world, datastores, said=said), assume)
    return kept.of(("network", id(world)), world, lambda: Network(scope(world, datastores, kept), assume))


def scope(
    world: World,
    datastores: tuple[str, ...] = (),
    kept: "Kept | None" = None,
    said: dict[int, _Said] | None = None,
) -> Scope:
    """What the network of a world is made of."""
    known = {} if said is None else said
    found: list[Policy] = []
    services: list[Service] = []
    entrances: list[Entrance] = []
    namespaces: dict[str, dict[str, str]] = {}
    for made in world.objects:
        if kept is not None:
            own, one, way = kept.of(("said", id(made)), made, partial(_said, made))
        elif id(made) in known:
            own, one, way = known[id(made)]
        else:
            own, one, way = known[id(made)] = _said(made)
        found += own
        if one is not None:
            services.append(one)
        if way is not None:
            entrances.append(way)
        if made.kind == "Namespace" and not made.group:
            namespaces[made.name] = text_map(at(made.node, "metadata", "labels"))
    ends = list(_unique((_end(workload, datastores, kept), workload) for workload in world.workloads))
    maps = config_maps(world)
    return Scope(
        world.name or ".",
        world.kind,
        tuple(endpoint for endpoint, _ in ends),
        tuple(_resolved(found, services, world) if found else ()),
        tuple(services),
        tuple(with_grants(entrances, world.objects)),
        namespaces,
        world.approximate,
        tuple(tuple(mentions(workload, maps)) for _, workload in ends),
        world.folder,
        frozenset(made.name for made in world.objects if made.name and _may_make_pods(made)),
        others(world),
        rights_of(world),
    )


def _end(workload: Workload, datastores: tuple[str, ...], kept: "Kept | None") -> Endpoint:
    if kept is None:
        return _endpoint(workload, datastores)
    return kept.of(("end", id(workload)), workload, lambda: _endpoint(workload, datastores))


def _said(made: KubernetesObject) -> _Said:
    from hullcheck.parse.services import entrance, service

    found = tuple(policy._replace(number=number) for number, policy in enumerate(policies(made)))
    return found, service(made), entrance(made)


def _resolved(found: list[Policy], services: list[Service], world: World) -> Iterable[Policy]:
    from hullcheck.link.cilium import resolved

    return resolved(found, services, world.objects)


def _may_make_pods(made: KubernetesObject) -> bool:
    return not is_api_group(made.group) and not made.kind.endswith("Policy")


def _unique(ends: Iterable[tuple[Endpoint, Workload]]) -> Iterator[tuple[Endpoint, Workload]]:
    """Pods of one owner that nothing tells apart are one workload."""
    seen = set()
    for endpoint, workload in ends:
        labels = tuple(sorted(endpoint.labels.values.items()))
        ports = tuple(port[:3] for port in endpoint.ports)
        key = (endpoint.id, labels, ports, endpoint.host_network, endpoint.addresses)
        if endpoint.kind == "Pod" or key not in seen:
            seen.add(key)
            yield endpoint, workload


def _endpoint(workload: Workload, datastores: tuple[str, ...]) -> Endpoint:
    namespace = workload.namespace or "default"
    name, kind = workload.name, workload.kind
    addresses: tuple[AddressRange, ...] = ()
    part = workload.part
    made = part.object if isinstance(part, PodObject) else None
    if kind == "Pod" and made is not None:
        name, kind = _controller(made) or (name, kind)
        addresses = tuple(_addresses(made))
    ports = tuple(_ports(workload.containers, datastores))
    images = tuple(image.repository for c in workload.containers if c.image and (image := c.image.image))
    serving = [container for container in workload.containers if _serves(container)]
    stores = (image.repository for c in serving if c.image and (image := c.image.image))
    return Endpoint(
        f"{namespace}/{name}[{kind}]",
        workload.owner,
        namespace,
        name,
        kind,
        workload.location,
        _labels(workload.labels),
        ports,
        bool(workload.host_network and workload.host_network.value),
        addresses,
        images,
        "" if workload.ends else data_store(stores, (port.number for port in ports), datastores, _hints(name, serving)),
        workload.ends,
        workload.complete,
        not workload.namespace,
        _uses_cluster_dns(made),
        made,
        tuple(console for container in workload.containers for console in consoles(container)),
        _account(workload),
    )


def _account(workload: Workload) -> str:
    """The name of its service account; empty where that isn't known."""
    said = workload.service_account
    if said is not None and (said.unknown or is_template(said.value or "")):
        return ""
    return (said.value if said is not None else None) or "default"


def _serves(container: Container) -> bool:
    """May it be a server, going by its role and its command?"""
    words = [word.value or "" for word in container.command]
    return container.role in ("container", "sidecar", "service") and not is_client(words)


def _hints(name: str, containers: Iterable[Container]) -> Hints:
    texts = [name]
    for container in containers:
        texts += [container.name, *(variable.name for variable in container.environment)]
        texts += [(word.value or "").rpartition("/")[2] for word in container.command[:1]]
    return Hints.of(*texts)


def _controller(pod: KubernetesObject) -> tuple[str, str] | None:
    """Name and kind of what made the pod, if it says so."""
    owners = items(at(pod.node, "metadata", "ownerReferences"))
    owners.sort(key=lambda owner: as_bool(at(owner, "controller")) is not True)
    for owner in owners:
        name, kind = as_str(at(owner, "name")), as_str(at(owner, "kind"))
        if name and kind:
            return name, kind
    return None


def _addresses(pod: KubernetesObject) -> Iterator[AddressRange]:
    status = at(pod.node, "status")
    found = [as_str(at(item, "ip")) for item in items(at(status, "podIPs"))] or [as_str(at(status, "podIP"))]
    for text in found:
        span = address(text) if text else None
        if span is not None:
            yield span


_POD_SPECS = (("spec", "template", "spec"), ("spec",), ("spec", "jobTemplate", "spec", "template", "spec"))


def _uses_cluster_dns(made: KubernetesObject | None) -> bool:
    policies_of_dns = [as_str(at(made.node, *path, "dnsPolicy")) for path in _POD_SPECS] if made else []
    return not any(word in ("None", "Default") for word in policies_of_dns)


def _labels(labels: dict[str, str]) -> Labels:
    hidden = frozenset(key for key, value in labels.items() if is_template(value))
    known = {key: value for key, value in labels.items() if key not in hidden and not is_template(key)}
    return Labels(known, hidden, open=any(is_template(key) for key in labels))


def _ports(containers: Iterable[Container], datastores: tuple[str, ...]) -> Iterator[ContainerPort]:
    for container in containers:
        if container.role in ("container", "sidecar", "service"):
            image = container.image.image if container.image else None
            data = data_store((image.repository,), (), datastores) if image and _serves(container) else ""
            for port in container.ports:
                protocol = port.protocol.upper() or "TCP"
                if port.number is not None and 1 <= port.number <= MAX_PORT and protocol in PROTOCOLS:
                    yield _port(port, port.number, protocol, data)


def _port(port: Port, number: int, protocol: str, data: str) -> ContainerPort:
    host = (port.host_ip.value or "") if port.host_ip else ""
    loopback = host.startswith("127.") or host == "::1"
    return ContainerPort(port.name, protocol, number, port.location, port.published or 0, loopback, data)


class Options(NamedTuple):
    """What the networks of a repository are made with.

    `datastores` are more images that hold data, `mentions` the paths of files that speak of network policies but
    can't be read, such as templates.
    """

    datastores: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    assume: Assume = Assume()


def parts(
    worlds: Sequence[World],
    options: Options = Options(),  # noqa: B008  a constant
    projects: Sequence[ComposeProject] = (),
    problems: list[Problem] | None = None,
    kept: "Kept | None" = None,
) -> Iterator[Scoped]:
    """What the checks of networks look at. What is too much to be worked out is added to `problems`."""
    if projects:
        from hullcheck.link.compose_network import network_parts

        yield from network_parts(projects, options.datastores)
    if not worlds:
        return
    from hullcheck.link.confinement import isolations, scopes

    said: dict[int, _Said] = {}
    networks = [network(world, options.assume, options.datastores, kept, said) for world in worlds]
    yield from (Scoped(net.scope.name, NetworkUse(net)) for net in networks if net.endpoints)
    yield from (Scoped(found.name, found) for found in scopes(zip(networks, worlds, strict=True), options.mentions))
    yield from (Scoped(found.network.scope.name, found) for found in isolations(networks))
    if problems is not None:
        problems += _too_much(networks)
    yield from (Scoped(found.network.scope.name, found) for found in _namespaces(networks))
    if any(net.policies for net in networks if net.endpoints):
        from hullcheck.link.denied import denied_parts

        yield from denied_parts(networks, problems)
    yield from (Scoped(found.places[0][0].scope.name, found) for found in (*_reaches(networks), *_uses(networks, kept)))


def _too_much(networks: Iterable[Network]) -> Iterator[Problem]:
    """The scopes whose policies are so tangled that not all is known of what they let through."""
    for net in networks:
        if net.scope.policies and not net.scope.approximate and any(answer.truncated for answer in net.answers):
            why = "what its policies let through can't be worked out in full: they are too tangled"
            gap = Gap("limit", "network", why)
            first = net.scope.policies[0]
            yield Problem(
                "not-analysed", f"network of {net.scope.name}: {why}", first.location, first.object.owner, gap
            )


def _namespaces(networks: Iterable[Network]) -> Iterator[NamespaceUse]:
    for net in networks:
        by_namespace: dict[str, list[Policy]] = {}
        for policy in net.policies:
            if not policy.cluster_wide:
                by_namespace.setdefault(policy.namespace or "default", []).append(policy)
        for name, found in by_namespace.items():
            workloads = tuple(numbers_in(net.universe.of_namespace(name)))
            if workloads and not net.scope.approximate:
                yield NamespaceUse(net, name, workloads, tuple(found))


def _reaches(networks: Iterable[Network]) -> Iterator[Reach]:
    ends = ((net, number) for net in networks for number in range(len(net.endpoints)))
    for places in _alike(ends, lambda net, number: _who(net.endpoints[number].object)):
        net, number = places[0]
        yield Reach(net.endpoints[number], places)


def _surroundings(networks: list[Network]) -> Surroundings:
    endpoints = tuple(endpoint for net in networks for endpoint in net.endpoints)
    return Surroundings(
        Neighbours(endpoints),
        endpoints,
        frozenset(endpoint.namespace for endpoint in endpoints),
        frozenset(name for net in networks for name in net.scope.namespaces),
        any(net.scope.approximate for net in networks),
    )


def _uses(networks: list[Network], kept: "Kept | None" = None) -> Iterator[PolicyUse | ServiceUse | EntranceUse]:
    if kept is None:
        surroundings = _surroundings(networks)
    else:
        key = ("surroundings", *map(id, networks))
        surroundings = kept.of(key, networks, lambda: _surroundings(networks))
    policies_ = _alike(((net, policy) for net in networks for policy in net.scope.policies), _policy)
    yield from (PolicyUse(places[0][1], places, surroundings) for places in policies_)
    services = _alike(((net, service) for net in networks for service in net.scope.services), _object)
    yield from (ServiceUse(places[0][1], places) for places in services)
    entrances = _alike(((net, entrance) for net in networks for entrance in net.scope.entrances), _object)
    yield from (EntranceUse(places[0][1], places) for places in entrances)


T = TypeVar("T")


def _alike(
    things: Iterable[tuple[Network, T]], who: Callable[[Network, T], Hashable]
) -> Iterator[tuple[tuple[Network, T], ...]]:
    """Each thing of each network, and behind it the same one in other networks, as far as they are a few."""
    places = [(who(*place), place) for place in things]
    found: dict[Hashable, dict[int, tuple[Network, T]]] = {}
    for key, place in places:
        found.setdefault(key, {}).setdefault(id(place[0]), place)
    for key, place in places:
        others = (other for other in found[key].values() if other[0] is not place[0])
        yield (place, *islice(others, MAX_ALIKE))


def _who(made: KubernetesObject | None) -> Hashable:
    """An object by kind, namespace and name, as far as it is made of the same file."""
    return (made.api_version, made.kind, made.namespace, made.name, made.node.source.path) if made else None


def _object(net: Network, thing: Service | Entrance) -> Hashable:
    return _who(thing.object)


def _policy(net: Network, policy: Policy) -> Hashable:
    return (_who(policy.object), policy.number)  # Cilium's `specs` make several policies of one object
