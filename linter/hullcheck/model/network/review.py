"""What a policy comes to beside the workloads that there are: whom it selects, whom its peers are, what others undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

from hullcheck.model.network.addresses import ALL_V4, ALL_V6, AddressRange, less, merged
from hullcheck.model.network.datastores import PORTS as DATA_PORTS
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import LabelSelector, Operator, numbers_in
from hullcheck.model.network.policy import Direction, Peer, Policy, PortRule, Rule, Tier
from hullcheck.model.network.universe import NAME_LABEL
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.network import Network, Reason
    from hullcheck.model.network.parts import PolicyUse

_OUTSIDE_WORDS = (
    "dns",
    "prometheus",
    "monitoring",
    "metrics",
    "grafana",
    "observability",
    "ingress",
    "nginx",
    "traefik",
    "gateway",
    "istio",
    "linkerd",
    "kube-system",
    "kube-public",
    "cert-manager",
    "openshift",
    "operator",
    "otel",
    "opentelemetry",
    "jaeger",
    "loki",
    "logging",
    "fluent",
    "vault",
    "argocd",
    "flux",
)
"""Words in the labels of what a cluster has anyway, outside of most repositories."""


def endpoints_of(network: Network, bits: int) -> list[Endpoint]:
    """The workloads among these ends."""
    return [network.endpoints[number] for number in numbers_in(bits & network.universe.workloads)]


def selected(use: PolicyUse) -> list[Endpoint]:
    """The workloads that the policy may select, in all of its scopes."""
    found: dict[str, Endpoint] = {}
    for network, policy in use.places:
        for endpoint in endpoints_of(network, network.universe.members(policy).maybe):
            found.setdefault(endpoint.id, endpoint)
    return list(found.values())


def selected_by_labels(use: PolicyUse) -> list[Endpoint]:
    """The workloads that the policy's selector and namespace mean, those on the host's network, too."""
    found: dict[str, Endpoint] = {}
    for network, policy in use.places:
        universe = network.universe
        within = universe.workloads if policy.cluster_wide else universe.of_namespace(policy.namespace or "default")
        for endpoint in endpoints_of(network, within & network.likely(policy.selector)):
            if policy.selector.matches(endpoint.labels.values):
                found.setdefault(endpoint.id, endpoint)
    return list(found.values())


def selects_anything_anywhere(use: PolicyUse) -> bool:
    """Does the policy select a workload of any scope, if unset namespaces may be any?"""
    around = use.surroundings.neighbours
    return any(around.selects(policy.selector, policy.namespace or None) for _, policy in use.places)


def is_usual(selector: LabelSelector | None) -> bool:
    """Does the selector ask for something that clusters have anyway, such as DNS or monitoring?"""
    if selector is None:
        return False
    return any(
        word in text.lower()
        for requirement in selector.requirements
        for text in (requirement.key, *requirement.values)
        for word in _OUTSIDE_WORDS
    )


class Unmatched(NamedTuple):
    """A peer that selects no workload; `near` says which one it nearly does, if any."""

    direction: Direction
    rule: Rule
    peer: Peer
    near: str


def unmatched_peers(use: PolicyUse) -> Iterator[Unmatched]:
    """The peers of a policy that select nothing, although what they speak of is in the repository."""
    if use.policy.tier is not Tier.NAMESPACE or use.policy.opaque or use.policy.refused:
        return
    if not use.complete or use.surroundings.partial:
        return
    for direction in Direction:
        for index, rule in enumerate(use.policy.rules(direction)):
            for number, peer in enumerate(rule.peers or ()):
                if peer.blocks or peer.elsewhere or peer.others or not peer.known:
                    continue
                usual = is_usual(peer.pods) or is_usual(peer.namespaces)
                if usual and not _says_a_name_wrongly(use, peer.namespaces):
                    continue
                found = _unmatched(use, direction, index, number)
                if found is not None:
                    yield Unmatched(direction, rule, peer, found)


def _unmatched(use: PolicyUse, direction: Direction, index: int, number: int) -> str | None:
    """What is near to a peer that matches nothing in any place; None for one that matches, or of which nothing is known."""
    near = None
    for network, policy in use.places:
        rules = policy.rules(direction)
        peers = rules[index].peers if index < len(rules) else None
        if not peers or number >= len(peers):
            return None
        peer = peers[number]
        found = network.universe.peer(policy, peer).within(network.universe.workloads)
        wrong = _says_a_name_wrongly(use, peer.namespaces)
        if found.sure or (found.maybe and not wrong):
            return None
        said = wrong or _near(use, network, policy, peer)
        if said is None:
            return None
        near = near or said
    return near


def _near(use: PolicyUse, network: Network, policy: Policy, peer: Peer) -> str | None:
    around = use.surroundings
    if network.universe.is_only_on_host(policy, peer):
        return "what it means is on the host's network, where most plugins don't know pods by their labels"
    if peer.namespaces is None:
        space = policy.namespace or "default"
        if peer.pods is None or peer.pods.selects_all or not network.universe.of_namespace(space):
            return None
        return around.neighbours.near(peer.pods, space)
    spaces = [s for s in network.universe.namespaces_selected(peer.namespaces) if network.universe.of_namespace(s)]
    if spaces:
        if peer.pods is None:
            return None
        return next((near for space in spaces if (near := around.neighbours.near(peer.pods, space))), "")
    return _near_namespace(use, peer.namespaces)


_NO_NAMES = ("kubernetes.io/name", "kubernetes.io/namespace", "k8s.io/metadata.name", "metadata.name")
"""Keys with which people ask for a namespace's name, and that nothing sets."""


