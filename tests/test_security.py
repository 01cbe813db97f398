"""What SECURITY.md promises of a run as a whole; and that each of its promises names a test."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gitrepo import Repo
from process import environment, run

ROOT = Path(__file__).parent.parent
FORMATS = ("full", "concise", "json", "sarif", "sarif-full", "github", "markdown", "gitlab", "junit", "rdjson", "html")

SECRET = "aZ9xQ7rT2wLk5vB8nM3p"
FILES: dict[str, str | None] = {
    "Dockerfile": f"FROM debian:latest\nARG API_TOKEN={SECRET}\nENV DB_PASSWORD={SECRET}\nUSER root\n"
    f"RUN curl -u admin:{SECRET} https://u:{SECRET}@example.org/x | sh\n",
    "compose.yaml": f"services:\n  w:\n    image: nginx:latest\n    privileged: true\n    build: .\n"
    f"    environment: {{POSTGRES_PASSWORD: {SECRET}}}\n    command: [serve, --password={SECRET}]\n",
    "k8s/app.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: true\n  containers:\n"
    f"  - {{name: c, image: 'a:1', env: [{{name: ADMIN_PASSWORD, value: {SECRET}}}]}}\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
    "chart/values.yaml": f"password: {SECRET}\n",
    "chart/templates/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n  containers:\n"
    "  - {name: c, image: 'a:latest', env: [{name: DB_PASSWORD, value: {{ .Values.password }}}]}\n",
    "over/kustomization.yaml": "resources: [../k8s/app.yaml, https://example.org/remote.yaml, github.com/example/base]\n",
    ".env": f"POSTGRES_PASSWORD={SECRET}\n",
    # What would run if anything were imported, evaluated or started:
    "sitecustomize.py": "raise SystemExit(99)\n",
    "yaml.py": "raise SystemExit(99)\n",
    "git.py": "raise SystemExit(99)\n",
    "hullcheck_checks.py": "raise SystemExit(99)\n",
    ".github/workflows/ci.yaml": "on: push\njobs: {b: {runs-on: x, steps: [{run: docker build .}]}}\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    made = Repo(tmp_path_factory.mktemp("security") / "repository")
    made.commit({"Dockerfile": "FROM debian:13.1\nUSER 10001\n"})
    made.commit(FILES)
    return made


PLAIN = (
    ("check",), ("check", "--output-format", "sarif"), ("check", "--unsafe-fixes", "--diff"), ("check", "--validate"),
    ("files",), ("show",), ("map",), ("config", "show"), ("baseline", "create", "../baseline.json"),
)  # fmt: skip
COMPARING = (
    ("check", "--gate", "--diff-base", "HEAD~1"), ("map", "--diff-base", "HEAD~1"), ("show", "--diff-base", "HEAD~1"),
    ("check", "--pre-commit", "Dockerfile"),
)  # fmt: skip


Events = list[tuple[str, list[str]]]
_done: dict[tuple[str, ...], Events] = {}


def done_by(repo: Repo, *arguments: str) -> Events:
    """What a run does beside reading."""
    if arguments not in _done:
        log = repo.folder.parent / "log"
        command = (sys.executable, Path(__file__).with_name("audited.py"), log, *arguments)
        done = subprocess.run(
            command, cwd=repo.folder, env=environment(), capture_output=True, check=False, timeout=120
        )  # fmt: skip
        assert done.returncode in (0, 1, 4), done.stderr.decode()
        (repo.folder.parent / "baseline.json").unlink(missing_ok=True)
        _done[arguments] = [(event, said) for event, said in map(json.loads, log.read_text().splitlines())]
    return _done[arguments]


@pytest.mark.parametrize("arguments", [*PLAIN, *COMPARING], ids=" ".join)
def test_no_command_opens_a_socket(repo: Repo, arguments: tuple[str, ...]) -> None:
    events = {event for event, _ in done_by(repo, *arguments)}
    assert not {event for event in events if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib."))}
    assert not events & {"exec", "compile", "os.exec", "os.system", "os.fork", "os.startfile", "webbrowser.open"}


@pytest.mark.parametrize("arguments", [*PLAIN, *COMPARING], ids=" ".join)
def test_no_program_is_started_but_git(repo: Repo, arguments: tuple[str, ...]) -> None:
    started = [
        arguments[0]
        for event, arguments in done_by(repo, *arguments)
        if event in ("subprocess.Popen", "os.posix_spawn")
    ]
    assert {os.path.basename(name) for name in started} <= ({"git"} if arguments in COMPARING else set())
    assert bool(started) == (arguments in COMPARING)


@pytest.mark.parametrize("arguments", [*PLAIN, *COMPARING], ids=" ".join)
def test_nothing_is_written_but_what_is_asked_for(repo: Repo, arguments: tuple[str, ...]) -> None:
    events = done_by(repo, *arguments)
    opened = {said[0] for event, said in events if event == "open"} - {os.devnull}
    changed = {event for event, _ in events if event.startswith(("os.", "shutil.", "tempfile."))} - {"os.posix_spawn"}
    if arguments[0] == "baseline":
        assert {re.sub("[0-9a-f]{16}", "", name) for name in opened if not name.isdigit()} == {"../baseline.json..part"}
        assert changed == {"os.rename"}
    else:
        assert {name for name in opened if not name.isdigit()} == set()  # a number is a stream or a pipe to git
        assert changed == set()


def test_the_audit_sees_what_it_looks_for(tmp_path: Path) -> None:
    script = tmp_path / "bad.py"
    script.write_text(
        f"import sys\nsys.argv = ['x', {str(tmp_path / 'log')!r}]\n"
        f"code = open({str(Path(__file__).with_name('audited.py'))!r}).read().rsplit('sys.exit', 1)[0]\n"
        "exec(code)\nimport os, socket, subprocess\nsocket.socket()\nsubprocess.run(['true'])\n"
        "open('new', 'w')\nos.rename('new', 'newer')\nexec(compile('1', os.getcwd() + '/x.py', 'exec'))\n"
    )
    subprocess.run((sys.executable, "-W", "ignore", script), cwd=tmp_path, env=environment(), check=True)
    events = {json.loads(line)[0] for line in (tmp_path / "log").read_text().splitlines()}
    assert {"socket.__new__", "subprocess.Popen", "open", "os.rename", "exec"} <= events


@pytest.mark.parametrize(
    "more", [(), ("--show-suppressed", "--min-severity", "info"), ("--diff-base", "HEAD~1")], ids=" ".join
)  # fmt: skip
def test_no_secret_is_printed(repo: Repo, tmp_path: Path, more: tuple[str, ...]) -> None:
    wanted = [word for form in FORMATS for word in ("--output-format", f"{form}:{tmp_path / form}")]
    done = run(repo.folder, "check", *wanted, *more)
    assert done.code in (1, 4)
    said = {form: (tmp_path / form).read_text() for form in FORMATS}
    assert [form for form, text in said.items() if SECRET in text + done.out + done.error] == []
    assert "*****" in said["full"]


@pytest.mark.parametrize(
    "command",
    [("show",), ("show", "--output-format", "json"), ("show", "--container", "w"), ("map",), ("check", "--diff", "--unsafe-fixes"),
     ("show", "--diff-base", "HEAD~1"), ("files",)],
    ids=" ".join,
)  # fmt: skip
def test_no_secret_is_printed_by_another_command(repo: Repo, command: tuple[str, ...]) -> None:
    done = run(repo.folder, *command)
    assert done.code in (0, 1, 4), done.error
    assert SECRET not in done.out + done.error


def test_the_same_files_give_the_same_report(repo: Repo, tmp_path: Path) -> None:
    said = set()
    for number, (jobs, seed) in enumerate((("1", "0"), ("1", "1"), ("2", "2"), ("2", "3"))):
        wanted = [word for form in FORMATS for word in ("--output-format", f"{form}:{tmp_path / f'{form}{number}'}")]
        done = run(repo.folder, "check", *wanted, "--jobs", jobs, env=environment(PYTHONHASHSEED=seed))
        said.add((done, *((tmp_path / f"{form}{number}").read_bytes() for form in FORMATS)))
    assert len(said) == 1


def _named() -> list[str]:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    return re.findall(r"`(tests/[\w./:]+)`", text)


def test_each_promise_names_a_test() -> None:
    rows = [line for line in (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")][
        1:
    ]
    assert len(rows) > 15
    assert [row for row in rows if not re.search(r"`tests/[\w./:]+`", row.rstrip("|").rpartition("|")[2])] == []


@pytest.mark.parametrize("name", sorted(set(_named())))
def test_a_test_that_is_named_is_there(name: str) -> None:
    path, _, function = name.partition("::")
    assert (ROOT / path).exists()
    if function:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
