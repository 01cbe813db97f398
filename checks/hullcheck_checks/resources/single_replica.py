"""A workload behind a Service with a single pod.

Every update, node drain or crash takes it away. What it guards or serves is gone for that time, and so are nodes that
nobody dares to patch.

To fix: run at least two, where the application allows it:

    spec:
      replicas: 2

See https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.availability import Availability

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:minimum-three-replicas",
        "kube-linter:hpa-minimum-three-replicas",
        "kube-score:deployment-replicas",
        "kube-score:horizontalpodautoscaler-replicas",
        "polaris:deploymentMissingReplicas",
        "polaris:hpaMinAvailability",
    ),
    cwe=(400,),
)


@check.on("Availability")
def alone(available: Availability) -> Iterator[Finding]:
    workload = available.workload
    if available.served is None or workload.kind not in ("Deployment", "StatefulSet"):
        return
    said = available.autoscaler.minimum if available.autoscaler else available.replicas
    if said.unknown or said.value not in (None, 1):
        return
    yield check.finding(
        workload,
        f"{workload.described} is behind a Service and runs as a single pod",
        at=said.location,
        related=(Related(available.served, "this Service sends it traffic"),),
    )
