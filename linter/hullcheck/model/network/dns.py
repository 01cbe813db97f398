"""Whether a workload that policies confine can still ask the cluster's DNS."""

from __future__ import annotations

from hullcheck.model.network.addresses import less
from hullcheck.model.network.labels import LabelIndex, Labels, Operator
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction, Peer, PortRule, Rule, Tier
from hullcheck.model.network.review import is_dns, is_usual
from hullcheck.model.network.universe import NAME_LABEL, PRIVATE

_KUBE_SYSTEM = Labels({NAME_LABEL: "kube-system"}, open=True, closed=frozenset((NAME_LABEL,)))
_DNS_PORTS = (53, 5353)


def dns_allowed(network: Network, number: int, protocol: str) -> bool | None:
    """May the workload ask a server that is plausibly the cluster's DNS? None if an opaque policy decides."""
    if network.compiler.opaque[Direction.EGRESS] >> number & 1:
        return None
    key = ("dns", protocol, network.applying(number))
    return network.remembered(key, lambda: _dns_allowed(network, number, protocol))


def _dns_allowed(network: Network, number: int, protocol: str) -> bool | None:
    found = False
    for policy, _ in network.selecting(number, Direction.EGRESS):
        if policy.tier is not Tier.NAMESPACE:
            return None
        for rule in policy.egress_rules:
            may_be = rule.peers is None or any(
                _may_be_dns(peer) and not network.universe.is_only_on_host(policy, peer) for peer in rule.peers
            )
            if _on_dns_port(rule, protocol) and may_be:
                if rule.denies:
                    return None
                found = True
    return found


def _on_dns_port(rule: Rule, protocol: str) -> bool:
    return rule.ports is None or any(
        not port.known
        or (port.protocol == protocol and ((port.first is None and not port.name) or is_dns(port) or _spans_dns(port)))
        for port in rule.ports
    )


def _spans_dns(port: PortRule) -> bool:
    return port.first is not None and port.last is not None and any(port.first <= n <= port.last for n in _DNS_PORTS)


_MAY_BE_DNS = ("nodes", "host", "every node", "remote-node", "services")
"""What isn't known to have no resolver: a cache on each node, a Service that isn't here."""


def _may_be_dns(peer: Peer) -> bool:
    if peer.elsewhere:
        return peer.elsewhere in _MAY_BE_DNS
    if peer.outside:
        return False  # the cluster's own has no address outside
    if peer.blocks:
        open_ = less(peer.blocks, peer.excepts)
        return any(a.start < b.end and b.start < a.end for a in open_ for b in PRIVATE)
    if not peer.known or is_usual(peer.pods) or is_usual(peer.namespaces):
        return True
    if peer.namespaces is None:
        return False
    return bool(LabelIndex([_KUBE_SYSTEM]).match(peer.namespaces).maybe) and (
        peer.pods is None or not any(r.operator is Operator.IN for r in peer.pods.requirements)
    )
