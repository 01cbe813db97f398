"""A tree of which it is known afterwards which files were read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hullcheck.discover import MAX_BYTES, Entry, Remembered, Skipped, Tree
from hullcheck.typed import TypeVar

T = TypeVar("T")


class Noted:
    """A tree that notes the files that are `asked` for, and, with a slash behind them, those that were read for it."""

    def __init__(self, tree: Tree, asked: set[str]) -> None:
        self.tree = tree
        self.asked = asked

    def entries(self) -> Iterator[Entry | Skipped]:
        return self.tree.entries()

    @property
    def walked(self) -> Remembered | None:
        """What is known of the tree's paths, which are no file's."""
        return getattr(self.tree, "walked", None)

    @property
    def paths(self) -> list[str]:
        return self.tree.paths

    @property
    def links(self) -> Mapping[str, str]:
        self.asked.update(self.tree.links)
        return self.tree.links

    @property
    def named(self) -> tuple[str, ...]:
        return self.tree.named

    @property
    def versioned(self) -> bool:
        return self.tree.versioned

    def ignored(self, path: str) -> bool:
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            self.asked.add(f"{folder}/.gitignore".lstrip("/"))
        return self.tree.ignored(path)

    def excluded(self, path: str) -> bool:
        return self.tree.excluded(path)

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        self.asked.update((path, f"{path}/"))
        return self.tree.read(path, limit)

    def chunks(self, path: str) -> Iterator[bytes]:
        self.asked.update((path, f"{path}/"))
        return self.tree.chunks(path)

    def first(self, question: Callable[[str], T]) -> Callable[[str], T]:
        """A question about a file, which is noted first."""

        def noted(path: str) -> T:
            self.asked.add(path)
            return question(path)

        return noted
