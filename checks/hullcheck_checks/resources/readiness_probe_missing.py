"""A pod that a Service sends traffic to before it is known to be ready.

Without a readiness probe a pod counts as ready once its processes have started. Requests reach it while it still loads,
and go on reaching it when it hangs.

To fix: ask the container whether it can serve:

    readinessProbe:
      httpGet: {path: /ready, port: http}

One container with a readiness probe is enough for its pod. Pods that no Service here selects are left out.

See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
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
        "kube-linter:no-readiness-probe",
        "kube-score:pod-probes",
        "checkov:CKV_K8S_9",
        "polaris:readinessProbeMissing",
        "kubescape:C-0018",
    ),
    cwe=(400,),
)


@check.on("Availability")
def unready(available: Availability) -> Iterator[Finding]:
    workload = available.workload
    if available.served is None or any(p.kind == "readiness" for c in workload.containers for p in c.probes):
        return
    yield check.finding(
        workload,
        f"{workload.described} is behind a Service and has no readiness probe",
        related=(Related(available.served, "this Service sends it traffic"),),
    )
