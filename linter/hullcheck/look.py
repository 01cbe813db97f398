"""What a run looks at, asked for at one place: files, folders, links, variables and the day.

Whatever the judged tree, its configuration or the environment say comes in through here. While a run is recorded
(`RUN`), each answer is noted, so that a later run can tell whether anything that mattered has changed; `cache/` does
that. `tests/test_contracts.py` lets no other module ask the file system.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from hullcheck.marks import Signature, Step, blake2b, known_by, listed, machine, signature, step, terminal
from hullcheck.typed import Protocol

MOST = 256 * 1024 * 1024
"""Bytes of a file beyond which it isn't read only to know it again."""

MOST_PRINTED = 32 * 1024 * 1024
"""Bytes beyond which what a run prints and writes isn't kept."""

_LINKS = 40
"""Links in one path after which the system gives up, too."""


class Content:
    """A file's bytes as a run read them: its signature before, and the digest, empty if not all of it was read."""

    def __init__(self, sign: Signature) -> None:
        self.signature = sign
        self.digest = b""
        self.touched = False

    @property
    def size(self) -> int:
        return self.signature[1]


class Parts(Protocol):
    """What was kept, to be read in parts: it isn't known whether it is as it was written."""

    def part(self, start: int, size: int) -> bytes:
        """So many bytes from there on, fewer at the end; OSError if they can't be read."""

    def close(self) -> None:
        """Nothing more is read."""


