"""Which pods a network policy selects, and which traffic it thereby forbids unless a rule allows it.

The semantics are those of k8s.io/api/networking/v1 and of its defaulting in the API server.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from hullcheck.model.kubernetes import KubernetesObject, Workload
from hullcheck.source import Location


class Operator(Enum):
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class Requirement(NamedTuple):
    """One condition on a label. `written` is true for an entry of `matchLabels`."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()
    written: bool = False

    def holds(self, labels: dict[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:  # holds for an absent key, too
                return value not in self.values
            case Operator.EXISTS:
                return value is not None
        return value is None

    def __str__(self) -> str:
        if self.operator is Operator.IN and len(self.values) == 1:
            return f"{self.key}: {next(iter(self.values))}"
        return f"{self.key} {self.operator.value} {', '.join(sorted(self.values))}".strip()


class LabelSelector(NamedTuple):
    """Requirements that must all hold; without any it selects everything. `known` is false if a part is a template."""

    requirements: tuple[Requirement, ...] = ()
    known: bool = True

    def __str__(self) -> str:
        return ", ".join(map(str, self.requirements)) or "everything"

    @property
    def selects_all(self) -> bool:
        return self.known and not self.requirements

    def matches(self, labels: dict[str, str]) -> bool:
        return all(requirement.holds(labels) for requirement in self.requirements)

    @classmethod
    def of(cls, labels: dict[str, str]) -> "LabelSelector":
        """The selector that asks for exactly these labels."""
        return cls(tuple(Requirement(k, Operator.IN, frozenset((v,)), written=True) for k, v in labels.items()))

    def narrowed(self, labels: dict[str, str]) -> "LabelSelector":
        """This selector with more `matchLabels`, which replace those of the same key."""
        kept = tuple(r for r in self.requirements if not (r.written and r.key in labels))
        return LabelSelector(kept + LabelSelector.of(labels).requirements, self.known)


class Policy(NamedTuple):
    """A policy, and the directions in which it isolates the pods that it selects.

    `opaque` is true for the kinds of Cilium, Calico and the like, whose rules aren't read: they may isolate any pod of
    their namespace or, if `cluster_wide`, any at all.
    """

    object: KubernetesObject
    namespace: str
    selector: LabelSelector
    ingress: bool
    egress: bool
    opaque: bool = False
    cluster_wide: bool = False

    @property
    def location(self) -> Location:
        return self.object.location


class Service(NamedTuple):
    """A Service with a selector. `public` is true for the types that open a door to outside the cluster."""

    object: KubernetesObject
    namespace: str
    selector: LabelSelector
    public: bool


class Backend(NamedTuple):
    """A Service that an Ingress sends traffic to, by namespace and name."""

    namespace: str
    service: str


class NearMiss(NamedTuple):
    """A policy that selects nothing but nearly selects a workload, and by what it misses."""

    policy: Policy
    why: str


class PolicyScope(NamedTuple):
    """Objects that are applied together: a kustomization with its bases, or plain manifests side by side.

    `policies_elsewhere` is the path of a policy in another scope, empty if there is none. `approximate` says why
    the scope can't be known in full, such as a remote base; nothing is judged then. `also` are the names of scopes
    that hold nothing but the same workloads.
    """

    name: str
    workloads: tuple[Workload, ...]
    policies: tuple[Policy, ...]
    services: tuple[Service, ...] = ()
    backends: tuple[Backend, ...] = ()
    policies_elsewhere: str = ""
    approximate: str = ""
    also: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        return self.workloads[0].location

    @property
    def owner(self) -> str:
        return self.name

    @property
    def namespaces(self) -> list[str]:
        return sorted({workload.namespace or "default" for workload in self.workloads})


class Isolation(NamedTuple):
    """How policies confine one workload, in a scope that has policies.

    `uncertain` is true if a policy that can't be fully known may isolate it. `served` is true if it declares a port or
    a Service selects it, `exposed` if the way in leads from outside the cluster. `elsewhere` is the path of a policy
    of another scope that would isolate it.
    """

    scope: str
    workload: Workload
    ingress: bool
    egress: bool
    uncertain: bool
    served: bool
    exposed: bool
    namespace_restricts_egress: bool
    near_misses: tuple[NearMiss, ...] = ()
    elsewhere: str = ""

    @property
    def location(self) -> Location:
        return self.workload.location

    @property
    def owner(self) -> str:
        return self.workload.owner

    @property
    def host_network(self) -> bool:
        return self.workload.host_network


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
