"""`hullcheck map`: its JSON, its drawings, what it explains, and what a change does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

import hullcheck
from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.draw import dot, mermaid, svg
from hullcheck.model.network.map import ScopeMap, scope_map
from worlds import net

Run = Callable[..., str]

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1
          ports: [{name: http, containerPort: 8080}]
          env: [{name: DATABASE, value: "postgres://db:5432/shop"}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "postgres:16", ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}}]}
"""
POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: 5432}]
"""


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Write files, and return what the map of them prints."""
    monkeypatch.chdir(tmp_path)

    def runs(files: dict[str, str], *options: str, code: int = 0) -> str:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        assert main(["map", "-q", *options]) == code
        return capsys.readouterr().out

    return runs


def as_json(text: str) -> dict[str, Any]:
    """The document, held against the schema."""
    schema = json.loads((Path(hullcheck.__file__).parent / "schemas" / "map.schema.json").read_text(encoding="utf-8"))
    document: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def test_the_core_of_the_json(run: Run) -> None:
    document = as_json(run({"k8s/app.yaml": APP, "k8s/policy.yaml": POLICY}, "--format", "json"))
    (scope,) = document["scopes"]
    assert document["version"] == 1
    nodes = {node["id"]: node for node in scope["nodes"]}
    assert nodes["shop/db[StatefulSet]"]["isolated"] == {"ingress": True, "egress": False}
    assert nodes["shop/db[StatefulSet]"]["data"] == "postgres"
    assert nodes["shop/web[Deployment]"]["isolated"] == {"ingress": False, "egress": False}
    assert nodes["shop/web[Deployment]"]["source"] == {"file": "k8s/app.yaml", "line": 4}
    because = [{"policy": "shop/db", "file": "k8s/policy.yaml", "line": 9, "rule": 1}]
    web, db = "shop/web[Deployment]", "shop/db[StatefulSet]"
    assert scope["edges"] == [
        {"from": db, "to": web, "connections": "All Connections", "certain": True, "because": []},
        {"from": web, "to": db, "connections": "TCP 5432", "certain": True, "because": because},
        {
            "from": "{ingress-controller}",
            "to": web,
            "connections": "TCP 8080",
            "certain": True,
            "because": [{"file": "k8s/app.yaml", "line": 38}],
        },
    ]
    outside = {(row["node"], row["direction"]): row for row in scope["external"]}
    assert (db, "in") not in outside
    assert outside[(web, "in")]["ranges"] == ["0.0.0.0/0"]
    assert outside[(db, "out")]["connections"] == "All Connections"


def test_address_ranges_are_merged_and_ipv6_is_told_where_it_is_spoken_of(run: Run) -> None:
    blocks = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - ipBlock: {cidr: 10.0.0.0/9}
        - ipBlock: {cidr: 10.128.0.7/9}
        - ipBlock: {cidr: "2001:db8::/32", except: ["2001:db8:8000::/33"]}
"""
    (scope,) = as_json(run({"app.yaml": APP, "blocks.yaml": blocks}, "--format", "json"))["scopes"]
    (row,) = [r for r in scope["external"] if r["node"] == "shop/web[Deployment]" and r["direction"] == "in"]
    assert row["ranges"] == ["10.0.0.0/8", "2001:db8::/33"]
    (all_out, *_) = [r for r in scope["external"] if r["direction"] == "out"]
    assert all_out["ranges"] == ["0.0.0.0/0", "::/0"]


def test_pods_of_one_owner_are_one_node(run: Run) -> None:
    pod = """
apiVersion: v1
kind: Pod
metadata:
  name: web-{0}
  labels: {{app: web}}
  ownerReferences: [{{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, controller: true, uid: "1"}}]
