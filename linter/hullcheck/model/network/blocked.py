"""What is used and denied all the same: of each connection whether policies let it through, and which of them don't.

Denied is what isn't even perhaps open. Who is none of the workloads here, such as the API server, may be whoever a rule
admits beside them: only where no rule can mean it, it is denied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from hullcheck.budget import tick
from hullcheck.model.network.labels import LabelIndex, Labels, LabelSelector
from hullcheck.model.network.needs import Kind, Need, needs
from hullcheck.model.network.network import Network, Reason, Use
from hullcheck.model.network.policy import Direction, Peer, Policy, Rule, Tier
from hullcheck.model.network.ports import PROTOCOLS
from hullcheck.model.network.universe import NAME_LABEL, PRIVATE
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

_KUBE_SYSTEM = Labels({NAME_LABEL: "kube-system"}, open=True, closed=frozenset((NAME_LABEL,)))
_NODES = ("host", "every node", "remote-node", "nodes", "kube-apiserver", "groups", "services")
"""Words of rules behind which the API server, or a controller on a node's network, may be."""

_FEW_ADDRESSES = 256
_SCRAPERS = (
    "prometheus", "vmagent", "vmsingle", "victoria-metrics", "grafana-agent", "alloy", "agent", "telegraf", "datadog",
    "opentelemetry", "otel", "mimir", "thanos", "netdata", "newrelic", "dynatrace",
)  # fmt: skip
"""Words in the names of images that scrape metrics."""

_MESHES = ("istio", "linkerd", "kuma", "consul.hashicorp.com")


class Denial(NamedTuple):
    """One side that denies a connection: the policies of a workload that confine it there.

    `rule` is the one that denies it by itself, if one does. `near` is a rule that opens other ports to the same end,
    with these in words.
    """

    direction: Direction
    workload: int
    policies: tuple[Policy, ...]
    rule: Reason | None = None
    near: "_Near | None" = None
    certain: bool = True


_Near = tuple[Policy, Rule, str]
_LOOKED_AT = 200
"""Rules among which one is looked for that opens other ports."""


class Blocked(NamedTuple):
    """A connection that is used, and that one side or both deny."""

    need: Need
    denials: tuple[Denial, ...]

    @property
    def certain(self) -> bool:
        return any(denial.certain for denial in self.denials)


def is_denied(network: Network, use: Use) -> bool | None:
    """Do policies, or networks that aren't shared, deny what a workload is meant to use? None where that isn't known."""
    ports = network.universe.ports
    wanted = ports.all if use.port is None else ports.piece(use.protocol, use.port)
    strict, loose = (answer.connections(use.source, use.target) & wanted for answer in network.answers)
    if not loose:  # a Compose service that only starts after another needn't connect to it
        return None if network.scope.kind == "compose" and use.port is None else True
    return None if not strict else False


def blocked(network: Network) -> Iterator[Blocked]:
    """All that is surely used and denied in a network; one for each pair of ends, way and set of ports."""
    if not network.policies:
        return
    seen = set()
    for need in needs(network):
        if not need.sure:
            continue
        key = (need.kind, need.source, need.target, need.protocol, need.ports, need.host, need.doorway and need.what)
        if key not in seen:
            seen.add(key)
            found = judged(network, need)
            if found is not None:
                yield found


def judged(network: Network, need: Need) -> Blocked | None:
    """The need, if policies deny it; of hosts that aren't known nothing is said."""
    tick()
    match need.kind:
        case Kind.USE | Kind.PEERS:
            denials = _between(network, need)
        case Kind.ENTRANCE:
            denials = _entrance(network, need)
        case Kind.WEBHOOK:
            denials = _stranger(network, need, Direction.INGRESS, _may_be_api_server)
        case Kind.SCRAPE:
            denials = _stranger(network, need, Direction.INGRESS, _may_scrape)
        case Kind.API:
            denials = _stranger(network, need, Direction.EGRESS, _may_be_api_server)
        case Kind.HOST:
            denials = _outside(network, need)
        case _:
            denials = []
    return Blocked(need, tuple(denials)) if denials else None


def _between(network: Network, need: Need) -> list[Denial]:
    source, target = need.source, need.target
    assert source is not None
    assert target is not None
    on_host = network.universe.on_host
    if (on_host >> source | on_host >> target) & 1 or not need.ports:
        return []  # what policies do to a node's own network isn't the same everywhere
    wanted, loose = need.connections(network), network.answers.loose
    if loose.connections(source, target) & wanted:
        return []
    found = []
    for here, there, direction in ((source, target, Direction.EGRESS), (target, source, Direction.INGRESS)):
        if not loose.side(direction).connections(here, there) & wanted:
            reasons = network.reasons(here, there, direction, wanted)
            near = _near(network, here, direction, partial(_means, network, there))
            found.append(_denial(network, here, direction, reasons, near))
    return found


