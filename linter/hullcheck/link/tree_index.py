"""What the files of a tree say of others, kept by their signatures: a run about one file of many needn't read the others.

It is kept as the outputs of runs are: in the user's own folder, with a digest, and never for a gate. Whatever is wrong
with it means that files are read. Who looks something up in it is given what it had of files that are as they were, and
asks those that aren't; it is written again once they are more than a few.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import cached_property
from itertools import accumulate, compress

from hullcheck import __version__, look, marks
from hullcheck.discover import DiskTree, Entry, Kind, kind_of
from hullcheck.link import tree_facts
from hullcheck.link.words_of import Words
from hullcheck.typed import Any
from hullcheck.walked import KINDS, Walked

LEAST = 32
"""Files that must have been read anew for the index to be written again: it costs more than to read a few."""

TARGETS = 1_000
"""Targets of runs of which it is known whether much is read for them."""

MANY = 1_000
"""Files that have a word, where they are more than an eighth, from which on it isn't kept which."""

BUCKET = 64
"""Words that are unpacked together, and files of which it is read together what is known of them."""

_MADE_BY = (
    "link/tree_index.py",
    "link/tree_facts.py",
    "link/words_of.py",
    "link/tree_words.py",
    "link/asked.py",
    "link/builders.py",
    "link/ci.py",
    "link/compose_said.py",
    "link/deployed.py",
    "link/inputs.py",
    "link/local_images.py",
    "link/project.py",
    "link/repository.py",
    "link/tree_says.py",
    "link/updates.py",
    "link/words_in_nodes.py",
    "model/node.py",
    "model/repository.py",
    "model/tokens.py",
    "parse/events.py",
    "parse/wording.py",
    "parse/yaml.py",
    "plumbing.py",
    "policy/ignores/__init__.py",
    "source.py",
    "discover.py",
    "walked.py",
    "tracked.py",
)
"""The modules that say what is kept: others might say other things of the same files, or of their names."""

_Record = tuple[marks.Signature | None, bytes, dict[str, Any]]
_NOTHING: tuple[Any, ...] = ({}, {}, (), b"", (), (), {}, {}, "", ())
_NO_RECORD: tuple[bytes, dict[str, Any]] = (b"", {})
GIT = {40: "git 40", 64: "git 64"}
"""Under which names the names are kept that git gives to files, by their digits."""

_NUMBERS = {kind: number for number, kind in enumerate(KINDS, 1)}
_SCRIPTS = frozenset(number for kind, number in _NUMBERS.items() if kind in tree_facts.DOCKERFILES)
_ARE_SCRIPTS = bytes(number in _SCRIPTS for number in range(256))
_ARE_OTHERS = bytes(number > 0 and number not in _SCRIPTS for number in range(256))


