"""Policies of a cluster's administrator: AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.

What they mean is said in kubernetes-sigs/network-policy-api:apis.
"""

from __future__ import annotations

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network import addresses
from hullcheck.model.network.labels import LabelSelector
from hullcheck.model.network.policy import Action, Direction, Fault, Peer, Policy, PortRule, Rule, Tier
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS
from hullcheck.model.node import Mapping, Node, as_int, as_str, at, is_null, items
from hullcheck.parse.labels import is_unknown, selector

GROUP = "policy.networking.k8s.io"
KINDS = ("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy")

_ACTIONS = {"Allow": Action.ALLOW, "Accept": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}
_ALLOWS = {"ClusterNetworkPolicy": "Accept"}
"""How a kind calls it to allow, where that isn't `Allow`."""

_MAX_PRIORITY = 1000


def admin_policy(made: KubernetesObject) -> Policy:
    """The policy, with its faults; one that has a fatal fault doesn't exist for the cluster."""
    return _Reader(made).policy()


class _Reader:
    def __init__(self, made: KubernetesObject) -> None:
        self.made = made
        self.spec = at(made.node, "spec")
        self.faults: list[Fault] = []

    def fault(self, node: Node | None, message: str, evidence: str) -> None:
        place = node.location if node is not None else self.made.location
        self.faults.append(Fault(message, place.one_line(), evidence))

    def policy(self) -> Policy:
        tier = self._tier()
        namespaces, pods = self._selected(at(self.spec, "subject"))
        rules = {direction: self._rules(direction) for direction in Direction}
        return Policy(
            self.made,
            "",
            pods,
            bool(rules[Direction.INGRESS]),
            bool(rules[Direction.EGRESS]),
            cluster_wide=True,
            ingress_rules=rules[Direction.INGRESS],
            egress_rules=rules[Direction.EGRESS],
            tier=tier,
            priority=self._priority(tier),
            namespaces=namespaces,
            doubtful=not (pods.known and namespaces.known),
            faults=tuple(self.faults),
        )

    def _tier(self) -> Tier:
        if self.made.kind == "BaselineAdminNetworkPolicy":
            if self.made.name != "default":
                self.fault(None, f"a BaselineAdminNetworkPolicy is called `default`, not `{self.made.name}`", "name")
            return Tier.BASELINE
        if self.made.kind == "AdminNetworkPolicy":
            return Tier.ADMIN
        word = at(self.spec, "tier")
        if as_str(word) not in ("Admin", "Baseline"):
            self.fault(word, f"`tier` is `{as_str(word) or ''}`: it must be Admin or Baseline", "tier")
        return Tier.BASELINE if as_str(word) == "Baseline" else Tier.ADMIN

    def _priority(self, tier: Tier) -> int:
        node = at(self.spec, "priority")
        if self.made.kind == "BaselineAdminNetworkPolicy" or is_unknown(node):
            return 0
        priority = as_int(node)
        if priority is None or not 0 <= priority <= _MAX_PRIORITY:
            self.fault(node, f"`priority` must be a number from 0 to {_MAX_PRIORITY}", "priority")
            return 0
        return priority

    def _selected(self, node: Node | None) -> tuple[LabelSelector, LabelSelector]:
        """The namespaces and the pods that the policy is about."""
        if is_unknown(node):
            return LabelSelector(known=False), LabelSelector(known=False)
        pods, namespaces = at(node, "pods"), at(node, "namespaces")
        if is_null(pods) == is_null(namespaces):
            self.fault(node, "`subject` must have either `namespaces` or `pods`", "subject")
        if not is_null(pods):
            return selector(at(pods, "namespaceSelector")), selector(at(pods, "podSelector"))
        return selector(namespaces), LabelSelector()

    def _rules(self, direction: Direction) -> tuple[Rule, ...]:
        node = at(self.spec, direction.value)
        if is_unknown(node):
            assert node is not None
            unknown = (Peer(node.location, known=False),)
            return tuple(Rule(n, node.location, unknown, None, action) for n, action in enumerate(Action, 1))
        found = []
        for number, item in enumerate(items(node), 1):
            rule = self._rule(number, item, direction)
            if rule is not None:
                found.append(rule)
        return tuple(found)

    def _rule(self, number: int, node: Node, direction: Direction) -> Rule | None:
        word = at(node, "action")
        action = _ACTIONS.get(as_str(word) or "")
        if is_unknown(word):
            unknown = (Peer(node.location, known=False),)
            return Rule(number, node.location.one_line(), unknown, None, Action.DENY, as_str(at(node, "name")) or "")
        allows = _ALLOWS.get(self.made.kind, "Allow")
        if action is Action.ALLOW and as_str(word) != allows:
            self.fault(
                word, f"`action` is `{as_str(word)}`, which is `{allows}` in {self.made.kind}", f"action {as_str(word)}"
            )
        if action is None or (action is Action.PASS and self.made.kind == "BaselineAdminNetworkPolicy"):
            self.fault(word or node, f"`action` is `{as_str(word) or ''}`, which it can't be", f"action {as_str(word)}")
            return None
        written = at(node, direction.peers_key)
        if not items(written) and not is_unknown(written):
            self.fault(written or node, f"a rule without `{direction.peers_key}`: the API refuses it", "no peers")
            return None
        peers: tuple[Peer, ...] | None = tuple(self._peer(item) for item in items(written))
        if is_unknown(written):
            peers = (Peer(node.location, known=False),)
        elif any(_is_empty(item) for item in items(written)):
            # A peer of a kind that isn't known: the API says to fail closed.
            if action is Action.ALLOW:
                return None
            action, peers = Action.DENY, None
        ports = self._ports(node)
        return Rule(number, node.location.one_line(), peers, ports, action, as_str(at(node, "name")) or "")

    def _peer(self, node: Node) -> Peer:
        place = node.location.one_line()
        namespaces, pods, networks = (at(node, key) for key in ("namespaces", "pods", "networks"))
        if any(is_unknown(part) for part in (node, namespaces, pods, networks, *items(networks))):
            return Peer(place, known=False)
        if not is_null(networks):
            spans = [(item, addresses.parse(as_str(item) or "")) for item in items(networks)]
            for item, span in spans:
                if span is None:
                    self.fault(item, f"`{as_str(item) or ''}` is not a CIDR", f"network {as_str(item)}")
            return Peer(place, blocks=tuple(span for _, span in spans if span is not None))
        for key, word in (("nodes", "nodes"), ("domainNames", "domains")):
            if at(node, key) is not None:
                return Peer(place, elsewhere=word)
        if not is_null(pods):
            return Peer(place, selector(at(pods, "podSelector")), selector(at(pods, "namespaceSelector")))
        return Peer(place, None, selector(namespaces))

    def _ports(self, rule: Node) -> tuple[PortRule, ...] | None:
        written = at(rule, "ports" if self.made.kind != "ClusterNetworkPolicy" else "protocols")
        if is_null(written):
            return None
        if is_unknown(written):
            assert written is not None
            return (PortRule(written.location, "TCP", known=False),)
        read = self._port if self.made.kind != "ClusterNetworkPolicy" else self._protocol
        return tuple(read(item) for item in items(written)) or None

    def _port(self, node: Node) -> PortRule:
        """One item of `ports` of the v1alpha1 kinds."""
        name = as_str(at(node, "namedPort"))
        if name:
            return PortRule(node.location.one_line(), "", name=name)
        span = at(node, "portRange")
        if not is_null(span):
            return self._span(node, as_str(at(span, "protocol")), at(span, "start"), at(span, "end"))
        number = at(node, "portNumber")
        return self._span(node, as_str(at(number, "protocol")), at(number, "port"), at(number, "port"))

    def _protocol(self, node: Node) -> PortRule:
        """One item of `protocols` of a ClusterNetworkPolicy."""
        name = as_str(at(node, "destinationNamedPort"))
        if name:
            return PortRule(node.location.one_line(), "", name=name)
        for protocol in PROTOCOLS:
            about = at(node, protocol.lower())
            if about is None:
                continue
            port = at(about, "destinationPort")
            if is_null(port):
                return PortRule(node.location.one_line(), protocol)
            span = at(port, "range")
            if is_null(span):
                return self._span(node, protocol, at(port, "number"), at(port, "number"))
            return self._span(node, protocol, at(span, "start"), at(span, "end"))
        self.fault(node, "a protocol must be `tcp`, `udp`, `sctp` or `destinationNamedPort`", "protocol")
        return PortRule(node.location.one_line(), "TCP", known=False)

    def _span(self, node: Node, protocol: str | None, start: Node | None, end: Node | None) -> PortRule:
        place = node.location.one_line()
        first, last = as_int(start), as_int(end)
        if is_unknown(start) or is_unknown(end):
            return PortRule(place, "TCP", known=False)
        if (protocol or "TCP") not in PROTOCOLS:
            self.fault(node, f"protocol `{protocol}` is not TCP, UDP or SCTP", f"protocol {protocol}")
        elif first is None or last is None or not 1 <= first <= last <= MAX_PORT:
            self.fault(
                node, f"a port must be a number from 1 to {MAX_PORT}, a range must not end before it starts", "port"
            )
        else:
            return PortRule(place, protocol or "TCP", first, last)
        return PortRule(place, "TCP", known=False)


def _is_empty(node: Node) -> bool:
    known = ("namespaces", "pods", "networks", "nodes", "domainNames")
    return not is_unknown(node) and (not isinstance(node, Mapping) or all(node.get(key) is None for key in known))
