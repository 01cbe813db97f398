"""The ledger: everything that was seen is judged, left out by the owners' word, or told as not judged."""

import json
import random
import re
from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck import report, schema
from hullcheck.cli import main
from hullcheck.model.coverage import CAUSES, JUDGED, LEFT_OUT, NOT_JUDGED
from judge import CHECKS, judge

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop}}
spec:
  containers:
    - name: main
      image: registry.example.org/main:1.2.3
      securityContext: {{privileged: true}}
"""
OVERLAY = "resources: [app.yaml, 'https://example.org/base?ref=v1']\n"


def states(folder: Path, files: dict[str, str], config: str = "") -> dict[str, set[str]]:
    """The states of what is in each file."""
    found: dict[str, set[str]] = {}
    for item in judge(folder, files, config).coverage.items:
        found.setdefault(item.path, set()).add(item.state)
    return found


def test_what_is_plain_is_judged(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM debian:13.1 AS a\nRUN true\nFROM a\nUSER 1000\n",
        "compose.yaml": "services: {a: {image: 'r.example.org/x:1.2.3'}, b: {image: 'r.example.org/y:1.2.3'}}\n",
        "k/pods.yaml": POD.format(name="a") + "---\n" + POD.format(name="b"),
        "README.md": "nothing of interest\n",
        "data.json": "{}",
    }
    result = judge(tmp_path, files)
    assert result.coverage.counts() == {JUDGED: 6, LEFT_OUT: 0, NOT_JUDGED: 0}
    assert {item.object for item in result.coverage.items} >= {"services.a", "services.b", "Pod/shop/a", "Pod/shop/b"}


def test_what_the_owners_leave_out_is_told_with_the_rule(tmp_path: Path) -> None:
    files = {".gitignore": "out/\n", "out/p.yaml": POD.format(name="a"), "vendor/p.yaml": POD.format(name="a")}
    files |= {"examples/p.yaml": POD.format(name="a"), "p.yaml": POD.format(name="a")}
    found = states(tmp_path, files, "exclude: [examples/]")
    assert found == {"out": {LEFT_OUT}, "vendor": {LEFT_OUT}, "examples": {LEFT_OUT}, "p.yaml": {JUDGED}}


def test_what_cannot_be_judged_is_told_in_every_report(tmp_path: Path) -> None:
    files = {"o/kustomization.yaml": OVERLAY, "o/app.yaml": POD.format(name="a")}
    result = judge(tmp_path, files)
    (item,) = result.coverage.unjudged
    assert item.cause in CAUSES
    (cause,) = result.coverage.causes()
    for name in ("full", "markdown", "github", "json", "sarif"):
        text = report.render(name, result.report(CHECKS, color=False, category=""))
        assert "not judged" in text or "notJudged" in text, name
    assert cause.because.partition("`")[0] in report.render("full", result.report(CHECKS, color=False, category=""))


@pytest.mark.parametrize(
    ("arguments", "config", "code"),
    [
        ((), "", 0),
        (("--fail-on-unjudged",), "", 4),
        ((), "fail-on-unjudged: true", 4),
        ((), "fail-on-unjudged: true\nallow-unjudged: [remote]", 0),
        ((), "fail-on-unjudged: true\nallow-unjudged: [chart]", 4),
    ],
)
def test_it_may_set_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], config: str, code: int
) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".hullcheck.yaml").write_text(config)
    (tmp_path / "o/kustomization.yaml").write_text(OVERLAY)
    (tmp_path / "o/app.yaml").write_text(POD.format(name="a").replace("true", "false"))
    monkeypatch.chdir(tmp_path)
    assert main(["check", "-q", "--fail-on", "high", *arguments]) == code


def test_files_tells_it_object_by_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.yaml").write_text(POD.format(name="a"))
    (tmp_path / "vendor").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["files"]) == 0
    out = capsys.readouterr().out
    assert "kubernetes   p.yaml\n  judged     Pod/shop/a\n" in out
    assert "left out     vendor (vendored)\n" in out


def test_statistics_count_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.yaml").write_text(POD.format(name="a"))
    monkeypatch.chdir(tmp_path)
    main(["check", "--statistics", "--output-format", "json"])
    out, err = capsys.readouterr()
    assert "     1  judged\n     0  left out\n     0  not judged\n" in err
    assert json.loads(out)["coverage"]["judged"] == 1


REMOTE: dict[str, str | None] = {
    "o/kustomization.yaml": OVERLAY,
    "o/app.yaml": POD.format(name="a").replace("true", "false"),
}
PLAIN: dict[str, str | None] = {**REMOTE, "o/kustomization.yaml": "resources: [app.yaml]\n"}


@pytest.mark.parametrize(
    ("base", "change", "config", "code"),
    [
        (PLAIN, REMOTE, "", 4),
        (PLAIN, REMOTE, "allow-unjudged: [remote]", 0),
        (REMOTE, {"README.md": "x"}, "", 0),
        (REMOTE, {"o/app.yaml": POD.format(name="a").replace("true", "false").replace("1.2.3", "1.2.4")}, "", 0),
        (REMOTE, {"o/kustomization.yaml": OVERLAY.replace("v1", "v2")}, "", 4),
        (REMOTE, {"o/kustomization.yaml": "# the base lies elsewhere\n" + OVERLAY}, "", 0),
    ],
)
def test_what_a_change_brings_and_cannot_be_judged_does_not_pass(
    base: dict[str, str | None],
    change: dict[str, str | None],
    config: str,
    code: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo = Repo(tmp_path)
    repo.commit({**base, ".hullcheck.yaml": config or "fail-on: high\n"})
    repo.commit(change)
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1")
    assert outcome.code == code, outcome.new


LOST: dict[str, tuple[dict[str, str | None], dict[str, str | None]]] = {
    "a pointer takes its place": (
        {"p.yaml": POD.format(name="a")},
        {"p.yaml": "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 300\n"},
    ),
    "it is another kind of text now": ({"p.yaml": POD.format(name="a")}, {"p.yaml": "- a\n- b\n"}),
    "behind many comments under another name": (
        {"p.yaml": POD.format(name="a")},
        {"p.yaml": None, "p.txt": "# nothing\n" * 40_000 + POD.format(name="a")},
    ),
    "one of the documents is broken": (
        {"p.yaml": POD.format(name="a") + "---\n" + POD.format(name="b")},
        {"p.yaml": POD.format(name="a") + "---\n" + POD.format(name="b").replace("name: main", "name: [main")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_what_was_judged_stays_in_scope(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path)
    base, change = LOST[name]
    repo.commit(base)
    repo.commit(change)
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1")
    assert outcome.code == 4, outcome.new


@pytest.mark.parametrize("change", [{"p.yaml": None}, {"p.yaml": "# nothing here any more\n"}])
def test_what_is_gone_is_gone(
    change: dict[str, str | None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo = Repo(tmp_path)
    repo.commit({"p.yaml": POD.format(name="a"), "q.yaml": POD.format(name="b")})
    repo.commit(change)
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1")
    assert outcome.code == 0, outcome.new


def test_the_configuration_takes_every_cause() -> None:
    values = json.loads(schema.text("config"))["properties"]["allow-unjudged"]["items"]["enum"]
    assert sorted(values) == sorted(CAUSES)


BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec: {containers: [{name: c, image: 'r.example.org/c:1.2.3'}]}
"""
USES = {
    "operations": ("patches: [{path: x.yaml, target: {kind: Deployment}}]\n", "- {op: remove, path: /spec/x}\n"),
    "old operations": (
        "patchesJson6902: [{path: x.yaml, target: {version: v1, kind: Deployment, name: a}}]\n",
        "- {op: add, path: /spec/replicas, value: 2}\n",
    ),
    "data": ("configMapGenerator: [{name: c, files: [x.yaml]}]\n", ""),
    "a replacement": (
        "replacements: [{path: x.yaml}]\n",
        (
            "source: {kind: Deployment, fieldPath: metadata.name}\n"
            "targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]\n"
        ),
    ),
}


