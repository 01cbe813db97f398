"""A policy for pods on the host's network, which most network plugins can't confine.

A pod with `hostNetwork: true` has the node's address. To most plugins its traffic is the node's: no selector finds it,
so a policy that selects it protects nothing, whatever it says.

To fix: take the pod off the host's network, or confine the node with a firewall:

    spec:
      template:
        spec:
          hostNetwork: false

A policy that selects such pods beside others is a low finding. What happens is left to the plugin, so look into the
manual of yours.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("kubescape:C-0041", "checkov:CKV_K8S_19"),
    cwe=(653,),
)


@check.on("PolicyUse")
def without_hold(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.policy import Tier

    if use.policy.opaque or use.policy.refused or use.policy.tier is not Tier.NAMESPACE or use.policy.doubtful:
        return
    if use.policy.selector.selects_all:  # meant for the others, too, whichever come
        return
    from hullcheck.model.network.review import selected_by_labels

    selected = selected_by_labels(use)
    on_host = [endpoint for endpoint in selected if endpoint.host_network]
    if not on_host:
        return
    only = len(on_host) == len(selected)
    names = ", ".join(f"`{endpoint.name}`" for endpoint in on_host[:3])
    yield check.finding(
        use,
        f"`{use.policy.object.name}` selects {'only ' if only else ''}{names} on the host's network, which most "
        "network plugins don't confine",
        severity=None if only else Severity.LOW,
        related=(Related(e.location, f"`{e.name}` is on the host's network") for e in on_host[:5]),
    )
