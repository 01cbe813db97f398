"""Network policies of all kinds, from their nodes."""

from __future__ import annotations

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.policy import Policy


def policies(made: KubernetesObject) -> list[Policy]:
    """The policies that the object is: none for other kinds, several for Cilium's `specs`."""
    if not made.kind.endswith("NetworkPolicy"):
        return []
    if made.kind == "NetworkPolicy" and made.group in ("", "networking.k8s.io", "extensions"):
        from hullcheck.parse.network_policy import network_policy

        return [network_policy(made)]
    from hullcheck.parse import admin_policy, cilium_policy

    if made.group == admin_policy.GROUP and made.kind in admin_policy.KINDS:
        return [admin_policy.admin_policy(made)]
    if made.group == cilium_policy.GROUP and made.kind in cilium_policy.KINDS:
        return cilium_policy.cilium_policies(made)
    from hullcheck.parse.opaque_policy import opaque_policies

    return opaque_policies(made)
