"""Which files of a commit are the same on disk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from hullcheck import look
from hullcheck.change.listing import LINK, Blob, Blobs
from hullcheck.plumbing import identify, identify_file, sha256
from hullcheck.typed import Any, Protocol


class Names(Protocol):
    """The names that git gives to the bytes of files on disk, of that many digits."""

    def __call__(self, path: str, digits: int) -> str:
        """That of one; OSError if it can't be read, or is a link or a device."""

    def known(self, paths: AbstractSet[str]) -> Iterable[tuple[str, str]]:
        """Those of files, these among them, that are known without reading them, of as many digits as they were asked for."""


class Repository(Protocol):
    """A repository that git keeps, with its files on disk."""

    @property
    def root(self) -> str:
        """The folder of the files."""

    def blob(self, blob: Blob) -> bytes:
        """The bytes that git keeps by that name."""


class Unchanged(AbstractSet[str]):
    """The files of a commit that are the same on disk, byte for byte: each is read when it is first asked for.

    git would compare what its filters make of the files, and those are programs that the repository names. A file that
    only was given other line ends by the checkout counts as one that differs. Those of `but` aren't the same.
    """

    def __init__(
        self, history: Repository, blobs: Blobs, names: Names | None = None, but: frozenset[str] = frozenset()
    ) -> None:
        self._history = history
        self._names = names
        self._blobs = blobs
        self._sure: set[str] = set()
        self._known = dict.fromkeys(but, False)

    def __contains__(self, path: object) -> bool:
        if path in self._sure:
            return True
        found = self._known.get(path)  # type: ignore[call-overload]
        if found is not None:
            return bool(found)
        if not isinstance(path, str) or path not in self._blobs:
            return False
        found = self._known[path] = self._same(path, self._blobs[path])
        return found

    def differing(self, paths: AbstractSet[str]) -> set[str]:
        """Those of the paths that aren't the same; none is read where that can be told without."""
        asked = paths - self._sure
        if not asked <= self._known.keys():
            self._look_up(asked)
            asked -= self._sure
        return {path for path in asked if path not in self}

    def _look_up(self, paths: AbstractSet[str]) -> None:
        """Have it known of all of these whether they are the same, as far as that can be told without reading any."""
        if self._names is None:
            return
        get, blobs = self._blobs.said.get, self._blobs
        found = {path for path, name in self._names.known(paths) if get(path, "")[7:] == name}
        if blobs.has_links:
            found = {path for path in found if not blobs.is_link(path)}
        self._sure = (self._sure | found if self._sure else found).difference(self._known)

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._blobs if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> frozenset[Any]:
        return frozenset(it)

    def _same(self, path: str, blob: Blob) -> bool:
        full = os.path.join(self._history.root, path)
        try:
            if blob.mode == LINK:
                return identify(os.fsencode(look.readlink(full)), len(blob.id)) == blob.id
            name = self._names(path, len(blob.id)) if self._names is not None else identify_file(full, len(blob.id))
            return name == blob.id or self._stored_elsewhere(full, blob)
        except OSError:
            return False

    def _stored_elsewhere(self, path: str, blob: Blob) -> bool:
        """Is the commit's file only the name of what is on disk, as Git LFS leaves it?"""
        pointer = self._history.blob(blob)
        named = (
            re.search(rb"^oid sha256:([0-9a-f]{64})$", pointer, re.MULTILINE) if pointer[:8] == b"version " else None
        )
        return named is not None and sha256(path) == named[1].decode()
