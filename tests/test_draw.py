"""The drawings of maps and of differences: what is in them, not how many pixels it takes."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.draw import dot, mermaid, svg
from hullcheck.draw.graph import MAX_ITEMS, MAX_LINES, condensed
from hullcheck.draw.labels import label, ranges
from hullcheck.draw.layout import layout
from hullcheck.draw.names import shared_prefix, shortened, text_width, wrapped
from hullcheck.model.network.map import ScopeMap, scope_map
from hullcheck.model.network.ports import PortRange, text_of
from worlds import net

SVG = "{http://www.w3.org/2000/svg}"


def workload(
    name: str, image: str = "app", port: int = 8080, space: str = "shop", env: str = "", more: str = ""
) -> str:
    """A Deployment with its Service."""
    said = f", env: [{{name: USES, value: {json.dumps(env)}}}]" if env else ""
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{{more}containers: [{{name: c, image: "{image}", ports: [{{containerPort: {port}}}]{said}}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {space}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: {port}}}]}}
"""


def policy(target: str, peer: str, ports: str = "", space: str = "shop") -> str:
    """A policy that lets one workload in to another."""
    said = f", ports: [{ports}]" if ports else ""
    return f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {target}, namespace: {space}}}
spec:
  podSelector: {{matchLabels: {{app: {target}}}}}
  policyTypes: [Ingress]
  ingress: [{{from: [{{podSelector: {{matchLabels: {{app: {peer}}}}}}}]{said}}}]
"""


def mapped(*texts: str) -> ScopeMap:
    return scope_map(net("\n---\n".join(texts)))


def groups(text: str, name: str) -> list[ElementTree.Element]:
    """The groups of a class, and that they keep to what is promised of them."""
    root = ElementTree.fromstring(text)
    found = [one for one in root.iter(f"{SVG}g") if name in (one.get("class") or "").split()]
    every = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(every) == len(set(every))
    return found


def ends(edge: ElementTree.Element) -> tuple[str, str]:
    """The keys of an edge's ends."""
    (line,) = [one for one in edge.iter(f"{SVG}path") if one.get("data-from")]
    return line.get("data-from") or "", line.get("data-to") or ""


def edges(text: str) -> dict[tuple[str, str], dict[str, str]]:
    """The attributes of edges by the names of both ends."""
    names = {one.get("data-item"): ", ".join(json.loads(one.get("data-names") or "[]")) for one in groups(text, "node")}
    return {(names[ends(e)[0]], names[ends(e)[1]]): dict(e.attrib) for e in groups(text, "edge")}


def test_what_is_meant_and_denied_is_crossed_and_what_is_allowed_is_calm() -> None:
    found = mapped(
        workload("web", env="http://api:8080 http://log:9000"),
        workload("api"),
        workload("log", port=9000),
        policy("log", "nobody"),
    )
    text = svg.render([found])
    lines = edges(text)
    assert lines["web", "log"]["data-used"] == "denied"
    assert lines["web", "log"]["data-ports"] == "TCP 9000"
    assert (lines["web", "api"]["data-kind"], lines["web", "api"]["data-used"]) == ("use", "allowed")
    for one in groups(text, "edge"):
        crossed = any(path.get("class") == "cross" for path in one.iter(f"{SVG}path"))
        assert crossed == (one.get("data-used") == "denied")
    assert "meant by the configuration, denied" in "".join(ElementTree.fromstring(text).itertext())
    assert '--x|"denied 9000"|' in mermaid.render([found])
    assert "✕ 9000" in dot.render([found])


def test_what_is_meant_says_which_policy_denies_it_and_which_rule_allows_it() -> None:
    found = mapped(
        workload("web", env="http://api:8080 http://log:9000"),
        workload("api"),
        workload("log", port=9000),
        policy("log", "nobody"),
        policy("api", "web", "{port: 8080}"),
    )
    uses = {use.target: use for use in found.uses}
    denied, allowed = uses["shop/log[Deployment]"], uses["shop/api[Deployment]"]
    assert (denied.state, denied.denied) == ("denied", "TCP 9000")
    assert [one.name for one in denied.because] == ["shop/log"]  # type: ignore[union-attr]
    assert (allowed.state, allowed.denied) == ("allowed", "")
    assert [one.policy.name for one in allowed.because] == ["shop/api"]  # type: ignore[union-attr]


