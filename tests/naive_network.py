"""Who can talk to whom, worked out one pair and one port at a time, straight from the words of the specification.

Nothing is unknown here: every namespace's labels, every pod's address and node are given.
"""

from typing import NamedTuple

from hullcheck.model.network.addresses import AddressRange
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import LabelSelector
from hullcheck.model.network.policy import Action, Direction, Peer, Policy, PortRule, Rule, Tier


class Facts(NamedTuple):
    """What is true of one cluster."""

    endpoints: list[Endpoint]
    policies: list[Policy]
    namespaces: dict[str, dict[str, str]]
    addresses: dict[str, int] = {}  # noqa: RUF012  by id; without one, no ipBlock holds a pod


class Outside(NamedTuple):
    """An address outside the cluster."""

    number: int


End = Endpoint | Outside


def open_between(facts: Facts, source: End, target: End, protocol: str, port: int) -> bool:
    """Can the source open a connection to that port of the target?"""
    sends = isinstance(source, Outside) or admits(facts, source, target, Direction.EGRESS, protocol, port)
    return sends and (isinstance(target, Outside) or admits(facts, target, source, Direction.INGRESS, protocol, port))


def admits(facts: Facts, pod: Endpoint, other: End, direction: Direction, protocol: str, port: int) -> bool:
    """Does one side let the connection through?"""
    target = pod if direction is Direction.INGRESS else other

    def matching(policy: Policy) -> list[Rule]:
        return [
            rule
            for rule in policy.rules(direction)
            if peers_match(facts, policy, rule, other) and ports_match(rule, target, protocol, port)
        ]

    ordered = sorted(facts.policies, key=lambda policy: policy.priority)
    for policy in ordered:
        if policy.tier is Tier.ADMIN and selects(facts, policy, pod):
            first = next(iter(matching(policy)), None)
            if first is not None and first.action is Action.PASS:
                break
            if first is not None:
                return first.action is Action.ALLOW
    own = [p for p in ordered if p.tier is Tier.NAMESPACE and p.affects(direction) and selects(facts, p, pod)]
    if own:
        return any(matching(policy) for policy in own)
    for policy in ordered:
        if policy.tier is Tier.BASELINE and selects(facts, policy, pod):
            first = next(iter(matching(policy)), None)
            if first is not None and first.action is Action.PASS:
                break
            if first is not None:
                return first.action is Action.ALLOW
    return True


def selects(facts: Facts, policy: Policy, pod: Endpoint) -> bool:
    if policy.namespaces is not None:
        return matches(policy.namespaces, facts.namespaces[pod.namespace]) and matches(
            policy.selector, pod.labels.values
        )
    return policy.namespace == pod.namespace and matches(policy.selector, pod.labels.values)


def peers_match(facts: Facts, policy: Policy, rule: Rule, other: End) -> bool:
    return rule.peers is None or any(peer_matches(facts, policy, peer, other) for peer in rule.peers)


def peer_matches(facts: Facts, policy: Policy, peer: Peer, other: End) -> bool:
    if peer.blocks:
        number = other.number if isinstance(other, Outside) else facts.addresses.get(other.id)
        return number is not None and within(peer.blocks, number) and not within(peer.excepts, number)
    if isinstance(other, Outside):
        return False
    if peer.namespaces is None:
        if not policy.cluster_wide and other.namespace != policy.namespace:
            return False
    elif not matches(peer.namespaces, facts.namespaces[other.namespace]):
        return False
    return peer.pods is None or matches(peer.pods, other.labels.values)


def within(ranges: tuple[AddressRange, ...], number: int) -> bool:
    return any(start <= number < end for start, end in ranges)


def matches(selector: LabelSelector, labels: dict[str, str]) -> bool:
    for requirement in selector.requirements:
        there = requirement.key in labels
        listed = there and labels[requirement.key] in requirement.values
        holds = {"In": listed, "NotIn": not listed, "Exists": there, "DoesNotExist": not there}
        if not holds[requirement.operator.value]:
            return False
    return True


def ports_match(rule: Rule, target: End, protocol: str, port: int) -> bool:
    return rule.ports is None or any(port_matches(written, target, protocol, port) for written in rule.ports)


def port_matches(written: PortRule, target: End, protocol: str, port: int) -> bool:
    if written.protocol not in ("", protocol):
        return False
    if written.name:
        declared = target.ports if isinstance(target, Endpoint) else ()
        first = next((p for p in declared if p.name == written.name and p.protocol == protocol), None)
        return first is not None and first.number == port
    return written.first is None or (written.last is not None and written.first <= port <= written.last)
