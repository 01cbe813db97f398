"""A commit's tree with the files beside it that git leaves alone: what they say is no part of any change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from hullcheck.discover import MAX_BYTES, Entry, Skipped, Tree


class Beside:
    """`tree`, and what isn't in it but lies on the `disk`, such as an `.env` that is ignored; never what is `tracked`.

    The disk has to be walked before.
    """

    def __init__(self, tree: Tree, disk: Tree, tracked: AbstractSet[str]) -> None:
        self._tree = tree
        self._disk = disk
        self._tracked = tracked

    def entries(self) -> Iterator[Entry | Skipped]:
        return self._tree.entries()

    @cached_property
    def paths(self) -> list[str]:
        own = self._tree.paths
        known = frozenset(own)
        return [*own, *(path for path in self._disk.paths if path not in known and self._is_beside(path))]

    def _is_beside(self, path: str) -> bool:
        return path not in self._tracked and self._disk.ignored(path)

    @property
    def links(self) -> Mapping[str, str]:
        return self._tree.links

    @property
    def versioned(self) -> bool:
        return self._tree.versioned

    def ignored(self, path: str) -> bool:
        return self._tree.ignored(path)

    @property
    def named(self) -> tuple[str, ...]:
        return self._tree.named

    def excluded(self, path: str) -> bool:
        return self._tree.excluded(path)

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        try:
            return self._tree.read(path, limit)
        except FileNotFoundError:
            if self._is_beside(path):
                return self._disk.read(path, limit)
            raise

    def chunks(self, path: str) -> Iterator[bytes]:
        try:
            return self._tree.chunks(path)
        except FileNotFoundError:
            if self._is_beside(path):
                return self._disk.chunks(path)
            raise
