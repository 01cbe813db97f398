"""Several pods of a workload that may all be on one node.

The scheduler spreads them by itself where it can, but nothing asks it to. One node lost, or taken over, is then the
whole application.

To fix: say that they belong on different nodes:

    topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels: {app: web}

See https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
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
        "kube-linter:no-anti-affinity",
        "kube-score:deployment-has-host-podantiaffinity",
        "kube-score:pod-topology-spread-constraints",
        "kube-score:statefulset-has-host-podantiaffinity",
        "polaris:topologySpreadConstraint",
    ),
    cwe=(400,),
)


@check.on("Availability")
def together(available: Availability) -> Iterator[Finding]:
    workload = available.workload
    if available.several and not available.spread and workload.kind in ("Deployment", "StatefulSet"):
        yield check.finding(workload, f"nothing asks for the pods of {workload.described} to be on different nodes")
