"""Rules for a direction that the policy isn't about.

`policyTypes` says which directions a policy is about. Rules for a direction that isn't listed are text without any
effect: nothing is restricted there, and nothing allowed.

To fix: add the direction, or take the rules out:

    spec:
      policyTypes: [Ingress, Egress]
      ingress:
        - from:
            - podSelector: {}
      egress:
        - to:
            - podSelector: {}

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource
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
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("cyclonus:CheckSourceMissingPolicyTypeIngress", "cyclonus:CheckSourceMissingPolicyTypeEgress"),
    cwe=(561, 653),
)


@check.on("PolicyUse")
def without_effect(use: PolicyUse) -> Iterator[Finding]:
    policy = use.policy
    from hullcheck.model.network.policy import Direction, Tier

    if not policy.types or policy.opaque or policy.tier is not Tier.NAMESPACE or policy.doubtful:
        return
    for direction in Direction:
        if policy.rules(direction) and not policy.affects(direction):
            yield check.finding(
                use,
                f"the {direction.value} rules of `{policy.object.name}` have no effect: its `policyTypes` are "
                f"{', '.join(policy.types)}",
                at=policy.key_location(direction.value),
                evidence=(direction.value,),
            )
