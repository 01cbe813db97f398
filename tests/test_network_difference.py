"""The difference of two maps: it is empty exactly if they are equal, its mirror is that of the reverse change, and who
opens more is told of no less."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hullcheck.draw import difference as text
from hullcheck.draw import difference_json, difference_picture
from hullcheck.draw.difference_words import Words
from hullcheck.finding import Severity
from hullcheck.link.changes_of import reaching_further
from hullcheck.model.changed import Doubtful, FurtherOut
from hullcheck.model.network.addresses import cidrs
from hullcheck.model.network.compare import Open
from hullcheck.model.network.compose import Attached, ComposeNetwork, Published, Wire
from hullcheck.model.network.diff import Difference, difference
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import Labels, LabelSelector
from hullcheck.model.network.map import ScopeMap, scope_map
from hullcheck.model.network.mentions import Mention
from hullcheck.model.network.network import Network, Scope
from hullcheck.model.network.pairing import pairs
from hullcheck.model.network.parts import IsolationLost, Opened
from hullcheck.model.network.policy import Action, Policy
from hullcheck.model.network.ports import PortRange
from hullcheck.model.network.service import Service, ServicePort
from hullcheck_checks.network import isolation_lost, path_opened
from random_networks import HERE, NAMESPACES, facts, labels, made, own_policies, rules

TARGETS: tuple[int | str, ...] = (80, 81, "web")
RANGES = ((), ("10.0.0.0/8",), ("0.0.0.0/0",))


@st.composite
def services(draw: st.DrawFn, number: int) -> Service:
    namespace = draw(st.sampled_from(NAMESPACES))
    chosen = {"app": draw(st.sampled_from(("1", "2")))}
    kind = draw(st.sampled_from(("ClusterIP", "LoadBalancer", "NodePort")))
    port = ServicePort("", 80, "TCP", draw(st.sampled_from(TARGETS)), HERE)
    object_ = made("Service", f"s{number}", namespace)
    internal, ranges = draw(st.booleans()), draw(st.sampled_from(RANGES))
    public = kind != "ClusterIP"
    return Service(
        object_, namespace, LabelSelector.of(chosen), public, True, kind, (port,), internal and public, ranges
    )


@st.composite
def networks(draw: st.DrawFn, world: Any) -> Network:
    """A network out of some of a world's workloads and policies, and others; some pods on the host's network."""
    endpoints = [
        e._replace(host_network=draw(st.integers(0, 5)) == 0) for e in world.endpoints if draw(st.integers(0, 5))
    ]
    if endpoints and not draw(st.integers(0, 5)):  # another pod of one owner
        endpoints.append(endpoints[0]._replace(labels=Labels(draw(labels))))
    policies = [policy for policy in world.policies if draw(st.integers(0, 3))]
    if draw(st.booleans()):
        policies.append(draw(own_policies()))
    offered = [draw(services(number)) for number in range(draw(st.integers(0, 2)))]
    speaks = tuple(
        (Mention(f"http://s{draw(st.integers(0, 1))}:80", HERE),) if draw(st.booleans()) else () for _ in endpoints
    )
    declared = {name: found for name, found in world.namespaces.items() if draw(st.booleans())}
    return Network(Scope("s", "manifests", tuple(endpoints), tuple(policies), tuple(offered), (), declared, "", speaks))


@st.composite
def changes(draw: st.DrawFn) -> tuple[Network, Network]:
    world = draw(facts())
    before = draw(networks(world))
    if draw(st.integers(0, 3)):
        return before, draw(networks(world))
    scope = before.scope  # the same in another order, at most with a policy less
    policies = scope.policies[draw(st.integers(0, 1)) :]
    return before, Network(scope._replace(policies=tuple(reversed(policies))))


WIRES = ("back", "front", "third")


@st.composite
def published(draw: st.DrawFn) -> tuple[Published, ...]:
    port = draw(st.sampled_from((80, 81)))
    return (
        Published(PortRange("TCP", port, port), HERE, draw(st.sampled_from((True, False, None))), draw(st.booleans())),
    )


@st.composite
def projects(draw: st.DrawFn, ids: tuple[str, ...] = ("a", "b", "c", "d")) -> ComposeNetwork:
    names = [id_ for id_ in ids if draw(st.integers(0, 5))]
    ends = tuple(Endpoint(f"default/{n}[service]", n, "default", n, "service", HERE, Labels({})) for n in names)
    apart: tuple[bool | None, ...] = (False, False, None)
    wires = tuple(
        Wire(name, draw(st.sampled_from((True, False, None))), draw(st.sampled_from(apart))) for name in WIRES
    )
    attached = []
    for _ in names:
        mode = draw(st.sampled_from(("", "", "", "host", "none", "unknown")))
        joined = draw(st.sets(st.integers(0, 2))) if not mode else set()
        ports = draw(published()) if draw(st.booleans()) else ()
        attached.append(Attached(dict.fromkeys(sorted(joined), HERE), mode, ports))
    return ComposeNetwork("compose.yaml", ends, tuple(attached), wires)


def anything() -> st.SearchStrategy[tuple[Network, Network]]:
    return changes() | st.tuples(projects(), projects())


def compared(before: Network, after: Network) -> Difference:
    (pair,) = pairs([before], [after]) if before.endpoints and after.endpoints else [None]
    assume(pair is not None and pair.before is not None and pair.after is not None)
    assert pair is not None
    return difference(pair)


def shown(found: ScopeMap) -> object:
    """What a map shows, without places and reasons."""
    ways: dict[object, set[str]] = {}
    for node in found.nodes:
        for way in node.ways:
            ways.setdefault((node.id, way.kind, way.via, way.limits.text, way.certain), set()).add(way.connections)
    box = {n.id: n.box for n in found.nodes} if found.kind == "compose" else {}
    nodes = {(*n[:1], box.get(n.id), n.endpoint.data, *n[2:4], n.free_in, n.free_out) for n in found.nodes}
    edges = {edge[:4] for edge in found.edges}
    assert not found.wide
    return nodes, edges, set(found.external), ways, {use[:3] for use in found.uses}


@settings(max_examples=100, deadline=None)
@given(anything())
def test_a_difference_is_empty_exactly_if_the_maps_are_equal(change: tuple[Network, Network]) -> None:
    found = compared(*change)
    before, after = (shown(scope_map(network)) for network in (found.both.before, found.both.after))
    assert found.empty is (before == after)
    assert (text.render([found]).count("\n") > 1) or found.empty
    assert difference_json.render([found])
    assert difference_picture.render([found]).startswith("flowchart")


def told(found: Difference, was: int, now: int) -> object:
    """Everything that a difference says, with its two sides as asked for."""
    names = found.both.ids

    def sides(row: Any) -> tuple[object, ...]:
        both = (row.was, row.now)
        return tuple(
            tuple(map(found.both.text, one)) if isinstance(one, Open) else one for one in (both[was], both[now])
        )

    paths = {(names[s], names[t], *sides(c)) for c in found.changes for s in c.sources for t in c.targets if s != t}
    addresses = {
        (b.direction, names[n], tuple(cidrs(found.both.ranges(b.pieces))), *sides(b))
        for b in found.beyond
        for n in b.nodes
    }
    doors = set()
    for way in found.entrances:
        ends = [
            door and (found.both.text(door[0].sure), found.both.text(door[0].maybe), door.limits.text)
            for door in (way.was, way.now)
        ]
        doors.add((names[way.node], way.kind, way.via, ends[was], ends[now]))
    moved = {(names[m.node], *sides(m)) for m in found.moved}
    meant = {(names[m.source], names[m.target], found.both.text(m.connections), *sides(m)) for m in found.meanings}
    gone = (found.removed, found.added)
    return paths, addresses, doors, moved, meant, gone[was], gone[now]


@settings(max_examples=60, deadline=None)
@given(anything())
def test_the_difference_of_the_reverse_is_the_mirror(change: tuple[Network, Network]) -> None:
    before, after = change
    there, back = compared(before, after), compared(after, before)
    assert told(there, 0, 1) == told(back, 1, 0)
    signs = [{words.sign(row) for row in words.found.changes} for words in (Words(there), Words(back))]
    assert signs[0] == {{"+": "-", "-": "+", "~": "~"}[sign] for sign in signs[1]}


@settings(max_examples=60, deadline=None)
@given(anything())
def test_every_pair_that_changes_is_told_once(change: tuple[Network, Network]) -> None:
    found = compared(*change)
    seen = {}
    for row in found.changes:
        for pair in ((s, t) for s in row.sources for t in row.targets if s != t):
            assert pair not in seen
            seen[pair] = (row.was, row.now)
    for source in range(len(found.both.ids)):
        for target in range(len(found.both.ids)):
            was, now = found.both.between(source, target)
            assert seen.get((source, target), (0, 0)) == ((was, now) if source != target and was != now else (0, 0))


def findings(before: Network, after: Network) -> dict[tuple[str, str], Severity]:
    """What is found of a change, by direction and workload: how bad it is at worst."""
    found: dict[tuple[str, str], Severity] = {}

    def add(direction: str, endpoint: Endpoint, severity: Severity) -> None:
        key = (direction, endpoint.id)
        found[key] = max(found.get(key, severity), severity)

    for _, part in reaching_further([before], [after]):
        if isinstance(part, Opened):
            (finding,) = path_opened.newly_open(part)  # type: ignore[call-arg]
            add("ingress", part.endpoint, finding.severity)
        elif isinstance(part, FurtherOut):
            (finding,) = path_opened.further_out(part)  # type: ignore[call-arg]
            add("egress", part.endpoint, finding.severity)
        elif isinstance(part, IsolationLost | Doubtful):
            check = isolation_lost.open_again if isinstance(part, IsolationLost) else isolation_lost.in_doubt
            for finding in check(part):  # type: ignore[call-arg, arg-type]
                for endpoint in part.endpoints:
                    add(part.direction.value, endpoint, finding.severity)
    return found


def holds(more: Network, less: Network) -> bool:
    """Is everything open in the first that is open in the second?"""
    found = compared(less, more)
    rows: list[Any] = [*found.changes, *found.beyond]
    return all(not row.was.sure & ~row.now.sure and not row.was.maybe & ~row.now.maybe for row in rows)


@st.composite
def widened(draw: st.DrawFn, policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """The policies, of which some let through more."""
    found = list(policies)
    for number, policy in enumerate(found):
        if draw(st.booleans()):
            more = draw(rules(st.just(Action.ALLOW)))
            kind = draw(st.sampled_from(("ingress", "egress", "types")))
            if kind == "types":
                found[number] = policy._replace(ingress=False, egress=True, ingress_rules=())
            elif kind == "ingress":
                found[number] = policy._replace(ingress_rules=(*policy.ingress_rules, *more))
            else:
                found[number] = policy._replace(egress_rules=(*policy.egress_rules, *more))
    fewer = draw(st.booleans())
    if found and fewer:
        del found[draw(st.integers(0, len(found) - 1))]
    return tuple(found)


@st.composite
def growing(draw: st.DrawFn) -> tuple[Network, Network, Network]:
    world = draw(facts())
    data = draw(st.sampled_from(world.endpoints))
    ends = tuple(e._replace(data="postgres" if e is data else "") for e in world.endpoints)
    first = tuple(draw(own_policies()) for _ in range(draw(st.integers(1, 3))))
    first = tuple(
        policy._replace(object=made("NetworkPolicy", f"p{number}", policy.namespace))
        for number, policy in enumerate(first)
    )
    second = draw(widened(first))
    third = draw(widened(second))
    before, less, more = (
        Network(Scope("s", "manifests", ends, policies, (), (), world.namespaces))
        for policies in (first, second, third)
    )
    return before, less, more


@settings(max_examples=100, deadline=None)
@given(growing())
def test_who_opens_more_is_told_of_no_less(change: tuple[Network, Network, Network]) -> None:
    before, less, more = change
    assume(holds(more, less))
    few, many = findings(before, less), findings(before, more)
    for key, severity in few.items():
        assert key in many, (key, few, many)
        assert many[key] >= severity, (key, few, many)


@st.composite
def joining(draw: st.DrawFn) -> tuple[ComposeNetwork, ...]:
    """A project, one whose services are on more networks, and one where they are on more still."""
    ids = ("a", "b", "c", "d")
    ends = tuple(
        Endpoint(f"default/{n}[service]", n, "default", n, "service", HERE, Labels({}), data="postgres" * (n == "a"))
        for n in ids
    )
    wires = tuple(Wire(name, draw(st.booleans())) for name in WIRES)
    joined: list[set[int]] = [set() for _ in ids]
    found = []
    for _ in range(3):
        joined = [one | draw(st.sets(st.integers(0, 2), max_size=1)) for one in joined]
        attached = tuple(Attached(dict.fromkeys(sorted(one), HERE)) for one in joined)
        found.append(ComposeNetwork("compose.yaml", ends, attached, wires))
    return tuple(found)


@settings(max_examples=40, deadline=None)
@given(joining())
def test_who_joins_more_networks_is_told_of_no_less(change: tuple[ComposeNetwork, ...]) -> None:
    before, less, more = change
    few, many = findings(before, less), findings(before, more)
    assert all(key in many and many[key] >= severity for key, severity in few.items()), (few, many)
    opened = {pair for row in compared(before, more).changes for pair in _pairs(row)}
    data = "default/a[service]"
    assert bool(opened & {(other, 0) for other in range(1, 4)}) <= (("ingress", data) in many)


def _pairs(row: Any) -> set[tuple[int, int]]:
    return {(source, target) for source in row.sources for target in row.targets if source != target}
