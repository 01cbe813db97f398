"""Files and folders that can't be read, written, named or relied on: what is said of them, and that the rest goes on."""

import io
import json
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from gitrepo import Repo
from hullcheck import look
from hullcheck.cli import main
from hullcheck.discover import DiskTree
from process import environment, ordinary, run, start

pytestmark = pytest.mark.skipif(os.name == "nt", reason="rights, names and devices are others there")

BAD = "FROM debian:latest\nUSER root\n"
PRIVILEGED = "services:\n  w:\n    image: nginx:1.27\n    privileged: true\n"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "repository"
    for name, text in (("Dockerfile", BAD), ("compose.yaml", PRIVILEGED), ("inner/compose.yaml", PRIVILEGED)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / ".git").mkdir()
    yield folder
    for path, folders, files in os.walk(folder):
        for name in folders:
            os.chmod(os.path.join(path, name), 0o755)
        assert not [name for name in files if name.startswith(".hullcheck-") and not name.endswith(".json")]


def findings(out: str) -> set[tuple[str, str]]:
    return {(finding["name"], finding["path"]) for finding in json.loads(out)["findings"]}


# A file system that can only be read


def closed_to_writing(root: Path) -> None:
    for path in sorted(root.rglob("*"), reverse=True):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    root.chmod(0o555)


@pytest.mark.parametrize(
    "command", [("check",), ("check", "--jobs", "2"), ("files",), ("show",), ("map",), ("config", "show")]
)
def test_nothing_needs_to_be_written(repository: Path, command: tuple[str, ...]) -> None:
    before = ordinary()
    nowhere = environment(HOME="/nonexistent", TMPDIR=str(repository))
    closed_to_writing(repository)
    done = run(repository, *command, before=before, env=nowhere)
    assert (done.code, done.error) == (1 if command[0] == "check" else 0, "")
    assert done.out == run(repository, *command).out


def test_a_comparison_needs_to_write_nothing_either(tmp_path: Path) -> None:
    before = ordinary()
    repo = Repo(tmp_path / "versioned")
    repo.commit({"Dockerfile": "FROM debian:13.1\nUSER 10001\n"})
    repo.commit({"Dockerfile": BAD})
    closed_to_writing(repo.folder)
    done = run(
        repo.folder, "check", "--gate", "--diff-base", "HEAD~1", before=before, env=environment(TMPDIR="/nonexistent")
    )
    assert (done.code, done.error, "root-user" in done.out) == (1, "", True)


def test_reports_that_cannot_be_written(repository: Path) -> None:
    before = ordinary()
    closed_to_writing(repository)
    for command, name in (
        (("check", "--output-format", "json:report.json"), "report.json"),
        (("map", "--output", "map.txt"), "map.txt"),
        (("baseline", "create"), f"{repository}/.hullcheck-baseline.json"),
    ):
        done = run(repository, *command, before=before)
        assert done == (2, "", f"hullcheck: {name}: can't be written: Permission denied\n")


def test_fixes_that_cannot_be_written_stop_no_others(repository: Path) -> None:
    before = ordinary()
    (repository / "inner").chmod(0o555)
    (repository / "compose.yaml").chmod(0o640)
    done = run(repository, "check", "--fix", "--output-format", "json", before=before)
    assert done.code == 2
    assert done.error.splitlines() == [
        "hullcheck: inner/compose.yaml: not fixed: Permission denied",
        "hullcheck: fixed 1 finding in 1 file",
    ]
    assert "no-new-privileges" in (repository / "compose.yaml").read_text()
    assert stat.S_IMODE((repository / "compose.yaml").stat().st_mode) == 0o640
    assert (repository / "inner/compose.yaml").read_text() == PRIVILEGED
    assert ("privileged", "inner/compose.yaml") in findings(done.out)
    assert run(repository, "check", "--fix-only", "-q", before=before).code == 2
    (repository / "inner").chmod(0o755)
    assert run(repository, "check", "--fix-only", before=before)[::2] == (0, "hullcheck: fixed 1 finding in 1 file\n")


