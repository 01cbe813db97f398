"""Cilium's policies: one question each, on the small cluster of the tests of NetworkPolicies."""

import pytest

from hullcheck.draw.explain import End, explain
from hullcheck.model.network.endpoint import Assume
from hullcheck.model.network.map import scope_map
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction
from test_network_policy import ALL, PODS, edges, from_, to
from worlds import net

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: back, namespace: x, labels: {kind: inner}}
spec: {selector: {tier: back}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: elsewhere, namespace: x}
spec: {ports: [{port: 80}]}
---
apiVersion: cilium.io/v2alpha1
kind: CiliumCIDRGroup
metadata: {name: office}
spec: {externalCIDRs: [203.0.113.0/24]}
"""
HOST = """
apiVersion: v1
kind: Pod
metadata: {name: h, namespace: x, labels: {pod: h}}
spec: {hostNetwork: true, containers: [{name: c, image: i}]}
"""


def cilium(*specs: str, wide: bool = False, more: str = "") -> Network:
    kind = "CiliumClusterwideNetworkPolicy" if wide else "CiliumNetworkPolicy"
    where = "" if wide else ", namespace: x"
    made = (
        f"\napiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: p{number}{where}}}\nspec: {spec}\n"
        for number, spec in enumerate(specs)
    )
    return net("---".join((PODS, SERVICES, *((more,) if more else ()), *made)))


def outward(network: Network, name: str) -> list[tuple[tuple[str, ...], str, bool]]:
    """Where a pod can connect to outside."""
    rows = scope_map(network).external
    return [(r.ranges, r.connections, r.certain) for r in rows if r.direction == "out" and f"/{name}[" in r.node]


A = "endpointSelector: {matchLabels: {pod: a}}"


@pytest.mark.parametrize(
    ("rules", "open_from"),
    [
        ("ingress: [{}]", {}),
        ("ingress: [{fromEndpoints: [{}]}]", {"b": ALL}),
        ("ingress: [{fromEndpoints: []}]", {}),
        ("ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: '80'}]}]}]", {}),
        ("ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]", {"b": "TCP 80", "c": "TCP 80"}),
        ("ingress: [{toPorts: [{ports: [{port: '80'}]}]}]", dict.fromkeys("bc", "SCTP 80,TCP 80,UDP 80")),
        ("ingress: [{toPorts: [{ports: [{port: web, protocol: TCP}]}]}]", {"b": "TCP 80", "c": "TCP 80"}),
        ("ingress: [{toPorts: [{ports: [{port: dns}]}]}]", {"b": "UDP 53", "c": "UDP 53"}),
        ("ingress: [{toPorts: [{ports: [{port: '0', protocol: UDP}]}]}]", dict.fromkeys("bc", "UDP 1-65535")),
        ("ingress: [{toPorts: [{ports: [{port: '80', endPort: 81, protocol: TCP}]}]}]", dict.fromkeys("bc", "TCP 80-81")),
        ("ingress: [{icmps: [{fields: [{type: 8}]}]}]", {}),
        ("ingress: [{fromEntities: [cluster]}]", {"b": ALL, "c": ALL}),
        ("ingress: [{fromEntities: [all]}]", {"b": ALL, "c": ALL}),
        ("ingress: [{fromEntities: [world]}]", {}),
        ("ingress: [{fromEntities: [host, remote-node, kube-apiserver, health, init, unmanaged]}]", {}),
        ("ingress: [{fromCIDR: [0.0.0.0/0]}]", {}),
        ("ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': z}}]}]", {"c": ALL}),
        ("ingress: [{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: z, pod: c}}]}]", {"c": ALL}),
        ("ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': red}}]}]", {"b": ALL}),
        ("ingress: [{fromEndpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: Exists}]}]}]", {"b": ALL, "c": ALL}),
        ("ingress: [{fromEndpoints: [{matchLabels: {'reserved:host': ''}}]}]", {}),
        ("ingress: [{fromEndpoints: [{matchExpressions: [{key: 'reserved:world', operator: DoesNotExist}]}]}]", {"b": ALL, "c": ALL}),
        ("ingress: [{fromEndpoints: [{matchLabels: {'any:tier': back}}]}]", {"b": ALL}),
        ("ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: default}}]}]", {"b": ALL}),
        ("ingress: [{fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: other}}]}]", {}),
        ("ingressDeny: [{fromEndpoints: [{matchLabels: {pod: b}}]}]", {}),
        ("ingressDeny: [{fromEndpoints: [{matchLabels: {pod: b}}]}], enableDefaultDeny: {ingress: false}", {"c": ALL}),
        ("ingress: [{fromEntities: [all]}], ingressDeny: [{fromEndpoints: [{matchLabels: {pod: b}}]}]", {"c": ALL}),
        ("ingress: [{fromEntities: [all]}], ingressDeny: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]", dict.fromkeys("bc", "SCTP 1-65535,TCP 1-79,81-65535,UDP 1-65535")),
        ("ingress: [{fromEndpoints: [{}]}], enableDefaultDeny: {ingress: false}", {"b": ALL, "c": ALL}),
        ("egress: [{}], enableDefaultDeny: {ingress: true}", {}),
        ("ingress: [{fromEndpoints: [{}], authentication: {mode: required}}]", {"b": ALL}),
        ("ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]}]", {"b": "TCP 80"}),
    ],
)  # fmt: skip
def test_what_a_rule_lets_in(rules: str, open_from: dict[str, str]) -> None:
    assert to(edges(cilium(f"{{{A}, {rules}}}")), "a") == open_from


@pytest.mark.parametrize(
    ("rules", "open_to"),
    [
        ("egress: [{toEndpoints: [{}]}]", {"b": ALL}),
        ("egress: [{toServices: [{k8sService: {serviceName: back, namespace: x}}]}]", {"b": ALL}),
        ("egress: [{toServices: [{k8sService: {serviceName: back}}]}]", {"b": ALL}),
        ("egress: [{toServices: [{k8sServiceSelector: {selector: {matchLabels: {kind: inner}}}}]}]", {"b": ALL}),
        ("egress: [{toServices: [{k8sService: {serviceName: elsewhere}}]}]", {}),
        ("egress: [{toFQDNs: [{matchName: a.example.org}]}]", {}),
        ("egress: [{toEntities: [world]}]", {}),
        ("egress: [{toPorts: [{ports: [{port: web}]}]}]", {"b": "TCP 8080"}),
    ],
)
def test_what_a_rule_lets_out(rules: str, open_to: dict[str, str]) -> None:
    assert from_(edges(cilium(f"{{{A}, {rules}}}")), "a") == open_to


@pytest.mark.parametrize(
    ("rules", "rows"),
    [
        ("toEntities: [world]", [(("0.0.0.0/0", "::/0"), ALL, True)]),
        ("toEntities: [world-ipv4]", [(("0.0.0.0/0",), ALL, True)]),
        ("toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.0.0.0/9]}]", [(("10.128.0.0/9",), ALL, True)]),
        ("toCIDR: [203.0.113.7]", [(("203.0.113.7/32",), ALL, True)]),
        ("toCIDRSet: [{cidrGroupRef: office}]", [(("203.0.113.0/24",), ALL, True)]),
        ("toFQDNs: [{matchName: a.example.org.}]", [(("a.example.org",), ALL, True)]),
        ("toFQDNs: [{matchPattern: '*.example.org'}], toPorts: [{ports: [{port: '443', protocol: TCP}]}]", [(("*.example.org",), "TCP 443", True)]),
        ("toCIDRSet: [{cidrGroupRef: unknown}]", [(("0.0.0.0/0",), ALL, False)]),
        ("toEntities: [kube-apiserver]", []),
    ],
)  # fmt: skip
def test_where_a_rule_lets_connect_to_outside(rules: str, rows: list[tuple[tuple[str, ...], str, bool]]) -> None:
    assert outward(cilium(f"{{{A}, egress: [{{{rules}}}]}}"), "a") == rows


def test_a_clusterwide_policy_is_for_all_namespaces() -> None:
    found = edges(cilium("{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {pod: a}}]}]}", wide=True))
    assert found == {"a>b": ALL, "a>c": ALL}
    only = "{endpointSelector: {matchLabels: {io.kubernetes.pod.namespace: z}}, ingress: [{}]}"
    assert to(edges(cilium(only, wide=True)), "c") == {}
    assert to(edges(cilium(only, wide=True)), "b") == {"a": ALL, "c": ALL}
    empty = "{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}"
    assert len(edges(cilium(empty, wide=True))) == 6


def test_a_policy_for_nodes_confines_no_pod() -> None:
    network = cilium("{nodeSelector: {}, ingress: [{}]}", wide=True)
    assert len(edges(network)) == 6
    assert not network.scope.policies


def test_pods_on_the_hosts_network_are_nodes() -> None:
    spec = f"{{{A}, ingress: [{{fromEntities: [%s]}}]}}"
    for entities, sure, maybe in (("host, remote-node", True, True), ("host", False, True), ("cluster", True, True)):
        network = cilium(spec % entities, more=HOST)
        assert ("h>a" in edges(network), "h>a" in edges(network, strict=False)) == (sure, maybe)
    assert "h>a" not in edges(cilium(f"{{{A}, ingress: [{{fromEndpoints: [{{}}]}}]}}", more=HOST))


def test_requirements_may_hold_or_not() -> None:
    spec = f"{{{A}, ingress: [{{fromEndpoints: [{{}}], fromRequires: [{{matchLabels: {{tier: front}}}}]}}]}}"
    assert to(edges(cilium(spec)), "a") == {}
    assert to(edges(cilium(spec), strict=False), "a") == {"b": ALL}


def test_policies_of_both_kinds_are_united() -> None:
    more = "\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: k, namespace: x}\nspec: {podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{namespaceSelector: {}}]}]}\n"
    deny = f"{{{A}, ingressDeny: [{{fromEndpoints: [{{}}]}}]}}"
    assert to(edges(cilium(f"{{{A}, ingress: [{{}}]}}", more=more)), "a") == {"b": ALL, "c": ALL}
    assert to(edges(cilium(deny, more=more)), "a") == {"c": ALL}


@pytest.mark.parametrize(
    ("spec", "message", "fatal"),
    [
        ("{endpointSelector: {}, ingress: []}", "needs a rule in some section", True),
        ("{endpointSelector: {}}", "needs a rule in some section", True),
        ("{ingress: [{}]}", "neither `endpointSelector` nor", True),
        ("{endpointSelector: {}, nodeSelector: {}, ingress: [{}]}", "both `endpointSelector` and", True),
        ("{endpointSelector: {}, ingress: [{fromEndpoints: [{}], fromEntities: [world]}]}", "has both", True),
        ("{endpointSelector: {}, ingress: [{fromEntities: [internet]}]}", "not an entity", True),
        ("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: 80}]}]}]}", "not text unless quoted", True),
        ("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '80000'}]}]}]}", "no range", True),
        ("{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '80', protocol: HTTP}]}]}]}", "is not TCP", True),
        ("{endpointSelector: {}, ingress: [{fromCIDR: [10.0.0.0/40]}]}", "not a CIDR", True),
        ("{endpointSelector: {}, egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/8]}]}]}", "no part of", True),
        ("{endpointSelector: {matchLabels: {version: 1}}, ingress: [{}]}", "not text unless quoted", True),
        ("{endpointSelector: {}, egress: [{}], ingress: []}", "`ingress: []` denies nothing", False),
        ("{endpointSelector: {matchLabels: {'k8s:io.kubernetes.pod.namespace': z}}, ingress: [{}]}", "of its own only", False),
    ],
)  # fmt: skip
def test_what_cilium_would_not_enforce(spec: str, message: str, fatal: bool) -> None:
    (policy,) = cilium(spec).scope.policies
    (fault,) = policy.faults
    assert message in fault.message
    assert fault.fatal is fatal


def test_a_template_makes_no_fault() -> None:
    spec = "{endpointSelector: {matchLabels: {pod: '{{ x }}'}}, ingress: [{fromCIDR: ['{{ y }}'], toPorts: [{ports: [{port: '{{ z }}'}]}]}]}"
    (policy,) = cilium(spec).scope.policies
    assert policy.faults == ()
    assert policy.doubtful


def test_what_is_said_of_a_rule_with_rules_of_its_own() -> None:
    spec = f"{{{A}, ingress: [{{fromEndpoints: [{{}}], toPorts: [{{ports: [{{port: '80', protocol: TCP}}], rules: {{http: [{{method: GET}}]}}}}]}}], ingressDeny: [{{fromEndpoints: [{{matchLabels: {{pod: c}}}}]}}]}}"
    network = cilium(spec)
    ends = [End(name, number, 1 << number) for number, name in enumerate("abc")]
    text = explain(network, ends[1], ends[0], network.universe.ports.all)
    assert "b -> a: allowed: TCP 80" in text
    assert "allows it; HTTP rules restrict it further" in text


def test_what_is_said_of_calicos_policies() -> None:
    policy = "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {selector: pod == 'a', types: [Ingress]}"
    network = net(f"{PODS}---\n{policy}", Assume())
    ends = [End(name, number, 1 << number) for number, name in enumerate("abc")]
    text = explain(network, ends[1], ends[0], network.universe.ports.all)
    assert text.startswith("b -> a: not known; maybe allowed: All Connections")
    assert "confines its ingress; its rules aren't read" in text
    assert "what Calico lets through isn't known" in text
    assert "denied" not in text
    assert network.isolated(0, Direction.INGRESS)


def test_what_is_said_where_an_administrator_decides() -> None:
    admin = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: admin}\nspec: {priority: 1, subject: {namespaces: {}}, ingress: [{action: Allow, from: [{namespaces: {}}]}]}"
    own = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: own, namespace: x}\nspec: {podSelector: {matchLabels: {pod: a}}, ingress: []}"
    network = net(f"{PODS}---\n{admin}\n---\n{own}")
    ends = [End(name, number, 1 << number) for number, name in enumerate("abc")]
    text = explain(network, ends[1], ends[0], network.universe.ports.all)
    assert text.startswith("b -> a: allowed: All Connections")
    assert "the admin tier decides it" in text
    assert "denied" not in text