def _says_a_name_wrongly(use: PolicyUse, selector: LabelSelector | None) -> str:
    """What to say of a selector that asks for a namespace's name by a label that it doesn't have."""
    for requirement in selector.requirements if selector is not None else ():
        if requirement.operator is not Operator.IN or requirement.key == NAME_LABEL:
            continue
        labelled = [net.scope.namespaces for net, _ in use.places]
        if any(requirement.key in labels for spaces in labelled for labels in spaces.values()):
            continue
        for name in sorted(requirement.values):
            if name in use.surroundings.declared and all(name in spaces for spaces in labelled):
                return f"namespace `{name}` has no label `{requirement.key}`; every namespace has `{NAME_LABEL}`"
            if requirement.key in _NO_NAMES:
                return f"namespaces have no label `{requirement.key}`; every one has `{NAME_LABEL}`"
    return ""


def _near_namespace(use: PolicyUse, selector: LabelSelector) -> str | None:
    """A namespace of the repository that the selector's name is a slip of."""
    from hullcheck.model.network.near import within_two

    for requirement in selector.requirements:
        if requirement.key == NAME_LABEL and requirement.operator is Operator.IN and len(requirement.values) == 1:
            (name,) = requirement.values
            for other in sorted(use.surroundings.namespaces):
                if within_two(name, other):
                    return f"there is no namespace `{name}` here; there is `{other}`"
    return None


class Split(NamedTuple):
    """Two peers side by side of which the second selects nothing unless it is part of the first."""

    direction: Direction
    rule: Rule
    first: Peer
    second: Peer
    example: Endpoint


def split_peers(use: PolicyUse) -> Iterator[Split]:
    """Peers that were meant to be one: a namespace, and behind another dash the pods in it."""
    if use.policy.tier is not Tier.NAMESPACE or use.policy.opaque or use.policy.refused or not use.complete:
        return
    for direction in Direction:
        for rule in use.policy.rules(direction):
            peers = rule.peers or ()
            for first, second in pairwise(peers):
                example = _split(use, first, second) or _split(use, second, first)
                if example is not None:
                    yield Split(direction, rule, first, second, example)