class Index:
    """What is known of the files below a root, as they are looked at by these `options`; it is kept in the `store`."""

    asks = "ignores"
    """Under which name it is kept whether a file asks for findings to be ignored."""

    def __init__(self, store: look.Store, root: str, options: tuple[str, ...] = ()) -> None:
        self._store = store
        said = ("index", root, __version__, *options, *store.made_by(_MADE_BY))
        self._name = marks.digest(os.fsencode("\0".join(said))).hex()
        self._wide_name = marks.digest(os.fsencode(f"wide\0{self._name}")).hex()
        self._records_name = marks.digest(os.fsencode(f"records\0{self._name}")).hex()
        kept, wide = _NOTHING, {}
        with suppress(OSError, ValueError, EOFError, TypeError):
            kept = _checked(marshal.loads(store.read(self._name)))
        with suppress(OSError, ValueError, EOFError, TypeError):
            wide = dict(marshal.loads(store.read(self._wide_name)))
        (
            rows,
            names,
            self.paths,
            self.kinds,
            self.signs,
            self._places,
            self._groups,
            self._maps,
            self.words,
            self._gits,
        ) = kept
        self._wide: dict[tuple[str, ...], bool] = wide
        self.numbers = dict(zip(self.paths, range(len(self.paths)), strict=True))
        self._seen: dict[str, _Record] = {}
        self._anew = 0
        self._same = bytearray(len(self.paths))
        self._buckets: dict[tuple[str, int], dict[str, Any]] = {}
        self._records: dict[int, tuple[bytes, ...]] = {}
        self.walked = Walked(rows, names, store.settled)

    # What runs cost

    def is_wide(self, targets: tuple[str, ...]) -> bool:
        """Was much read for these targets, the last time? If that isn't known: are there manifests among them?"""
        if targets in self._wide:
            return self._wide[targets]
        manifests = frozenset(self.group(tree_facts.MANIFEST))
        return any(self.numbers.get(path, -1) in manifests for path in targets)

    def note(self, targets: tuple[str, ...], *, wide: bool) -> None:
        """Whether much is read for these targets; the last ones are kept."""
        if wide == self.is_wide(targets):
            return
        self._wide[targets] = wide
        with suppress(OSError, ValueError):
            self._store.keep(self._wide_name, marshal.dumps(tuple(self._wide.items())[-TARGETS:]))

    # What files say

    def get(self, tree: DiskTree, path: str, what: str, made: Callable[[bytes], Any], limit: int) -> Any:
        """What follows from a file's bytes by itself, a plain value; OSError if it can't be read.

        `what` is told apart from others of the same file. It is found without the bytes where these are known to be the
        same as before, and a run that is recorded notes them as if they had been read.
        """
        number = self.numbers.get(path, -1)
        sign = self.signs[number] if number >= 0 and self._same[number] else tree.known_by(path)
        if sign is None or sign[1] > limit:
            return made(tree.read(path, limit))
        record = self._seen.get(path)
        if record is None and number >= 0 and self.signs[number] == sign and (packed := self._packed(number)):
            record = self._seen[path] = (sign, *marshal.loads(packed))
        if record is not None and what in record[2] and (record[0] == sign or record[0] is None):
            look.known(f"{tree.root}/{path}", sign, record[1])
            return record[2][what]
        data = tree.read(path, limit)
        value = made(data)
        digest = marks.digest(data)
        if record is None or record[1] != digest or len(data) != sign[1]:
            packed = self._packed(number) if number >= 0 else b""
            before = marshal.loads(packed) if packed else _NO_RECORD
            values = before[1] if before[0] == digest else {}
            sure = self._store.settled(sign) and len(data) == sign[1]
            record = self._seen[path] = (sign if sure else None, digest, values)
        record[2][what] = value
        self._anew += 1
        return value

    def look_at(self, tree: DiskTree, paths: AbstractSet[str]) -> None:
        """Find out of all of these files whether they are as they were: for who asks for each of them sooner or later."""
        there, same = tree.entered, self._same
        numbers = [
            number for path, number in self.numbers.items() if not same[number] and path in paths and path in there
        ]
        for number in self.as_before(tree, numbers):
            same[number] = 1

    def git_names(self, tree: DiskTree, paths: AbstractSet[str]) -> Iterator[tuple[str, str]]:
        """The names that git gives to files, and their paths, as far as they are kept as `GIT` says and is known of a file
        that it is as it was: that is looked for of these `paths`.

        They aren't noted: no run about a commit is recorded.
        """
        self.look_at(tree, paths)
        return (
            (path, name) for path, name, same in zip(self.paths, self._gits, self._same, strict=True) if same and name
        )

    @cached_property
    def unasking(self) -> frozenset[str]:
        """The files known to be as they were in which nothing asks for findings to be ignored."""
        paths, same = self.paths, self._same
        return frozenset(paths[number] for number in self.group(_UNASKING) if same[number])

    def has(self, tree: DiskTree, path: str) -> bool:
        """Is it a plain file, of which `get` knows whether it is as it was?"""
        number = self.numbers.get(path, -1)
        return bool(number >= 0 and self._same[number]) or tree.known_by(path) is not None

    def view(self, tree: DiskTree, entries: Mapping[str, Entry]) -> "View | None":
        """What it has of a tree's files that are as they were; None if that is nothing, or the run is recorded."""
        if look.recorded() or not self.paths:
            return None
        made = View(self, tree)
        asked = made.take_plain(entries) if not tree.links and not tree.named else made.take(entries)
        same = self._same
        for number in self.as_before(tree, asked):
            made.known[number] = same[number] = 1
        if not all(map(same.__getitem__, asked)):
            made.others += [self.paths[number] for number in asked if not same[number]]
        return made

    def as_before(self, tree: DiskTree, numbers: Sequence[int]) -> list[int]:
        """Those of the files whose bytes are what they were."""
        paths, signs, same = self.paths, self.signs, self._same
        asked = [number for number in numbers if not same[number] and signs[number] is not None]
        gone = set[int]()
        if asked:
            at, known = [paths[number] for number in asked], [signs[number] for number in asked]
            elsewhere = (path for path in (*tree.links.values(), *tree.named) if not tree.has_entered(path))
            changed = (*look.changed(f"{tree.root}/", at, known), *elsewhere)
            gone.update(self.numbers[path] for path in changed if path in self.numbers)
        return [number for number in numbers if same[number] or (signs[number] is not None and number not in gone)]

    def group(self, group: int) -> tuple[int, ...]:
        """The numbers of a group's files."""
        packed = self._groups.get(group)
        return marshal.loads(packed) if packed is not None else ()

    def posting(self, where: str, word: str) -> tuple[int, ...] | None:
        """The numbers of the files that are looked up `where` by a word; None if it isn't kept which."""
        buckets = self._maps.get(where, ())
        if not buckets:
            return ()
        at = _bucket(word, len(buckets))
        bucket = self._buckets.get((where, at))
        if bucket is None:
            bucket = self._buckets[where, at] = marshal.loads(buckets[at])
        posting = bucket.get(word, ())
        return (posting,) if isinstance(posting, int) else posting

    # How it is kept

    def save(self, tree: DiskTree, entries: Mapping[str, Entry]) -> None:
        """Keep what is known now, if enough of it is new; nothing is said if it can't be kept."""
        if self._anew + self.walked.anew < LEAST:
            return
        for at in range(len(self._places)):  # before they are written anew
            self._packed(at * BUCKET)
        paths = tuple(sorted(dict.fromkeys(tree.paths)))
        kinds = bytearray(len(paths))
        signs: list[marks.Signature | None] = []
        records: list[bytes] = []
        gits: list[str] = []
        made = _Made()
        for number, path in enumerate(paths):
            sign, packed, record = self._record(path)
            signs.append(sign)
            records.append(packed)
            gits.append(next((record[name] for name in GIT.values() if name in record), ""))
            entry = entries.get(path)
            plain = entry is not None and not entry.also and entry.kind is kind_of(path.rpartition("/")[2])
            if entry is not None and plain and made.add(number, entry, record):
                kinds[number] = _NUMBERS[entry.kind]
        buckets = [marshal.dumps(tuple(records[at : at + BUCKET])) for at in range(0, len(records), BUCKET)]
        starts = accumulate(map(len, buckets), initial=0)
        places = tuple((start, len(data), marks.digest(data)) for start, data in zip(starts, buckets, strict=False))
        kept = (
            self.walked.rows, self.walked.names(), paths, bytes(kinds), tuple(signs), places, made.groups(),
            made.maps(len(paths)), made.words(), tuple(gits),
        )  # fmt: skip
        with suppress(OSError, ValueError):
            self._store.keep(self._records_name, b"".join(buckets))
            self._store.keep(self._name, marshal.dumps(kept))
        self._anew = self.walked.anew = 0

    def _record(self, path: str) -> tuple[marks.Signature | None, bytes, dict[str, Any]]:
        """What a file is known by, if it is, and what is known of it."""
        seen = self._seen.get(path)
        if seen is not None:
            return (seen[0], marshal.dumps(seen[1:]), seen[2]) if seen[0] is not None else (None, b"", {})
        number = self.numbers.get(path, -1)
        if number < 0 or self.signs[number] is None:
            return None, b"", {}
        packed = self._packed(number)
        return (self.signs[number], packed, marshal.loads(packed)[1]) if packed else (None, b"", {})

    def _packed(self, number: int) -> bytes:
        """What is known of a file; empty if nothing is, or it can't be read any more."""
        at = number // BUCKET
        if at not in self._records:
            self._records[at] = ()
            with suppress(OSError, ValueError, EOFError, TypeError):
                start, size, digest = self._places[at]
                parts = self._store.opened(self._records_name)
                try:
                    data = parts.part(start, size)
                finally:
                    parts.close()
                if marks.digest(data) == digest:  # else another run has written them anew
                    self._records[at] = marshal.loads(data)
        records = self._records[at]
        return records[number % BUCKET] if records else b""


