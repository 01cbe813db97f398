"""A port's name that none of the pods have.

A named port of a rule is looked up in the pods that are connected to: the names under `containers[].ports`. The name of
a Service's port isn't one of them. Where no pod has the name, the rule allows nothing.

To fix: name the container's port, or write its number:

    # Deployment
    containers:
      - name: api
        ports:
          - {name: http, containerPort: 8080}
    # NetworkPolicy
    ingress:
      - ports:
          - {port: http}

The protocol must be the same: a rule's is TCP unless it says otherwise. Where the pods declare no port at all, or have
another one that the rule names, the finding is low.

See https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(684,),
)


@check.on("PolicyUse")
def nowhere(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.review import unresolved_ports

    for found in unresolved_ports(use):
        yield check.finding(
            use,
            f"no pod that this rule is about has a {found.port.protocol + ' ' if found.port.protocol else ''}port called `{found.port.name}`",
            at=found.port.location,
            severity=None if found.workload.ports and not found.others else Severity.LOW,
            evidence=(found.direction.value, found.port.protocol, found.port.name),
            related=(Related(found.workload.location, f"`{found.workload.name}` is one of them"),),
        )
