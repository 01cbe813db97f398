"""Several pods of a workload, and no PodDisruptionBudget that keeps some of them.

When nodes are drained all its pods may go at once, although there are several so that one stays.

To fix: say how many may be gone at a time:

    apiVersion: policy/v1
    kind: PodDisruptionBudget
    spec:
      maxUnavailable: 1
      selector:
        matchLabels: {app: web}

See https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.availability import Availability

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-score:deployment-has-poddisruptionbudget",
        "kube-score:statefulset-has-poddisruptionbudget",
        "polaris:missingPodDisruptionBudget",
    ),
    cwe=(400,),
)


@check.on("Availability")
def unguarded(available: Availability) -> Iterator[Finding]:
    workload = available.workload
    if available.several and not available.budgeted and workload.kind in ("Deployment", "StatefulSet"):
        yield check.finding(workload, f"no PodDisruptionBudget selects the pods of {workload.described}")
