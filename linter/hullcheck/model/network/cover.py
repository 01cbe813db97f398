"""Which selectors match labels, without trying each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.network.labels import LabelSelector, Operator, Requirement


class SelectorIndex:
    """Finds the selectors that match labels without trying each: by the rarest `key: value` that each asks for."""

    def __init__(self, selectors: Iterable[LabelSelector]) -> None:
        distinct = list(dict.fromkeys(selectors))
        frequency: dict[tuple[str, str], int] = {}
        for selector in distinct:
            for pair in _pairs(selector.requirements):
                frequency[pair] = frequency.get(pair, 0) + 1
        self._by_pair: dict[tuple[str, str], list[LabelSelector]] = {}
        self._by_key: dict[str, list[LabelSelector]] = {}
        self._others: list[LabelSelector] = []
        for selector in distinct:
            self._add(selector, frequency)

    def _add(self, selector: LabelSelector, frequency: dict[tuple[str, str], int]) -> None:
        asked = [r for r in selector.requirements if r.operator is Operator.IN]
        exists = [r for r in selector.requirements if r.operator is Operator.EXISTS]
        if asked:
            rarest = min(asked, key=lambda r: sum(frequency[pair] for pair in _pairs((r,))))
            for pair in _pairs((rarest,)):
                self._by_pair.setdefault(pair, []).append(selector)
        elif exists:
            self._by_key.setdefault(exists[0].key, []).append(selector)
        else:
            self._others.append(selector)

    def matching(self, labels: dict[str, str]) -> Iterator[LabelSelector]:
        for pair in labels.items():
            yield from (s for s in self._by_pair.get(pair, ()) if s.matches(labels))
        for key in labels:
            yield from (s for s in self._by_key.get(key, ()) if s.matches(labels))
        yield from (s for s in self._others if s.matches(labels))


def _pairs(requirements: Iterable[Requirement]) -> Iterator[tuple[str, str]]:
    for requirement in requirements:
        if requirement.operator is Operator.IN:
            yield from ((requirement.key, value) for value in requirement.values)
