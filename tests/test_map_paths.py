"""What a path means to `map` and `check`: an overlay is more than its folder, and a scope is called by its path."""

import json
from pathlib import Path

import jsonschema
import pytest

import hullcheck
from gitrepo import Repo
from hullcheck.cli import main

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1
          securityContext: {privileged: true}
          env: [{name: DATABASE, value: "postgres://db:5432/shop"}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "postgres:16.2", ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 5432}]}
"""
FILES = {
    "overlays/prod/kustomization.yaml": "resources: [../../base]\nnamespace: prod\n",
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": DEPLOYMENT,
    "plain/a.yaml": DEPLOYMENT,
}


def write(folder: Path) -> Path:
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def mapped(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["map", "-q", *arguments]) == 0
    return [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith(" ")]


@pytest.mark.parametrize("versioned", [True, False])
def test_an_overlay_is_mapped_with_what_it_is_built_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, versioned: bool
) -> None:
    if versioned:
        Repo(tmp_path)
    monkeypatch.chdir(write(tmp_path))
    assert mapped(capsys, "overlays/prod") == ["overlays/prod (kustomization): 2 workloads, 0 policies"]
    assert mapped(capsys, "plain") == ["plain (manifests): 2 workloads, 0 policies"]
    assert mapped(capsys, "plain/a.yaml") == ["plain (manifests): 2 workloads, 0 policies"]
    assert mapped(capsys, "plain", "overlays/prod")[0].startswith("plain ")


def test_an_overlay_is_checked_with_what_it_is_built_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Repo(tmp_path)
    monkeypatch.chdir(write(tmp_path))
    assert main(["check", "overlays/prod", "-q"]) == 1
    told = capsys.readouterr()
    assert "critical[privileged]" in told.out
    assert "plain/a.yaml" not in told.out
    assert "nothing to check" not in told.out + told.err
    (tmp_path / "base/web.yaml").write_text("")
    assert main(["check", "overlays/prod", "-q", "--fail-on", "none"]) != 3


def test_words_behind_those_of_explain_are_paths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path))
    assert main(["map", "-q", "--explain", "web", "db", "5432", "plain"]) == 0
    with_port = capsys.readouterr().out
    assert "TCP 5432" in with_port
    assert main(["map", "-q", "--explain", "web", "db", "plain"]) == 0
    assert main(["map", "-q", "plain", "--explain", "web", "db", "5432"]) == 0
    assert capsys.readouterr().out.endswith(with_port)
    assert main(["map", "-q", "--explain", "web"]) == 2
    assert main(["map", "-q", "--explain", "web", "db", "nothing"]) == 2


def test_the_json_has_what_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(tmp_path))
    assert main(["map", "-q", "plain", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    schema = Path(hullcheck.__file__).parent / "schemas" / "map.schema.json"
    jsonschema.validate(found, json.loads(schema.read_text()))
    (meant,) = found["scopes"][0]["meant"]
    assert (meant["from"], meant["to"], meant["connections"], meant["line"]) == (
        "default/web[Deployment]",
        "default/db[StatefulSet]",
        "TCP 5432",
        13,
    )


def test_a_wrong_option_names_the_commands_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--formatt", "json"]) == 2
    assert "see `hullcheck check --help`" in capsys.readouterr().err
    assert main(["map", "--host-network", "bmp"]) == 2
    assert "see `hullcheck map --help`" in capsys.readouterr().err
