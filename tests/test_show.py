"""`hullcheck show`: objects as they will run, with the places that decide them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import hullcheck
from hullcheck.cli import main
from hullcheck.parse.yaml import parse
from hullcheck.show.emit import value, yaml_lines
from hullcheck.source import Source

SCHEMA = json.loads(Path(hullcheck.__file__).with_name("schemas").joinpath("show.schema.json").read_text())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["show", "--output-format", "json", *arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(found)
    return found


def origins(root: dict[str, Any]) -> dict[str, str]:
    return {o["pointer"]: f"{o['path']}:{o['line']}" for o in root["origins"]}


OVERLAY = {
    "base/kustomization.yaml": "resources: [deployment.yaml]\n",
    "base/deployment.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n"
        "    spec:\n      containers:\n        - name: web\n          image: web:1\n"
    ),
    "prod/kustomization.yaml": (
        "namespace: shop\nresources: [../base]\nimages:\n  - name: web\n    newTag: '2'\nreplicas:\n"
        "  - {name: web, count: 3}\n"
    ),
}


def test_an_overlay_names_the_line_that_decides(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, OVERLAY)
    (root,) = shown(capsys, "prod")["roots"]
    assert (root["root"], root["kind"], root["notAnalysed"]) == ("prod", "kustomization", [])
    (deployment,) = root["objects"]
    assert deployment["metadata"] == {"name": "web", "namespace": "shop"}
    places = origins(root)
    image = "/spec/template/spec/containers/0/image"
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"
    assert places[image] == "prod/kustomization.yaml:5"
    assert places["/spec/replicas"] == "prod/kustomization.yaml:7"
    assert places["/metadata/namespace"] == "prod/kustomization.yaml:1"
    assert places["/metadata/name"] == "base/deployment.yaml:3"


def test_without_a_path_every_root_is_shown_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, OVERLAY)
    write(repository, {"Dockerfile": "FROM scratch\n", "compose.yaml": "services: {a: {image: a:1}}\n"})
    write(repository, {"plain/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"})
    roots = shown(capsys)["roots"]
    assert [(root["root"], root["kind"]) for root in roots] == [
        ("prod", "kustomization"),
        (".", "compose"),
        ("plain", "manifests"),
        ("Dockerfile", "image"),
    ]


def test_text_stays_yaml_and_no_origins_leaves_it_bare(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, OVERLAY)
    assert main(["show", "prod"]) == 0
    commented = capsys.readouterr().out
    assert "# prod/kustomization.yaml:5 (images[0])" in commented
    assert main(["show", "--no-origins", "prod"]) == 0
    bare = capsys.readouterr().out
    assert "#" not in bare
    (one,), (other,) = (parse(Source("x", text.encode())).documents for text in (commented, bare))
    assert value(one.root) == value(other.root)


def test_verbose_names_what_was_overridden(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, OVERLAY)
    assert main(["show", "-v", "prod"]) == 0
    assert "was 1 at base/deployment.yaml:5" in capsys.readouterr().out


def test_a_compose_project_is_resolved(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        repository,
        {
            "compose.yaml": "services:\n  web:\n    image: web:${TAG:-1}\n    ports: ['8080:80']\n    user: $WHO\n",
            "compose.override.yaml": "services:\n  web:\n    environment: {A: b}\n",
        },
    )
    (root,) = shown(capsys, ".")["roots"]
    (project,) = root["objects"]
    web = project["services"]["web"]
    assert web["image"] == "web:1"
    assert web["ports"] == [{"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"}]
    assert set(web["user"]) == {"$unknown"}
    assert origins(root)["/services/web/environment/A"] == "compose.override.yaml:3"
    (alone,) = shown(capsys, "--env", "WHO=7", "compose.yaml")["roots"]
    assert "environment" not in alone["objects"][0]["services"]["web"]
    assert alone["objects"][0]["services"]["web"]["user"] == "7"


def test_a_profile_is_active_only_if_asked_for(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "services:\n  a: {image: a:1}\n  b: {image: b:1, profiles: [debug]}\n"
    write(repository, {"compose.yaml": text})
    assert set(shown(capsys, ".")["roots"][0]["objects"][0]["services"]) == {"a"}
    assert set(shown(capsys, "--compose-profile", "debug", ".")["roots"][0]["objects"][0]["services"]) == {"a", "b"}


def test_a_chart_is_rendered_with_values(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        repository,
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
            "chart/values.yaml": "replicas: 2\n",
            "chart/templates/a.yaml": (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\n"
                "spec: {replicas: {{ .Values.replicas }}}\n"
            ),
            "more.yaml": "replicas: 5\n",
        },
    )
    (root,) = shown(capsys, "chart")["roots"]
    assert root["objects"][0]["metadata"]["name"] == "release-name"
    assert root["objects"][0]["spec"]["replicas"] == 2
    assert origins(root)["/spec/replicas"] == "values.yaml:1"
    assert shown(capsys, "--values", "more.yaml", "chart")["roots"][0]["objects"][0]["spec"]["replicas"] == 5
    assert shown(capsys, "--set", "replicas=7", "chart")["roots"][0]["objects"][0]["spec"]["replicas"] == 7


def test_an_image_is_shown_in_oci_names(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        repository,
        {
            "Dockerfile": (
                "ARG WHO=10001\nFROM scratch AS build\nENV A=1\nFROM build AS app\nARG WHO=7\nUSER $WHO\n"
                'EXPOSE 80 53/udp\nVOLUME /data\nWORKDIR /app\nLABEL a=b\nENTRYPOINT ["/app/run"]\nCMD serve it\n'
                "HEALTHCHECK --interval=1m30s --retries=2 CMD /app/alive\n"
            )
        },
    )
    (root,) = shown(capsys, "--build-arg", "WHO=9", "Dockerfile")["roots"]
    (image,) = root["objects"]
    assert (image["stage"], image["base"], image["stages"]) == ("app", "scratch", ["app", "build"])
    assert image["config"] == {
        "User": "9",
        "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=1"],
        "Entrypoint": ["/app/run"],
        "Cmd": ["/bin/sh", "-c", "serve it"],
        "Volumes": {"/data": {}},
        "WorkingDir": "/app",
        "Healthcheck": {"Test": ["CMD-SHELL", "/app/alive"], "Interval": 90000000000, "Retries": 2},
        "Labels": {"a": "b"},
    }
    (built,) = shown(capsys, "--target", "build", "Dockerfile")["roots"]
    assert "User" not in built["objects"][0]["config"]


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {token: aHVudGVyMg==}\nstringData: {k: hunter2}\n"


def test_secrets_are_redacted(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = "services:\n  a:\n    image: a:1\n    environment: {DB_PASSWORD: hunter2-x9, MODE: open}\n"
    write(repository, {"secret.yaml": SECRET, "compose.yaml": compose})
    assert main(["show", "secret.yaml", "compose.yaml"]) == 0
    output = capsys.readouterr()
    assert "hunter2" not in output.out
    assert "aHVudGVyMg" not in output.out
    assert "UkVEQUNURUQ=" in output.out
    assert "MODE: open" in output.out
    assert "3 secret values are redacted" in output.err
    assert main(["show", "--reveal", "secret.yaml"]) == 0
    assert "hunter2" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert main(["show", "--reveal", "secret.yaml"]) == 2


def test_a_containers_story_is_joined_from_its_files(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        repository,
        {
            "app/Dockerfile": 'FROM scratch\nUSER 10001\nENTRYPOINT ["/app"]\n',
            "compose.yaml": (
                "services:\n  web:\n    build: app\n    privileged: true\n    ports: ['127.0.0.1:80:8080']\n"
                "    volumes: ['/var/run/docker.sock:/s']\n"
            ),
        },
    )
    (story,) = shown(capsys, "--container", "web")["containers"]
    facts = {fact["topic"]: fact for fact in story["facts"]}
    assert facts["runs as"]["value"] == "10001"
    assert facts["runs as"]["related"][0]["path"] == "app/Dockerfile"
    assert facts["built by"]["value"] == "app/Dockerfile, stage 0"
    assert (facts["privileged"]["value"], facts["privileged"]["line"]) == ("yes", 4)
    assert facts["mount"]["value"] == "bind /var/run/docker.sock at /s"
    assert facts["port"]["value"] == "8080/tcp, published at 127.0.0.1:80"
    assert main(["show", "--container", "nobody"]) == 2


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_change_is_told_in_what_runs(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = "services:\n  web:\n    image: web:1\n    user: '10001'\n"
    write(repository, {"compose.yaml": before})
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "first")
    write(repository, {"compose.yaml": before.replace("web:1", "web:2").replace("10001", "0")})
    changes = shown(capsys, "--diff-base", "HEAD")["changes"]
    assert [(c["change"], c["line"]) for c in changes] == [
        ("image web:2 instead of web:1", 3),
        ("runs as 0 instead of 10001", 4),
    ]
    write(repository, {"compose.yaml": before})
    assert shown(capsys, "--diff-base", "HEAD")["changes"] == []


def test_nothing_to_show_is_said(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show"]) == 3
    write(repository, {"readme.txt": "x"})
    assert main(["show", "readme.txt"]) == 2
    assert "nothing to show" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "a: '1'\n",
        "a: 1\nb: yes\nc: 0x1F\nd: 1.5\n",
        "a: |\n  x\n  y\n\n  z\n",
        'a: "tab\\there\\nand\\u00e9"\n',
        "- - a\n  - b: {}\n    c: []\n- null\n- ~\n- ''\n",
        "a: '- x'\nb: 'x: y'\nc: 'x #y'\nd: '*x'\ne: '{x}'\nf: 'true'\ng: '12'\nh: ' x '\n",
        "a: &x {k: v}\nb: {<<: *x, l: w}\n",
        "a: 'line one\n\n  line two'\n",
    ],
)
def test_what_is_written_reads_as_it_was(text: str) -> None:
    root = parse(Source("x", text.encode())).documents[0].root
    assert root is not None
    again = "\n".join(line.text for line in yaml_lines(root)) + "\n"
    (document,) = parse(Source("y", again.encode())).documents
    assert value(document.root) == value(root)


def test_nothing_outside_the_root_is_read(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, {"secret.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: forbidden}\n"})
    inner = repository / "inner"
    write(inner, {"kustomization.yaml": "resources: [../secret.yaml, link.yaml]\n", ".git/HEAD": ""})
    os.symlink(repository / "secret.yaml", inner / "link.yaml")
    assert main(["show", str(inner)]) == 0
    assert "forbidden" not in capsys.readouterr().out
