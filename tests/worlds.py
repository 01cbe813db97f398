"""Small worlds out of manifests, for tests of the network model."""

from hullcheck.link.network import network
from hullcheck.model.container import Container, Port, Root, User, Variable
from hullcheck.model.image import ImageUse
from hullcheck.model.kubernetes import World
from hullcheck.model.network.endpoint import Assume
from hullcheck.model.network.network import Network
from hullcheck.model.node import as_int, as_str, at, items
from hullcheck.model.workload import Workload
from hullcheck.parse import kubernetes
from hullcheck.parse.workloads import workload
from hullcheck.source import Field, Source


def world(**files: str) -> World:
    """The manifests as one world; a file's name has `_` for `.`."""
    objects = []
    for name, text in files.items():
        objects += kubernetes.read(Source(f"{name}.yaml", text.encode())).objects
    workloads = []
    for made in objects:
        found = workload(made)
        if found is not None:
            containers = tuple(_container(node) for node in items(at(found.pod_spec, "containers")))
            workloads.append(
                Workload(
                    "kubernetes",
                    found.owner,
                    made.kind,
                    made.name,
                    found.namespace,
                    found.location,
                    containers,
                    labels=found.pod_labels,
                    host_network=Field(found.host_network, found.location),
                )
            )
    return World("test", "manifests", tuple(objects), tuple(workloads))


def _container(node: object) -> Container:
    from hullcheck.model.node import Mapping

    assert isinstance(node, Mapping)
    place = node.location.one_line()
    ports = tuple(
        Port(
            as_int(at(port, "containerPort")),
            None,
            (as_str(at(port, "protocol")) or "TCP").lower(),
            port.location.one_line(),
            published=as_int(at(port, "hostPort")),
            name=as_str(at(port, "name")) or "",
        )
        for port in items(at(node, "ports"))
    )
    environment = tuple(
        Variable(as_str(at(item, "name")) or "", Field(as_str(at(item, "value")), place), place)
        for item in items(at(node, "env"))
    )
    name = as_str(node.get("name")) or ""
    image = ImageUse(Field(as_str(node.get("image")), place), "image", name)
    return Container("kubernetes", name, name, place, image, User(Root.UNKNOWN, place), ports=ports, environment=environment)


def net(text: str, assume: Assume = Assume()) -> Network:  # noqa: B008  a constant
    """The network of manifests in one text."""
    return network(world(manifests=text), assume)
