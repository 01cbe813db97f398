"""Policies that a scope could have: deny by default, and allow what the repository itself shows to be used."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.finding import Edit, Fix
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction
from hullcheck.source import Location

_NAME_LABEL = "kubernetes.io/metadata.name"
_DNS = (
    "    - to:",
    "        - namespaceSelector:",
    "            matchLabels:",
    f"              {_NAME_LABEL}: kube-system",
    "          podSelector:",
    "            matchLabels:",
    "              k8s-app: kube-dns",
    "      ports:",
    "        - protocol: UDP",
    "          port: 53",
    "        - protocol: TCP",
    "          port: 53",
)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-./_")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"))


class Suggestion(NamedTuple):
    """A policy as a YAML document, and the namespace that it is for."""

    name: str
    namespace: str
    text: str


def suggestions(network: Network, only: Iterable[int] | None = None) -> Iterator[Suggestion]:
    """A default deny for each namespace without one, and a policy for each workload that none confines.

    With `only`, the policies of those workloads, without the default deny.
    """
    if network.scope.kind == "compose":
        return
    wanted = range(len(network.endpoints)) if only is None else tuple(only)
    open_ = [n for n in wanted if _wants(network, n)]
    if only is None:
        for namespace in sorted({network.endpoints[number].namespace for number in open_}):
            yield _default_deny(network, namespace)
    for number in open_:
        yield _for_workload(network, number)


def _wants(network: Network, number: int) -> bool:
    """Can a policy of its own confine it, and does none?"""
    endpoint = network.endpoints[number]
    if endpoint.host_network or not endpoint.labels.values or endpoint.labels.hidden or endpoint.labels.open:
        return False
    return not all(network.isolated(number, direction, sure=False) for direction in Direction)


def _default_deny(network: Network, namespace: str) -> Suggestion:
    spec = ["  podSelector: {}", "  policyTypes:", "    - Ingress", "    - Egress"]
    return Suggestion("default-deny", namespace, _document("default-deny", network, namespace, spec))


def _for_workload(network: Network, number: int) -> Suggestion:
    endpoint = network.endpoints[number]
    spec = ["  podSelector:", *_labels(endpoint.labels.values, 4), "  policyTypes:", "    - Ingress", "    - Egress"]
    ingress = [*_from_workloads(network, number), *_from_outside(network, number)]
    spec += ["  ingress:", *ingress] if ingress else ["  ingress: []"]
    spec += ["  egress:", *_DNS, *_to_workloads(network, number)]
    name = endpoint.name if len(endpoint.name) < 60 else endpoint.name[:60]
    return Suggestion(name, endpoint.namespace, _document(name, network, endpoint.namespace, spec))


def _document(name: str, network: Network, namespace: str, spec: list[str]) -> str:
    unset = all(e.unset_namespace for e in network.endpoints if e.namespace == namespace)
    lines = ["apiVersion: networking.k8s.io/v1", "kind: NetworkPolicy", "metadata:", f"  name: {_scalar(name)}"]
    lines += [] if unset else [f"  namespace: {_scalar(namespace)}"]
    return "\n".join([*lines, "spec:", *spec]) + "\n"


def _from_workloads(network: Network, number: int) -> Iterator[str]:
    """Who is meant to connect to it, by port."""
    ports: dict[int, set[tuple[str, int]]] = {}
    for use in network.uses:
        if use.target == number and use.port is not None:
            ports.setdefault(use.source, set()).add((use.protocol, use.port))
    yield from _rules(network, number, ports, "from")


def _to_workloads(network: Network, number: int) -> Iterator[str]:
    ports: dict[int, set[tuple[str, int]]] = {}
    for use in network.uses:
        if use.source == number and use.port is not None:
            ports.setdefault(use.target, set()).add((use.protocol, use.port))
    yield from _rules(network, number, ports, "to")


def _rules(network: Network, number: int, ports: dict[int, set[tuple[str, int]]], word: str) -> Iterator[str]:
    """A rule for each set of ports, with all the workloads that it is for."""
    by_ports: dict[tuple[tuple[str, int], ...], list[int]] = {}
    for other, wanted in sorted(ports.items()):
        by_ports.setdefault(tuple(sorted(wanted)), []).append(other)
    for wanted_ports, others in sorted(by_ports.items()):
        yield f"    - {word}:"
        for other in others:
            yield from _peer(network, number, other)
        yield from _ports(wanted_ports)


def _peer(network: Network, number: int, other: int) -> Iterator[str]:
    endpoint = network.endpoints[other]
    lead = "        - "
    if endpoint.namespace != network.endpoints[number].namespace:
        yield f"{lead}namespaceSelector:"
        yield "            matchLabels:"
        yield f"              {_NAME_LABEL}: {_scalar(endpoint.namespace)}"
        lead = "          "
    yield f"{lead}podSelector:"
    yield from _labels(endpoint.labels.values, 12)


def _from_outside(network: Network, number: int) -> Iterator[str]:
    """What leads to it from outside: a controller by any namespace, else any address."""
    direct, behind = 0, 0
    for doorway in network.doorways_of(number):
        if doorway.by_controller:
            behind |= doorway.connections
        else:
            direct |= doorway.connections
    for connections, peer in ((direct, None), (behind & ~direct, "        - namespaceSelector: {}")):
        ports = tuple((r.protocol, r.first) for r in network.universe.ports.ranges(connections) if r.first == r.last)
        if not ports:
            continue
        if peer is not None:
            yield "    - from:  # narrow it to the ingress controller's namespace"
            yield peer
            yield from _ports(ports)
        else:
            yield "    - ports:"
            yield from list(_ports(ports))[1:]


def _ports(ports: Iterable[tuple[str, int]]) -> Iterator[str]:
    yield "      ports:"
    for protocol, port in ports:
        yield f"        - protocol: {protocol}"
        yield f"          port: {port}"


def _labels(labels: dict[str, str], indent: int) -> Iterator[str]:
    pad = " " * indent
    yield f"{pad}matchLabels:"
    for key, value in _telling(labels).items():
        yield f"{pad}  {_scalar(key)}: {_scalar(value)}"


def _telling(labels: dict[str, str]) -> dict[str, str]:
    """The labels that say what a workload is, less those that change with each release."""
    changing = ("version", "chart", "managed-by", "hash", "revision", "date")
    kept = {key: value for key, value in labels.items() if not any(word in key.lower() for word in changing)}
    return kept or labels


def _scalar(text: str) -> str:
    """Text as a YAML scalar."""
    if text and set(text) <= _PLAIN and text[0].isalpha() and text.lower() not in _WORDS:
        return text
    return "'" + text.replace("'", "''").replace("\n", " ") + "'"


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
