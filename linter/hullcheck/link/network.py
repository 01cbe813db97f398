"""Worlds and Compose projects to networks: whose ends, policies and ways in are all read."""

from collections.abc import Iterable, Iterator

from hullcheck.model.container import Container, Port
from hullcheck.model.kubernetes import KubernetesObject, World, is_template
from hullcheck.model.network.addresses import AddressRange, address
from hullcheck.model.network.datastores import data_store
from hullcheck.model.network.endpoint import Assume, ContainerPort, Endpoint
from hullcheck.model.network.labels import Labels
from hullcheck.model.network.network import Network, Scope
from hullcheck.model.network.policy import Policy
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS
from hullcheck.model.network.service import Entrance, Service
from hullcheck.model.node import as_bool, as_str, at, items
from hullcheck.model.workload import Workload
from hullcheck.parse.labels import text_map
from hullcheck.parse.network import policies
from hullcheck.parse.services import entrance, service


def network(world: World, assume: Assume, datastores: tuple[str, ...] = ()) -> Network:
    """The network of what is applied together; `datastores` are more images that hold data."""
    return Network(scope(world, datastores), assume)


def scope(world: World, datastores: tuple[str, ...] = ()) -> Scope:
    """What the network of a world is made of."""
    found: list[Policy] = []
    services: list[Service] = []
    entrances: list[Entrance] = []
    namespaces: dict[str, dict[str, str]] = {}
    pods: dict[str, KubernetesObject] = {}
    for made in world.objects:
        found += policies(made)
        if (one := service(made)) is not None:
            services.append(one)
        if (way := entrance(made)) is not None:
            entrances.append(way)
        if (made.kind, made.group) == ("Namespace", ""):
            namespaces[made.name] = text_map(at(made.node, "metadata", "labels"))
        if made.kind == "Pod":
            pods[made.owner] = made
    return Scope(
        world.name or ".",
        world.kind,
        tuple(_unique(_endpoint(workload, pods, datastores) for workload in world.workloads)),
        tuple(found),
        tuple(services),
        tuple(entrances),
        namespaces,
        world.approximate,
    )


def _unique(endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    """Pods of one owner that nothing tells apart are one workload."""
    seen = set()
    for endpoint in endpoints:
        labels = tuple(sorted(endpoint.labels.values.items()))
        ports = tuple(port[:3] for port in endpoint.ports)
        key = (endpoint.id, labels, ports, endpoint.host_network, endpoint.addresses)
        if endpoint.kind == "Pod" or key not in seen:
            seen.add(key)
            yield endpoint


def _endpoint(workload: Workload, pods: dict[str, KubernetesObject], datastores: tuple[str, ...]) -> Endpoint:
    namespace = workload.namespace or "default"
    name, kind = workload.name, workload.kind
    addresses: tuple[AddressRange, ...] = ()
    pod = pods.get(workload.owner) if kind == "Pod" else None
    if pod is not None:
        name, kind = _controller(pod) or (name, kind)
        addresses = tuple(_addresses(pod))
    ports = tuple(_ports(workload.containers))
    images = tuple(image.repository for c in workload.containers if c.image and (image := c.image.image))
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
        data_store(images, (port.number for port in ports), datastores),
        workload.ends,
        workload.complete,
    )


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


def _labels(labels: dict[str, str]) -> Labels:
    hidden = frozenset(key for key, value in labels.items() if is_template(value))
    known = {key: value for key, value in labels.items() if key not in hidden and not is_template(key)}
    return Labels(known, hidden, open=any(is_template(key) for key in labels))


def _ports(containers: Iterable[Container]) -> Iterator[ContainerPort]:
    for container in containers:
        if container.role in ("container", "sidecar", "service"):
            for port in container.ports:
                protocol = port.protocol.upper() or "TCP"
                if port.number is not None and 1 <= port.number <= MAX_PORT and protocol in PROTOCOLS:
                    yield _port(port, port.number, protocol)


def _port(port: Port, number: int, protocol: str) -> ContainerPort:
    host = (port.host_ip.value or "") if port.host_ip else ""
    loopback = host.startswith("127.") or host == "::1"
    return ContainerPort(port.name, protocol, number, port.location, port.published or 0, loopback)
