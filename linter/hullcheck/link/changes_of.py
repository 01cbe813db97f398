"""What a change opens, loosens or takes away, as parts for checks: all that has to be seen in both trees at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.link.confinement import Finder
from hullcheck.link.network import Options, network
from hullcheck.link.network_changes import Scopes, change_parts, networks
from hullcheck.model.changed import Doubtful, FurtherOut, Relaxed
from hullcheck.model.extent import EVERY_ADDRESS, UNKNOWN, Box, Extent, Parts, coalesced, union, wider, without
from hullcheck.model.kubernetes import KubernetesObject, World
from hullcheck.model.network.compose import ComposeNetwork
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.extents import OWN_NAMESPACE, admitted, let_in
from hullcheck.model.network.labels import Operator
from hullcheck.model.network.network import Doorway, Network, is_routed
from hullcheck.model.network.pairing import pairs
from hullcheck.model.network.parts import IsolationLost, Opened
from hullcheck.model.network.policy import Direction, Policy, Rule, Tier
from hullcheck.model.network.review import is_only_dns
from hullcheck.model.node import Scalar, at
from hullcheck.model.scoped import Scoped, within
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.model.kept import Kept

LEVELS = ("restricted", "baseline", "privileged")
"""Pod Security's, the strictest first; a namespace without a label forbids nothing."""

MAX_COMPARED = 100_000
"""Steps in which the rules of two networks are compared; what comes behind counts as reaching further."""

_ENFORCE = "pod-security.kubernetes.io/enforce"

Part = Opened | IsolationLost | FurtherOut | Doubtful | Relaxed


def changes_of(before: Scopes, after: Scopes, options: Options, kept: "Kept | None" = None) -> Iterator[Scoped]:
    """Everything that the change from one tree to the other opens. `kept` is what the trees were judged with."""
    worlds = tuple(before[0]), tuple(after[0])
    before, after = (worlds[0], tuple(before[1])), (worlds[1], tuple(after[1]))
    old, new = networks(before, options, kept), networks(after, options, kept)
    yield from reaching_further(old, new)
    yield from within("", _lost_elsewhere(worlds, old, new))
    yield from within("", _relaxed(*worlds))


def reaching_further(old: list[Network], new: list[Network]) -> Iterator[Scoped]:
    """What the change from the networks of one tree to those of the other opens: paths, isolation, addresses."""
    changed = [p for p in pairs(old, new) if p.before and p.after and _written(p.before) != _written(p.after)]
    opened = list(change_parts(changed))
    yield from opened
    told: list[object] = [part for _, part in opened]
    for one, other, *_ in changed:
        if one is not None and other is not None:
            certain = not one.scope.approximate and not other.scope.approximate
            entrances = [part._replace(certain=certain) for part in _entrances(one, other, told)]
            yield from within(other.scope.name, entrances)
            if one.scope.kind != "compose":
                rules = _rules(one, other, (*told, *entrances))
                yield from within(other.scope.name, (part._replace(certain=certain) for part in rules))
                yield from within(other.scope.name, _doubtful(one, other))


def _written(of: Network) -> tuple[object, ...]:
    """What the answers of a network rest on, wherever it is written."""
    scope = of.scope
    return (
        [
            (e.id, e.labels, [(*p[:3], p.host_port, p.loopback, p.data) for p in e.ports], *e[8:16], is_routed(e))
            for e in scope.endpoints
        ],
        [_policy(policy) for policy in scope.policies],
        [
            (s.namespace, s.object.name, *s[2:6], [(*p[:4], p.node_port) for p in s.ports], *s[7:10])
            for s in scope.services
        ],
        [
            (
                e.namespace,
                e.object.kind,
                e.object.name,
                [(*b[:3], b.target) for b in e.backends],
                _annotations(e.object),
            )
            for e in scope.entrances
        ],
        scope.namespaces,
        _attached(of) if isinstance(of, ComposeNetwork) else (),
    )


