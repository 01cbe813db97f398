"""What the checks of networks look at: scopes, workloads, policies, Services and ways in.

A part is a thing of one scope. Overlays hold the same thing several times, so the first of its `places` is its own,
and behind it are those of the same thing in other scopes: a check asks of all of them before it says that something is
nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.compose import Network as ComposeNetworkDeclaration
    from hullcheck.model.compose import Service as ComposeService
    from hullcheck.model.network.compose import ComposeNetwork
    from hullcheck.model.network.endpoint import Endpoint
    from hullcheck.model.network.near import Neighbours
    from hullcheck.model.network.network import Doorway, Network
    from hullcheck.model.network.policy import Direction, Policy
    from hullcheck.model.network.service import Entrance, Service


class NearMiss(NamedTuple):
    """A policy that selects nothing but nearly selects a workload, and by what it misses."""

    policy: Policy
    why: str


class PolicyScope(NamedTuple):
    """Objects that are applied together: a kustomization with its bases, or plain manifests side by side.

    `policies_elsewhere` is the path of a policy of another scope that may be for these namespaces, empty if there is
    none. `approximate` says why the scope can't be known in full, such as a remote base; nothing is judged then. `also` are the names of scopes
    that hold nothing but the same workloads.
    """

    name: str
    network: Network
    workloads: tuple[Endpoint, ...]
    policies: tuple[Policy, ...]
    policies_elsewhere: str = ""
    approximate: str = ""
    also: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        return self.workloads[0].location

    @property
    def owner(self) -> str:
        return self.name

    @property
    def namespaces(self) -> list[str]:
        return sorted({workload.namespace for workload in self.workloads})


class Isolation(NamedTuple):
    """How policies confine one workload, in a scope that has policies.

    `ingress` and `egress` are true if one does. `uncertain` is true if a policy that can't be fully known may isolate
    it. `served` is true if it declares a port or a Service selects it, `exposed` if the way in leads from outside the
    cluster. `elsewhere` is the path of a policy of another scope that would isolate it.
    """

    network: Network
    number: int
    workload: Endpoint
    ingress: bool
    egress: bool
    uncertain: bool
    served: bool
    exposed: bool
    namespace_restricts_egress: bool
    near_misses: tuple[NearMiss, ...] = ()
    elsewhere: str = ""

    @property
    def location(self) -> Location:
        return self.workload.location

    @property
    def owner(self) -> str:
        return self.workload.owner

    @property
    def host_network(self) -> bool:
        return self.workload.host_network


class NamespaceUse(NamedTuple):
    """A namespace of a scope: its workloads and policies. `location` is its first policy's."""

    network: Network
    name: str
    workloads: tuple[int, ...]
    policies: tuple[Policy, ...]

    @property
    def location(self) -> Location:
        return min((policy.location for policy in self.policies), key=lambda place: (place.path, place.start))

    @property
    def owner(self) -> str:
        return f"Namespace/{self.name}"


class Reach(NamedTuple):
    """A workload in its network, and in others that hold the same one; each with its number there."""

    endpoint: Endpoint
    places: tuple[tuple[Network, int], ...]

    @property
    def location(self) -> Location:
        return self.endpoint.location

    @property
    def owner(self) -> str:
        return self.endpoint.owner

    def doorways(self) -> Iterator[tuple[Network, Doorway]]:
        """The ways in from outside to it, in its own network."""
        network, number = self.places[0]
        yield from ((network, doorway) for doorway in network.doorways_of(number))


class Surroundings(NamedTuple):
    """What there is in all scopes together. `namespaces` are those of workloads, `declared` those with a manifest.

    `partial` is true if part of the repository can't be known: nothing can be said to be nowhere then.
    """

    neighbours: Neighbours
    endpoints: tuple[Endpoint, ...]
    namespaces: frozenset[str]
    declared: frozenset[str]
    partial: bool


class PolicyUse(NamedTuple):
    """A policy in its network, and in others that hold the same one: each with the policy as it is there."""

    policy: Policy
    places: tuple[tuple[Network, Policy], ...]
    surroundings: Surroundings

    @property
    def location(self) -> Location:
        return self.policy.location

    @property
    def owner(self) -> str:
        return self.policy.owner

    @property
    def complete(self) -> bool:
        """Is all known that the scopes hold, so that something can be called missing?"""
        return not any(network.scope.approximate for network, _ in self.places)


class ServiceUse(NamedTuple):
    """A Service in its network, and in others that hold the same one."""

    service: Service
    places: tuple[tuple[Network, Service], ...]

    @property
    def location(self) -> Location:
        return self.service.location

    @property
    def owner(self) -> str:
        return self.service.owner


class EntranceUse(NamedTuple):
    """An Ingress, a Gateway or a route in its network, and in others that hold the same one."""

    entrance: Entrance
    places: tuple[tuple[Network, Entrance], ...]

    @property
    def location(self) -> Location:
        return self.entrance.location

    @property
    def owner(self) -> str:
        return self.entrance.owner


class ComposeUse(NamedTuple):
    """A Compose project and its network; the number of a service there is its place in `services`.

    `idle` are networks that are declared and that no service is on, in any project that declares them there.
    """

    project: ComposeProject
    network: ComposeNetwork
    services: tuple[ComposeService, ...]
    idle: tuple[ComposeNetworkDeclaration, ...] = ()

    @property
    def location(self) -> Location:
        return self.project.location

    @property
    def owner(self) -> str:
        return self.project.owner


class Opened(NamedTuple):
    """A path that a change opened to a workload, from others or from outside.

    `location` is the line that did it, or the workload's where it was a policy that is gone. `sources` and `why` are
    words; `outside` is true for a way in from outside, `everyone` for one from every other workload. `certain` is false
    where not everything is known.
    """

    endpoint: Endpoint
    location: Location
    sources: str
    connections: str
    why: str
    outside: bool = False
    everyone: bool = False
    limited: bool = False
    certain: bool = True

    @property
    def owner(self) -> str:
        return self.endpoint.owner


class IsolationLost(NamedTuple):
    """Workloads that the same policies confined before a change, and that none confines any more.

    `gone` are the names of the policies and their old places. `certain` is false where not everything is known.
    """

    endpoints: tuple[Endpoint, ...]
    direction: Direction
    gone: tuple[tuple[str, Location], ...]
    certain: bool = True

    @property
    def location(self) -> Location:
        return self.endpoints[0].location

    @property
    def owner(self) -> str:
        return self.endpoints[0].owner


class Asserted(NamedTuple):
    """All networks of the repository, as what a configuration says of them is held against. `location` is the
    configuration's."""

    networks: tuple[Network, ...]
    location: Location

    @property
    def owner(self) -> str:
        return "configuration"


class NetworkUse(NamedTuple):
    """A scope's network as a whole."""

    network: Network

    @property
    def location(self) -> Location:
        return self.network.endpoints[0].location

    @property
    def owner(self) -> str:
        return self.network.scope.name