class View:
    """What an index has of the files of a tree that are as they were: these are `known` by their numbers, and all `others`
    have to be asked. Of Dockerfiles it matters at first only that they are there.
    """

    def __init__(self, index: Index, tree: DiskTree, before: "View | None" = None) -> None:
        self._index = index
        self._tree = tree
        self._before = before
        self._said: bytearray | None = None
        self.known = bytearray(len(index.paths))
        self.others: list[str] = []

    def take(self, entries: Mapping[str, Entry]) -> list[int]:
        """Tell the known Dockerfiles from the others; returns the numbers of what has to be looked at."""
        find, kinds, signs = self._index.numbers.get, self._index.kinds, self._index.signs
        by_number: tuple[Kind | None, ...] = (None, *KINDS)
        known, others = self.known, self.others
        asked: list[int] = []
        for path, (_, kind, _, also) in entries.items():
            number = find(path, -1)
            if number < 0 or also or by_number[kinds[number]] is not kind:
                others.append(path)
            elif kinds[number] in _SCRIPTS:
                known[number] = 1
            elif signs[number] is None:
                others.append(path)
            else:
                asked.append(number)
        return asked

    def take_plain(self, entries: Mapping[str, Entry]) -> list[int]:
        """The same, where names alone tell what a file is: what is kept by them is of that kind."""
        paths, kinds = self._index.paths, self._index.kinds
        there = bytes(map(entries.__contains__, paths))
        scripts, others = _both(kinds.translate(_ARE_SCRIPTS), there), _both(kinds.translate(_ARE_OTHERS), there)
        self.known[:] = scripts
        if scripts.count(1) + others.count(1) < len(entries):
            find = self._index.numbers.get
            self.others += [path for path in entries if (number := find(path, -1)) < 0 or not kinds[number]]
        return list(compress(range(len(paths)), others))

    def of(self, entries: Mapping[str, Entry], ours: Mapping[str, Entry], same: AbstractSet[str]) -> "View":
        """What is known of the files of another tree, of which some are the `same` as in this one, that has `ours`."""
        made = View(self._index, self._tree, self)
        made.known[:] = self.known
        others = differing(entries.keys(), same)
        if entries is not ours:
            others.update(path for path, entry in entries.items() if ours.get(path) != entry)
        others.update(path for path in self.others if path in entries)
        made.others = sorted(others)
        find = self._index.numbers.get
        for path in (*others, *(ours.keys() - entries.keys() if entries is not ours else ())):
            number = find(path, -1)
            if number >= 0:
                made.known[number] = 0
        return made

    def those(self, group: int) -> list[str]:
        """The known files of a group, by their paths."""
        paths, known = self._index.paths, self.known
        return [paths[number] for number in self._index.group(group) if known[number]]

    def found(self, where: str, words: Iterable[str]) -> list[str] | None:
        """The known files that are looked up `where` by one of these words; None if these are too many."""
        found: set[int] = set()
        for word in words:
            posting = self._index.posting(where, word)
            if posting is None:
                return None
            found.update(posting)
        paths, known = self._index.paths, self.known
        return [paths[number] for number in sorted(found) if known[number]]

    def unsaid(self) -> list[str]:
        """The known Dockerfiles of which it isn't known what they say, or they don't say it any more."""
        paths, said, unread = self._index.paths, self._as_said(), frozenset(self._index.group(_UNREAD))
        dockerfiles = [number for number in self._index.group(tree_facts.DOCKERFILE) if self.known[number]]
        return [paths[number] for number in dockerfiles if not said[number] or number in unread]

    def _as_said(self) -> bytearray:
        """Which Dockerfiles are as they were, by their numbers."""
        if self._before is not None:
            return self._before._as_said()
        if self._said is None:
            self._said = bytearray(len(self.known))
            known = [number for number in self._index.group(tree_facts.DOCKERFILE) if self.known[number]]
            for number in self._index.as_before(self._tree, known):
                self._said[number] = 1
        return self._said

    def without(self, words: Iterable[str]) -> frozenset[str]:
        """The known manifests of which it is known that none holds one of these words."""
        said = self._index.words
        return frozenset() if any(word in said for word in words) else frozenset(self.those(_ALL_WORDS))

    def every(self) -> tuple[str, frozenset[str]]:
        """The words of manifests, each with an end of line before and behind it, and the known ones whose words these are."""
        return f"\n{self._index.words}\n", frozenset(self.those(_ALL_WORDS))

    def silent(self) -> frozenset[str]:
        """The known scripts that have no word of builds."""
        return frozenset(self.those(_SILENT))