def _attached(of: ComposeNetwork) -> tuple[object, ...]:
    """The networks of a project: which there are, who is on which, and what is published."""
    services = [
        (a.mode, sorted(of.wires[wire].name for wire in a.wires), [(p.ports, *p[2:]) for p in a.published])
        for a in of.attached
    ]
    return (sorted(of.wires, key=lambda wire: wire.name), services)


def _policy(policy: Policy) -> tuple[object, ...]:
    rules = [[(_peers(rule), _ports(rule), rule.action) for rule in policy.rules(direction)] for direction in Direction]
    return (policy.name, policy.object.kind, policy.refused, *policy[1:7], rules, policy.types, *policy[12:])


def _peers(rule: Rule) -> object:
    return None if rule.peers is None else [peer[1:] for peer in rule.peers]


def _ports(rule: Rule) -> object:
    return None if rule.ports is None else [port[1:] for port in rule.ports]


def _annotations(made: KubernetesObject) -> object:
    node = at(made.node, "metadata", "annotations")
    return None if node is None else node.location.text


def _both(before: Network, after: Network) -> Iterator[tuple[int, int, Endpoint]]:
    """The workloads that both have, by their numbers."""
    numbers = {endpoint.id: number for number, endpoint in enumerate(before.endpoints)}
    for number, endpoint in enumerate(after.endpoints):
        if endpoint.id in numbers:
            yield numbers[endpoint.id], number, endpoint


def _entrances(before: Network, after: Network, told: Iterable[object]) -> Iterator[Opened]:
    """Workloads that are open to more addresses, though on no more ports."""
    said = {part.endpoint.id for part in told if isinstance(part, Opened) and part.outside and not part.limited}
    for old, new, endpoint in _both(before, after):
        ways = _ways(after, new) if endpoint.id not in said else []
        known = union(reach for _, reach in _ways(before, old)) if ways else Extent()
        if not known.boxes:
            continue  # what wasn't open at all is told as opened
        for doorway, reach in ways:
            more = wider(reach, known)
            if more:
                limited = not _is_public(without(reach, known))
                connections = after.universe.ports.text(after.admitted(doorway))
                why = f"by {doorway.via}, {'; '.join(more[:3])}"
                yield Opened(endpoint, doorway.location, "outside", connections, why, outside=True, limited=limited)
                break


def _ways(of: Network, workload: int) -> list[tuple[Doorway, Extent]]:
    """The ways in to a workload, and how far each reaches."""
    found = []
    for doorway in of.doorways_of(workload):
        if doorway.kind != "hostNetwork" and (connections := of.admitted(doorway)):
            found.append((doorway, let_in(of, doorway, connections)))
    return found


def _is_public(boxes: Iterable[Box]) -> bool:
    """Is it more than some addresses, or a provider's own network?"""
    return any(
        (axis.ranges and sum(end - start for start, end in axis.ranges) >= 1 << 31) or axis == EVERY_ADDRESS
        for box in boxes
        for name, axis in box
        if name == "from" and not isinstance(axis, Parts)
    )


def _rules(before: Network, after: Network, told: Iterable[object]) -> Iterator[Opened | FurtherOut]:
    """What rules let in, or out to, beyond the workloads of the repository, whose paths are compared one by one."""
    said = {part.endpoint.id for part in told if isinstance(part, Opened) and part.everyone}
    entered = {part.endpoint.id for part in told if isinstance(part, Opened) and part.outside}
    known: dict[object, Further | None] = {}
    reach = {direction: _Reach(direction) for direction in Direction}
    for old, new, endpoint in _both(before, after):
        for direction in Direction:
            if not before.isolated(old, direction) or not after.isolated(new, direction):
                continue
            met = direction is Direction.INGRESS and endpoint.id in entered
            key = (before.applying(old), after.applying(new), direction, met)
            if key not in known:  # the same policies let the same through
                rules = list(_applying(after, new, direction))
                known[key] = reach[direction].further(rules, before.classes(old, direction), met)
            found = known[key]
            if found is None or (direction is Direction.INGRESS and endpoint.id in said):
                continue
            everybody, rule, box, why = found
            place, whom = rule.location, _whom(box)
            connections = str(dict(box).get("ports", "All Connections"))
            if direction is Direction.EGRESS:
                yield FurtherOut(endpoint, place, whom, connections, why, everybody)
            else:
                yield Opened(endpoint, place, whom, connections, why, everyone=everybody)


