"""Values of charts that aren't here: what in them is a container or an image is judged all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hullcheck.link.kubernetes_containers import workload
from hullcheck.model.chart_values import laid_over
from hullcheck.model.kubernetes import KubernetesObject, PodContext, World
from hullcheck.model.node import Mapping, Node, Scalar, at
from hullcheck.model.workload import Workload
from hullcheck.parse import yaml
from hullcheck.parse.pods import pods
from hullcheck.source import Source


def searched(made: KubernetesObject, values: Sequence[Source | Node], world: str) -> Iterator[Workload]:
    """What these values look like, as workloads of the object that gives them; what it says itself isn't among them."""
    merged: Node | None = None
    for root in mappings(values):
        merged = root if merged is None else laid_over(merged, root)
    spec = at(made.node, "spec")
    if merged is None or not isinstance(spec, Mapping) or not isinstance(made.node, Mapping):
        return
    where = "values" if made.kind == "HelmRelease" else "source"
    given = merged if where == "values" else _under(("helm", "valuesObject"), merged)
    kept: dict[str, tuple[Scalar, Node]] = {
        key: spec.entries()[key] for key in ("chart", "chartRef") if key in spec.entries()
    }
    root = made.node.with_entries(
        {
            **made.node.entries(),
            "spec": (_word("spec", merged), _mapping({**kept, where: (_word(where, merged), given)}, merged)),
        }
    )
    for pod in pods(made._replace(node=root)):
        yield workload(pod._replace(context=PodContext(world)), complete=False)


def mappings(values: Iterable[Source | Node]) -> Iterator[Mapping]:
    """The values that are mappings, files read."""
    for each in values:
        found = yaml.parse(each).documents if isinstance(each, Source) else ()
        root = each if isinstance(each, Node) else found[0].root if found else None
        if isinstance(root, Mapping):
            yield root


def without_shapes(world: World, rendered: set[int]) -> World:
    """The world without what the values of a release look like, where its chart says what is made of them."""
    kept = tuple(each for each in world.workloads if each.part is None or id(each.part.object.node) not in rendered)
    return world if len(kept) == len(world.workloads) else world._replace(workloads=kept)


def _under(path: tuple[str, ...], node: Node) -> Node:
    for key in reversed(path):
        node = _mapping({key: (_word(key, node), node)}, node)
    return node


def _mapping(entries: dict[str, tuple[Scalar, Node]], place: Node) -> Mapping:
    return Mapping(place.source, place.start, place.end, "", False).with_entries(entries)


def _word(text: str, place: Node) -> Scalar:
    return Scalar(place.source, place.start, place.end, "", text, '"')
