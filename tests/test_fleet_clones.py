"""Clones: partial, bounded, used again; nothing of them is started, and what lets us in is told to nobody."""

import http.server
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleets import GOOD, ROOT, Fleet, bare, git
from hullcheck import cloning
from hullcheck.cloning import CloneError, Remote
from hullcheck.fleet import clones
from hullcheck.fleet.identity import identity
from hullcheck.fleet.judge import Options, Task, judge
from hullcheck.fleet.repositories import repositories

pytestmark = pytest.mark.skipif(os.name == "nt", reason="clones are kept on POSIX systems only")


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return Fleet(tmp_path, capsys)


def _clones(fleet: Fleet) -> list[Path]:
    return sorted(path for path in (fleet.folder / "cache/fleet").iterdir() if path.is_dir())


def test_a_clone_has_what_is_read_and_nothing_else(fleet: Fleet, tmp_path: Path) -> None:
    large = os.urandom(300_000)
    files = {"app/Dockerfile": ROOT, "src/large.bin": large, "app/setup.custom": "x", ".dockerignore": "x"}
    origin = bare(tmp_path / "a.git", files)
    url = f"file://{origin}"
    assert fleet.run("--repositories", fleet.listed(f"{url}\n")).code == 1
    row = fleet.last()["a.git"]
    assert (row["state"], row["high"], row["commit"]) == ("judged", 1, git(origin, "rev-parse", "HEAD"))
    (clone,) = _clones(fleet)
    missing = git(clone, "rev-list", "--objects", "--all", "--missing=print")
    assert f"?{git(origin, 'rev-parse', 'HEAD:src/large.bin')}" in missing
    assert git(origin, "rev-parse", "HEAD:app/Dockerfile") in missing
    assert f"?{git(origin, 'rev-parse', 'HEAD:app/Dockerfile')}" not in missing
    assert cloning.size(clone.as_posix() and str(clone)) < 200_000
    assert not [path for path in clone.rglob("*") if path.name in ("Dockerfile", "large.bin")]
    config = (clone / "config").read_text()
    assert "remote" not in config
    assert "partial" not in config.lower()
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (clone, clone.parent))


def test_a_file_that_nobody_foresaw_is_fetched_when_it_is_read(fleet: Fleet, tmp_path: Path) -> None:
    compose = "services:\n  a:\n    build: {context: ., dockerfile: odd.name}\n"
    origin = bare(tmp_path / "a.git", {"compose.yaml": compose, "odd.name": ROOT})
    assert not clones._is_likely("odd.name")
    fleet.run("--repositories", fleet.listed(f"file://{origin}\n"))
    assert {row["path"] for row in fleet.rows("findings") if row["check"] == "root-user"} == {"odd.name"}


