"""What Cilium's policies let through, worked out one pair and one port at a time, straight from the objects as written.

The words are those of Cilium's documentation: an endpoint that some policy with rules for a direction selects is in
default deny there, what a rule denies is denied, and what some rule allows is allowed. Nothing is unknown here.
"""

from fnmatch import fnmatch
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple


class Pod(NamedTuple):
    name: str
    namespace: str
    labels: dict[str, str]
    account: str = "default"
    ports: tuple[tuple[str, str, int], ...] = ()
    """Names, protocols and numbers."""


class Address(NamedTuple):
    text: str


class Name(NamedTuple):
    """A host outside that was looked up by its name."""

    text: str


End = Pod | Address | Name
Namespaces = dict[str, dict[str, str]]


def is_open(policies: list[Any], namespaces: Namespaces, source: End, target: End, protocol: str, port: int) -> bool:
    """Can the source open a connection to that port of the target?"""
    sends = not isinstance(source, Pod) or admits(policies, namespaces, source, target, "egress", protocol, port)
    return sends and (
        not isinstance(target, Pod) or admits(policies, namespaces, target, source, "ingress", protocol, port)
    )


def admits(
    policies: list[Any], namespaces: Namespaces, pod: Pod, other: End, direction: str, protocol: str, port: int
) -> bool:
    """Does one side let the connection through?"""
    target = pod if direction == "ingress" else other
    default_deny = allowed = False
    for policy in policies:
        wide = policy["kind"] == "CiliumClusterwideNetworkPolicy"
        space = None if wide else policy["metadata"]["namespace"]
        for spec in ([policy["spec"]] if "spec" in policy else []) + policy.get("specs", []):
            if not selects(spec["endpointSelector"], pod, namespaces, space, subject=True):
                continue
            has_rules = bool(spec.get(direction)) or bool(spec.get(f"{direction}Deny"))
            default_deny |= spec.get("enableDefaultDeny", {}).get(direction, has_rules)
            for rule in spec.get(f"{direction}Deny", []):
                if applies(rule, direction, other, target, namespaces, space, protocol, port):
                    return False
            for rule in spec.get(direction, []):
                allowed |= applies(rule, direction, other, target, namespaces, space, protocol, port)
    return allowed or not default_deny


def applies(
    rule: Any,
    direction: str,
    other: End,
    target: End,
    namespaces: Namespaces,
    space: str | None,
    protocol: str,
    port: int,
) -> bool:
    side = "from" if direction == "ingress" else "to"
    members = {key: value for key, value in rule.items() if key.startswith(side) and key != "toPorts"}
    ports = rule.get("toPorts", [])
    if rule.get("icmps") or (not members and not ports):
        return False
    if members and not any(
        is_peer(key[len(side) :], item, other, namespaces, space) for key, value in members.items() for item in value
    ):
        return False
    return not ports or any(is_port(one, target, protocol, port) for entry in ports for one in entry["ports"])


def is_peer(kind: str, item: Any, other: End, namespaces: Namespaces, space: str | None) -> bool:
    if kind == "Endpoints":
        return isinstance(other, Pod) and selects(item, other, namespaces, space)
    if kind == "Entities":
        return {
            "all": True,
            "world": not isinstance(other, Pod),
            "cluster": isinstance(other, Pod),
        }.get(item, False)
    if kind == "FQDNs":
        return (
            isinstance(other, Name)
            and other.text == item.get("matchName", other.text)
            and fnmatch(other.text, item.get("matchPattern", "*"))
        )
    block = {"cidr": item} if kind == "CIDR" else item
    if isinstance(other, Name):
        return block["cidr"] == "0.0.0.0/0" and not block.get("except")
    return (
        isinstance(other, Address)
        and is_in(other, block["cidr"])
        and not any(is_in(other, e) for e in block.get("except", []))
    )


def is_in(address: Address, cidr: str) -> bool:
    return ip_address(address.text) in ip_network(cidr)


def selects(selector: Any, pod: Pod, namespaces: Namespaces, space: str | None, subject: bool = False) -> bool:
    labels = {**pod.labels, "io.kubernetes.pod.namespace": pod.namespace}
    labels["io.cilium.k8s.policy.serviceaccount"] = pod.account
    for key, value in {**namespaces[pod.namespace], "kubernetes.io/metadata.name": pod.namespace}.items():
        labels[f"io.cilium.k8s.namespace.labels.{key}"] = value
    keys = []
    for key, value in selector.get("matchLabels", {}).items():
        keys.append(bare(key))
        if labels.get(bare(key)) != value:
            return False
    for expression in selector.get("matchExpressions", []):
        key, values = bare(expression["key"]), expression.get("values", [])
        keys.append(key)
        holds = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }
        if not holds[expression["operator"]]:
            return False
    if space is None or any(key.startswith("reserved:") for key in keys):
        return True
    about_namespaces = any(
        k.startswith(("io.kubernetes.pod.namespace", "io.cilium.k8s.namespace.labels.")) for k in keys
    )
    return pod.namespace == space if subject or not about_namespaces else True


def bare(key: str) -> str:
    source, _, rest = key.rpartition(":")
    return rest if source in ("k8s", "any") else key


def is_port(written: Any, target: End, protocol: str, port: int) -> bool:
    if written.get("protocol", "ANY") not in ("ANY", protocol):
        return False
    text: str = written["port"]
    if text.isdigit():
        return text == "0" or int(text) <= port <= int(written.get("endPort", text))
    declared = target.ports if isinstance(target, Pod) else ()
    return next((number for name, proto, number in declared if (name, proto) == (text, protocol)), None) == port
