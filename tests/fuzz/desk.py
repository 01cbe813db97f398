"""A folder to lay repositories into, and hullcheck run there in this process, as from the command line."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import NamedTuple, Self

from hullcheck.cli import main

from .trees import Tree, write

MOST_SECONDS = 20
"""Seconds of processor time after which a run is taken for one that doesn't end."""

_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


class Outcome(NamedTuple):
    """How a run ended: its exit code, or what it raised; and what it printed."""

    code: int
    out: bytes
    error: str
    raised: str = ""


class _EndlessError(BaseException):
    """No fault that a run could take for one of its own."""


class Desk:
    """A context: the folder `tree` is the current one, the environment has nothing of a CI, warnings are errors."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hullcheck-fuzz-"))
        self.tree = self.folder / "tree"
        self.out = self.folder / "out"
        self._commits: dict[tuple[tuple[str, bytes], ...], str] = {}
        self._left = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.tree.mkdir()
        self.out.mkdir()
        before, environment = os.getcwd(), dict(os.environ)
        for name in list(os.environ):
            if name.startswith(("GITHUB_", "CI", "HULLCHECK_", "PRE_COMMIT", "GIT_", "FORCE_COLOR", "CLICOLOR")):
                del os.environ[name]
        os.environ.update(_GIT)
        os.chdir(self.tree)
        self._left.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._left.callback(os.environ.update, environment)
        self._left.callback(os.environ.clear)
        self._left.callback(os.chdir, before)
        self._left.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.close()

    def put(self, *trees: Tree) -> None:
        """Lay these repositories, one over the other, in the place of what was there."""
        for path in self.tree.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        for path in self.out.iterdir():
            path.unlink()
        for tree in trees:
            write(tree, self.tree)

    def commit(self, tree: Tree) -> str:
        """A commit that holds these files; the folder is a repository from then on, until `forget`."""
        key = tuple(sorted(tree.items()))
        if not (self.tree / ".git").exists():
            self._git("init", "-q", "-b", "main", "--template=")
            self._commits.clear()
        if key not in self._commits:
            self._git("fast-import", "--quiet", "--force", data=b"".join(_stream(tree)))
            self._git("read-tree", "main")
            self._commits[key] = self._git("rev-parse", "main")
        return self._commits[key]

    def forget(self) -> None:
        """Make the folder one that is no repository."""
        shutil.rmtree(self.tree / ".git", ignore_errors=True)

    def _git(self, *arguments: str, data: bytes = b"") -> str:
        done = subprocess.run(["git", *arguments], cwd=self.tree, input=data, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def run(self, *arguments: str) -> Outcome:
        """Run hullcheck; what it raises, and a run that doesn't end, come back as text."""
        streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True, newline="") for _ in range(2)]
        code, raised = -1, ""
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]), _limited():
            try:
                code = main(arguments)
            except (Exception, SystemExit, _EndlessError) as error:  # noqa: BLE001  whatever it is, it is a fault
                raised = _described(error)
        out, error = (stream.buffer.getvalue() for stream in streams)  # type: ignore[attr-defined]
        return Outcome(code, out, error.decode("utf-8", "replace"), raised)


def _described(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in reversed(frames[-8:]))
    return f"{type(error).__name__}: {str(error)[:200]} at {where}"


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    """Break off what takes more processor time than anything may, where the system can."""
    if sys.platform == "win32":
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise _EndlessError(f"more than {MOST_SECONDS} s")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stream(tree: Tree) -> Iterator[bytes]:
    """What git's fast-import makes one commit of; a file whose folder is a file is left out, as on disk."""
    yield b"commit refs/heads/main\ncommitter A <a@example.org> 0 +0000\ndata 1\nx\ndeleteall\n"
    written: set[str] = set()
    for name, data in sorted(tree.items()):
        parents = {name[:at] for at, letter in enumerate(name) if letter == "/"}
        if parents.isdisjoint(written):
            written.add(name)
            quoted = "".join(f"\\{byte:03o}" for byte in os.fsencode(name))
            yield f'M 100644 inline "{quoted}"\ndata {len(data)}\n'.encode() + data + b"\n"
    yield b"\n"
