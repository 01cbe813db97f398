"""A namespace whose workloads may take all that the cluster has.

Without a ResourceQuota or a LimitRange one tenant, or whoever got into its pods, can starve all others.

To fix: bound the namespace:

    apiVersion: v1
    kind: ResourceQuota
    spec:
      hard: {requests.cpu: "4", limits.memory: 8Gi, pods: "30"}

See https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import World

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "trivy:KSV-0039",
        "trivy:KSV-0040",
    ),
    cwe=(400,),
)


_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


@check.on("World")
def unbounded(world: World) -> Iterator[Finding]:
    used = {workload.namespace for workload in world.workloads}
    bounded = {made.namespace for made in world.objects if made.kind in ("ResourceQuota", "LimitRange")}
    for made in world.objects:
        if (made.kind, made.group) != ("Namespace", "") or made.name in _SYSTEM or world.approximate:
            continue
        if made.name in used and made.name not in bounded:
            yield check.finding(made, f"namespace `{made.name}` has neither a ResourceQuota nor a LimitRange")
