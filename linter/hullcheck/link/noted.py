"""A tree of which it is known afterwards which files were read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from hullcheck.discover import MAX_BYTES, Entry, Skipped, Tree, seen
from hullcheck.typed import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hullcheck.discover import Remembered

T = TypeVar("T")


class Noted:
    """A tree that notes the files that are `asked` for; `silent` are those of which it is only known that they say nothing."""

    def __init__(self, tree: Tree, asked: set[str]) -> None:
        self.tree = tree
        self.asked = asked
        self._asked_in: set[str] = set()
        self._silent: set[str] = set()
        self._read: set[str] = set()

    @property
    def silent(self) -> frozenset[str]:
        return frozenset(self._silent - self._read)

    def entries(self) -> Iterator[Entry | Skipped]:
        return self.tree.entries()

    @property
    def paths(self) -> list[str]:
        return self.tree.paths

    @property
    def seen(self) -> frozenset[str]:
        return seen(self.tree)

    @property
    def walked(self) -> "Remembered | None":
        return getattr(self.tree, "walked", None)

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
        folder = path.rpartition("/")[0]
        while folder not in self._asked_in:
            self._asked_in.add(folder)
            self.asked.add(f"{folder}/.gitignore".lstrip("/"))
            folder = folder.rpartition("/")[0]
        return self.tree.ignored(path)

    def excluded(self, path: str) -> bool:
        return self.tree.excluded(path)

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        self.asked.add(path)
        self._read.add(path)
        return self.tree.read(path, limit)

    def chunks(self, path: str) -> Iterator[bytes]:
        self.asked.add(path)
        self._read.add(path)
        return self.tree.chunks(path)

    def first(self, question: Callable[[str], T]) -> Callable[[str], T]:
        """A question about a file, which is noted first; it says nothing where the answer is no, or the file can't be read."""

        def noted(path: str) -> T:
            self.asked.add(path)
            self._silent.add(path)
            answer = question(path)
            if answer:
                self._silent.discard(path)
            return answer

        return noted