def test_another_port_than_the_one_that_is_meant_is_a_line_and_a_crossed_one() -> None:
    found = mapped(
        workload("web", env="db:5432"), workload("db", "postgres", 5432), policy("db", "web", "{port: 5423}")
    )
    (use,) = found.uses
    assert (use.state, use.denied) == ("denied", "TCP 5432")
    kinds = {line.kind for line in condensed(found).lines}
    assert kinds == {"denied"}  # nobody listens on 5423
    assert any("no target declares" in note for note in condensed(found).notes)


@pytest.mark.parametrize(("confined", "danger"), [(True, ""), (False, "open")])
def test_a_data_store_that_nothing_restricts_is_loud_and_a_confined_one_is_calm(confined: bool, danger: str) -> None:
    parts = [workload("web"), workload("job"), workload("db", "postgres", 5432)]
    if confined:
        parts.append(policy("db", "web", "{port: 5432}"))
    found = mapped(*parts)
    (node,) = [one for one in groups(svg.render([found]), "data") if "node" in (one.get("class") or "")]
    assert node.get("data-danger") == danger
    fills = {one.get("fill") for one in node.iter() if one.get("fill") and not one.tag.endswith("text")}
    assert ("#cf222e" in fills) == bool(danger)
    assert (":::danger" in mermaid.render([found])) == bool(danger)


@pytest.mark.parametrize(("count", "marked"), [(5, False), (6, True)])
def test_outside_is_a_mark_where_more_than_five_have_it(count: int, marked: bool) -> None:
    parts = [
        workload(f"web{n}", port=8000 + n).replace("spec: {selector", "spec: {type: LoadBalancer, selector")
        for n in range(count)
    ]
    text = svg.render([mapped(*parts)])
    badges = groups(text, "badge")
    entries = [one for one in groups(text, "edge") if one.get("data-kind") == "entry"]
    assert (len(badges), len(entries)) == ((count, 0) if marked else (0, count))
    reached = [one for one in groups(text, "node") if one.get("data-outside") and one.get("data-kind") == "workload"]
    assert len(reached) == count


def test_ports_that_nobody_listens_on_are_folded_and_counted() -> None:
    found = mapped(workload("web"), workload("api"), workload("db", "postgres", 5432),
                   policy("api", "web", "{port: 53}, {port: 8080}"), policy("db", "web", "{port: 53}"))  # fmt: skip
    graph = condensed(found)
    assert [line.label for line in graph.lines if line.kind == "other"] == ["8080 +"]
    assert not [line for line in graph.lines if line.kind == "data"]
    assert any(note.startswith("1 connection is left out") for note in graph.notes)
    assert any("other ports are open" in note for note in graph.notes)


def test_labels_keep_what_is_listened_on() -> None:
    listens = (PortRange("TCP", 80, 80), PortRange("UDP", 53, 53))
    assert label("TCP 80", listens) == "80"
    assert label("TCP 1-100", listens) == "80 +"
    assert label("TCP 81,UDP 54", listens) is None
    assert label("TCP 81", ()) == "81"
    assert label("All Connections", listens) == "*"
    for text in ("SCTP 1-65535,TCP 80,443-444", "All Connections", "No Connections", "UDP 53"):
        assert text_of(ranges(text)) == text


def test_a_service_on_the_hosts_network_is_marked_and_has_no_lines_to_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    services = "".join(f"  s{n}: {{image: app, networks: [n{n}]}}\n" for n in range(4))
    networks = "".join(f"  n{n}: {{}}\n" for n in range(4))
    (tmp_path / "compose.yaml").write_text(
        f"services:\n  agent: {{image: agent, network_mode: host}}\n{services}networks:\n{networks}", encoding="utf-8"
    )
    assert main(["map", "-q", "--format", "svg"]) == 0
    text = capsys.readouterr().out
    assert [one.get("class") for one in groups(text, "badge")] == ["badge host"]
    assert not groups(text, "edge")
    assert "agent is on the host's network: it can connect to 4 others" in "".join(
        ElementTree.fromstring(text).itertext()
    )


