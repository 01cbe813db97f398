"""Two renderings of one object, value by value: what is other, new or gone, and what only stands in another order.

Mappings are compared key by key. Items of lists are known by their merge keys where Kubernetes or Compose has such, and
where the keys of both lists say which item is which; any other list is compared as a sequence. Nothing differs without
being told, and what is told by `diff(a, b)` is told the other way round by `diff(b, a)`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Iterator
from collections.abc import Set as AbstractSet

from hullcheck.budget import tick
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.show.emit import value
from hullcheck.show.lists import Aligned, aligned, named_items
from hullcheck.tuples import NamedTuple

Steps = tuple[str | int, ...]
"""Keys and numbers that lead from an object to a value in it."""

Resolve = Callable[[Scalar], Hashable]
"""The type and value that an unquoted scalar has in a dialect."""


class Difference(NamedTuple):
    """A value that differs; None where there is none on that side. `path` names it: keys, and what items are known by.

    `before_at` and `after_at` lead to it on either side. `reordered`: both lists hold the same in another order.
    """

    path: tuple[str, ...]
    before: Node | None
    after: Node | None
    before_at: Steps
    after_at: Steps
    reordered: bool = False


def differences(before: Node, after: Node, resolve: Resolve) -> Iterator[Difference]:
    """Everything that differs; nothing exactly if both are equal as data, whatever the order of keys."""
    yield from _Comparison(resolve).of(before, after, (), (), ())


def equal(before: Node, after: Node, resolve: Resolve) -> bool:
    """Are both the same data?"""
    comparison = _Comparison(resolve)
    return comparison.key(before) == comparison.key(after)


def down(node: Node, steps: Steps) -> Node:
    """The node to which the steps lead."""
    for step in steps:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.entries()[step][1]
        elif isinstance(node, Sequence) and isinstance(step, int):
            node = node.items[step]
    return node


def kubernetes(node: Scalar) -> Hashable:
    """What a plain scalar is to YAML 1.1, as Helm and the API server read it."""
    from hullcheck.render.helm.scalars import resolve

    return _hashable(resolve(node.text))


def kustomize(node: Scalar) -> Hashable:
    """What a plain scalar is to kustomize."""
    from hullcheck.render.kustomize.scalars import resolve

    return _hashable(resolve(node.text)[1])


def core(node: Scalar) -> Hashable:
    """What a plain scalar is to YAML 1.2's core schema, as Compose reads it."""
    return _hashable(value(node))


def _hashable(found: object) -> Hashable:
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return ("number", "nan" if math.isnan(found) else found)
    return (type(found).__name__, found if isinstance(found, Hashable) else repr(found))


class _Comparison:
    """Values are numbered, so that equal ones have one number and each is looked at once."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[int, tuple[int, Node]] = {}
        self._ranks: dict[int, str] = {}

    def key(self, node: Node) -> int:
        """A number that all nodes of this value have, and no other."""
        found = self._known.get(id(node))
        if found is None:
            number = self._numbers.setdefault(self._content(node), len(self._numbers))
            self._known[id(node)] = found = (number, node)
        return found[0]

    def _content(self, node: Node) -> Hashable:
        if node.unknown:
            return ("unknown", node.unknown, node.location.text)
        if isinstance(node, Mapping):
            return ("mapping", *sorted((name, self.key(child)) for name, (_, child) in node.entries().items()))
        if isinstance(node, Sequence):
            return ("list", *map(self.key, node.items))
        assert isinstance(node, Scalar)
        if node.style or node.tag in ("!!str", "tag:yaml.org,2002:str"):
            return ("str", node.text)
        return self.resolve(node)

    def rank(self, node: Node) -> str:
        """An order of values that doesn't depend on which side they are of."""
        number = self.key(node)
        if number not in self._ranks:
            self._ranks[number] = json.dumps(value(node), sort_keys=True, default=str)
        return self._ranks[number]

    def of(
        self, before: Node, after: Node, path: tuple[str, ...], before_at: Steps, after_at: Steps
    ) -> Iterator[Difference]:
        """Everything that differs between two values that stand for one another."""
        tick()
        if self.key(before) == self.key(after):
            return
        known = not before.unknown and not after.unknown
        if known and isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self._mappings(before, after, path, before_at, after_at)
        elif known and isinstance(before, Sequence) and isinstance(after, Sequence):
            yield from self._lists(before, after, path, before_at, after_at)
        else:
            yield Difference(path, before, after, before_at, after_at)

    def _mappings(
        self, before: Mapping, after: Mapping, path: tuple[str, ...], before_at: Steps, after_at: Steps
    ) -> Iterator[Difference]:
        olds, news = before.entries(), after.entries()
        for name in (*news, *(name for name in olds if name not in news)):
            here, old_at, new_at = (*path, name), (*before_at, name), (*after_at, name)
            if name not in olds:
                yield Difference(here, None, news[name][1], before_at, new_at)
            elif name not in news:
                yield Difference(here, olds[name][1], None, old_at, after_at)
            else:
                yield from self.of(olds[name][1], news[name][1], here, old_at, new_at)

    def _lists(
        self, before: Sequence, after: Sequence, path: tuple[str, ...], before_at: Steps, after_at: Steps
    ) -> Iterator[Difference]:
        field = next((step for step in reversed(path) if not step.startswith("[")), "")
        names = named_items(field, before.items, after.items)
        found = aligned(before.items, after.items, self.key, self.rank) if names is None else self._by_name(*names)
        for old, new in found.pairs:
            step = names[1][new] if names else str(new)
            yield from self.of(
                before.items[old], after.items[new], (*path, f"[{step}]"), (*before_at, old), (*after_at, new)
            )
        for new in found.new:
            step = names[1][new] if names else str(new)
            yield Difference((*path, f"[{step}]"), None, after.items[new], before_at, (*after_at, new))
        for old in found.gone:
            step = names[0][old] if names else str(old)
            yield Difference((*path, f"[{step}]"), before.items[old], None, (*before_at, old), after_at)
        if names and [old for old, _ in found.pairs] != sorted(old for old, _ in found.pairs):
            yield Difference(path, before, after, before_at, after_at, reordered=True)

    def _by_name(self, olds: list[str], news: list[str]) -> Aligned:
        """Items of one name; of what is left, the only ones whose names start alike, such as a port published elsewhere."""
        numbers = {name: number for number, name in enumerate(olds)}
        same = {number: numbers[name] for number, name in enumerate(news) if name in numbers}
        taken = set(same.values())
        gone, come = _starts(olds, taken), _starts(news, same.keys())
        same |= {come[start]: gone[start] for start in gone.keys() & come.keys()}
        taken = set(same.values())
        return Aligned(
            [(same[new], new) for new in sorted(same)],
            [old for old in range(len(olds)) if old not in taken],
            [new for new in range(len(news)) if new not in same],
        )


def _starts(names: list[str], taken: AbstractSet[int]) -> dict[str, int]:
    """The items that aren't taken, by the first part of their names, where only one has it."""
    found: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        if number not in taken and "/" in name.strip("/"):
            found.setdefault(name.partition("/")[0], []).append(number)
    return {start: numbers[0] for start, numbers in found.items() if len(numbers) == 1}
