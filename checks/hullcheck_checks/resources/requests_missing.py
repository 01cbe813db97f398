"""A container that asks for no CPU or no memory.

The scheduler places pods by what they request. One that requests nothing is put anywhere, gets what is left, and is the
first to be killed when a neighbour, or an attacker in one, takes more: a denial of service that needs no exploit.

To fix: request what it needs in normal use:

    resources:
      requests: {cpu: 50m, memory: 128Mi}
      limits: {memory: 256Mi}

A limit without a request counts as a request of the same size. Init containers are left out, and so are workloads whose
namespace has a LimitRange that fills requests in.

See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Part, Severity
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        Alias("kube-linter:unset-cpu-requirements", "CPU"),
        Alias("kube-linter:unset-memory-requirements", "memory"),
        "kube-score:container-resources",
        Alias("trivy:KSV-0015", "CPU"),
        Alias("trivy:KSV-0016", "memory"),
        Alias("checkov:CKV_K8S_10", "CPU"),
        Alias("checkov:CKV_K8S_12", "memory"),
        Alias("polaris:cpuRequestsMissing", "CPU"),
        Alias("polaris:memoryRequestsMissing", "memory"),
        Alias("kubescape:C-0004", "memory"),
        Alias("kubescape:C-0050", "CPU"),
        Alias("kubescape:C-0268", "CPU"),
        Alias("kubescape:C-0269", "memory"),
    ),
    cwe=(400,),
)


@check.on("Workload")
def unrequested(workload: Workload) -> Iterator[Finding]:
    if workload.dialect != "kubernetes" or not workload.complete:
        return
    for container in workload.containers:
        missing = _missing(container)
        if missing:
            parts = (Part(name, name, (name,)) for name in missing)
            yield check.joint(container, f"{container.described} requests no ", parts, " and no ")


def _missing(container: Container) -> tuple[str, ...]:
    limits = container.limits
    if limits is None or container.role not in ("container", "sidecar"):
        return ()
    pairs = (("CPU", limits.cpu_request, limits.cpu), ("memory", limits.memory_request, limits.memory))
    return tuple(name for name, request, limit in pairs if request.absent and limit.absent)
