"""What earlier runs made of YAML, packed, by what the text is: parsing is most of what a run about many files does.

It is kept as the outputs of runs are, in the user's own folder, for each tree in one file: a table and behind it the
documents of each text, which are read and compared with their digests one by one, as they are asked for. Whatever is
wrong with it means that a text is parsed. It holds no places but offsets, so that a file may be moved or copied.
"""

from __future__ import annotations

import marshal
import os
import sys
from contextlib import suppress

from hullcheck import __version__, look, marks
from hullcheck.model.node import Packed
from hullcheck.typed import Any

LEAST = 256 * 1024
"""Characters that must have been parsed anew for the file to be written again, or an eighth of what it stands for."""

LONG = 16 * 1024
"""Characters of texts that are kept at once: to pack shorter ones costs a first run more than it gains."""

MUCH = 1024 * 1024
"""Characters of shorter ones from which on the next run keeps them, too; where it is written at all, all are kept."""

SHORT = 256
"""Characters below which a text is parsed as fast as it is found."""

MOST = 48 * 1024 * 1024
"""Bytes that are kept for one tree."""

AGE = 4
"""How many times it is written again before a text is left out that nobody has asked for."""

_MADE_BY = ("model/node.py", "parse/events.py", "parse/packed.py", "parse/packer.py", "parse/yaml.py")
"""The modules that say what is kept."""

_HEAD = 28
"""Bytes in front of the table: its digest and how long it is."""

Made = list[tuple[Packed | None, int]] | tuple[str, int]
"""The documents of a text, packed, each with where it starts; or why it can't be read, and where."""

Told = tuple[dict[bytes, tuple[bytes, int]], set[bytes], int]
"""What was packed, by the keys of texts, and how long these are; which were found; characters that were passed."""

_Row = tuple[int, int, bytes, int, int]
"""Where a text's documents are and how many bytes, their digest, how long the text is, and how old that is."""


class Known:
    """The documents of texts, as kept in a store for the tree with this root; `parser` is the parser's own file."""

    def __init__(self, store: look.Store, root: str, parser: str) -> None:
        self._store = store
        said = ("parsed", root, __version__, sys.version, *store.made_by((*_MADE_BY, parser)))
        self._name = marks.digest(os.fsencode("\0".join(said))).hex()
        self._rows: dict[bytes, _Row] = {}
        self._least = LONG
        self._passed = 0
        self._used: set[bytes] = set()
        self._new: dict[bytes, tuple[bytes, int]] = {}
        self._parts: look.Parts | None = None
        with suppress(OSError, ValueError):
            self._parts = store.opened(self._name)
        try:
            if self._parts is not None:
                self._rows, self._least = _table(self._parts)
        except (OSError, ValueError, EOFError, TypeError):
            self.close()

    def __len__(self) -> int:
        return len(self._rows)

    def close(self) -> None:
        if self._parts is not None:
            self._parts.close()
            self._parts = None

    def find(self, text: str) -> tuple[bytes, Made | None]:
        """What a text is known by, empty if it isn't to be kept, and what was made of it, if that is known."""
        if len(text) < SHORT or (len(text) < self._least and not self._rows):
            self._passed += len(text)
            return b"", None
        key = marks.digest(text.encode("utf-8", "surrogatepass"))
        if key in self._new:
            return key, marshal.loads(self._new[key][0])
        row = self._rows.get(key)
        if row is not None and self._parts is not None:
            start, size, digest, _, _ = row
            with suppress(OSError):
                packed = self._parts.part(start, size)
                if marks.digest(packed) == digest:
                    self._used.add(key)
                    return key, marshal.loads(packed)
            del self._rows[key]
        if len(text) >= self._least:
            return key, None
        self._passed += len(text)
        return b"", None

    def add(self, key: bytes, made: Made, length: int) -> None:
        """Keep what was made of a text that is so long."""
        self._new[key] = marshal.dumps(made), length

    def told(self) -> Told:
        """What was new since it was last told, for the process that keeps it."""
        told = self._new, self._used, self._passed
        self._new, self._used, self._passed = {}, set(), 0
        return told

    def hear(self, told: Told) -> None:
        """What another process of the same run has told."""
        self._new.update(told[0])
        self._used |= told[1]
        self._passed += told[2]

    def save(self) -> None:
        """Keep what is known now, if enough of it is new; nothing is said if it can't be kept."""
        rows, new = self._rows, self._new
        self._new = {}
        known = sum(row[3] for row in rows.values())
        much = self._parts is None and self._passed >= MUCH
        if sum(length for _, length in new.values()) < max(LEAST, known // 8) and not much:
            return
        with suppress(OSError, ValueError):
            self._store.keep(self._name, self._all(rows, new))

    def _all(self, rows: dict[bytes, _Row], new: dict[bytes, tuple[bytes, int]]) -> bytes:
        """The whole file: what was asked for goes before what wasn't, and what saves most before the rest."""
        ages = {key: 0 if key in self._used else row[4] + 1 for key, row in rows.items()}
        lengths = {**{key: row[3] for key, row in rows.items()}, **{key: length for key, (_, length) in new.items()}}
        order = sorted(lengths, key=lambda key: (ages.get(key, 0) > 0, -lengths[key], key))
        table: dict[bytes, _Row] = {}
        found: list[bytes] = []
        at = least = 0
        for key in order:
            age = ages.get(key, 0)
            if age > AGE:
                continue
            if key in new:
                packed = new[key][0]
                digest = marks.digest(packed)
            else:
                start, size, digest, _, _ = rows[key]
                packed = self._parts.part(start, size) if self._parts is not None else b""
                if len(packed) != size:
                    continue
            if at + len(packed) > MOST:
                least = max(least, lengths[key] + 1) if not age else least
                continue
            table[key] = (at, len(packed), digest, lengths[key], age)
            found.append(packed)
            at += len(packed)
        head = marshal.dumps((table, least))
        return b"".join((marks.digest(head), len(head).to_bytes(8, "little"), head, *found))


def _table(parts: look.Parts) -> tuple[dict[bytes, _Row], int]:
    """The rows of what was kept, with where each really is; OSError or ValueError if they can't be relied on."""
    first = parts.part(0, _HEAD)
    size = int.from_bytes(first[20:], "little")
    if len(first) != _HEAD or size > MOST:
        raise ValueError("no table")
    head = parts.part(_HEAD, size)
    if marks.digest(head) != first[:20]:
        raise ValueError("no table")
    kept: Any = marshal.loads(head)
    table, least = kept
    begin = _HEAD + size
    return {key: (begin + start, *rest) for key, (start, *rest) in table.items()}, least
