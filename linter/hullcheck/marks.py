"""What files, folders and paths are known again by.

On its own, since a run that is printed again imports nothing else.
"""

from __future__ import annotations

import os
import stat

__all__ = (
    "Signature",
    "Step",
    "blake2b",
    "digest",
    "known_by",
    "listed",
    "machine",
    "of_git",
    "signature",
    "step",
    "terminal",
)

try:  # without what else is in `operator`
    from _operator import attrgetter
except ImportError:
    from operator import attrgetter

try:  # the same as in hashlib, which loads OpenSSL as well
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

Signature = tuple[int, int, int, int, int, int]
Step = str | int
"""What lies at a path: `d`, `f`, `o` for a folder, a file and anything else, `l` with a link's target, or an error."""


def digest(data: bytes) -> bytes:
    """What bytes are known by."""
    return blake2b(data, digest_size=20).digest()


known_by = attrgetter("st_mode", "st_size", "st_mtime_ns", "st_ctime_ns", "st_ino", "st_dev")
"""The signature of what lies at a path: for many of them."""


def signature(info: os.stat_result) -> Signature:
    """What changes with a file's content, unless it was changed within one tick of the file system's clock."""
    return (info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_dev)


def step(path: str) -> Step:
    """What lies at a path, without following a link there."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            return "d"
        if stat.S_ISREG(mode):
            return "f"
        return f"l{os.readlink(path)}" if stat.S_ISLNK(mode) else "o"
    except OSError as error:
        return error.errno or 1


def listed(items: "list[os.DirEntry[str]]", owner: int) -> bytes:
    """What a folder's names and their types are known by."""
    names = [
        f"{item.name}\0{'d' if item.is_dir(follow_symlinks=False) else 'l' if item.is_symlink() else 'f' if item.is_file() else 'o'}"
        for item in items
    ]
    return digest(os.fsencode("\n".join((str(owner), *sorted(names)))))


def terminal(stream: object) -> int:
    """How wide the terminal is that a stream goes to, in columns; 0 if it goes to none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return 0


def machine() -> str:
    """This machine's name; empty if the system doesn't say."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


def of_git() -> tuple[tuple[str, str], ...]:
    """The variables that git itself looks at."""
    names = ("HOME", "XDG_CONFIG_HOME", "PATH")
    return tuple(sorted((n, v) for n, v in os.environ.items() if n.startswith("GIT_") or n in names))
