"""What a walk found in each folder, so that the next one needn't list those that are as they were.

A folder's own times change when something comes into it, goes or gets another name, and nothing else bears on what is told of
what is in it than the options, the lists of what is ignored in it and above, links, and what git keeps of what is ignored. So
folders that hold any of that are always listed, and all others if what is ignored there may be something else, or they were
changed of late; those in which something is ignored are listed once git's index has changed, too.
"""

from __future__ import annotations

from collections.abc import Callable
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
    tuple[tuple[str, int], ...],
    tuple[str, ...],
    tuple[tuple[str, str, str, tuple[Any, ...] | None], ...],
]
"""What a folder is known by, None if it has to be listed, and what is ignored in it; the paths of the files in it; those of
interest, each with the number of its kind; the folders in it that are entered; and what is left out."""

_TRACKED = "hullcheck.tracked.mark"
"""Under this name, among those of tests, is what tells whether git tracks the same as before."""

KINDS = tuple(Kind)
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


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

    def walk(self, tree: DiskTree) -> list[Entry | Skipped]:
        """What the tree's own walk would tell; its paths are noted as there."""
        found: list[Entry | Skipped] = []
        before, rows, start = self._before, self.rows, f"{tree.root}/"
        if tree.gitignore:
            index = look.signed(f"{start}.git/index")
            self._tracked = repr(index) if index is not None else _mark(tree.root)
        alike = self._names.get(_TRACKED) == (self._tracked,)
        known = look.folder if not look.recorded() else None
        make: Callable[..., Entry] = tuple.__new__
        waiting: list[tuple[str, list[tuple[str, GitIgnore]], bytes]] = [("", [], b"")]
        while waiting:
            folder, ignores, key = waiting.pop()
            row = before.get(folder)
            sign = row[0] if row is not None and row[1] == key and (alike or not _has_ignored(row)) else None
            if row is not None and known is not None and sign is not None and known(start + folder) == sign:
                rows[folder] = row
                tree.enter(folder, row[2], ignores)
                found += [make(Entry, (path, KINDS[kind], False, ())) for path, kind in row[3]]
                found += [Skipped(*each[:3], Gap(*each[3]) if each[3] else None) for each in row[5]]
                waiting += [(each, ignores, key) for each in row[4]]
                continue
            now = rows[folder] = self._listed(tree, folder, ignores, key, found)
            self.anew += now[0] is not None and (now != row or not alike)
            here = tree.ignores_in(folder)
            if len(here) != len(ignores):
                ignores, key = here, _key(key, *here[-1])
            waiting += [(each, ignores, key) for each in now[4]]
        return found

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
        sure = sign is not None and folder not in tree.odd and self._settled(sign)
        return (
            sign if sure else None,
            key,
            tuple(tree.paths[first:]),
            tuple((entry.path, _NUMBERS[entry.kind]) for entry in entries),
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
                self._found[name] = sorted((*found, *filter(test, new)))
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


def _key(above: bytes, folder: str, rules: "GitIgnore") -> bytes:
    """What is ignored in a folder, known again."""
    said = "\0".join((folder, *(rule.text for rule in rules.rules)))
    return digest(above + said.encode("utf-8", "surrogateescape"))
