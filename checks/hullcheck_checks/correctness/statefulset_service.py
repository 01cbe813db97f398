"""A StatefulSet without a headless Service of its own.

Its pods are told apart by the names that the Service gives them. Without one they have none, and clients that need a
certain pod, such as a database's replicas, talk to any.

To fix: name a Service without an address:

    apiVersion: v1
    kind: Service
    metadata: {name: db}
    spec:
      clusterIP: None
      selector: {app: db}

See https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
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
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-score:statefulset-has-servicename",
        "kics:bb241e61-77c3-4b97-9575-c0f8a1e008d0",
    ),
    cwe=(710,),
)


@check.on("Dangling")
def nameless(dangling: Dangling) -> Iterator[Finding]:
    if dangling.kind != "headless":
        return
    severity = None if dangling.near else Severity.INFO
    yield check.finding(
        dangling, dangling.message, severity=severity, evidence=dangling.evidence, related=dangling.related
    )
