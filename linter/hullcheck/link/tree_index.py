"""What the files of a tree say of others, kept by their signatures: a run about one file of many needn't read the others.

It is kept as the outputs of runs are: in the user's own folder, with a digest, and never for a gate. Whatever is wrong
with it means that files are read.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from contextlib import suppress

from hullcheck import __version__, look, marks
from hullcheck.discover import DiskTree
from hullcheck.typed import Any

LEAST = 32
"""Files that must have been read anew for the index to be written again: it costs more than to read a few."""

TARGETS = 1_000
"""Targets of runs of which it is known that little is read for them."""

_MADE_BY = (
    "link/tree_index.py",
    "link/words_of.py",
    "link/tree_words.py",
    "link/asked.py",
    "parse/wording.py",
    "plumbing.py",
    "source.py",
    "discover.py",
)
"""The modules that say what is kept: others might say other things of the same files."""

_Record = tuple[marks.Signature | None, bytes, dict[str, Any]]


class Index:
    """What is known of the files below a root; it is kept in the `store`."""

    def __init__(self, store: look.Store, root: str) -> None:
        self._store = store
        self._name = marks.digest(os.fsencode("\0".join(("index", root, __version__, *store.made_by(_MADE_BY))))).hex()
        self._kept: dict[str, _Record] = {}
        self._seen: dict[str, _Record] = {}
        self._anew = 0
        self._narrow: dict[tuple[str, ...], None] = {}
        with suppress(OSError, ValueError, EOFError, TypeError):
            self._kept, narrow = self._read()
            self._narrow = dict.fromkeys(narrow)

    def __len__(self) -> int:
        return max(len(self._kept), len(self._seen))

    def was_narrow(self, targets: tuple[str, ...]) -> bool:
        """Was little read for these targets, the last time?"""
        return targets in self._narrow

    def note(self, targets: tuple[str, ...], *, narrow: bool) -> None:
        """Whether little is read for these targets; the last ones are kept."""
        if narrow != (targets in self._narrow):
            self._anew += LEAST
            if narrow:
                self._narrow[targets] = None
            else:
                del self._narrow[targets]

    def _read(self) -> tuple[dict[str, _Record], list[tuple[str, ...]]]:
        files, narrow = marshal.loads(self._store.read(self._name))
        return files, narrow

    def get(self, tree: DiskTree, path: str, what: str, made: Callable[[bytes], Any], limit: int) -> Any:
        """What follows from a file's bytes by itself, a plain value; OSError if it can't be read.

        `what` is told apart from others of the same file. It is found without the bytes where these are known to be the
        same as before, and a run that is recorded notes them as if they had been read.
        """
        sign = tree.known_by(path)
        if sign is None or sign[1] > limit:
            return made(tree.read(path, limit))
        record = self._seen.get(path)
        if record is None:
            kept = self._kept.get(path)
            if kept is not None and kept[0] == sign:
                record = self._seen[path] = kept
        if record is not None and what in record[2] and (record[0] == sign or record[0] is None):
            look.known(os.path.join(tree.root, path), sign, record[1])
            return record[2][what]
        data = tree.read(path, limit)
        value = made(data)
        digest = marks.digest(data)
        if record is None or record[1] != digest or len(data) != sign[1]:
            before = self._kept.get(path)
            values = dict(before[2]) if before is not None and before[1] == digest else {}
            sure = self._store.settled(sign) and len(data) == sign[1]
            record = self._seen[path] = (sign if sure else None, digest, values)
        record[2][what] = value
        self._anew += 1
        return value

    def save(self) -> None:
        """Keep what is known now, if enough of it is new; nothing is said if it can't be kept."""
        if self._anew < LEAST:
            return
        kept = {path: record for path, record in self._kept.items() if path not in self._seen}
        kept.update((path, record) for path, record in self._seen.items() if record[0] is not None)
        with suppress(OSError, ValueError):
            self._store.keep(self._name, marshal.dumps((kept, list(self._narrow)[-TARGETS:])))
        self._anew = 0


def index_of(root: str) -> Index | None:
    """The index of a tree, where this run may keep anything."""
    store = look.store()
    try:
        return Index(store, root) if store is not None else None
    except OSError:
        return None
