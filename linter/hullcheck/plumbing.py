"""git's commands that read objects, references and the index, called so that they run nothing a repository names.

A repository's configuration can name programs: monitors, filters, hooks, drivers, helpers, pagers. The commands here
never read the work tree and never write the index, and what else could start one of those is switched off for them.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress

from hullcheck import gitfiles, look
from hullcheck.discover import CHUNK, TooLargeError
from hullcheck.errors import HullcheckError
from hullcheck.gitpython import command
from hullcheck.patterns import pattern
from hullcheck.typed import Any, BinaryIO

_OFF = (
    "core.fsmonitor=",
    "core.untrackedCache=false",
    f"core.hooksPath={os.devnull}",
    "core.commitGraph=false",  # who a commit's parents are is what the commit says
    "core.pager=cat",
    "core.askPass=",
    "core.sshCommand=false",
    "credential.helper=",
    "protocol.allow=never",
    "advice.graftFileDeprecated=false",
)
OPTIONS = ("--literal-pathspecs", "--no-pager", *(word for key in _OFF for word in ("-c", key)))
"""What stands before the command's name."""

ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # stronger than any `protocol.*.allow`; versions before 2.45 know no other way
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "GIT_SSH_COMMAND": "false",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
"""The system's and the user's own configuration hold: they say which owners are trusted (`safe.directory`)."""

_PLACES = {"GIT_DIR": "", "GIT_COMMON_DIR": "", "GIT_INDEX_FILE": "index", "GIT_OBJECT_DIRECTORY": "objects"}
"""Variables that a hook inherits from git, and what they stand for in a repository's own folder."""

_WAITED_FOR = (
    "config", "config.worktree", "HEAD", "index", "packed-refs", "shallow", "commondir", "gitdir",
    "info/grafts", "objects/info/alternates",
)  # fmt: skip
"""Files that git opens before it does anything: if one is a pipe, it waits for ever."""

PATIENCE = 120
"""Seconds after which git isn't waited for any longer."""

_SMALL = 64 * 1024
"""Bytes of a file that one doesn't need a faster way for."""

_OPEN: set[Any] = set()
"""The processes that wait for questions."""

_HEADER = pattern(rb"(?P<id>[0-9a-f]+) (?P<kind>\w+) (?P<size>\d+)\n")


