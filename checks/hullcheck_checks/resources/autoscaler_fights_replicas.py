"""A fixed number of replicas for what an autoscaler scales.

Every `kubectl apply` sets the number back, in the middle of a peak as well, until the autoscaler notices.

To fix: leave `replicas` out of what is applied.

See https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.availability import Availability

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("kube-score:deployment-targeted-by-hpa-does-not-have-replicas-configured",),
    cwe=(400,),
    fixable="safe",
)


@check.on("Availability")
def reset(available: Availability) -> Iterator[Finding]:
    scaler = available.autoscaler
    if scaler is None or available.replicas.value is None:
        return
    yield check.finding(
        available.workload,
        f"{available.workload.described} has `replicas: {available.replicas.value}`, and {scaler.object.kind} "
        f"`{scaler.object.name}` scales it",
        at=available.replicas.location,
        related=(Related(scaler.location, "this scales it"),),
        fix=fix("take `replicas` out", delete(available.replicas.location), safe=True),
    )
