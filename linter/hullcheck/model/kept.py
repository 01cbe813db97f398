"""What a session keeps of a round, so that the next one makes only what its edit bears on.

A thing is known by what it is made of: by values, and by the very objects that it is made of, which are never changed and
are held as long as it is. What is made of files that are read on the way notes which; it is forgotten once one of them
is another, or there are others. What a round doesn't ask for isn't kept any longer.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable
from collections.abc import Sequence as Sequence_
from operator import is_

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any, TypeVar

T = TypeVar("T")

_VALUES = frozenset((str, int, bool, float, type(None)))


class _Entry(NamedTuple):
    """What was made, what its key stands for by identity, and the files that it was made of, if it reads any."""

    value: Any
    held: Any
    read: frozenset[str] | None = None


class Kept:
    """What this round and the one before have made."""

    def __init__(self) -> None:
        self._now: dict[Hashable, _Entry] = {}
        self._before: dict[Hashable, _Entry] = {}
        self._made: set[Hashable] = set()
        self._listing: frozenset[str] | None = None

    def clear(self) -> None:
        """Forget everything."""
        self._now, self._before = {}, {}
        self._made.clear()

    def changed(self, paths: frozenset[str], listing: frozenset[str]) -> None:
        """These files are others than before, of all that there are now."""
        same = listing == self._listing
        self._listing = listing
        for entries in (self._now, self._before):
            for key, entry in [*entries.items()]:
                if entry.read is not None and not (same and entry.read.isdisjoint(paths)):
                    del entries[key]

    def moved(self, same: Container[str], listing: frozenset[str], *, same_listing: bool) -> None:
        """All that was made is of one tree, and what comes is of another one, with the files of `listing`.

        `same` are the paths that are read alike in both; `same_listing` says that both have the same files.
        """
        self._listing = listing if same_listing else None
        read: set[str] = set()
        for entry in self._now.values() if same_listing else ():
            read.update(entry.read or ())
        self.changed(frozenset(path for path in read if path not in same), listing)

    def begin(self) -> None:
        """A round that asks for all that there is."""
        self._before, self._now = self._now, {}

    def end(self) -> None:
        """The round has asked for all that there is."""
        self._before = {}

    def done(self) -> None:
        """What was made of late holds."""
        self._made.clear()

    def undo(self) -> None:
        """What was made since the last `done` doesn't hold: it may have been cut short, or be of files as they never stayed."""
        for key in self._made:
            self._now.pop(key, None)
            self._before.pop(key, None)
        self._made.clear()
        self._now = {**self._before, **self._now}
        self._before = {}

    def of(self, key: Hashable, held: Any, make: Callable[[], T]) -> T:
        """What `make` makes, which follows from the key alone; `held` is what stands in the key by its identity."""
        entry = self._found(key)
        if entry is None:
            entry = self._put(key, _Entry(make(), held))
        value: T = entry.value
        return value

    def known(self, key: Hashable) -> Any:
        """What was kept by `keep`, if all that it was made of is as it was; else None."""
        entry = self._found(key)
        return entry.value if entry is not None else None

    def keep(self, key: Hashable, held: Any, value: Any, read: Iterable[str]) -> None:
        """Keep what was made of these files."""
        self._put(key, _Entry(value, held, frozenset(read)))

    def hold(self, key: Hashable, held: Any, value: Any) -> None:
        """Keep what follows from the key alone."""
        self._put(key, _Entry(value, held))

    def settled(self, key: Hashable, made: Sequence_[Mapping]) -> tuple[Mapping, ...]:
        """Objects that were made anew; those among them that are as they were in the round before are taken from there."""
        before: tuple[Mapping, ...] | None = self.known(key)
        if before is not None and len(made) == len(before) and all(map(is_, made, before)):
            found = before
        else:
            found = tuple(made) if before is None else settled(made, before)
        self._put(key, _Entry(found, None))
        return found

    def same(self, made: T) -> T:
        """A thing that was made before of the very same, if there is one; else this one."""
        return self.of(("same", key_of(made)), made, lambda: made)

    def _put(self, key: Hashable, entry: _Entry) -> _Entry:
        self._now[key] = entry
        self._made.add(key)
        return entry

    def _found(self, key: Hashable) -> _Entry | None:
        entry = self._now.get(key)
        if entry is None:
            entry = self._before.pop(key, None)
            if entry is not None:
                self._now[key] = entry
        return entry


def key_of(made: Any) -> Hashable:
    """What tells a thing from others: its values, and the identity of all else that it holds."""
    if not isinstance(made, tuple):
        return id(made)
    return (type(made), *map(_atom, made))


def _atom(value: Any) -> Hashable:
    kind = type(value)
    if kind in _VALUES:
        return (kind, value)
    if kind is tuple:
        return ("tuple", *map(_atom, value))
    if kind is frozenset:
        return ("set", frozenset(map(_atom, value)))
    return ("is", id(value))


def settled(made: Sequence_[Mapping], before: Sequence_[Mapping]) -> tuple[Mapping, ...]:
    """The objects, those in the place of which there was the same before as they were."""
    known: dict[Hashable, list[Mapping]] = {}
    for root in reversed(before):
        known.setdefault(_name(root), []).append(root)
    found = []
    for root in made:
        alike = known.get(_name(root))
        old = alike.pop() if alike else None
        found.append(old if old is not None and _are_same(root, old) else root)
    return tuple(found)


def _name(root: Mapping) -> Hashable:
    metadata = root.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return tuple(each.text if isinstance(each, Scalar) else "" for each in (root.get("kind"), name))


def same_node(one: Node | None, other: Node | None) -> bool:
    """Is it the same node, or one that says and holds the same?"""
    return one is other or (one is not None and other is not None and _are_same(one, other))


def _are_same(one: Node, other: Node) -> bool:
    """Do they hold the same, from the same places of the same files, in all that a node says?"""
    pending: list[tuple[Node | None, Node | None]] = [(one, other)]
    seen: set[tuple[int, int]] = set()
    while pending:
        here, there = pending.pop()
        if here is there:
            continue
        if here is None or there is None:
            return False
        pair = (id(here), id(there))
        if pair in seen:
            continue
        seen.add(pair)
        if here.source is not there.source or _said(here) != _said(there) or type(here) is not type(there):
            return False
        pending.append((here.before, there.before))
        if isinstance(here, Sequence) and isinstance(there, Sequence):
            pending += zip(here.items, there.items, strict=True)
        elif isinstance(here, Mapping) and isinstance(there, Mapping):
            for mine, theirs in (*zip(here.items, there.items, strict=True), *_entries(here, there)):
                pending += zip(mine, theirs, strict=True)
    return True


def _said(node: Node) -> tuple[object, ...]:
    """What a node says itself, with the keys and the number of what is in it."""
    own: tuple[object, ...] = ()
    if isinstance(node, Scalar):
        own = (node.text, node.style)
    elif isinstance(node, Sequence):
        own = (node.flow, len(node.items))
    elif isinstance(node, Mapping):
        own = (node.flow, len(node.items), *node.entries(), "", *(node.gone or ()))
    return (node.start, node.end, node.tag, node.size, node.depth, node.because, node.unknown, *own)


def _entries(here: Mapping, there: Mapping) -> Iterable[tuple[Sequence_[Node], Sequence_[Node]]]:
    """What is behind each key, and what was taken out, of two mappings with the same keys."""
    yield from zip(here.entries().values(), there.entries().values(), strict=True)
    yield from (((gone,), ((there.gone or {})[name],)) for name, gone in (here.gone or {}).items())
