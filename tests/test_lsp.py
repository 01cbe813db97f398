"""The language server, as an editor has it: what is told while somebody types is what the command tells."""

import contextlib
import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

import joined_trees
from editor import CAPABILITIES, Editor, command, findings, opened, saved, told, tree, until, uri
from hullcheck.cli import main
from process import PYTHON, environment

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

DOCKERFILE = "FROM debian:13.1 AS base\nUSER 10001\nFROM base\nRUN curl http://a.example/x | sh\n"
COMPOSE = "services:\n  web:\n    build: .\n    privileged: true\n    depends_on: [db]\n  db:\n    image: postgres:16\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Editor]:
    """One server for all tests that only need another folder."""
    editor = Editor()
    yield editor
    assert editor.end() == 0


class Typist:
    """Somebody who edits a tree: types, opens, closes, saves, makes, deletes and renames files."""

    def __init__(self, editor: Editor, root: Path, seed: int) -> None:
        self.editor, self.root = editor, root
        self.chance = random.Random(seed)
        self.other = joined_trees.Maker(seed + 1000).tree()

    def on_disk(self) -> list[Path]:
        return sorted(p for p in self.root.rglob("*") if p.is_file() and ".git" not in p.parts)

    def is_open(self) -> list[Path]:
        return [Path(at.removeprefix("file://")) for at in self.editor.texts if at.startswith(f"{uri(self.root)}/")]

    def step(self) -> None:
        kinds = ("type", "type", "type", "open", "new", "save", "close", "outside", "delete", "rename", "many")
        getattr(self, self.chance.choice(kinds))()

    def open(self) -> None:
        paths = [path for path in self.on_disk() if uri(path) not in self.editor.texts]
        if paths:
            self.editor.open(self.chance.choice(paths))

    def type(self) -> None:
        if not self.is_open():
            self.open()
        if not self.is_open():
            return
        path = self.chance.choice(self.is_open())
        lines = self.editor.texts[uri(path)][1].splitlines(keepends=True) or ["\n"]
        at = self.chance.randrange(len(lines))
        how = self.chance.choice(("delete", "comment", "word"))
        new = {
            "delete": "",
            "comment": f"# more\n{lines[at]}",
            "word": lines[at].replace("1000", "0").replace(":1", ":2"),
        }
        text = "".join([*lines[:at], new[how], *lines[at + 1 :]])
        place = types.Range(types.Position(at, 0), types.Position(at + 1, 0))
        event = types.TextDocumentContentChangePartial(place, new[how])
        self.editor.change(path, [event], text)

    def many(self) -> None:
        """A row of edits without a pause."""
        for _ in range(5):
            self.type()

    def new(self) -> None:
        name, text = self.chance.choice(sorted(self.other.items()))
        if uri(self.root / name) not in self.editor.texts and not (self.root / name).exists():
            self.editor.open(self.root / name, text)

    def save(self) -> None:
        for path in self.is_open():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.editor.texts[uri(path)][1].encode())
            document = types.TextDocumentIdentifier(uri(path))
            self.editor.tell(types.TEXT_DOCUMENT_DID_SAVE, types.DidSaveTextDocumentParams(document))

    def close(self) -> None:
        for path in self.is_open():
            self.editor.close(path)

    def outside(self) -> None:
        """Files that something else writes."""
        name, text = self.chance.choice(sorted(self.other.items()))
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        self.editor.watched(path)

    def delete(self) -> None:
        if paths := self.on_disk():
            path = self.chance.choice(paths)
            path.unlink()
            self.editor.watched(path)

    def rename(self) -> None:
        if paths := self.on_disk():
            path = self.chance.choice(paths)
            to = path.with_name(f"{path.stem}-new{path.suffix}")
            path.rename(to)
            self.editor.watched(path, to)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_told_is_what_the_command_tells(server: Editor, seed: int, tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    joined_trees.write(root, seed)
    (root / ".git").mkdir(exist_ok=True)
    with opened(server, root):
        assert told(server, root) == command(root)
        typist = Typist(server, root, seed)
        for _ in range(6):
            typist.step()
            typist.step()
            assert told(server, root) == command(saved(root, server, tmp_path / "saved"))


def test_an_edit_is_told_at_both_files(server: Editor, tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": 'FROM debian:13.1\nCMD ["x"]\n', "compose.yaml": COMPOSE})
    with opened(server, root):
        own = next(d for d in server.diagnostics(root / "Dockerfile") if d.code == "root-user-implicit")
        assert own.related_information is not None
        assert own.related_information[0].location.uri == uri(root / "compose.yaml")
        beside = next(d for d in server.diagnostics(root / "compose.yaml") if d.code == "root-user-implicit")
        assert beside.severity == types.DiagnosticSeverity.Information
        assert beside.related_information is not None
        assert beside.related_information[0].location.uri == uri(root / "Dockerfile")
        server.open(root / "Dockerfile")
        server.write(root / "Dockerfile", 'FROM debian:13.1\nUSER 10001\nCMD ["x"]\n')
        for name in ("Dockerfile", "compose.yaml"):
            assert "root-user-implicit" not in {d.code for d in server.diagnostics(root / name)}
        last = next(p for p in reversed(server.published) if p.uri == uri(root / "Dockerfile"))
        assert last.version == 2


def test_severities_tags_and_pages(server: Editor, tmp_path: Path) -> None:
    files = {
        "Dockerfile": 'FROM debian:8\nCMD ["a"]\nCMD ["b"]\nENTRYPOINT x\n',
        "compose.yaml": "services:\n  a:\n    image: x\n    privileged: true\n    user: '0'\n",
        "b/Dockerfile": "FROM debian:13.1\nRUN true\n",
    }
    root = tree(tmp_path / "x", files)
    with opened(server, root):
        every = [d for name in files for d in server.diagnostics(root / name)]
    found = {str(d.code): d for d in every}
    assert found["privileged"].source == "hullcheck"
    assert found["privileged"].code_description is not None
    assert found["privileged"].code_description.href.endswith("/checks/privileged.md")
    shown = {"critical": 1, "high": 1, "medium": 2, "low": 3}
    expected = {(f["name"], f["message"]): shown[f["severity"]] for f in findings(root)}
    assert {1, 2, 3} == set(expected.values())
    assert {(d.code, d.message): int(d.severity or 0) for d in every if (d.code, d.message) in expected} == expected
    assert list(found["eol-base-image"].tags or ()) == [types.DiagnosticTag.Deprecated]
    assert list(found["multiple-cmd"].tags or ()) == [types.DiagnosticTag.Unnecessary]
    assert found["privileged"].tags is None


def test_what_is_not_judged_is_shown(server: Editor, tmp_path: Path) -> None:
    chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: d, version: 1.x, repository: 'https://x.example'}]\n"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'x:1'}]}\n"
    root = tree(tmp_path / "x", {"c/Chart.yaml": chart, "c/templates/pod.yaml": pod})
    with opened(server, root):
        shown = [d for found in server.all(root).values() for d in found if d.code == "not-judged"]
    assert "not judged: " in shown[0].message
    assert "helm dependency build" in shown[0].message
    assert shown[0].severity == types.DiagnosticSeverity.Information