def _split(use: PolicyUse, spaces: Peer, pods: Peer) -> Endpoint | None:
    """A workload that the two peers would select if they were one, where the one with the pods selects none alone."""
    if spaces.namespaces is None or spaces.pods is not None or pods.pods is None or pods.namespaces is not None:
        return None
    if not (spaces.known and pods.known and pods.pods.requirements):
        return None
    found = None
    for network, policy in use.places:
        universe = network.universe
        if universe.peer(policy, pods).maybe & universe.workloads:
            return None
        both = universe.pods(pods.pods).sure & universe.in_namespaces(spaces.namespaces).sure
        found = found or next(iter(endpoints_of(network, both)), None)
    return found


class WideOpen(NamedTuple):
    """A rule that lets in, or out to, everybody. `ports` is true where it does so on some ports only."""

    rule: Rule
    peer: Peer | None
    whom: str
    ports: bool


def wide_open(policy: Policy, direction: Direction) -> Iterator[WideOpen]:
    """The rules of a policy that restrict no peer."""
    if policy.tier is not Tier.NAMESPACE or policy.opaque or policy.refused or not policy.affects(direction):
        return
    for rule in policy.rules(direction):
        if rule.denies:
            continue
        limited = rule.ports is not None
        if rule.peers is None:
            yield WideOpen(rule, None, "everything", limited)
            continue
        for peer in rule.peers:
            if (whom := everybody(peer)) and peer.known:
                yield WideOpen(rule, peer, whom, limited)
                break
        else:
            if together_everybody(rule.peers):
                yield WideOpen(rule, next(peer for peer in rule.peers if peer.blocks), "every address", limited)


def everybody(peer: Peer) -> str:
    """Whom a peer admits, if that is every pod, every address or every name."""
    if peer.blocks and not peer.excepts:
        return "every address" if any(span.end - span.start in (1 << 32, 1 << 128) for span in peer.blocks) else ""
    if peer.elsewhere == "domains" and "*" in peer.names:
        return "every name"
    if peer.namespaces is not None and peer.namespaces.selects_all and (peer.pods is None or peer.pods.selects_all):
        return "every pod of the cluster"
    return ""


def together_everybody(peers: Iterable[Peer]) -> bool:
    """Are the addresses of these peers all that there are, such as those of two halves?"""
    spans = (span for peer in peers if peer.known for span in less(peer.blocks, peer.excepts))
    return any(whole in (ALL_V4, ALL_V6, AddressRange(0, ALL_V6.end)) for whole in merged(spans))


def is_only_dns(rule: Rule) -> bool:
    """Is the rule for looking up names only?"""
    return bool(rule.ports) and all(is_dns(port) for port in rule.ports or ())


def is_dns(port: PortRule) -> bool:
    """Is it the port of DNS, by its number or its usual name?"""
    return port.name in ("dns", "dns-tcp") or (port.first in (53, 5353) and port.last in (53, 5353))


class PortMismatch(NamedTuple):
    """A port of a rule on which nothing listens there. `target` is what the Service called `service` comes to.

    `others` is true if the rule has other ports on which something does.
    """

    direction: Direction
    rule: Rule
    port: PortRule
    workload: Endpoint
    service: str = ""
    target: int = 0
    others: bool = False


def service_ports(use: PolicyUse) -> Iterator[PortMismatch]:
    """Numbers that are a Service's port where the pods' port is needed."""
    network, policy = use.places[0]
    for direction, rule, port, ends in _written_ports(network, policy):
        if port.first is None or port.first != port.last or network.declaring(port.first) & ends:
            continue
        found = _service_port(network, port, ends)
        if found is not None:
            yield PortMismatch(direction, rule, port, *found)


