"""A policy with egress rules alone that denies all ingress, too, because it has no `policyTypes`.

Without `policyTypes` every policy is about ingress, whether it has ingress rules or not. One that lists only egress
rules cuts its pods off from everybody who connects to them, unless another policy lets some in.

To fix: say which directions are meant:

    spec:
      podSelector:
        matchLabels: {app: worker}
      policyTypes: [Egress]        # or [Ingress, Egress], if nobody is to connect to it
      egress:
        - to:
            - podSelector:
                matchLabels: {app: queue}

See https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("cyclonus:CheckSourceMissingPolicyTypes",),
    cwe=(697,),
)


@check.on("PolicyUse")
def unsaid(use: PolicyUse) -> Iterator[Finding]:
    policy = use.policy
    from hullcheck.model.network.policy import Direction, Tier

    if policy.types or policy.plugin or policy.tier is not Tier.NAMESPACE or policy.doubtful:
        return
    if policy.egress_rules and Direction.INGRESS not in policy.written:
        yield check.finding(
            use,
            f"`{policy.object.name}` has only egress rules and no `policyTypes`: it denies all ingress, too",
            at=policy.key_location("egress"),
        )
