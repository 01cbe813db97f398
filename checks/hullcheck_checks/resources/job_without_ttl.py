"""A Job that stays in the cluster after it has ended.

Its pods, with their logs, environment and mounted secrets' names, stay readable, and every such Job slows the API
server a little.

To fix: let the cluster clear it away:

    spec:
      ttlSecondsAfterFinished: 3600

Jobs of a CronJob are cleared by its history limits, those of a Helm or Argo CD hook by their delete policy.

See https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import Mapping, at, is_null
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("kube-linter:job-ttl-seconds-after-finished",),
    cwe=(459,),
)


@check.on("Workload")
def kept(workload: Workload) -> Iterator[Finding]:
    pod = workload.part
    if workload.kind != "Job" or not workload.complete or not isinstance(pod, PodObject):
        return
    if is_null(at(pod.object.node, "spec", "ttlSecondsAfterFinished")) and not _is_hook(pod):
        yield check.finding(workload, f"{workload.described} is never cleared away after it has ended")


def _is_hook(pod: PodObject) -> bool:
    annotations = at(pod.object.node, "metadata", "annotations")
    keys = annotations.entries() if isinstance(annotations, Mapping) else ()
    return any(key in ("helm.sh/hook", "argocd.argoproj.io/hook") for key in keys)
