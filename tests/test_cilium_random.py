"""Cilium's policies, at random, against an evaluator that looks at one pair and one port at a time."""

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from hullcheck.link.network import network as network_from
from hullcheck.model.network.addresses import address
from hullcheck.model.network.endpoint import Assume
from hullcheck.model.network.network import Network
from hullcheck.model.network.ports import PortRange
from hullcheck.model.network.solve import Solution
from naive_cilium import Address, End, Name, Namespaces, Pod, is_open
from worlds import world

PORTS = (("web", "TCP", 80), ("dns", "UDP", 53), ("web", "UDP", 81))
PROBES = [(protocol, port) for protocol in ("TCP", "UDP", "SCTP") for port in (53, 80, 81, 443)]
OUTSIDE = ("10.0.0.1", "10.1.0.1", "8.8.8.8", "169.254.169.254")
HOSTS = ("api.example.org", "www.example.org", "example.net")

LABELS = ("app", "app", "tier")
NAMESPACE_KEYS = (
    "io.kubernetes.pod.namespace",
    "io.kubernetes.pod.namespace",
    "io.cilium.k8s.namespace.labels.team",
    "io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name",
)
ACCOUNT = "io.cilium.k8s.policy.serviceaccount"


class Maker:
    """Pods and policies, at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.one = self.random.choice

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def some(self, make: Callable[[], Any], least: int = 0, most: int = 2) -> list[Any]:
        return [make() for _ in range(self.random.randint(least, most))]

    def pods(self) -> list[Pod]:
        return [
            Pod(
                f"p{number}",
                self.one("ab"),
                {key: self.one("12") for key in {self.one(LABELS), self.one(LABELS)}},
                self.one(("default", "a", "b")),
                tuple(port for port in PORTS if self.chance(0.5)),
            )
            for number in range(self.random.randint(2, 4))
        ]

    def key(self, namespaces: bool) -> str:
        bare = self.one(NAMESPACE_KEYS) if namespaces and self.chance(0.4) else self.one((*LABELS, *LABELS, ACCOUNT))
        return self.one(("", "k8s:", "any:")) + bare

    def value(self, key: str) -> str:
        named = key.endswith(("namespace", "metadata.name", "serviceaccount"))
        return self.one("abc" if named else "12")

    def expression(self, namespaces: bool) -> dict[str, Any]:
        key, operator = self.key(namespaces), self.one(("In", "NotIn", "Exists", "DoesNotExist"))
        found: dict[str, Any] = {"key": key, "operator": operator}
        return found | ({"values": self.some(lambda: self.value(key), 1)} if operator in ("In", "NotIn") else {})

    def selector(self, namespaces: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.chance(0.4):
            key = self.key(namespaces)
            found["matchLabels"] = {key: self.value(key)}
        if self.chance(0.25):
            found["matchExpressions"] = self.some(lambda: self.expression(namespaces), 1)
        return found

    def port(self) -> dict[str, Any]:
        if self.chance(0.2):
            return {"port": "80", "endPort": 443, "protocol": "TCP"}
        found = {"port": self.one(("80", "81", "53", "0", "web", "dns"))}
        return found | ({"protocol": self.one(("TCP", "UDP", "SCTP", "ANY"))} if self.chance(0.7) else {})

    def block(self) -> dict[str, Any]:
        found: dict[str, Any] = {"cidr": self.one(("0.0.0.0/0", "10.0.0.0/8"))}
        return found | ({"except": ["10.1.0.0/16"]} if self.chance(0.5) else {})

    def domain(self) -> dict[str, Any]:
        if self.chance(0.5):
            return {"matchName": self.one(HOSTS)}
        return {"matchPattern": self.one(("*", "*.example.org", "w*.example.org"))}

    def rule(self, side: str, denies: bool) -> dict[str, Any]:
        kinds: dict[str, Callable[[], Any]] = {
            "Endpoints": self.selector,
            "Entities": lambda: self.one(("all", "cluster", "world", "ingress", "health", "init")),
            "CIDR": lambda: self.one(("10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "8.8.8.8/32")),
            "CIDRSet": self.block,
        }
        if side == "to" and not denies:
            kinds["FQDNs"] = self.domain
        found: dict[str, Any] = {}
        if self.chance(0.8):
            kind = "Endpoints" if self.chance(0.4) else self.one(sorted(kinds))
            found[side + kind] = self.some(kinds[kind], 0 if self.chance(0.1) else 1)
        if self.chance(0.5):
            found["toPorts"] = self.some(lambda: {"ports": self.some(self.port, 1)}, 0 if self.chance(0.1) else 1)
        elif self.chance(0.1):
            found["icmps"] = [{"fields": [{"type": 8}]}]
        return found

    def spec(self, wide: bool) -> dict[str, Any]:
        found: dict[str, Any] = {"endpointSelector": self.selector(wide)}
        for side, direction in (("from", "ingress"), ("to", "egress")):
            if self.chance(0.6):
                found[direction] = self.some(partial(self.rule, side, denies=False), 0 if self.chance(0.1) else 1)
            if self.chance(0.25):
                found[f"{direction}Deny"] = self.some(partial(self.rule, side, denies=True))
        if not any(found.get(d + kind) for d in ("ingress", "egress") for kind in ("", "Deny")):
            found["ingress"] = [{}]  # Cilium refuses a policy without a rule
        if self.chance(0.2):
            found["enableDefaultDeny"] = {self.one(("ingress", "egress")): self.chance(0.5)}
        return found

    def policy(self) -> dict[str, Any]:
        wide = self.chance(0.4)
        kind = "CiliumClusterwideNetworkPolicy" if wide else "CiliumNetworkPolicy"
        metadata = {"name": "p"} if wide else {"name": "p", "namespace": self.one("ab")}
        made: dict[str, Any] = {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata}
        specs = {"spec": self.spec(wide)} if self.chance(0.7) else {"specs": self.some(lambda: self.spec(wide), 1)}
        return made | specs


def manifest(pod: Pod) -> dict[str, Any]:
    container = {
        "name": "c",
        "image": "i",
        "ports": [
            {"name": name, "protocol": protocol, "containerPort": number} for name, protocol, number in pod.ports
        ],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod.name, "namespace": pod.namespace, "labels": pod.labels},
        "spec": {"serviceAccountName": pod.account, "containers": [container]},
    }


def network_of(found: list[Pod], namespaces: Namespaces, written: list[dict[str, Any]]) -> Network:
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n, "labels": l}} for n, l in namespaces.items()
    ]
    objects = [*spaces, *map(manifest, found), *written]
    made = network_from(world(manifests="\n---\n".join(map(json.dumps, objects))), Assume())
    made.asked_ports += [PortRange(protocol, port, port) for protocol, port in PROBES]
    made.asked_addresses += [span for text in OUTSIDE if (span := address(text)) is not None]
    return made


def bits(network: Network, end: Pod | Address | Name) -> int:
    """The end among those of the network; for a name those rules' names that mean it."""
    universe = network.universe
    if isinstance(end, Pod):
        return 1 << [endpoint.name for endpoint in network.endpoints].index(end.name)
    if isinstance(end, Name):
        return universe.named_outside(end.text)
    span = address(end.text)
    assert span is not None
    return universe.addresses.bits(span) << universe.first_address