def test_fixes_follow_no_link_out_of_the_tree(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/compose.yaml").write_text(PRIVILEGED)
    (repository / "linked").symlink_to(tmp_path / "other")
    (repository / "compose.override.yaml").symlink_to(tmp_path / "other/compose.yaml")
    (repository / "compose.prod.yaml").symlink_to("inner/compose.yaml")
    assert run(repository, "check", "--fix", "--unsafe-fixes", "-q").code in (0, 1)
    assert (tmp_path / "other/compose.yaml").read_text() == PRIVILEGED
    assert (repository / "compose.prod.yaml").is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_what_is_written_anew_keeps_its_mode_and_its_owner(repository: Path, mode: int) -> None:
    for name in ("compose.yaml", "report.json"):
        (repository / name).touch()
        (repository / name).chmod(mode)
        if os.geteuid() == 0:
            os.chown(repository / name, 65534, 65534)
    run(repository, "check", "--fix", "--output-format", "json:report.json")
    for name in ("compose.yaml", "report.json"):
        assert stat.S_IMODE((repository / name).stat().st_mode) == mode
    if os.geteuid() == 0:
        assert (repository / "compose.yaml").stat().st_uid == 65534


def test_a_report_that_breaks_off_leaves_nothing_beside_it(repository: Path) -> None:
    resource = pytest.importorskip("resource")
    (repository / "report.json").write_text("before")
    done = run(
        repository, "check", "--output-format", "json:report.json",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)),
    )  # fmt: skip
    assert done[::2] == (2, "hullcheck: report.json: can't be written: File too large\n")
    assert (repository / "report.json").read_text() == "before"
    assert sorted(path.name for path in repository.iterdir()) == [
        ".git",
        "Dockerfile",
        "compose.yaml",
        "inner",
        "report.json",
    ]


# What an ordinary user may not read


def test_a_file_that_may_not_be_read(repository: Path) -> None:
    before = ordinary()
    (repository / "compose.yaml").chmod(0)
    done = run(repository, "check", "--output-format", "json", before=before)
    assert (done.code, done.error) == (4, "")
    assert {
        ("unreadable-file", "compose.yaml"),
        ("privileged", "inner/compose.yaml"),
        ("root-user", "Dockerfile"),
    } <= findings(done.out)
    done = run(repository, "show", before=before)
    assert done[::2] == (4, "hullcheck: compose.yaml: can't be read: Permission denied\n")
    assert "inner (compose)" in done.out
    assert run(repository, "show", "compose.yaml", before=before) == (
        2, "", "hullcheck: compose.yaml: can't be read: Permission denied\n",
    )  # fmt: skip
    done = run(repository, "map", before=before)
    assert done[::2] == (4, "hullcheck: not in the map: compose.yaml: can't be read: Permission denied\n")
    assert "inner/compose.yaml" in done.out
    assert "not judged file (can't be read: Permission denied)" in run(repository, "files", before=before).out


def test_a_folder_that_may_not_be_listed(repository: Path) -> None:
    before = ordinary()
    (repository / "inner").chmod(0)
    told = "1 folder (inner) not judged: can't be listed: Permission denied; make it readable, or leave it out with `exclude`\n"
    done = run(repository, "check", "--output-format", "concise", before=before)
    assert done[::2] == (1, f"hullcheck: {told}")
    assert "root-user" in done.out
    assert run(repository, "check", "--fail-on-unjudged", before=before).code == 4
    done = run(repository, "check", "inner", before=before)
    assert (done.code, f"note: {told}" in done.out) == (4, True)
    assert run(repository, "files", before=before).out.endswith(
        "not judged   inner (can't be listed: Permission denied)\n"
    )
    (repository / "inner").chmod(0o444)  # its names, and nothing of what they stand for
    done = run(repository, "check", "--output-format", "json", before=before)
    assert (done.code, ("unreadable-file", "inner/compose.yaml") in findings(done.out)) == (4, True)


def test_a_policy_that_may_not_be_read(repository: Path) -> None:
    before = ordinary()
    for name in (".hullcheck.yaml", ".gitignore", ".dockerignore", "baseline.json"):
        (repository / name).write_text("")
        (repository / name).chmod(0)
    done = run(repository, "check", before=before)
    assert done == (2, "", f"hullcheck: {repository}/.hullcheck.yaml: can't be read: Permission denied\n")
    done = run(repository, "check", "--no-config", "--baseline", "baseline.json", before=before)
    assert done == (2, "", "hullcheck: baseline.json: can't be read: Permission denied\n")
    done = run(repository, "check", "--no-config", "--output-format", "json", before=before)
    unread = {path for name, path in findings(done.out) if name == "unreadable-file"}
    assert (done.code, unread) == (4, {".hullcheck.yaml", "baseline.json"}), "what the others would leave out is judged"


