"""A Service that selects no pods, or sends to a port that they don't have.

Its name resolves and its address answers nothing. Clients wait for their timeout, or fall back to whatever they do
without it: an authorization service that can't be reached is a bypass as often as an outage. Mostly it is a letter,
another key, or the wrong namespace.

To fix: ask for labels of the pod template, and name a port of the container:

    # Deployment
    template:
      metadata:
        labels: {app: api}
      spec:
        containers:
        - name: api
          ports: [{name: http, containerPort: 8080}]
    # Service
    spec:
      selector: {app: api}
      ports: [{port: 80, targetPort: http}]

A Service without a selector, or of type ExternalName, is meant to have none. Where nothing here is nearly right, pods
may come from elsewhere, such as an operator: then the finding is low, or a note.

See https://kubernetes.io/docs/concepts/services-networking/service/
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
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:dangling-service",
        "kube-score:service-targets-pod",
        "kics:3ca03a61-3249-4c16-8427-6f8e47dda729",
        "kubescape:C-0293",
    ),
    cwe=(710,),
)


@check.on("Dangling")
def unanswered(dangling: Dangling) -> Iterator[Finding]:
    if dangling.kind not in ("service", "port"):
        return
    sure = bool(dangling.near) or dangling.kind == "port"
    severity = None if sure else Severity.INFO if dangling.doubtful else Severity.LOW
    yield check.finding(
        dangling, dangling.message, severity=severity, evidence=dangling.evidence, related=dangling.related
    )
