"""Values that the API refuses whatever schema it is held against, of all worlds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from hullcheck.model.kubernetes import KubernetesObject, PodObject, World
from hullcheck.model.problem import Problem
from hullcheck.model.refused import Refused, always, has_no_numbers, labels, names, no_numbers, strictly
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kept import Kept
    from hullcheck.model.node import Node


def refused(worlds: Iterable[World], *, strict: bool, kept: "Kept | None" = None) -> list[Problem]:
    """What is refused of the security settings and the labels of Pod Security; `strict`: of words and formats, too.

    `kept` has what was found before in the very same worlds.
    """
    found: dict[int, Problem] = {}
    odd: dict[int, bool] = {}
    for world in worlds:
        make = partial(_refused, world, odd, strict=strict)
        made = make() if kept is None else kept.of(("refused", id(world), strict), world, make)
        for node, problem in made:
            found.setdefault(id(node), problem)
    return list(found.values())


def _refused(world: World, odd: dict[int, bool], *, strict: bool) -> "list[tuple[Node, Problem]]":
    """What is refused in a world, each with its node; `odd` are the files that may hold what is no number, by their ids."""
    found: list[tuple[Node, Problem]] = []
    for workload in world.workloads:
        if isinstance(workload.part, PodObject):
            pod = workload.part
            found += _told(pod.object, always(pod, complete=workload.complete))
            if strict:
                found += _told(pod.object, strictly(pod))
    for made in world.objects:
        if made.kind == "Namespace" and not made.group:
            found += _told(made, labels(made))
        source = made.node.source
        if id(source) not in odd:
            odd[id(source)] = has_no_numbers(source.text)
        if odd[id(source)]:
            found += _told(made, no_numbers(made))
        if strict:
            found += _told(made, names(made))
    return found


def _told(made: KubernetesObject, values: Iterator[Refused]) -> "Iterator[tuple[Node, Problem]]":
    for value in values:
        message = f"Kubernetes refuses `{value.path}`: {value.why}"
        yield value.node, Problem("invalid-object", message, value.location, made.owner)