def _service_port(network: Network, port: PortRule, ends: int) -> tuple[Endpoint, str, int] | None:
    """A workload behind a Service that has this port and sends it on to another; the Service, and the other port."""
    for service, offered in network.offering(port.protocol, port.first or 0):
        behind = network.served_by(service) & ends
        if behind:
            number = _first(behind)
            target = network.target_of(offered, number)
            if target and target != port.first:
                return network.endpoints[number], service.name, target
    return None


def unresolved_ports(use: PolicyUse) -> Iterator[PortMismatch]:
    """Named ports that no workload which is connected to declares."""
    if not use.complete:
        return
    network, policy = use.places[0]
    for direction, rule, port, ends in _written_ports(network, policy):
        if port.name and not _declares(network, port, ends):
            others = any(other.name and _declares(network, other, ends) for other in rule.ports or ())
            yield PortMismatch(direction, rule, port, network.endpoints[_first(ends)], others=others)


def _declares(network: Network, port: PortRule, ends: int) -> bool:
    return any(bits & ends for _, bits in network.universe.named(port))


def _first(bits: int) -> int:
    """The lowest number in a set of bits that isn't empty."""
    return (bits & -bits).bit_length() - 1


def _written_ports(network: Network, policy: Policy) -> Iterator[tuple[Direction, Rule, PortRule, int]]:
    """Each port of the rules, with the workloads that are connected to on it, as bits."""
    if policy.tier is not Tier.NAMESPACE or policy.opaque or policy.refused:
        return
    members = network.universe.members(policy).sure
    for direction in Direction:
        for rule in policy.rules(direction):
            ends = members
            if direction is Direction.EGRESS:
                named = tuple(peer for peer in rule.peers or () if not peer.blocks and not peer.elsewhere)
                ends = network.universe.peers(policy, named).sure if named else 0
            ends &= network.universe.workloads
            for port in (rule.ports or ()) if ends else ():
                if port.known:
                    yield direction, rule, port, ends


class HalfOpen(NamedTuple):
    """A rule that names workloads whose own policies don't let it be used. `here` is on the side of the rule."""

    direction: Direction
    rule: Rule
    here: Endpoint
    there: Endpoint
    blocking: Policy


_MAX_ENDS = 25


def half_open(use: PolicyUse) -> Iterator[HalfOpen]:
    """Rules of which nothing comes, since the other end's policies deny what they allow."""
    network, policy = use.places[0]
    if policy.tier is not Tier.NAMESPACE or policy.opaque or not use.complete or use.surroundings.partial:
        return
    for direction in Direction:
        if not policy.affects(direction):
            continue
        for rule in policy.rules(direction):
            if rule.denies:
                continue
            named = tuple(p for p in rule.peers or () if p.pods is not None and p.pods.requirements and p.known)
            if named and len(named) == len(rule.peers or ()):
                found = _half_open(network, policy, rule, named, direction)
                if found is not None:
                    yield found


def _half_open(
    network: Network, policy: Policy, rule: Rule, named: tuple[Peer, ...], direction: Direction
) -> HalfOpen | None:
    """The first pair, if all pairs of a rule are denied by the other end's policies."""
    universe = network.universe
    other = Direction.EGRESS if direction is Direction.INGRESS else Direction.INGRESS
    here = universe.members(policy).maybe & universe.selectable
    there = universe.peers(policy, named).maybe & universe.selectable
    if here.bit_count() > _MAX_ENDS or there.bit_count() > _MAX_ENDS:
        return None
    pairs = [(h, t) for h in numbers_in(here) for t in numbers_in(there) if h != t]
    if not pairs:
        return None
    side = network.answers.loose.side(other)
    connections = network.about(policy, rule)
    for h, t in pairs:
        if not network.isolated(t, other) or side.connections(t, h) & connections:
            return None
    h, t = pairs[0]
    blocking = next((p for p, sure in network.selecting(t, other) if sure), None)
    return HalfOpen(direction, rule, network.endpoints[h], network.endpoints[t], blocking) if blocking else None


