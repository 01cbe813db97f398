"""Where things go wrong around a run: how its process ends, and the one line that it says."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitrepo import Repo
from process import environment, run, start

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals, rights and devices are others there")

BAD = "FROM debian:latest\nUSER root\nRUN echo é\n"
PRIVILEGED = "services:\n  wéb:\n    image: nginx:1.27\n    privileged: true\n"
FULL = "hullcheck: standard output can't be written: No space left on device\n"
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "Dockerfile").write_text(BAD)
    (folder / "compose.yaml").write_text(PRIVILEGED)
    return folder


def closed(*descriptors: int) -> Callable[[], None]:
    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    return close


# Standard streams


COMMANDS = [
    ("check",), ("check", "--output-format", "json"), ("check", "--quiet", "--diff", "--unsafe-fixes"), ("files",), ("show",), ("map",),
    ("explain", "privileged"), ("checks",), ("config", "show"), ("config", "schema"), ("--help",), ("--version",),
    ("migrate", ".hadolint.yaml"),
]  # fmt: skip


@needs_full
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_is_no_success(repository: Path, command: tuple[str, ...]) -> None:
    (repository / ".hadolint.yaml").write_text("ignored: [DL3002]\n")
    with open("/dev/full", "wb") as full:
        assert run(repository, *command, stdout=full)[::2] == (2, FULL)


@needs_full
def test_what_cannot_be_said_on_standard_error_changes_no_exit_code(repository: Path) -> None:
    with open("/dev/full", "wb") as full:
        assert run(repository, "check", "--statistics", stderr=full)[0] == 1
        assert run(repository, "check", "nowhere", stderr=full)[:2] == (2, "")
        assert run(repository, "check", stdout=full, stderr=full)[0] == 2


@needs_full
def test_a_full_disk_under_a_report_is_told(repository: Path) -> None:
    done = run(repository, "check", "--output-format", "json:/dev/full")
    assert done[::2] == (2, "hullcheck: /dev/full: can't be written: No space left on device\n")


def test_standard_output_that_is_closed(repository: Path) -> None:
    told = "hullcheck: standard output can't be written: it is closed\n"
    for command in ("check", "files", "show", "map"):
        assert run(repository, command, stdout=None, preexec_fn=closed(1))[::2] == (2, told)
    done = run(repository, "check", "--output-format", "json:out.json", stdout=None, preexec_fn=closed(1))
    assert done[::2] == (1, "")
    assert json.loads((repository / "out.json").read_text())["findings"]


def test_standard_error_that_is_closed(repository: Path) -> None:
    done = run(repository, "check", "--statistics", stderr=None, preexec_fn=closed(2))
    assert (done.code, "root-user" in done.out) == (1, True)
    assert run(repository, "check", "nowhere", stderr=None, preexec_fn=closed(2))[:2] == (2, "")


def test_standard_input_that_is_closed(repository: Path) -> None:
    assert run(repository, "check", stdin=None, preexec_fn=closed(0)).code == 1
    done = run(repository, "check", "-", stdin=None, preexec_fn=closed(0))
    assert done == (2, "", "hullcheck: standard input can't be read: it is closed\n")


def test_all_of_them_closed_touch_no_file(repository: Path) -> None:
    """The next file that is opened would have one of their numbers, and be written to."""
    before = {path: path.read_bytes() for path in repository.iterdir() if path.is_file()}
    options: dict[str, Any] = {"stdin": None, "stdout": None, "stderr": None, "preexec_fn": closed(0, 1, 2)}
    assert run(repository, "check", "--statistics", **options).code == 2
    assert run(repository, "check", "--output-format", "sarif:../out.sarif", **options).code == 1
    assert {path: path.read_bytes() for path in repository.iterdir() if path.is_file()} == before
    assert json.loads((repository.parent / "out.sarif").read_text())["version"] == "2.1.0"


def test_a_stream_that_never_ends_is_not_read_to_its_end(repository: Path) -> None:
    with open("/dev/zero", "rb") as zeros:
        done = run(repository, "check", "-", stdin=zeros)
    assert done == (2, "", "hullcheck: standard input can't be read: larger than 64 MiB\n")


@pytest.mark.parametrize("command", ["checks", "check"])
def test_a_reader_that_stops_reading_is_met_with_silence(repository: Path, command: str) -> None:
    many = "".join(f"  s{number}: {{image: a, privileged: true}}\n" for number in range(500))
    (repository / "compose.yaml").write_text(f"services:\n{many}")
    process = start(repository, command, "--quiet") if command == "check" else start(repository, command)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    error = process.communicate(timeout=60)[1]
    assert error == b""
    assert process.returncode == 2 or (command, process.returncode) == ("checks", 0), "all of it fits into a pipe"


def test_a_reader_that_stopped_before_anything_was_said(repository: Path) -> None:
    for stream in ("stdout", "stderr"):
        reading, writing = os.pipe()
        os.close(reading)
        done = run(repository, "check", "--statistics", **{stream: writing})
        os.close(writing)
        assert (done.code, done.error) == (2, "") if stream == "stdout" else done.code == 1


def test_a_slow_reader_of_a_pipe_that_does_not_wait_gets_everything(repository: Path) -> None:
    """Another program may have set the pipe so, as Node.js does for all that share it."""
    _busy(repository, 2)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = start(repository, "check", "--output-format", "json", stdout=writing)
    os.close(writing)
    time.sleep(2)
    with open(reading, "rb") as pipe:
        out = pipe.read()
    assert (process.communicate(timeout=60)[1], process.returncode) == (b"", 1)
    assert len(out) > 65_536
    assert json.loads(out)["findings"]


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
@pytest.mark.parametrize("form", ["full", "concise", "json", "github", "markdown"])
def test_a_terminal_that_knows_only_ascii(repository: Path, locale: dict[str, str], form: str) -> None:
    (repository / "é").mkdir()
    (repository / "é/compose.yaml").write_text(PRIVILEGED)
    done = run(repository, "check", "--output-format", form, env=environment(**locale))
    assert (done.code, done.error) == (1, "")
    said = json.dumps(json.loads(done.out), ensure_ascii=False) if form == "json" else done.out
    assert "wéb" in said
    assert "é/compose.yaml" in said or "PYTHONUTF8" in locale  # there, a name is bytes to the interpreter
    assert run(repository, "check", "nöwhere", env=environment(**locale)).code == 2


# Signals


def _busy(repository: Path, folders: int = 1_000) -> None:
    """Enough for a run of seconds."""
    service = "    image: nginx:latest\n    privileged: true\n"
    for number in range(folders):
        folder = repository / f"d{number}"
        folder.mkdir()
        (folder / "compose.yaml").write_text("services:\n" + "".join(f"  s{i}:\n{service}" for i in range(20)))


def _signalled(repository: Path, number: int, *arguments: str, group: bool = False) -> tuple[int, bytes, bytes]:
    process = start(repository, "check", "--output-format", "json", "--quiet", *arguments)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline and not _reads(process.pid, repository):
        time.sleep(0.01)
    (os.killpg if group else os.kill)(process.pid, number)
    out, error = process.communicate(timeout=60)
    assert not _left(process.pid)
    return process.returncode, out, error


def _reads(pid: int, repository: Path) -> bool:
    """Is the process at work? Then it has been running for longer than it takes to start."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        ticks = sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK") > 0.8