class Plumbing:
    """One repository: the work tree `folder`. With `inner` it is a submodule of the one that the process is in.

    With `bare`, the folder is git's own, and no work tree is looked for.
    `directory` is where its objects are, and `shallow` says whether its history is cut off; `head` is the commit that
    HEAD was when it was opened, empty if that isn't known. Raises HullcheckError, saying what to do, where git can't be
    started or there is no repository.
    """

    head = ""
    _batch: Any = None
    """The git that is asked for one object after the other, once there is one."""

    def __init__(self, folder: str, *, inner: bool = False, bare: bool = False) -> None:
        try:
            git, self._not_found = command()
        except ImportError as error:  # it looks for the program as it is imported
            raise HullcheckError(f"git can't be started: {str(error).strip().splitlines()[0]}") from None
        self.folder = folder
        self._environment = {**ENVIRONMENT, **(_inner(folder, look.ENVIRON) if inner else {})}
        if bare:  # it is this folder, or none
            self._environment["GIT_CEILING_DIRECTORIES"] = os.path.dirname(look.realpath(folder))
        self._options = ("-C", folder, *OPTIONS)  # given to GitPython, `$HOME` in its name would be a variable
        if bare:
            self._options = (*self._options, "-c", "safe.bareRepository=all")
        self._git = git()
        self.directory, self.shallow = self._opened_bare() if bare else self._opened()
        gitfiles.note(self.directory)

    def __del__(self) -> None:
        if self._batch is not None and _OPEN is not None:  # at the interpreter's end, GitPython ends it
            _OPEN.discard(self._batch)
            _end(self._batch)

    def _opened(self) -> tuple[str, bool]:
        if not look.lexists(os.path.join(self.folder, ".git")):
            raise HullcheckError(f"{self.folder} is no git repository: nothing to compare with")
        directory = directory_of(self.folder)
        if directory:
            _must_answer(directory)
        asked = ("rev-parse", "--is-inside-work-tree", "--is-shallow-repository", "--show-cdup", "--absolute-git-dir")
        said = self.run(*asked, "--verify", "--quiet", "HEAD^{commit}")
        if said:
            said, _, self.head = said.removesuffix("\n").rpartition("\n")
        else:  # nothing was committed yet, or it isn't here
            said = self.run(*asked)
        inside, shallow, above, directory = [*(said or "").split("\n", 3), "", "", "", ""][:4]
        if not said or inside != "true" or above:
            where = ": its configuration says that its files are elsewhere" if inside == "false" else ""
            raise HullcheckError(f"{self.folder} is no git repository: nothing to compare with{where}")
        return directory.removesuffix("\n"), shallow == "true"

    def _opened_bare(self) -> tuple[str, bool]:
        if any(name in look.ENVIRON for name in _PLACES):
            raise HullcheckError("GIT_DIR, or another such variable, says that the repository is somewhere else")
        directory = look.realpath(self.folder)
        _must_answer(directory)
        said = (self.run("rev-parse", "--is-shallow-repository", "--absolute-git-dir") or "").split("\n", 1)
        if len(said) < 2 or look.realpath(said[1].removesuffix("\n")) != directory:
            raise HullcheckError(f"{self.folder} is no bare git repository")
        return directory, said[0] == "true"

    def run(self, *arguments: str) -> str | None:
        """What git prints, or None if it refuses; raises HullcheckError if it doesn't trust the repository at all."""
        try:
            started: Any = self._git.execute(
                ["git", *self._options, *arguments], as_process=True, env=self._environment
            )
        except (self._not_found, OSError) as missing:
            raise HullcheckError(f"git can't be started: {missing.__cause__ or missing}") from None
        from subprocess import TimeoutExpired

        try:
            out, error = started.proc.communicate(timeout=PATIENCE)
        except TimeoutExpired:
            started.proc.kill()
            _end(started)
            raise _unanswered(arguments[0]) from None
        status = started.proc.returncode
        if status and b"dubious ownership" in error:
            trust = f"git config --global --add safe.directory {self.folder}"
            raise HullcheckError(f"git doesn't trust the owner of this repository; if you do: `{trust}`")
        return None if status else os.fsdecode(out)

    def blob(self, identity: str, limit: int) -> bytes | None:
        """A file's bytes, or None if it isn't here; raises OSError if it has more than `limit`.

        Raises HullcheckError if the bytes are not those that the object is named after.
        """
        if self._batch is None:
            command = ["git", *self._options, "cat-file", "--batch"]
            self._batch = self._git.execute(command, as_process=True, istream=-1, env=self._environment)
            _OPEN.add(self._batch)
        try:
            self._batch.stdin.write(f"{identity}\n".encode())
            self._batch.stdin.flush()
            self._wait()
            header = _HEADER.fullmatch(self._batch.stdout.readline())
            data = self._body(int(header["size"]), limit) if header else None
        except (BrokenPipeError, ValueError):  # an old git ends where an object would have to be fetched
            header = data = None
        if header is None:
            return None
        if data is None:
            raise TooLargeError(f"larger than {limit // 1024 // 1024} MiB")
        if identity != identify(data, len(identity)):
            raise HullcheckError(f"git's object {identity[:12]} is damaged: it isn't what its name says")
        return data

    def chunks(self, identity: str) -> Iterator[bytes]:
        """A file's bytes, piece by piece, however many there are; none if it isn't here."""
        command = ["git", *self._options, "cat-file", "blob", identity]
        process = self._git.execute(command, as_process=True, env=self._environment)
        while chunk := process.stdout.read(CHUNK):
            yield bytes(chunk)

    def _wait(self) -> None:
        """Wait until git answers; raises HullcheckError if it doesn't. Nothing of an earlier answer is left."""
        if os.name == "nt":
            return
        import select

        waited = select.poll()  # unlike `select.select`, for any number of open files
        waited.register(self._batch.stdout, select.POLLIN)
        if not waited.poll(PATIENCE * 1000):
            self._batch.proc.kill()
            raise _unanswered("cat-file")

    def _body(self, size: int, limit: int) -> bytes | None:
        """The next `size` bytes and the line's end after them; None, and they are skipped, if it is too many."""
        if size <= limit:
            data: bytes = self._batch.stdout.read(size + 1)[:size]
            return data
        left = size + 1
        while left and (skipped := self._batch.stdout.read(min(left, 1 << 20))):
            left -= len(skipped)
        return None