def differing(paths: AbstractSet[str], same: AbstractSet[str]) -> set[str]:
    """Those of the paths that aren't the same in two trees; it is told together where that costs less."""
    together: Callable[[AbstractSet[str]], set[str]] | None = getattr(same, "differing", None)
    return together(paths) if together is not None else {path for path in paths if path not in same}


_UNREAD, _ALL_WORDS, _SILENT, _UNASKING = (1 << number for number in range(28, 32))
"""The Dockerfiles of which nothing is known but that they are there; the manifests of which all words are known; the
scripts that have no word of builds; the files in which nothing asks for findings to be ignored."""


class _Made:
    """What is looked up, made of all files in the order of their numbers."""

    def __init__(self) -> None:
        self._groups: dict[int, list[int]] = {}
        self._maps: dict[str, dict[str, list[int]]] = {}
        self._words: set[str] = set()

    def add(self, number: int, entry: Entry, record: Mapping[str, Any]) -> bool:
        """Add a file, and what is known of what it says; false if too little is."""
        groups = tree_facts.groups_by_kind(entry)
        said = record.get(entry.kind.value)
        if entry.kind is Kind.UNKNOWN or (said is None and not groups & tree_facts.DOCKERFILE):
            return False
        if said is not None:
            words = Words(*said)
            groups = tree_facts.groups(groups, words)
            for where, keys in tree_facts.keys(entry.path, groups, words):
                found = self._maps.setdefault(where, {})
                for key in keys:
                    found.setdefault(key, []).append(number)
        else:
            groups |= _UNREAD
        if groups & tree_facts.MANIFEST and "words" in record:
            groups |= _ALL_WORDS
            self._words.update(record["words"].split("\n"))
        if record.get("asks") is False:
            groups |= _SILENT
        if record.get(Index.asks) is False:
            groups |= _UNASKING
        bit = 1
        while bit <= groups:
            if groups & bit:
                self._groups.setdefault(bit, []).append(number)
            bit <<= 1
        return True

    def groups(self) -> dict[int, bytes]:
        """The numbers of each group's files."""
        return {group: marshal.dumps(tuple(numbers)) for group, numbers in self._groups.items()}

    def maps(self, count: int) -> dict[str, tuple[bytes, ...]]:
        """The numbers of the `count` files, by where and by which word they are looked up."""
        return {where: tuple(_packed(found, count)) for where, found in self._maps.items()}

    def words(self) -> str:
        """The words of all manifests."""
        return "\n".join(sorted(self._words))


