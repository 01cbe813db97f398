"""A container that nothing restarts when it hangs.

Without a liveness probe only a process that ends is started again. That is often right: a probe that is too strict
restarts what is merely slow. So this check must be selected.

To fix: where a hang is worse than a restart, ask whether the container still lives:

    livenessProbe:
      httpGet: {path: /healthz, port: http}

See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:no-liveness-probe",
        "kube-score:pod-probes",
        "checkov:CKV_K8S_8",
        "polaris:livenessProbeMissing",
        "kubescape:C-0056",
    ),
    cwe=(400,),
    default=False,
)


@check.on("Workload")
def unwatched(workload: Workload) -> Iterator[Finding]:
    if workload.dialect != "kubernetes" or not workload.complete or workload.ends:
        return
    for container in workload.containers:
        if container.role == "container" and not any(probe.kind == "liveness" for probe in container.probes):
            yield check.finding(container, f"{container.described} has no liveness probe")