def _applying(of: Network, workload: int, direction: Direction) -> Iterator[tuple[Policy, Rule]]:
    """The rules that surely apply."""
    for policy, certain in of.selecting(workload, direction):
        if certain:
            yield from ((policy, rule) for rule in policy.rules(direction))


Further = tuple[bool, Rule, Box, str]


class _Known(NamedTuple):
    """What the policies that select the same let through: each rule as a number, and all of them together."""

    numbers: frozenset[int]
    written: frozenset[Box]
    whole: Extent


class _Beyond(NamedTuple):
    """The boxes of a rule of which something is left, and what; `wide` if that may be everybody."""

    boxes: list[tuple[Box, tuple[Box, ...]]]
    wide: bool


class _Reach:
    """How far the rules of a direction let something through, each worked out once and compared once with each class."""

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
        self.left = MAX_COMPARED
        self._of_rule: dict[int, Extent] = {}
        self._numbers: dict[Extent, int] = {}
        self._of_class: dict[int, _Known] = {}
        self._beyond_class: dict[tuple[int, int], _Beyond] = {}

    def further(
        self, rules: list[tuple[Policy, Rule]], before: list[tuple[int, list[Policy]]], met: bool
    ) -> Further | None:
        """The rule that reaches furthest beyond what was known: whether that is everybody, what it reaches, and in words.

        Addresses are left out where their way in was `met` already. What is too much to be compared counts as further.
        """
        policies = [*(policy for policy, _ in rules), *(policy for _, found in before for policy in found)]
        if any(policy.tier is not Tier.NAMESPACE for policy in policies):
            return None
        classes = [(number, self._known(number, found)) for number, found in before]
        largest = max(classes, key=lambda known: len(known[1].written), default=(-1, _NOTHING))
        others = [known for number, known in classes if number != largest[0]]
        found: tuple[Policy, Rule, Box] | None = None
        for policy, rule in rules:
            own = self._number(policy, rule)
            if any(own in known.numbers for _, known in classes):
                continue
            if self.direction is Direction.EGRESS and is_only_dns(rule):
                continue
            beyond = self._beyond(policy, rule, *largest)
            for box, pieces in beyond.boxes if found is None or beyond.wide else ():
                left = self._without(box, pieces, others)
                left = tuple(
                    piece for piece in left if not _names_pods(piece) and not (met and "addresses" in dict(piece))
                )
                if any(_is_everybody(piece, self.direction) for piece in left):
                    return _told(True, policy, rule, box, classes)
                if left and found is None:
                    found = policy, rule, box
                    if not beyond.wide:
                        break
        return _told(False, *found, classes) if found is not None else None

    def _extent(self, policy: Policy, rule: Rule) -> Extent:
        if id(rule) not in self._of_rule:
            self._of_rule[id(rule)] = admitted(policy, rule)
        return self._of_rule[id(rule)]

    def _number(self, policy: Policy, rule: Rule) -> int:
        """A number for each extent that is another."""
        return self._numbers.setdefault(self._extent(policy, rule), len(self._numbers))

    def _known(self, number: int, policies: list[Policy]) -> _Known:
        if number not in self._of_class:
            rules = [(policy, rule) for policy in policies for rule in policy.rules(self.direction)]
            whole = union(self._extent(*one) for one in rules)
            numbers = frozenset(self._number(*one) for one in rules)
            self._of_class[number] = _Known(numbers, frozenset(whole.boxes), coalesced(whole))
        return self._of_class[number]

    def _beyond(self, policy: Policy, rule: Rule, number: int, known: _Known) -> _Beyond:
        key = (id(rule), number)
        if key not in self._beyond_class:
            boxes = []
            for box in self._extent(policy, rule).boxes:
                pieces = self._without(box, (box,), [known])
                if pieces:
                    boxes.append((box, pieces))
            wide = any(_is_everybody(piece, self.direction) for _, pieces in boxes for piece in pieces)
            self._beyond_class[key] = _Beyond(boxes, wide)
        return self._beyond_class[key]

    def _without(self, box: Box, pieces: tuple[Box, ...], others: list[_Known]) -> tuple[Box, ...]:
        """What is left of the pieces of a box; all once it is too much to compare."""
        for known in others:
            if box in known.written:
                return ()
            self.left -= len(pieces) * len(known.whole.boxes)
            if self.left > 0:
                pieces = without(Extent(pieces), known.whole)
        return pieces


