"""Policies of Cilium: CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.

What they mean is said in cilium/cilium:Documentation/security/policy, how they are read in pkg/policy/api and
pkg/k8s/apis/cilium.io/utils there.
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network import addresses
from hullcheck.model.network.addresses import ALL_V4, ALL_V6
from hullcheck.model.network.labels import LabelSelector, Operator, Requirement
from hullcheck.model.network.policy import Action, Direction, Fault, Peer, Policy, PortRule, Rule
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS
from hullcheck.model.network.universe import NAME_LABEL
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_int, as_str, at, is_null, items
from hullcheck.parse.labels import is_unknown, selector
from hullcheck.parse.network_policy import first_place, is_typed, key_places
from hullcheck.patterns import pattern

GROUP = "cilium.io"
KINDS = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")

_NAMESPACE = "io.kubernetes.pod.namespace"
_NAMESPACE_LABEL = "io.cilium.k8s.namespace.labels."
_RESERVED = "reserved:"
_NO_POD = LabelSelector((Requirement("reserved:none", Operator.EXISTS),))
_SOURCES = ("k8s", "any")
"""Where labels come from that pods have."""

_WORLD = {"world": (ALL_V4, ALL_V6), "world-ipv4": (ALL_V4,), "world-ipv6": (ALL_V6,)}
_ENTITIES = (
    "all", "cluster", "host", "remote-node", "kube-apiserver", "ingress", "health", "init", "unmanaged", "none", *_WORLD
)  # fmt: skip
_PEERS = ("Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs", "Services", "Nodes", "Groups")
"""What may stand behind `from` or `to`; at most one of them in a rule."""

_MAX_PORTS = 40
_PORT_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PROTOCOLS = {"": PROTOCOLS, "ANY": PROTOCOLS, **{name: (name,) for name in PROTOCOLS}}
_WITHOUT_PORTS = ("ICMP", "ICMPV6", "VRRP", "IGMP")
_FURTHER = {"http": "HTTP", "kafka": "Kafka", "dns": "DNS", "l7": "L7"}


def cilium_policies(made: KubernetesObject) -> list[Policy]:
    """The policies of an object, one for each of its specs, with their faults.

    Cilium doesn't enforce one that has a fatal fault. A policy for nodes confines no pod, and is there only for what is
    wrong with it.
    """
    specs = [spec for spec in (at(made.node, "spec"), *items(at(made.node, "specs"))) if not is_null(spec)]
    found = [_Reader(made, spec).policy() for spec in specs]
    return [policy for policy in found if policy is not None]


class _Reader:
    def __init__(self, made: KubernetesObject, spec: Node | None) -> None:
        self.made = made
        self.spec = spec
        self.faults: list[Fault] = []
        self.wide = made.kind == "CiliumClusterwideNetworkPolicy"

    def fault(self, node: Node | None, message: str, evidence: str, fatal: bool = True) -> None:
        place = node.location if node is not None else self.made.location
        self.faults.append(Fault(message, place.one_line(), evidence, fatal))

    def policy(self) -> Policy | None:
        spec = self.spec
        if is_unknown(spec):
            return self._made(LabelSelector(known=False), None, {}, True, True)
        if not isinstance(spec, Mapping):
            self.fault(spec, "`spec` is not a mapping", "spec")
        pods, nodes = at(spec, "endpointSelector"), at(spec, "nodeSelector")
        if is_null(pods) == is_null(nodes):
            both = "both `endpointSelector` and" if not is_null(pods) else "neither `endpointSelector` nor"
            self.fault(spec, f"a policy has {both} `nodeSelector`", "endpointSelector")
        rules = {direction: tuple(self._rules(direction)) for direction in Direction}
        self._check_sections()
        if is_null(pods):
            return self._made(_NO_POD, None, rules, False, False) if self.faults else None
        chosen, namespaces = self._subject(pods)
        return self._made(chosen, namespaces, rules, *(self._denies(direction) for direction in Direction))

    def _made(
        self,
        chosen: LabelSelector,
        namespaces: LabelSelector | None,
        rules: dict[Direction, tuple[Rule, ...]],
        ingress: bool,
        egress: bool,
    ) -> Policy:
        return Policy(
            self.made,
            "" if self.wide else self.made.namespace,
            chosen,
            ingress,
            egress,
            cluster_wide=self.wide,
            ingress_rules=rules.get(Direction.INGRESS, ()),
            egress_rules=rules.get(Direction.EGRESS, ()),
            keys=key_places(self.spec),
            faults=tuple(self.faults),
            namespaces=namespaces,
            doubtful=not (chosen.known and (namespaces is None or namespaces.known)),
            plugin="Cilium",
        )

    def _denies(self, direction: Direction) -> bool:
        """Is what isn't allowed denied? A section with a rule does that, unless `enableDefaultDeny` says otherwise."""
        said = as_bool(at(self.spec, "enableDefaultDeny", direction.value))
        if said is not None:
            return said
        return any(_has_rules(at(self.spec, direction.value + kind)) for kind in ("", "Deny"))

    def _check_sections(self) -> None:
        """A section without a rule does nothing, and a policy of which that is true of all is none."""
        sections = {f"{d.value}{kind}": at(self.spec, f"{d.value}{kind}") for d in Direction for kind in ("", "Deny")}
        if not any(_has_rules(node) for node in sections.values()):
            empty = next((node for node in sections.values() if not is_null(node)), None)
            self.fault(empty or self.spec, "a policy needs a rule in some section; `- {}` denies all", "no rules")
            return
        for direction in Direction:
            node = sections[direction.value]
            if isinstance(node, Sequence) and not node.items and not node.unknown and not self._denies(direction):
                message = f"`{direction.value}: []` denies nothing; `{direction.value}: [{{}}]` does"
                self.fault(node, message, f"empty {direction.value}", fatal=False)

    def _subject(self, node: Node | None) -> tuple[LabelSelector, LabelSelector | None]:
        """Which pods, and of which namespaces unless those are the policy's own or any."""
        chosen = self._selector(node)
        pods, namespaces, reserved = _split(chosen)
        if any(_is_positive(requirement) for requirement in reserved):
            return _NO_POD, None  # what isn't a pod, such as Cilium's own proxies for Ingresses
        found = LabelSelector(pods, chosen.known)
        if self.wide:
            return found, LabelSelector(namespaces) if namespaces else None
        own = {NAME_LABEL: self.made.namespace or "default"}
        for requirement in namespaces:
            if requirement.key == NAME_LABEL and not requirement.holds(own):
                message = "`endpointSelector` asks for another namespace: the policy selects pods of its own only"
                self.fault(node, message, "namespace", fatal=False)
        if len(namespaces) == sum(requirement.key == NAME_LABEL for requirement in namespaces):
            return found, None
        kept = tuple(requirement for requirement in namespaces if requirement.key != NAME_LABEL)
        return found, LabelSelector((*kept, *LabelSelector.of(own).requirements))

    def _selector(self, node: Node | None) -> LabelSelector:
        """The selector with keys as pods have them, or as namespaces, or reserved."""
        labels = at(node, "matchLabels")
        for key, (_, value) in labels.entries().items() if isinstance(labels, Mapping) else ():
            if isinstance(value, Scalar) and not is_null(value) and not is_unknown(value) and is_typed(value):
                self.fault(value, f"`{value.text}` is not text unless quoted: the API refuses it", f"value {key}")
        found = selector(node)
        kept = []
        for requirement in found.requirements:
            source, colon, key = requirement.key.partition(":")
            if colon and source in _SOURCES:
                requirement = requirement._replace(key=key)
            elif colon and source != "reserved":
                return LabelSelector(known=False)
            kept.append(requirement)
        return LabelSelector(tuple(kept), found.known)

    def _rules(self, direction: Direction) -> Iterator[Rule]:
        for section, action in ((direction.value, Action.ALLOW), (f"{direction.value}Deny", Action.DENY)):
            node = at(self.spec, section)
            if is_null(node):
                continue
            assert node is not None
            if is_unknown(node):
                yield Rule(1, node.location, (Peer(node.location, known=False),), None, action, section)
            elif not isinstance(node, Sequence):
                self.fault(node, f"`{section}` is not a list", section)
            for number, item in enumerate(items(node), 1):
                yield from self._rule(number, item, direction, action)

    def _rule(self, number: int, node: Node, direction: Direction, action: Action) -> Iterator[Rule]:
        place, side = first_place(node), direction.peers_key
        name = direction.value + ("Deny" if action is Action.DENY else "")
        if is_unknown(node):
            yield Rule(number, place, (Peer(place, known=False),), None, action, name)
            return
        given = [kind for kind in _PEERS if not is_null(at(node, side + kind))]
        several = [kind for kind in given if items(at(node, side + kind))]
        if len(several) > 1:
            first, second = (f"`{side}{kind}`" for kind in several[:2])
            self.fault(at(node, side + several[1]), f"a rule has both {first} and {second}", f"{name} {number} both")
        ports, further = self._ports(at(node, "toPorts"), action)
        if items(at(node, "icmps")):
            if ports is not None:
                self.fault(at(node, "icmps"), "a rule has both `icmps` and `toPorts`", f"{name} {number} icmps")
            ports = ()  # only ICMP, which has no ports
        peers: tuple[Peer, ...] | None = None
        if given:
            peers = self._peers(node, side, given)
        elif ports is None:
            peers = ()  # a rule that says nothing is about nothing
        yield Rule(number, place, peers, ports, action, name, further)
        for chosen in items(at(node, f"{side}Requires")):
            required = self._endpoints(chosen)
            yield Rule(number, place, (required._replace(others=True),), None, Action.DENY, f"{side}Requires")

    def _peers(self, node: Node, side: str, given: list[str]) -> tuple[Peer, ...] | None:
        found: list[Peer] = []
        for kind in given:
            written = at(node, side + kind)
            assert written is not None
            if is_unknown(written):
                found.append(Peer(first_place(written), known=False))
            elif not isinstance(written, Sequence):
                self.fault(written, f"`{side}{kind}` is not a list", side + kind)
            elif kind == "Entities":
                if any(as_str(item) == "all" for item in written.items):
                    return None
                found += self._entities(written)
            else:
                found += [self._peer(kind, item) for item in written.items]
        return tuple(found)

    def _peer(self, kind: str, node: Node) -> Peer:
        match kind:
            case "Endpoints":
                return self._endpoints(node)
            case "CIDR":
                return self._cidr(node)
            case "CIDRSet":
                return self._block(node)
            case "FQDNs":
                return self._domain(node)
            case "Services":
                return self._service(node)
            case "Nodes":
                return Peer(first_place(node), elsewhere="remote-node")
        return Peer(first_place(node), elsewhere="groups", outside=True)

    def _endpoints(self, node: Node) -> Peer:
        place = first_place(node)
        if is_unknown(node):
            return Peer(place, known=False)
        chosen = self._selector(node)
        if not chosen.known:
            return Peer(place, chosen, LabelSelector(known=False))
        pods, namespaces, reserved = _split(chosen)
        for requirement in reserved:
            if _is_positive(requirement):
                return self._entity(requirement.key.removeprefix(_RESERVED), node) or Peer(place, elsewhere="none")
        if reserved:  # all but something that isn't a pod
            return Peer(place, LabelSelector(pods), LabelSelector(namespaces), nodes=True)
        if not namespaces and not self.wide:
            return Peer(place, LabelSelector(pods))
        return Peer(place, LabelSelector(pods) if pods else None, LabelSelector(namespaces))

    def _entities(self, node: Sequence) -> Iterator[Peer]:
        words = {as_str(item) for item in node.items}
        for item in node.items:
            word = as_str(item) or ""
            if is_unknown(item):
                yield Peer(item.location.one_line(), known=False)
            elif {"host", "remote-node"} <= words and word in ("host", "remote-node"):
                if word == "host":
                    yield Peer(item.location.one_line(), elsewhere="every node")
            elif (found := self._entity(word, item)) is not None:
                yield found
            else:
                self.fault(item, f"`{word}` is not an entity", f"entity {word}")

    def _entity(self, word: str, node: Node) -> Peer | None:
        place = node.location.one_line()
        if word in _WORLD:
            return Peer(place, blocks=_WORLD[word], outside=True)
        if word == "cluster":
            return Peer(place, namespaces=LabelSelector(), nodes=True)
        return Peer(place, elsewhere=word) if word in _ENTITIES else None

    def _cidr(self, node: Node) -> Peer:
        text, place = as_str(node) or "", node.location.one_line()
        if is_unknown(node):
            return Peer(place, known=False)
        span = addresses.parse(text) or addresses.address(text)
        if span is None:
            self.fault(node, f"`{text}` is not a CIDR", f"cidr {text}")
            return Peer(place, known=False)
        return Peer(place, blocks=(span,), outside=True)

    def _block(self, node: Node) -> Peer:
        place = first_place(node)
        group, chosen, cidr, excepts = (at(node, k) for k in ("cidrGroupRef", "cidrGroupSelector", "cidr", "except"))
        if any(is_unknown(part) for part in (node, cidr, excepts, *items(excepts))):
            return Peer(place, known=False)
        named = (as_str(group) or "",) if is_null(chosen) else ()
        if not is_null(group) or not is_null(chosen):
            less = [span for item in items(excepts) if (span := addresses.parse(as_str(item) or "")) is not None]
            return Peer(place, excepts=tuple(less), elsewhere="groups", names=named, outside=True)
        whole = addresses.parse(as_str(cidr) or "")
        if whole is None:
            self.fault(cidr or node, f"`{as_str(cidr) or ''}` is not a CIDR", f"cidr {as_str(cidr)}")
            return Peer(place, known=False)
        less = []
        for item in items(excepts):
            span = addresses.parse(as_str(item) or "")
            if span is None or not whole.holds(addresses.AddressRange(span.start, span.start + 1)):
                message = f"`except` has `{as_str(item)}`, which is no part of `{as_str(cidr)}`"
                self.fault(item, message, f"except {as_str(item)}")
            else:
                less.append(span)
        return Peer(place, blocks=(whole,), excepts=tuple(less), outside=True)

    def _domain(self, node: Node) -> Peer:
        name, pattern = at(node, "matchName"), at(node, "matchPattern")
        if any(is_unknown(part) for part in (node, name, pattern)):
            return Peer(first_place(node), known=False)
        names = tuple(text.rstrip(".").lower() for part in (name, pattern) if (text := as_str(part)))
        if not names:
            self.fault(node, "a name outside needs `matchName` or `matchPattern`", "toFQDNs")
        return Peer(first_place(node), elsewhere="domains", names=names, outside=True)

    def _service(self, node: Node) -> Peer:
        named, chosen = at(node, "k8sService"), at(node, "k8sServiceSelector")
        space = as_str(at(named if not is_null(named) else chosen, "namespace"))
        space = space or (None if self.wide else self.made.namespace or "default")
        if not is_null(named):
            which: str | LabelSelector = as_str(at(named, "serviceName")) or ""
        else:
            which = self._selector(at(chosen, "selector"))
        return Peer(first_place(node), elsewhere="services", services=((space, which),))

    def _ports(self, node: Node | None, action: Action) -> tuple[tuple[PortRule, ...] | None, tuple[str, ...]]:
        """The ports, None for all, and which protocols' rules restrict them further."""
        if is_null(node):
            return None, ()
        assert node is not None
        if is_unknown(node):
            return (PortRule(node.location, "TCP", known=False),), ()
        if not isinstance(node, Sequence):
            self.fault(node, "`toPorts` is not a list", "toPorts")
            return None, ()
        found: list[PortRule] = []
        further: dict[str, None] = {}
        for item in node.items:
            written = items(at(item, "ports"))
            if is_unknown(item) or is_unknown(at(item, "ports")):
                found.append(PortRule(item.location, "TCP", known=False))
            if len(written) > _MAX_PORTS:
                self.fault(item, f"`toPorts` has more than {_MAX_PORTS} ports", "too many ports")
            rules = at(item, "rules")
            further.update((word, None) for key, word in _FURTHER.items() if not is_null(at(rules, key)))
            if not is_null(rules) and action is Action.DENY:
                self.fault(rules, "a rule that denies has `rules` of its own", "rules", fatal=False)
            for port in written:
                found += self._port(port)
        return (tuple(found) if node.items else None), tuple(further)

    def _port(self, node: Node) -> Iterator[PortRule]:
        port, end, protocol = (at(node, key) for key in ("port", "endPort", "protocol"))
        if any(is_unknown(part) for part in (node, port, end, protocol)):
            yield PortRule(first_place(node), "TCP", known=False)
            return
        place = (port or node).location.one_line()
        name = (as_str(protocol) or "").upper()
        text = as_str(port) or (port.text if isinstance(port, Scalar) else "")
        if isinstance(port, Scalar) and not is_null(port) and is_typed(port):
            self.fault(port, f"port `{text}` is not text unless quoted: the API refuses it", f"port {text}")
        if name in _WITHOUT_PORTS:
            return
        if name not in _PROTOCOLS:
            self.fault(protocol, f"protocol `{name}` is not TCP, UDP, SCTP or ANY", f"protocol {name}")
            return
        if not text and name and name != "ANY":
            text = "0"  # all of a protocol, as newer versions have it
        if not text.isascii() or not text.isdecimal() or len(text) > 5:
            if not _PORT_NAME.fullmatch(text) or text.isdecimal():
                self.fault(port or node, f"`{text}` is neither a port nor a port's name", f"port {text}")
            yield PortRule(place, "" if name == "ANY" else name, name=text.lower())
            return
        yield from self._numbered(int(text), end, _PROTOCOLS[name], port or node)

    def _numbered(self, number: int, end: Node | None, protocols: tuple[str, ...], node: Node) -> Iterator[PortRule]:
        place = node.location.one_line()
        last = as_int(end) if not is_null(end) else 0
        if number > MAX_PORT or last is None or last > MAX_PORT or (last and last < number):
            self.fault(node, f"ports {number} to {as_str(end) or number} are no range", f"port {number}")
            return
        for protocol in protocols:
            if not number:
                yield PortRule(place, protocol)
            else:
                yield PortRule(place, protocol, number, last or number)


def _has_rules(node: Node | None) -> bool:
    return bool(items(node)) or is_unknown(node)


def _is_positive(requirement: Requirement) -> bool:
    return requirement.operator in (Operator.IN, Operator.EXISTS)


def _split(
    chosen: LabelSelector,
) -> tuple[tuple[Requirement, ...], tuple[Requirement, ...], tuple[Requirement, ...]]:
    """What a selector asks of pods, of their namespaces, and of what isn't a pod."""
    pods, namespaces, reserved = [], [], []
    for requirement in chosen.requirements:
        if requirement.key.startswith(_RESERVED):
            reserved.append(requirement)
        elif requirement.key == _NAMESPACE:
            namespaces.append(requirement._replace(key=NAME_LABEL))
        elif requirement.key.startswith(_NAMESPACE_LABEL):
            namespaces.append(requirement._replace(key=requirement.key.removeprefix(_NAMESPACE_LABEL)))
        else:
            pods.append(requirement)
    return tuple(pods), tuple(namespaces), tuple(reserved)
