"""What a walk found in each folder, so that the next one needn't list those that are as they were.

A folder's own times change when something comes into it, goes or gets another name, and nothing else bears on what is told of
what is in it than the options, the lists of what is ignored in it and above, links, and what git keeps of what is ignored. So
folders that hold any of that are always listed, and all others if what is ignored there may be something else, or they were
changed of late; those in which something is ignored are listed once git's index has changed, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import chain

from hullcheck import look
from hullcheck.discover import IGNORED, DiskTree, Entry, Kind, Skipped
from hullcheck.marks import Signature, digest
from hullcheck.model.coverage import Gap
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.model.globs import GitIgnore

Row = tuple[
    Signature | None,
    bytes,
    tuple[str, ...],
    bytes,
    tuple[str, ...],
    tuple[tuple[str, str, str, tuple[Any, ...] | None], ...],
]
"""What a folder is known by, None if it has to be listed, and what is ignored in it; the paths of the files in it; for each
the number of its kind, 0 if it is of no interest; the folders in it that are entered; and what is left out."""

_TRACKED = "hullcheck.tracked.mark"
"""Under this name, among those of tests, is what tells whether git tracks the same as before."""

KINDS = tuple(Kind)
_NUMBERS = {kind: number for number, kind in enumerate(KINDS, 1)}


class Walked:
    """The folders of a tree, as an earlier walk found them and as this one does.

    `names` are the paths that tests of names are true of. `settled` tells whether something was left alone long enough for
    its times to tell that it is the same. `anew` counts what is worth while to be kept.
    """

    def __init__(
        self, before: dict[str, Row], names: dict[str, tuple[str, ...]], settled: Callable[[Signature], bool]
    ) -> None:
        self._before = before
        self._names = names
        self._settled = settled
        self._moved: tuple[frozenset[str], list[str]] | None = None
        self._found: dict[str, list[str]] = {}
        self.rows: dict[str, Row] = {}
        self.anew = 0
        self._tracked = ""
        self._tracks_the_same = True

    def walk(self, tree: DiskTree) -> list[Entry | Skipped]:
        """What the tree's own walk would tell; its paths are noted as there."""
        found: list[Entry | Skipped] = []
        before, rows = self._before, self.rows
        self._ask_index(tree)
        changed = None
        if before and not look.recorded():
            changed = self._changed(tree)
            if self._listed_again(tree, changed, found):
                return found
        waiting: list[tuple[str, list[tuple[str, GitIgnore]], bytes]] = [("", [], b"")]
        while waiting:
            folder, ignores, key = waiting.pop()
            row = before.get(folder)
            if row is not None and row[1] == key and changed is not None and folder not in changed:
                rows[folder] = row
                tree.enter(folder, row[2], ignores)
                found += _items((row,))
                waiting += [(each, ignores, key) for each in row[4]]
                continue
            now = rows[folder] if folder in rows else self._looked(tree, folder, ignores, key, found)
            ignores, key = _below(tree, folder, ignores, key)
            waiting += [(each, ignores, key) for each in now[4]]
        return found

    def _ask_index(self, tree: DiskTree) -> None:
        """Look whether git tracks what it did: of what is ignored, that is told."""
        if tree.asks_index:
            index = look.signed(f"{tree.root}/.git/index")
            self._tracked = repr(index) if index is not None else _mark(tree.root)
            self._tracks_the_same = self._names.get(_TRACKED) == (self._tracked,)

    def _changed(self, tree: DiskTree) -> set[str]:
        """The folders that have to be listed: those that aren't as they were, and those of which that can't be told."""
        sure = {
            folder: row[0]
            for folder, row in self._before.items()
            if row[0] is not None and (self._tracks_the_same or not _has_ignored(row))
        }
        return {
            *(folder for folder in self._before if folder not in sure),
            *look.changed(f"{tree.root}/", [*sure], [*sure.values()]),
        }

    def _listed_again(self, tree: DiskTree, changed: set[str], found: list[Entry | Skipped]) -> bool:
        """List the folders that have to be, and take all others over, if the same folders are entered as before.

        Where that isn't so, those that were listed until then are entered all the same.
        """
        before = self._before
        tree.is_taken_over = True
        for folder in sorted(changed):  # each behind those that it is in
            above = tree.ignores_in(folder.rpartition("/")[0]) if folder else []
            was = before[folder]
            now = self._looked(tree, folder, above, was[1], found)
            key = _below(tree, folder, above, was[1])[1]
            if frozenset(now[4]) != frozenset(was[4]) or any(before[each][1] != key for each in now[4]):
                return False
        rest = {folder: row for folder, row in before.items() if folder not in changed} if changed else before
        tree.enter_all(rest, chain.from_iterable(row[2] for row in rest.values()))
        found += _items(rest.values())
        self.rows = {**before, **self.rows}
        return True

    def _looked(
        self,
        tree: DiskTree,
        folder: str,
        ignores: "list[tuple[str, GitIgnore]]",
        key: bytes,
        found: list[Entry | Skipped],
    ) -> Row:
        """What is in a folder, listed."""
        now = self.rows[folder] = self._listed(tree, folder, ignores, key, found)
        self.anew += now[0] is not None and (now != self._before.get(folder) or not self._tracks_the_same)
        return now

    def _listed(
        self,
        tree: DiskTree,
        folder: str,
        ignores: "list[tuple[str, GitIgnore]]",
        key: bytes,
        found: list[Entry | Skipped],
    ) -> Row:
        sign = look.folder(f"{tree.root}/{folder}")
        first = len(tree.paths)
        own = list(tree.listed(folder, ignores))
        below = tuple(each for each in own if isinstance(each, str))
        entries = [each for each in own if isinstance(each, Entry)]
        skipped = [each for each in own if isinstance(each, Skipped)]
        found += entries
        found += skipped
        paths = tuple(tree.paths[first:])
        kinds = {entry.path: _NUMBERS[entry.kind] for entry in entries}
        sure = sign is not None and folder not in tree.odd and self._settled(sign)
        return (
            sign if sure else None,
            key,
            paths,
            bytes(kinds.get(path, 0) for path in paths),
            below,
            tuple((each.path, each.reason, each.rule, each.gap and tuple(each.gap)) for each in skipped),
        )

    def like(self, test: Callable[[str], bool], paths: list[str]) -> list[str]:
        """Those of the tree's paths that a test is true of, which looks at nothing else; sorted."""
        name = f"{test.__module__}.{test.__qualname__}"
        if name not in self._found:
            known = self._names.get(name)
            if known is None:
                self._found[name] = sorted(filter(test, paths))
                self.anew += len(self.rows)
            else:
                gone, new = self._changes()
                found = [path for path in known if path not in gone] if gone else list(known)
                self._found[name] = sorted((*found, *filter(test, new))) if new else found
        return list(self._found[name])

    def _changes(self) -> tuple[frozenset[str], list[str]]:
        """The paths that are gone since the earlier walk, and those that are new."""
        if self._moved is None:
            before, rows = self._before, self.rows
            now = [row for folder, row in rows.items() if before.get(folder) is not row]
            then = [row for folder, row in before.items() if rows.get(folder) is not row]
            there = frozenset(chain.from_iterable(row[2] for row in now))
            earlier = frozenset(chain.from_iterable(row[2] for row in then))
            self._moved = (earlier - there, sorted(there - earlier))
        return self._moved

    def names(self) -> dict[str, tuple[str, ...]]:
        """What is known of names, for the next walk."""
        kept = dict(self._names) if self._changes() == (frozenset(), []) else {}
        return {**kept, **{name: tuple(found) for name, found in self._found.items()}, _TRACKED: (self._tracked,)}