def _left(session: int, times: int = 100, but: int = 0) -> list[str]:
    """The processes of a session that are still there once they have had time to end."""
    for _ in range(times):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[3] == str(session) and fields[0] != "Z" and name != str(but):
                found.append(name)
        if not found:
            break
        time.sleep(0.1)
    return found


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="there is no /proc")


@needs_proc
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("group", [False, True], ids=["process", "terminal"])
def test_a_run_that_is_interrupted(repository: Path, jobs: str, group: bool) -> None:
    _busy(repository)
    done = _signalled(repository, signal.SIGINT, "--jobs", jobs, group=group)
    assert done == (130, b"", b"hullcheck: interrupted\n")


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_that_is_terminated(repository: Path, jobs: str, number: int) -> None:
    _busy(repository)
    done = _signalled(repository, number, "--jobs", jobs)
    assert done == (128 + number, b"", b"hullcheck: terminated\n")


@needs_proc
def test_a_run_that_is_killed_leaves_no_processes(repository: Path) -> None:
    _busy(repository)
    assert _signalled(repository, signal.SIGKILL, "--jobs", "2")[0] == -signal.SIGKILL


@pytest.mark.parametrize("delay", [0.01, 0.03, 0.06, 0.1, 0.15])
def test_an_interrupt_while_it_starts(repository: Path, delay: float) -> None:
    """Before the interpreter is up, the system ends it; from then on the code is the one that is promised."""
    process = start(repository, "check", "--quiet")
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode in (130, 1, -signal.SIGINT)
    assert b"hullcheck/" not in error, error.decode()


