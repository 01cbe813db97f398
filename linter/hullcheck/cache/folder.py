"""The folder where entries are kept: used only if it is the user's own, and nobody else could have written to it.

Whatever goes wrong with it, by chance or by another run, means that there is no entry, and is no fault.
"""

import os
import stat
import sys

from hullcheck.marks import digest

MAGIC = b"hullcheck cache 1\n"
TAG = "CACHEDIR.TAG"
TAGGED = b"Signature: 8a477f597d28d172789f06886806bc55\n# This is hullcheck's cache; `hullcheck clean` removes it.\n"
"""How backup programs know a cache (https://bford.info/cachedir/), and how `clean` knows that it is ours."""

MAX_ENTRY = 64 * 1024 * 1024
MAX_ALL = 512 * 1024 * 1024
"""Bytes of one entry, and of all together; those that weren't used for longest go first."""

_NAME = 40
_DIGEST = 20
_OLD = 3600


def supported() -> bool:
    """Can the system say whose a folder is, and open what is in it and nothing else?"""
    return os.name == "posix" and os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


def place(said: str = "") -> tuple[str, bool]:
    """Where the folder is, empty if nowhere; and whether somebody said so, in words or by HULLCHECK_CACHE_DIR."""
    said = said or os.environ.get("HULLCHECK_CACHE_DIR", "")
    if said:
        return os.path.abspath(said), True
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return "", False
        base = os.path.join(home, *(("Library", "Caches") if sys.platform == "darwin" else (".cache",)))
    return os.path.join(base, "hullcheck"), False


def is_inside(place: str, root: str) -> bool:
    """Is a folder another one, or in it?"""
    return f"{os.path.realpath(place)}/".startswith(f"{root.rstrip('/')}/")


def opened(path: str) -> int:
    """A descriptor of the folder; OSError if it isn't there, or isn't ours alone."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _ours(os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def made(path: str) -> int:
    """The same, of a folder that is made if need be, and only where this user keeps files anyway."""
    try:
        return opened(path)
    except FileNotFoundError:
        parent = os.path.dirname(path)
        while not os.path.lexists(parent):
            parent = os.path.dirname(parent)
        info = os.stat(parent)
        if info.st_uid != os.geteuid() and not info.st_mode & stat.S_ISVTX:
            raise PermissionError(1, "another user's folder", parent) from None
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        os.mkdir(path, 0o700)
    handle = opened(path)
    write(handle, TAG, TAGGED)
    return handle


def _ours(info: os.stat_result) -> None:
    if info.st_uid != os.geteuid() or info.st_mode & 0o077:
        raise PermissionError(1, "others may write here")


def read(folder: int, name: str) -> bytes:
    """An entry's bytes as they were written; OSError or ValueError if there are none that can be relied on."""
    handle, info = _entry(folder, name)
    with open(handle, "rb", buffering=0) as file:
        head = file.read(len(MAGIC) + _DIGEST)
        payload = file.readall()
        if head != MAGIC + digest(payload):
            raise ValueError("no entry")
        _use(handle, info)
    return payload


def _entry(folder: int, name: str) -> tuple[int, os.stat_result]:
    """A descriptor of an entry, and what it is; OSError or ValueError if it isn't one, or not ours alone."""
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        info = os.fstat(handle)
        _ours(info)
        if not stat.S_ISREG(info.st_mode) or info.st_nlink != 1 or info.st_size > MAX_ENTRY:
            raise ValueError("no entry")
    except BaseException:
        os.close(handle)
        raise
    return handle, info


class Parts:
    """An entry that is read in parts, without its digest: see `look.Parts`."""

    def __init__(self, folder: int, name: str) -> None:
        self._handle, info = _entry(folder, name)
        try:
            _use(self._handle, info)
            if os.pread(self._handle, len(MAGIC), 0) != MAGIC:
                raise ValueError("no entry")
        except BaseException:
            self.close()
            raise

    def part(self, start: int, size: int) -> bytes:
        return os.pread(self._handle, size, len(MAGIC) + _DIGEST + start)

    def close(self) -> None:
        os.close(self._handle)


def _use(handle: int, info: os.stat_result) -> None:
    """Let it be known that an entry is of use; to the hour is enough."""
    import time

    if os.utime in os.supports_fd and time.time() - info.st_mtime > _OLD:
        os.utime(handle)


def keep(folder: int, name: str, payload: bytes) -> None:
    """Write an entry, and let others go if it is too much; OSError if it can't be written."""
    if len(payload) + len(MAGIC) + _DIGEST > MAX_ENTRY:
        return
    write(folder, name, MAGIC + digest(payload) + payload)
    _prune(folder)


def write(folder: int, name: str, data: bytes) -> None:
    """Write a file, whole or not at all."""
    part = f"{name}.{os.urandom(8).hex()}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(part, flags, 0o600, dir_fd=folder)
    try:
        with open(handle, "wb", buffering=0) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        _unlink(folder, part)
        raise


def entries(folder: int) -> list[tuple[float, int, str]]:
    """What of ours is in the folder: when it was used, its size and its name; the oldest first."""
    found = []
    for name in os.listdir(folder):
        if _is_ours(name):
            try:
                info = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except OSError:  # another run was faster
                continue
            if stat.S_ISREG(info.st_mode):
                found.append((info.st_mtime, info.st_size, name))
    return sorted(found)


def _is_ours(name: str) -> bool:
    stem = name.removesuffix(".part").partition(".")[0]
    return len(stem) == _NAME and not stem.strip("0123456789abcdef")


def _prune(folder: int) -> None:
    """Let the oldest go while it is too much, and what a run that was ended had begun."""
    import time

    found = entries(folder)
    size = sum(each for _, each, _ in found)
    for used, each, name in found:
        begun = name.endswith(".part") and time.time() - used > _OLD
        if size > MAX_ALL or begun:
            _unlink(folder, name)
            size -= each


def _unlink(folder: int, name: str) -> None:
    from contextlib import suppress

    with suppress(OSError):
        os.unlink(name, dir_fd=folder)


def clean(path: str) -> tuple[int, int]:
    """Remove what is ours, and the folder if nothing else is in it; returns how many entries and bytes.

    FileNotFoundError if there is no folder; PermissionError, and nothing is removed, if it is not one of ours.
    """
    folder = opened(path)
    try:
        with open(os.open(TAG, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder), "rb") as file:
            if file.read(len(TAGGED)) != TAGGED:
                raise PermissionError(1, "it isn't hullcheck's")
        found = entries(folder)
        for _, _, name in found:
            _unlink(folder, name)
        _unlink(folder, TAG)
    except FileNotFoundError:
        raise PermissionError(1, "it isn't hullcheck's") from None
    finally:
        os.close(folder)
    from contextlib import suppress

    with suppress(OSError):  # something else is in it, or is made just now
        os.rmdir(path)
    return len(found), sum(size for _, size, _ in found)
