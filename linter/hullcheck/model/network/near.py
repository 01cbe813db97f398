"""What a selector that selects nothing nearly selects: a letter, a key or a namespace away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.labels import LabelSelector, Operator
from hullcheck.model.node import Mapping, Scalar, at

_MAX_LENGTH = 63
_MAX_VALUES = 300
"""Values of a key in a namespace that are compared letter by letter."""


class Neighbours:
    """Workloads, by what a selector may nearly share with them."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._like: dict[tuple[str, str], dict[tuple[str, str, str], Endpoint]] = {}
        self._same_value: dict[str, dict[tuple[str, str, str], Endpoint]] = {}
        self._values: dict[tuple[str, str], dict[str, Endpoint]] = {}
        self._known: dict[tuple[LabelSelector, str | None], str] = {}
        self._exact: dict[tuple[str, str], list[Endpoint]] = {}
        self._all: list[Endpoint] = []
        self._unclear: list[Endpoint] = []
        for endpoint in endpoints:
            self._all.append(endpoint)
            if endpoint.labels.open or endpoint.labels.hidden:
                self._unclear.append(endpoint)
            for key, value in endpoint.labels.values.items():
                place = (endpoint.namespace, key, value)
                self._like.setdefault((key, _skeleton(value)), {}).setdefault(place, endpoint)
                self._same_value.setdefault(value, {}).setdefault(place, endpoint)
                self._values.setdefault((endpoint.namespace, key), {}).setdefault(value, endpoint)
                self._exact.setdefault((key, value), []).append(endpoint)

    def selects(self, selector: LabelSelector, namespace: str | None) -> bool:
        """May the selector select a workload of that namespace, where None is any, as is an unset one?"""
        candidates = self._all
        for requirement in selector.requirements:
            if requirement.operator is Operator.IN:
                found = [e for value in requirement.values for e in self._exact.get((requirement.key, value), ())]
                candidates = found if len(found) < len(candidates) else candidates
        return any(
            namespace is None or endpoint.unset_namespace or endpoint.namespace == namespace
            for endpoint in [*candidates, *self._unclear]
            if endpoint.labels.open or endpoint.labels.hidden or selector.matches(endpoint.labels.values)
        )

    def near(self, selector: LabelSelector, namespace: str | None) -> str:
        """What to say of the nearest workload; empty if none is near. Any namespace will do for None."""
        key = (selector, namespace)
        if key not in self._known:
            self._known[key] = self._near(selector, namespace)
        return self._known[key]

    def _near(self, selector: LabelSelector, namespace: str | None) -> str:
        wanted = [r for r in selector.requirements if r.operator is Operator.IN and len(r.values) == 1]
        for requirement in wanted:
            (value,) = requirement.values
            said = f"`{requirement.key}: {value}`"
            if not self._has(requirement.key, value, namespace):
                for key, other, endpoint in self._candidates(requirement.key, value, namespace):
                    return f"no workload has {said}; `{endpoint.name}` has `{key}: {other}`"
        return self._elsewhere(selector, namespace) or self._on_owner(selector, namespace)

    def _has(self, key: str, value: str, namespace: str | None) -> bool:
        return any(namespace in (None, e.namespace) for e in self._exact.get((key, value), ()))

    def _candidates(self, key: str, value: str, namespace: str | None) -> Iterator[tuple[str, str, Endpoint]]:
        for (space, name, other), endpoint in self._like.get((key, _skeleton(value)), {}).items():
            if namespace in (None, space):
                yield name, other, endpoint
        for (space, name, other), endpoint in self._same_value.get(value, {}).items():
            if namespace in (None, space) and _is_alike_key(key, name):
                yield name, other, endpoint
        values = self._values.get((namespace or "", key), {})
        if len(values) <= _MAX_VALUES:
            for other, endpoint in values.items():
                if within_two(value, other):
                    yield key, other, endpoint

    def _elsewhere(self, selector: LabelSelector, namespace: str | None) -> str:
        """A workload of another namespace that the selector does select."""
        if namespace is None or not selector.requirements:
            return ""
        pairs = [(r.key, value) for r in selector.requirements if r.operator is Operator.IN for value in r.values]
        for endpoint in self._exact.get(pairs[0], ()) if pairs else ():
            if endpoint.namespace != namespace and selector.matches(endpoint.labels.values):
                return f"`{endpoint.name}`, which it would select, is in namespace `{endpoint.namespace}`"
        return ""

    def _on_owner(self, selector: LabelSelector, namespace: str | None) -> str:
        """A workload that itself has the labels that its pods would need."""
        for endpoint in self._all if selector.requirements else ():
            if namespace not in (None, endpoint.namespace) or endpoint.object is None or endpoint.kind == "Pod":
                continue
            labels = at(endpoint.object.node, "metadata", "labels")
            own = (
                {k: v.text for k, (_, v) in labels.entries().items() if isinstance(v, Scalar)}
                if isinstance(labels, Mapping)
                else {}
            )
            if own and selector.matches(own):
                return f"`{endpoint.name}` itself has `{selector}`, its pods don't"
        return ""


def _skeleton(value: str) -> str:
    return re.sub("[^a-z0-9]", "", value.lower())


_APP_KEYS = frozenset(
    (
        "app",
        "name",
        "component",
        "k8s-app",
        "run",
        "service",
        "app.kubernetes.io/name",
        "app.kubernetes.io/component",
        "app.kubernetes.io/instance",
        "io.kompose.service",
    )
)


def _is_alike_key(key: str, other: str) -> bool:
    """Do people write one where they mean the other?"""
    return key != other and ((key in _APP_KEYS and other in _APP_KEYS) or within_two(key, other))


def within_two(left: str, right: str) -> bool:
    """Are two words at most two letters apart, and long enough for that to be a slip?

    A number more or less makes another word: `db1` is not a slip for `db2`. A plural is always one.
    """
    if len(left) > 2 and len(right) > 2 and (left + "s" == right or right + "s" == left):
        return True
    if left == right or min(len(left), len(right)) < 4 or max(len(left), len(right)) > _MAX_LENGTH:
        return False
    if abs(len(left) - len(right)) > 2 or re.sub("[0-9]+", "0", left) == re.sub("[0-9]+", "0", right):
        return False
    limit = 1 if min(len(left), len(right)) < 7 else 2
    return _distance(left, right, limit) <= limit


def _distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps between the two; more than `limit` if they are more."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
