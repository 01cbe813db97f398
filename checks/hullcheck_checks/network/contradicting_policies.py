"""Two policies of one tier and priority that say different things of the same connections.

Administrators' policies are asked in the order of their priorities. For two of the same priority the API leaves it open
which comes first: one plugin lets the connection through that another denies, and an update may turn it round.

To fix: give one of them another priority, the lower number for what shall come first:

    kind: ClusterNetworkPolicy
    metadata: {name: deny-to-payments}
    spec:
      tier: Admin
      priority: 10      # the other one has 20

What such rules are about is uncertain in `hullcheck map`, too.

See https://network-policy-api.sigs.k8s.io/api-overview/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.network.contradictions import contradictions
from hullcheck.model.network.policy import Action, Direction
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(696,),
)

_DOES = {Action.ALLOW: "allows", Action.DENY: "denies", Action.PASS: "leaves to the next tier"}


@check.on("PolicyUse")
def undefined(use: PolicyUse) -> Iterator[Finding]:
    for found in contradictions(use):
        peer = f"`{found.peer}`" if found.peer else "addresses outside"
        ends = (peer, f"`{found.workload}`") if found.direction is Direction.INGRESS else (f"`{found.workload}`", peer)
        policy, other = use.policy, found.other
        known = use.places[0][0].as_known()
        yield check.finding(
            use,
            f"`{policy.object.name}` {_DOES[found.rule.action]} what `{other.object.name}` "
            f"{_DOES[found.other_rule.action]}, {found.connections} from {ends[0]} to {ends[1]}, and both have priority "
            f"{policy.priority} in the {policy.tier.value} tier: which of them wins is undefined{known}",
            at=found.rule.location,
            evidence=(found.direction.value, other.object.kind, other.object.name),
            related=(Related(found.other_rule.location, f"`{other.object.name}` {_DOES[found.other_rule.action]} it"),),
            properties={"certain": "false"},
        )
