"""Clones that are kept from run to run: in this user's own folder, bounded, each used by one process at a time."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hullcheck.cache import folder as own
from hullcheck.change.history import History
from hullcheck.change.listing import Blob
from hullcheck.cloning import CloneError, Remote, size
from hullcheck.discover import MAX_BYTES, kind_of
from hullcheck.errors import HullcheckError
from hullcheck.fleet.address import Address
from hullcheck.hashes import sha256
from hullcheck.link.asked import is_script
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TypeVar

T = TypeVar("T")

MAX_ALL = 10_000
"""Megabytes of all clones together, unless it is said otherwise; those that weren't used for longest go first."""

MAX_ONE = 2_000
"""Megabytes of one clone."""

TRIES = 3
PAUSE = 1.0
"""Seconds before the second try; each further pause is twice as long, and up to half as much again by chance."""

MOST_SINGLE = 500
"""Files that are fetched one by one, where it wasn't foreseen that they are read."""

_ENDS = (
    "ignore", ".tpl", ".tmpl", ".txt", ".toml", ".hcl", ".env", ".conf", ".json5", ".properties", ".tf", ".gitmodules",
    ".helmignore", ".jsonnet", ".mod", ".lock",
)  # fmt: skip
"""Endings of files that others name, or that say something of others."""


class Kept(NamedTuple):
    """Where clones are kept, and how many megabytes of all and of one."""

    folder: str
    most: int = MAX_ALL
    most_of_one: int = MAX_ONE


def place(said: str = "") -> str:
    """The folder of the clones, below the user's cache or the folder that is named; empty if there is none."""
    base, _ = own.place(said)
    return os.path.join(base, "fleet") if base else ""


class Partial(History):
    """A clone's history, in which files that aren't here yet are fetched when they are asked for."""

    def __init__(self, root: str, remote: Remote) -> None:
        self._remote = remote
        self._left = MOST_SINGLE
        super().__init__(root, bare=True)

    def blob(self, blob: Blob, limit: int = MAX_BYTES) -> bytes:
        found = self._repository("").blob(blob.id, limit)
        if found is None:
            self._left -= 1
            if self._left < 0:
                raise HullcheckError(f"more than {MOST_SINGLE} files would have to be fetched one by one")
            self._remote.fetch_blobs((blob.id,))
            self._repositories.clear()  # a new git, which looks for what is new
            found = self._repository("").blob(blob.id, limit)
        if found is None:
            raise HullcheckError(f"the other side doesn't have the file {blob.id[:12]}")
        return found

    def chunks(self, blob: Blob) -> Iterator[bytes]:
        with suppress(OSError):  # too large to be read at once, and here by now
            self.blob(blob)
        return super().chunks(blob)

    def prefetch(self, commit: str) -> None:
        """Have here, in one go, what is likely to be read."""
        blobs = self.files(commit)
        wanted = {blob.id for path, blob in blobs.items() if _is_likely(path)}
        self._remote.fetch_blobs(sorted(wanted))
        self._repositories.clear()


def _is_likely(path: str) -> bool:
    name = path.rpartition("/")[2]
    return kind_of(name) is not None or is_script(path) or name.lower().endswith(_ENDS)


@contextmanager
def clone(kept: Kept, at: Address, ref: str) -> Iterator[tuple[str, Callable[[], Partial]]]:
    """The commit that is meant there, and what fetches and opens it; nobody else uses the clone within.

    Raises HullcheckError if it can't be cloned, after several tries where another one may succeed.
    """
    if not own.supported() or not kept.folder:
        raise HullcheckError("clones can't be kept safely on this system: name folders instead")
    try:
        os.close(own.made(kept.folder))
    except OSError as error:
        raise HullcheckError(f"clones can't be kept in {kept.folder}: {error.strerror}") from None
    name = str(sha256(at.url.encode()).hexdigest()[:40])
    with locked(os.path.join(kept.folder, f"{name}.lock")):
        folder = os.path.join(kept.folder, name)
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        remote = Remote(folder, at.url, at.user, at.password, kept.most_of_one * 1_000_000)
        commit = _tried(lambda: remote.commit(ref))
        if not commit:
            raise HullcheckError(f"there is no `{ref}`" if ref else "it is empty: there is no commit")
        yield commit, lambda: _fetched(folder, remote, commit)
        with suppress(OSError):
            os.utime(folder)
    _prune(kept)


def _fetched(folder: str, remote: Remote, commit: str) -> Partial:
    return _tried(lambda: _opened(folder, remote, commit))


def _opened(folder: str, remote: Remote, commit: str) -> Partial:
    try:
        remote.fetch(commit)
        history = Partial(folder, remote)
        history.prefetch(commit)
    except HullcheckError:
        shutil.rmtree(folder, ignore_errors=True)  # it may be what is broken: another try begins anew
        os.mkdir(folder, 0o700)
        raise
    return history


def _tried(what: Callable[[], T]) -> T:
    """What is done, tried again where that may help."""
    for number in range(TRIES):
        try:
            return what()
        except CloneError as error:
            if not error.again or number == TRIES - 1:
                tries = f" (tried {number + 1} times)" if number else ""
                raise CloneError(f"can't be cloned: {error}{tries}", again=False) from None
            time.sleep(PAUSE * 2**number * (1 + random.random() / 2))
    raise AssertionError


@contextmanager
def locked(path: str, *, wait: bool = True) -> Iterator[None]:
    """Nobody else is within at the same time; BlockingIOError if somebody is and that isn't waited for."""
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


def _prune(kept: Kept) -> None:
    """Let the clones go that weren't used for longest while all together are too much, but for those in use."""
    found = []
    with suppress(OSError), os.scandir(kept.folder) as items:
        for item in items:
            if len(item.name) == 40 and item.is_dir(follow_symlinks=False):
                found.append((item.stat(follow_symlinks=False).st_mtime, _size(kept.folder, item.name), item.name))
    total = sum(size for _, size, _ in found)
    for _, each, name in sorted(found):
        if total <= kept.most * 1_000_000:
            return
        with suppress(OSError), locked(os.path.join(kept.folder, f"{name}.lock"), wait=False):
            shutil.rmtree(os.path.join(kept.folder, name), ignore_errors=True)
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(kept.folder, f"{name}.size"))
            total -= each


def _size(folder: str, name: str) -> int:
    """How large a clone is, as it was measured when it was used last."""
    at, noted = os.path.join(folder, name), os.path.join(folder, f"{name}.size")
    with suppress(OSError, ValueError):
        if os.stat(noted).st_mtime >= os.stat(at).st_mtime:
            with open(noted, "rb") as file:
                return int(file.read(20))
    found = size(at)
    with suppress(OSError):
        handle = os.open(noted, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(handle, "wb") as file:
            file.write(str(found).encode())
    return found


def clean(folder: str) -> int:
    """Remove all clones that nobody uses; returns how many."""
    count = 0
    try:
        os.close(own.opened(folder))
        names = [name for name in os.listdir(folder) if len(name) == 40]
    except OSError:
        return 0
    for name in names:
        with suppress(OSError), locked(os.path.join(folder, f"{name}.lock"), wait=False):
            shutil.rmtree(os.path.join(folder, name))
            count += 1
    for name in os.listdir(folder):
        if name[:40] not in names or not os.path.lexists(os.path.join(folder, name[:40])):
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))
    with suppress(OSError):
        os.rmdir(folder)
    return count
