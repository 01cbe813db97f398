"""Administrators' policies of one tier and priority: nobody knows which comes first."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hullcheck.model.network.map import scope_map
from worlds import net

PODS = "\n---\n".join(
    f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {name}}}\nspec: {{containers: [{{name: c, image: i}}]}}"
    for name in "abc"
)
ISOLATED = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: own, namespace: a}\nspec: {podSelector: {}}"


def policy(name: str, priority: int, rules: list[tuple[str, str, int]], tier: str = "Admin") -> str:
    """A policy for ingress of `a`, with rules of an action, a namespace (empty for all) and a port (0 for all)."""
    made: list[dict[str, Any]] = []
    for action, peer, port in rules:
        labels = {"matchLabels": {"kubernetes.io/metadata.name": peer}} if peer else {}
        rule: dict[str, Any] = {"action": action, "from": [{"namespaces": labels}]}
        if port:
            rule["protocols"] = [{"tcp": {"destinationPort": {"number": port}}}]
        made.append(rule)
    return json.dumps(
        {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name},
            "spec": {
                "tier": tier,
                "priority": priority,
                "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}},
                "ingress": made,
            },
        }
    )


def reached(*texts: str) -> dict[str, dict[int, str]]:
    """Who reaches `a` on three ports: "yes", "maybe" or "no"."""
    network = net("\n---\n".join((PODS, *texts)))
    ports = network.universe.ports
    numbers = {endpoint.name: number for number, endpoint in enumerate(network.endpoints)}
    found: dict[str, dict[int, str]] = {}
    for source in "bc":
        strict, loose = (answer.connections(numbers[source], numbers["a"]) for answer in network.answers)
        for port in (80, 81):
            bit = ports.bits("TCP", port, port)
            found.setdefault(source, {})[port] = "yes" if strict & bit == bit else "maybe" if loose & bit else "no"
    return found


def test_a_contradiction_is_uncertain_and_the_rest_is_not() -> None:
    allow, deny = [("Accept", "b", 80)], [("Deny", "", 0)]
    assert reached(policy("x", 5, allow), policy("y", 5, deny))["b"] == {80: "maybe", 81: "no"}
    assert reached(policy("x", 5, allow), policy("y", 5, deny))["c"] == {80: "no", 81: "no"}
    assert reached(policy("x", 4, allow), policy("y", 5, deny))["b"] == {80: "yes", 81: "no"}
    assert reached(policy("x", 6, allow), policy("y", 5, deny))["b"] == {80: "no", 81: "no"}
    assert reached(policy("x", 5, allow), policy("y", 5, deny, "Baseline"))["b"] == {80: "yes", 81: "no"}
    assert reached(policy("x", 5, allow), policy("y", 5, [*allow, *deny]))["b"] == {80: "yes", 81: "no"}


def test_the_maps_edge_is_uncertain() -> None:
    both = (policy("x", 5, [("Accept", "b", 80)]), policy("y", 5, [("Deny", "b", 0)]))
    found = scope_map(net("\n---\n".join((PODS, ISOLATED, *both))))
    edges = [(edge.connections, edge.certain) for edge in found.edges if edge.target == "a/a[Pod]"]
    assert edges == [("TCP 80", False)]


rules = st.lists(
    st.tuples(
        st.sampled_from(("Accept", "Deny", "Pass")), st.sampled_from(("", "b", "c")), st.sampled_from((0, 80, 81))
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(rules, rules, st.booleans(), st.sampled_from(("Admin", "Baseline")))
def test_what_is_certain_is_what_both_orders_say(
    first: list[tuple[str, str, int]], second: list[tuple[str, str, int]], isolated: bool, tier: str
) -> None:
    if tier == "Baseline":
        first, second = (
            [("Deny" if action == "Pass" else action, *rest) for action, *rest in found]  # type: ignore[misc]
            for found in (first, second)
        )
    more = [ISOLATED] if isolated else []
    tied = reached(policy("x", 5, first, tier), policy("y", 5, second, tier), *more)
    one = reached(policy("x", 5, first, tier), policy("y", 6, second, tier), *more)
    other = reached(policy("x", 6, first, tier), policy("y", 5, second, tier), *more)
    for source, ports in tied.items():
        for port, said in ports.items():
            both = {one[source][port], other[source][port]}
            assert said == (both.pop() if len(both) == 1 else "maybe")