class Nullified(NamedTuple):
    """A rule that restricts peers in vain: a rule of another policy lets everybody in on the same ports."""

    direction: Direction
    rule: Rule
    other: Policy
    wider: WideOpen


def nullified(use: PolicyUse) -> Iterator[Nullified]:
    """The rules of a policy that another policy for the same workloads makes useless; one for each such policy."""
    network, policy = use.places[0]
    if policy.tier is not Tier.NAMESPACE or policy.opaque or policy.refused:
        return
    members = network.universe.members(policy)
    if not members.sure or members.sure != members.maybe:
        return
    first = (members.sure & -members.sure).bit_length() - 1
    for direction in Direction:
        if not policy.affects(direction):
            continue
        for other in _wide_policies(network, first, direction):
            if other is not policy and not members.maybe & ~network.universe.members(other).sure:
                yield from _nullified(network, policy, other, direction)


_MAX_WIDE = 20


def _wide_policies(network: Network, workload: int, direction: Direction) -> tuple[Policy, ...]:
    """The policies for a workload that let everybody in, the first of them if they are many."""

    def found() -> tuple[Policy, ...]:
        selecting = network.selecting(workload, direction)
        return tuple(islice((p for p, sure in selecting if sure and any(wide_open(p, direction))), _MAX_WIDE))

    return network.remembered(("wide", direction, network.applying(workload)), found)


def _nullified(network: Network, policy: Policy, other: Policy, direction: Direction) -> Iterator[Nullified]:
    for wider in wide_open(other, direction):
        for rule in policy.rules(direction):
            if rule.denies or rule.peers is None or any(everybody(peer) for peer in rule.peers):
                continue
            restricted = network.universe.peers(policy, rule.peers)
            everyone = network.universe.peers(other, wider.rule.peers)
            ports = network.about(policy, rule)
            if restricted.maybe & ~everyone.sure or not ports or ports & ~network.about(other, wider.rule):
                continue
            yield Nullified(direction, rule, other, wider)
            return


def is_front_door(use: PolicyUse, found: WideOpen) -> bool:
    """Is the rule for workloads that something leads to from outside, and for the ports that it leads to?"""
    network, policy = use.places[0]
    members = network.universe.members(policy).sure
    ports = network.about(policy, found.rule)
    for number in numbers_in(members):
        served = 0
        for doorway in network.doorways_of(number):
            served |= doorway.connections
        if not served or (found.ports and ports & ~served):
            return False
    return bool(members)


def is_denied(network: Network, policy: Policy, direction: Direction, denies: Callable[[Rule], bool]) -> bool:
    """Does a rule that denies, of which `denies` is true, apply to everything that the policy selects?"""
    members = network.universe.members(policy).maybe
    return bool(members) and all(
        any(
            sure and rule.denies and denies(rule)
            for other, sure in network.selecting(n, direction)
            for rule in other.rules(direction)
        )
        for n in numbers_in(members)
    )


def reached_by_all(network: Network, number: int) -> bool:
    """Can every other workload of the scope surely connect to a data store's port, by the store's own policies?"""
    endpoint = network.endpoints[number]
    wanted = 0
    for port in endpoint.ports:
        if port.number in DATA_PORTS:
            wanted |= network.universe.ports.bits(port.protocol, port.number, port.number)
    everyone = network.universe.workloads & ~network.universe.on_host & ~(1 << number)
    admitted = 0
    for connections, ends in network.answers.strict.ingress.partition(number):
        if connections & wanted or (not wanted and connections):
            admitted |= ends
    return bool(everyone) and not everyone & ~admitted


def open_rules(network: Network, number: int, direction: Direction) -> list[Reason]:
    """The rules that admit every pod to a workload."""
    from hullcheck.model.network.network import Reason

    return [
        Reason(policy, found.rule)
        for policy, sure in network.selecting(number, direction)
        if sure
        for found in wide_open(policy, direction)
    ]
