"""A connection that one side's policy allows and the other side's doesn't.

A connection needs both: the sender's egress and the receiver's ingress. A rule that names a workload whose own policy
doesn't let it in, or out, does nothing, so something that was meant to work is denied.

To fix: allow it on the other side, too:

    # the policy of `db`
    ingress:
      - from:
          - podSelector:
              matchLabels: {app: api}
        ports:
          - {port: 5432}

Reported where a rule names pods by labels and all that it names deny it.

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
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(684,),
)


@check.on("PolicyUse")
def one_sided(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.review import half_open

    for found in half_open(use):
        from hullcheck.model.network.policy import Direction

        ingress = found.direction is Direction.INGRESS
        said = (
            f"admits `{found.there.name}`" if ingress else f"lets `{found.here.name}` connect to `{found.there.name}`"
        )
        denied = "connecting to" if ingress else "connections from"
        yield check.finding(
            use,
            f"`{use.policy.object.name}` {said}, whose own policies deny {denied} `{found.here.name}` on these ports",
            at=found.rule.location,
            evidence=(found.direction.value, found.there.id),
            related=(
                Related(found.blocking.location, f"`{found.blocking.object.name}` confines `{found.there.name}`"),
            ),
        )
