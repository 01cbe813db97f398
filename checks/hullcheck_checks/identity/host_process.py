"""A Windows container that is a process of its host.

A HostProcess container has no isolation at all: it runs on the node as the account that it names, up to the system's
own, with the node's network and files.

To fix: leave it out, and run the program in an ordinary container:

    securityContext:
      windowsOptions:
        hostProcess: false

Agents that set up a Windows node need it: ignore the finding there, and say why.

See https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/
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
    severity=Severity.CRITICAL,
    dialects=("kubernetes",),
    aliases=("trivy:KSV-0103", "polaris:hostProcess", "pss:windowsHostProcess", "cis-k8s:5.2.11"),
    cwe=(250,),
)


@check.on("Workload", needs="host_process")
def host(workload: Workload) -> Iterator[Finding]:
    field = workload.host_process
    if field is not None and field.value:
        yield check.finding(
            workload,
            f"{workload.described} runs as processes of its Windows node",
            at=field.location,
            related=field.related,
        )