def end_all() -> None:
    """Have no git wait for questions any more: for the end of a process that leaves all else undone."""
    while _OPEN:
        _end(_OPEN.pop())


def _must_answer(directory: str) -> None:
    """Raise HullcheckError where git would wait for ever for a file that it opens first."""
    for name in _WAITED_FOR:
        path = os.path.join(directory, name)
        if look.exists(path) and not look.isfile(path):
            raise HullcheckError(f".git/{name} is no regular file: git would wait for it for ever")


def _unanswered(command: str) -> HullcheckError:
    return HullcheckError(f"`git {command}` didn't answer within {PATIENCE} seconds: is something in `.git` a pipe?")


def _end(started: Any) -> None:
    """Let a process end that reads its standard input to the end."""
    process, started.proc = started.proc, None
    if process is None:  # it has been ended
        return
    for stream in filter(None, (process.stdin, process.stdout, process.stderr)):
        with suppress(OSError):
            stream.close()
    process.wait()


def identify(data: bytes, digits: int) -> str:
    """The name that git gives to a file's bytes, in a repository whose names have that many digits."""
    digest = _digest(digits, len(data))
    digest.update(data)
    return str(digest.hexdigest())


def identify_file(path: str, digits: int) -> str:
    """The name that git gives to the bytes of a file on disk; OSError if it can't be read, or is a link or a device."""
    with _opened(path) as file:
        digest = _digest(digits, os.fstat(file.fileno()).st_size)
        return _fed(digest, file)


def sha256(path: str) -> str:
    """The SHA-256 of a file on disk; OSError as above."""
    import hashlib

    with _opened(path) as file:
        return _fed(hashlib.sha256(), file)


def _opened(path: str) -> BinaryIO:
    file = look.opened(path, sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW")))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("not a regular file")
    return file


def _digest(digits: int, size: int) -> Any:
    digest = _sha256() if digits == 64 else _sha1(size)
    digest.update(b"blob %d\0" % size)
    return digest


def _sha256() -> Any:
    import hashlib

    return hashlib.sha256()


def _sha1(size: int) -> Any:
    """The interpreter's own for small files: OpenSSL's is faster, and takes long to load."""
    if size <= _SMALL and "hashlib" not in sys.modules:
        with suppress(ImportError):
            import _sha1  # type: ignore[import-not-found]

            return _sha1.sha1(usedforsecurity=False)
    import hashlib

    return hashlib.sha1(usedforsecurity=False)


def _fed(digest: Any, file: BinaryIO) -> str:
    while part := file.read(1 << 20):
        digest.update(part)
    return str(digest.hexdigest())


def directory_of(folder: str) -> str:
    """The folder that a work tree's `.git` is or stands for, without asking git; empty if it is none."""
    path = os.path.join(folder, ".git")
    try:
        if look.isdir(path):
            return look.realpath(path)
        if not look.isfile(path):
            return ""
        with look.opened(path) as file:
            said = os.fsdecode(file.read(1 << 16))
    except OSError:
        return ""
    named = said.partition("\n")[0]
    return look.realpath(os.path.join(folder, named[8:].strip())) if named.startswith("gitdir: ") else ""


def _inner(folder: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What a submodule's git must be told where the process is in a hook of the repository around it."""
    directory = directory_of(folder)
    said = {name: os.path.join(directory, part).rstrip("/") for name, part in _PLACES.items() if name in environ}
    if said or "GIT_WORK_TREE" in environ:
        said |= {"GIT_DIR": directory, "GIT_WORK_TREE": folder}
    return said | ({"GIT_ALTERNATE_OBJECT_DIRECTORIES": ""} if "GIT_ALTERNATE_OBJECT_DIRECTORIES" in environ else {})