def test_a_file_in_no_folder(server: Editor, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "Dockerfile").write_text(DOCKERFILE)
    (alone / "other.Dockerfile").write_text(DOCKERFILE)
    server.open(alone / "Dockerfile")
    assert "pipe-to-shell" in {d.code for d in server.diagnostics(alone / "Dockerfile")}
    server.write(alone / "Dockerfile", "FROM scratch\n")
    assert "pipe-to-shell" not in {d.code for d in server.diagnostics(alone / "Dockerfile")}
    server.write(alone / "Dockerfile", DOCKERFILE)
    assert "pipe-to-shell" in {d.code for d in server.diagnostics(alone / "Dockerfile")}
    server.close(alone / "Dockerfile")
    until(lambda: next(p for p in reversed(server.published) if p.uri == uri(alone / "Dockerfile")).diagnostics == ())
    assert uri(alone / "other.Dockerfile") not in {p.uri for p in server.published}
    (alone / "x.py").write_text("def f(a: int) -> {\n")
    server.open(alone / "x.py")
    assert server.diagnostics(alone / "x.py") == []
    server.close(alone / "x.py")


def test_several_folders_and_one_in_another(server: Editor, tmp_path: Path) -> None:
    one = tree(tmp_path / "one", {"Dockerfile": DOCKERFILE})
    two = tree(tmp_path / "two", {"Dockerfile": DOCKERFILE, "in/Dockerfile": DOCKERFILE})
    server.folders((one, two))
    assert told(server, one) == command(one)
    assert told(server, two) == command(two)
    before = server.all(two)
    server.folders((two / "in",))
    assert server.all(two / "in") == {"Dockerfile": before["in/Dockerfile"]}
    server.folders(removed=(one, two))
    until(lambda: not server.all(one))
    server.settle(two / "in")
    assert server.all(two).keys() == {"in/Dockerfile"}
    server.folders(removed=(two / "in",))
    until(lambda: not server.all(two))


