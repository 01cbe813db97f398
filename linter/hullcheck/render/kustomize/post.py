"""What a HelmRelease of Flux lays over the objects that its chart makes: its `postRenderers`.

See https://fluxcd.io/flux/components/helm/helmreleases/#post-renderers
"""

from __future__ import annotations

from collections.abc import Sequence as Listed

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at
from hullcheck.model.problem import Problem
from hullcheck.parse.kubernetes import ManifestFile
from hullcheck.render.kustomize import Kustomizations
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

_HOOK = "helm.sh/hook"
_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902", "images")
_FOLDER = "<post-rendered>"


class PostRendered(NamedTuple):
    """The objects as they are changed; `problems` and `unsure` say what of the changes isn't known or possible."""

    objects: list[Mapping]
    problems: tuple[Problem, ...] = ()
    unsure: str = ""


def post_rendered(objects: Listed[Mapping], renderers: Listed[Node]) -> PostRendered:
    """The objects of a chart as its post-renderers leave them, one after the other; hooks aren't handed to them."""
    hooks = [root for root in objects if as_str(at(root, "metadata", "annotations", _HOOK)) is not None]
    kept = {id(root) for root in hooks}
    made = [root for root in objects if id(root) not in kept]
    problems: list[Problem] = []
    unsure = ""
    for renderer in renderers:
        own = at(renderer, "kustomize")
        if not isinstance(own, Mapping):
            unsure = unsure or "a post-renderer isn't known"
            continue
        built = _layers(own, made).build(_FOLDER)
        problems += built.problems
        unsure = unsure or built.approximate or built.uncertain
        if not built.refused and (built.objects or not made):
            made = list(built.objects)
    return PostRendered([*made, *hooks], tuple(problems), unsure)


def _layers(own: Mapping, objects: list[Mapping]) -> Kustomizations:
    """A kustomization of these objects with what the renderer says."""
    resources = Sequence(own.source, own.start, own.end, "", True)
    resources.items = [Scalar(own.source, own.start, own.end, "", "all.yaml", '"')]
    fields: dict[str, tuple[Scalar, Node]] = {"resources": (_word("resources", own), resources)}
    fields |= {name: entry for name, entry in own.entries().items() if name in _FIELDS}
    path = f"{_FOLDER}/kustomization.yaml"
    root = own.with_entries(fields)
    files = {
        path: ManifestFile(
            Source(path, own.source.text.encode("utf-8", "surrogatepass")), documents=(root,), layer=root
        ),
        f"{_FOLDER}/all.yaml": ManifestFile(own.source, documents=tuple(objects)),
    }
    return Kustomizations(files, lambda _: None)


def _word(text: str, place: Node) -> Scalar:
    return Scalar(place.source, place.start, place.end, "", text, '"')