_NOTHING = _Known(frozenset(), frozenset(), Extent())


def _told(everybody: bool, policy: Policy, rule: Rule, box: Box, classes: list[tuple[int, _Known]]) -> Further:
    whole = coalesced(union(known.whole for _, known in classes))
    words = "; ".join(wider(Extent((box,)), whole)[:3]) or "more than can be compared"
    return everybody, rule, box, f"by rule {rule.number} of `{policy.object.name}`: {words}"


def _names_pods(box: Box) -> bool:
    """Is it about pods with certain labels? Those of the repository are compared one by one."""
    axis = dict(box).get("pods")
    return isinstance(axis, Parts) and all(
        element == UNKNOWN or any(r.operator is Operator.IN for r in element) for element in axis.elements
    )


def _is_everybody(box: Box, direction: Direction) -> bool:
    """All addresses, or all pods: of the namespace at least, for what is let in."""
    axes = dict(box)
    spans, ends = axes.get("addresses"), axes.get("ends")
    if spans is not None and not isinstance(spans, Parts):
        return _is_public(((("from", spans),),))
    if not isinstance(ends, Parts) or "pods" in axes:
        return False
    if {"pods", "addresses"} <= ends.elements or "namespaces" not in axes:
        return ends.elements <= {"pods", "addresses"}
    return direction is Direction.INGRESS and axes["namespaces"] == OWN_NAMESPACE


def _whom(box: Box) -> str:
    axes = dict(box)
    ends = axes.get("ends")
    if "addresses" in axes:
        return str(axes["addresses"])
    if not isinstance(ends, Parts) or not ends.elements <= {"pods", "addresses"}:
        return str(ends or "everything")
    if ends.elements == {"addresses"}:
        return "every address"
    pods = "pods" if "pods" in axes else "every pod"
    if "namespaces" not in axes:
        return f"{pods} of the cluster" if ends.elements == {"pods"} else "everything"
    return (
        f"{pods} of its namespace"
        if axes["namespaces"] == OWN_NAMESPACE
        else f"{pods} of namespaces with {axes['namespaces']}"
    )


def _doubtful(before: Network, after: Network) -> Iterator[Doubtful]:
    """Workloads that were confined for certain, and now perhaps, by something that isn't understood."""
    groups: dict[tuple[Any, ...], list[tuple[Endpoint, list[Policy], list[Policy]]]] = {}
    for old, new, endpoint in _both(before, after):
        for direction in Direction:
            if not before.isolated(old, direction) or after.isolated(new, direction):
                continue
            if not after.isolated(new, direction, sure=False):
                continue  # isolation is lost for certain, and told so
            gone = [policy for policy, _ in before.selecting(old, direction)]
            if any(policy.opaque for policy in gone):
                continue
            now = [policy for policy, _ in after.selecting(new, direction)]
            key = (direction, *(policy.location for policy in gone))
            groups.setdefault(key, []).append((endpoint, gone, now))
    for (direction, *_), members in groups.items():
        endpoints = sorted((endpoint for endpoint, _, _ in members), key=lambda endpoint: not endpoint.data)
        yield Doubtful(tuple(endpoints), direction, _places(members[0][1]), _places(members[0][2]))


def _places(policies: Iterable[Policy]) -> tuple[tuple[str, Location], ...]:
    return tuple((policy.object.name, policy.location) for policy in policies)


