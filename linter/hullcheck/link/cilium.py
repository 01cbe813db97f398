"""What Cilium's policies say by the names of other objects: Services, and groups of addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network import addresses
from hullcheck.model.network.labels import LabelSelector
from hullcheck.model.network.policy import Peer, Policy, Rule
from hullcheck.model.network.service import Service
from hullcheck.model.network.universe import NAME_LABEL
from hullcheck.model.node import Node, as_str, at, items
from hullcheck.parse.labels import is_unknown, text_map


def resolved(
    policies: Iterable[Policy], services: list[Service], objects: Iterable[KubernetesObject]
) -> Iterator[Policy]:
    """The policies, with the Services and groups that they name replaced by their pods and addresses, where known."""
    names: _Names | None = None
    for policy in policies:
        rules = (*policy.ingress_rules, *policy.egress_rules)
        if policy.plugin and any(_is_name(peer) for rule in rules for peer in rule.peers or ()):
            names = names or _Names(services, objects)
            ingress, egress = (tuple(map(names.rule, part)) for part in (policy.ingress_rules, policy.egress_rules))
            policy = policy._replace(ingress_rules=ingress, egress_rules=egress)
        yield policy


def _is_name(peer: Peer) -> bool:
    return peer.elsewhere in ("services", "groups")


class _Names:
    def __init__(self, services: list[Service], objects: Iterable[KubernetesObject]) -> None:
        self.services = services
        self.groups = {
            made.name: made.node for made in objects if (made.kind, made.group) == ("CiliumCIDRGroup", "cilium.io")
        }

    def rule(self, rule: Rule) -> Rule:
        if rule.peers is None or not any(map(_is_name, rule.peers)):
            return rule
        return rule._replace(peers=tuple(found for peer in rule.peers for found in self.peers(peer)))

    def peers(self, peer: Peer) -> Iterator[Peer]:
        if peer.elsewhere == "services":
            yield from self._behind(peer)
        elif peer.elsewhere == "groups" and peer.names and peer.names[0] in self.groups:
            yield from self._members(peer, self.groups[peer.names[0]])
        else:
            yield peer

    def _behind(self, peer: Peer) -> Iterator[Peer]:
        found = [one for one in self.services for space, which in peer.services if _is_meant(one, space, which)]
        for service in found:
            if service.selects:
                space = LabelSelector.of({NAME_LABEL: service.namespace or "default"})
                yield Peer(peer.location, service.selector, space)
        if not found or not all(service.selects for service in found):
            yield peer

    def _members(self, peer: Peer, group: Node) -> Iterator[Peer]:
        for item in items(at(group, "spec", "externalCIDRs")):
            text = as_str(item) or ""
            span = None if is_unknown(item) else addresses.parse(text) or addresses.address(text)
            if span is None:
                yield peer
            else:
                excepts = tuple(one for one in peer.excepts if span.holds(one))
                yield Peer(peer.location, blocks=(span,), excepts=excepts, outside=True)


def _is_meant(service: Service, space: str | None, which: str | LabelSelector) -> bool:
    if space is not None and (service.namespace or "default") != space:
        return False
    if isinstance(which, str):
        return service.object.name == which
    return which.known and which.matches(text_map(at(service.object.node, "metadata", "labels")))
