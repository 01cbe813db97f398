"""A pod that needs a ConfigMap, Secret, claim or key that isn't there.

Its containers don't start, or wait for ever for their volume. In a rollout the old pods go on, and with them whatever
the change was to cure.

To fix: name what is there, or say that it may be missing:

    env:
    - name: LEVEL
      valueFrom:
        configMapKeyRef: {name: settings, key: level, optional: true}

Names that an overlay generates are followed with their hash, and so are the secrets that custom resources name.
Without anything nearly right, it is a note: many Secrets are made by hand.

See https://kubernetes.io/docs/concepts/configuration/configmap/
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
    aliases=("kube-linter:env-value-from",),
    cwe=(710,),
)


@check.on("Dangling")
def unprovided(dangling: Dangling) -> Iterator[Finding]:
    if dangling.kind not in ("config", "key"):
        return
    severity = None if dangling.near else Severity.INFO
    yield check.finding(
        dangling, dangling.message, severity=severity, evidence=dangling.evidence, related=dangling.related
    )
