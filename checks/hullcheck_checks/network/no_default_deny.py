"""A namespace with policies for some of its pods, and none for all.

Each policy confines the pods that it selects; a pod that no policy selects is open. So a new workload starts open, and
one whose label changes becomes so, without anybody deciding it. A policy that selects all and allows nothing turns
that around.

To fix: forbid everything first:

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: default-deny
      namespace: shop
    spec:
      podSelector: {}
      policyTypes: [Ingress]

Where the policies there are confine every workload, the finding is low.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import NamespaceUse
    from hullcheck.model.network.policy import Policy

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("kubescape:C-0206", "cis-k8s:5.3.2"),
    cwe=(1188, 653),
)

_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


@check.on("NamespaceUse")
def only_some(use: NamespaceUse) -> Iterator[Finding]:
    if use.name in _SYSTEM or any(_may_be_default(policy) for policy in (*use.policies, *use.network.policies)):
        return
    own = [policy for policy in use.policies if policy.ingress]
    if not own or any(policy.selector.selects_all for policy in own):
        return
    from hullcheck.model.network.policy import Direction

    open_ = [n for n in use.workloads if not use.network.isolated(n, Direction.INGRESS, sure=False)]
    count = len(use.workloads)
    left = f"{len(open_)} of its {count} workloads are open" if open_ else "what comes new starts open"
    yield check.finding(
        use,
        f"namespace `{use.name}` has {len(own)} ingress {'policy' if len(own) == 1 else 'policies'} and no default "
        f"deny: {left}",
        severity=None if open_ else Severity.LOW,
    )


def _may_be_default(policy: Policy) -> bool:
    """Another kind of policy may be what denies by default, here or in the whole cluster."""
    everywhere = policy.cluster_wide and policy.ingress and policy.selector.selects_all
    from hullcheck.model.network.policy import Tier

    return policy.opaque or policy.doubtful or policy.tier is not Tier.NAMESPACE or everywhere
