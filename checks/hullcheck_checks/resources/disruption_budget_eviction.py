"""A PodDisruptionBudget that keeps pods which don't work anyway.

Unless its policy is `AlwaysAllow`, a pod that crashes in a loop can't be evicted while too few others are healthy, and
the drain of its node waits for it.

To fix: let unhealthy pods go:

    spec:
      unhealthyPodEvictionPolicy: AlwaysAllow

See https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, put
from hullcheck.model.node import Mapping
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.availability import Budget

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("kube-linter:pdb-unhealthy-pod-eviction-policy",),
    cwe=(400,),
    fixable="safe",
)


@check.on("Budget")
def keeping(budget: Budget) -> Iterator[Finding]:
    policy = budget.eviction_policy
    if not policy.unknown and policy.value != "AlwaysAllow":
        message = f"PodDisruptionBudget `{budget.object.name}` keeps pods that aren't healthy"
        yield check.finding(budget, message, at=policy.location, evidence=(policy.value or "",), fix=_let_go(budget))


def _let_go(budget: Budget) -> Fix | None:
    node = budget.object.node
    spec = node.key("spec") if isinstance(node, Mapping) else None
    if spec is None:
        return None
    return fix("let unhealthy pods go", put(spec.location, ("unhealthyPodEvictionPolicy",), "AlwaysAllow"), safe=True)