spec: {{containers: [{{name: c, image: i}}]}}
"""
    (scope,) = as_json(run({"pods.yaml": "---".join(pod.format(n) for n in range(3))}, "--format", "json"))["scopes"]
    assert [node["id"] for node in scope["nodes"]] == ["default/web-5d[ReplicaSet]"]
    assert scope["edges"] == []


def test_an_ingress_names_the_services_port_and_no_other(run: Run) -> None:
    wrong = APP.replace("port: {name: http}", "port: {number: 8080}")
    (scope,) = as_json(run({"app.yaml": wrong}, "--format", "json"))["scopes"]
    assert not [edge for edge in scope["edges"] if edge["from"].startswith("{")]


CONTROLLER_ONLY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]}]
"""


def test_a_policy_for_the_controllers_namespace_lets_the_ingress_in(run: Run) -> None:
    files = {"app.yaml": APP, "policy.yaml": CONTROLLER_ONLY}
    (scope,) = as_json(run(files, "--format", "json"))["scopes"]
    assert [edge["connections"] for edge in scope["edges"] if edge["from"].startswith("{")] == ["TCP 8080"]
    (scope,) = as_json(run(files, "--format", "json", "--compat", "np-guard"))["scopes"]
    assert not [edge for edge in scope["edges"] if edge["from"].startswith("{")]


def test_the_switches_say_how_unknowns_are_taken(run: Run) -> None:
    policy = POLICY.replace("{podSelector: {matchLabels: {app: web}}}", "{ipBlock: {cidr: 0.0.0.0/0}}")
    files = {"app.yaml": APP, "policy.yaml": policy}

    def found(*options: str) -> list[tuple[str, bool]]:
        (scope,) = as_json(run(files, "--format", "json", *options))["scopes"]
        return [(e["connections"], e["certain"]) for e in scope["edges"] if e["to"] == "shop/db[StatefulSet]"]

    assert found() == [("TCP 5432", False)]
    assert found("--ip-blocks-match-pods", "never") == []
    assert found("--ip-blocks-match-pods", "always") == [("TCP 5432", True)]


def test_the_text_has_a_reason_for_each_connection(run: Run) -> None:
    text = run({"app.yaml": APP, "policy.yaml": POLICY})
    line = "shop/web[Deployment] -> shop/db[StatefulSet]: TCP 5432 (shop/db rule 1, policy.yaml:9)"
    assert line in text
    assert "shop/web[Deployment]: TCP 8080 by Ingress `shop/web`" in text


def test_focus_leaves_what_touches_a_workload(run: Run) -> None:
    other = APP.replace("namespace: shop", "namespace: other")
    text = run({"a.yaml": APP, "b.yaml": other, "policy.yaml": POLICY}, "--format", "json", "--focus", "shop/db")
    (scope,) = as_json(text)["scopes"]
    assert {end for edge in scope["edges"] for end in (edge["from"], edge["to"])} >= {"shop/db[StatefulSet]"}
    assert all("shop/db[StatefulSet]" in (edge["from"], edge["to"]) for edge in scope["edges"])


def test_a_focus_on_nothing_is_an_error(run: Run) -> None:
    run({"app.yaml": APP}, "--focus", "nobody", code=2)


def test_nothing_to_map_is_said(run: Run) -> None:
    assert run({"readme.yaml": "a: b"}, code=3) == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("web", "db", "5432"), ["allowed: TCP 5432", "shop/db (policy.yaml:4): confines its ingress", "rule 1 (policy.yaml:9) allows it"]),
        (("web", "db", "UDP/53"), ["denied", "none of their rules is about shop/web[Deployment]"]),
        (("db", "web"), ["allowed: All Connections", "no policy restricts it"]),
        (("outside", "web", "8080"), ["allowed: TCP 8080", "leads there from outside: Ingress `shop/web`"]),
        (("10.1.2.3", "db"), ["denied"]),
        (("db", "192.0.2.0/24", "443"), ["allowed: TCP 443"]),
    ],
)  # fmt: skip
def test_explain(run: Run, words: tuple[str, ...], expected: list[str]) -> None:
    text = run({"app.yaml": APP, "policy.yaml": POLICY}, "--explain", *words)
    for line in expected:
        assert line in text


def test_explain_needs_ends_that_are_there(run: Run) -> None:
    run({"app.yaml": APP}, "--explain", "web", "nobody", code=2)
    run({"app.yaml": APP}, "--explain", "web", "db", "port", code=2)


