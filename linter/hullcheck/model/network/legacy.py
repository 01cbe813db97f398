"""Scopes and confined workloads in the narrower form that link/scopes.py makes."""

from typing import NamedTuple

from hullcheck.model.kubernetes import Workload
from hullcheck.model.network.policy import Policy
from hullcheck.model.network.service import Backend, Service
from hullcheck.source import Location


class NearMiss(NamedTuple):
    """A policy that selects nothing but nearly selects a workload, and by what it misses."""

    policy: Policy
    why: str


class PolicyScope(NamedTuple):
    """Objects that are applied together: a kustomization with its bases, or plain manifests side by side.

    `policies_elsewhere` is the path of a policy in another scope, empty if there is none. `approximate` says why
    the scope can't be known in full, such as a remote base; nothing is judged then. `also` are the names of scopes
    that hold nothing but the same workloads.
    """

    name: str
    workloads: tuple[Workload, ...]
    policies: tuple[Policy, ...]
    services: tuple[Service, ...] = ()
    backends: tuple[Backend, ...] = ()
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
        return sorted({workload.namespace or "default" for workload in self.workloads})


class Isolation(NamedTuple):
    """How policies confine one workload, in a scope that has policies.

    `uncertain` is true if a policy that can't be fully known may isolate it. `served` is true if it declares a port or
    a Service selects it, `exposed` if the way in leads from outside the cluster. `elsewhere` is the path of a policy
    of another scope that would isolate it.
    """

    scope: str
    workload: Workload
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
