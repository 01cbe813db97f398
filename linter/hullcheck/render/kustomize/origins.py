"""`buildMetadata`: labels and annotations that say who built an object, from which file, and what was done to it."""

from __future__ import annotations

import posixpath

from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.parse.kustomization import Layer, texts
from hullcheck.render.kustomize.fieldspecs import FieldSpec
from hullcheck.render.kustomize.resources import Gvk, Resource, Resources, Step
from hullcheck.render.kustomize.transform import add_words
from hullcheck.render.kustomize.tree import empty_mapping, put, word

VERSION = "v5.8.1"
"""The version of kustomize that is followed."""

_MANAGED = "app.kubernetes.io/managed-by"
_ORIGIN = "config.kubernetes.io/origin"
_THROUGH = "alpha.config.kubernetes.io/transformations"


def wanted(own: Layer) -> dict[str, Scalar]:
    """What the kustomization wants to be noted, with the place that says so."""
    return {node.text: node for node in texts(own.node("buildMetadata"), "buildMetadata")}


def note(resources: list[Resource], wishes: dict[str, Scalar], folder: str) -> None:
    """Put the notes on the objects."""
    if by := wishes.get("managedByLabel"):
        label = word(f"kustomize-{VERSION}", by, "buildMetadata")
        place = (FieldSpec(Gvk("", "", ""), "metadata/labels", create=True),)
        add_words(
            Resources(resources), {_MANAGED: (word(_MANAGED, by, "buildMetadata"), label)}, place, "buildMetadata"
        )
    for resource in resources:
        if (by := wishes.get("originAnnotations")) and resource.origin:
            _annotate(resource, _ORIGIN, _origin(resource.origin, folder), by)
        if (by := wishes.get("transformerAnnotations")) and resource.through:
            _annotate(resource, _THROUGH, "".join(_step(step, folder) for step in resource.through.all()), by)


def _origin(origin: tuple[str, ...], folder: str) -> str:
    path = _relative(origin[0], folder)
    if len(origin) == 1:
        return f"path: {path}\n"
    return f"configuredIn: {path}\nconfiguredBy:\n  apiVersion: builtin\n  kind: {origin[1]}\n"


def _step(step: Step, folder: str) -> str:
    place = _relative(step.path, folder)
    return f"- configuredIn: {place}\n  configuredBy:\n    apiVersion: builtin\n    kind: {step.what}\n"


def _relative(path: str, folder: str) -> str:
    return posixpath.relpath(path, folder or ".")


def _annotate(resource: Resource, key: str, text: str, by: Node) -> None:
    metadata = resource.root.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    value = Scalar(by.source, by.start, by.end, "", text, '"')
    value.because = "buildMetadata"
    resource.set_metadata("annotations", put(notes if isinstance(notes, Mapping) else empty_mapping(by), key, value))
