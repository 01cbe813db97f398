"""Partial clones of repositories elsewhere: the one place where git may reach a network, and only the one that is named.

A clone has the objects of a commit and no files: nothing is checked out, so that no filter, hook, attribute or
submodule of it is ever acted on. Its configuration is what we write, and nothing the other side says gets into it.
Credentials go to git in its environment, never as arguments, which others on the machine may read, and never into files.
"""

from __future__ import annotations

import os
import signal
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from contextlib import suppress

from hullcheck import look
from hullcheck.errors import HullcheckError
from hullcheck.patterns import pattern
from hullcheck.plumbing import ENVIRONMENT
from hullcheck.typed import Any

PROTOCOLS = ("https", "ssh", "file")

_OFF = (
    "core.fsmonitor=",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    "core.askPass=",
    "safe.bareRepository=all",
    "protocol.allow=never",
    *(f"protocol.{name}.allow=always" for name in PROTOCOLS),
    "protocol.version=2",
    "http.followRedirects=false",  # else the other side could lead anywhere
    "submodule.recurse=false",
    "fetch.recurseSubmodules=no",
    "fetch.negotiationAlgorithm=noop",
    "fetch.writeCommitGraph=false",
    "transfer.bundleURI=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "init.templateDir=",
    "remote.origin.promisor=true",
    "remote.origin.partialclonefilter=blob:none",
    "remote.origin.tagOpt=--no-tags",
)

WAIT = 600
"""Seconds that one answer of the other side may take."""

MOST = 2 * 1024 * 1024 * 1024
"""Bytes of a clone beyond which it is given up."""

_LOOK_EVERY = 0.5
_FOR_GOOD = pattern(
    r"(?i)not found|does not exist|not appear to be a git|authentication failed|could not read (?:username|password)"
    r"|permission denied|not allowed|couldn't find remote ref|dubious ownership|not our ref|error: 30[1278]|error: 40[134]"
    r"|host key verification|no such remote|terminal prompts disabled|unadvertised object|isn't a bare|invalid"
)
_LINE = pattern(r"(?m)^(?:fatal|error|remote): *(\S[^\n]*)$")
_FULL = pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")


