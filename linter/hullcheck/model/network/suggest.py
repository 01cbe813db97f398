"""Policies that a scope could have: deny by default, and allow what the repository itself shows to be used.

Each rule has its evidence as a comment. What is written may only let through too much, never cut what is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.finding import Edit, Fix
from hullcheck.model.network.allowances import Allowance, Allowances, End, allowances, telling
from hullcheck.model.network.needs import too_many
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.universe import NAME_LABEL
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-./_")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"))
_NOTHING = Allowances((), (), ())
_MAX_NAME = 60


class Suggestion(NamedTuple):
    """A policy as a YAML document, and the namespace that it is for."""

    name: str
    namespace: str
    text: str


class Dialect(NamedTuple):
    """How one kind of policies is written: its head, the rules of a direction, the rule for DNS, and denying all."""

    api_version: str
    kind: str
    subject: Callable[[dict[str, str]], list[str]]
    rules: Callable[[Direction, Iterable[Allowance]], list[str]]
    dns: tuple[str, ...]
    types: Callable[[tuple[Direction, ...]], list[str]]


def suggestions(
    network: Network, only: Iterable[int] | None = None, dialect: Dialect | None = None
) -> Iterator[Suggestion]:
    """A default deny for each namespace without one, and a policy for each workload that none confines.

    With `only`, the policies of those workloads, without the default deny.
    """
    if network.scope.kind == "compose":
        return
    yield from _Writer(network, dialect or KUBERNETES).all(only)


class _Writer:
    def __init__(self, network: Network, dialect: Dialect) -> None:
        self.network = network
        self.dialect = dialect
        self.taken = {(p.namespace or "default", p.object.name) for p in network.scope.policies if not p.cluster_wide}

    def all(self, only: Iterable[int] | None) -> Iterator[Suggestion]:
        endpoints = self.network.endpoints
        wanted = [n for n in (range(len(endpoints)) if only is None else only) if self._wants(n)]
        first: dict[str, str] = {}
        if only is None:
            for namespace in sorted({endpoints[number].namespace for number in wanted}):
                without = self._without(namespace)
                if not without:
                    yield self._default_deny(namespace)
                else:
                    names = ", ".join(f"`{name}`" for name in without[:3]) + (" and others" if without[3:] else "")
                    first[namespace] = f"no default-deny: no policy can select {names}, of whose labels none is known"
        known = allowances(self.network)
        if too_many(self.network) and wanted:
            more = "more is used than is looked at: not all of it is allowed"
            space = endpoints[wanted[0]].namespace
            first[space] = "; ".join(filter(None, (first.get(space), more)))
        for number in wanted:
            note = first.pop(endpoints[number].namespace, "")
            yield self._for_workload(number, known.get(number, _NOTHING), note)

    def _open(self, number: int) -> tuple[Direction, ...]:
        """The directions in which no policy surely confines it."""
        return tuple(direction for direction in Direction if not self.network.isolated(number, direction))

    def _wants(self, number: int) -> bool:
        """Can a policy of its own confine it, and does none?"""
        return self._selectable(number) and bool(self._open(number))

    def _selectable(self, number: int) -> bool:
        endpoint = self.network.endpoints[number]
        return bool(endpoint.labels.values) and not endpoint.host_network

    def _without(self, namespace: str) -> list[str]:
        """The workloads that denying all would cut off, since no policy can be written for them."""
        return [
            endpoint.name
            for number, endpoint in enumerate(self.network.endpoints)
            if endpoint.namespace == namespace
            and not endpoint.host_network
            and not self._selectable(number)
            and self._open(number)
        ]

    def _named(self, namespace: str, *names: str) -> str:
        """The first name that no policy of the namespace has yet."""
        for name in names:
            if (namespace, name) not in self.taken:
                self.taken.add((namespace, name))
                return name
        number = 2
        while (namespace, f"{names[-1]}-{number}") in self.taken:
            number += 1
        return self._named(namespace, f"{names[-1]}-{number}")

    def _default_deny(self, namespace: str) -> Suggestion:
        name = self._named(namespace, "default-deny", "default-deny-all")
        spec = [*self.dialect.subject({}), *self.dialect.types(tuple(Direction))]
        if self.dialect is not KUBERNETES:
            spec += [line for direction in Direction for line in self.dialect.rules(direction, ())]
        return Suggestion(name, namespace, self._document(name, namespace, spec))

    def _for_workload(self, number: int, allowed: Allowances, note: str) -> Suggestion:
        endpoint, directions = self.network.endpoints[number], self._open(number)
        spec = [*self.dialect.subject(telling(endpoint.labels.values)), *self.dialect.types(directions)]
        for direction in directions:
            lines = self.dialect.rules(direction, allowed.side(direction))
            if direction is Direction.EGRESS:
                lines = [f"  {direction.value}:", *(self.dialect.dns if endpoint.cluster_dns else ()), *lines[1:]]
                lines += [f"    # not allowed: {comment(text)}" for text in allowed.refused]
                if not endpoint.cluster_dns and not allowed.egress:
                    lines = self.dialect.rules(direction, ())
            spec += lines
        plain = endpoint.name[:_MAX_NAME].rstrip("-.")
        name = self._named(endpoint.namespace, plain, f"{plain[: _MAX_NAME - 12]}-{endpoint.kind.lower()[:12]}")
        return Suggestion(name, endpoint.namespace, self._document(name, endpoint.namespace, spec, note))

    def _document(self, name: str, namespace: str, spec: list[str], note: str = "") -> str:
        unset = all(e.unset_namespace for e in self.network.endpoints if e.namespace == namespace)
        lines = [f"# {comment(note)}"] if note else []
        lines += [f"apiVersion: {self.dialect.api_version}", f"kind: {self.dialect.kind}", "metadata:"]
        lines += [f"  name: {scalar(name)}", *([] if unset else [f"  namespace: {scalar(namespace)}"])]
        return "\n".join([*lines, "spec:", *spec]) + "\n"


def _subject(labels: dict[str, str]) -> list[str]:
    return ["  podSelector:", *match_labels(labels.items(), 4)] if labels else ["  podSelector: {}"]


def _types(directions: tuple[Direction, ...]) -> list[str]:
    return ["  policyTypes:", *(f"    - {direction.value.capitalize()}" for direction in directions)]


def _rules(direction: Direction, allowed: Iterable[Allowance]) -> list[str]:
    """The rules of one direction, each below its evidence."""
    lines = []
    for one in allowed:
        lines += [f"    # {comment(note)}" for note in (*one.notes, one.narrow) if note]
        peers = [line for end in one.ends for line in _peer(end, direction)]
        ports = [line for protocol, port in one.ports for line in (f"- protocol: {protocol}", f"  port: {port}")]
        parts = []
        if peers:
            parts.append([f"{direction.peers_key}:", *(f"  {line}" for line in peers)])
        if ports:
            parts.append(["ports:", *(f"  {line}" for line in ports)])
        body = [line for part in parts for line in part]
        lines += [f"    - {body[0]}", *(f"      {line}" for line in body[1:])] if body else ["    - {}"]
    key = f"  {direction.value}:"
    return [key, *lines] if lines else [f"{key} []"]


def _peer(end: End, direction: Direction) -> list[str]:
    """An end as an item of `from` or `to`; nothing where all are meant."""
    outwards = direction is Direction.EGRESS
    match end.kind:
        case "pods":
            lead, lines = "- ", []
            if end.namespace:
                lines = ["- namespaceSelector:", "    matchLabels:", f"      {NAME_LABEL}: {scalar(end.namespace)}"]
                lead = "  "
                if not end.labels:
                    return lines
            if not end.labels:
                return ["- podSelector: {}"]
            return [*lines, f"{lead}podSelector:", *match_labels(end.labels, 4)]
        case "everywhere":
            return ["- namespaceSelector: {}"]
        case "anybody":
            return []
        case "node" | "api" if not outwards:
            return []
    lines = ["- ipBlock:", f"    cidr: {end.cidr}"]
    return [*lines, *(["    except:", *(f"      - {cidr}" for cidr in end.excepts)] if end.excepts else [])]


_DNS = (
    "    # names are looked up: the cluster's DNS, a cache on each node, and Cloud DNS of GKE",
    "    - to:",
    "        - namespaceSelector:",
    "            matchLabels:",
    f"              {NAME_LABEL}: kube-system",
    "          podSelector:",
    "            matchLabels:",
    "              k8s-app: kube-dns",
    "        - ipBlock:",
    "            cidr: 169.254.20.10/32",
    "        - ipBlock:",
    "            cidr: 169.254.169.254/32",
    "      ports:",
    "        - protocol: UDP",
    "          port: 53",
    "        - protocol: TCP",
    "          port: 53",
)

KUBERNETES = Dialect("networking.k8s.io/v1", "NetworkPolicy", _subject, _rules, _DNS, _types)


def match_labels(labels: Iterable[tuple[str, str]], indent: int) -> list[str]:
    """`matchLabels` with its entries."""
    pad = " " * indent
    return [f"{pad}matchLabels:", *(f"{pad}  {scalar(key)}: {scalar(value)}" for key, value in labels)]


def scalar(text: str) -> str:
    """Text as a YAML scalar."""
    if text and set(text) <= _PLAIN and text[0].isalpha() and text.lower() not in _WORDS:
        return text
    return "'" + text.replace("'", "''").replace("\n", " ") + "'"


def comment(text: str) -> str:
    """Text that ends no comment and starts nothing."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def fix(network: Network, location: Location, found: Iterable[Suggestion]) -> Fix | None:
    """The policies as new documents at the end of the file of that place; None where that can't be."""
    source = location.source
    texts = [suggestion.text for suggestion in found]
    if not texts or network.scope.kind == "chart" or not source.path.endswith((".yaml", ".yml")):
        return None
    end = len(source.text)
    before = "" if source.text.endswith("\n") else "\n"
    edit = Edit(Location(source, end, end), before + "".join(f"---\n{text}" for text in texts))
    count = "a network policy" if len(texts) == 1 else f"{len(texts)} network policies"
    return Fix(f"add {count} for what the repository shows to be used", (edit,), safe=False)
