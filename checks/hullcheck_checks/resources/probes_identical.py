"""A liveness probe that asks the same as the readiness probe.

When the answer fails, the pod should first be taken out of service. With equal probes it is restarted at the same
moment instead: a slow dependency then restarts every replica at once.

To fix: let liveness ask less, or later:

    livenessProbe:
      httpGet: {path: /healthz, port: http}
      failureThreshold: 10

See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("kube-score:pod-probes-identical",),
    cwe=(400,),
)


@check.on("Container")
def equal(container: Container) -> Iterator[Finding]:
    if container.dialect != "kubernetes":
        return
    by_kind = {probe.kind: probe for probe in container.probes}
    alive, ready = by_kind.get("liveness"), by_kind.get("readiness")
    if alive and ready and alive.identity and alive.identity == ready.identity:
        yield check.finding(
            container,
            f"the liveness probe of {container.described} asks the same as its readiness probe",
            at=alive.location,
            related=(Related(ready.location, "the readiness probe"),),
        )