class CloneError(HullcheckError):
    """What git says of a clone that can't be made; `again` if another try may succeed."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


class Remote:
    """A repository elsewhere, by an address without credentials, and the folder of its clone.

    `user` and `password` are for https. Raises CloneError from each call that the other side doesn't answer as asked.
    """

    def __init__(self, folder: str, url: str, user: str = "", password: str = "", most: int = MOST) -> None:
        import git

        self.folder = folder
        self._most = most
        self._secrets = tuple(word for word in (password, user if password else "") if word)
        self._git: Any = git.Git(folder)
        self._environment = {**_environment(look.ENVIRON), **_settings(url, user, password)}
        self._environment["GIT_CEILING_DIRECTORIES"] = os.path.dirname(look.realpath(folder))

    def commit(self, ref: str) -> str:
        """The commit that a branch, a tag or HEAD is there; empty if there is no such, or nothing at all."""
        if _FULL.fullmatch(ref):
            return ref
        names = _names(ref)
        said = self._asked("ls-remote", "--quiet", "origin", *names)
        found = {name: identity for identity, _, name in (row.partition("\t") for row in said.splitlines())}
        return next((found[name] for name in names if name in found), "")

    def fetch(self, commit: str) -> None:
        """Have the commit here, with its folders' lists, and no file's bytes."""
        self._prepared(64 if len(commit) == 64 else 40)
        self._fetched((f"+{commit}:refs/hullcheck/{commit}",), "--depth=1")

    def fetch_blobs(self, identities: Iterable[str]) -> None:
        """Have the bytes of these files here, in one go."""
        wanted = "".join(f"{identity}\n" for identity in identities)
        if wanted:
            self._fetched(("--stdin",), stdin=wanted.encode())

    def _prepared(self, digits: int) -> None:
        if not os.path.exists(os.path.join(self.folder, "HEAD")):
            form = ("--object-format=sha256",) if digits == 64 else ()
            self._asked("init", "--quiet", "--bare", "--template=", *form, ".")

    def _fetched(self, wanted: tuple[str, ...], *options: str, stdin: bytes | None = None) -> None:
        """Fetch, and leave the configuration as `init` made it: git would note there that objects may be elsewhere.

        What is missing is simply not here, then, and no later command tries to get it.
        """
        path = os.path.join(self.folder, "config")
        with open(path, "rb") as file:
            before = file.read()
        try:
            self._asked(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc",
                "--filter=blob:none", "--refmap=", *options, "origin", *wanted, stdin=stdin,
            )  # fmt: skip
        finally:
            part = f"{path}.{os.getpid()}.part"
            with open(part, "wb") as file:
                file.write(before)
            os.replace(part, path)

    def _asked(self, *arguments: str, stdin: bytes | None = None) -> str:
        """What git prints."""
        from subprocess import DEVNULL, PIPE, TimeoutExpired

        words = ["git", "--no-pager", *(word for key in _OFF for word in ("-c", key)), *arguments]
        try:
            started: Any = self._git.execute(
                words, as_process=True, env=self._environment, istream=DEVNULL if stdin is None else PIPE,
                start_new_session=os.name == "posix",
            )  # fmt: skip
        except OSError as error:
            raise CloneError(f"git can't be started: {error}", again=False) from None
        process, started.proc = started.proc, None
        end = time.monotonic() + WAIT
        try:
            while True:
                try:
                    out, said = process.communicate(stdin, timeout=_LOOK_EVERY)
                    break
                except TimeoutExpired:
                    stdin = None
                    if time.monotonic() > end:
                        raise CloneError(f"no answer within {WAIT} seconds", again=True) from None
                    if _size(self.folder) > self._most:
                        raise CloneError(
                            f"larger than the {self._most / 1e6:,.0f} MB that are kept of a clone", again=False
                        ) from None
        finally:
            _end(process)
        if process.returncode:
            raise self._error(said.decode("utf-8", "replace"), arguments[0])
        return os.fsdecode(out)

    def _error(self, said: str, command: str) -> CloneError:
        """What git says is wrong, without anything secret."""
        lines = _LINE.findall(said) or [line for line in said.splitlines() if line.strip()][-1:]
        message = "; ".join(dict.fromkeys(line.strip() for line in lines[:3])) or f"`git {command}` failed"
        from hullcheck.report.safe import MASK

        for secret in self._secrets:
            message = message.replace(secret, MASK)
        return CloneError(message[:500], again=_FOR_GOOD.search(said) is None)


def _names(ref: str) -> tuple[str, ...]:
    """The references that a name may mean there, a branch before a tag; raises HullcheckError for what is no name."""
    if not ref or ref == "HEAD":
        return ("HEAD",)
    if ref.startswith("-") or any(char in " ~^:?*[\\\x7f" or char < " " for char in ref) or ".." in ref:
        raise HullcheckError(f"`{ref}` is no branch, tag or commit")
    if ref.startswith("refs/"):
        return (f"{ref}^{{}}", ref)
    return (f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}")


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """The variables of every call: no terminal is asked, and only the protocols that are allowed are spoken."""
    made = {name: value for name, value in ENVIRONMENT.items() if name not in ("GIT_NO_LAZY_FETCH", "GIT_SSH_COMMAND")}
    made["GIT_ALLOW_PROTOCOL"] = ":".join(PROTOCOLS)
    made["GIT_SSH_COMMAND"] = own.get("GIT_SSH_COMMAND") or "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes"
    return made


def _settings(url: str, user: str, password: str) -> dict[str, str]:
    """The address, and what lets us in, as settings in the environment."""
    rows = [("remote.origin.url", url)]
    if user or password:
        token = b64encode(f"{user}:{password}".encode()).decode()
        rows += [(f"http.{url}.extraHeader", f"Authorization: Basic {token}"), ("credential.helper", "")]
    found = {"GIT_CONFIG_COUNT": str(len(rows))}
    for number, (key, value) in enumerate(rows):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return found


def _end(process: Any) -> None:
    """Let the process, and those that it started, end."""
    if process.poll() is None:
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
    for stream in filter(None, (process.stdin, process.stdout, process.stderr)):
        with suppress(OSError, ValueError):
            stream.close()
    process.wait()


def _size(folder: str) -> int:
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_size
    return total


def size(folder: str) -> int:
    """The bytes of all files below a folder."""
    return _size(folder)
