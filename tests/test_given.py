"""What charts and Compose projects are rendered with, said the same way to every command; and the names of `--format`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitrepo import Repo
from hullcheck.cli import main

Run = Callable[..., tuple[int, str, str]]

CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "postgres:16", ports: [{containerPort: 5432}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1", securityContext: {privileged: {{ .Values.privileged }}}}]}
{{- if or .Values.policy (.Capabilities.APIVersions.Has "shop.example.com/v1") (semverCompare ">=1.99.0-0" .Capabilities.KubeVersion.Version) }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
{{- end }}
"""
FILES = {
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "policy: false\nprivileged: false\n",
    "chart/templates/all.yaml": TEMPLATE,
}
COMPOSE = {
    "compose.yaml": 'services:\n  web: {image: web, ports: ["${ADDRESS:-127.0.0.1}:80:80"]}\n'
    "  debug: {image: tool, profiles: [debug]}\n"
}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Write files, and run a command on them."""
    monkeypatch.chdir(tmp_path)

    def runs(files: dict[str, str], *words: str) -> tuple[int, str, str]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return runs


def is_confined(text: str) -> bool:
    """Is the database of a map in JSON?"""
    nodes: list[dict[str, Any]] = json.loads(text)["scopes"][0]["nodes"]
    return bool(next(node for node in nodes if "/db[" in node["id"])["isolated"]["ingress"])


@pytest.mark.parametrize(
    ("words", "confined"),
    [
        ((), False),
        (("--set", "policy=true"), True),
        (("--values", "prod.yaml"), True),
        (("--values", "prod.yaml", "--set", "policy=false"), False),
        (("--api-versions", "shop.example.com/v1"), True),
        (("--api-versions", "other.example.com/v1,shop.example.com/v1"), True),
        (("--kube-version", "1.99"), True),
        (("--kube-version", "1.30"), False),
    ],
)
def test_a_chart_is_mapped_as_it_is_said_to_be_rendered(run: Run, words: tuple[str, ...], confined: bool) -> None:
    code, out, _ = run({**FILES, "prod.yaml": "policy: true\n"}, "map", "-q", "chart", "--format", "json", *words)
    assert code == 0
    assert is_confined(out) == confined
    code, out, _ = run({}, "show", "--no-origins", "chart", *words)
    assert ("kind: NetworkPolicy" in out) == confined


def test_a_chart_is_checked_as_it_is_said_to_be_rendered(run: Run) -> None:
    words = ("check", "-q", "chart", "--output-format", "json")
    _, out, _ = run(FILES, *words)
    assert "privileged" not in {finding["name"] for finding in json.loads(out)["findings"]}
    _, out, _ = run(FILES, *words, "--set", "privileged=true")
    assert "privileged" in {finding["name"] for finding in json.loads(out)["findings"]}


def test_compose_takes_profiles_and_variables(run: Run) -> None:
    def mapped(*words: str) -> dict[str, Any]:
        code, out, _ = run({**COMPOSE, "prod.env": "ADDRESS=0.0.0.0\n"}, "map", "-q", "--format", "json", *words)
        assert code == 0
        return {node["id"]: node for node in json.loads(out)["scopes"][0]["nodes"]}

    assert set(mapped()) == {"default/web[service]", "default/debug[service]"}
    assert set(mapped("--compose-profile", "other")) == {"default/web[service]"}
    assert set(mapped("--compose-profile", "debug")) == {"default/web[service]", "default/debug[service]"}
    assert "exposed" not in mapped()["default/web[service]"]
    assert "exposed" in mapped("--env", "ADDRESS=0.0.0.0")["default/web[service]"]
    assert "exposed" in mapped("--env-file", "prod.env")["default/web[service]"]
    assert "exposed" not in mapped("--env-file", "prod.env", "--env", "ADDRESS=127.0.0.1")["default/web[service]"]


@pytest.mark.parametrize("command", ["map", "show", "check"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--values", "nowhere.yaml"), "--values: nowhere.yaml: No such file or directory"),
        (("--env-file", "nowhere.env"), "--env-file: nowhere.env: No such file or directory"),
        (("--set", "policy"), "--set: `policy` is not KEY=VALUE"),
        (("--env", "ADDRESS"), "--env: `ADDRESS` is not NAME=VALUE"),
        (("--kube-version", "new"), "--kube-version: new is no version such as 1.34"),
    ],
)
def test_what_is_no_value_is_refused_alike(run: Run, command: str, words: tuple[str, ...], said: str) -> None:
    code, out, err = run(FILES, command, *words)
    assert (code, out, err) == (2, "", f"hullcheck: {said}\n")


def test_a_file_of_values_that_changed_is_compared_with_what_it_was(run: Run, tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.write({**FILES, "prod.yaml": "policy: true\n"})
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "base")
    words = ("--diff-base", "HEAD", "--values", "prod.yaml")
    code, out, _ = run({"prod.yaml": "policy: false\n"}, "map", "-q", *words)
    assert code == 0
    assert "shop/db[Deployment]: ingress isolation lost" in out
    code, out, _ = run({}, "check", "-q", *words, "--output-format", "json")
    lost = {finding["name"]: finding for finding in json.loads(out)["findings"]}
    assert "isolation-lost" in lost


OVERLAY = {
    "base/kustomization.yaml": "resources: [all.yaml]\n",
    "base/all.yaml": TEMPLATE.partition("{{- if")[0].replace("{{ .Values.privileged }}", "true"),
    "overlays/prod/kustomization.yaml": "namespace: prod\nresources: [../../base]\n",
}


@pytest.mark.parametrize("in_git", [True, False])
@pytest.mark.parametrize("path", ["overlays/prod", "overlays/prod/kustomization.yaml"])
def test_an_overlay_is_mapped_and_checked_with_its_base(run: Run, tmp_path: Path, in_git: bool, path: str) -> None:
    if in_git:
        Repo(tmp_path)
    code, out, _ = run(OVERLAY, "map", "-q", path)
    assert code == 0
    assert "prod/db[Deployment]" in out
    code, out, err = run({}, "check", path, "--output-format", "json")
    assert "nothing to check" not in err
    if path.endswith("prod"):
        assert code == 1
        assert [f["name"] for f in json.loads(out)["findings"]].count("privileged") == 1
    code, out, _ = run({}, "show", path)
    assert "namespace: prod" in out


@pytest.mark.parametrize("command", ["check", "map", "show"])
def test_either_name_of_the_format_is_understood_and_help_shows_both(
    run: Run, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outs = [
        run({**COMPOSE}, command, *words, "compose.yaml")[1]
        for words in (("--format", "json"), ("--output-format", "json"), ("--format=json",), ("--output-f", "json"))
    ]
    assert len(set(outs)) == 1
    assert isinstance(json.loads(outs[0]), dict)
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "  --output-format NAME[:FILE], --format NAME[:FILE]" in capsys.readouterr().out


def test_abbreviations_are_what_they_were(run: Run, tmp_path: Path) -> None:
    code, out, _ = run(COMPOSE, "map", "-q", "--out", "written.txt", "--form", "dot")
    assert (code, out) == (0, "")
    assert (tmp_path / "written.txt").read_text(encoding="utf-8").startswith("digraph")


def test_a_fault_of_the_command_line_names_the_command_whose_help_there_is(run: Run) -> None:
    for words in (("map", "--explain"), ("-x",), ("--help=x",), ("config",), ("show", "--nope")):
        code, _, err = run({}, *words)
        assert code == 2
        command = words[0] if not words[0].startswith("-") else "check"
        assert f"(see `hullcheck {command} --help`)" in err


def test_explain_takes_paths_behind_its_words(run: Run) -> None:
    files = {"k/all.yaml": OVERLAY["base/all.yaml"]}
    for words in (
        ("--explain", "web", "db", "5432", "k"),
        ("k", "--explain", "web", "db", "5432"),
        ("--explain", "web", "db", "k"),
    ):
        code, out, _ = run(files, "map", "-q", *words)
        assert code == 0
        assert out.startswith("shop/web[Deployment] -> shop/db[Deployment]")
