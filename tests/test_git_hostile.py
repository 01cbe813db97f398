"""Repositories whose own configuration names programs: none of them is ever started."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gitrepo import ENVIRONMENT, Repo
from hullcheck.cli import main

ROOT = "FROM debian:13.1\nUSER root\n"
NOBODY = "FROM debian:13.1\nUSER 10001\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the traps are shell scripts")


class Trap:
    """A repository with a change in its files, and a program that leaves a mark when it is started."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo(folder / "repo")
        self.mark = folder / "started"
        self.program = folder / "program"
        self.program.write_text(f"#!/bin/sh\necho \"$0 $*\" >>'{self.mark}'\n")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self.repo.commit({"app/Dockerfile": NOBODY, "k8s/x.yaml": "a: 1\n"})
        self.repo.commit({"other/Dockerfile": NOBODY})

    def config(self, key: str, value: str) -> None:
        self.repo.git("config", key, value)

    def attributes(self, text: str) -> None:
        (self.repo.folder / ".git/info").mkdir(exist_ok=True)
        (self.repo.folder / ".git/info/attributes").write_text(text)

    def disturb(self) -> None:
        """Files that git would have to look at: what the index knows of them is out of date."""
        self.repo.write({"app/Dockerfile": ROOT, "k8s/x.yaml": "a: 1\n"})
        os.utime(self.repo.folder / "other/Dockerfile", (1, 1))

    def sprung(self) -> str:
        text = self.mark.read_text() if self.mark.exists() else ""
        self.mark.unlink(missing_ok=True)
        return text

    def plain(self, *command: str) -> str:
        """What plain git starts."""
        subprocess.run(
            ["git", *command], cwd=self.repo.folder, env=ENVIRONMENT,
            input=b"protocol=https\nhost=example.org\n\n", capture_output=True, check=False, timeout=30,
        )  # fmt: skip
        return self.sprung()


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def _fsmonitor(trap: Trap) -> tuple[str, ...]:
    trap.config("core.fsmonitor", str(trap.program))
    trap.repo.git("update-index", "--fsmonitor")
    return ("status",)


def _clean(trap: Trap) -> tuple[str, ...]:
    trap.config("filter.x.clean", str(trap.program))
    trap.attributes("* filter=x\n")
    return ("status",)


def _process(trap: Trap) -> tuple[str, ...]:
    trap.config("filter.x.process", str(trap.program))
    trap.attributes("* filter=x\n")
    return ("status",)


def _smudge(trap: Trap) -> tuple[str, ...]:
    trap.config("filter.x.smudge", str(trap.program))
    trap.attributes("* filter=x\n")
    return ("cat-file", "--filters", "HEAD:app/Dockerfile")


def _external(trap: Trap) -> tuple[str, ...]:
    trap.config("diff.external", str(trap.program))
    return ("diff", "HEAD~1", "HEAD")


def _command(trap: Trap) -> tuple[str, ...]:
    trap.config("diff.x.command", str(trap.program))
    trap.attributes("* diff=x\n")
    return ("diff", "HEAD~1", "HEAD")


def _textconv(trap: Trap) -> tuple[str, ...]:
    trap.config("diff.x.textconv", str(trap.program))
    trap.attributes("* diff=x\n")
    return ("diff", "HEAD~1", "HEAD")


def _hooks(trap: Trap) -> tuple[str, ...]:
    hooks = trap.program.parent / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(trap.program, hooks / name)
    trap.config("core.hooksPath", str(hooks))
    return ("update-index", "--refresh")


def _alias(trap: Trap) -> tuple[str, ...]:
    for name in ("rev-parse", "ls-files", "ls-tree", "cat-file", "merge-base", "for-each-ref", "x"):
        trap.config(f"alias.{name}", f"!{trap.program}")
    return ("x",)


def _include(trap: Trap) -> tuple[str, ...]:
    """The keys come from a file outside."""
    other = trap.program.parent / "other.config"
    other.write_text(f'[core]\n\tfsmonitor = {trap.program}\n[filter "x"]\n\tclean = {trap.program}\n')
    trap.config("include.path", str(other))
    trap.attributes("* filter=x\n")
    return ("status",)


def _promisor(trap: Trap, key: str, url: str) -> tuple[str, ...]:
    """A file of the past isn't here, and the remote that has it is reached by a program."""
    trap.config("core.repositoryFormatVersion", "1")
    trap.config("extensions.partialClone", "origin")
    trap.config("remote.origin.promisor", "true")
    trap.config("remote.origin.url", url)
    trap.config("protocol.allow", "always")
    trap.config("protocol.ext.allow", "always")
    if key:
        trap.config(key, str(trap.program))
    lost = trap.repo.git("rev-parse", "HEAD~1:app/Dockerfile")
    trap.repo.commit({"app/Dockerfile": NOBODY + "# later\n"})
    (trap.repo.folder / ".git/objects" / lost[:2] / lost[2:]).unlink()
    return ("cat-file", "-p", lost)