def opens(network: Network, answer: Solution, source: Any, target: Any, connections: int) -> bool:
    found = connections
    for side, here, there in ((answer.egress, source, target), (answer.ingress, target, source)):
        if isinstance(here, Pod):
            number = bits(network, here).bit_length() - 1
            admitted = 0
            for some, ends in side.partition(number):
                admitted |= some if ends & bits(network, there) else 0
            found &= admitted
    return bool(found)


@pytest.mark.parametrize("seed", range(4))
def test_every_connection_is_what_the_documentation_says(seed: int) -> None:
    make = Maker(seed)
    counts = {True: 0, False: 0}
    for _ in range(60):
        found, written = make.pods(), make.some(make.policy, 1, 3)
        check(found, written, {"a": {"team": make.one("12")}, "b": {}}, counts)
    assert min(counts.values()) > sum(counts.values()) / 5, "the test would hold whatever is answered"


def check(found: list[Pod], written: list[dict[str, Any]], namespaces: Namespaces, counts: dict[bool, int]) -> None:
    network = network_of(found, namespaces, written)
    assert [policy.faults for policy in network.scope.policies if policy.refused] == []
    named: list[Address | Name] = [Name(host) for host in HOSTS if network.universe.named_outside(host)]
    addresses: list[Address | Name] = [Address(text) for text in OUTSIDE]
    outside = [(pod, end) for pod in found for end in (*addresses, *named)]
    inside: list[tuple[Pod, Pod]] = [(source, target) for source in found for target in found if source != target]
    inward: list[tuple[Address, Pod]] = [(end, pod) for pod, end in outside if isinstance(end, Address)]
    pairs: list[tuple[End, End]] = [*inside, *outside, *inward]
    for source, target in pairs:
        for protocol, port in PROBES:
            connections = network.universe.ports.bits(protocol, port, port)
            expected = is_open(written, namespaces, source, target, protocol, port)
            counts[expected] += 1
            strict, loose = (opens(network, answer, source, target, connections) for answer in network.answers)
            said = (source, target, protocol, port, written)
            assert strict == expected, said
            assert loose >= expected, said
            if isinstance(source, Pod) and isinstance(target, Pod):
                assert loose == expected, said
