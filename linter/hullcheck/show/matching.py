"""Which world and which object of one tree is which of another: by who they are, whatever became of their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from hullcheck.show.rendered import Thing, World
from hullcheck.tuples import NamedTuple

_KEYS: tuple[Callable[[Thing], tuple[str, ...]], ...] = (
    lambda thing: thing.key,
    lambda thing: thing.key[1:],
    lambda thing: (*thing.key[:3], "first", thing.first_name),
    lambda thing: (*thing.key[:2], "", *thing.key[3:]),
    lambda thing: (*thing.key[:2], "first", thing.first_name),
)
"""What objects are known by: group, kind, namespace and name; in another version's group; under the name from which an
overlay or a generator made theirs; in another namespace; both."""


class Renamed(NamedTuple):
    """A world that is called otherwise now."""

    before: World
    after: World


class Match(NamedTuple):
    """Something before and after; None where it isn't there."""

    before: Thing | None
    after: Thing | None


class Matched(NamedTuple):
    """All that two trees hold, side by side; the worlds that were `renamed`, and the pairs of worlds."""

    things: tuple[Match, ...]
    renamed: tuple[Renamed, ...]
    worlds: tuple[tuple[World, World], ...]


def match(before: Iterable[World], after: Iterable[World]) -> Matched:
    """Pair the worlds, then what they hold, then what moved from one to another."""
    olds, news = list(before), list(after)
    pairs = list(_worlds(olds, news))
    found: list[Match] = []
    gone = [thing for number in _left(olds, pairs, 0) for thing in olds[number].things]
    new = [thing for number in _left(news, pairs, 1) for thing in news[number].things]
    for old, now in pairs:
        same, lost, won = _things(
            olds[old].things, news[now].things, _KEYS if olds[old].kind not in _PLAIN else _KEYS[:1]
        )
        found += same
        gone += lost
        new += won
    moved, gone, new = _things(gone, new, (lambda thing: (_sort(thing), *thing.key),), strict=True)
    found += moved
    found += (Match(thing, None) for thing in gone)
    found += (Match(None, thing) for thing in new)
    both = tuple((olds[old], news[now]) for old, now in pairs)
    return Matched(tuple(found), tuple(Renamed(old, new) for old, new in both if old.name != new.name), both)


_PLAIN = ("compose", "image")


def _sort(thing: Thing) -> str:
    """The same name means the same only among things of one sort."""
    return f"{thing.kind} {thing.world}" if thing.kind in _PLAIN else ""


def _left(worlds: list[World], pairs: list[tuple[int, int]], side: int) -> list[int]:
    taken = {pair[side] for pair in pairs}
    return [number for number in range(len(worlds)) if number not in taken]


def _worlds(olds: list[World], news: list[World]) -> Iterator[tuple[int, int]]:
    """Worlds of one kind and name, then those of one name, then those that have most in common."""
    free_old, free_new = set(range(len(olds))), set(range(len(news)))
    for key in (lambda world: (_family(world), world.kind, world.name), lambda world: (_family(world), world.name)):
        named = {key(news[number]): number for number in sorted(free_new)}
        for old in sorted(free_old):
            now = named.pop(key(olds[old]), None)
            if now is not None:
                free_old.discard(old)
                free_new.discard(now)
                yield old, now
    holding: dict[object, list[int]] = {}
    for old in sorted(free_old):
        for each in {(_family(olds[old]), *thing.key) for thing in olds[old].things}:
            holding.setdefault(each, []).append(old)
    common: Counter[tuple[int, int]] = Counter()
    for now in sorted(free_new):
        for each in {(_family(news[now]), *thing.key) for thing in news[now].things}:
            common.update((old, now) for old in holding.get(each, ()) if not _weak(olds[old], news[now]))

    def rank(pair: tuple[int, int]) -> tuple[object, ...]:
        old, new = olds[pair[0]], news[pair[1]]
        return (-common[pair], old.kind != new.kind, sorted((old.name, new.name)))

    for old, now in sorted(common, key=rank):
        if old in free_old and now in free_new:
            free_old.discard(old)
            free_new.discard(now)
            yield old, now


def _family(world: World) -> str:
    return world.kind if world.kind in _PLAIN else "kubernetes"


def _weak(old: World, new: World) -> bool:
    """Have they nothing in common but what all of their kind have? Every Dockerfile makes an image."""
    if old.kind == "image":
        return old.name.rpartition("/")[2] != new.name.rpartition("/")[2]
    shared = {thing.key for thing in old.things} & {thing.key for thing in new.things}
    return old.kind == "compose" and shared <= {("project",), ("networks", "default")}


def _things(
    olds: Iterable[Thing],
    news: Iterable[Thing],
    keys: Iterable[Callable[[Thing], tuple[str, ...]]],
    *,
    strict: bool = False,
) -> tuple[list[Match], list[Thing], list[Thing]]:
    """What is the same by the first key that says so of one on each side only, and what is left."""
    before, after = list(olds), list(news)
    found: list[Match] = []
    for key in keys:
        named_old, named_new = _unique(before, key), _unique(after, key)
        both = {
            name: Match(named_old[name], named_new[name])
            for name in named_old.keys() & named_new.keys()
            if not strict or named_old[name].world != named_new[name].world
        }
        found += (both[name] for name in sorted(both))
        taken_old, taken_new = ({id(pair[side]) for pair in both.values()} for side in (0, 1))
        before = [thing for thing in before if id(thing) not in taken_old]
        after = [thing for thing in after if id(thing) not in taken_new]
    return found, before, after


def _unique(things: Iterable[Thing], key: Callable[[Thing], tuple[str, ...]]) -> dict[tuple[str, ...], Thing]:
    found: dict[tuple[str, ...], list[Thing]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return {name: each[0] for name, each in found.items() if len(each) == 1}