def _denial(
    network: Network,
    number: int,
    direction: Direction,
    reasons: Iterable[Reason] = (),
    near: _Near | None = None,
    certain: bool = True,
) -> Denial:
    rule = next((reason for reason in reasons if reason.rule.denies and reason.certain), None)
    selecting = network.selecting(number, direction)
    policies = tuple(p for p, sure in selecting if sure and p.tier is Tier.NAMESPACE and p.affects(direction))
    return Denial(direction, number, policies, rule, near, certain)


def _means(network: Network, end: int, policy: Policy, rule: Rule) -> bool:
    """Does a rule speak of a workload?"""
    return bool(rule.peers is not None and network.universe.peers(policy, rule.peers).sure >> end & 1)


def _near(network: Network, number: int, direction: Direction, means: Callable[[Policy, Rule], bool]) -> _Near | None:
    """A rule that is about the same end, and opens other ports to it."""
    for policy, rule in islice(_rules(network, number, direction), _LOOKED_AT):
        if rule.ports and means(policy, rule):
            connections = network.about(policy, rule)
            if connections and not _is_dns(network, connections):
                return policy, rule, network.universe.ports.text(connections)
    return None


def _is_dns(network: Network, connections: int) -> bool:
    dns = sum({network.universe.ports.piece(protocol, 53) for protocol in PROTOCOLS})
    return not connections & ~dns


_MayBe = Callable[[Network, Policy, Peer], bool | None]
"""May a peer mean an end that is no workload here? None where it may, but hardly does."""


def _entrance(network: Network, need: Need) -> list[Denial]:
    doorway, number = need.doorway, need.target
    assert doorway is not None
    assert number is not None
    if network.universe.on_host >> number & 1 or network.admitted(doorway, strict=False):
        return []
    if network.compiler.opaque[Direction.INGRESS] >> number & 1:
        return []
    return _stranger(network, need, Direction.INGRESS, _may_be_controller if doorway.by_controller else _may_be_node)


def _stranger(network: Network, need: Need, direction: Direction, may_be: _MayBe) -> list[Denial]:
    """The one side on which policies can deny a connection whose other end is no workload here."""
    number = need.target if direction is Direction.INGRESS else need.source
    assert number is not None
    if not need.connections(network) or not _closed(network, number, direction):
        return []
    wanted = need.connections(network)
    key = ("stranger", may_be, direction, network.applying(number), wanted)
    narrow = need.kind is Kind.API
    found = network.remembered(key, lambda: _passed(network, number, direction, wanted, may_be, narrow))
    if found is None:
        return []
    certain, near = found
    return [_denial(network, number, direction, (), near, certain)]


def _passed(
    network: Network, number: int, direction: Direction, wanted: int, may_be: _MayBe, narrow: bool
) -> tuple[bool, _Near | None] | None:
    """None if some rule may let it through; else whether none does for certain, and one that opens other ports.

    With `narrow`, the ports of a rule for a few addresses don't count: what is there may listen on any.
    """
    certain, near = True, None
    for policy, rule in _rules(network, number, direction):
        found = _meant(network, policy, rule, may_be)
        if found is False:
            continue
        about = network.about(policy, rule)
        few = narrow and rule.peers is not None and any(_is_narrow(peer) for peer in rule.peers)
        if about & wanted or few:
            if found:
                return None
            certain = False
        elif found and rule.ports and near is None and rule.peers is not None and not _is_dns(network, about):
            near = (policy, rule, network.universe.ports.text(about))
    return certain, near


def _closed(network: Network, number: int, direction: Direction) -> bool:
    """Do policies of namespaces surely confine it, with nothing unread and no administrator's rules beside them?"""
    if network.universe.on_host >> number & 1 or not network.isolated(number, direction):
        return False
    if network.compiler.opaque[direction] >> number & 1:
        return False
    return not any(
        policy.tier is Tier.ADMIN and policy.rules(direction) for policy, _ in network.selecting(number, direction)
    )


def _rules(network: Network, number: int, direction: Direction) -> Iterator[tuple[Policy, Rule]]:
    for policy, _ in network.selecting(number, direction):
        if policy.tier is Tier.NAMESPACE:
            for rule in policy.rules(direction):
                if not rule.denies:
                    yield policy, rule


def _meant(network: Network, policy: Policy, rule: Rule, may_be: _MayBe) -> bool | None:
    if rule.peers is None:
        return True
    answers = {may_be(network, policy, peer) for peer in rule.peers}
    return True if True in answers else None if None in answers else False


def _is_narrow(peer: Peer) -> bool:
    """Is it a few addresses, as of one server?"""
    return bool(peer.blocks) and sum(span.end - span.start for span in peer.blocks) <= _FEW_ADDRESSES