def _ssh(trap: Trap) -> tuple[str, ...]:
    return _promisor(trap, "core.sshCommand", "ssh://example.invalid/x")


def _proxy(trap: Trap) -> tuple[str, ...]:
    return _promisor(trap, "core.gitProxy", "git://example.invalid/x")


def _uploadpack(trap: Trap) -> tuple[str, ...]:
    return _promisor(trap, "remote.origin.uploadpack", f"file://{trap.repo.folder}")


def _ext(trap: Trap) -> tuple[str, ...]:
    return _promisor(trap, "", f"ext::{trap.program}")


def _credential(trap: Trap) -> tuple[str, ...]:
    trap.config("credential.helper", str(trap.program))
    trap.config("core.askPass", str(trap.program))
    return ("credential", "fill")


def _gpg(trap: Trap) -> tuple[str, ...]:
    trap.config("gpg.program", str(trap.program))
    trap.config("log.showSignature", "true")
    tree = trap.repo.git("rev-parse", "HEAD^{tree}")
    parent = trap.repo.git("rev-parse", "HEAD")
    signed = (
        f"tree {tree}\nparent {parent}\nauthor A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n"
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nsigned\n"
    )
    made = subprocess.run(["git", "hash-object", "-t", "commit", "-w", "--stdin"], cwd=trap.repo.folder, env=ENVIRONMENT,
                          input=signed, capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    trap.repo.git("reset", "-q", "--soft", made)
    return ("log", "-1")


def _merge(trap: Trap) -> tuple[str, ...]:
    trap.config("merge.x.driver", f"{trap.program} %A")
    trap.attributes("* merge=x\n")
    trap.repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    trap.repo.commit({"app/Dockerfile": NOBODY + "# side\n"})
    trap.repo.git("checkout", "-q", "main")
    trap.repo.commit({"app/Dockerfile": NOBODY + "# main\n"})
    return ("merge", "--no-edit", "side")


def _submodule(trap: Trap) -> tuple[str, ...]:
    """The traps are in a submodule."""
    inner = Repo(trap.repo.folder.parent / "inner")
    inner.commit({"Dockerfile": NOBODY})
    trap.repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "sub")
    trap.repo.commit()
    sub = Repo.__new__(Repo)
    sub.folder = trap.repo.folder / "sub"
    sub.git("config", "core.fsmonitor", str(trap.program))
    sub.git("config", "filter.x.clean", str(trap.program))
    (trap.repo.folder / ".git/modules/sub/info/attributes").write_text("* filter=x\n")
    sub.write({"Dockerfile": ROOT})
    return ("status",)


TRAPS = [
    _fsmonitor, _clean, _process, _smudge, _external, _command, _textconv, _hooks, _alias, _include, _ssh, _proxy,
    _uploadpack, _ext, _credential, _gpg, _merge, _submodule,
]  # fmt: skip

COMMANDS = {
    "check": ("check", "."),
    "--diff-base": ("check", "--diff-base", "HEAD~1", "."),
    "--diff-base main": ("check", "--diff-base", "main"),
    "--gate": ("check", "--gate", "--diff-base", "HEAD~1"),
    "--gate auto": ("check", "--gate"),
    "--pre-commit": ("check", "--pre-commit", "--", "app/Dockerfile"),
    "--pre-commit all": ("check", "--pre-commit", "."),
    "sarif": ("check", "--output-format", "sarif"),
    "--diff": ("check", "--diff", "--unsafe-fixes", "--diff-base", "HEAD~1"),
    "files": ("files",),
    "baseline": ("baseline", "create", "../baseline.json"),
    "map": ("map", "--quiet", "--diff-base", "HEAD~1", "."),
    "show": ("show", "--diff-base", "HEAD~1"),
    "config": ("config", "show"),
}


@pytest.mark.parametrize("set_up", TRAPS, ids=lambda made: made.__name__[1:])
def test_nothing_that_a_repository_names_is_started(
    trap: Trap, set_up: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    control = set_up(trap)  # type: ignore[operator]
    trap.disturb()
    trap.sprung()
    monkeypatch.chdir(trap.repo.folder)
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "CI", "HULLCHECK_", "PRE_COMMIT", "GIT_")):
            monkeypatch.delenv(name)
    for name, command in COMMANDS.items():
        code = main(list(command))
        out, error = capsys.readouterr()
        assert trap.sprung() == "", f"{name}: {out}{error}"
        assert code in (0, 1, 2, 3), f"{name}: {out}{error}"
    assert trap.plain(*control), "plain git wasn't caught either: this trap shows nothing"


