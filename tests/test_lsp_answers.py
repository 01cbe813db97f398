"""What the language server answers about a place: hovers, definitions, fixes, and comments that ignore a finding."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from ruamel import yaml

from editor import CAPABILITIES, Editor, command, opened, saved, told, tree, uri

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: robot
      containers:
        - name: c
          image: acme/web
          env:
            - name: A
              valueFrom: {configMapKeyRef: {name: cfg, key: colour}}
          envFrom: [{secretRef: {name: keys}}]
"""
OBJECTS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cfg}
data:
  colour: red
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
"""
FILES = {
    "Dockerfile": (
        "FROM debian:13.1 AS base\nUSER 10001\nFROM golang:1.24 AS build\nRUN go build\n"
        "FROM base\nCOPY --from=build /a /a\nRUN --mount=type=bind,from=build,target=/x true\n"
    ),
    "compose.yaml": (
        "x-all: &all\n  restart: always\nservices:\n  web:\n    <<: *all\n    build: .\n    image: acme/web\n"
        "    depends_on: [db]\n    networks: [back]\n  db:\n    image: postgres:16\n    env_file: db.env\n"
        "  more:\n    extends: {file: other.yaml, service: shared}\nnetworks:\n  back: {}\n"
    ),
    "compose.override.yaml": "services:\n  web:\n    user: '5'\n",
    "other.yaml": "services:\n  shared:\n    image: x:1\n",
    "db.env": "A=b\n",
    "child/Dockerfile": "FROM acme/web\nUSER 5\n",
    "base/deployment.yaml": DEPLOYMENT,
    "base/objects.yaml": OBJECTS,
    "base/kustomization.yaml": "resources: [deployment.yaml, objects.yaml]\n",
    "prod/kustomization.yaml": "resources: [../base]\npatches:\n  - path: p.yaml\n",
    "prod/p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "chart/values.yaml": "image:\n  repository: nginx\n  tag: '1'\n",
    "chart/values-prod.yaml": "image:\n  tag: '2'\n",
    "chart/templates/_helpers.tpl": '{{- define "chart.name" -}}\nx\n{{- end }}\n',
    "chart/templates/pod.yaml": (
        'apiVersion: v1\nkind: Pod\nmetadata: {name: {{ include "chart.name" . }}}\nspec:\n  containers:\n    - name: c\n'
        "      image: {{ .Values.image.repository }}:{{ .Values.image.tag }}\n"
    ),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("answers") / "x", FILES)


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Editor]:
    editor = Editor(root)
    yield editor
    assert editor.end() == 0
    assert [line for line in editor.logged if "can't be answered" in line] == []


@pytest.mark.parametrize(
    ("path", "word", "nth", "within", "expected"),
    [
        ("Dockerfile", "base", 1, "", ["Dockerfile:1"]),
        ("Dockerfile", "build", 0, "--from", ["Dockerfile:3"]),
        ("Dockerfile", "build", 0, "from=build,"[:4], ["Dockerfile:3"]),
        ("Dockerfile", "debian", 0, "", []),
        ("child/Dockerfile", "acme/web", 0, "", ["Dockerfile:5"]),
        ("compose.yaml", "all", 0, "*", ["compose.yaml:1"]),
        ("compose.yaml", "db", 0, "depends_on", ["compose.yaml:10"]),
        ("compose.yaml", "back", 0, "networks", ["compose.yaml:16"]),
        ("compose.yaml", "db.env", 0, "", ["db.env:1"]),
        ("compose.yaml", "other.yaml", 0, "", ["other.yaml:1"]),
        ("compose.yaml", "shared", 0, "", ["other.yaml:2"]),
        ("compose.yaml", ".", 0, "build: ", ["Dockerfile:5"]),
        ("compose.yaml", "acme/web", 0, "", ["Dockerfile:5"]),
        ("compose.yaml", "always", 0, "", []),
        ("base/deployment.yaml", "acme/web", 0, "", ["Dockerfile:5"]),
        ("base/deployment.yaml", "robot", 0, "", ["base/objects.yaml:13"]),
        ("base/deployment.yaml", "cfg", 0, "", ["base/objects.yaml:3"]),
        ("base/deployment.yaml", "colour", 0, "", ["base/objects.yaml:5"]),
        ("base/deployment.yaml", "keys", 0, "", ["base/objects.yaml:9"]),
        ("prod/kustomization.yaml", "../base", 0, "", ["base/kustomization.yaml:1"]),
        ("prod/kustomization.yaml", "p.yaml", 0, "", ["prod/p.yaml:1"]),
        ("chart/templates/pod.yaml", "repository", 0, "", ["chart/values.yaml:2"]),
        ("chart/templates/pod.yaml", "tag", 0, "", ["chart/values.yaml:3", "chart/values-prod.yaml:2"]),
        ("chart/templates/pod.yaml", "chart.name", 0, "", ["chart/templates/_helpers.tpl:1"]),
    ],
)
def test_definitions(
    server: Editor, root: Path, path: str, word: str, nth: int, within: str, expected: list[str]
) -> None:
    assert server.definition(root / path, word, nth, within=within) == [f"{root}/{place}" for place in expected]


def test_hover_over_a_finding_has_its_page(server: Editor, root: Path) -> None:
    said = server.hover(root / "compose.yaml", 6, 12)
    assert "**undigested-image**" not in said
    said = server.hover(root / "Dockerfile", 2, 6)
    assert "**undigested\\-image**" in said or "**undigested-image**" in said
    assert "See <https://" in said
    assert "```" in said


def test_hover_tells_what_runs(server: Editor, root: Path) -> None:
    image = server.hover(root / "compose.yaml", 6, 12)
    assert f"runs as `5`, from [compose.override.yaml:3]({uri(root / 'compose.override.yaml')}#L3)" in image
    assert f"[Dockerfile:5]({uri(root / 'Dockerfile')}#L5)" in image
    service = server.hover(root / "compose.yaml", 3, 3)
    assert service.startswith("**service web in ")
    stage = server.hover(root / "Dockerfile", 4, 6)
    assert f"runs as `10001`, from [Dockerfile:2]({uri(root / 'Dockerfile')}#L2)" in stage


def test_hover_tells_which_line_decides(server: Editor, root: Path) -> None:
    said = server.hover(root / "base/deployment.yaml", 4, 12)
    assert "`/spec/replicas` in `prod`: `3`" in said
    assert f"decided by [prod/p.yaml:5]({uri(root / 'prod/p.yaml')}#L5) (`patches[0]`)" in said
    patch = server.hover(root / "prod/p.yaml", 4, 12)
    assert "was `1` at [base/deployment.yaml:5]" in patch
    value = server.hover(root / "chart/values.yaml", 2, 8)
    assert "`nginx:1`" in value
    assert "chart/templates/pod.yaml:7" in value
    assert server.hover(root / "base/deployment.yaml", 0, 12) == ""


def test_hover_without_markdown(root: Path) -> None:
    capabilities = {**CAPABILITIES, "textDocument": {"hover": {"contentFormat": ["plaintext"]}}}
    with Editor(root, capabilities=capabilities) as editor:
        said = editor.hover(root / "compose.yaml", 6, 12)
        assert "runs as 5, from compose.override.yaml:3" in said
        assert "](" not in said
        assert "`5`" not in said
        assert editor.actions(root / "Dockerfile", 2)


def test_nothing_of_a_repository_acts_in_a_hover(server: Editor, tmp_path: Path) -> None:
    """As a name that is told in words, and as a value that is told as code."""
    name = "a]![x](http://evil.example/p.png)<img src=x>"
    text = f"services:\n  '{name}':\n    image: 'x:1'\n    user: \"{name}`**\"\n    privileged: true\n"
    root = tree(tmp_path / "x", {"compose.yaml": text})
    with opened(server, root):
        said = server.hover(root / "compose.yaml", 1, 5)
    code, words = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)"), "a\\]\\!\\[x\\]\\(http"
    assert f"``{name}`**``" in said or f"`` {name}`** ``" in said
    assert words in said
    assert not re.search(r"(?<!\\)[!<]|(?<!\\)\]\(http", code.sub("", said.partition("---")[0]).replace(uri(root), ""))


def test_no_secret_is_shown(server: Editor, tmp_path: Path) -> None:
    secret = "hunter2hunter2-Zq8"
    base = f"services:\n  web:\n    image: x:1\n    environment:\n      PASSWORD: {secret}\n"
    files = {
        "compose.yaml": base,
        "compose.override.yaml": f"services:\n  web:\n    environment: {{PASSWORD: {secret}x}}\n",
    }
    root = tree(tmp_path / "x", files)
    with opened(server, root):
        shown = [d.message for found in server.all(root).values() for d in found]
        said = [server.hover(root / "compose.yaml", line, column) for line in range(5) for column in (3, 8, 18)]
    assert any("decided by" in each for each in said)
    assert [text for text in (*shown, *said) if secret in text] == []


FIXABLE = "services:\n  web:\n    image: x:1\n    privileged: true\n    ports: ['8080:80']\n    security_opt: [seccomp:unconfined]\n"


def test_fixes_are_made_and_end_what_they_are_for(server: Editor, tmp_path: Path) -> None:
    root = tree(
        tmp_path / "x", {"compose.yaml": FIXABLE, "Dockerfile": "FROM debian:13.1\nRUN apt-get install -y curl\n"}
    )
    path = root / "compose.yaml"
    with opened(server, root):
        server.open(path)
        server.open(root / "Dockerfile")
        before = {(d.code, d.message) for d in server.diagnostics(path)}
        made = 0
        for line in range(6):
            for title in [a.title for a in server.actions(path, line, ["quickfix"]) if a.title.startswith("Fix")]:
                action = next(a for a in server.actions(path, line, ["quickfix"]) if a.title == title)
                assert action.edit is not None
                assert action.is_preferred in (None, True)
                assert not (action.is_preferred and "may change" in action.title)
                server.apply(action.edit)
                assert told(server, root) == command(saved(root, server, tmp_path / "saved"))
                assert before - {(d.code, d.message) for d in server.diagnostics(path)}
                server.write(path, FIXABLE)
                made += 1
        assert made


def test_all_safe_fixes_at_once_are_those_of_the_command(server: Editor, tmp_path: Path) -> None:
    text = (
        "FROM debian:13.1\nMAINTAINER me\nRUN apt-get install -y curl\nRUN sudo ls\nADD a.txt /a\nCMD echo hi\n"
        "RUN wget --no-check-certificate https://a.example/x\n"
    )
    root = tree(tmp_path / "x", {"Dockerfile": text, "compose.yaml": FIXABLE})
    copy = tree(tmp_path / "copy", {"Dockerfile": text, "compose.yaml": FIXABLE})
    command(copy, "--fix")
    changed = 0
    with opened(server, root):
        for name in ("Dockerfile", "compose.yaml"):
            server.open(root / name)
            for action in server.actions(root / name, 0, ["source.fixAll"]):
                assert action.kind == "source.fixAll.hullcheck"
                edit = server.resolve(action).edit
                assert edit is not None
                server.apply(edit)
                changed += 1
            assert server.texts[uri(root / name)][1] == (copy / name).read_text()
            assert [a for a in server.actions(root / name, 0) if a.kind == "source.fixAll.hullcheck"] == []
    assert changed


IGNORED = {
    "Dockerfile": "FROM debian:13.1 AS a\r\nRUN set -e; \\\r\n    curl http://a.example/x | sh\r\nUSER 5\r\n",
    "compose.yaml": "services:\n  web: {image: 'x:1', privileged: true}\n  other:\n    image: y:1\n    privileged: true\n",
    "pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n  containers:\n"
        "    - name: a\n      image: x:1\n      securityContext:\n        privileged: true\n"
    ),
    ".devcontainer/devcontainer.json": '{\n  "image": "x:1",\n  "privileged": true\n}\n',
}


def test_where_a_comment_would_be_another_fault_there_is_none(server: Editor, tmp_path: Path) -> None:
    text = "# hullcheck: ignore[undigested-image] reason='x'\nFROM debian:13.1\nRUN curl http://a.example/x | sh\n"
    files = {"Dockerfile": text, ".hullcheck.yaml": "suppressions: {max: 1}\n"}
    root = tree(tmp_path / "x", files)
    with opened(server, root):
        action = next(a for a in server.actions(root / "Dockerfile", 2) if a.title.startswith("Ignore"))
        assert server.resolve(action).edit is None
        assert any("the configuration's `suppress` can" in message for message in server.shown)
        before = told(server, root)
        assert before == command(root)


def test_no_comment_is_put_into_a_text(server: Editor, tmp_path: Path) -> None:
    """Where the line is part of a script, it goes above what holds that, if it then ignores no more than this."""
    login = "postgres://bob:Zq8kLmN2vR7x@db/x"
    script = (
        f"services:\n  web:\n    image: x:1\n    environment:\n      A: |\n        a\n        {login}\n"
        "    command:\n    - sh\n    - -c\n    - |\n      set -e\n      mysql --password=Zq8kLmN2vR7x\n"
    )
    root = tree(tmp_path / "x", {"compose.yaml": script})
    path = root / "compose.yaml"
    with opened(server, root):
        server.open(path)
        lines = {str(d.code): d.range.start.line for d in server.diagnostics(path)}
        inside = {code: line for code, line in lines.items() if line > 3}
        done = 0
        for code, line in inside.items():
            action = next(
                a for a in server.actions(path, line) if f"`{code}`" in a.title and a.title.startswith("Ignore")
            )
            edit = server.resolve(action).edit
            if edit is None:
                continue
            server.apply(edit)
            text = server.texts[uri(path)][1]
            assert yaml.YAML(typ="safe").load(text) == yaml.YAML(typ="safe").load(script)
            assert code not in {d.code for d in server.diagnostics(path)}
            server.write(path, script)
            done += 1
        assert done == 2


@pytest.mark.parametrize("name", IGNORED)
def test_a_comment_ignores_what_it_is_for_and_nothing_else(server: Editor, tmp_path: Path, name: str) -> None:
    root = tree(tmp_path / "x", {name: IGNORED[name]})
    path = root / name
    with opened(server, root):
        server.open(path)
        before = {(d.code, d.message) for d in server.diagnostics(path)}
        seen = 0
        for line in range(IGNORED[name].count("\n")):
            for offered in [a for a in server.actions(path, line) if a.title.startswith("Ignore")]:
                again = next(a for a in server.actions(path, line) if a.title == offered.title)
                edit = server.resolve(again).edit
                if edit is None:
                    continue
                seen += 1
                server.apply(edit)
                text = server.texts[uri(path)][1]
                assert 'reason="why it is fine here"' in text
                now = {(d.code, d.message) for d in server.diagnostics(path)}
                code = offered.title.split("`")[1]
                assert now < before, text
                assert {c for c, _ in before - now} == {code}
                assert told(server, root) == command(saved(root, server, tmp_path / "saved"))
                assert text.count("\r\n") in (0, text.count("\n"))
                server.write(path, IGNORED[name])
        assert seen > 1


def test_the_reason_is_a_place_to_fill_in_where_that_can_be(tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": "FROM debian:13.1\nRUN curl http://a.example/$X | sh\nUSER 5\n"})
    edits: dict[str, Any] = {"documentChanges": True, "snippetEditSupport": True}
    capabilities = {**CAPABILITIES, "workspace": {**CAPABILITIES["workspace"], "workspaceEdit": edits}}
    with Editor(root, capabilities=capabilities) as editor:
        action = next(a for a in editor.actions(root / "Dockerfile", 1) if "pipe-to-shell" in a.title)
        edit = editor.resolve(action).edit
        assert edit is not None
        (change,) = edit.document_changes or ()
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.version is None, "the file isn't open"
        (snippet,) = change.edits
        assert isinstance(snippet, types.SnippetTextEdit)
        assert 'reason="${1:why it is fine here}"' in snippet.snippet.value


def test_edits_are_of_the_version_that_was_judged(server: Editor, tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"compose.yaml": FIXABLE})
    path = root / "compose.yaml"
    with opened(server, root):
        server.open(path)
        for number in range(3):
            server.write(path, f"# {number}\n" * number + FIXABLE)
            (action, *_) = [a for a in server.actions(path, 3 + number) if a.edit is not None]
            assert action.edit is not None
            (change,) = action.edit.document_changes or ()
            assert isinstance(change, types.TextDocumentEdit)
            assert change.text_document.version == server.texts[uri(path)][0]
