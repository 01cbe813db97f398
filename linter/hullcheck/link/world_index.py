"""The objects of a world by kind, name and labels, and where in all worlds an object of that name is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.model.kubernetes import KubernetesObject, World, is_api_group, is_template
from hullcheck.model.network.near import within_two
from hullcheck.model.node import Mapping, Scalar, Sequence
from hullcheck.model.workload import Workload
from hullcheck.typed import Any

MAX_COMPARED = 100_000
"""Names that are compared with those that lead nowhere, in one world; then near misses are no longer looked for."""

MAX_LONGER = 3
"""Characters that a slip for a name has more or less than it."""

Question = tuple[str, str] | tuple[tuple[str, str], ...]
"""A kind and a name, or labels, that are looked for in all worlds."""


class WorldIndex:
    """The objects of a world by kind and name, and its workloads by their labels.

    An object without a namespace may be in any: whoever applies it decides.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_kind: dict[str, dict[str, list[KubernetesObject]]] = {}
        self.spaces: dict[str, set[str]] = {}
        self.custom: list[KubernetesObject] = []
        for made in world.objects:
            tick()
            if is_api_group(made.group):
                self.by_kind.setdefault(made.kind, {}).setdefault(made.name, []).append(made)
                self.spaces.setdefault(made.kind, set()).add(made.namespace)
            else:
                self.custom.append(made)
        self.by_label: dict[tuple[str, str], list[Workload]] = {}
        self.unclear = False
        for workload in world.workloads:
            tick()
            if any(is_template(text) for pair in workload.labels.items() for text in pair):
                self.unclear = True
            for key, value in workload.labels.items():
                self.by_label.setdefault((key, value), []).append(workload)
        self._words: frozenset[str] | None = None
        self._names: dict[tuple[str, str], list[str]] = {}
        self._workloads: dict[str, list[Workload]] = {}
        self._called: dict[str, list[Workload]] | None = None
        self.left = MAX_COMPARED

    def find(self, kind: str, space: str, name: str) -> KubernetesObject | None:
        found = self.by_kind.get(kind, {}).get(name, ())
        return next((made for made in found if may_be_one(made.namespace, space)), None)

    def has_any(self, kind: str, space: str) -> bool:
        return any(may_be_one(known, space) for known in self.spaces.get(kind, ()))

    def names(self, kind: str, space: str) -> list[str]:
        if (kind, space) not in self._names:
            found = self.by_kind.get(kind, {}).items()
            names = [name for name, made in found if any(may_be_one(m.namespace, space) for m in made)]
            self._names[kind, space] = names
        return self._names[kind, space]

    def workloads(self, space: str) -> list[Workload]:
        if space not in self._workloads:
            self._workloads[space] = [w for w in self.world.workloads if may_be_one(w.namespace, space)]
        return self._workloads[space]

    def called(self, name: str) -> list[Workload]:
        """The workloads of that name, in any namespace."""
        if self._called is None:
            self._called = {}
            for workload in self.world.workloads:
                self._called.setdefault(workload.name, []).append(workload)
        return self._called.get(name, [])

    def nearest(self, name: str, names: Iterable[str]) -> str:
        """A name that this one is probably a slip for, or empty."""
        for other in names:
            self.left -= 1
            if self.left < 0:
                break
            if other != name and _may_be_slip(name, other) and (within_two(name, other) or _same_letters(name, other)):
                return other
        return ""

    def labelled(self, labels: dict[str, str]) -> list[Workload]:
        """The workloads of any namespace that have all these labels."""
        lists = [self.by_label.get(pair, []) for pair in labels.items()]
        shortest = min(lists, key=len) if lists else []
        return [w for w in shortest if all(w.labels.get(key) == value for key, value in labels.items())]

    def selected(self, space: str, labels: dict[str, str]) -> list[Workload]:
        """Those of them that are in the namespace, or may be."""
        return [w for w in self.labelled(labels) if may_be_one(w.namespace, space)]

    @property
    def words(self) -> frozenset[str]:
        """Everything that custom resources say: what they name, they may make."""
        if self._words is None:
            self._words = frozenset(text for made in self.custom for text in _texts(made.node))
        return self._words


class Everywhere:
    """Where in the repository an object of that name is, whatever it is applied with."""

    def __init__(self, indexes: list[WorldIndex]) -> None:
        self.indexes = indexes
        self.asked: dict[Question, str] = {}

    def called(self, kind: str, name: str) -> str:
        """The path of an object of that kind and name, in any world; empty if there is none."""
        return self._asked((kind, name))

    def labelled(self, labels: dict[str, str]) -> str:
        """The path of a workload with these labels, in any namespace of any world; empty if there is none."""
        return self._asked(tuple(labels.items()))

    def _asked(self, question: Question) -> str:
        answer = self.asked[question] = self.answer(question)
        return answer

    def answer(self, question: Question) -> str:
        """The answer to what was asked before."""
        for index in self.indexes:
            if isinstance(question[0], str):
                kind, name = question
                found: Any = index.by_kind.get(kind, {}).get(str(name))
            else:
                found = index.labelled(dict(question))
            if found:
                return str(found[0].location.path)
        return ""


def may_be_one(one: str, other: str) -> bool:
    """May two namespaces be the same? One that isn't said may be any."""
    return one == other or not one or not other


def _may_be_slip(one: str, other: str) -> bool:
    """Are two words about as long, with the same beginning or end? What is cheap to see is seen first."""
    return abs(len(one) - len(other)) <= MAX_LONGER and (one[:2] == other[:2] or one[-2:] == other[-2:])


def _same_letters(one: str, other: str) -> bool:
    """Do two words differ in case, dashes and dots alone?"""
    first, second = ("".join(filter(str.isalnum, word.lower())) for word in (one, other))
    return first == second


def _texts(root: Any) -> Iterator[str]:
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            yield node.text
        elif isinstance(node, Sequence):
            pending += node.items
        elif isinstance(node, Mapping):
            pending += [value for _, value in node.entries().values()]
