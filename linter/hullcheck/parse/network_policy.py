"""NetworkPolicy objects, and what the API server would refuse about them.

The rules are those of kubernetes/kubernetes:pkg/apis/networking/validation/validation.go and of its defaulting.
"""

from __future__ import annotations

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network import addresses
from hullcheck.model.network.labels import LabelSelector
from hullcheck.model.network.policy import Direction, Fault, Peer, Policy, PortRule, Rule
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_int, as_str, at, is_null, items
from hullcheck.parse.labels import is_unknown, selector
from hullcheck.patterns import pattern
from hullcheck.source import Location

_LABEL_VALUE = pattern(r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?")
_LABEL_NAME = pattern(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_LABEL_PREFIX = pattern(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
PORT_NAME = pattern(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
_NUMBER = pattern(r"[-+]?[0-9][0-9_.eE+-]*|[-+]?\.[0-9]+")
_NOT_TEXT = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n"))
_OPERATORS = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}
_KEYS = {
    "spec": ("podSelector", "policyTypes", "ingress", "egress"),
    "ingress": ("from", "ports"),
    "egress": ("to", "ports"),
    "peer": ("podSelector", "namespaceSelector", "ipBlock"),
    "block": ("cidr", "except"),
    "port": ("protocol", "port", "endPort"),
    "selector": ("matchLabels", "matchExpressions"),
    "expression": ("key", "operator", "values"),
}


def network_policy(made: KubernetesObject) -> Policy:
    """The policy, with its faults; one that has a fatal fault doesn't exist for the cluster."""
    return _Reader(made).policy()


class _Reader:
    def __init__(self, made: KubernetesObject) -> None:
        self.made = made
        self.faults: list[Fault] = []
        self.unknown = False

    def fault(self, node: Node | Location, message: str, evidence: str, fatal: bool = True) -> None:
        place = node.location if isinstance(node, Node) else node
        self.faults.append(Fault(message, place.one_line(), evidence, fatal))

    def policy(self) -> Policy:
        spec = at(self.made.node, "spec")
        if self.made.api_version != "networking.k8s.io/v1":
            self.fault(self.made.location, f"`{self.made.api_version}` has no NetworkPolicy", "removed-api")
        if is_unknown(spec):
            return self._made(LabelSelector(known=False), None, True, True)
        if not is_null(spec) and not isinstance(spec, Mapping):
            self.fault(spec or self.made.location, "`spec` is not a mapping", "spec")
        self._check_keys(spec, "spec")
        chosen = at(spec, "podSelector")
        self._check_selector(chosen, "podSelector")
        types = self._types(at(spec, "policyTypes"))
        rules = {direction: self._rules(spec, direction) for direction in Direction}
        # The API server's default: ingress, and egress only if there is an egress rule; `egress: []` is none.
        ingress = "Ingress" in types if types else True
        egress = "Egress" in types if types else bool(rules[Direction.EGRESS])
        made = self._made(selector(chosen), types, ingress, egress, rules)
        return made._replace(keys=key_places(spec))

    def _made(
        self,
        chosen: LabelSelector,
        types: tuple[str, ...] | None,
        ingress: bool,
        egress: bool,
        rules: dict[Direction, tuple[Rule, ...]] | None = None,
    ) -> Policy:
        return Policy(
            self.made,
            self.made.namespace,
            chosen,
            ingress,
            egress,
            ingress_rules=rules[Direction.INGRESS] if rules else (),
            egress_rules=rules[Direction.EGRESS] if rules else (),
            types=types,
            faults=tuple(self.faults),
            doubtful=self.unknown or not chosen.known,
        )

    def _types(self, node: Node | None) -> tuple[str, ...] | None:
        if is_null(node):
            return None
        if is_unknown(node) or any(is_unknown(item) for item in items(node)):
            self.unknown = True
            return ("Ingress", "Egress")
        if not isinstance(node, Sequence):
            self.fault(node or self.made.location, "`policyTypes` is not a list", "policyTypes")
            return None
        found = tuple(item.text for item in node.items if isinstance(item, Scalar))
        for item in node.items:
            if not isinstance(item, Scalar) or item.text not in ("Ingress", "Egress"):
                text = item.text if isinstance(item, Scalar) else "a structure"
                self.fault(item, f"`policyTypes` has `{text}`: it must be Ingress or Egress", f"policyTypes {text}")
        if len(node.items) > 2:
            self.fault(node, "`policyTypes` has more than two entries", "policyTypes")
        return found

    def _rules(self, spec: Node | None, direction: Direction) -> tuple[Rule, ...]:
        node = at(spec, direction.value)
        if is_null(node):
            return ()
        assert node is not None
        if is_unknown(node):
            return (Rule(1, node.location, (Peer(node.location, known=False),), None),)
        if not isinstance(node, Sequence):
            self.fault(node, f"`{direction.value}` is not a list", direction.value)
            return ()
        return tuple(self._rule(number, item, direction) for number, item in enumerate(node.items, 1))

    def _rule(self, number: int, node: Node, direction: Direction) -> Rule:
        if is_unknown(node):
            return Rule(number, node.location, (Peer(node.location, known=False),), None)
        if not isinstance(node, Mapping) and not is_null(node):
            self.fault(node, f"a rule of `{direction.value}` is not a mapping", f"{direction.value} {number}")
        self._check_keys(node, direction.value)
        peers = self._peers(at(node, direction.peers_key), direction)
        ports = self._ports(at(node, "ports"))
        return Rule(number, first_place(node), peers, ports)

    def _peers(self, node: Node | None, direction: Direction) -> tuple[Peer, ...] | None:
        if is_null(node):
            return None
        assert node is not None
        if is_unknown(node):
            return (Peer(node.location, known=False),)
        if not isinstance(node, Sequence):
            self.fault(node, f"`{direction.peers_key}` is not a list", direction.peers_key)
            return None
        return tuple(self._peer(item) for item in node.items) or None

    def _peer(self, node: Node) -> Peer:
        place = first_place(node)
        if is_unknown(node):
            return Peer(place, known=False)
        if not isinstance(node, Mapping):
            self.fault(node, "a peer is empty: the API refuses it", "empty peer")
            return Peer(place, known=False)
        self._check_keys(node, "peer")
        given = [key for key in _KEYS["peer"] if not is_null(node.get(key))]
        nulls = tuple(key for key in _KEYS["peer"] if node.key(key) and is_null(node.get(key)))
        if not given:
            self.fault(node, "a peer is empty: the API refuses it", "empty peer")
        if "ipBlock" in given and len(given) > 1:
            self.fault(node.key("ipBlock") or node, "`ipBlock` stands beside a selector: the API refuses it", "ipBlock")
        for key in ("podSelector", "namespaceSelector"):
            self._check_selector(node.get(key), key)
        if "ipBlock" in given:
            return self._block(node.get("ipBlock"), place)._replace(nulls=nulls)
        pods, namespaces = (
            selector(node.get(key)) if key in given else None for key in ("podSelector", "namespaceSelector")
        )
        return Peer(place, pods, namespaces, nulls=nulls)

    def _block(self, node: Node | None, place: Location) -> Peer:
        self._check_keys(node, "block")
        cidr, excepts = at(node, "cidr"), at(node, "except")
        if any(is_unknown(item) for item in (node, cidr, excepts, *items(excepts))):
            return Peer(place, known=False)
        whole = addresses.parse(as_str(cidr) or "")
        if whole is None:
            self.fault(cidr or place, f"`{as_str(cidr) or ''}` is not a CIDR", f"cidr {as_str(cidr)}")
            return Peer(place, known=False)
        less = []
        for item in items(excepts):
            span = addresses.parse(as_str(item) or "")
            if span is None:
                self.fault(item, f"`{as_str(item) or ''}` is not a CIDR", f"except {as_str(item)}")
            elif not whole.holds(span) or span == whole:
                message = f"`except` has `{as_str(item)}`, which is no strict subset of `{as_str(cidr)}`"
                self.fault(item, message, f"except {as_str(item)}")
            else:
                less.append(span)
        return Peer(place, blocks=(whole,), excepts=tuple(less))

    def _ports(self, node: Node | None) -> tuple[PortRule, ...] | None:
        if is_null(node):
            return None
        assert node is not None
        if is_unknown(node):
            return (PortRule(node.location, "TCP", known=False),)
        if not isinstance(node, Sequence):
            self.fault(node, "`ports` is not a list", "ports")
            return None
        return tuple(self._port(item) for item in node.items) or None

    def _port(self, node: Node) -> PortRule:
        self._check_keys(node, "port")
        protocol, port, end = (at(node, key) for key in _KEYS["port"])
        if any(is_unknown(item) for item in (node, protocol, port, end)):
            return PortRule(first_place(node), "TCP", known=False)
        place = (port or node).location.one_line()
        name = as_str(protocol) or "TCP"
        if name not in PROTOCOLS:
            self.fault(protocol or node, f"protocol `{name}` is not TCP, UDP or SCTP", f"protocol {name}")
            name = "TCP"
        if is_null(port):
            if not is_null(end):
                self.fault(end or node, "`endPort` without `port`", "endPort")
            return PortRule(place, name)
        number = as_int(port)
        if number is None:
            return self._named_port(port or node, end, name)
        last = number if is_null(end) else as_int(end)
        if not 1 <= number <= MAX_PORT:
            self.fault(port or node, f"port {number} is not between 1 and {MAX_PORT}", f"port {number}")
        elif last is None or not number <= last <= MAX_PORT:
            message = f"`endPort` {as_str(end)} is not between `port` {number} and {MAX_PORT}"
            self.fault(end or node, message, f"endPort {as_str(end)}")
        else:
            return PortRule(place, name, number, last)
        return PortRule(place, name, known=False)

    def _named_port(self, port: Node, end: Node | None, protocol: str) -> PortRule:
        text = as_str(port) or ""
        if not is_null(end):
            self.fault(end or port, f"`endPort` beside the named port `{text}`", "endPort")
        if len(text) > 15 or not PORT_NAME.fullmatch(text):
            hint = ": a number in quotes is a name" if text.isdecimal() else ""
            self.fault(port, f"`{text}` is not a port's name{hint}", f"port {text}")
        return PortRule(port.location.one_line(), protocol, name=text)

    def _check_keys(self, node: Node | None, kind: str) -> None:
        """A key that isn't one is dropped by lenient clients and refused by others."""
        if not isinstance(node, Mapping):
            return
        for text, (key, _) in node.entries().items():
            if text not in _KEYS[kind] and not is_unknown(key):
                where = {"ingress": "an ingress rule", "egress": "an egress rule", "spec": "`spec`"}.get(
                    kind, f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
                )
                self.fault(key, f"{where} has no field `{text}`", f"{kind} {text}", fatal=False)

    def _check_selector(self, node: Node | None, key: str) -> None:
        if is_null(node) or is_unknown(node):
            return
        if not isinstance(node, Mapping):
            self.fault(node or self.made.location, f"`{key}` is not a mapping", key)
            return
        self._check_keys(node, "selector")
        labels, expressions = node.get("matchLabels"), node.get("matchExpressions")
        if isinstance(labels, Mapping):
            for name, value in labels.entries().values():
                self._check_label(name, value)
            for _, again in labels.duplicates:
                self.fault(again, f"`{again.text}` is written twice", f"twice {again.text}", fatal=False)
        elif not is_null(labels) and not is_unknown(labels):
            self.fault(labels or node, "`matchLabels` is not a mapping", "matchLabels")
        for item in items(expressions):
            self._check_expression(item)

    def _check_label(self, key: Scalar, value: Node) -> None:
        if is_unknown(key) or is_unknown(value):
            return
        if not _is_label_key(key.text):
            self.fault(key, f"`{key.text}` is not a label's key", f"key {key.text}")
        if not isinstance(value, Scalar):
            self.fault(value, f"the value of `{key.text}` is not text", f"value {key.text}")
        elif not is_null(value) and is_typed(value):
            self.fault(value, f"`{value.text}` is not text unless quoted: the API refuses it", f"value {value.text}")
        elif len(value.text) > 63 or not _LABEL_VALUE.fullmatch(value.text):
            self.fault(value, f"`{value.text}` is not a label's value", f"value {value.text}")

    def _check_expression(self, node: Node) -> None:
        self._check_keys(node, "expression")
        key, operator, values = (at(node, name) for name in _KEYS["expression"])
        if any(is_unknown(item) for item in (node, key, operator, values, *items(values))):
            return
        word = as_str(operator) or ""
        if not isinstance(key, Scalar) or not _is_label_key(key.text):
            self.fault(key or node, f"`{as_str(key) or ''}` is not a label's key", f"key {as_str(key)}")
        if word not in _OPERATORS:
            self.fault(operator or node, f"`{word}` is not an operator", f"operator {word}")
        elif _OPERATORS[word] and not items(values):
            self.fault(operator or node, f"`{word}` needs values", f"operator {word}")
        elif not _OPERATORS[word] and items(values):
            self.fault(values or node, f"`{word}` takes no values", f"operator {word}")
        for value in items(values):
            if isinstance(key, Scalar):
                self._check_label(key, value)


def _is_label_key(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > 253 or not _LABEL_PREFIX.fullmatch(prefix)):
        return False
    return len(name) <= 63 and bool(_LABEL_NAME.fullmatch(name))


def is_typed(value: Scalar) -> bool:
    """Is the plain scalar a number or a boolean to kubectl?"""
    if value.style or value.tag.endswith("str"):
        return False
    if value.text.lower() in _NOT_TEXT:
        return True
    return bool(_NUMBER.fullmatch(value.text)) and (as_int(value) is not None or _is_float(value.text))


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def first_place(node: Node) -> Location:
    """Where a list's item starts: its first key."""
    if isinstance(node, Mapping) and node.items:
        return node.items[0][0].location.one_line()
    return node.location.one_line()


def key_places(node: Node | None) -> tuple[tuple[str, Location], ...]:
    entries = node.entries() if isinstance(node, Mapping) else {}
    return tuple((text, key.location.one_line()) for text, (key, _) in entries.items())
