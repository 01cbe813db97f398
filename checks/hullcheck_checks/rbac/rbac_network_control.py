"""A role that can change who reaches what.

Deleting a network policy lifts the isolation of what it selects; writing endpoints or a Service's status sends
traffic to an address of one's choice; an ingress publishes a service.

To fix: give the controller that needs it a role of its own, and nobody else:

    - apiGroups: [networking.k8s.io]
      resources: [networkpolicies]
      verbs: [get, list, watch]

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
See https://github.com/kubernetes/kubernetes/issues/97076
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=(
        "trivy:KSV-0056",
        Alias("checkov:CKV2_K8S_4", "services/status"),
    ),
    cwe=(250,),
)


@check.on("Granted")
def opens_paths(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, kinds, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity),
            evidence=evidence(granted, power),
            kinds=kinds(granted),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
