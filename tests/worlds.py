"""Small worlds out of manifests, for tests of the network model."""

from hullcheck.link.kubernetes_containers import workload
from hullcheck.link.network import network
from hullcheck.model.kubernetes import World
from hullcheck.model.network.endpoint import Assume
from hullcheck.model.network.network import Network
from hullcheck.parse import kubernetes
from hullcheck.parse.pods import pods
from hullcheck.source import Source


def world(**files: str) -> World:
    """The manifests as one world; a file's name is without `.yaml`."""
    read = {f"{name}.yaml": kubernetes.read(Source(f"{name}.yaml", text.encode())) for name, text in files.items()}
    objects = tuple(made for file in read.values() for made in file.objects)
    workloads = tuple(workload(pod, complete=True) for made in objects for pod in pods(made))
    return World("test", "manifests", objects, workloads)


def net(text: str, assume: Assume = Assume()) -> Network:  # noqa: B008  a constant
    """The network of manifests in one text."""
    return network(world(manifests=text), assume)
