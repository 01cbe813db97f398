"""Values that the API refuses whatever schema it is held against, of all worlds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.kubernetes import KubernetesObject, PodObject, World
from hullcheck.model.problem import Problem
from hullcheck.model.refused import Refused, always, has_no_numbers, labels, names, no_numbers, strictly


def refused(worlds: Iterable[World], *, strict: bool) -> list[Problem]:
    """What is refused of the security settings and the labels of Pod Security; `strict`: of words and formats, too."""
    found: dict[int, Problem] = {}
    odd: dict[int, bool] = {}
    for world in worlds:
        for workload in world.workloads:
            if isinstance(workload.part, PodObject):
                pod = workload.part
                _add(found, pod.object, always(pod, complete=workload.complete))
                if strict:
                    _add(found, pod.object, strictly(pod))
        for made in world.objects:
            if made.kind == "Namespace" and not made.group:
                _add(found, made, labels(made))
            source = made.node.source
            if id(source) not in odd:
                odd[id(source)] = has_no_numbers(source.text)
            if odd[id(source)]:
                _add(found, made, no_numbers(made))
            if strict:
                _add(found, made, names(made))
    return list(found.values())


def _add(found: dict[int, Problem], made: KubernetesObject, values: Iterator[Refused]) -> None:
    for value in values:
        message = f"Kubernetes refuses `{value.path}`: {value.why}"
        found.setdefault(id(value.node), Problem("invalid-object", message, value.location, made.owner))
