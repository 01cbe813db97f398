"""Policies as the API server understands them, from YAML: one small cluster, one question each."""

import pytest

from hullcheck.model.network.endpoint import NP_GUARD, Assume, IpBlocksMatchPods
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction
from worlds import net

PODS = """
apiVersion: v1
kind: Namespace
metadata: {name: x, labels: {team: red}}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {pod: a}}
spec: {containers: [{name: c, image: i, ports: [{name: web, containerPort: 80}, {name: dns, containerPort: 53, protocol: UDP}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x, labels: {pod: b, tier: back}}
spec: {containers: [{name: c, image: i, ports: [{name: web, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: c, namespace: z, labels: {pod: c}}
spec: {containers: [{name: c, image: i}]}
"""


def cluster(*policies: str, assume: Assume = Assume(IpBlocksMatchPods.NEVER)) -> Network:  # noqa: B008  a constant
    return net(
        "---".join((PODS, *(f"\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{p}\n" for p in policies))),
        assume,
    )


def edges(network: Network, strict: bool = True) -> dict[str, str]:
    """What each can open to each other: `a>b` to the connections, without those that are closed."""
    answer = network.answers.strict if strict else network.answers.loose
    found = {}
    for s, source in enumerate(network.endpoints):
        for t, target in enumerate(network.endpoints):
            connections = answer.connections(s, t)
            if s != t and connections:
                found[f"{source.name}>{target.name}"] = network.universe.ports.text(connections)
    return found


ALL = "All Connections"
EVERY = {f"{s}>{t}": ALL for s in "abc" for t in "abc" if s != t}


def to(found: dict[str, str], target: str) -> dict[str, str]:
    return {edge[0]: text for edge, text in found.items() if edge[2] == target}


def from_(found: dict[str, str], source: str) -> dict[str, str]:
    return {edge[2]: text for edge, text in found.items() if edge[0] == source}


def test_without_policies_all_is_open() -> None:
    assert edges(cluster()) == EVERY


INGRESS = "metadata: {{name: p, namespace: x}}\nspec: {{podSelector: {{matchLabels: {{pod: a}}}}, ingress: {}}}"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("[]", {}),
        ("null", {}),
        ("[{}]", {"b": ALL, "c": ALL}),
        ("[{from: []}]", {"b": ALL, "c": ALL}),
        ("[{from: null, ports: []}]", {"b": ALL, "c": ALL}),
        ("[{from: [{podSelector: {}}]}]", {"b": ALL}),
        ("[{from: [{podSelector: {matchLabels: {pod: c}}}]}]", {}),
        ("[{from: [{namespaceSelector: {}}]}]", {"b": ALL, "c": ALL}),
        ("[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}]}]", {"c": ALL}),
        ("[{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]", {"b": ALL}),
        ("[{from: [{namespaceSelector: null, podSelector: {matchLabels: {pod: c}}}]}]", {}),
        ("[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {pod: c}}}]}]", {"c": ALL}),
        ("[{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}]}]", {"b": ALL}),
        ("[{from: [{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}]}]", {}),
        ("[{from: [{podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}]}]", {"b": ALL}),
        ("[{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", {}),
        ("[{ports: [{port: 80}]}]", {"b": "TCP 80", "c": "TCP 80"}),
        ("[{ports: [{port: 80, endPort: 90}, {port: 90, endPort: 95}]}]", {"b": "TCP 80-95", "c": "TCP 80-95"}),
        ("[{ports: [{protocol: UDP}]}]", {"b": "UDP 1-65535", "c": "UDP 1-65535"}),
        ("[{ports: [{protocol: SCTP, port: 7}, {port: 443}, {port: 80}]}]", {"b": "SCTP 7,TCP 80,443", "c": "SCTP 7,TCP 80,443"}),
        ("[{ports: [{port: web}]}]", {"b": "TCP 80", "c": "TCP 80"}),
        ("[{ports: [{port: dns}]}]", {}),
        ("[{ports: [{port: dns, protocol: UDP}]}]", {"b": "UDP 53", "c": "UDP 53"}),
        ("[{from: [{podSelector: {}}], ports: [{port: 80}]}, {ports: [{port: 81}]}]", {"b": "TCP 80-81", "c": "TCP 81"}),
    ],
)  # fmt: skip
def test_ingress_rules(rules: str, expected: dict[str, str]) -> None:
    found = edges(cluster(INGRESS.format(rules)))
    assert to(found, "a") == expected
    assert from_(found, "a") == {"b": ALL, "c": ALL}


