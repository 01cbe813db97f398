"""Services, and what brings connections from outside to them."""

from __future__ import annotations

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.labels import LabelSelector
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class ServicePort(NamedTuple):
    """A port of a Service. `target` is the pods' port, by number or name; None is the same number."""

    name: str
    number: int | None
    protocol: str
    target: int | str | None
    location: Location
    node_port: int | None = None


class Service(NamedTuple):
    """A Service. `selects` is false if it selects no pods itself.

    `public` is true for those that open a door to outside the cluster; `internal` if an annotation keeps a load
    balancer inside the network, `ranges` are the only sources that it lets in.
    """

    object: KubernetesObject
    namespace: str
    selector: LabelSelector
    public: bool
    selects: bool = True
    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] = ()
    internal: bool = False
    ranges: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    type_location: Location | None = None
    external_ips_location: Location | None = None

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return self.object.owner

    @property
    def name(self) -> str:
        """How messages name it: `shop/web`."""
        return f"{self.namespace or 'default'}/{self.object.name}"


class Backend(NamedTuple):
    """A Service that something sends connections from outside to.

    `object` is the Ingress, the Route or whatever else, `port` the Service's by number or name, None for all. `target`
    is true if `port` is the pods' port instead, as in OpenShift's Route. `granted` is false where it is another
    namespace's, and nothing that is applied with it lets it be named: the gateway refuses such a reference.
    """

    namespace: str
    service: str
    port: int | str | None = None
    object: KubernetesObject | None = None
    location: Location | None = None
    target: bool = False
    granted: bool = True


class TlsGap(NamedTuple):
    """A host that is served without TLS."""

    host: str
    location: Location
    wildcard: bool = False


class Entrance(NamedTuple):
    """An Ingress, or whatever else brings in connections from outside.

    `gaps` are the hosts that it serves without TLS, as far as it says itself. `tls_elsewhere` says what may end TLS
    before it, if something does. `annotations` are its own, each with the places of key and value.
    """

    object: KubernetesObject
    namespace: str
    backends: tuple[Backend, ...]
    gaps: tuple[TlsGap, ...] = ()
    tls_elsewhere: str = ""

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return self.object.owner
