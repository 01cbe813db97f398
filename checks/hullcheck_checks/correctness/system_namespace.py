"""A workload of one's own in a namespace of the cluster's.

What runs in `kube-system` is left out of most policies, of admission rules and of alarms, so that the cluster can't
lock itself out. An application there gets that for nothing, and sits beside the most powerful accounts.

To fix: give it a namespace of its own:

    metadata:
      name: exporter
      namespace: monitoring

Parts of a cluster, which say so by a priority class `system-...`, belong there.

See https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import as_str, at
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("trivy:KSV-0037", "kics:611ab018-c4aa-4ba2-b0f6-a448337509a6"),
    cwe=(653,),
)

_SYSTEM = frozenset(("kube-system", "kube-public", "kube-node-lease"))


@check.on("Workload")
def guest(workload: Workload) -> Iterator[Finding]:
    if workload.namespace not in _SYSTEM or not isinstance(workload.part, PodObject):
        return
    if (as_str(at(workload.part.spec, "priorityClassName")) or "").startswith("system-"):
        return
    said = at(workload.part.object.node, "metadata", "namespace")
    yield check.finding(
        workload,
        f"{workload.described} runs in the cluster's own namespace `{workload.namespace}`",
        at=said.location if said is not None else None,
        evidence=(workload.namespace, workload.kind, workload.name),
    )
