"""Which Services, autoscalers and disruption budgets belong to which workload of a world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.availability import Autoscaler, Availability, Budget
from hullcheck.model.kubernetes import KubernetesObject, PodObject, World
from hullcheck.model.network.labels import LabelSelector
from hullcheck.model.node import Mapping, Node, Scalar, as_int, as_str, at, is_null, items
from hullcheck.model.workload import Workload
from hullcheck.parse.labels import selector, text_map
from hullcheck.source import Field, Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

REPLICATED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig")
"""Kinds with a number of replicas."""

Key = tuple[str, str, str]


class _Selecting(NamedTuple):
    selector: LabelSelector
    object: KubernetesObject


def availabilities(world: World) -> Iterator[Availability | Budget]:
    """Each replicated workload with what scales and serves it, and each disruption budget with what it selects."""
    services: dict[str, list[_Selecting]] = {}
    budgets: dict[str, list[_Selecting]] = {}
    scalers: dict[Key, Autoscaler] = {}
    for made in world.objects:
        if made.kind == "Service" and not made.group and (labels := text_map(at(made.node, "spec", "selector"))):
            services.setdefault(_namespace(made), []).append(_Selecting(LabelSelector.of(labels), made))
        elif made.kind == "PodDisruptionBudget":
            chosen = selector(at(made.node, "spec", "selector"))
            budgets.setdefault(_namespace(made), []).append(_Selecting(chosen, made))
        elif made.kind in ("HorizontalPodAutoscaler", "ScaledObject"):
            scaler, target = _autoscaler(made)
            scalers[target] = scaler
    by_label = {namespace: _by_label(found) for namespace, found in services.items()}
    found: dict[int, list[Availability]] = {}
    for workload in world.workloads:
        if workload.complete and workload.kind in REPLICATED and isinstance(workload.part, PodObject):
            chosen_by = [b for b in budgets.get(workload.namespace or "default", ()) if _selects(b, workload)]
            one = _availability(workload, by_label, scalers, bool(chosen_by))
            for budget in chosen_by:
                found.setdefault(id(budget.object), []).append(one)
            yield one
    for chosen_budgets in budgets.values():
        for budget in chosen_budgets:
            yield _budget(budget.object, found.get(id(budget.object), []))


def _namespace(made: KubernetesObject) -> str:
    return made.namespace or "default"


def _by_label(services: Iterable[_Selecting]) -> dict[tuple[str, str], list[_Selecting]]:
    """The Services by the first label that they ask for: a workload need only be compared with a few."""
    index: dict[tuple[str, str], list[_Selecting]] = {}
    for service in services:
        first = service.selector.requirements[0]
        index.setdefault((first.key, next(iter(first.values))), []).append(service)
    return index


def _selects(budget: _Selecting, workload: Workload) -> bool:
    return not budget.selector.known or budget.selector.matches(workload.labels)


def _availability(
    workload: Workload,
    services: dict[str, dict[tuple[str, str], list[_Selecting]]],
    scalers: dict[Key, Autoscaler],
    budgeted: bool,
) -> Availability:
    pod: PodObject = workload.part
    spec = at(pod.object.node, "spec")
    near = services.get(workload.namespace or "default", {})
    candidates = (one for label in workload.labels.items() for one in near.get(label, ()))
    serving = next((s.object.location for s in candidates if s.selector.matches(workload.labels)), None)
    replicas = at(spec, "replicas")
    strategy = at(spec, "strategy", "type")
    volumes = items(at(pod.spec, "volumes"))
    return Availability(
        workload,
        _number(replicas, workload.location),
        serving,
        scalers.get((workload.namespace or "default", workload.kind, workload.name)),
        budgeted,
        _text(strategy, workload.location),
        _spread(pod.spec),
        any(not is_null(at(volume, "persistentVolumeClaim")) for volume in volumes)
        or bool(items(at(spec, "volumeClaimTemplates"))),
    )


def _spread(spec: Any) -> bool:
    affinity = at(spec, "affinity", "podAntiAffinity")
    return bool(items(at(spec, "topologySpreadConstraints"))) or (
        isinstance(affinity, Mapping) and bool(affinity.items)
    )


def _autoscaler(made: KubernetesObject) -> tuple[Autoscaler, Key]:
    spec = at(made.node, "spec")
    least, most = (
        ("minReplicaCount", "maxReplicaCount") if made.kind == "ScaledObject" else ("minReplicas", "maxReplicas")
    )
    target = at(spec, "scaleTargetRef")
    kind = as_str(at(target, "kind")) or "Deployment"
    key = (_namespace(made), kind, as_str(at(target, "name")) or "")
    return Autoscaler(made, _number(at(spec, least), made.location), _number(at(spec, most), made.location)), key


def _budget(made: KubernetesObject, workloads: list[Availability]) -> Budget:
    spec = at(made.node, "spec")
    least, most = _text(at(spec, "minAvailable"), made.location), _text(at(spec, "maxUnavailable"), made.location)
    policy = _text(at(spec, "unhealthyPodEvictionPolicy"), made.location)
    return Budget(made, least, most, policy, tuple(workloads))


def _number(node: Node | None, otherwise: Location) -> Field[int]:
    if node is None or is_null(node):
        return Field(None, otherwise)
    value = as_int(node)
    return Field(value, node.location, node.unknown or ("" if value is not None else "it isn't a number"))


def _text(node: Node | None, otherwise: Location) -> Field[str]:
    if not isinstance(node, Scalar) or is_null(node):
        return Field(None, otherwise)
    return Field(None if node.unknown else node.text, node.location, node.unknown)
