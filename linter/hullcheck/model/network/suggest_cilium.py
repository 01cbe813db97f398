"""The same policies as Cilium has them, which can name hosts outside, the API server and nodes."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.network.allowances import Allowance, End
from hullcheck.model.network.policy import Direction
from hullcheck.model.network.suggest import Dialect, comment, match_labels, scalar

_SPACE = "k8s:io.kubernetes.pod.namespace"


def _subject(labels: dict[str, str]) -> list[str]:
    return ["  endpointSelector:", *match_labels(labels.items(), 4)] if labels else ["  endpointSelector: {}"]


def _types(directions: tuple[Direction, ...]) -> list[str]:
    return []  # a section with a rule denies what it doesn't allow


def _rules(direction: Direction, allowed: Iterable[Allowance]) -> list[str]:
    """The rules of one direction, each below its evidence; a rule has ends of one kind."""
    lines = []
    for one in allowed:
        for kind in dict.fromkeys(_key(end) for end in one.ends):
            ends = [end for end in one.ends if _key(end) == kind]
            lines += [f"    # {comment(note)}" for note in one.notes]
            if one.narrow and any(end.kind in ("pods", "anybody", "everywhere") for end in ends):
                lines.append(f"    # {comment(one.narrow)}")
            key = f"{direction.peers_key}{kind}:"
            lines += [f"    - {key}", *(f"        {line}" for end in ends for line in _end(end))]
            if one.ports:
                lines += ["      toPorts:", "        - ports:"]
                for protocol, port in one.ports:
                    lines += [f'            - port: "{port}"', f"              protocol: {protocol}"]
    return [f"  {direction.value}:", *(lines or ["    - {}"])]


def _key(end: End) -> str:
    """The key behind `from` or `to`."""
    match end.kind:
        case "pods":
            return "Endpoints"
        case "name":
            return "FQDNs"
        case "addresses":
            return "CIDR"
    return "Entities"


def _end(end: End) -> list[str]:
    match end.kind:
        case "pods":
            labels = [*([(_SPACE, end.namespace)] if end.namespace else []), *end.labels]
            if not labels:
                return ["- {}"]
            first, *rest = match_labels(labels, 2)
            return [f"- {first.strip()}", *rest]
        case "name":
            return [f"- matchName: {scalar(end.host)}"]
        case "addresses":
            return [f"- {end.cidr}"]
        case "api":
            return ["- kube-apiserver", "- host", "- remote-node"]  # it may be called through a node's tunnel
        case "node":
            return ["- host", "- remote-node"]
        case "everywhere":
            return ["- cluster"]
    return ["- all"]


_DNS = (
    "    # names are looked up; Cilium has to see the answers to know the addresses of hosts outside",
    "    - toEndpoints:",
    "        - matchLabels:",
    f"            {scalar(_SPACE)}: kube-system",
    "            k8s-app: kube-dns",
    "      toPorts:",
    "        - ports:",
    '            - port: "53"',
    "              protocol: ANY",
    "          rules:",
    "            dns:",
    '              - matchPattern: "*"',
    "    # a cache on each node",
    "    - toEntities:",
    "        - host",
    "      toPorts:",
    "        - ports:",
    '            - port: "53"',
    "              protocol: ANY",
    "    # Cloud DNS of GKE",
    "    - toCIDR:",
    "        - 169.254.169.254/32",
    "      toPorts:",
    "        - ports:",
    '            - port: "53"',
    "              protocol: ANY",
)

CILIUM = Dialect("cilium.io/v2", "CiliumNetworkPolicy", _subject, _rules, _DNS, _types)
