"""A workload whose policies don't let it look up names.

Once egress is restricted, DNS is restricted, too. A workload that may connect to `db` but not to the cluster's DNS
never learns where `db` is. What follows is an outage, and then, in a hurry, a rule that allows everything.

To fix: allow DNS beside the rest:

    egress:
      - to:
          - namespaceSelector:
              matchLabels: {kubernetes.io/metadata.name: kube-system}
            podSelector:
              matchLabels: {k8s-app: kube-dns}
        ports:
          - {protocol: UDP, port: 53}
          - {protocol: TCP, port: 53}

A workload that may connect to nothing at all is meant that way, and shown on request only; so is one that may ask over
UDP but not over TCP, which long answers need.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import Reach

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("cyclonus:CheckDNSBlockedOnTCP", "cyclonus:CheckDNSBlockedOnUDP"),
    cwe=(684,),
)


@check.on("Reach")
def cannot_resolve(reach: Reach) -> Iterator[Finding]:
    if not reach.endpoint.cluster_dns or reach.endpoint.host_network:
        return
    from hullcheck.model.network.policy import Direction

    for network, number in reach.places:
        if network.scope.approximate or not network.isolated(number, Direction.EGRESS):
            return
    network, number = reach.places[0]
    from hullcheck.model.network.dns import dns_allowed

    udp, tcp = (dns_allowed(network, number, protocol) for protocol in ("UDP", "TCP"))
    if udp is None or (udp and tcp):
        return
    policies = [policy for policy, _ in network.selecting(number, Direction.EGRESS)]
    nothing = not any(policy.egress_rules for policy in policies)
    over = " over TCP" if udp else ""
    yield check.finding(
        reach,
        f"`{reach.endpoint.name}` can't look up names{over}: no egress policy allows DNS{over}",
        severity=Severity.INFO if nothing or udp else None,
        evidence=("TCP",) if udp else ("UDP",),
        related=(Related(p.location, f"`{p.object.name}` restricts its egress") for p in policies[:3]),
    )
