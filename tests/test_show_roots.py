"""`show --roots`: what is applied or started together, and what deploys it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hullcheck import schema
from hullcheck.cli import main
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