EMOJI = 'FROM debian:13.1\r\nUSER 5\r\nRUN echo "😀é" && curl http://a.example/x | sh\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_counted_as_agreed(encoding: str, tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": EMOJI})
    capabilities = {**CAPABILITIES, "general": {"positionEncodings": [encoding]}}
    with Editor(root, capabilities=capabilities) as editor:
        assert editor.initialized.capabilities.position_encoding == encoding

        def units(text: str) -> int:
            return len(text) if encoding == "utf-32" else len(text.encode(f"{encoding}{'-le' * (encoding == 'utf-16')}")) // (
                2 if encoding == "utf-16" else 1
            )  # fmt: skip

        line = EMOJI.split("\r\n")[2]
        found = next(d for d in editor.diagnostics(root / "Dockerfile") if d.code == "pipe-to-shell")
        start = found.range.start
        at = next(n for n in range(len(line)) if units(line[:n]) == start.character)
        assert line[at:].startswith("curl")
        editor.open(root / "Dockerfile")
        # Behind the emoji, "curl" becomes "true": everything before it has to be counted right.
        place = types.Range(types.Position(2, units(line[:at])), types.Position(2, units(line[: at + 4])))
        text = EMOJI.replace("curl", "true")
        editor.change(root / "Dockerfile", [types.TextDocumentContentChangePartial(place, "true")], text)
        assert "pipe-to-shell" not in {d.code for d in editor.diagnostics(root / "Dockerfile")}
        back = types.Range(types.Position(2, units(line[:at])), types.Position(2, units(line[:at]) + 4))
        editor.change(root / "Dockerfile", [types.TextDocumentContentChangePartial(back, "curl")], EMOJI)
        again = next(d for d in editor.diagnostics(root / "Dockerfile") if d.code == "pipe-to-shell")
        assert again.range == found.range


def test_settings(tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE})
    settings: dict[str, Any] = {
        "": {"minSeverity": "high", "kubernetes-version": "1.34", "profil": "strict", "exclude": 5}
    }
    with Editor(root, settings=settings) as editor:
        assert told(editor, root) == command(root, "--min-severity", "high", "--kubernetes-version", "1.34")
        assert [m for m in editor.shown if "profil" in m and "did you mean `profile`" in m]
        assert [m for m in editor.shown if "exclude" in m and "must be a list" in m]
        assert types.WORKSPACE_DID_CHANGE_CONFIGURATION in editor.registered
        for said, options in (
            ({"profile": "strict", "ignore": ["pipe-to-shell"]}, ("--profile", "strict", "--ignore", "pipe-to-shell")),
            ({"select": ["privileged"]}, ("--select", "privileged")),
            (
                {"exclude": ["compose.yaml"], "minSeverity": "info"},
                ("--exclude", "compose.yaml", "--min-severity", "info"),
            ),
        ):
            settings[""] = said
            editor.tell(types.WORKSPACE_DID_CHANGE_CONFIGURATION, types.DidChangeConfigurationParams(None))
            expected = command(root, *options)
            until(lambda expected=expected: told(editor, root) == expected)
        settings[""] = {"enable": False}
        editor.tell(types.WORKSPACE_DID_CHANGE_CONFIGURATION, types.DidChangeConfigurationParams(None))
        until(lambda: told(editor, root) == set())


