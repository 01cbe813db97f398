"""A rule that lets pods connect to anywhere.

Restricting what a pod may connect to keeps whoever takes it over from fetching tools, from sending data away and from
reaching the next victim. A rule without `to`, with all namespaces or with every address gives all of that back.

To fix: say where it is to connect to:

    egress:
      - to:
          - podSelector:
              matchLabels: {app: db}
        ports:
          - {port: 5432}
      - to:
          - namespaceSelector:
              matchLabels: {kubernetes.io/metadata.name: kube-system}
        ports:
          - {protocol: UDP, port: 53}

A rule for DNS alone isn't reported, one for certain ports is shown on request only.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#allow-all-egress-traffic
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
    aliases=("cyclonus:CheckTargetAllEgressAllowed",),
    cwe=(923,),
)


@check.on("PolicyUse")
def open_to_all(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.policy import Direction
    from hullcheck.model.network.review import is_only_dns, wide_open

    for found in wide_open(use.policy, Direction.EGRESS):
        if is_only_dns(found.rule):
            continue
        from hullcheck.model.network.extents import admitted

        yield check.finding(
            use,
            f"`{use.policy.object.name}` lets its pods connect to {found.whom}{' on some ports' if found.ports else ''}",
            at=found.peer.location if found.peer else found.rule.location,
            severity=Severity.INFO if found.ports else None,
            evidence=(str(found.rule.number), found.whom),
            extent=admitted(use.policy, found.rule, wide=True),
        )
