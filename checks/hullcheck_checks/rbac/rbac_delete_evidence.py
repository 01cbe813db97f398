"""A role that can delete events.

Events tell what was scheduled, killed and refused. Whoever breaks in removes them first.

To fix: let programs create and patch events, as they need to:

    - apiGroups: ["", events.k8s.io]
      resources: [events]
      verbs: [create, patch]

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
See https://attack.mitre.org/techniques/T1070/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=(
        "kubescape:C-0007",
        "kubescape:C-0031",
    ),
    cwe=(778,),
)


@check.on("Granted")
def wipes_traces(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity),
            evidence=evidence(granted, power),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