def test_a_pager_is_not_started(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """git starts it only for a terminal, and so does this test."""
    pty = pytest.importorskip("pty")
    for key in ("core.pager", "pager.ls-tree", "pager.rev-parse", "pager.ls-files", "pager.for-each-ref", "pager.log"):
        trap.config(key, str(trap.program))
    trap.disturb()

    def on_a_terminal(*command: str) -> str:
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(trap.repo.folder)
            os.execve(command[0], command, {**ENVIRONMENT, "TERM": "xterm"})
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:
            pass
        os.close(terminal)
        os.waitpid(child, 0)
        return trap.sprung()

    python = (sys.executable, "-W", "ignore", "-m", "hullcheck")
    assert on_a_terminal(*python, "check", "--diff-base", "HEAD~1") == ""
    assert on_a_terminal(shutil.which("git") or "git", "log")


# What is judged isn't changed by where git would look


def _quiet(repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str, list[str]]:  # fmt: skip
    outcome = repo.run(capsys, monkeypatch, *arguments)
    return outcome.code, outcome.error, outcome.new


def test_replaced_objects_and_grafts_change_nothing(
    trap: Trap, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = trap.repo
    base = repo.git("rev-parse", "HEAD")
    bad = repo.commit({"app/Dockerfile": ROOT})
    arguments = ("--gate", "--diff-base", base, "--select", "root-user")
    assert _quiet(repo, capsys, monkeypatch, *arguments)[2] == ["root-user app/Dockerfile"]
    repo.git("replace", base, bad)
    repo.git("replace", f"{base}:app/Dockerfile", f"{bad}:app/Dockerfile")
    (repo.folder / ".git/info").mkdir(exist_ok=True)
    (repo.folder / ".git/info/grafts").write_text(f"{base} {bad}\n")
    code, error, new = _quiet(repo, capsys, monkeypatch, *arguments)
    assert (code, new) == (1, ["root-user app/Dockerfile"])
    assert "replaced objects" in error
    assert "grafts are not honoured" in error


def test_a_history_that_is_kept_elsewhere_is_told(
    trap: Trap, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = trap.repo
    arguments = ("--diff-base", "HEAD~1", "--select", "root-user")
    assert _quiet(repo, capsys, monkeypatch, *arguments) == (0, "", [])
    (repo.folder / ".git").rename(tmp_path / "elsewhere")
    (repo.folder / ".git").write_text(f"gitdir: {tmp_path}/elsewhere\n")
    assert "kept elsewhere" in _quiet(repo, capsys, monkeypatch, *arguments)[1]
    (repo.folder / ".git").unlink()
    (repo.folder / ".git").symlink_to(tmp_path / "elsewhere")
    assert "kept elsewhere" in _quiet(repo, capsys, monkeypatch, *arguments)[1]
    shared = tmp_path / "shared"
    subprocess.run(["git", "clone", "-q", "--shared", str(repo.folder), str(shared)], check=True, env=ENVIRONMENT)
    other = Repo.__new__(Repo)
    other.folder = shared
    assert "taken from another repository" in _quiet(other, capsys, monkeypatch, *arguments)[1]


@pytest.mark.parametrize("command", [("map", "--diff-base", "HEAD~1"), ("show", "--diff-base", "HEAD~1")], ids=" ".join)
def test_what_else_compares_tells_it_too(
    trap: Trap,
    tmp_path: Path,
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(trap.repo.folder)
    assert main(list(command)) == 0
    assert capsys.readouterr().err == ""
    git = trap.repo.folder / ".git"
    trap.repo.git("replace", "HEAD", "HEAD~1")
    (git / "info").mkdir(exist_ok=True)
    (git / "info/grafts").write_text("")
    (git / "objects/info").mkdir(exist_ok=True)
    (git / "objects/info/alternates").write_text(f"{tmp_path}\n")
    git.rename(tmp_path / "elsewhere")
    git.write_text(f"gitdir: {tmp_path}/elsewhere\n")
    assert main(list(command)) == 0
    assert capsys.readouterr().err.splitlines() == [
        f"hullcheck: the history of this folder is kept elsewhere, in {tmp_path}/elsewhere",
        "hullcheck: a part of the history is taken from another repository (objects/info/alternates)",
        "hullcheck: grafts are not honoured: commits have the parents that they say",
        "hullcheck: replaced objects (refs/replace) are not honoured: the original ones are compared",
    ]
    if command[0] == "map":
        assert main([*command, "--quiet"]) == 0
        assert capsys.readouterr().err == ""


def test_replaced_objects_are_told_wherever_git_keeps_the_references(
    trap: Trap, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trap.repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "x")
    other = Repo.__new__(Repo)
    other.folder = tmp_path / "tree"
    git = trap.repo.folder / ".git"

    def is_told(repo: Repo) -> bool:
        return "replaced objects" in _quiet(repo, capsys, monkeypatch, "--diff-base", "HEAD")[1]

    trap.repo.git("pack-refs", "--all")
    assert not is_told(trap.repo)
    assert not is_told(other)
    trap.repo.git("replace", "HEAD", "HEAD~1")
    assert is_told(trap.repo)
    assert is_told(other)
    trap.repo.git("pack-refs", "--all", "--prune")
    (git / "refs/replace").rmdir()
    assert is_told(trap.repo)
    assert is_told(other)
    (git / "config").unlink()  # git does without
    assert is_told(trap.repo)


def test_a_linked_worktree_and_a_submodule_are_at_home(
    trap: Trap, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--diff-base", "HEAD", "--select", "root-user")
    trap.repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "x")
    inner = Repo(tmp_path / "inner")
    inner.commit({"Dockerfile": NOBODY})
    trap.repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "sub")
    for folder in (tmp_path / "tree", trap.repo.folder / "sub"):
        other = Repo.__new__(Repo)
        other.folder = folder
        code, error, _ = _quiet(other, capsys, monkeypatch, *arguments)
        assert (code, error.count("\n"), "nothing changed" in error) == (0, 1, True), error


@pytest.mark.parametrize("worktree", ["../elsewhere", "/"])
def test_files_that_git_keeps_elsewhere_are_refused(
    trap: Trap, worktree: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (trap.repo.folder.parent / "elsewhere").mkdir()
    trap.config("core.worktree", worktree)
    assert _quiet(trap.repo, capsys, monkeypatch, "--diff-base", "HEAD~1")[0] == 2


def test_a_folder_called_git_is_no_repository(
    trap: Trap, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """git itself would go on to the repository around it."""
    other = Repo.__new__(Repo)
    other.folder = trap.repo.folder / "inner"
    (other.folder / ".git").mkdir(parents=True)
    other.write({"Dockerfile": ROOT})
    code, error, _ = _quiet(other, capsys, monkeypatch, "--gate", "--diff-base", "HEAD")
    assert (code, "no git repository" in error) == (2, True)


def test_flags_of_the_index_hide_no_change(
    trap: Trap, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trap.repo.git("update-index", "--assume-unchanged", "app/Dockerfile")
    trap.repo.git("update-index", "--skip-worktree", "other/Dockerfile")
    trap.repo.write({"app/Dockerfile": ROOT, "other/Dockerfile": ROOT})
    new = _quiet(trap.repo, capsys, monkeypatch, "--diff-base", "HEAD", "--select", "root-user")[2]
    assert new == ["root-user app/Dockerfile", "root-user other/Dockerfile"]


def test_an_object_that_is_not_what_its_name_says_is_refused(
    trap: Trap, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = trap.repo
    base = repo.git("rev-parse", "HEAD")
    repo.commit({"app/Dockerfile": ROOT})
    good, bad = (repo.git("rev-parse", f"{commit}:app/Dockerfile") for commit in (base, "HEAD"))
    objects = repo.folder / ".git/objects"
    (objects / good[:2] / good[2:]).chmod(0o644)
    shutil.copyfile(objects / bad[:2] / bad[2:], objects / good[:2] / good[2:])
    code, error, _ = _quiet(repo, capsys, monkeypatch, "--gate", "--diff-base", base)
    assert (code, "damaged" in error) == (2, True), error


def test_other_line_ends_on_disk_are_no_danger(
    trap: Trap, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trap.repo.commit({"app/Dockerfile": ROOT})
    trap.config("core.autocrlf", "true")
    (trap.repo.folder / "app/Dockerfile").unlink()
    trap.repo.git("checkout", "-q", "--", "app/Dockerfile")
    assert b"\r\n" in (trap.repo.folder / "app/Dockerfile").read_bytes()
    assert _quiet(trap.repo, capsys, monkeypatch, "--gate", "--diff-base", "HEAD") == (0, "", [])


def test_a_file_that_git_lfs_keeps_is_the_one_that_it_names(
    trap: Trap, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    digest = hashlib.sha256(ROOT.encode()).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(ROOT)}\n"
    trap.repo.commit({"lfs/Dockerfile": pointer})
    trap.repo.write({"lfs/Dockerfile": ROOT})
    arguments = ("--diff-base", "HEAD", "--select", "root-user")
    assert _quiet(trap.repo, capsys, monkeypatch, *arguments)[2] == []
    trap.repo.write({"lfs/Dockerfile": ROOT + "# altered\n"})
    assert _quiet(trap.repo, capsys, monkeypatch, *arguments)[2] == ["root-user lfs/Dockerfile"]
