"""The ends of connections: workloads, by what policies and Services ask of them, and how unknowns are taken."""

from __future__ import annotations

from hullcheck.choices import Enum
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.addresses import AddressRange
from hullcheck.model.network.consoles import Console
from hullcheck.model.network.labels import Labels
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class IpBlocksMatchPods(Enum):
    """Does an `ipBlock` hold the addresses of pods, too? Network plugins differ."""

    NEVER = "never"
    MAYBE = "maybe"
    ALWAYS = "always"


class Assume(NamedTuple):
    """How what a repository can't tell is taken.

    `host_network_as_pod`: pods on the host's network are selected like any other; else policies don't reach them.
    `namespaces_closed`: a namespace without a manifest has only the label that every namespace has.
    `strange_controller`: an ingress controller is a pod without labels in a namespace without labels, and reaches only
    ports that containers declare.
    """

    ip_blocks_match_pods: IpBlocksMatchPods = IpBlocksMatchPods.MAYBE
    host_network_as_pod: bool = False
    namespaces_closed: bool = False
    strange_controller: bool = False


NP_GUARD = Assume(IpBlocksMatchPods.NEVER, True, True, True)
"""As np-guard takes all of them."""


class ContainerPort(NamedTuple):
    """A port that a container declares. `host_port` is 0 where the node doesn't open one, `loopback` is true where it
    does for itself only. `data` says which kind of data store the container is, by its image."""

    name: str
    protocol: str
    number: int
    location: Location | None = None
    host_port: int = 0
    loopback: bool = False
    data: str = ""


class Endpoint(NamedTuple):
    """A workload in the network. Its `id` is `namespace/name[Kind]`.

    `images` are its containers', as repositories without registry and tag. `data` says which kind of data store it is,
    if it is one. `addresses` are its pods', where a file says them. `ends` is true if it is meant to run to an end.
    `unset_namespace` is true where `namespace` is only what an unset one is called.
    `cluster_dns` is false where names are looked up otherwise than with the cluster's DNS. `consoles` are the interfaces
    that its containers offer, which run code or show everything. `service_account` is empty where it isn't known.
    """

    id: str
    owner: str
    namespace: str
    name: str
    kind: str
    location: Location
    labels: Labels
    ports: tuple[ContainerPort, ...] = ()
    host_network: bool = False
    addresses: tuple[AddressRange, ...] = ()
    images: tuple[str, ...] = ()
    data: str = ""
    ends: bool = False
    complete: bool = True
    unset_namespace: bool = False
    cluster_dns: bool = True
    object: KubernetesObject | None = None
    consoles: tuple[Console, ...] = ()
    service_account: str = "default"