def _lost_elsewhere(
    worlds: tuple[tuple[World, ...], tuple[World, ...]], before: list[Network], after: list[Network]
) -> Iterator[IsolationLost]:
    """Workloads that a policy of another scope confined, such as one of the next folder, and that none does now."""
    strays = Finder(_strays(worlds[0], before))
    if not strays.paths:
        return
    now = Finder(policy for world in worlds[1] for policy in network(world, Options().assume).scope.policies)
    old = {(one.scope.name, e.id): (one, number) for one in before for number, e in enumerate(one.endpoints)}
    groups: dict[tuple[Any, ...], list[tuple[Endpoint, list[Policy]]]] = {}
    for one in after:
        for endpoint in one.endpoints if one.scope.kind != "compose" else ():
            known = old.get((one.scope.name, endpoint.id))
            if known is None or endpoint.host_network:
                continue
            for direction in Direction:
                if known[0].isolated(known[1], direction, sure=False):
                    continue  # its own scope's policies decide, which are compared
                gone = [p for p in strays.find(endpoint) if p.affects(direction) and not p.opaque and not p.doubtful]
                if gone and not any(p.affects(direction) and not p.opaque for p in now.find(endpoint)):
                    key = (direction, *(policy.location for policy in gone))
                    groups.setdefault(key, []).append((endpoint, gone))
    for (direction, *_), members in groups.items():
        endpoints = {id(e): e for e in sorted((e for e, _ in members), key=lambda endpoint: not endpoint.data)}
        yield IsolationLost(tuple(endpoints.values()), direction, _places(members[0][1]))


def _strays(worlds: Iterable[World], networks: Iterable[Network]) -> Iterator[Policy]:
    """The policies that select nothing where they are applied."""
    inhabited = {(one.scope.name, one.scope.kind): one for one in networks}
    for world in worlds:
        one = inhabited.get((world.name, world.kind))
        if one is None:
            yield from network(world, Options().assume).scope.policies
        elif one.scope.policies:
            selected = zip(one.compiler.policies, one.compiler.members, strict=True)
            yield from (policy for policy, members in selected if not members.maybe)


def _relaxed(before: tuple[World, ...], after: tuple[World, ...]) -> Iterator[Relaxed]:
    """Namespaces that enforce a lower level of Pod Security than they did, or whose manifest is gone while it is used."""
    old, new = dict(_levels(before)), dict(_levels(after))
    names = {world.name for world in after}
    best: dict[str, int] = {}
    for (_, namespace), (_, level, _) in new.items():
        best[namespace] = min(level, best.get(namespace, len(LEVELS)))
    worlds = {world.name: world for world in after}
    for (scope, namespace), (made, level, label) in old.items():
        if label is None or level == len(LEVELS) - 1:
            continue
        found = new.get((scope, namespace))
        if found is not None:
            if found[1] > level:
                place = found[2] or found[0].location
                yield Relaxed(namespace, place, found[0].owner, LEVELS[level], _said(found), label)
        elif scope in names and best.get(namespace, len(LEVELS)) > level:
            used = next((w for w in worlds[scope].workloads if w.namespace == namespace), None)
            if used is not None:
                yield Relaxed(namespace, used.location, made.owner, LEVELS[level], "nothing", label)
        elif scope not in names and namespace in best and best[namespace] > level:
            other = next(one for (_, name), one in new.items() if name == namespace)
            yield Relaxed(namespace, other[2] or other[0].location, other[0].owner, LEVELS[level], _said(other), label)


Level = tuple[KubernetesObject, int, Location | None]


def _said(found: Level) -> str:
    return LEVELS[found[1]] if found[2] is not None else "nothing"


def _levels(worlds: Iterable[World]) -> Iterator[tuple[tuple[str, str], Level]]:
    """The namespaces of each scope with what they enforce, as an index of `LEVELS`, and the label's place."""
    for world in worlds:
        for made in world.objects:
            if (made.kind, made.group) == ("Namespace", ""):
                label: Any = at(made.node, "metadata", "labels", _ENFORCE)
                if isinstance(label, Scalar) and label.unknown:
                    continue
                text = label.text if isinstance(label, Scalar) else ""
                level = LEVELS.index(text) if text in LEVELS else len(LEVELS) - 1
                yield (world.name, made.name), (made, level, label.location if text else None)
