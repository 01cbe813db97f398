"""Runs that are printed again: equal in each byte to runs that are made, and only where nothing has changed."""

import errno
import marshal
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

import process
from cached import FILES, MARGIN, OPTIONS, Ended, Tree, git, run, walk
from hullcheck import look, marks
from hullcheck.cache import again, folder
from hullcheck.cli import COMMANDS

pytestmark = pytest.mark.skipif(not folder.supported(), reason="nothing is kept there")

SEEDS = range(40) if os.environ.get("HULLCHECK_TEST_SLOW") else range(3)
STEPS = 24 if os.environ.get("HULLCHECK_TEST_SLOW") else 9


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "MARGIN", MARGIN)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return Tree(tmp_path / "tree", random.Random(0)).folder


def settle() -> None:
    """Wait until what was written tells by its times that it wasn't changed."""
    time.sleep(2 * MARGIN / 1e9)


def kept(tree: Path, scratch: Path, *arguments: str) -> Ended:
    """A run that is kept, and that was printed again once."""
    settle()
    first = run(tree, scratch, *arguments)
    second = run(tree, scratch, *arguments)
    assert second.again
    assert second.same(first)
    return first


def both(tree: Path, scratch: Path, *arguments: str) -> tuple[Ended, Ended]:
    return run(tree, scratch, *arguments, cache=False), run(tree, scratch, *arguments)


@pytest.mark.parametrize("seed", SEEDS)
def test_output_is_the_same_with_and_without(tmp_path: Path, seed: int) -> None:
    count = 0
    for what, plain, made in walk(tmp_path, seed, STEPS):
        assert made.same(plain), what
        count += made.again
    assert count, "nothing was printed again"


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_each_way_to_ask_is_kept(tree: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tree / ".hullcheck-baseline.json").write_text('{"version": 1, "findings": []}\n')
    settle()
    plain = run(tree, tmp_path, *options, cache=False)
    runs = [run(tree, tmp_path, *options) for _ in range(4)]
    assert all(made.same(plain) for made in runs[1:])  # the first may find its own report afterwards
    assert runs[-1].again == (plain.code != 2)