def _packed(found: dict[str, list[int]], count: int) -> Iterator[bytes]:
    number = 1
    while number * BUCKET < len(found) and number < 1 << 16:
        number *= 2
    buckets: list[dict[str, Any]] = [{} for _ in range(number)]
    for word, numbers in found.items():
        common = len(numbers) > max(MANY, count // 8)
        posting = None if common else numbers[0] if len(numbers) == 1 else tuple(numbers)
        buckets[_bucket(word, number)][word] = posting
    return map(marshal.dumps, buckets)


def _bucket(word: str, count: int) -> int:
    """Which of the buckets, a power of two, a word is in."""
    hashed = marks.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=2).digest()
    return int.from_bytes(hashed, "little") & (count - 1)


def _both(one: bytes, other: bytes) -> bytes:
    """Where both have a one."""
    return (int.from_bytes(one, "little") & int.from_bytes(other, "little")).to_bytes(len(one), "little")


def _checked(kept: Any) -> tuple[Any, ...]:
    """What was kept, if it is of that form; else ValueError."""
    if not isinstance(kept, tuple) or tuple(map(type, kept)) != tuple(map(type, _NOTHING)):
        raise ValueError("no index")
    return kept


def index_of(tree: DiskTree) -> Index | None:
    """The index of a tree, where this run may keep anything."""
    store = look.store()
    try:
        return Index(store, tree.root, tree.options) if store is not None else None
    except OSError:
        return None
