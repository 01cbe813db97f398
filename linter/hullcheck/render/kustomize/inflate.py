"""`helmCharts`: charts that lie here, rendered as `kustomize build --enable-helm` has Helm render them.

See https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, as_str, at, is_null, items
from hullcheck.parse.kustomization import Layer, RefusedError
from hullcheck.render.kustomize.files import Files, resolve
from hullcheck.render.kustomize.resources import Resource
from hullcheck.render.kustomize.state import GENERATOR, State
from hullcheck.source import Source

HOME = "charts"
"""Where charts are kept unless `helmGlobals.chartHome` says so, beside the kustomization."""

_HOOK = "helm.sh/hook"


def inflated(node: Node, own: Layer, files: Files, state: State) -> Iterator[Resource]:
    """The objects that a chart makes; nothing but a note in `state` if the chart isn't here."""
    name = as_str(at(node, "name")) or ""
    folder = _folder(node, own, files)
    if folder is None:
        message = f"the chart `{name}` isn't in the repository"
        state.unknown(message, node.location.one_line(), GENERATOR)
        return
    from hullcheck.render.helm import render

    values: list[Source | Node] = [*_values(node, own, files), *_more(node, own, files)]
    paths = sorted(files.paths)
    made = render(
        folder,
        files.bytes,
        lambda below: paths[bisect_left(paths, f"{below}/") : bisect_left(paths, f"{below}0")] if below else paths,
        values,
        (),
        as_str(at(node, "releaseName")) or "release-name",
        as_str(at(node, "namespace")) or "default",
        as_str(at(node, "kubeVersion")) or "",
        tuple(filter(None, map(as_str, items(at(node, "apiVersions"))))),
        lenient=True,
    )
    state.problems += made.problems
    if made.unsure:
        state.unknown(made.unsure, node.location.one_line(), GENERATOR)
    state.files.update(path for path in paths if path.startswith(f"{folder}/"))
    if as_str(at(node, "includeCRDs")) == "true":
        for path in paths:
            if path.startswith(f"{folder}/crds/"):
                for root in files.objects(path) or ():
                    yield _resource(root, own)
    for document in made.documents:
        hook = as_str(at(document.root, "metadata", "annotations", _HOOK))
        if hook is not None and as_str(at(node, "skipHooks")) == "true":
            continue
        if hook is not None and "test" in hook and as_str(at(node, "skipTests")) == "true":
            continue
        yield _resource(document.root, own)


def _resource(root: Mapping, own: Layer) -> Resource:
    made = Resource(root)
    made.origin = (own.path, "HelmChartInflationGenerator")
    return made


def _folder(node: Node, own: Layer, files: Files) -> str | None:
    """The folder of the chart; None if it isn't here."""
    name, version = as_str(at(node, "name")) or "", as_str(at(node, "version")) or ""
    home = as_str(at(own.node("helmGlobals"), "chartHome")) or as_str(at(node, "chartHome")) or HOME
    tried = [f"{home}/{name}-{version}/{name}"] if version and at(node, "repo") is not None else []
    for each in (*tried, f"{home}/{name}"):
        path = resolve(own.folder, each)
        if name and path and files.bytes(posixpath.join(path, "Chart.yaml")) is not None:
            return path
    return None


def _values(node: Node, own: Layer, files: Files) -> list[Source | Node]:
    """The values file and what is written in its place or over it, the weakest first."""
    inline = at(node, "valuesInline")
    written: list[Source | Node] = [_without_nulls(inline)] if isinstance(inline, Mapping) else []
    name = at(node, "valuesFile")
    file = [_file(name, own, files)] if isinstance(name, Scalar) and name.text else []
    how = as_str(at(node, "valuesMerge")) or "override"
    if how == "replace" and written:
        return written
    return [*written, *file] if how == "merge" else [*file, *written]


def _without_nulls(node: Mapping) -> Mapping:
    """What is written inline, as kustomize lays it over the chart's values: a null changes nothing."""
    kept = {}
    for name, (key, value) in node.entries().items():
        if not is_null(value):
            kept[name] = (key, _without_nulls(value) if isinstance(value, Mapping) else value)
    return node.with_entries(kept)


def _more(node: Node, own: Layer, files: Files) -> list[Source]:
    return [_file(name, own, files) for name in items(at(node, "additionalValuesFiles")) if isinstance(name, Scalar)]


def _file(name: Scalar, own: Layer, files: Files) -> Source:
    path = resolve(own.folder, name.text)
    content = files.bytes(path) if path else None
    if path is None or content is None:
        raise RefusedError(f"there is no values file `{name.text}`", name.location)
    return Source(path, content)