def _may_be_api_server(network: Network, policy: Policy, peer: Peer) -> bool | None:
    """It has an address of a node or of the provider's; what is tunnelled comes from pods of `kube-system`."""
    if not peer.known or peer.blocks or peer.others or peer.nodes or peer.elsewhere in _NODES:
        return True
    if peer.elsewhere:
        return False
    if peer.namespaces is None:
        return policy.namespace == "kube-system" or (policy.cluster_wide and _selects_all(peer.pods))
    return bool(LabelIndex([_KUBE_SYSTEM]).match(peer.namespaces).maybe)


def _may_be_node(network: Network, policy: Policy, peer: Peer) -> bool | None:
    """What comes through a load balancer may have the address of the node that it came in by."""
    return not peer.known or bool(peer.blocks) or peer.others or peer.nodes or peer.elsewhere in _NODES


def _may_be_controller(network: Network, policy: Policy, peer: Peer) -> bool | None:
    return True if _may_be_node(network, policy, peer) else _may_be_unseen(network, policy, peer, ())


def _may_scrape(network: Network, policy: Policy, peer: Peer) -> bool | None:
    scrapers = network.remembered(("scrapers",), lambda: _scrapers(network))
    return True if _may_be_node(network, policy, peer) else _may_be_unseen(network, policy, peer, scrapers)


def _scrapers(network: Network) -> tuple[int, ...]:
    return tuple(
        number
        for number, endpoint in enumerate(network.endpoints)
        if any(word in image for image in endpoint.images for word in _SCRAPERS)
    )


def _may_be_unseen(network: Network, policy: Policy, peer: Peer, known: tuple[int, ...]) -> bool | None:
    """May it mean a pod that isn't here, or one of those that are known to be it?"""
    if peer.elsewhere:
        return peer.elsewhere == "ingress"
    found = network.universe.peer(policy, peer).maybe
    if any(found >> number & 1 for number in known):
        return True
    if not found & network.universe.workloads:
        return True
    if peer.namespaces is not None or policy.cluster_wide:
        return _selects_all(peer.pods) or None
    return None if _selects_all(peer.pods) or network.scope.makers else False


def _selects_all(pods: LabelSelector | None) -> bool:
    return pods is None or not pods.requirements


def _outside(network: Network, need: Need) -> list[Denial]:
    """Whether a workload can open connections to a name outside."""
    number = need.source
    assert number is not None
    if not need.ports or not _closed(network, number, Direction.EGRESS):
        return []
    wanted = need.connections(network)
    by_name = network.universe.named_outside(need.host)

    def may_be(network: Network, policy: Policy, peer: Peer) -> bool | None:
        if peer.elsewhere == "domains":
            return bool(network.universe.peer(policy, peer).sure & by_name)
        if not peer.known or peer.others or peer.elsewhere in ("groups", "services", "nodes"):
            return True
        if not peer.blocks:
            return False
        private = not need.private and all(any(own.holds(span) for own in PRIVATE) for span in peer.blocks)
        return not private

    key = ("outside", need.host, need.private, network.applying(number), wanted)
    closed = network.remembered(
        key, lambda: _passed(network, number, Direction.EGRESS, wanted, may_be, False) is not None
    )
    return [_denial(network, number, Direction.EGRESS)] if closed and not _is_meshed(network, number) else []


def _is_meshed(network: Network, number: int) -> bool:
    """May a proxy of its own take its connections somewhere else?"""
    made = network.endpoints[number].object
    text = made.node.location.text[:20_000] if made is not None else ""
    return any(word in text for word in _MESHES) or any("proxy" in image for image in network.endpoints[number].images)


def translated(need: Need, here: Network, there: Network) -> Need | None:
    """The need as another network has it, whose workloads have other numbers; None if it doesn't have its ends."""
    numbers = there.remembered(("by id",), lambda: {e.id: n for n, e in reversed(list(enumerate(there.endpoints)))})
    ends = [None if end is None else numbers.get(here.endpoints[end].id, -1) for end in (need.source, need.target)]
    if -1 in ends:
        return None
    doorway = need.doorway
    if doorway is not None and ends[1] is not None:
        ways = there.doorways_of(ends[1])
        doorway = next((way for way in ways if (way.kind, way.via) == (doorway.kind, doorway.via)), None)
        if doorway is None:
            return None
    return need._replace(source=ends[0], target=ends[1], doorway=doorway)


class Denied(NamedTuple):
    """A connection that is used and that policies deny, in a network. `known` is false where that isn't known in full.

    `change` is true if a change did that: `by` are policies that did it, with what is to be said of each, and `before`
    says what let it through.
    """

    network: Network
    blocked: Blocked
    known: bool = True
    change: bool = False
    by: tuple[tuple[Location, str], ...] = ()
    before: str = ""

    @property
    def location(self) -> Location:
        return self.blocked.need.location

    @property
    def owner(self) -> str:
        return self.blocked.need.owner