def _mark(root: str) -> str:
    """What tells whether git tracks the same, where its index isn't in the first place for it."""
    from hullcheck.tracked import mark

    return mark(root) if look.lexists(f"{root}/.git") else ""


def _has_ignored(row: Row) -> bool:
    """Is anything in the folder left out that would be told if git tracked it?"""
    return any(each[1] == IGNORED for each in row[5])


def _items(rows: Collection[Row]) -> list[Entry | Skipped]:
    """What is told of what is in folders that hold no links."""
    make: Callable[..., Entry] = tuple.__new__
    paths, kinds = chain.from_iterable(row[2] for row in rows), b"".join([row[3] for row in rows])
    found: list[Entry | Skipped] = [
        make(Entry, (path, KINDS[kind - 1], False, ())) for path, kind in zip(paths, kinds, strict=True) if kind
    ]
    found += [Skipped(*each[:3], Gap(*each[3]) if each[3] else None) for row in rows for each in row[5]]
    return found


def _below(
    tree: DiskTree, folder: str, ignores: "list[tuple[str, GitIgnore]]", key: bytes
) -> "tuple[list[tuple[str, GitIgnore]], bytes]":
    """What is ignored in the folders of a folder that was listed, where `ignores` holds above, and what that is known by."""
    here = tree.ignores_in(folder)
    return (here, _key(key, *here[-1])) if len(here) != len(ignores) else (ignores, key)


def _key(above: bytes, folder: str, rules: "GitIgnore") -> bytes:
    """What is ignored in a folder, known again."""
    said = "\0".join((folder, *(rule.text for rule in rules.rules)))
    return digest(above + said.encode("utf-8", "surrogateescape"))
