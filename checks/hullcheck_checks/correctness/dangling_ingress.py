"""An Ingress or route that leads to a Service or port that isn't there.

The controller answers 503, or with its default backend, which may show what it is. A host that leads nowhere is also
a host that whoever creates a Service of that name gets the traffic of.

To fix: name a Service of the same namespace, and one of its ports:

    backend:
      service:
        name: api
        port: {number: 80}

Where no Service of the namespace is kept here, nothing is reported. One that is kept elsewhere in the repository, or
that a custom resource names, is a note.

See https://kubernetes.io/docs/concepts/services-networking/ingress/
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
        "kube-linter:dangling-ingress",
        "kube-score:ingress-targets-service",
        "kubescape:C-0298",
        "kubescape:C-0302",
    ),
    cwe=(710,),
)


@check.on("Dangling")
def nowhere(dangling: Dangling) -> Iterator[Finding]:
    if dangling.kind != "ingress":
        return
    severity = None if dangling.near else Severity.INFO if dangling.doubtful else Severity.LOW
    yield check.finding(
        dangling, dangling.message, severity=severity, evidence=dangling.evidence, related=dangling.related
    )
