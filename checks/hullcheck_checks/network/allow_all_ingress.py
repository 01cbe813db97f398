"""A rule that admits connections from everywhere.

A policy confines its pods, and then a rule without `from`, with all namespaces or with every address opens them again:
to each pod of the cluster, whoever took it over, or to the whole internet. Rules only add up, so no other policy can
take back what this one allows.

To fix: say who is to connect, and to which port:

    ingress:
      - from:
          - podSelector:
              matchLabels: {app: web}
        ports:
          - {port: 8080}

A rule for certain ports is a low finding. One for what an Ingress, a LoadBalancer or a NodePort leads to is how front
ends are made, and shown on request only.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#allow-all-ingress-traffic
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse
    from hullcheck.model.network.review import WideOpen

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("cyclonus:CheckTargetAllIngressAllowed",),
    cwe=(923,),
)


@check.on("PolicyUse")
def open_to_all(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.policy import Direction
    from hullcheck.model.network.review import wide_open

    for found in wide_open(use.policy, Direction.INGRESS):
        from hullcheck.model.network.extents import admitted

        yield check.finding(
            use,
            f"`{use.policy.object.name}` admits connections from {found.whom}{' to some ports' if found.ports else ''}",
            at=found.peer.location if found.peer else found.rule.location,
            severity=_severity(use, found),
            evidence=(str(found.rule.number), found.whom),
            extent=admitted(use.policy, found.rule, wide=True),
        )


def _severity(use: PolicyUse, found: WideOpen) -> Severity | None:
    from hullcheck.model.network.review import is_front_door

    if is_front_door(use, found):
        return Severity.INFO
    return Severity.LOW if found.ports else None
