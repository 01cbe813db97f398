"""An autoscaler whose smallest and largest number are the same.

It can't scale, so the load that it was meant for takes the application down, and nobody expects that.

To fix: give it room:

    minReplicas: 2
    maxReplicas: 6

See https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
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
    aliases=("polaris:hpaMaxAvailability",),
    cwe=(400,),
)


@check.on("Availability")
def fixed(available: Availability) -> Iterator[Finding]:
    scaler = available.autoscaler
    if scaler is None or scaler.maximum.value is None or scaler.minimum.value != scaler.maximum.value:
        return
    yield check.finding(
        scaler,
        f"{scaler.object.kind} `{scaler.object.name}` can't scale: it allows {scaler.maximum.value} pods, no more, no fewer",
        at=scaler.maximum.location,
        related=(Related(scaler.minimum.location, "the smallest number"),),
    )
