"""Which workloads the policies of each scope isolate, and why they nearly isolate others."""

import re
from collections.abc import Iterable, Iterator

from hullcheck.model.kubernetes import Workload
from hullcheck.model.network import (
    Cover,
    Isolation,
    LabelSelector,
    NearMiss,
    Operator,
    Policy,
    PolicyIndex,
    PolicyScope,
    SelectorIndex,
    Service,
)

MAX_NEAR_MISSES = 3


def isolations(scopes: Iterable[PolicyScope], policies: list[Policy]) -> Iterator[Isolation]:
    """One for each workload that is written, in the scopes that have policies and are known in full.

    A workload of several overlays is the one least isolated. `policies` are those of all scopes.
    """
    everywhere = _Everywhere(policies)
    least: dict[int, Isolation] = {}
    for scope in scopes:
        if scope.policies and not scope.approximate:
            for isolation in _ScopeIsolation(scope, everywhere).all():
                written = id(isolation.workload.object)
                known = least.setdefault(written, isolation)
                if (isolation.ingress, isolation.egress) < (known.ingress, known.egress):
                    least[written] = isolation
    yield from least.values()


class _Everywhere:
    """The policies of all scopes together."""

    def __init__(self, policies: list[Policy]) -> None:
        self._policies = policies
        self._index = PolicyIndex(policies)
        self._paths = {policy.selector: policy.location.path for policy in policies}

    def path(self, workload: Workload, cover: Cover, scope: PolicyScope) -> str:
        """Where another scope's policy would isolate the workload in a direction that `cover` leaves open."""
        whole = self._index.cover(workload)
        if (whole.ingress, whole.egress, whole.uncertain) == (cover.ingress, cover.egress, cover.uncertain):
            return ""
        selectors = [selector for selector in whole.selectors if selector not in cover.selectors]
        own = {policy.location.path for policy in scope.policies}
        paths = [self._paths[selector] for selector in selectors] or [p.location.path for p in self._policies]
        return next((path for path in paths if path not in own), paths[0])


class _ScopeIsolation:
    def __init__(self, scope: PolicyScope, everywhere: _Everywhere) -> None:
        self.scope = scope
        self.everywhere = everywhere
        self.index = PolicyIndex(scope.policies)
        self.services = _ServiceIndex(scope)
        self.covers = [self.index.cover(workload) for workload in scope.workloads]
        self.egress_namespaces = {
            _namespace(w) for w, cover in zip(scope.workloads, self.covers, strict=True) if cover.egress
        }
        selecting = {selector for cover in self.covers for selector in cover.selectors}
        self.near = _NearMisses(policy for policy in scope.policies if policy.selector not in selecting)

    def all(self) -> Iterator[Isolation]:
        for workload, cover in zip(self.scope.workloads, self.covers, strict=True):
            served, exposed = self.services.reach(workload)
            open_somewhere = not (cover.ingress and cover.egress)
            yield Isolation(
                scope=self.scope.name,
                workload=workload,
                ingress=cover.ingress,
                egress=cover.egress,
                uncertain=cover.uncertain,
                served=served or workload.declares_port,
                exposed=exposed,
                namespace_restricts_egress=_namespace(workload) in self.egress_namespaces,
                near_misses=tuple(self.near.of(workload)) if open_somewhere else (),
                elsewhere=self.everywhere.path(workload, cover, self.scope) if open_somewhere else "",
            )


def _namespace(part: Workload | Service) -> str:
    return part.namespace or "default"


class _ServiceIndex:
    """Which Services select a workload, and whether one of them is open to outside the cluster."""

    def __init__(self, scope: PolicyScope) -> None:
        behind_ingress = {(backend.namespace or "default", backend.service) for backend in scope.backends}
        self._public: dict[str, dict[LabelSelector, bool]] = {}
        for service in scope.services:
            namespace = _namespace(service)
            public = service.public or (namespace, service.object.name) in behind_ingress
            selectors = self._public.setdefault(namespace, {})
            selectors[service.selector] = selectors.get(service.selector, False) or public
        self._index = {namespace: SelectorIndex(selectors) for namespace, selectors in self._public.items()}

    def reach(self, workload: Workload) -> tuple[bool, bool]:
        """Does a Service select it, and does one from outside?"""
        namespace = _namespace(workload)
        if namespace not in self._index:
            return False, False
        found = [self._public[namespace][s] for s in self._index[namespace].matching(workload.pod_labels)]
        return bool(found), any(found)


class _NearMisses:
    """Policies that select nothing, by what a workload may nearly share with them."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._like: dict[tuple[str, str, str], list[tuple[Policy, str]]] = {}
        self._same: dict[tuple[str, str], list[tuple[Policy, str]]] = {}
        for policy in policies:
            if policy.opaque or not policy.selector.known:
                continue
            for requirement in policy.selector.requirements:
                if requirement.operator is Operator.IN and len(requirement.values) == 1:
                    value = next(iter(requirement.values))
                    namespace = policy.namespace or "default"
                    like = (namespace, requirement.key, _skeleton(value))
                    self._like.setdefault(like, []).append((policy, value))
                    self._same.setdefault((namespace, value), []).append((policy, requirement.key))

    def of(self, workload: Workload) -> Iterator[NearMiss]:
        namespace, found = _namespace(workload), 0
        for key, value in workload.pod_labels.items():
            like = self._like.get((namespace, key, _skeleton(value)), ())
            same = self._same.get((namespace, value), ())
            misses = [(p, f"`{key}: {other}`", f"`{key}: {value}`") for p, other in like if other != value]
            misses += [(p, f"`{other}: {value}`", f"`{key}: {value}`") for p, other in same if other != key]
            for policy, wanted, has in misses[: MAX_NEAR_MISSES - found]:
                found += 1
                yield NearMiss(policy, f"this policy selects {wanted}, the pods have {has}")


def _skeleton(value: str) -> str:
    return re.sub("[^a-z0-9]", "", value.lower())
