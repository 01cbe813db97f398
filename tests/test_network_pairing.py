"""A scope that is renamed, split or joined by a stray file is compared with what it was, in text, JSON and the gate."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import Labels
from hullcheck.model.network.network import Network, Scope
from hullcheck.model.network.pairing import pairs
from hullcheck.source import Source

PLACE = Source("x", b"x").at(0)


def network(name: str, *workloads: str, kind: str = "manifests") -> Network:
    ends = tuple(Endpoint(w, w, "default", w, "Pod", PLACE, Labels({})) for w in workloads)
    return Network(Scope(name, kind, ends))


def paired(before: list[Network], after: list[Network]) -> list[tuple[str, str, str, str]]:
    """The pairs: names before and after, what is gone and what is new."""
    return [
        (
            pair.before.scope.name if pair.before else "",
            pair.after.scope.name if pair.after else "",
            "".join(sorted(pair.gone)),
            "".join(sorted(pair.new)),
        )
        for pair in pairs(before, after)
    ]


def test_names_of_overlays_go_before_content() -> None:
    def overlay(name: str, *workloads: str) -> Network:
        return network(name, *workloads, kind="kustomization")

    before = [overlay("dev", "a", "b", "x"), overlay("prod", "a", "b")]
    after = [overlay("dev", "a", "b"), overlay("prod", "a", "b", "x")]
    assert paired(before, after) == [("dev", "dev", "x", ""), ("prod", "prod", "", "x")]


def test_a_renamed_scope_is_known_by_its_workloads() -> None:
    before = [network("k8s", "a", "b"), network("c", "c")]
    after = [network("deploy", "a", "b", "d"), network("c", "c")]
    assert paired(before, after) == [("c", "c", "", ""), ("k8s", "deploy", "", "d")]


def test_a_name_that_means_something_else_now_does_not_match() -> None:
    before = [network("k8s", "a", "b")]
    after = [network("k8s", "x", kind="kustomization"), network("k8s/a.yaml + k8s/b.yaml", "a", "b")]
    assert paired(before, after) == [("", "k8s", "", "x"), ("k8s", "k8s/a.yaml + k8s/b.yaml", "", "")]


def test_each_part_of_a_scope_that_is_split_is_compared_with_it() -> None:
    before = [network("k8s", "a", "b", "c")]
    after = [network("k8s", "a", kind="kustomization"), network("k8s/b.yaml", "b")]
    assert paired(before, after) == [("k8s", "k8s", "", ""), ("k8s", "k8s/b.yaml", "c", "")]
    assert sorted(paired(after, before)) == [("k8s", "k8s", "", ""), ("k8s/b.yaml", "k8s", "", "c")]


def test_one_more_overlay_of_the_same_is_new() -> None:
    assert paired([network("prod", "a")], [network("prod", "a"), network("test", "a")]) == [
        ("prod", "prod", "", ""),
        ("", "test", "", "a"),
    ]


scopes = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.sets(st.sampled_from("abcdef"), min_size=1)),
    max_size=4,
    unique_by=lambda s: s[0],
)


@given(scopes, scopes)
def test_every_workload_is_compared_or_told(
    before: list[tuple[str, set[str]]], after: list[tuple[str, set[str]]]
) -> None:
    found = pairs([network(n, *w) for n, w in before], [network(n, *w) for n, w in after])
    for name, workloads in after:
        mine = [pair for pair in found if pair.after and pair.after.scope.name == name]
        for workload in workloads:
            compared = any(pair.before and workload in {e.id for e in pair.before.endpoints} for pair in mine)
            assert compared != any(workload in pair.new for pair in mine)
    for name, workloads in before:
        mine = [pair for pair in found if pair.before and pair.before.scope.name == name]
        for workload in workloads:
            compared = any(pair.after and workload in {e.id for e in pair.after.endpoints} for pair in mine)
            assert compared != any(workload in pair.gone for pair in mine)


def deployment(name: str, image: str, port: int) -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: {name}, image: "{image}", ports: [{{containerPort: {port}}}]}}]}}
---
"""


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]
"""
DB = deployment("web", "registry.example.com/web:1", 8080) + deployment("db", "postgres:16.2", 5432) + POLICY
DEBUG = "apiVersion: v1\nkind: Pod\nmetadata: {name: debug}\nspec: {containers: [{name: d, image: 'busybox:1.36'}]}\n"
KUSTOMIZATION = "resources: [db.yaml]\n"
OPEN = DB.replace("policyTypes: [Ingress]", "policyTypes: [Egress]")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"kustomization.yaml": KUSTOMIZATION, "db.yaml": DB}, {"db.yaml": OPEN}),
        ({"kustomization.yaml": KUSTOMIZATION, "db.yaml": DB, "debug.yaml": DEBUG}, {"db.yaml": OPEN}),
        ({"kustomization.yaml": KUSTOMIZATION, "db.yaml": DB}, {"db.yaml": OPEN, "debug.yaml": DEBUG}),
        ({"db.yaml": DB}, {"db.yaml": OPEN, "kustomization.yaml": "resources: [debug.yaml]\n", "debug.yaml": DEBUG}),
        ({"db.yaml": DB}, {"db.yaml": OPEN, "db2.yaml": DB}),
        ({"db.yaml": DB}, {"db.yaml": OPEN, "a.yaml": DB}),
        ({"db.yaml": DB}, {"db.yaml": OPEN, "Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n"}),
    ],
)
def test_a_stray_file_does_not_disarm_the_gate(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({f"k8s/{path}": text for path, text in before.items()})
    for path, text in after.items():
        (repo.folder / "k8s" / path).write_text(text)
    monkeypatch.chdir(repo.folder)
    for name in ("CI", "GITHUB_BASE_REF", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert main(["map", "--diff-base", "HEAD", "-q"]) == 0
    assert "default/db[Deployment]: ingress isolation lost" in capsys.readouterr().out
    assert main(["map", "--diff-base", "HEAD", "-q", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["scopes"]
    lost = {row["node"] for scope in told for row in scope["isolationLost"]}
    assert lost == {"default/db[Deployment]"}
    assert main(["check", "--gate", "--diff-base", "HEAD", "-q"]) == 1
    assert "isolation-lost" in capsys.readouterr().out


COMPOSE = """\
services:
  web: {image: "registry.example.com/web:1", networks: [front]}
  db: {image: "postgres:16.2", networks: [back]}