def test_the_configuration_and_its_faults(server: Editor, tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": DOCKERFILE, ".hullcheck.yaml": "ignore: [pipe-to-shell]\n"})
    with opened(server, root):
        before = told(server, root)
        assert before == command(root)
        (root / ".hullcheck.yaml").write_text("ignore: [pipe-to-shel]\n")
        server.watched(root / ".hullcheck.yaml")
        fault = server.diagnostics(root / ".hullcheck.yaml")
        assert [(d.code, d.range.start.line) for d in fault] == [("configuration", 0)]
        assert "pipe-to-shell" in fault[0].message
        assert {row for row in told(server, root) if row[3] != "configuration"} == before, "what was told stays"
        (root / ".hullcheck.yaml").write_text("ignore: [undigested-image]\n")
        server.watched(root / ".hullcheck.yaml")
        assert told(server, root) == command(root)


def test_a_baseline_holds(server: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": DOCKERFILE})
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        monkeypatch.chdir(root)
        assert main(["baseline", "create", "old.json"]) == 0
    (root / ".hullcheck.yaml").write_text("baseline: old.json\n")
    with opened(server, root):
        assert told(server, root) == command(root)
        server.open(root / "Dockerfile")
        server.write(root / "Dockerfile", f"{DOCKERFILE}RUN wget http://b.example/y | bash\n")
        now = told(server, root)
        assert now == command(saved(root, server, tmp_path / "saved"))
        assert now


def test_progress_is_shown(tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": DOCKERFILE})
    with Editor(root) as editor:
        editor.settle(root)
        kinds = [getattr(each, "kind", each["kind"] if isinstance(each, dict) else "") for each in editor.progress]
        assert kinds[1] == "begin"
        assert kinds[-1] == "end"
        assert types.WORKSPACE_DID_CHANGE_WATCHED_FILES in editor.registered


def test_the_first_judgement_may_be_ended(tmp_path: Path) -> None:
    """And the next edit begins it anew."""
    root = tree(tmp_path / "x", {f"a{number}/Dockerfile": DOCKERFILE for number in range(150)})
    with Editor(root) as editor:
        until(lambda: any(isinstance(each, str) for each in editor.progress))
        token = next(each for each in editor.progress if isinstance(each, str))
        until(lambda: len(editor.progress) > 1)
        editor.tell(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, types.WorkDoneProgressCancelParams(token))
        editor.settle(root)
        ended = [line for line in editor.logged if "it was ended" in line]
        if ended:  # else it was through already
            assert editor.published == []
        editor.watched(root / "a0/Dockerfile")
        assert told(editor, root) == command(root)


def test_files_are_called_as_the_editor_calls_them(server: Editor, tmp_path: Path) -> None:
    """A folder that is a link, and an address that is spelled otherwise."""
    text = "FROM debian:13.1\nRUN curl http://a.example/x | sh\n"
    real = tree(tmp_path / "real", {"a b/Dockerfile": text, "compose.yaml": "services:\n  a:\n    build: 'a b'\n"})
    link = tmp_path / "link"
    link.symlink_to(real)
    with opened(server, link):
        assert told(server, link) == command(real)
        odd = f"{uri(link)}/a%20b/%44ockerfile"
        assert server.all(real) == {}
        server.tell(
            types.TEXT_DOCUMENT_DID_OPEN,
            types.DidOpenTextDocumentParams(types.TextDocumentItem(odd, "x", 3, text)),
        )
        server.settle(link)
        last = next(p for p in reversed(server.published) if p.uri == odd)
        assert last.version == 3
        assert "pipe-to-shell" in {d.code for d in last.diagnostics}
        related = [
            r.location.uri for d in server.diagnostics(link / "compose.yaml") for r in d.related_information or ()
        ]
        assert set(related) == {odd}
        assert uri(link / "a b/Dockerfile") not in server.last(link), "one address for a file"
        server.tell(types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(odd)))
        server.settle(link)


def test_an_editor_that_can_little(tmp_path: Path) -> None:
    """It answers nothing, watches nothing and says what it wants at first; its edits have no versions."""
    root = tree(tmp_path / "x", {"Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE})
    with Editor(root, capabilities={}, initial={"hullcheck": {"select": ["privileged"]}}) as editor:
        assert told(editor, root) == command(root, "--select", "privileged")
        assert editor.registered == editor.progress == []
        (action,) = [a for a in editor.actions(root / "compose.yaml", 3) if a.title.startswith("Ignore")]
        assert action.edit is not None
        assert action.edit.document_changes is None
        assert list(action.edit.changes or ()) == [uri(root / "compose.yaml")]


def test_a_question_is_given_up(server: Editor, tmp_path: Path) -> None:
    """A request that is cancelled is answered at once, and the server goes on."""
    root = tree(tmp_path / "x", {"Dockerfile": DOCKERFILE})
    with opened(server, root):
        server.open(root / "Dockerfile")
        for number in range(20):
            server.write(root / "Dockerfile", f"{DOCKERFILE}# {number}\n")

        async def give_up() -> object:
            place = types.TextDocumentIdentifier(uri(root / "Dockerfile")), types.Position(0, 6)
            protocol = server.client.protocol
            future = protocol.send_request(types.TEXT_DOCUMENT_HOVER, types.HoverParams(*place))
            number = next(n for n, known in protocol._request_futures.items() if known is future)
            protocol.notify(types.CANCEL_REQUEST, types.CancelParams(number))
            while not future.done():
                await __import__("asyncio").sleep(0.01)
            return future.exception()

        assert "cancel" in str(server.wait(give_up())).lower()
        assert told(server, root) == command(saved(root, server, tmp_path / "saved"))


def test_hostile_files_end_nothing(server: Editor, tmp_path: Path) -> None:
    root = tree(tmp_path / "x", {"Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE})
    with opened(server, root):
        server.open(root / "Dockerfile")
        server.open(root / "compose.yaml")
        for text in (
            "\ud800FROM x\n",
            "[" * 50_000,
            "a: &a [*a]\n",
            "\x00" * 10,
            "FROM \u2028x\x0b\r\n\rUSER 0",
            "? ? ?\n",
        ):
            for name in ("Dockerfile", "compose.yaml"):
                server.write(root / name, text)
                server.hover(root / name, 0, 2)
                server.actions(root / name, 0)
        server.change(
            root / "Dockerfile",
            [types.TextDocumentContentChangePartial(types.Range(types.Position(900, 9), types.Position(1, 5)), "x")], "?",
        )  # fmt: skip
        server.ask(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionParams(
            types.TextDocumentIdentifier("untitled:x"), types.Range(types.Position(0, 0), types.Position(0, 0)),
            types.CodeActionContext([]),
        ))  # fmt: skip
        server.write(root / "Dockerfile", DOCKERFILE)
        server.write(root / "compose.yaml", COMPOSE)
        assert told(server, root) == command(root)


def test_the_server_ends_with_the_editor(tmp_path: Path) -> None:
    """Without a word, at the end of the stream, and if the process that started it is gone."""
    for stream in (b"Content-Length: 9\r\n\r\n{", b"\xff" * 70_000):
        done = subprocess.run(
            [*PYTHON, "lsp"], input=stream, capture_output=True, timeout=60, env=environment(), check=False
        )
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    editor = Editor(process=parent.pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert parent.stdin is not None
    parent.stdin.close()
    assert editor.ended() == 1


def test_without_the_libraries_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ImportError('none')\n")
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join((str(tmp_path), env["PYTHONPATH"]))
    done = subprocess.run([*PYTHON, "lsp"], capture_output=True, text=True, timeout=60, env=env, check=False)
    assert done.returncode == 2
    assert "pip install 'hullcheck[lsp]'" in done.stderr
    assert done.stdout == ""
