"""An object of an API version that Kubernetes will stop serving.

It works until an upgrade of the cluster, and then isn't applied any more.

To fix: say the version that takes its place:

    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice

See https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.node import at
from hullcheck.typed import TYPE_CHECKING
from hullcheck_checks.data.apis import NEWEST, old_api

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import KubernetesObject

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-score:stable-version",
        "trivy:KSV-0107",
        "kics:94b76ea5-e074-4ca2-8a03-c5a606e30645",
    ),
    cwe=(477,),
)


@check.on("KubernetesObject")
def going(made: KubernetesObject) -> Iterator[Finding]:
    old = old_api(made.api_version, made.kind)
    written = at(made.node, "apiVersion")
    if old is None or written is None or written.unknown or (old.removed is not None and old.removed <= NEWEST):
        return
    instead = f"; `{old.instead}` takes its place" if old.instead else ""
    yield check.finding(
        made,
        f"`{made.api_version}` of {made.kind} is deprecated since Kubernetes 1.{old.deprecated}{instead}",
        at=written.location,
        evidence=(made.api_version,),
    )
