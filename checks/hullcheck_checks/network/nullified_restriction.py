"""A restriction that another policy undoes.

Policies only add up: a connection that any policy allows is allowed. Where one lets in two pods and another, for the
same pods and ports, everybody, the first is decoration.

To fix: take the wide rule out of the other policy, or narrow whom that one selects:

    spec:
      podSelector:
        matchLabels: {app: web}     # not {}
      ingress:
        - {}

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
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
    aliases=("nca:sanity",),
    cwe=(653,),
)


@check.on("PolicyUse")
def in_vain(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.review import nullified

    for found in nullified(use):
        wide = found.wider.peer.location if found.wider.peer else found.wider.rule.location
        yield check.finding(
            use,
            f"the {found.direction.value} rule {found.rule.number} of `{use.policy.object.name}` restricts nothing: "
            f"`{found.other.object.name}` allows {found.wider.whom} for the same pods and ports",
            at=found.rule.location,
            evidence=(found.direction.value, found.other.name),
            related=(Related(wide, f"this rule of `{found.other.object.name}` allows {found.wider.whom}"),),
        )
