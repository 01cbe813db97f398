"""The pods in the values that Flux, Argo CD and K3s give a chart, as far as their shape says it.

The chart may be anywhere: what it makes of the values isn't known, but an image that is named and a container's settings
are meant as such.
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject, PodContainer
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, items
from hullcheck.parse import app_template
from hullcheck.parse.pod_shapes import Found, found_in

MAX_DEPTH = 100


def pods_of_release(made: KubernetesObject) -> Iterator[Found]:
    """What in the values is a pod, a container or an image."""
    for values, chart in _given(made):
        own: tuple[str, ...] = ()
        if app_template.has_controllers(values):
            yield from _told(app_template.pods(values))
            own = app_template.OWN
        elif chart == "app-template" and isinstance(values.get("image"), Mapping):
            yield from _told([app_template.flat(values)])
            own = app_template.FLAT
        rest = {key: entry for key, entry in values.entries().items() if key not in own}
        plain = _with_images(values.with_entries(rest) if own else values, 0)
        yield from found_in(made._replace(node=plain), apart=True)
        yield from _images(plain, made.name)
    spec = at(made.node, "spec")
    if isinstance(spec, Mapping):
        others = {k: e for k, e in spec.entries().items() if k not in ("values", "source", "sources", "set")}
        yield from found_in(made._replace(node=spec.with_entries(others)), apart=False)


def _told(pods: "Iterator[app_template.Pod] | list[app_template.Pod]") -> Iterator[Found]:
    return (Found(pod.spec, None, pod.containers) for pod in pods)


def _given(made: KubernetesObject) -> Iterator[tuple[Mapping, str]]:
    """The values that it gives, each with the name of the chart, empty if that isn't said."""
    from hullcheck.parse.embedded import embedded

    spec = at(made.node, "spec")
    if made.kind == "HelmRelease":
        values = at(spec, "values")
        if isinstance(values, Mapping):
            yield values, as_str(at(spec, "chart", "spec", "chart")) or as_str(at(spec, "chartRef", "name")) or ""
        return
    if made.kind in ("HelmChart", "HelmChartConfig"):
        yield from _given_to_k3s(spec)
        return
    one = at(spec, "source")
    for source in items(at(spec, "sources")) or ([one] if one is not None else []):
        chart = as_str(at(source, "chart")) or ""
        given = at(source, "helm", "valuesObject")
        if isinstance(given, Mapping):
            yield given, chart
        text = at(source, "helm", "values")
        if isinstance(text, Scalar):
            yield from ((root, chart) for root in embedded(text)[0] if isinstance(root, Mapping))


def _given_to_k3s(spec: Node | None) -> Iterator[tuple[Mapping, str]]:
    """What a chart of K3s is given: `values`, a text, and single values by their dotted names."""
    from hullcheck.model.chart_values import laid_over, nested
    from hullcheck.parse.embedded import embedded

    said: list[Node] = [node for node in (at(spec, "values"),) if node is not None]
    text = at(spec, "valuesContent")
    if isinstance(text, Scalar):
        said += embedded(text)[0][:1]
    single = at(spec, "set")
    if isinstance(single, Mapping):
        pairs = single.entries().items()
        said += [nested(name, value, False) for name, (_, value) in pairs if isinstance(value, Scalar)]
    whole: Node | None = None
    for node in said:
        if isinstance(node, Mapping):
            whole = node if whole is None else laid_over(whole, node)
    if isinstance(whole, Mapping):
        yield whole, (as_str(at(spec, "chart")) or "").rpartition("/")[2]


def _with_images(node: Node, depth: int, known: dict[int, Node] | None = None) -> Node:
    """The values, with `image: {repository, tag}` as the reference that it comes to; what is shared stays so."""
    known = {} if known is None else known
    if id(node) not in known:
        known[id(node)] = node if depth >= MAX_DEPTH else _changed(node, depth, known)
    return known[id(node)]


def _changed(node: Node, depth: int, known: dict[int, Node]) -> Node:
    if isinstance(node, Sequence):
        found = [_with_images(item, depth + 1, known) for item in node.items]
        return node.with_items(found) if any(a is not b for a, b in zip(found, node.items, strict=True)) else node
    if not isinstance(node, Mapping):
        return node
    entries = node.entries()
    made = {}
    for name, (key, value) in entries.items():
        reference = app_template.image_of(value) if name == "image" and isinstance(value, Mapping) else None
        made[name] = (key, reference or _with_images(value, depth + 1, known))
    same = all(made[name][1] is value for name, (_, value) in entries.items())
    return node if same else node.with_entries(made)


def _images(values: Node, name: str) -> Iterator[Found]:
    """Images that are put together of their parts, where no more of a container stands beside them."""
    from hullcheck.parse.pod_shapes import is_container

    pending: list[tuple[Node, str]] = [(values, name)]
    seen: set[int] = set()
    while pending:
        node, called = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += [(item, called) for item in reversed(node.items)]
        elif isinstance(node, Mapping):
            entry = node.entries().get("image")
            if (
                entry is not None
                and isinstance(entry[1], Scalar)
                and entry[1].because == "image"
                and not is_container(node)
            ):
                alone = node.with_entries({"image": entry})
                yield Found(alone, None, (PodContainer("container", called, entry[0].location.one_line(), alone),))
            pending += [(value, key) for key, (_, value) in reversed(node.entries().items())]