def test_what_was_told_to_be_ignored_is(repository: Path) -> None:
    """As `nohup` does with the end of the terminal."""
    process = start(repository, "check", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    time.sleep(0.5)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 1


# What is around it isn't there


def test_no_home_and_nothing_said_of_it(repository: Path) -> None:
    bare = {name: value for name, value in environment().items() if name != "HOME"}
    done = run(repository, "check", env=bare)
    assert (done.code, done.error) == (1, "")
    assert run(repository, "check", env={**bare, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}).code == 1
    repo = Repo(repository.parent / "versioned")
    repo.commit({"Dockerfile": "FROM debian:13.1\nUSER 10001\n"})
    repo.commit({"Dockerfile": BAD})
    done = run(repo.folder, "check", "--gate", "--diff-base", "HEAD~1", env={**bare, "HOME": "/nonexistent"})
    assert (done.code, "root-user" in done.out) == (1, True), done.error


def test_no_git(repository: Path, tmp_path: Path) -> None:
    """What needs it says so; what doesn't goes on."""
    repo = Repo(tmp_path / "versioned")
    repo.commit({"Dockerfile": BAD})
    bare = environment(PATH="/nonexistent")
    for command in (("--diff-base", "HEAD"), ("--gate", "--diff-base", "HEAD"), ("--pre-commit", "Dockerfile")):
        code, out, error = run(repo.folder, "check", *command, env=bare)
        assert (code, out, error.count("\n")) == (2, "", 1)
        assert error.startswith("hullcheck: git can't be started: "), error
    for command in ("show", "map"):
        code, out, error = run(repo.folder, command, "--diff-base", "HEAD", env=bare)
        assert (code, error.startswith("hullcheck: git can't be started: ")) == (2, True), error
    assert run(repo.folder, "check", env=bare)[::2] == (1, "")
    assert run(repo.folder, "check", "--output-format", "sarif", env=bare)[::2] == (1, "")
    assert run(repo.folder, "baseline", "create", env=bare).code == 0


@pytest.mark.parametrize("silent", ["rev-parse", "ls-tree", "cat-file"])
def test_a_git_that_does_not_answer(
    tmp_path: Path, silent: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may have been made to read a pipe: where that lies, only git knows."""
    from hullcheck.cli import main

    repo = Repo(tmp_path / "versioned")
    repo.commit({"Dockerfile": BAD})
    repo.write({"Dockerfile": f"{BAD}# later\n"})
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    real = shutil.which("git")
    program.write_text(f'#!/bin/sh\ncase " $* " in *" {silent} "*) exec sleep 60;; esac\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("hullcheck.plumbing.PATIENCE", 1)
    monkeypatch.chdir(repo.folder)
    assert main(["check", "--diff-base", "HEAD"]) == 2
    told = f"hullcheck: `git {silent}` didn't answer within 1 seconds: is something in `.git` a pipe?\n"
    assert capsys.readouterr() == ("", told)


def test_a_current_folder_that_is_gone(repository: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    before = ("sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh")
    told = "hullcheck: the current folder isn't there any more: go to one that is, or name what to look at by absolute paths\n"
    for command in ("check", "files", "show", "map"):
        gone.mkdir(exist_ok=True)
        assert run(gone, command, before=before) == (2, "", told)
        gone.mkdir(exist_ok=True)
        done = run(gone, command, str(repository), before=before)
        assert done.code == (1 if command == "check" else 0), done.error
        gone.mkdir(exist_ok=True)
        done = run(gone, command, str(repository / "compose.yaml"), before=before)
        assert done.code == (1 if command == "check" else 0), done.error


@pytest.mark.parametrize("error", [OSError("no semaphores"), ImportError("no threads"), NotImplementedError()])
@pytest.mark.parametrize("where", ["__init__", "submit"])
def test_no_more_processes(repository: Path, where: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading goes on in the one that there is."""
    from concurrent.futures import ProcessPoolExecutor

    from hullcheck.discover import DiskTree, Entry
    from hullcheck.read import read_all

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ProcessPoolExecutor, where, fail)
    tree = DiskTree(str(repository))
    entries = [entry for entry in tree.entries() if isinstance(entry, Entry)]
    assert sorted(read_all(tree, entries, 2, lambda *_: None)) == ["Dockerfile", "compose.yaml"]


@needs_proc
def test_a_process_that_the_system_takes_away(repository: Path) -> None:
    _busy(repository)
    process = start(repository, "check", "--quiet", "--jobs", "2")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (children := _left(process.pid, 1, but=process.pid)):
        time.sleep(0.01)
    os.kill(int(children[0]), signal.SIGKILL)
    error = process.communicate(timeout=60)[1].decode()
    told = "hullcheck: a process that reads files was ended: by the system, if memory ran out; try `--jobs 1`\n"
    assert (process.returncode, error) == (2, told)
