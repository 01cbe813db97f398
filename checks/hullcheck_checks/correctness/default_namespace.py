"""A workload that is put into the namespace `default`.

Everything that says no namespace lands there, too: other people's experiments, and whatever a wrong context applies.
Policies, quotas and rights are given by namespace, and none fits all of that.

To fix: make a namespace for the application, and say it:

    metadata:
      name: web
      namespace: shop

Only where it is written: without a namespace, whoever applies the manifest decides.

See https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import at
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:use-namespace",
        "trivy:KSV-0110",
        "checkov:CKV_K8S_21",
        "kics:611ab018-c4aa-4ba2-b0f6-a448337509a6",
        "kubescape:C-0061",
        "kubescape:C-0212",
        "cis-k8s:5.7.4",
    ),
    cwe=(653,),
)


@check.on("Workload")
def written(workload: Workload) -> Iterator[Finding]:
    if workload.namespace != "default" or not isinstance(workload.part, PodObject):
        return
    said = at(workload.part.object.node, "metadata", "namespace")
    if said is not None and not said.unknown:
        message = f"{workload.described} is put into the namespace `default`"
        yield check.finding(workload, message, at=said.location, evidence=(workload.kind, workload.name))
