"""Network policies of all kinds, Services and Ingresses, from their nodes."""

from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network import Backend, Policy, Service
from hullcheck.model.node import at, items
from hullcheck.parse import admin_policy, services
from hullcheck.parse.labels import selector, text_map
from hullcheck.parse.network_policy import network_policy
from hullcheck.parse.opaque_policy import opaque_policies

__all__ = ["at", "backends", "items", "policies", "policy", "selector", "service", "text_map"]


def policy(made: KubernetesObject) -> Policy | None:
    """The object as a policy, if its kind is one that can isolate pods."""
    return next(iter(policies(made)), None)


def policies(made: KubernetesObject) -> list[Policy]:
    """The policies that the object is: none for other kinds, several for Cilium's `specs`."""
    if not made.kind.endswith("NetworkPolicy"):
        return []
    if made.kind == "NetworkPolicy" and made.group in ("", "networking.k8s.io", "extensions"):
        return [network_policy(made)]
    if made.group == admin_policy.GROUP and made.kind in admin_policy.KINDS:
        return [admin_policy.admin_policy(made)]
    return opaque_policies(made)


def service(made: KubernetesObject) -> Service | None:
    """The object as a Service; None for other kinds and for Services that select no pods."""
    found = services.service(made)
    return found if found and found.selects else None


def backends(made: KubernetesObject) -> Iterator[Backend]:
    """The Services that an Ingress names."""
    found = services.entrance(made) if made.kind == "Ingress" else None
    yield from found.backends if found else ()