# What is no file


ODD = ("Dockerfile", "compose.yaml", "kustomization.yaml", "Chart.yaml", "x.yaml", ".env", "docker-bake.hcl", "skaffold.yaml",
       ".hullcheck.yaml", "pyproject.toml", ".hullcheck-baseline.json", ".gitignore", ".dockerignore", ".gitmodules",
       "values.yaml", ".github/workflows/ci.yaml", ".helmignore", "renovate.json", ".github/dependabot.yml")  # fmt: skip
COMMANDS = (("check",), ("files",), ("show",), ("map",), ("baseline", "create", "../baseline.json"))


def odd(path: Path, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            here = os.getcwd()
            os.chdir(path.parent)  # the path of a socket must be short
            made.bind(path.name)
            os.chdir(here)
    elif kind == "device":
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
        except OSError:
            pytest.skip("devices can't be made here")
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.parametrize(
    ("kind", "git"),
    [("fifo", True), ("fifo", False), ("socket", True), ("device", True), ("endless", True), ("folder", True)],
)
def test_what_only_has_the_name_of_a_file_ends_no_run(tmp_path: Path, kind: str, git: bool) -> None:
    """A reader of any of these would wait for ever, or read for ever."""
    folder = tmp_path / "odd"
    for name in ODD:
        odd(folder / name, kind)
    (folder / "good").mkdir()
    (folder / "good/Dockerfile").write_text(BAD)
    (folder / "good/docker-compose.yaml").write_text(PRIVILEGED)
    if git:
        (folder / ".git").mkdir()
    for arguments in COMMANDS:
        done = run(folder, *arguments)
        assert done.code in ((0, 4) if arguments[0] != "check" else (1, 4)), (arguments, done)
        assert "internal error" not in done.error
        assert arguments[0] != "check" or "root-user" in done.out
    if kind != "folder":
        for name in ("Dockerfile", "compose.yaml"):
            done = run(folder, "check", name, "--output-format", "json")
            assert (done.code, findings(done.out)) == (4, {("unreadable-file", name)}) or kind == "endless", done
        done = run(folder, "baseline", "show")
        assert (done.code, "can't be read" in done.error) == (2, True)


@pytest.mark.parametrize(
    "name", ["config", "HEAD", "index", "packed-refs", "info/grafts", "objects/info/alternates", "shallow"]
)
def test_a_history_that_would_be_waited_for_for_ever(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git itself waits; `git status` would, too."""
    repo = Repo(tmp_path / "versioned")
    repo.commit({"Dockerfile": BAD})
    (repo.folder / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repo.folder / ".git" / name)
    done = run(repo.folder, "check", "--gate", "--diff-base", "HEAD")
    assert (done.code, done.out, done.error.count("\n")) == (2, "", 1)
    assert done.error == f"hullcheck: .git/{name} is no regular file: git would wait for it for ever\n"
    assert run(repo.folder, "check", "--output-format", "sarif").code == 1


def test_links_in_circles_and_out_of_the_tree(repository: Path) -> None:
    (repository / "circle").symlink_to("circle")
    (repository / "a.Dockerfile").symlink_to("b.Dockerfile")
    (repository / "b.Dockerfile").symlink_to("a.Dockerfile")
    (repository / "inner/up").symlink_to("..")
    (repository / "inner/self").symlink_to(".")
    (repository / "out.Dockerfile").symlink_to("/etc/passwd")
    (repository / "out").symlink_to("/etc")
    (repository / "compose.prod.yaml").symlink_to("/dev/zero")
    (repository / "x.yaml").symlink_to("/proc/self/environ")
    done = run(repository, "check", "--output-format", "json")
    assert done.code == 1
    assert {path for _, path in findings(done.out)} == {"Dockerfile", "compose.yaml", "inner/compose.yaml"}
    listed = run(repository, "files").out
    for name in ("out.Dockerfile", "out", "compose.prod.yaml", "x.yaml"):
        assert f"not judged   {name} (a link that leads out of the repository)" in listed
    assert "a.Dockerfile (a link to something that is not a file)" in listed


# What changes while it is looked at


def judged(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, set[tuple[str, str]]]:
    code = main(["check", "--output-format", "json", "--quiet", *arguments])
    return code, findings(capsys.readouterr().out)


def meanwhile(monkeypatch: pytest.MonkeyPatch, path: str, act: Callable[[], object]) -> None:
    """Do something just before a file is read."""
    read = DiskTree._open

    def after(self: DiskTree, wanted: str) -> Any:
        if wanted == path:
            act()
        return read(self, wanted)

    monkeypatch.setattr(DiskTree, "_open", after)


def test_a_file_that_vanishes(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    meanwhile(monkeypatch, "compose.yaml", lambda: (repository / "compose.yaml").unlink(missing_ok=True))
    code, found = judged(capsys)
    assert code == 4
    assert {("unreadable-file", "compose.yaml"), ("privileged", "inner/compose.yaml")} <= found


def test_a_file_that_becomes_something_else(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)

    def replaced() -> None:
        (repository / "compose.yaml").unlink()
        os.mkfifo(repository / "compose.yaml")

    meanwhile(monkeypatch, "compose.yaml", replaced)
    code, found = judged(capsys)
    assert (code, ("unreadable-file", "compose.yaml") in found) == (4, True)
    (repository / "compose.yaml").unlink()
    meanwhile(
        monkeypatch,
        "Dockerfile",
        lambda: ((repository / "Dockerfile").unlink(), (repository / "Dockerfile").symlink_to("/etc/passwd")),
    )
    code, found = judged(capsys)
    assert (code, ("unreadable-file", "Dockerfile") in found) == (4, True)


def test_a_folder_that_vanishes(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    (repository / "zz/deep").mkdir(parents=True)
    listed = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("inner"):
            (repository / "inner/compose.yaml").unlink()
            (repository / "inner").rmdir()
        return listed(path)

    monkeypatch.setattr("os.scandir", scandir)
    assert main(["check", "--output-format", "concise"]) == 1
    out, error = capsys.readouterr()
    assert "root-user" in out
    assert "1 folder (inner) not judged: can't be listed: No such file or directory" in error


def test_a_file_that_grows_while_it_is_read(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is read has the bound that was set for it, whatever its size was said to be."""
    monkeypatch.chdir(repository)
    monkeypatch.setattr("hullcheck.discover.MAX_MANIFEST", 4_096)
    sized = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        found = sized(descriptor)
        if stat.S_ISREG(found.st_mode) and os.readlink(f"/proc/self/fd/{descriptor}").endswith("/compose.yaml"):
            with open(repository / "compose.yaml", "a") as file:
                file.write("# more\n" * 1_000)
        return found

    monkeypatch.setattr("os.fstat", fstat)
    code, found = judged(capsys)
    assert (code, ("unreadable-file", "compose.yaml") in found, ("root-user", "Dockerfile") in found) == (4, True, True)


# Two at once


def test_two_runs_that_fix_at_once_harm_nothing(repository: Path) -> None:
    text = "services:\n" + "".join(f"  s{number}: {{image: nginx, user: '10001'}}\n" for number in range(20))
    for number in range(8):
        (repository / f"d{number}").mkdir()
        (repository / f"d{number}/compose.yaml").write_text(text)
    alone = repository.parent / "alone"
    subprocess.run(["cp", "-r", str(repository), str(alone)], check=True)
    assert run(alone, "check", "--fix", "--quiet").code == 1
    processes = [start(repository, "check", "--fix", "--quiet") for _ in range(3)]
    for process in processes:
        error = process.communicate(timeout=120)[1].decode()
        assert process.returncode == 1 or (process.returncode == 2 and "changed in the meantime" in error), error
    made = {path.relative_to(repository): path.read_text() for path in repository.rglob("*.yaml")}
    assert made == {path.relative_to(alone): path.read_text() for path in alone.rglob("*.yaml")}
    assert "no-new-privileges" in made[Path("d0/compose.yaml")]
    assert not list(repository.rglob(".hullcheck-*"))


def test_two_runs_that_write_one_report_leave_a_whole_one(repository: Path) -> None:
    processes = [start(repository, "check", "--output-format", "json:report.json") for _ in range(3)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 1
    assert json.loads((repository / "report.json").read_text())["findings"]
    assert not [path for path in repository.iterdir() if path.name.endswith(".part")]


def test_a_fix_looks_again_where_another_was_faster(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    times = iter(range(100))

    def changed(limit: int) -> Callable[[], object]:
        def act() -> None:
            if next(times) < limit:
                with open(repository / "compose.yaml", "a") as file:
                    file.write("# another\n")

        return act

    from hullcheck.fix import files

    written = files._written

    def slow(act: Callable[[], object]) -> Callable[..., str]:
        def write(root: str, made: files.Changed) -> str:
            if made.source.path == "compose.yaml":
                act()
            return written(root, made)

        return write

    monkeypatch.setattr(files, "_written", slow(changed(2)))
    assert main(["check", "--fix", "--quiet", "--output-format", "concise"]) == 1
    assert "no-new-privileges" in (repository / "compose.yaml").read_text()
    (repository / "compose.yaml").write_text(PRIVILEGED)
    capsys.readouterr()
    monkeypatch.setattr(files, "_written", slow(changed(1_000)))
    assert main(["check", "--fix", "--quiet"]) == 2
    assert capsys.readouterr().err == "hullcheck: compose.yaml: not fixed: it was changed in the meantime\n"


# Many


def filled(folder: Path, count: int) -> None:
    """Empty files in folders of a hundred: every other one has a name that is of interest."""
    for number in range(count):
        if number % 100 == 0:
            (folder / f"d{number // 100}").mkdir()
        (folder / f"d{number // 100}/{number}.{'yaml' if number % 2 else 'txt'}").touch()


def cost(folder: Path, count: int) -> tuple[float, int]:
    """The seconds of a processor and the KiB of memory that a run takes over so many files."""
    filled(folder, count)
    (folder / "Dockerfile").write_text(BAD)
    process = start(folder, "check", "--quiet", "--jobs", "1")
    assert process.stdout is not None
    assert b"root-user" in process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.communicate()
    assert process.returncode == 1
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def test_many_files(tmp_path: Path) -> None:
    sizes = (1_000, 20_000)
    (few, base), (many, peak) = (
        cost(tmp_path / str(size), size) for size in sizes if not (tmp_path / str(size)).mkdir()
    )
    assert many - few < 5, "seconds"
    assert (peak - base) * 1024 / (sizes[1] - sizes[0]) < 2_048, "bytes a file"


@pytest.mark.skipif(not os.environ.get("HULLCHECK_TEST_SLOW"), reason="takes a minute: HULLCHECK_TEST_SLOW=1")
def test_very_many_files(tmp_path: Path) -> None:
    sizes = (20_000, 200_000)
    (few, base), (many, peak) = (
        cost(tmp_path / str(size), size) for size in sizes if not (tmp_path / str(size)).mkdir()
    )
    assert many < 15 * few, "seconds"
    assert (peak - base) * 1024 / (sizes[1] - sizes[0]) < 2_048, "bytes a file"


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the system doesn't say which files are open")
def test_a_folder_that_is_opened_as_a_file_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in an editor goes on for days: a handle an edit would end it."""
    (tmp_path / "base").mkdir()
    (tmp_path / "kustomization.yaml").write_text("resources: [base]\n")
    before = sorted(os.listdir("/proc/self/fd"))
    for run_looks in (None, look.Looks()):
        monkeypatch.setattr(look, "RUN", run_looks)
        with pytest.raises(IsADirectoryError):
            look.opened(str(tmp_path / "base"))
    monkeypatch.setattr(look, "RUN", None)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        main(["check", "--no-cache", str(tmp_path)])
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(os.name == "nt", reason="no limit of that kind")
def test_git_is_read_from_a_process_with_many_open_files(tmp_path: Path) -> None:
    """`select` takes none whose number is above 1,023."""
    import resource

    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (-1, resource.RLIM_INFINITY) and hard < 2_000:
        pytest.skip("so many files may not be open")
    repo = Repo(tmp_path / "tree")
    repo.commit({"Dockerfile": "FROM debian:13.1\nUSER root\n"})
    repo.write({"Dockerfile": "FROM debian:13.1\nUSER root\nLABEL a=b\n"})
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(most, 1_500), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    try:
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as error:
            code = main(["check", "--no-cache", "--diff-base", "HEAD", str(tmp_path / "tree")])
    finally:
        for handle in opened:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    assert (code, error.getvalue()) == (0, ""), out.getvalue()
