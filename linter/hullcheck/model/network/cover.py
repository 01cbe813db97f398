"""Which policies select a workload, without trying each."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.model.kubernetes import Workload
from hullcheck.model.network.labels import LabelSelector, Operator, Requirement
from hullcheck.model.network.policy import Policy


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


class Cover(NamedTuple):
    """What isolates a pod: for certain, and perhaps; and one of the policies that do."""

    ingress: bool = False
    egress: bool = False
    uncertain: bool = False
    selectors: tuple[LabelSelector, ...] = ()


class PolicyIndex:
    """The policies of a scope, ready to say what isolates a pod."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._known: dict[str, dict[LabelSelector, tuple[bool, bool]]] = {}
        self._doubtful: set[str] = set()
        self._doubtful_everywhere = False
        for policy in policies:
            self._add(policy)
        self._index = {namespace: SelectorIndex(known) for namespace, known in self._known.items()}
        self._any: SelectorIndex | None = None
        self._covers: dict[tuple[str, frozenset[tuple[str, str]]], Cover] = {}

    def _add(self, policy: Policy) -> None:
        if policy.cluster_wide:
            self._doubtful_everywhere = True
        elif policy.opaque or not policy.selector.known:
            self._doubtful.add(policy.namespace)
        else:
            directions = self._known.setdefault(policy.namespace, {})
            ingress, egress = directions.get(policy.selector, (False, False))
            directions[policy.selector] = (ingress or policy.ingress, egress or policy.egress)

    def cover(self, workload: Workload) -> Cover:
        """What isolates the workload's pods."""
        key = (workload.namespace, frozenset(workload.pod_labels.items()))
        if key not in self._covers:
            self._covers[key] = self._cover(workload)
        return self._covers[key]

    def _cover(self, workload: Workload) -> Cover:
        namespaces = {"", "default"} if workload.namespace in ("", "default") else {workload.namespace}
        found = [pair for namespace in namespaces for pair in self._matching(namespace, workload.pod_labels)]
        return Cover(
            ingress=any(ingress for _, (ingress, _) in found),
            egress=any(egress for _, (_, egress) in found),
            uncertain=self._uncertain(workload, namespaces),
            selectors=tuple(selector for selector, _ in found),
        )

    def _matching(self, namespace: str, labels: dict[str, str]) -> Iterator[tuple[LabelSelector, tuple[bool, bool]]]:
        if namespace in self._index:
            yield from ((s, self._known[namespace][s]) for s in self._index[namespace].matching(labels))

    def _uncertain(self, workload: Workload, namespaces: set[str]) -> bool:
        """Unknown labels, an opaque policy, or a namespace that is left to whoever applies one of the two."""
        if self._doubtful_everywhere or not workload.labels_known or namespaces & self._doubtful:
            return True
        if workload.namespace:
            return workload.namespace != "default" and any(self._matching("", workload.pod_labels))
        if self._any is None:
            self._any = SelectorIndex(s for ns, known in self._known.items() if ns not in namespaces for s in known)
        return bool(self._doubtful) or any(True for _ in self._any.matching(workload.pod_labels))