EDITS: dict[str, Callable[[Path], object]] = {
    ".env": lambda tree: (tree / ".env").write_text("TAG=latest\n"),
    "web.env": lambda tree: (tree / "web.env").write_text("PASSWORD=\n"),
    "compose.yaml": lambda tree: (tree / "compose.yaml").write_text(FILES["compose.yaml"]),
    ".hullcheck.yaml": lambda tree: (tree / ".hullcheck.yaml").write_text("min-severity: critical\n"),
    ".gitignore": lambda tree: (tree / ".gitignore").write_text("k8s/\n"),
    ".dockerignore": lambda tree: (tree / ".dockerignore").write_text("*\n!.env\n"),
    "values.yaml": lambda tree: (tree / "chart/values.yaml").write_text("host: false\n"),
    "other.txt": lambda tree: (tree / "other.txt").write_text("FROM debian:12\nUSER root\nRUN sudo ls\n"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_forgotten_file_would_be_noticed(
    tree: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of these decides: the runs differ if it isn't noted, and don't if it is."""
    real = look.Looks.content
    told = kept(tree, tmp_path, "--show-suppressed", "-v")
    EDITS[name](tree)
    plain, made = both(tree, tmp_path, "--show-suppressed", "-v")
    assert made.same(plain)
    assert not made.again
    assert not plain.same(told), "this edit shows nothing"

    git(tree, "checkout", "-q", "--", ".")
    monkeypatch.setattr(
        look.Looks,
        "content",
        lambda self, path, found: None if path.endswith(f"/{name}") else real(self, path, found),
    )
    kept(tree, tmp_path, "--show-suppressed", "-v", "--quiet")
    EDITS[name](tree)
    plain, made = both(tree, tmp_path, "--show-suppressed", "-v", "--quiet")
    assert made.again
    assert not made.same(plain)


@pytest.mark.parametrize(
    ("forgotten", "edit"),
    [
        ("folders", lambda tree: (tree / "k8s/more.yaml").write_text(FILES["k8s/base/pod.yaml"])),
        ("steps", lambda tree: (tree / ".hullcheck.yml").write_text("{}\n")),
        ("steps", lambda tree: ((tree / "link.Dockerfile").unlink(), (tree / "link.Dockerfile").symlink_to("/etc"))),
    ],
)
def test_a_forgotten_folder_or_step_would_be_noticed(
    tree: Path, tmp_path: Path, forgotten: str, edit: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tree, tmp_path)
    real = again.holds

    def holds(entry: again.Entry, fresh: again.Fresh) -> bool:
        if forgotten == "steps":
            entry.folders = {}
        setattr(entry, forgotten, {})
        return real(entry, fresh)

    edit(tree)
    with monkeypatch.context() as spoiled:
        spoiled.setattr(again, "holds", holds)
        plain, made = both(tree, tmp_path)
        assert made.again
        assert not made.same(plain)
    plain, made = both(tree, tmp_path)
    assert not made.again
    assert made.same(plain)


def test_other_bytes_with_the_same_size_and_times(tree: Path, tmp_path: Path) -> None:
    path = tree / "compose.yaml"
    path.write_text(FILES["compose.yaml"].replace("privileged: true ", "privileged: false"))
    kept(tree, tmp_path)
    info = path.stat()
    path.write_text(path.read_text().replace("true", "null"))
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (info.st_size, info.st_mtime_ns)
    plain, made = both(tree, tmp_path)
    assert not made.again
    assert made.same(plain)


def test_files_that_were_only_just_written_are_read_again(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a tick of the clock a file can change and keep its times: these don't count then."""
    monkeypatch.setattr(again, "MARGIN", 10**12)
    monkeypatch.setattr(marks, "signature", lambda info: (0, info.st_size, 0, 0, 0, 0))
    run(tree, tmp_path)
    assert run(tree, tmp_path).again
    (tree / ".env").write_text("TAG=2.0\n")
    assert not run(tree, tmp_path).again


def test_a_new_checkout_of_the_same_files_is_known(tree: Path, tmp_path: Path) -> None:
    kept(tree, tmp_path)
    for path in tree.rglob("*"):
        if path.is_file() and not path.is_symlink() and ".git" not in path.parts:
            data = path.read_bytes()
            path.unlink()
            path.write_bytes(data)
    settle()
    assert run(tree, tmp_path).again
    [entry] = (tmp_path / "cache").glob("[0-9a-f]*")
    files = marshal.loads(entry.read_bytes()[len(folder.MAGIC) + 20 :])[4]
    now = {path: marks.signature(os.lstat(path)) for path in files if path.startswith(str(tree))}
    assert {path: sign for path, (sign, *_) in files.items() if path in now} == now  # and known by their times at once


def test_the_day_counts_where_it_was_asked_for(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tree, tmp_path)
    kept(tree, tmp_path, "--today", "2027-01-01", "--quiet")
    monkeypatch.setattr(time, "strftime", lambda *_: "2040-01-01")
    plain, made = both(tree, tmp_path)
    assert not made.again
    assert made.same(plain)
    assert run(tree, tmp_path, "--today", "2027-01-01", "--quiet").again


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("FORCE_COLOR", ()),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ("--diff-base", "HEAD~1")),
        ("GIT_TRACE2", ("--diff-base", "HEAD~1")),
    ],
)
def test_variables_count_where_they_were_asked_for(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: tuple[str, ...]
) -> None:
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI", "1")
    kept(tree, tmp_path, *options)
    monkeypatch.setenv("HULLCHECK_OF_NO_INTEREST", "1")
    assert run(tree, tmp_path, *options).again
    monkeypatch.setenv(name, "0")
    plain, made = both(tree, tmp_path, *options)
    assert not made.again
    assert made.same(plain)