class Store(Protocol):
    """A place of this user's own, for what may be of use to later runs."""

    def read(self, name: str) -> bytes:
        """What was kept; OSError or ValueError if there is nothing that can be relied on."""

    def opened(self, name: str) -> Parts:
        """The same, to be read in parts; OSError or ValueError if there is nothing."""

    def keep(self, name: str, payload: bytes) -> None:
        """Keep something; OSError if that can't be done."""

    def settled(self, sign: Signature) -> bool:
        """Was a file left alone long enough before the run, so that its signature tells that it is the same?"""

    def made_by(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What tells these modules from others of the same names, or files; OSError if that can't be told."""


class Looks:
    """What a run has looked at so far, and what it has printed and written.

    `steps` is what lies at each path that was passed, so that no link and no missing file is forgotten. `wanted` says
    that the run may be kept at all, and `spoiled` why not; `store` is for what else
    is kept. The files `by_signature` weren't read, so it doesn't matter if they change before the run is over.
    """

    def __init__(self) -> None:
        self.here = os.getcwd()
        self.columns = terminal(sys.stdout)
        self.process = os.getpid()
        self.steps: dict[str, Step] = {}
        self.files: dict[str, Content] = {}
        self.folders: dict[str, tuple[Signature, bytes]] = {}
        self.refused: dict[str, int] = {}
        self.environ: dict[str, str | None] = {}
        self.git: tuple[tuple[str, str], ...] | None = None
        self.day = ""
        self.events: list[tuple[int | str, bytes | str]] = []
        self.size = 0
        self.muted = False
        self.wanted = False
        self.store: Store | None = None
        self.by_signature: set[str] = set()
        self.spoiled = ""
        self._plain: set[str] = set()

    def path(self, path: str) -> str:
        """Note every step on the way to a path, links followed; returns where it leads, or where it ends."""
        if path[:1] != "/":
            path = f"{self.here}/{path}"
        head, _, name = path.rpartition("/")
        if head in self._plain and name not in ("", ".", ".."):
            found = self._step(path)
            if isinstance(found, int) or found[0] != "l":
                return path
        return self._walk(path)

    def _walk(self, path: str) -> str:
        rest = path.split("/")[::-1]
        at, links = "", 0
        while rest:
            name = rest.pop()
            if name in ("", "."):
                continue
            if name == "..":
                at = at.rpartition("/")[0]
                continue
            there = f"{at}/{name}"
            found = self._step(there)
            if isinstance(found, int):
                return there
            if found[0] == "l":
                links += 1
                if links > _LINKS:
                    return there
                at = "" if found[1:2] == "/" else at
                rest.extend(found[1:].split("/")[::-1])
                continue
            if found == "d":
                self._plain.add(there)
            at = there
        return at or "/"

    def _step(self, path: str) -> Step:
        found = self.steps.get(path)
        if found is None:
            try:
                found = self.steps[path] = step(path)
            except ValueError:  # no path at all: a NUL in it
                found = 1
        return found

    def note(self, where: int | str, data: bytes | str) -> None:
        """Note what went to a stream or a file."""
        self.size += len(data)
        if self.size > MOST_PRINTED:
            self.spoiled = "too much was printed"
            self.events.clear()
        else:
            self.events.append((where, data))

    def add(self, other: "Looks") -> None:
        """What another process of the same run has looked at."""
        self.steps.update(other.steps)
        self.folders.update(other.folders)
        self.refused.update(other.refused)
        self.environ.update(other.environ)
        self.git = self.git or other.git
        self.by_signature |= other.by_signature
        self.day = self.day or other.day
        self.spoiled = self.spoiled or other.spoiled
        for path, content in other.files.items():
            self.content(path, content)

    def content(self, path: str, content: Content) -> None:
        """Note what was read of a file; what was different a moment ago can't be relied on."""
        known = self.files.setdefault(path, content)
        if known.signature != content.signature or (known.digest and content.digest not in (b"", known.digest)):
            self.spoiled = f"{path} changed meanwhile"
        known.digest = known.digest or content.digest
        known.touched = known.touched or content.touched


RUN: Looks | None = None
"""The run that is recorded, if one is."""


LATER: list[Callable[[], None]] = []
"""Who keeps something else, once the run is over and has printed all."""


def keep() -> None:
    """The run that goes on may be kept, unless something spoils it."""
    if RUN is not None:
        RUN.wanted = True


def store() -> Store | None:
    """Where this run may keep what it finds out; None if it may not."""
    return RUN.store if RUN is not None and RUN.wanted else None


def stop() -> None:
    """The run that goes on isn't recorded any more: to make it anew costs hardly more than to look whether it holds."""
    global RUN
    RUN = None


def known(path: str, sign: Signature, digest: bytes) -> None:
    """Note a file below a folder that was listed as if it had been read: its bytes are known by its signature."""
    if RUN is not None and path not in RUN.files:
        content = Content(sign)
        content.digest, content.touched = digest, True
        RUN.steps[path] = "f"
        RUN.files[path] = content
        RUN.by_signature.add(path)


def signed(path: str) -> Signature | None:
    """What a file in a folder that was listed is known by; None if it is no plain one."""
    try:
        info = os.lstat(path)
    except OSError:
        return None
    return signature(info) if stat.S_ISREG(info.st_mode) else None


def folder(path: str) -> Signature | None:
    """What a folder is known by, as far as names in it go, where its names needn't be noted; None if there is none."""
    try:
        info = os.lstat(path)
    except OSError:
        return None
    return signature(info) if stat.S_ISDIR(info.st_mode) else None


def changed(start: str, paths: list[str], signs: "list[Signature | None]") -> list[str]:
    """Which of the files at these paths behind `start`, in folders that were listed, aren't known by that any more."""
    lstat = os.lstat
    with suppress(OSError):
        at = [path or "." for path in paths] if start == f"{here()}/" else [start + path for path in paths]
        known = map(known_by, map(lstat, at))
        return [path for path, now, sign in zip(paths, known, signs, strict=True) if now != sign]
    found = []
    for path, sign in zip(paths, signs, strict=True):
        try:
            info = lstat(start + path)
        except OSError:
            found.append(path)
            continue
        if known_by(info) != sign:
            found.append(path)
    return found


def spoil(why: str) -> None:
    """The run that goes on can't be kept: it may come out otherwise though nothing has changed."""
    if RUN is not None:
        RUN.spoiled = RUN.spoiled or why


def recorded() -> bool:
    """Is a run recorded?"""
    return RUN is not None


@contextmanager
def apart(wanted: bool) -> Iterator[Looks | None]:
    """What is looked at within, noted by itself: for a part of a run in a process of its own, if that is `wanted`."""
    global RUN
    before, RUN = RUN, Looks() if wanted else None
    try:
        yield RUN
    finally:
        RUN = before


def join(other: Looks | None) -> None:
    """Add what a process of its own has looked at."""
    if RUN is not None and other is not None:
        RUN.add(other)


def _run(path: "str | os.PathLike[str]") -> None:
    if RUN is not None:
        if os.getpid() != RUN.process:
            raise RuntimeError("a process of its own looks at files, and nobody is told: see `look.apart`")
        RUN.path(os.fspath(path))


def exists(path: str) -> bool:
    _run(path)
    return os.path.exists(path)


def lexists(path: str) -> bool:
    _run(path)
    return os.path.lexists(path)


def isfile(path: str) -> bool:
    _run(path)
    return os.path.isfile(path)


def isdir(path: str) -> bool:
    _run(path)
    return os.path.isdir(path)


def islink(path: str) -> bool:
    _run(path)
    return os.path.islink(path)


def realpath(path: str) -> str:
    _run(path)
    return os.path.realpath(path)


def state(path: str) -> tuple[Signature | None, Signature | None]:
    """What lies at a path, and, if that is a link, at its end; None where nothing does."""
    _run(path)
    try:
        here = os.lstat(path)
        there = os.stat(path) if stat.S_ISLNK(here.st_mode) else None
    except (OSError, ValueError):
        return (None, None)
    return signature(here), there and signature(there)


def readlink(path: str) -> str:
    _run(path)
    return os.readlink(path)


def scan(path: str) -> "list[os.DirEntry[str]]":
    """What is in a folder; OSError if it can't be listed."""
    if RUN is None:
        with os.scandir(path) as found:
            return list(found)
    _run(path)
    real = RUN.path(path)
    try:
        before = os.stat(path)
        with os.scandir(path) as found:
            items = list(found)
    except OSError as error:
        RUN.refused[real] = error.errno or 1
        raise
    RUN.folders[real] = (signature(before), listed(items, before.st_uid))
    return items


class _File(io.FileIO):
    """A file whose bytes are noted as they are read."""

    def __init__(self, handle: int, content: Content) -> None:
        super().__init__(handle, "rb")
        self._content = content
        self._hash = blake2b(digest_size=20)
        self._count = 0

    def _fed(self, data: "bytes | memoryview[int]") -> None:
        self._content.touched = True
        self._hash.update(data)
        self._count += len(data)
        if self._count == self._content.size:
            self._content.digest = self._hash.digest()
        elif self._count > self._content.size:
            self._content.digest = b""

    def readinto(self, buffer: "bytearray | memoryview[int]", /) -> int | None:  # type: ignore[override]
        count = super().readinto(buffer)
        self._fed(memoryview(buffer)[: count or 0])
        return count

    def readall(self) -> bytes:
        data = super().readall()
        self._fed(data)
        return data

    def read(self, size: int | None = -1, /) -> bytes:
        data: bytes = super().read(-1 if size is None else size)
        self._fed(data)
        return data


_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def _reader(handle: int) -> io.BufferedReader:
    try:
        return io.BufferedReader(io.FileIO(handle, "rb"))
    except OSError:  # a folder; Python leaves the handle open
        os.close(handle)
        raise


def opened(path: str, flags: int = 0) -> io.BufferedReader:
    """A file's bytes, to be read from its beginning; `flags` are more of `os.open`'s. OSError if it can't be opened."""
    flags |= _FLAGS
    if RUN is None:
        return _reader(os.open(path, flags))
    _run(path)
    real = RUN.path(path)
    try:
        handle = os.open(path, flags)
    except OSError as error:
        RUN.refused[real] = error.errno or 1
        raise
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        return _reader(handle)
    content = Content(signature(info))
    file = _Noted(_File(handle, content))
    file.noted = (RUN, real, content)
    return file


class _Noted(io.BufferedReader):
    noted: tuple[Looks, str, Content] | None = None

    def close(self) -> None:
        if self.noted is not None:
            (run, path, content), self.noted = self.noted, None
            run.content(path, content)
        super().close()


class _Environ(Mapping[str, str]):
    """The environment's variables, each noted as it is asked for."""

    def __getitem__(self, name: str) -> str:
        value = os.environ.get(name)
        if RUN is not None:
            RUN.environ[name] = value
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        spoil("all variables were looked at")
        return iter(os.environ)

    def __len__(self) -> int:
        return sum(1 for _ in self)


ENVIRON: Mapping[str, str] = _Environ()


def here() -> str:
    """The current folder, without links, empty if it is gone; runs in different ones are different to the cache."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def host() -> str:
    """This machine's name; runs on different ones are different runs to the cache."""
    return machine()


def columns() -> int:
    """How wide the terminal is that standard output goes to, in columns; 0 if it goes elsewhere, or that isn't known.

    What `COLUMNS` says of a terminal holds. A run is kept for terminals that are as wide.
    """
    found = terminal(sys.stdout)
    if RUN is not None and RUN.columns != found:
        spoil("the terminal's width has changed")
    said = ENVIRON.get("COLUMNS", "") if found else ""
    return int(said) if said.isdecimal() and len(said) < 6 and int(said) else found


def today() -> str:
    """This day, as `2026-01-31`."""
    import time

    day = time.strftime("%Y-%m-%d")
    if RUN is not None:
        RUN.day = day
    return day


def printed(number: int, data: bytes) -> None:
    """Note what went to standard output (1) or error (2)."""
    if RUN is not None and not RUN.muted and data:
        RUN.note(number, data)


def written(path: str, text: str) -> None:
    """Note a file that the run is about to write."""
    if RUN is not None:
        RUN.note(path, text)


@contextmanager
def unnoted() -> Iterator[None]:
    """What is printed within is about this very run."""
    if RUN is None:
        yield
        return
    sys.stderr.flush()
    RUN.muted = True
    try:
        yield
        sys.stderr.flush()
    finally:
        RUN.muted = False