@pytest.mark.parametrize(
    ("spec", "ingress", "egress"),
    [
        ("podSelector: {}", True, False),
        ("podSelector: {}, egress: []", True, False),
        ("podSelector: {}, policyTypes: []", True, False),
        ("podSelector: {}, egress: [{}]", True, True),
        ("podSelector: {}, policyTypes: [Egress]", False, True),
        ("podSelector: {}, policyTypes: [Egress], ingress: [{}]", False, True),
        ("policyTypes: [Ingress, Egress]", True, True),
    ],
)
def test_directions_that_a_policy_is_about(spec: str, ingress: bool, egress: bool) -> None:
    network = cluster(f"metadata: {{name: p, namespace: x}}\nspec: {{{spec}}}")
    assert network.isolated(0, Direction.INGRESS) is ingress
    assert network.isolated(0, Direction.EGRESS) is egress
    assert not network.isolated(2, Direction.INGRESS)


def test_a_named_port_towards_others_is_theirs() -> None:
    found = edges(cluster("metadata: {name: p, namespace: x}\nspec: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{ports: [{port: web}]}]}"))  # fmt: skip
    assert from_(found, "a") == {"b": "TCP 8080"}


def test_policies_add_up_and_both_ends_are_asked() -> None:
    one = INGRESS.format("[{from: [{podSelector: {}}], ports: [{port: 80}]}]")
    two = INGRESS.replace("name: p,", "name: q,").format("[{ports: [{port: 81}]}]")
    out = "metadata: {name: out, namespace: x}\nspec: {podSelector: {matchLabels: {pod: b}}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]}"  # fmt: skip
    assert to(edges(cluster(one, two, out)), "a") == {"b": "TCP 80", "c": "TCP 81"}


def test_a_refused_policy_does_not_exist() -> None:
    assert edges(cluster(INGRESS.format("[{from: [{}]}]"))) == EVERY


def test_ip_blocks_and_pods_as_it_is_assumed() -> None:
    policy = INGRESS.format("[{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]")
    never, maybe, always = (cluster(policy, assume=Assume(choice)) for choice in IpBlocksMatchPods)
    assert to(edges(never), "a") == to(edges(never, strict=False), "a") == {}
    assert to(edges(maybe), "a") == {}
    assert to(edges(maybe, strict=False), "a") == {"b": ALL, "c": ALL}
    assert to(edges(always), "a") == {"b": ALL, "c": ALL}


def test_a_pod_with_an_address_is_in_a_block_or_not() -> None:
    pods = PODS.replace(
        "spec: {containers: [{name: c, image: i}]}",
        "spec: {containers: [{name: c, image: i}]}\nstatus: {podIP: 10.2.3.4}",
    )
    policy = INGRESS.format("[{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}}]}]")
    network = net(
        f"{pods}---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{policy}", Assume(IpBlocksMatchPods.ALWAYS)
    )
    assert to(edges(network), "a") == {"b": ALL}


def test_labels_of_undeclared_namespaces_are_unknown_or_not_there() -> None:
    policy = INGRESS.format("[{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]")
    network = cluster(policy)
    assert to(edges(network), "a") == {}
    assert to(edges(network, strict=False), "a") == {"c": ALL}
    closed = cluster(policy, assume=Assume(IpBlocksMatchPods.NEVER, namespaces_closed=True))
    assert to(edges(closed, strict=False), "a") == {}


