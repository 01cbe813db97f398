"""An autoscaler whose target isn't there.

It scales nothing: under load the workload stays as it is, and at night it costs what it costs by day. Nothing says so
but a condition on the autoscaler.

To fix: name the workload as it is called, with its kind:

    scaleTargetRef:
      apiVersion: apps/v1
      kind: Deployment
      name: web

See https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
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
        "kube-linter:dangling-horizontalpodautoscaler",
        "kube-score:horizontalpodautoscaler-has-target",
        "kics:2f652c42-619d-4361-b361-9f599688f8ca",
        "kubescape:C-0300",
    ),
    cwe=(710,),
)


@check.on("Dangling")
def scales_nothing(dangling: Dangling) -> Iterator[Finding]:
    if dangling.kind != "autoscaler":
        return
    severity = None if dangling.near else Severity.INFO if dangling.doubtful else Severity.LOW
    yield check.finding(
        dangling, dangling.message, severity=severity, evidence=dangling.evidence, related=dangling.related
    )
