"""Which scope of one tree is which of another: by name, else by the workloads that both hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.network import Network
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Pair(NamedTuple):
    """A scope before and after; None where it isn't there. `gone` and `new` are ids of workloads in no other pair."""

    before: Network | None
    after: Network | None
    gone: frozenset[Any] = frozenset()
    new: frozenset[Any] = frozenset()

    @property
    def name(self) -> str:
        one = self.after or self.before
        return one.scope.name if one is not None else ""


def pairs(before: Iterable[Network], after: Iterable[Network]) -> list[Pair]:
    """The scopes of two trees, each with the one that it was or became, in the order of their names.

    Overlays, charts and projects are known by their names, plain manifests by what stands in which of their files, and
    whatever was renamed by its workloads. One that was split, or that others were united with, is in several pairs, so
    that no workload loses what it is compared with.
    """
    matcher = _Matcher(list(before), list(after))
    matcher.same_names(alike=True)
    matcher.by_content(matcher.written)
    matcher.by_content(matcher.ids)
    matcher.same_names(alike=False)
    matcher.parts()
    return sorted(matcher.pairs(), key=lambda pair: pair.name)


_Content = tuple[list[frozenset[object]], list[frozenset[object]]]
"""What each scope holds, of either side."""


def _each(sides: tuple[list[Network], list[Network]], of: Callable[[Endpoint], object]) -> _Content:
    before, after = ([frozenset(map(of, network.endpoints)) for network in side] for side in sides)
    return before, after


class _Matcher:
    def __init__(self, before: list[Network], after: list[Network]) -> None:
        self.sides = (before, after)
        self.ids = _each(self.sides, lambda endpoint: endpoint.id)
        self.written = _each(self.sides, lambda endpoint: (endpoint.id, endpoint.location.path))
        self.found: dict[int, int] = {}
        self.parts_found: list[tuple[int, int]] = []

    def left(self, side: int) -> list[int]:
        """The numbers of the scopes of a side that aren't matched yet."""
        taken = set(self.found.values() if side else self.found.keys())
        return [number for number in range(len(self.sides[side])) if number not in taken]

    def same_names(self, *, alike: bool) -> None:
        """Match scopes of one name; `alike`: of one kind that lies in a place, and with workloads in common."""
        named = {self.sides[1][number].scope.name: number for number in self.left(1)}
        for old in self.left(0):
            scope = self.sides[0][old].scope
            new = named.get(scope.name)
            if new is None:
                continue
            placed = scope.kind == self.sides[1][new].scope.kind and scope.kind != "manifests"
            if not alike or (placed and not self.ids[0][old].isdisjoint(self.ids[1][new])):
                self.found[old] = new
                del named[scope.name]

    def by_content(self, content: _Content) -> None:
        """Match those that have most in common, those of one kind and name before others."""
        olds, news = set(self.left(0)), set(self.left(1))
        for old, new in self._ranked(self.left(0), self.left(1), content):
            if old in olds and new in news:
                self.found[old] = new
                olds.discard(old)
                news.discard(new)

    def parts(self) -> None:
        """Those that are left beside scopes which lost, or won, what these hold."""
        lost, won = list(self.ids[0]), list(self.ids[1])
        for old, new in self.found.items():
            lost[old], won[new] = self.ids[0][old] - self.ids[1][new], self.ids[1][new] - self.ids[0][old]
        left_old, left_new = self.left(0), self.left(1)
        split = self._ranked(list(self.found), left_new, (lost, self.ids[1]))
        united = self._ranked(left_old, list(self.found.values()), (self.ids[0], won))
        self.parts_found += {new: (old, new) for old, new in reversed(split)}.values()  # the best of each is the last
        self.parts_found += {old: (old, new) for old, new in reversed(united)}.values()

    def _ranked(self, olds: list[int], news: list[int], content: _Content) -> list[tuple[int, int]]:
        """Pairs with something in common, the best first."""
        holding: dict[object, list[int]] = {}
        for old in olds:
            for each in content[0][old]:
                holding.setdefault(each, []).append(old)
        common: Counter[tuple[int, int]] = Counter()
        for new in news:
            for each in content[1][new]:
                common.update((old, new) for old in holding.get(each, ()))

        def rank(pair: tuple[int, int]) -> tuple[object, ...]:
            old, new = self.sides[0][pair[0]].scope, self.sides[1][pair[1]].scope
            return (-common[pair], old.kind != new.kind, old.name != new.name, old.name, new.name)

        return sorted(common, key=rank)

    def pairs(self) -> list[Pair]:
        """All pairs, and those that have no other side."""
        matched = [*self.found.items(), *self.parts_found]
        after: dict[int, set[object]] = {}
        before: dict[int, set[object]] = {}
        for old, new in matched:
            after.setdefault(old, set()).update(self.ids[1][new])
            before.setdefault(new, set()).update(self.ids[0][old])
        made: list[Pair] = []
        gone, fresh = set(after), set(before)
        for old, new in matched:
            lost = self.ids[0][old] - after[old] if old in gone else frozenset()
            won = self.ids[1][new] - before[new] if new in fresh else frozenset()
            gone.discard(old)
            fresh.discard(new)
            made.append(Pair(self.sides[0][old], self.sides[1][new], lost, won))
        olds, news = range(len(self.sides[0])), range(len(self.sides[1]))
        made += [Pair(self.sides[0][number], None, self.ids[0][number]) for number in olds if number not in after]
        made += [Pair(None, self.sides[1][number], new=self.ids[1][number]) for number in news if number not in before]
        return made
