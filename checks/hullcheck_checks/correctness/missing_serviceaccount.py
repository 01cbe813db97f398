"""A pod that runs as a ServiceAccount that isn't there.

The API server doesn't create such a pod, and the workload stays without. Whoever creates the account later decides
what the pod may do.

To fix: create the account beside the workload, or name the one that is there:

    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: runner}

Accounts that are made by other tools aren't seen: where none of the namespace is kept here, nothing is reported.

See https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.references import Dangling

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:non-existent-service-account",
        "kubescape:C-0307",
    ),
    cwe=(710,),
)


@check.on("Dangling")
def nobody(dangling: Dangling) -> Iterator[Finding]:
    if dangling.kind != "account":
        return
    severity = None if dangling.near else Severity.INFO if dangling.doubtful else Severity.LOW
    yield check.finding(
        dangling, dangling.message, severity=severity, evidence=dangling.evidence, related=dangling.related
    )
