"""A policy whose `egress: []` was meant to stop what its pods send, but stops what they receive.

Without `policyTypes` a policy is about ingress, and about egress only if it has an egress rule. An empty list is no
rule. So the policy denies every connection *to* its pods, and leaves them free to connect anywhere.

To fix: say which directions are meant:

    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress: []

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, put
from hullcheck.model.node import Mapping
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse
    from hullcheck.model.network.policy import Policy

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("cyclonus:CheckSourceMissingPolicyTypes",),
    cwe=(697, 653),
    fixable="unsafe",
)


@check.on("PolicyUse")
def ingress_only(use: PolicyUse) -> Iterator[Finding]:
    policy = use.policy
    from hullcheck.model.network.policy import Direction, Tier

    if policy.types or policy.plugin or policy.tier is not Tier.NAMESPACE or policy.doubtful:
        return
    if Direction.EGRESS not in policy.written or policy.egress_rules:
        return
    denied = "admits only what its ingress rules say" if policy.ingress_rules else "denies all ingress"
    yield check.finding(
        use,
        f"`{policy.object.name}` has an empty `egress` and no `policyTypes`: it {denied} and restricts no egress",
        at=policy.key_location("egress"),
        fix=_egress_only(policy),
    )


def _egress_only(policy: Policy) -> Fix | None:
    node = policy.object.node
    spec = node.key("spec") if isinstance(node, Mapping) else None
    if spec is None or policy.ingress_rules:
        return None
    return fix("say that it is about egress", put(spec.location, ("policyTypes",), ("Egress",)), safe=False)
