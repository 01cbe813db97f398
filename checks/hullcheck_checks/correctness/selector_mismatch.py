"""A workload whose selector doesn't select its own pods.

The API server refuses it: nothing of it is deployed, and what is running goes on as it was, with the faults that the
change was to cure. A pipeline that only looks at the exit code of an earlier step doesn't notice.

To fix: ask for labels that the pod template has:

    spec:
      selector:
        matchLabels: {app: web}
      template:
        metadata:
          labels: {app: web, tier: front}

Labels are compared after overlays have added theirs. In `apps/v1` a selector is needed; in older versions it was made
from the labels.

See https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.references import Unselected

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:mismatching-selector",
        "kube-score:deployment-pod-selector-labels-match-template-metadata-labels",
        "kube-score:statefulset-pod-selector-labels-match-template-metadata-labels",
        "kubescape:C-0296",
    ),
    cwe=(710,),
)


@check.on("Unselected")
def refused(workload: Unselected) -> Iterator[Finding]:
    if not workload.selector:
        message = f"{workload.described} has no selector, which `apps/v1` needs"
        yield check.finding(workload, message, evidence=("none",))
        return
    yield check.finding(
        workload,
        f"{workload.described} selects `{workload.selector}`, which its own pods don't have",
        evidence=(workload.selector,),
        related=(Related(workload.labels, "the labels of its pods"),),
    )