def test_pods_on_the_hosts_network_are_not_selected_unless_assumed() -> None:
    hosted = PODS.replace("labels: {pod: a}}\nspec: {", "labels: {pod: a}}\nspec: {hostNetwork: true, ")
    policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {podSelector: {}}"
    network = net(f"{hosted}---\n{policy}")
    assert not network.isolated(0, Direction.INGRESS)
    assert "a>b" not in edges(network)
    assert edges(network, strict=False)["a>b"] == ALL
    assert net(f"{hosted}---\n{policy}", NP_GUARD).isolated(0, Direction.INGRESS)


def test_a_plugins_policy_makes_what_it_covers_uncertain() -> None:
    policy = "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {selector: pod == 'a', types: [Ingress]}"
    network = net(f"{PODS}---\n{policy}")
    assert to(edges(network), "a") == {}
    assert to(edges(network, strict=False), "a") == {"b": ALL, "c": ALL}
    assert from_(edges(network), "a") == {"b": ALL, "c": ALL}
    assert network.isolated(0, Direction.INGRESS)
    assert not network.isolated(1, Direction.INGRESS, sure=False)
    assert [type(reason).__name__ for reason in network.because(1, 0, network.universe.ports.all)] == ["Location"]


def test_a_plugins_selector_that_is_not_literal_isolates_perhaps() -> None:
    policy = "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {selector: \"pod in {'a'}\", types: [Ingress]}"
    network = net(f"{PODS}---\n{policy}")
    assert network.isolated(0, Direction.INGRESS, sure=False)
    assert not network.isolated(0, Direction.INGRESS)


ADMIN = """
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {{name: admin}}
spec:
  priority: {priority}
  subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: x}}}}}}
  ingress:
    - {{action: {action}, from: [{{namespaces: {{}}}}], ports: [{{portNumber: {{protocol: TCP, port: 80}}}}]}}
"""


def test_an_administrators_rule_comes_before_policies() -> None:
    deny_all = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {podSelector: {}}"
    allowed = net(f"{PODS}---{ADMIN.format(priority=5, action='Allow')}---\n{deny_all}")
    assert to(edges(allowed), "a") == {"b": "TCP 80", "c": "TCP 80"}
    denied = net(f"{PODS}---{ADMIN.format(priority=5, action='Deny')}")
    assert to(edges(denied), "a")["c"] == "SCTP 1-65535,TCP 1-79,81-65535,UDP 1-65535"
    passed = net(f"{PODS}---{ADMIN.format(priority=5, action='Pass')}---\n{deny_all}")
    assert to(edges(passed), "a") == {}


def test_the_lower_number_comes_first_and_the_baseline_last() -> None:
    first = ADMIN.format(priority=1, action="Pass")
    second = ADMIN.format(priority=2, action="Allow").replace("name: admin", "name: other")
    baseline = ADMIN.replace("AdminNetworkPolicy", "BaselineAdminNetworkPolicy").replace("name: admin", "name: default")
    baseline = baseline.format(priority=0, action="Deny").replace("  priority: 0\n", "")
    found = edges(net(f"{PODS}---{second}---{first}---{baseline}"))
    assert to(found, "a")["b"] == "SCTP 1-65535,TCP 1-79,81-65535,UDP 1-65535"


def test_a_cluster_network_policy_is_read_alike() -> None:
    policy = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: cluster}
spec:
  tier: Admin
  priority: 7
  subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {pod: a}}}}
  ingress:
    - {action: Accept, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {pod: b}}}}], protocols: [{tcp: {destinationPort: {range: {start: 80, end: 81}}}}]}
    - {action: Deny, from: [{namespaces: {}}]}
"""
    assert to(edges(net(f"{PODS}---{policy}")), "a") == {"b": "TCP 80-81"}
