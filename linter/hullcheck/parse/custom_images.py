"""Images that custom resources name for what their operators run: `spec.image`, `dockerImage`, a containerDisk's."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.model.kubernetes import KubernetesObject, is_api_group, is_template
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, is_null
from hullcheck.model.official import official_images
from hullcheck.parse.pods import PATTERN_GROUPS
from hullcheck.source import Field
from hullcheck.tuples import NamedTuple

_REFER = (
    "image.toolkit.fluxcd.io", "argocd-image-updater.argoproj.io", "kargo.akuity.io", "image.openshift.io",
    "build.openshift.io", "config.openshift.io", "policy.sigstore.dev", "pkg.crossplane.io", "kpack.io",
    "aquasecurity.github.io", "kubescape.io", "eraser.sh", "helm.toolkit.fluxcd.io", "helm.cattle.io", "helmcharts.helm.io",
    "keel.sh", "connaisseur.policy", "kuik.enix.io",
)  # fmt: skip
"""Groups whose objects look for images, allow, build or push them, or hold a chart's values."""

_KINDS = frozenset(("Application", "ApplicationSet", "HelmRelease", "HelmChart", "CustomResourceDefinition"))
_NOT_INTO = frozenset(("status", "metadata", "properties", "openAPIV3Schema", "managedFields", "parameters"))
_MADE = frozenset(("output", "destination", "push", "cache"))
"""Keys under which an image is one that is made."""

_VERSIONS = ("version", "tag", "imageTag", "imageVersion", "digest", "sha", "sha256")


class _Place(NamedTuple):
    node: Node
    key: str
    top: bool = False


def images(made: KubernetesObject, taken: AbstractSet[int]) -> Iterator[ImageUse]:
    """The images that an object names at any place; `taken` are the ids of nodes that containers name already."""
    if _left_out(made.group, made.kind):
        return
    pending, seen = [_Place(made.node, "", top=True)], set()
    while pending:
        place = pending.pop()
        node = place.node
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += [_Place(item, place.key) for item in reversed(node.items)]
        elif isinstance(node, Mapping) and (place.top or not _other(node)):
            entries = node.entries()
            for key, (_, value) in entries.items():
                if _names_image(key) and place.key not in _MADE and id(value) not in taken:
                    yield from _use(made, node, value)
            pending += reversed([_Place(value, key) for key, (_, value) in entries.items() if key not in _NOT_INTO])


def _left_out(group: str, kind: str) -> bool:
    if is_api_group(group) or group.endswith((*PATTERN_GROUPS, *_REFER)) or kind in _KINDS:
        return True
    return (
        kind.endswith(("Machine", "MachineTemplate", "Instance", "MachineConfig", "NodePool"))
        and "kubevirt" not in group
    )


def _other(node: Mapping) -> bool:
    """Is it an object of its own that isn't looked into?"""
    version, kind = as_str(node.get("apiVersion")), as_str(node.get("kind"))
    return bool(version and kind) and _left_out((version or "").rpartition("/")[0], kind or "")


def _names_image(key: str) -> bool:
    return key in ("image", "imageName") or key.endswith("Image")


def _use(made: KubernetesObject, holder: Mapping, value: Node) -> Iterator[ImageUse]:
    node, said = value, ""
    if isinstance(value, Mapping):  # `image: {repository: a, tag: b}`
        repository, tag = as_str(value.get("repository")), value.get("tag")
        if repository and isinstance(tag, Scalar) and not is_null(tag):
            node, said = tag, f"{repository}:{tag.text}"
    elif isinstance(value, Scalar) and not is_null(value):
        said = value.text.strip()
    if node.unknown or "://" in said or " " in said or is_template(said):
        return
    image = ImageRef.parse(said)
    if image is None or not _certain(image, said):
        return
    if not image.tag and not image.digest and any(not is_null(holder.get(word)) for word in _VERSIONS):
        return
    place = node.location.one_line()
    yield ImageUse(Field(said, place), f"{made.kind} `{made.name}`: image", made.owner)


def _certain(image: ImageRef, said: str) -> bool:
    """Is it surely a container's image, and not one of a machine?"""
    if image.tag or image.digest:
        return "/" in said or image.familiar in official_images()
    return image.registry != "docker.io" and "/" in image.repository
