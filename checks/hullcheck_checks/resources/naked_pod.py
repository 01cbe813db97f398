"""A pod that no controller looks after.

When its node fails or is drained, it is gone; when its image is updated, nothing rolls it out.

To fix: make it a Deployment, or a Job if it is to end.

See https://kubernetes.io/docs/concepts/workloads/pods/#pods-and-controllers
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import as_str, at, items
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("kubescape:C-0073",),
    cwe=(400,),
)


@check.on("Workload")
def alone(workload: Workload) -> Iterator[Finding]:
    pod = workload.part
    if workload.kind != "Pod" or not workload.complete or not isinstance(pod, PodObject):
        return
    owned = items(at(pod.object.node, "metadata", "ownerReferences"))
    ends = as_str(at(pod.spec, "restartPolicy")) in ("Never", "OnFailure")
    if not owned and not ends:
        yield check.finding(workload, f"{workload.described} has no controller that would start it again elsewhere")