@pytest.mark.parametrize("use", USES)
def test_an_object_in_what_an_overlay_takes_for_something_else_is_judged(use: str, tmp_path: Path) -> None:
    field, first = USES[use]
    files = {
        "kustomization.yaml": f"resources: [dep.yaml]\n{field}",
        "dep.yaml": BASE.replace("spec:\n  template", "spec:\n  x: y\n  template"),
        "x.yaml": first + ("---\n" if first else "") + POD.format(name="b"),
    }
    result = judge(tmp_path, files)
    assert [f.location.path for f in result.findings if f.name == "privileged"] == ["x.yaml"]
    assert not result.coverage.unjudged


def test_an_overlay_that_another_file_breaks_is_not_called_unused(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": "resources: [dep.yaml]\nconfigurations: [conf.yaml]\n",
        "dep.yaml": BASE,
        "conf.yaml": "kinds: []\n",
    }
    assert [item.cause for item in judge(tmp_path, files).coverage.unjudged] == ["overlay"]


def test_an_empty_kustomization_holds_nothing(tmp_path: Path) -> None:
    assert not judge(tmp_path, {"a/Kustomization": "", "p.yaml": POD.format(name="a")}).coverage.unjudged


def test_variables_outside_the_repository_are_not_the_repository_itself(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {a: {image: 'r.example.org/x:1.2.3', env_file: ../x.env}}\n"}
    assert not judge(tmp_path, files).coverage.unjudged


def test_a_template_that_values_switch_off_is_left_out(tmp_path: Path) -> None:
    files = {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
        "c/values.yaml": "extra: {enabled: false}\n",
        "c/templates/on.yaml": POD.format(name="on-{{ .Release.Name }}"),
        "c/templates/off.yaml": "{{ if .Values.extra.enabled }}\n" + POD.format(name="off") + "{{ end }}\n",
    }
    found = states(tmp_path, files)
    assert (found["c/templates/on.yaml"], found["c/templates/off.yaml"]) == ({JUDGED}, {LEFT_OUT})
    found = states(tmp_path, files | {"c/values.yaml": "extra: {enabled: true}\n"})
    assert found["c/templates/off.yaml"] == {JUDGED}


def test_values_may_switch_a_template_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    off = "{{ if .Values.extra.enabled }}\n" + POD.format(name="off").replace("true", "false") + "{{ end }}\n"
    repo = Repo(tmp_path)
    repo.commit(
        {
            "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
            "c/values.yaml": "extra: {enabled: true}\n",
            "c/templates/off.yaml": off,
        }
    )
    repo.commit({"c/values.yaml": "extra: {enabled: false}\n"})
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1")
    assert outcome.code in (0, 3), outcome.new


@pytest.mark.parametrize(
    "key", ["privileged: ${P}", "cap_add: ['${C}']", "pid: ${P}", "network_mode: ${N}", "ipc: ${P}"]
)
def test_what_a_variable_lets_a_service_do_is_told(key: str, tmp_path: Path) -> None:
    text = "services:\n  web:\n    image: r.example.org/y:1.2.3\n    user: '1000'\n"
    told = judge(tmp_path / "unset", {"compose.yaml": f"{text}    {key}\n"}).coverage.unjudged
    assert [(item.cause, item.object) for item in told] == [("variable", "services.web")]
    fine = {"compose.yaml": f"{text}    {key}\n", ".env": "P=\nC=CHOWN\nN=\n"}
    assert judge(tmp_path / "set", fine).coverage.unjudged == ()


def random_tree(chance: random.Random) -> tuple[dict[str, str], dict[str, str]]:
    """Files of every dialect, some broken; and each thing as it was written, with the file that it was put into."""
    files: dict[str, str] = {}
    put: dict[str, str] = {}
    for number in range(chance.randint(3, 8)):
        folder = chance.choice(["", "a/", "a/b/", "chart/", "chart/templates/", "chart/crds/", "k/", "k/base/"])
        kind = chance.choice(["pod", "pods", "compose", "docker", "json"])
        name = f"thing{number}"
        if kind == "compose":
            path = f"{folder}{chance.choice(['compose.yaml', 'docker-compose.prod.yml', 'compose.json'])}"
            text = "services: {" + f'{name}: {{image: "r.example.org/x:1.2.3"}}' + "}\n"
            files.setdefault(path, text)
        elif kind == "docker":
            path = f"{folder}{chance.choice(['Dockerfile', 'web.Dockerfile', 'dockerfile'])}"
            text = f"FROM registry.example.org/x:1.2.3 AS {name}\nUSER 1000\n"
            files.setdefault(path, text)
        else:
            path = f"{folder}{chance.choice(['x.yaml', 'y.yml', 'Chart.yaml', 'skaffold.yaml', 'web-compose.yaml', 'z.json'])}"
            text = POD.format(name=name)
            if kind == "pods" and path in files and not path.endswith(".json"):
                files[path] += "---\n" + text
            elif path not in files:
                files[path] = text
        if text in files.get(path, ""):
            put[text] = path
    if chance.random() < 0.5:
        files["chart/Chart.yaml"] = files.get("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
    if chance.random() < 0.5:
        files["k/kustomization.yaml"] = chance.choice(
            ["resources: [base]\n", "resources: [x.yaml]\nbases: [base]\n", "x: [\n"]
        )
        files["k/base/kustomization.yaml"] = chance.choice(
            ["resources: [x.yaml]\n", "resources: [gone.yaml]\n", "{}\n"]
        )
    for path in [path for path in files if chance.random() < 0.25]:
        at = chance.randint(0, len(files[path]))
        files[path] = (
            files[path][:at] + chance.choice(["{{ x }}", "\n  [", "\x00", "\t", ": :", "---\n"]) + files[path][at:]
        )
    return files, put


@pytest.mark.parametrize("seed", range(60))
def test_the_ledger_adds_up(seed: int, tmp_path: Path) -> None:
    """Each thing that was put into a tree is judged, or its file tells that it isn't; and nothing has two states."""
    files, put = random_tree(random.Random(seed))
    config = "exclude: [a/b/]" if seed % 3 == 0 else ""
    items = judge(tmp_path, files, config).coverage.items
    states: dict[tuple[str, str, str], set[str]] = {}
    for item in items:
        states.setdefault((item.path, item.kind, item.object), set()).add(item.state)
    assert [key for key, found in states.items() if len(found) > 1] == []
    for text, path in put.items():
        if text not in files[path]:
            continue  # it was broken in its middle
        (name,) = re.findall("thing[0-9]+", text)[:1]
        own = [item for item in items if item.path == path or path.startswith(f"{item.path}/")]
        judged = [item for item in own if item.state == JUDGED and name in item.object]
        told = [item for item in own if item.state != JUDGED]
        assert judged or told, (name, path, files[path])