def test_another_base_is_another_run(tree: Path, tmp_path: Path) -> None:
    (tree / "compose.yaml").write_text(FILES["compose.yaml"])
    told = kept(tree, tmp_path, "--diff-base", "HEAD")
    git(tree, "commit", "-q", "-a", "-m", "three")
    plain, made = both(tree, tmp_path, "--diff-base", "HEAD")
    assert made.same(plain)
    assert not made.same(told)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: git(tree, "config", "include.path", "../elsewhere"),
        lambda tree: (tree / ".git/objects/info/alternates").write_text("/nowhere\n"),
    ],
)
def test_a_history_that_is_partly_elsewhere_is_not_relied_on(
    tree: Path, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    kept(tree, tmp_path, "--diff-base", "HEAD")
    change(tree)
    for _ in range(3):
        plain, made = both(tree, tmp_path, "--diff-base", "HEAD")
        assert not made.again
        assert made.same(plain)


def test_another_program_makes_its_own_run(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tree, tmp_path)
    made, content = again.Program.__init__, again.Program.content

    def installed(self: again.Program) -> None:
        made(self)
        self.times = b"at another time"

    monkeypatch.setattr(again.Program, "__init__", installed)
    assert run(tree, tmp_path).again
    monkeypatch.setattr(again.Program, "content", lambda self: content(self) + b"x")
    assert run(tree, tmp_path).again  # by its times now
    monkeypatch.setattr(again.Program, "__init__", made)
    assert not run(tree, tmp_path).again
    assert run(tree, tmp_path).again
    monkeypatch.setattr(again, "__version__", "9.9")
    assert not run(tree, tmp_path).again


@pytest.mark.parametrize("installed", [False, True])
def test_changed_code_is_another_program(tmp_path: Path, installed: bool) -> None:
    def code() -> list[str]:
        return again.code(str(tmp_path), installed)

    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.py").write_text("a = 1\n")
    first = code()
    assert code() == first
    (tmp_path / "inner" / "__pycache__").mkdir()
    (tmp_path / "inner" / "new.py").write_text("a = 123\n")
    (tmp_path / "inner" / "new.py").replace(tmp_path / "inner" / "a.py")
    assert code() != first


def test_what_fixes_gates_or_reads_a_stream_is_never_kept(tree: Path, tmp_path: Path) -> None:
    settle()
    for given in (
        ("--fix",), ("--fix", "--diff"), ("--unsafe-fixes",), ("--fix-only",), ("--gate", "--diff-base", "HEAD"), ("--gat",), ("-",), ("--fi",),
        ("--help",), ("checks",), ("show", "--reveal"), ("show", "--container", "web", "--reveal"),
    ):  # fmt: skip
        for _ in range(2):
            try:
                assert not run(tree, tmp_path, *given).again
            except SystemExit:
                assert given == ("--help",)
    assert not [*(tmp_path / "cache").glob("[0-9a-f]*")]


@pytest.mark.parametrize(
    "given",
    [("--file-time-limit", "0.000001"), ("--time-limit", "0.000001"), ("--file-time-limit", "0.000001", "--jobs", "2")],
    ids=str,
)
def test_what_ran_out_of_time_is_never_kept(tree: Path, tmp_path: Path, given: tuple[str, ...]) -> None:
    settle()
    assert not any(run(tree, tmp_path, *given).again for _ in range(3))


def test_a_fault_of_our_own_is_never_kept(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hullcheck.parse.dockerfile as parser

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    settle()
    monkeypatch.setattr(parser, "parse", fails)
    ended = [run(tree, tmp_path, "--output-format", "concise") for _ in range(3)]
    assert b"ZeroDivisionError" in ended[0].out
    assert not any(one.again for one in ended)


def test_a_file_that_changes_during_the_run_is_never_kept(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hullcheck import engine

    real = engine.lint

    def lint(*arguments: object) -> object:
        result = real(*arguments)  # type: ignore[arg-type]
        (tree / ".env").write_text("TAG=3.0\n")
        return result

    settle()
    monkeypatch.setattr(engine, "lint", lint)
    run(tree, tmp_path)
    monkeypatch.undo()
    assert not [*(tmp_path / "cache").glob("[0-9a-f]*")]


def test_a_process_of_its_own_must_tell_what_it_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "RUN", look.Looks())
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match=r"look\.apart"):
        look.exists("/")


def test_what_prints_too_much_is_never_kept(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tree, tmp_path)
    monkeypatch.setattr(look, "MOST_PRINTED", 100)
    assert not any(run(tree, tmp_path, "--quiet").again for _ in range(3))


# The folder


def entry_of(tmp_path: Path) -> Path:
    [found] = (tmp_path / "cache").glob("[0-9a-f]*")
    return found


def forge(tmp_path: Path) -> None:
    """Make the entry say that all is fine: what somebody would plant who could."""
    path = entry_of(tmp_path)
    values = list(marshal.loads(path.read_bytes()[len(folder.MAGIC) + 20 :]))
    values[0], values[3] = 0, [(1, b"all is fine\n")]
    payload = marshal.dumps(tuple(values))
    path.write_bytes(folder.MAGIC + marks.digest(payload) + payload)


def test_a_forged_entry_would_be_printed(tree: Path, tmp_path: Path) -> None:
    """Nothing but the folder's rights stands between an entry and the run: the tests below are about those."""
    kept(tree, tmp_path)
    forge(tmp_path)
    assert run(tree, tmp_path).out == b"all is fine\n"


def _linked(tmp_path: Path) -> None:
    (tmp_path / "cache").rename(tmp_path / "real")
    (tmp_path / "cache").symlink_to("real")


def _linked_entry(tmp_path: Path) -> None:
    entry = entry_of(tmp_path)
    entry.rename(tmp_path / "planted")
    entry.symlink_to(tmp_path / "planted")


def _two_names(tmp_path: Path) -> None:
    os.link(entry_of(tmp_path), tmp_path / "second")


@pytest.mark.parametrize(
    "planted",
    [
        lambda tmp: (tmp / "cache").chmod(0o770),
        lambda tmp: (tmp / "cache").chmod(0o707),
        lambda tmp: (tmp / "cache").chmod(0o755),
        lambda tmp: entry_of(tmp).chmod(0o644),
        lambda tmp: entry_of(tmp).chmod(0o620),
        _linked,
        _linked_entry,
        _two_names,
    ],
)
def test_what_others_may_have_written_is_not_read(
    tree: Path, tmp_path: Path, planted: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tree, tmp_path)
    forge(tmp_path)
    planted(tmp_path)
    plain, made = both(tree, tmp_path)
    assert made.same(plain)
    assert b"all is fine" not in made.out


def test_another_users_folder_is_not_used(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tree, tmp_path)
    forge(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "cache").iterdir()}
    here = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: here + 1)
    monkeypatch.setattr(again, "_name", lambda _: entry_of(tmp_path).name)
    plain, made = both(tree, tmp_path)
    assert made.same(plain)
    assert {path.name: path.read_bytes() for path in (tmp_path / "cache").iterdir()} == before


