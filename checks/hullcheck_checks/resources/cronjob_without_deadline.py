"""A CronJob that gives up for good after it couldn't start a hundred times.

Without a deadline the controller counts every missed start since the last one; past a hundred it never starts the job
again. Backups and key rotations stop that way without anyone noticing.

To fix: say how late a start may be:

    spec:
      startingDeadlineSeconds: 300

See https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import at, is_null
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("kube-score:cronjob-has-deadline",),
    cwe=(400,),
)


@check.on("Workload")
def unlimited(workload: Workload) -> Iterator[Finding]:
    pod = workload.part
    if workload.kind != "CronJob" or not workload.complete or not isinstance(pod, PodObject):
        return
    if is_null(at(pod.object.node, "spec", "startingDeadlineSeconds")):
        yield check.finding(workload, f"{workload.described} has no `startingDeadlineSeconds`")