def test_names_lose_what_they_share_and_wrap() -> None:
    names = ["argocd-server", "argocd-repo-server", "argocd-redis", "dex"]
    assert shared_prefix(names) == "argocd-"
    assert shortened("argocd-server", "argocd-") == "…server"
    assert shared_prefix(["web-1", "web-2", "web-3"]) == ""
    assert shared_prefix(["a-web", "b-db", "c-x"]) == ""
    long = "a-service-with-a-name-that-goes-on-and-on-for-longer-than-any-box-is"
    lines = wrapped(long, 200)
    assert 1 < len(lines) <= 3
    assert "".join(lines) == long
    assert all(text_width(line) <= 200 for line in lines)
    assert wrapped("x" * 500, 100)[-1].endswith("…")


def test_no_text_of_a_title_or_an_item_is_wider_than_its_place() -> None:
    space = "a-namespace-of-which-the-name-is-very-long-indeed-and-longer-than-any-box"
    found = mapped(*(workload(f"{'w' * n}-{'long-name-' * 8}{n}", space=space) for n in range(3)))
    graph = condensed(found._replace(name="overlays/" + "a-folder-of-some-depth/" * 12))
    made = layout(graph)
    for key, spot in made.items.items():
        assert all(text_width(line) <= spot.width for line in made.texts[key][0])
    for box, spot in made.boxes:
        assert all(text_width(line) <= spot.width for line in made.titles[box])
    root = ElementTree.fromstring(svg.drawing([graph]))
    width = float(root.get("width") or 0)
    titles = [one.text or "" for one in root.iter(f"{SVG}text") if one.get("font-size") == "15"]
    assert len(titles) > 1
    assert all(text_width(line, 15) <= width for line in titles)


def crowd(spaces: int, each: int) -> ScopeMap:
    """Namespaces in which workloads reach each other on one port, and one of each reaches one of the next."""
    parts = []
    for space in range(spaces):
        own = f"team-{space}"
        parts += [workload(f"app-{n}x", space=own) for n in range(each)]
        parts.append(f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: own, namespace: {own}}}
spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{{from: [{{podSelector: {{}}}}], ports: [{{port: 8080}}]}}]}}
""")
        for n in range(each):
            parts.append(f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: next-{n}, namespace: {own}}}
spec:
  podSelector: {{matchLabels: {{app: app-{n}x}}}}
  policyTypes: [Ingress]
  ingress:
    - from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: team-{(space + 1) % spaces}}}}}, podSelector: {{matchLabels: {{app: app-{(n + 1) % each}x}}}}}}]
      ports: [{{port: 8080}}]
""")  # fmt: skip
    return mapped(*parts)


def test_too_many_workloads_are_folded_with_counts_and_the_lines_between_folds() -> None:
    found = crowd(20, 30)
    graph = condensed(found)
    items = [item for _, own in graph.boxes for item in own]
    assert sum(len(item.ids) for item in items) == 600
    assert len(items) <= MAX_ITEMS
    assert 0 < len(graph.lines) <= MAX_LINES
    assert all("each other: 8080" in item.subtitle for item in items)
    between = {(line.source, line.target): line for line in graph.lines}
    assert len(between) == 20
    assert {line.part for line in between.values()} == {"30 of 900"}
    assert any(note.startswith("600 workloads: those that") for note in graph.notes)


def test_a_line_between_folds_never_claims_more_pairs_than_there_are() -> None:
    found = crowd(12, 12)
    graph = condensed(found)
    members = {item.key: item.ids for _, own in graph.boxes for item in own}
    open_ = {(edge.source, edge.target) for edge in found.edges}
    for line in graph.lines:
        pairs = [(s, t) for s in members[line.source] for t in members[line.target]]
        there = sum(pair in open_ for pair in pairs)
        if line.both:
            there = max(there, sum((t, s) in open_ for s, t in pairs))
        assert there
        assert line.part == (f"{there} of {len(pairs)}" if there < len(pairs) else "")


