"""Whether git tracks a path, told from the repository's index without git.

What git tracks is not ignored, whatever `.gitignore` says: it is in every clone. An index that is kept in several files,
or that can't be read, tells of nothing.

See https://git-scm.com/docs/index-format
"""

from __future__ import annotations

import os
import posixpath
from bisect import bisect_left

from hullcheck import look

MOST = 256 * 1024 * 1024
"""Bytes of an index that is read."""

MANY = 200
"""Questions from which on it is worth while to look at each entry."""

_COMPRESSED = 4
"""The version in which a name says only in what it differs from the one before."""

_HASHES = (20, 32)


class Tracked:
    """The paths in an index. `data` are its bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data if data[:4] == b"DIRC" else b""
        self._version = int.from_bytes(data[4:8], "big")
        self._asked = 0
        self._names: list[bytes] | None = None

    def __contains__(self, path: object) -> bool:
        """Is the file tracked, or any below the folder?"""
        self._asked += 1
        name = os.fsencode(str(path))
        if self._names is None and (self._asked > MANY or self._version == _COMPRESSED):
            self._names = sorted(_all(self._data, self._version))
        if self._names is None:
            return self._found(name)
        return _among(self._names, name, name) or _among(self._names, name + b"/", name + b"0")

    def _found(self, name: bytes) -> bool:
        """Is there an entry of that name, or of one below it? Before each name are flags, with the name's length."""
        data = self._data
        at = data.find(name, 12)
        while at >= 0:
            if data[at + len(name) : at + len(name) + 1] in (b"\0", b"/"):
                size = data.find(b"\0", at) - at
                flags, more = (int.from_bytes(data[at - back : at - back + 2], "big") for back in (2, 4))
                if any(each & 0xFFF == min(size, 0xFFF) for each in (flags, *((more,) if more & 0x4000 else ()))):
                    return True
            at = data.find(name, at + 1)
        return False


def _among(names: list[bytes], first: bytes, beyond: bytes) -> bool:
    at = bisect_left(names, first)
    return at < len(names) and (names[at] == first or first < names[at] < beyond)


def _all(data: bytes, version: int) -> list[bytes]:
    """All names in an index, whichever of its hashes the repository uses; none of one that isn't as it should be."""
    for size in _HASHES:
        try:
            return _entries(data, version, 40 + size)
        except (IndexError, ValueError):
            continue
    return []


def _entries(data: bytes, version: int, fixed: int) -> list[bytes]:
    """The names, whose flags stand behind so many bytes of each entry; ValueError or IndexError if there is none such."""
    names: list[bytes] = []
    at, before = 12, b""
    for _ in range(int.from_bytes(data[8:12], "big")):
        flags = data[at + fixed] << 8 | data[at + fixed + 1]
        start = at + fixed + (4 if flags & 0x4000 else 2)
        gone = 0
        if version == _COMPRESSED:
            gone, start = _number(data, start)
        end = data.index(b"\0", start)
        before = before[: len(before) - gone] + data[start:end] if version == _COMPRESSED else data[start:end]
        if min(len(before), 0xFFF) != flags & 0xFFF or not before:
            raise ValueError("not an entry")
        names.append(before)
        at = end + 1 if version == _COMPRESSED else at + ((end - at + 8) & ~7)
    return names


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number as git writes it in as few bytes as it needs, and where it ends."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = (value + 1) << 7 | data[at] & 0x7F
    return value, at + 1


def of(root: str) -> Tracked:
    """What git tracks in the repository with that root."""
    try:
        place = _index(root)
        with look.opened(place) as file:
            data = file.read(MOST + 1)
    except OSError:
        data = b""
    return Tracked(data if len(data) <= MOST else b"")


def mark(root: str) -> str:
    """What tells whether git tracks the same as before."""
    try:
        return repr(look.signed(_index(root)))
    except OSError:
        return ""


def _index(root: str) -> str:
    """Where the index is. `.git` of a work tree beside the first is a file that names its folder."""
    own = posixpath.join(root, ".git")
    if not look.isdir(own):
        with look.opened(own) as file:
            said = file.read(65_536).removeprefix(b"gitdir:").strip()
        own = os.path.join(root, os.fsdecode(said))
    return os.path.join(own, "index")
