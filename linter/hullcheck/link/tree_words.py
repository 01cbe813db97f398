"""The words of a tree's files, each read once at most: what the index has of them needn't be read."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import cached_property, partial

from hullcheck.budget import tick
from hullcheck.discover import MAX_BYTES, Entry, Kind, Tree
from hullcheck.link.tree_facts import DOCKERFILE, ODD_START, OF_KIND, groups, groups_by_kind
from hullcheck.link.words_of import UNKNOWN, Words, all_words, begins_as_dockerfile, words_of
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.link.compose_said import Command
    from hullcheck.link.deployed import Names
    from hullcheck.link.tree_index import Index, View


class Texts:
    """The words of files, each read once, when it is asked for.

    They follow from a file's name and bytes: what the `index` of the files on disk has needn't be read again, and where it
    says which files belong to a group or have a word, the others needn't be asked. What is the `same` in another tree is
    known from there.
    """

    def __init__(
        self,
        tree: Tree,
        entries: "Iterable[Entry] | dict[str, Entry]",
        other: "Texts | None" = None,
        same: AbstractSet[str] = frozenset(),
        index: "Index | None" = None,
    ) -> None:
        self.tree = tree
        self.entries = entries if isinstance(entries, dict) else {entry.path: entry for entry in entries}
        self._other = other
        self._same = same
        self._known: dict[str, Words] = {}
        self._commands: dict[str, list[Command]] = {}
        self._index = index
        self._base: View | None = None
        if index is not None:
            self._base = index.view(tree, self.entries)  # type: ignore[arg-type]
        elif other is not None and other._base is not None:
            self._base = other._base.of(self.entries, other.entries, same)
        self._groups: dict[str, int] = {}
        self._those: dict[int, list[str]] = {}
        self._members: dict[int, frozenset[str]] = {}

    def take(self, other: "Texts", same: Container[str]) -> None:
        """Take over what another tree's words are known to be, for the files that are the `same` there."""
        entries = self.entries
        self._known.update(
            (path, words)
            for path, words in other._known.items()
            if path in same and path in entries and other.entries[path] == entries[path]
        )
        self._commands.update((path, commands) for path, commands in other._commands.items() if path in same)

    def data(self, path: str) -> bytes | None:
        """A file's bytes; None if it can't be read."""
        tree = self._other.tree if self._other is not None and path in self._same else self.tree
        try:
            return tree.read(path)
        except (OSError, ValueError):
            return None

    def __getitem__(self, path: str) -> Words:
        if path not in self._known:
            tick()
            if self._other is not None and self._other.entries.get(path) == self.entries[path] and path in self._same:
                self._known[path] = self._other[path]
                return self._known[path]
            self._known[path] = self._found(self.entries[path])
        return self._known[path]

    def those(self, group: int) -> list[str]:
        """The files of a group, in the order of the entries."""
        if group not in self._those:
            paths = self.entries if self._base is None else self._base.others
            found = [path for path in paths if self._groups_of(path, group) & group]
            if self._base is not None:
                found = sorted((*self._base.those(group), *found))
            self._those[group] = found
        return self._those[group]

    def _groups_of(self, path: str, wanted: int) -> int:
        """The groups of a file; what it says isn't asked if one that is `wanted` doesn't follow from that."""
        found = self._groups.get(path)
        if found is None:
            entry = self.entries[path]
            kinds = groups_by_kind(entry)
            if entry.kind is Kind.UNKNOWN and not entry.also and begins_as_dockerfile(self.data(path) or b""):
                kinds = DOCKERFILE
            if not wanted & ~OF_KIND or (kinds & DOCKERFILE and wanted != ODD_START):
                return kinds
            found = self._groups[path] = groups(kinds, self[path])
        return found

    def among(self, group: int, where: str, words: Iterable[str]) -> list[str]:
        """Those of a group that are looked up `where` by one of these words; perhaps all of it."""
        if self._base is None:
            return self.those(group)
        others = [*self._base.others, *(self._base.unsaid() if group == DOCKERFILE else ())]
        found = self._base.found(where, words)
        if found is None:
            return self.those(group)
        if group not in self._members:
            self._members[group] = frozenset(self.those(group))
        there = self._members[group]
        return [path for path in dict.fromkeys((*found, *others)) if path in there]

    def may_hold(self, manifests: list[str], words: Iterable[str]) -> list[str]:
        """Those of the manifests that may hold one of these words."""
        without = self._base.without(words) if self._base is not None else frozenset()
        return [path for path in manifests if path not in without]

    def _found(self, entry: Entry) -> Words:
        if self._index is None:
            data = self.data(entry.path)
            return UNKNOWN if data is None else words_of(entry, data)
        kinds = " ".join(kind.value for kind in (entry.kind, *entry.also))
        try:
            return Words(*self._get(entry.path, kinds, lambda data: tuple(words_of(entry, data))))
        except (OSError, ValueError):
            return UNKNOWN

    def _get(self, path: str, what: str, made: Callable[[bytes], Any], limit: int = MAX_BYTES) -> Any:
        assert self._index is not None
        return self._index.get(self.tree, path, what, made, limit)  # type: ignore[arg-type]

    def has_word(self, path: str) -> bool:
        """Does a script have a word of builds? OSError if it can't be read."""
        from hullcheck.link import asked

        if path in self._silent:
            return False
        if self._other is not None and path in self._same:
            return self._other.has_word(path)
        if self._index is None:
            return asked.has_word(self.tree.read(path, asked.MAX_BYTES))
        return bool(self._get(path, "asks", asked.has_word, asked.MAX_BYTES))

    @cached_property
    def _silent(self) -> frozenset[str]:
        return self._base.silent() if self._base is not None else frozenset()

    def commands(self, path: str) -> "list[Command]":
        """The commands in a text by which Compose may be started; OSError if it can't be read."""
        if self._other is not None and path in self._same:
            return self._other.commands(path)
        if path not in self._commands:
            from hullcheck.link.compose_said import commands_in

            if self._index is None:
                self._commands[path] = commands_in(path, self.tree.read(path))
            else:
                self._commands[path] = self._get(path, "starts", partial(commands_in, path))
        return self._commands[path]

    def deploys(self, path: str) -> "Names":
        """What a text says of files that it deploys; OSError if it can't be read."""
        if self._other is not None and path in self._same and not self._is_link(path):
            return self._other.deploys(path)
        from hullcheck.link.deployed import MOST_BYTES, said

        def made(data: bytes) -> "Names":
            return said(data[:MOST_BYTES])

        if self._index is None:
            return made(self.tree.read(path))
        found: Names = self._get(path, "deploys", made)
        return found

    def _is_link(self, path: str) -> bool:
        return path in self.tree.links

    def all_words(self, paths: Iterable[str]) -> "AllWords":
        """The words of files together, and perhaps others: of those that the index has it isn't asked which are there."""
        found = []
        known = frozenset[str]()
        if self._base is not None:
            words, known = self._base.every()
            found.append(words)
        for path in paths:
            if path not in known:
                with suppress(OSError, ValueError):
                    found.append(self.every(path))
        return AllWords(found)

    def every(self, path: str) -> str:
        """All of the words of a file, each with an end of line before and behind it; OSError if it can't be read."""
        if self._other is not None and path in self._same:
            return self._other.every(path)
        if self._index is None:
            return _lines(self.tree.read(path))
        return str(self._get(path, "words", _lines))


class AllWords:
    """The words of many files, each with an end of line before and behind it in one of the `texts`."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._lower: list[str] | None = None

    def has(self, word: str) -> bool:
        """Is it one of the words?"""
        return self.has_part(f"\n{word}\n")

    def has_part(self, part: str) -> bool:
        """Does it stand in one of the words?"""
        return any(part in text for text in self._texts)

    def has_beginning(self, beginning: str) -> bool:
        """Does it stand before a mark in one of the words, in whatever case, as `beginnings` tells it?"""
        if self._lower is None:
            self._lower = [text.lower() for text in self._texts]
        return any(f"\n{beginning}{mark}" in text for text in self._lower for mark in "-_")

    def words(self) -> frozenset[str]:
        """All of them."""
        return frozenset(word for text in self._texts for word in text.split("\n") if word)


def _lines(data: bytes) -> str:
    return "\n".join(("", *sorted(all_words(data.decode("utf-8", "replace"))), ""))
