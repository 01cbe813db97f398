"""`show --roots`: what is applied or started together, and what deploys it."""

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hullcheck import look, schema
from hullcheck.cli import main
from hullcheck.discover import DiskTree
from hullcheck.errors import HullcheckError
from hullcheck.model.node import as_str, at
from hullcheck.show.roots import Roots
from test_gitops import CHART_FILES, RELEASE, SOURCE, TOGETHER


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    files = {
        **TOGETHER,
        **CHART_FILES,
        "deploy/web.yaml": RELEASE % SOURCE,
        "compose.yaml": "services: {a: {image: a}}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("tree")
def test_each_root_is_listed_with_what_deploys_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--roots"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "charts/app (chart): 1 workload" in told
    assert "compose.yaml (Compose project): 1 workload" in told
    at = told.index("charts/app + HelmRelease shop/web of . (chart): 1 workload")
    assert told[at + 1] == "    by HelmRelease shop/web (deploy/web.yaml:3)"
    at = told.index("clusters/prod (Flux) (kustomization): 2 workloads")
    assert [line.partition(" (")[0].strip() for line in told[at + 1 : at + 4]] == [
        "by Kustomization flux-system/infra",
        "by Kustomization flux-system/web",
        "by Kustomization flux-system/db",
    ]


@pytest.mark.usefixtures("tree")
def test_those_of_a_folder_are_listed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--roots", "apps/db"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")] == [
        "clusters/prod (Flux) (kustomization): 2 workloads"
    ]


@pytest.mark.usefixtures("tree")
def test_json_is_as_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--roots", "--output-format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(schema.text("show"))).validate(made)
    assert {root["name"] for root in made["list"]} >= {"charts/app", "compose.yaml", "clusters/prod (Flux)"}


def test_nothing_is_three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["show", "--roots"]) == 3


def test_an_overlay_or_a_chart_is_shown_without_a_walk_of_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: a}]}\n"
    for path, text in {
        "base/kustomization.yaml": "resources: [pod.yaml]\n",
        "base/pod.yaml": pod,
        "over/kustomization.yaml": "resources: [../base]\nnamePrefix: x-\n",
        "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: d, version: 1.0.0, repository: 'file://../lib'}]\n",
        "chart/templates/pod.yaml": pod,
        "lib/Chart.yaml": "apiVersion: v2\nname: d\nversion: 1.0.0\n",
        "lib/templates/pod.yaml": pod.replace("name: a}", "name: d}", 1),
        "plain/Chart.yaml": "apiVersion: v2\nname: p\nversion: 1.0.0\n",
        "plain/templates/pod.yaml": pod,
        ".gitignore": "/hidden\n",
        "hidden/kustomization.yaml": "resources: [../base]\n",
        "far/away/Dockerfile": "FROM a\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    asked: list[str] = []
    scan = look.scan

    def noted(path: str) -> list[os.DirEntry[str]]:
        asked.append(os.path.relpath(path, tmp_path))
        return scan(path)

    monkeypatch.setattr(look, "scan", noted)

    def names(path: str) -> list[str | None]:
        asked.clear()
        roots = Roots(DiskTree(str(tmp_path)))
        [one] = [roots.shown(root) for root in roots.at(path)]
        assert not one.problems
        return sorted(str(as_str(at(root, "metadata", "name"))) for root in one.objects)

    assert names("over") == ["x-a"]
    assert asked == ["over"]
    assert names("plain") == ["a"]
    assert asked == ["plain", "plain/templates"]
    assert names("chart") == ["a", "d"]
    with pytest.raises(HullcheckError, match="nothing to show"):
        names("hidden")
    both = Roots(DiskTree(str(tmp_path)))
    made = [both.shown(root) for path in ("chart", "over", "plain") for root in both.at(path)]
    assert [len(one.objects) for one in made] == [2, 1, 1]