def test_many_small_namespaces_are_folded_too() -> None:
    graph = condensed(crowd(150, 2))
    items = [item for _, own in graph.boxes for item in own]
    assert len(items) <= MAX_ITEMS
    assert sum(len(item.ids) for item in items) == 300


def test_dark_ground_has_a_colour_for_each_light_one() -> None:
    found = mapped(
        workload("web", env="db:5432"), workload("job"), workload("db", "postgres", 5432), policy("web", "job")
    )
    text = svg.render([found])
    used = set(
        re.findall(
            r'(?:fill|stroke)="(#[0-9a-f]{6})"', text.replace(text[text.index("<style>") : text.index("</style>")], "")
        )
    )
    style = text[text.index("<style>") : text.index("</style>")]
    assert "prefers-color-scheme:dark" in style
    assert used
    assert all(f'"{colour}"' in style for colour in used)


def changed(tmp_path: Path, before: str, after: str) -> Repo:
    repo = Repo(tmp_path)
    repo.write({"app.yaml": before})
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "base")
    repo.write({"app.yaml": after})
    return repo


def test_a_difference_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    apps = "---".join(
        [workload("web", env="db:5432"), workload("api"), workload("job"), workload("db", "postgres", 5432), workload("a"),
         workload("b"), policy("api", "web", "{port: 8080}"), policy("a", "nobody"), policy("b", "nobody")]
    )  # fmt: skip
    changed(
        tmp_path,
        f"{apps}---{policy('db', 'web', '{port: 5432}')}",
        f"{apps}---{policy('db', 'job', '{port: 5432}')}",
    )
    assert main(["map", "-q", "--diff-base", "HEAD", "--format", "svg"]) == 0
    text = capsys.readouterr().out
    lines = edges(text)
    assert lines["job", "db"]["data-changed"] == "opened"
    assert (lines["web", "db"]["data-kind"], lines["web", "db"]["data-used"]) == ("denied", "denied")
    kept = [one for one in groups(text, "node") if one.get("data-kind") == "unchanged"]
    assert [len(json.loads(one.get("data-ids") or "[]")) for one in kept] == [3]
    assert all(end not in ("a", "b") for both in lines for end in both)
    assert main(["map", "-q", "--diff-base", "HEAD", "--format", "dot"]) == 0
    drawn = capsys.readouterr().out
    assert "✕" in drawn
    assert "3 workloads as before" in drawn
    assert '#cf222e", penwidth=2' in drawn.replace('color="', "")


def test_what_is_closed_is_green_and_dashed_and_new_workloads_are_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = "---".join([workload("web"), workload("db", "postgres", 5432), policy("db", "web", "{port: 5432}")])
    after = "---".join([workload("web"), workload("db", "postgres", 5432), policy("db", "new"), workload("new")])
    changed(tmp_path, before, after)
    assert main(["map", "-q", "--diff-base", "HEAD", "--format", "svg"]) == 0
    text = capsys.readouterr().out
    lines = edges(text)
    assert lines["web", "db"]["data-changed"] == "closed"
    (one,) = [e for e in groups(text, "edge") if e.get("data-changed") == "closed"]
    (path,) = list(one.iter(f"{SVG}path"))
    assert (path.get("stroke"), bool(path.get("stroke-dasharray"))) == ("#1a7f37", True)
    nodes = {json.loads(one.get("data-names") or "[]")[0]: one for one in groups(text, "node")}
    assert nodes["new"].get("data-changed") == "added"


def test_no_difference_is_a_drawing_that_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    changed(tmp_path, workload("web"), workload("web"))
    for format_ in ("svg", "dot"):
        assert main(["map", "-q", "--diff-base", "HEAD", "--format", format_]) == 0
        assert "nothing changes in who can talk to whom" in capsys.readouterr().out
