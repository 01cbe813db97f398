"""Pods by their shape: what of an object whose kind isn't known is a list of containers, a container or a pod's field."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject, PodContainer
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_str, at, at_key, is_null, items
from hullcheck.tuples import NamedTuple

ROLES = (("initContainers", "init"), ("containers", "container"), ("ephemeralContainers", "ephemeral"))

_NOT_INTO = frozenset(("properties", "openAPIV3Schema", "status", "managedFields", "metadata"))
_HOST = ("hostNetwork", "hostPID", "hostIPC")
_OF_CONTAINERS = (
    "privileged", "allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem", "procMount",
)  # fmt: skip
"""Fields of a `securityContext` that pods don't have."""

_LISTS = ("command", "args", "env", "envFrom", "volumeMounts")
_TEXTS = ("imagePullPolicy", "script", "mainApplicationFile")
_IMAGES = {
    ("monitoring.coreos.com", "Prometheus"): "image",
    ("monitoring.coreos.com", "PrometheusAgent"): "image",
    ("monitoring.coreos.com", "Alertmanager"): "image",
    ("monitoring.coreos.com", "ThanosRuler"): "image",
    ("postgresql.cnpg.io", "Cluster"): "imageName",
    ("opentelemetry.io", "OpenTelemetryCollector"): "image",
}
"""Kinds whose spec names the image that runs, and no more of the container."""

_PRIVILEGED = frozenset(("actions.summerwind.dev",))
"""Groups whose specs say `privileged` themselves."""


class Found(NamedTuple):
    """Something like a pod: its spec, the metadata beside it, and its containers. `inner` is an object of its own."""

    spec: Mapping
    metadata: Node | None = None
    containers: tuple[PodContainer, ...] = ()
    inner: bool = False


class _Place(NamedTuple):
    """A node on the way, with what it stands under: the metadata beside it, the volumes above it, its key."""

    node: Node
    metadata: Node | None
    volumes: tuple[Scalar, Node] | None
    key: str
    top: bool = False


def found_in(made: KubernetesObject, *, apart: bool) -> Iterator[Found]:
    """What is like a pod, at any place of an object whose kind isn't known, in the order in which it is written.

    With `apart`, objects inside it are told as such, and aren't looked into.
    """
    pending = [_Place(made.node, None, None, "", top=True)]
    seen: set[int] = set()
    while pending:
        place = pending.pop()
        node = place.node
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += [place._replace(node=item, metadata=None, top=False) for item in reversed(node.items)]
        elif isinstance(node, Mapping):
            if apart and not place.top and as_str(node.get("apiVersion")) and as_str(node.get("kind")):
                yield Found(node, inner=True)
                continue
            listed = holds_containers(node)
            if (found := _pod(made, place, node, listed=listed)) is not None:
                yield found
            pending += reversed(list(_inside(place, node, listed=listed)))


def _inside(place: _Place, node: Mapping, *, listed: bool) -> Iterator[_Place]:
    entries = node.entries()
    volumes = entries.get("volumes", place.volumes)
    metadata = None if place.top else node.get("metadata")
    taken = {key for key, _ in ROLES} if listed else ()
    for key, (_, value) in entries.items():
        if key not in _NOT_INTO and key not in taken:
            yield _Place(value, metadata if key == "spec" else None, volumes, key)


def _pod(made: KubernetesObject, place: _Place, node: Mapping, *, listed: bool) -> Found | None:
    containers = tuple(containers_of(node)) if listed else ()
    spec = node
    if is_container(node) or (place.key == "spec" and (made.group, made.kind) in _IMAGES):
        own = _with_own(made, node)
        containers = (*containers, PodContainer("container", _name(made, place, node), node.location.one_line(), own))
        spec = _as_pod(node)
    elif not listed and not any(as_bool(node.get(key)) for key in _HOST):
        return None
    if place.volumes is not None and node.get("volumes") is None:
        spec = spec.with_entries({**spec.entries(), "volumes": place.volumes})
    return Found(spec, place.metadata, containers)


def holds_containers(spec: Mapping) -> bool:
    """Is there a list of containers in it?"""
    found = [item for key, _ in ROLES[:2] for item in items(spec.get(key))]
    return bool(found) and all(as_str(at(item, "name")) or as_str(at(item, "image")) for item in found)


def containers_of(spec: Mapping) -> Iterator[PodContainer]:
    """The containers of a pod's spec."""
    for key, role in ROLES:
        for number, node in enumerate(items(spec.get(key))):
            if isinstance(node, Mapping):
                sidecar = role == "init" and as_str(node.get("restartPolicy")) == "Always"
                yield container("sidecar" if sidecar else role, node, number)


def container(role: str, node: Mapping, number: int) -> PodContainer:
    """A container of a list, at its name's place."""
    named = node.get("name")
    place = at_key(node, "name", named) if isinstance(named, Scalar) and named.text else node
    return PodContainer(role, as_str(named) or str(number), place.location.one_line(), node)


def _security(node: Mapping) -> Node | None:
    """The container's own settings, where those of the pod may stand beside it."""
    own = node.get("containerSecurityContext")
    return node.get("securityContext") if own is None else own


def is_container(node: Mapping) -> bool:
    """Is the mapping itself what a container is: an image and how it is run, or settings that only containers have?"""
    security = _security(node)
    if isinstance(security, Mapping) and any(not is_null(security.get(key)) for key in _OF_CONTAINERS):
        return True
    if any(as_str(at(item, "mountPath")) for item in items(node.get("volumeMounts"))):
        return True
    image = node.get("image")
    if not isinstance(image, Scalar) or not image.text.strip() or is_null(image) or " " in image.text.strip():
        return False
    return (
        isinstance(security, Mapping)
        or any(isinstance(node.get(key), Sequence) for key in _LISTS)
        or any(as_str(node.get(key)) for key in _TEXTS)
    )


def _with_own(made: KubernetesObject, node: Mapping) -> Mapping:
    """The container's mapping, with what its kind calls otherwise."""
    entries = node.entries()
    image = _IMAGES.get((made.group, made.kind), "image")
    if image != "image" and image in entries and "image" not in entries:
        node = node.with_entries({**entries, "image": entries[image]})
    if "containerSecurityContext" in entries:
        node = node.with_entries({**node.entries(), "securityContext": entries["containerSecurityContext"]})
    return node


def _as_pod(node: Mapping) -> Mapping:
    """The mapping as a pod's spec: its `securityContext` is the container's."""
    entries = node.entries()
    if "containerSecurityContext" in entries:
        return node
    kept = {key: entry for key, entry in entries.items() if key != "securityContext"}
    if "podSecurityContext" in entries:
        kept["securityContext"] = entries["podSecurityContext"]
    return node.with_entries(kept)


def _name(made: KubernetesObject, place: _Place, node: Mapping) -> str:
    return as_str(node.get("name")) or (place.key if place.key not in ("", "spec", "template") else made.name)


def privileged_by(made: KubernetesObject) -> Iterator[Found]:
    """What a runner's spec says of its own container."""
    if made.group not in _PRIVILEGED:
        return
    for spec in (at(made.node, "spec", "template", "spec"), at(made.node, "spec")):
        entry = spec.entries().get("privileged") if isinstance(spec, Mapping) else None
        if isinstance(spec, Mapping) and entry is not None:
            context = spec.with_entries({"privileged": entry})
            node = spec.with_entries({**spec.entries(), "securityContext": (entry[0], context)})
            yield Found(spec, None, (PodContainer("container", made.name, entry[0].location.one_line(), node),))