def test_another_users_home_gets_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: here + 1)
    with pytest.raises(PermissionError):
        folder.made(str(tmp_path / "a" / "hullcheck"))
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_the_folder_is_made_for_its_user_alone(tree: Path, tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        settle()
        run(tree, tmp_path)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "cache").iterdir()}
    assert ((tmp_path / "cache").stat().st_mode & 0o777, modes) == (0o700, {0o600})


def test_a_cache_in_what_is_judged_is_refused(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree may bring one along, filled as its author likes."""
    kept(tree, tmp_path)
    forge(tmp_path)
    (tmp_path / "cache").rename(tree / "cache")
    where = str(tree / "cache")
    for given, variables in (
        ((f"--cache-dir={where}",), {}), (("--cache-d", where), {}), ((), {"HULLCHECK_CACHE_DIR": where}), (("app", f"--cache-dir={where}"), {}),
    ):  # fmt: skip
        ended = process.run(tree, "check", *given, env=process.environment(**variables))
        assert ended.code == 2
        assert "inside of what is judged" in ended.error
    (tree / "cache").rename(tree / "hullcheck")
    ended = process.run(tree, "check", env=process.environment(XDG_CACHE_HOME=str(tree)))
    assert ended.code == 1
    assert "all is fine" not in ended.out


def test_a_cache_beside_files_in_no_repository(tmp_path: Path) -> None:
    tree = tmp_path / "plain"
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "Dockerfile").write_text(FILES["Dockerfile"])
    assert again._is_judged(str(tree / "cache"), ["check", str(tree / "app"), str(tree)])
    assert not again._is_judged(str(tmp_path / "cache"), ["check", str(tree / "app"), str(tree)])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[: len(folder.MAGIC) + 5],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:],
        lambda data: b"hullcheck cache 9\n" + data[18:],
        *(
            lambda data, payload=payload: folder.MAGIC + marks.digest(payload) + payload
            for payload in (
                b"",
                b"garbage",
                marshal.dumps(1),
                marshal.dumps((1, 2)),
                marshal.dumps((1,) * 10),
                marshal.dumps(tuple({} for _ in range(10))),
            )
        ),
    ],
)
def test_a_broken_entry_is_none(tree: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    kept(tree, tmp_path)
    entry = entry_of(tmp_path)
    entry.write_bytes(spoil(entry.read_bytes()))
    plain, made = both(tree, tmp_path)
    assert made.same(plain)
    assert not made.again
    assert run(tree, tmp_path).again


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("instead", [Path.mkdir, _pipe, Path.touch])
def test_what_only_has_an_entrys_name(tree: Path, tmp_path: Path, instead: Callable[[Path], None]) -> None:
    kept(tree, tmp_path)
    entry = entry_of(tmp_path)
    entry.unlink()
    instead(entry)
    plain, made = both(tree, tmp_path)
    assert made.same(plain)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES])
def test_a_folder_that_can_not_be_written(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.open

    def fails(path: str, flags: int, *rest: object, **more: object) -> int:
        if flags & os.O_CREAT:
            raise OSError(number, os.strerror(number))
        return real(path, flags, *rest, **more)  # type: ignore[arg-type]

    settle()
    monkeypatch.setattr(os, "open", fails)
    plain, made = both(tree, tmp_path)
    assert made.same(plain)
    assert not run(tree, tmp_path).again


def test_a_disk_that_fills_up_leaves_no_half_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = folder.made(str(tmp_path / "cache"))
    monkeypatch.setattr(os, "replace", lambda *_, **__: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        folder.keep(handle, "a" * 40, b"x")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.TAG]
    os.close(handle)


def test_a_folder_that_is_a_file(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("mine\n")
    plain, made = both(tree, tmp_path)
    assert made.same(plain)
    assert (tmp_path / "cache").read_text() == "mine\n"


def test_the_folder_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_ALL", 5_000)
    monkeypatch.setattr(folder, "MAX_ENTRY", 2_000)
    handle = folder.made(str(tmp_path / "cache"))
    (tmp_path / "cache" / "mine.txt").write_text("x" * 10_000)
    for number in range(9):
        folder.keep(handle, f"{number:040x}", b"x" * 1_000)
        os.utime(tmp_path / "cache" / f"{number:040x}", (number, number))
        if number == 2:
            os.utime(tmp_path / "cache" / f"{0:040x}", (99, 99))  # used again and again
    folder.keep(handle, "f" * 40, b"x" * 3_000)
    names = {path.name for path in (tmp_path / "cache").iterdir()}
    os.close(handle)
    assert names == {folder.TAG, "mine.txt", *(f"{number:040x}" for number in (0, 6, 7, 8))}


def test_what_a_run_began_that_was_ended_goes(tmp_path: Path) -> None:
    handle = folder.made(str(tmp_path / "cache"))
    old, new = (tmp_path / "cache" / f"{'a' * 40}.{n * 16}.part" for n in "01")
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (1, 1))
    folder.keep(handle, "b" * 40, b"x")
    os.close(handle)
    assert (old.exists(), new.exists()) == (False, True)


def clean(where: Path) -> process.Ended:
    return process.run(where.parent, "clean", "--cache-dir", str(where))


def test_clean_removes_what_is_ours(tree: Path, tmp_path: Path) -> None:
    kept(tree, tmp_path)
    ended = clean(tmp_path / "cache")
    assert (ended.code, ended.error) == (0, "")
    assert ended.out.startswith("1 run (")
    assert not (tmp_path / "cache").exists()
    assert clean(tmp_path / "cache") == (0, f"nothing is kept in {tmp_path / 'cache'}\n", "")


def test_clean_leaves_everything_else(tree: Path, tmp_path: Path) -> None:
    kept(tree, tmp_path)
    (tmp_path / "cache" / "mine.txt").write_text("mine\n")
    (tmp_path / "cache" / ("a" * 39)).write_text("mine\n")
    assert clean(tmp_path / "cache").code == 0
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"mine.txt", "a" * 39}
    assert clean(tmp_path / "cache").code == 2  # no tag: it isn't ours any more
    _linked(tmp_path)
    ended = clean(tmp_path / "cache")
    assert (ended.code, "is left alone" in ended.error) == (2, True) or "nothing is kept" in ended.out
    assert (tmp_path / "real" / "mine.txt").exists()


# Processes


def test_what_is_never_kept_is_known_without_the_parser() -> None:
    assert {"-h", "--help", "--version"} | COMMANDS.keys() - {"check", "files", "show", "map"} == again.OTHERS


def test_the_command_itself(tree: Path, tmp_path: Path) -> None:
    """A second run imports nothing of what judges."""
    time.sleep(0.1)
    command = (
        sys.executable,
        "-X",
        "importtime",
        "-W",
        "ignore",
        "-m",
        "hullcheck",
        "check",
        "--cache-dir",
        str(tmp_path / "cache"),
    )
    runs = [
        subprocess.run(command, cwd=tree, env=process.environment(), capture_output=True, check=False) for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert (runs[0].returncode, runs[1].returncode) == (1, 1)
    assert [b"hullcheck.engine" in ended.stderr for ended in runs] == [True, False]
    own = {line.rpartition("|")[2].strip() for line in runs[1].stderr.decode().splitlines() if "| " in line}
    assert {name for name in own if name.startswith("hullcheck")} == {
        "hullcheck", "hullcheck.errors", "hullcheck.marks", "hullcheck.cache", "hullcheck.cache.folder", "hullcheck.cache.again",
    }  # fmt: skip


@pytest.mark.parametrize("stream", ["out", "error"])
@pytest.mark.parametrize("how", ["closed", "full", "cut off"])
def test_streams_that_take_nothing(tree: Path, tmp_path: Path, stream: str, how: str) -> None:
    if how == "full" and not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    number = 1 if stream == "out" else 2
    redirect = {"closed": f"{number}>&-", "full": f"{number}>/dev/full", "cut off": f"{number}> >(true)"}[how]
    process.run(tree, "check", "-v", "--cache-dir", str(tmp_path / "cache"))

    def ended(*more: str) -> process.Ended:
        command = (*process.PYTHON, "check", "-v", *more)
        script = f'sleep 0.1; "$@" {redirect}' if how != "cut off" else f'exec {number}> >(true); sleep 0.2; "$@"'
        done = subprocess.run(
            ("bash", "-c", script, "-", *command), cwd=tree, env=process.environment(), capture_output=True, check=False
        )
        return process.Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    plain = ended("--no-cache")
    assert [ended("--cache-dir", str(tmp_path / "cache")) for _ in range(3)] == [plain] * 3


def test_many_runs_at_once_and_clean_among_them(tree: Path, tmp_path: Path) -> None:
    plain = process.run(tree, "check", "--no-cache")

    def one(number: int) -> process.Ended:
        if number % 4 == 3:
            assert clean(tmp_path / "cache").code in (0, 2)
            return plain
        return process.run(tree, "check", "--cache-dir", str(tmp_path / "cache"))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, range(16))) == {plain}


def test_an_interrupted_run_is_never_kept(tree: Path, tmp_path: Path) -> None:
    for number in range(300):
        (tree / f"{number}.yaml").write_text(FILES["k8s/base/pod.yaml"])
    started = process.start(tree, "check", "--cache-dir", str(tmp_path / "cache"))
    time.sleep(0.5)
    started.send_signal(signal.SIGTERM)
    started.communicate()
    assert started.returncode in (143, -signal.SIGTERM)
    assert not [*(tmp_path / "cache").glob("[0-9a-f]*")]


def test_a_run_is_another_in_another_folder_and_on_a_terminal_of_another_width(tmp_path: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(f"FROM x:1\nUSER root\n# {'long ' * 40}\n")

    def shown(folder: Path, width: int) -> str:
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
            os.chdir(folder)
            env = process.environment(TERM="xterm", NO_COLOR="1", CI=None, COLUMNS=None)
            os.execve(sys.executable, [*process.PYTHON, "--select", "root-user", str(tmp_path)], env)
        text = b""
        with suppress(OSError):
            while data := os.read(terminal, 65_536):
                text += data
        os.close(terminal)
        os.waitpid(child, 0)
        return text.decode().replace("\r\n", "\n")

    wide, narrow = shown(tmp_path, 100), shown(tmp_path, 44)
    assert "--> Dockerfile:2:6" in wide
    assert max(map(len, narrow.splitlines())) <= 44 < max(map(len, wide.splitlines()))
    assert "--> ../Dockerfile:2:6" in shown(tmp_path / "sub", 100)
    assert (shown(tmp_path, 100), shown(tmp_path, 44)) == (wide, narrow)