networks: {front: {}, back: {}}
"""
AGENT = 'services:\n  agent: {image: "registry.example.com/agent:1", networks: [front]}\n'


def test_what_a_compose_overlay_opens_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "repo")
    files = {
        "compose.yaml": COMPOSE,
        "compose.agent.yaml": AGENT,
        "compose.tests.yaml": AGENT.replace("agent", "tests"),
    }
    repo.commit(files)
    opened = AGENT.replace("[front]", "[front, back]").replace("networks", 'ports: ["8000:8000"], networks')
    (repo.folder / "compose.agent.yaml").write_text(opened)
    monkeypatch.chdir(repo.folder)
    assert main(["map", "-q"]) == 0
    headings = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith(" ")]
    assert len(set(headings)) == len(headings) == 3
    assert main(["map", "--diff-base", "HEAD", "-q"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("compose.yaml + compose.agent.yaml: opens 3 paths")
    assert "outside -> default/agent[service]: TCP 8000" in text
    assert main(["map", "--diff-base", "HEAD", "-q", "--format", "json"]) == 0
    (scope,) = json.loads(capsys.readouterr().out)["scopes"]
    assert scope["scope"] == "compose.yaml + compose.agent.yaml"
    assert {(row["from"], row["to"]) for row in scope["opened"]} >= {("default/agent[service]", "default/db[service]")}
    main(["check", "--gate", "--diff-base", "HEAD", "-q", "--min-severity", "info"])
    assert "path-opened" in capsys.readouterr().out


def test_the_more_a_change_opens_in_compose_the_more_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All join the data store's network: nothing isolates it any more, and that must not hide the paths."""
    repo = Repo(tmp_path / "repo")
    text = COMPOSE.replace("  db:", '  other: {image: "registry.example.com/other:1", networks: [front]}\n  db:')
    repo.commit({"compose.yaml": text})
    (repo.folder / "compose.yaml").write_text(text.replace("[front]", "[front, back]"))
    monkeypatch.chdir(repo.folder)
    main(["check", "--gate", "--diff-base", "HEAD", "-q"])
    assert "path-opened" in capsys.readouterr().out
    main(["map", "--diff-base", "HEAD", "-q"])
    assert "isolation lost" not in capsys.readouterr().out