def test_a_clone_is_used_again(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = bare(tmp_path / "a.git", {"Dockerfile": ROOT})
    listed = fleet.listed(f"file://{origin}\n")
    fleet.run("--repositories", listed)
    (clone,) = _clones(fleet)
    inode = clone.stat().st_ino
    fleet.run("--repositories", listed)
    assert fleet.last()["a.git"]["state"] == "unchanged"
    bare(origin, {"Dockerfile": GOOD})
    git(origin, "tag", "-a", "-m", "x", "v1")
    fleet.run("--repositories", fleet.listed(f"file://{origin}\nfile://{origin}\tv1\nfile://{origin}\trefs/tags/v1\n"))
    assert {(row["state"], row["high"]) for row in fleet.last().values()} == {("judged", 0)}
    assert len({row["commit"] for row in fleet.last().values()}) == 1
    assert _clones(fleet)[0].stat().st_ino == inode


def test_clones_are_bounded(fleet: Fleet, tmp_path: Path) -> None:
    lines = []
    for number in range(4):
        origin = bare(tmp_path / f"{number}.git", {"Dockerfile": ROOT, "data.yaml": f"# {os.urandom(300_000).hex()}\n"})
        lines.append(f"file://{origin}\n")
    done = fleet.run("--repositories", fleet.listed("".join(lines)), "--cache-size", 1)
    assert "4 judged" in done.out, done.error
    assert len(_clones(fleet)) < 4
    assert sum(cloning.size(str(path)) for path in _clones(fleet)) < 1_200_000


def test_a_clone_that_is_too_large_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = bare(tmp_path / "a.git", {"large.yaml": f"# {os.urandom(3_000_000).hex()}\n"})
    folder = tmp_path / "clone"
    folder.mkdir()
    monkeypatch.setattr(cloning, "_LOOK_EVERY", 0.001)
    remote = Remote(str(folder), f"file://{origin}", most=10_000)
    with pytest.raises(CloneError, match="larger than"):  # noqa: PT012
        commit = remote.commit("")
        remote.fetch(commit)
        for _ in range(50):
            remote.fetch_blobs([git(origin, "rev-parse", "HEAD:large.yaml")])


def test_a_try_that_fails_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clones, "PAUSE", 0.001)
    tries = []

    def fails(again: bool, times: int) -> str:
        tries.append(1)
        if len(tries) <= times:
            raise CloneError("the line is dead", again=again)
        return "done"

    assert clones._tried(lambda: fails(True, 2)) == "done"
    for again, expected in ((True, 3), (False, 1)):
        tries.clear()
        with pytest.raises(CloneError, match="can't be cloned: the line is dead"):
            clones._tried(lambda again=again: fails(again, 9))
        assert len(tries) == expected


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    """A server on loopback that lets nobody in, and what it was sent as authorization."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Authorization", ""))
            self.send_response(302 if "moved" in self.path else 401)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    made = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made.server_port, asked
    made.shutdown()
    made.server_close()


def test_credentials_go_to_the_server_and_nowhere_else(
    tmp_path: Path, server: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = server
    monkeypatch.setattr(cloning, "PROTOCOLS", ("http",))  # a server of https would need a certificate
    monkeypatch.setattr(cloning, "_OFF", (*cloning._OFF, "protocol.http.allow=always"))
    seen: list[str] = []
    execute = cloning.Remote._asked

    def watched(self: Remote, *arguments: str, stdin: bytes | None = None) -> str:
        seen.extend(arguments)
        return execute(self, *arguments, stdin=stdin)

    monkeypatch.setattr(cloning.Remote, "_asked", watched)
    folder = tmp_path / "clone"
    folder.mkdir()
    for path in ("a.git", "moved.git"):
        remote = Remote(str(folder), f"http://127.0.0.1:{port}/{path}", "who", "s3cr3t-pa55")
        with pytest.raises(CloneError) as error:
            remote.commit("main")
        assert "s3cr3t" not in str(error.value)
        assert not error.value.again
    assert asked[0] == "Basic d2hvOnMzY3IzdC1wYTU1"
    assert "s3cr3t" not in repr(seen)
    assert not [path for path in folder.rglob("*") if path.is_file() and b"s3cr3t" in path.read_bytes()]


def test_credentials_are_in_no_result(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clones, "PAUSE", 0.001)
    (one,) = repositories([], [str(fleet.listed("https://who:s3cr3t-pa55@127.0.0.1:9/a.git\n"))])
    task = Task(one, Options("2026-11-24"), identity()[1], clones.Kept(str(tmp_path / "clones")))
    outcome = judge(task)
    assert "can't be cloned" in outcome.row["error"]
    assert "tried 3 times" in outcome.row["error"]
    assert "s3cr3t" not in repr(outcome)
    assert not [path for path in tmp_path.rglob("clones/**/*") if path.is_file() and b"s3cr3t" in path.read_bytes()]


class TestHostile:
    """A repository, elsewhere or here, whose configuration names programs: none is started."""

    KEYS = (
        "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.gitProxy", "core.askPass",
        "credential.helper", "diff.external", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
        "remote.origin.vcs", "alias.ls-tree", "alias.fetch", "alias.rev-parse", "filter.x.smudge", "gpg.program",
        "extensions.partialClone", "remote.origin.proxy", "gc.recentObjectsHook",
    )  # fmt: skip

    def _trapped(self, tmp_path: Path) -> tuple[Path, Path]:
        mark, program = tmp_path / "started", tmp_path / "program"
        program.write_text(f"#!/bin/sh\necho \"$0 $*\" >>'{mark}'\n")
        program.chmod(0o755)
        origin = bare(tmp_path / "a.git", {"Dockerfile": ROOT, ".gitattributes": "* filter=x diff=x\n"})
        for key in self.KEYS:
            git(origin, "config", key, "origin" if key == "extensions.partialClone" else str(program))
        git(origin, "config", "core.hooksPath", str(tmp_path / "hooks"))
        git(origin, "config", "remote.origin.promisor", "true")
        git(origin, "config", "remote.origin.url", f"ext::{program}")
        for folder in (tmp_path / "hooks", origin / "hooks"):
            folder.mkdir(exist_ok=True)
            for name in ("post-checkout", "reference-transaction", "pre-receive", "post-index-change", "proc-receive"):
                (folder / name).write_text(program.read_text())
                (folder / name).chmod(0o755)
        return origin, mark

    def test_nothing_is_started(self, fleet: Fleet, tmp_path: Path) -> None:
        origin, mark = self._trapped(tmp_path)
        listed = fleet.listed(f"{origin}\n{origin}\tmain\nfile://{origin}\nfile://{origin}\tmain\n")
        done = fleet.run("--repositories", listed)
        rows = fleet.rows("runs")
        assert {row["high"] for row in rows if row["state"] == "judged"} == {1}
        assert [row["state"] for row in rows if row["place"].startswith("/")] == ["judged", "judged"], done.error
        assert not mark.exists(), mark.read_text()

    def test_the_trap_works(self, tmp_path: Path) -> None:
        origin, mark = self._trapped(tmp_path)
        git(origin, "update-ref", "refs/heads/new", "HEAD")
        assert mark.exists()

    def test_a_missing_object_reaches_nobody(self, fleet: Fleet, tmp_path: Path) -> None:
        origin, mark = self._trapped(tmp_path)
        identity_ = git(origin, "rev-parse", "HEAD:Dockerfile")
        mark.unlink(missing_ok=True)
        (origin / "objects" / identity_[:2] / identity_[2:]).unlink()
        fleet.run(origin)
        assert fleet.last()["a.git"]["state"] == "failed"
        assert not mark.exists(), mark.read_text()

    def test_links_and_submodules_lead_nowhere(self, fleet: Fleet, tmp_path: Path) -> None:
        secret = tmp_path / "secret.yaml"
        secret.write_text(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: secret}\nspec: {hostPID: true, containers: []}\n"
        )
        origin = bare(tmp_path / "a.git", {"Dockerfile": GOOD})
        link = git(origin, "hash-object", "-w", "--stdin", stdin=str(secret).encode())
        head = git(origin, "rev-parse", "HEAD")
        tree = (
            f"120000 blob {link}\tpod.yaml\n100644 blob {git(origin, 'rev-parse', 'HEAD:Dockerfile')}\tDockerfile\n"
            f"160000 commit {head}\tobjects\n"
        )
        made = git(origin, "mktree", stdin=tree.encode())
        commit = git(origin, "commit-tree", "-m", "x", made)
        git(origin, "update-ref", "refs/heads/main", commit)
        (origin / "objects" / ".git").write_text(f"gitdir: {origin}\n")
        for place in (str(origin), f"file://{origin}"):
            fleet.run("--repositories", fleet.listed(f"{place}\n"))
            assert fleet.last()["a.git"]["files"] == 1
        assert not [row for row in fleet.rows("findings") if row["path"] not in ("Dockerfile",)]

    def test_a_hook_around_us_does_not_say_which_repository_it_is(
        self, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = bare(tmp_path / "other.git", {"Dockerfile": ROOT})
        origin = bare(tmp_path / "a.git", {"Dockerfile": GOOD})
        monkeypatch.setenv("GIT_DIR", str(other))
        fleet.run(origin)
        assert (fleet.last()["a.git"]["state"], fleet.last()["a.git"]["high"]) == ("judged", 0)

    def test_somebody_else_s_folder_is_not_used(self, fleet: Fleet, tmp_path: Path) -> None:
        origin = bare(tmp_path / "a.git", {"Dockerfile": GOOD})
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache/fleet").mkdir(mode=0o777)
        (tmp_path / "cache/fleet").chmod(0o777)
        fleet.run("--repositories", fleet.listed(f"file://{origin}\n"))
        assert "clones can't be kept" in fleet.last()["a.git"]["error"]

    def test_what_is_in_the_folder_of_a_repository_is_not_imported(self, fleet: Fleet, tmp_path: Path) -> None:
        origin = bare(tmp_path / "a.git", {"Dockerfile": GOOD})
        for name in ("git", "pyarrow", "hullcheck", "json"):
            (origin / f"{name}.py").write_text("raise SystemExit('imported')\n")
        before = os.getcwd()
        os.chdir(origin)
        try:
            assert fleet.run(origin).code == 0
        finally:
            os.chdir(before)
        assert not {path for path in sys.path if path == str(origin)}


def test_clean_removes_clones(fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from hullcheck.cli import main

    origin = bare(tmp_path / "a.git", {"Dockerfile": GOOD})
    fleet.run("--repositories", fleet.listed(f"file://{origin}\n"))
    assert len(_clones(fleet)) == 1
    assert main(["clean", "--cache-dir", str(tmp_path / "cache")]) == 0
    assert "1 clone" in capsys.readouterr().out
    assert not (tmp_path / "cache/fleet").exists()