def test_suggested_policies_allow_what_is_used_and_nothing_else(run: Run) -> None:
    suggested = run({"app.yaml": APP}, "--policies")
    (scope,) = as_json(run({"suggested.yaml": suggested}, "--format", "json", "--ip-blocks-match-pods", "never"))[
        "scopes"
    ]
    pairs = {(edge["from"], edge["to"]): edge["connections"] for edge in scope["edges"] if edge["certain"]}
    assert pairs == {
        ("shop/web[Deployment]", "shop/db[StatefulSet]"): "TCP 5432",
        ("{ingress-controller}", "shop/web[Deployment]"): "TCP 8080",
    }
    assert all(all(node["isolated"].values()) for node in scope["nodes"])


def test_the_difference_of_a_change(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.write({"app.yaml": APP, "policy.yaml": POLICY.replace("app: web", "app: nobody")})
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "base")
    text = run({"policy.yaml": POLICY}, "--diff-base", "HEAD")
    assert "opens 1 path and closes none" in text
    why = "because of shop/db rule 1 (policy.yaml:9)"
    assert f"+ shop/web[Deployment] -> shop/db[StatefulSet]: TCP 5432, {why}" in text
    document = as_json(run({}, "--diff-base", "HEAD", "--format", "json"))
    assert [(row["from"], row["to"]) for row in document["scopes"][0]["opened"]] == [
        ("shop/web[Deployment]", "shop/db[StatefulSet]")
    ]
    (tmp_path / "policy.yaml").unlink()
    assert "shop/db[StatefulSet]: ingress isolation lost" in run({}, "--diff-base", "HEAD")
    assert run({"policy.yaml": POLICY.replace("app: web", "app: nobody")}, "--diff-base", "HEAD").startswith("nothing")


HOSTILE = 'x"]; click n0 "javascript:alert(1)"<script>&\\'


def hostile(count: int, reach: int = 1) -> ScopeMap:
    """A map of workloads whose names are meant to break out of a drawing, each of which may reach the next few."""
    texts = []
    for n in range(count):
        name = json.dumps(f"{HOSTILE}{n}")
        texts.append(
            f'{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": {name}, "namespace": "n{n % 7}", "labels": {{"app": "a{n}"}}}}, '
            f'"spec": {{"containers": [{{"name": "c", "image": "postgres"}}]}}}}'
        )
        peers = [
            {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": f"a{n - r}"}}} for r in range(1, reach + 1)
        ]
        policy = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"p{n}", "namespace": f"n{n % 7}"},
            "spec": {
                "podSelector": {"matchLabels": {"app": f"a{n}"}},
                "ingress": [{"from": peers, "ports": [{"port": n + 1}]}],
            },
        }
        texts.append(json.dumps(policy))
    return scope_map(net("\n---\n".join(texts)))


def test_a_drawing_is_well_formed_whatever_things_are_called() -> None:
    found = hostile(3)
    root = ElementTree.fromstring(svg.render([found]))
    texts = "".join(root.itertext())
    assert "<script>" in texts
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "<script" not in svg.render([found])
    for line in mermaid.render([found]).splitlines():
        assert "<script" not in line
        assert line.count('"') % 2 == 0
    assert '\\"' in dot.render([found])


def test_a_flowchart_stays_within_the_limits_and_says_what_it_leaves_out() -> None:
    for count, said in ((150, "150 workloads"), (400, "drawn as one, with counts")):
        text = mermaid.render([hostile(count, reach=3)])
        assert len(text) < 50_000
        assert sum(" -->" in line for line in text.splitlines()) <= 500
        assert said in text


def test_what_is_too_much_for_single_edges_is_told_in_groups() -> None:
    pods = "\n---\n".join(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\nspec: {{containers: [{{name: c, image: i}}]}}"
        for n in range(40)
    )
    found = scope_map(net(pods), max_edges=100)
    assert found.edges == ()
    (wide,) = found.wide
    assert (len(wide.sources), len(wide.targets), wide.connections) == (40, 40, "All Connections")
