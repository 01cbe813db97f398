"""`hullcheck map --diff-base`: what people read of a change, for one change each."""

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
from test_wider import (
    ALLOW,
    CLUSTER_IP,
    DB,
    INGRESS,
    INTERNAL,
    LB,
    NAMESPACE,
    PUBLIC_DB,
    TOOL,
    WEB,
    Gate,
    docs,
    policy,
    service,
)

Told = Callable[..., str]
Files = dict[str, str | None]

NETWORKS = """\
services:
  web: {image: "registry.example.org/web:1", networks: [%s]}
  other: {image: "registry.example.org/other:1", networks: [%s]}
  db: {image: "postgres:16", networks: [back]}
networks: {front: {}, back: {}}
"""
KNATIVE = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: hello, namespace: shop%s}
spec: {template: {spec: {containers: [{image: "registry.example.org/hello:1"}]}}}
"""
LOCAL = ", labels: {networking.knative.dev/visibility: cluster-local}"


def confined(spec: str) -> str:
    head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\n"
    return docs(DB, WEB, TOOL, f"{head}spec: {{podSelector: {{matchLabels: {{app: db}}}}, {spec}}}\n")


def addresses(cidr: str, egress: str = "[]") -> str:
    rule = f"[{{from: [{{ipBlock: {{cidr: {cidr}}}}}], ports: [{{port: 5432}}]}}]"
    return confined(f"policyTypes: [Ingress, Egress], ingress: {rule}, egress: {egress}")


def out(cidr: str) -> str:
    return addresses("10.1.2.0/24", f"[{{to: [{{ipBlock: {{cidr: {cidr}}}}}], ports: [{{port: 443}}]}}]")


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    repo = Repo(tmp_path)

    def run(before: str | Files, after: str | Files, path: str = "k.yaml", form: str = "text") -> str:
        repo.commit(before if isinstance(before, dict) else {path: before})
        repo.write(after if isinstance(after, dict) else {path: after})
        monkeypatch.chdir(tmp_path)
        assert main(["map", "-q", "--jobs", "1", "--diff-base", "HEAD", "--format", form]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def gate(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(tmp_path, capsys, monkeypatch)


DB_ID, WEB_ID, TOOL_ID = (f"shop/{name}[Deployment]" for name in ("db", "web", "tool"))
OPEN = "open to every address (was only from"
CHANGES: dict[str, tuple[str, str, str, str]] = {
    "addresses let in": (
        addresses("10.1.2.0/24"), addresses("0.0.0.0/0"),
        f"+ every address but 10.1.2.0/24 -> {DB_ID}: TCP 5432", f"- every address but 10.1.2.0/24 -> {DB_ID}: TCP 5432"),
    "addresses reached": (
        out("203.0.113.9/32"), out("0.0.0.0/0"),
        f"+ {DB_ID} -> every address but 203.0.113.9/32: TCP 443", f"- {DB_ID} -> every address but 203.0.113.9/32: TCP 443"),
    "every egress": (
        addresses("10.1.2.0/24"), addresses("10.1.2.0/24", "[{}]"),
        f"+ {DB_ID} -> every address: all", f"- {DB_ID} -> every address: all"),
    "a load balancer that isn't internal any more": (
        docs(DB, service(*LB, metadata=INTERNAL)), docs(DB, PUBLIC_DB),
        f"by LoadBalancer `shop/db`, {OPEN} the provider's own network)", "only from the provider's own network (was open to every address)"),
    "sources of a load balancer": (
        docs(DB, service(*LB, "  loadBalancerSourceRanges: [10.0.0.0/8]\n")), docs(DB, PUBLIC_DB),
        f"+ outside -> {DB_ID}: TCP 5432, by LoadBalancer `shop/db`, {OPEN} 10.0.0.0/8)", f"- outside -> {DB_ID}"),
    "a list of an Ingress": (
        docs(DB, CLUSTER_IP, INGRESS % ALLOW), docs(DB, CLUSTER_IP, INGRESS % ""),
        f"by Ingress `shop/db`, {OPEN} 10.0.0.0/8)", "only from 10.0.0.0/8 (was open to every address)"),
    "a Knative Service": (
        KNATIVE % LOCAL, KNATIVE % "",
        "+ outside -> shop/hello[Service]: TCP 8080, by Knative Service `shop/hello`", "- outside -> shop/hello[Service]: TCP 8080"),
    "policyTypes": (
        confined("policyTypes: [Ingress]"), confined("policyTypes: [Egress]"),
        "ingress isolation lost, anybody can connect to it; it was confined by shop/db (k.yaml:45), which has other policyTypes",
        "is isolated now in ingress, by shop/db (k.yaml:45); closes 2 paths to it"),
    "a policy": (
        docs(DB, WEB, TOOL, policy("db", "{}", "[{ports: [{port: 5432}]}]")), docs(DB, WEB, TOOL),
        "TCP 5432 -> all, because shop/db (k.yaml:45) is gone", "all -> TCP 5432, left by shop/db rule 1 (k.yaml:49)"),
    "a selector": (
        docs(DB, WEB, TOOL, policy("db", "{matchLabels: {app: db}}", "[]")), docs(DB, WEB, TOOL, policy("db", "{matchLabels: {app: web}}", "[]")),
        "which selects it no longer", f"{DB_ID} is isolated now in ingress"),
    "a rule less": (
        docs(DB, WEB, TOOL, policy("db", "{}", "[]")), docs(DB, WEB, TOOL, policy("db", "{}", "[{from: [{podSelector: {matchLabels: {app: web}}}]}]")),
        "because of shop/db rule 1 (k.yaml:49)", "denied by shop/db (k.yaml:45), since rule 1 of shop/db (was at k.yaml:49) allows it no longer"),
    "a workload": (
        docs(DB, WEB), docs(DB, WEB, TOOL),
        f"new workload {TOOL_ID}: is reached by {DB_ID}, {WEB_ID} (all); reaches {DB_ID}, {WEB_ID} (all); every address (all)",
        f"gone workload {TOOL_ID}: was reached by {DB_ID}, {WEB_ID} (all)"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_change_does_is_told(told: Told, name: str) -> None:
    before, after, expected, _ = CHANGES[name]
    assert expected in told(before, after)


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_reverse_does_is_told(told: Told, name: str) -> None:
    after, before, _, expected = CHANGES[name]
    assert expected in told(before, after)


SAME: dict[str, tuple[Files, Files]] = {
    "a moved object": ({"k.yaml": docs(DB, WEB)}, {"k.yaml": docs(WEB, DB)}),
    "a renamed policy": (
        {"k.yaml": docs(DB, policy("a", "{}", "[]"))},
        {"k.yaml": docs(DB, policy("b", "{}", "[]"))},
    ),
    "halves": ({"k.yaml": addresses("0.0.0.0/0")}, {"k.yaml": "# the same\n" + addresses("0.0.0.0/0")}),
    "a label of a namespace": (
        {"k.yaml": docs(NAMESPACE % "a: b", DB)},
        {"k.yaml": docs(NAMESPACE % "a: c", DB)},
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_changes_nothing_is_told_so(told: Told, name: str) -> None:
    assert told(*SAME[name]) == "nothing changes in who can talk to whom\n"


def test_many_workloads_that_are_isolated_are_one_line(told: Told) -> None:
    many = docs(*(WEB.replace("web", f"web{number}") for number in range(12)))
    text = told(many, docs(many, policy("all", "{}", "[]")))
    (line,) = text.splitlines()[1:]
    assert line.startswith("- 12 workloads (shop/web0[Deployment], ")
    assert line.endswith("and 7 more) are isolated now in ingress, by shop/all (k.yaml:171); closes 132 paths to them")
    assert text.startswith(".: opens none and closes 132 paths\n")


def test_compose_has_words_of_its_own(told: Told) -> None:
    text = told(NETWORKS % ("front", "front"), NETWORKS % ("front, back", "back"), "compose.yaml")
    assert "default/web[service], default/other[service] -> default/db[service]: all (compose.yaml:2)" in text
    assert "+ default/web[service] joins back\n" in text
    assert "~ default/other[service] joins back and leaves front\n" in text
    assert "isolat" not in text
    assert "confined" not in text


def test_without_segmentation_everything_is_opened(told: Told) -> None:
    flat = NETWORKS.replace(", networks: [%s]", "").replace(", networks: [back]", "")
    text = told(NETWORKS % ("front", "front"), flat, "compose.yaml")
    assert text.startswith("compose.yaml: opens 4 paths and closes none\n")


USES = WEB.replace("          ports:", '          env: [{name: DB, value: "postgres://db:5432/x"}]\n          ports:')


def test_use_that_is_denied_now_is_told(told: Told) -> None:
    before, after = (
        docs(DB, USES, CLUSTER_IP),
        docs(DB, USES, CLUSTER_IP, policy("db", "{matchLabels: {app: db}}", "[]")),
    )
    text = told(before, after)
    assert f"- {WEB_ID} -> {DB_ID}: TCP 5432, which {WEB_ID} speaks of (k.yaml:27), is denied now\n" in text
    (scope,) = json.loads(told(before, after, form="json"))["scopes"]
    (meant,) = scope["meant"]
    assert (meant["before"], meant["after"], meant["connections"]) == ("open", "denied", "TCP 5432")
    assert '--x|"used, denied: TCP 5432"|' in told(before, after, form="mermaid")


def test_what_is_not_known_in_full_is_told_as_far_as_known(told: Told) -> None:
    kustomization = "resources: [db.yaml, more.yaml]\n"
    files = {
        "k/db.yaml": docs(DB, WEB),
        "k/more.yaml": policy("web", "{}", "[]"),
        "k/kustomization.yaml": kustomization,
    }
    remote = kustomization.replace("more.yaml", "https://example.org/crd.yaml")
    text = told(files, {"k/kustomization.yaml": remote, "k/more.yaml": "# nothing\n"})
    assert "as far as known (" in text.splitlines()[0]
    assert "ingress isolation lost" in text


def schema() -> Any:
    return json.loads((Path(hullcheck.__file__).parent / "schemas" / "map.schema.json").read_text())


@pytest.mark.parametrize("name", CHANGES)
def test_as_json_it_has_every_row(told: Told, name: str) -> None:
    before, after, *_ = CHANGES[name]
    document = json.loads(told(before, after, form="json"))
    jsonschema.validate(document, schema())
    (scope,) = document["scopes"]
    assert any(scope[key] for key in ("changed", "external", "entrances", "isolation", "meant", "data"))


def test_json_of_compose_names_the_networks(told: Told) -> None:
    document = json.loads(told(NETWORKS % ("front", "front"), NETWORKS % ("back", "front"), "compose.yaml", "json"))
    jsonschema.validate(document, schema())
    assert document["scopes"][0]["networks"] == [
        {"node": "default/web[service]", "before": ["front"], "after": ["back"]}
    ]


def test_the_drawing_has_what_the_change_touches(told: Told) -> None:
    before, after, *_ = CHANGES["sources of a load balancer"]
    drawn = told(docs(before, WEB, TOOL), docs(after, WEB, TOOL), form="mermaid")
    assert drawn.startswith("flowchart LR\n")
    assert '==>|"TCP 5432"| s0n0' in drawn
    assert "linkStyle 0 stroke:#cf222e,stroke-width:3px" in drawn
    assert '"2 workloads without a line"' in drawn
    assert "web" not in drawn
    closed = told(after, before, form="mermaid")
    assert "-.->" in closed
    assert "stroke:#1a7f37,stroke-dasharray" in closed


def test_markdown_is_words_and_a_drawing(told: Told) -> None:
    text = told(*CHANGES["a policy"][:2], form="markdown")
    assert text.startswith("### `.`\n\nopens ")
    assert "\n- `+ " in text
    assert "\n```mermaid\nflowchart LR\n" in text
    assert text.endswith("```\n")


def test_hostile_names_do_not_act_in_a_drawing(told: Told) -> None:
    hostile = WEB.replace("name: web,", 'name: "x\\"]; click n0 `|<b>",')
    for form in ("mermaid", "markdown"):
        text = told(docs(DB), docs(DB, hostile), form=form)
        drawing = text[text.index("flowchart") :]
        assert "click n0 `" not in drawing
        assert "<b>" not in drawing
        assert '"]; ' not in drawing


def test_hostile_names_are_text_in_an_svg_and_in_dot(told: Told) -> None:
    hostile = WEB.replace("name: web,", 'name: "x\\"]; click <b>",')
    text = told(docs(DB), docs(DB, hostile), form="svg")
    assert "<b>" not in text
    assert "click <b>" in "".join(ElementTree.fromstring(text).itertext())
    assert '\\"]; click' in told(docs(DB), docs(DB, hostile), form="dot")


def test_what_isnt_of_a_difference_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "-q", "--diff-base", "HEAD", "--format", "nothing"]) == 2
    assert "no format is called `nothing`" in capsys.readouterr().err
    assert main(["map", "-q", "--format", "markdown", "."]) == 2
    assert main(["map", "-q", "--diff-base", "HEAD", "--focus", "db"]) == 2


def test_what_is_not_known_does_not_silence_the_gate(gate: Gate) -> None:
    gate.repo.commit({"k/kustomization.yaml": "resources: [db.yaml, 'https://example.org/crd.yaml']\n"})
    outcome = gate.change("k/db.yaml", out("203.0.113.9/32"), out("0.0.0.0/0"))
    (message,) = (f["message"] for f in outcome.report["findings"] if f["name"] == "path-opened")
    assert message.endswith("(as far as is known)")
    assert "0.0.0.0/0" in message or "every address" in message


def test_a_knative_service_that_leaves_the_cluster_is_new(gate: Gate) -> None:
    assert "path-opened k.yaml" in gate.change("k.yaml", KNATIVE % LOCAL, KNATIVE % "").new


def test_a_policy_that_has_other_types_is_not_called_gone(told: Told) -> None:
    text = told(*CHANGES["policyTypes"][:2])
    assert "is gone" not in text
