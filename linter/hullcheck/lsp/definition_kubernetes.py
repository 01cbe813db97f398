"""Where the object that a manifest names is written, and the key in it."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.lsp.folder import Folder
from hullcheck.lsp.yaml_at import Trail
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Node, Scalar, at
from hullcheck.parse import cst
from hullcheck.source import Location

_NAMES: dict[tuple[str, ...], str] = {
    ("configMapKeyRef", "name"): "ConfigMap",
    ("configMapRef", "name"): "ConfigMap",
    ("configMap", "name"): "ConfigMap",
    ("secretKeyRef", "name"): "Secret",
    ("secretRef", "name"): "Secret",
    ("secret", "secretName"): "Secret",
    ("secret", "name"): "Secret",
    ("tls", "secretName"): "Secret",
    ("imagePullSecrets", "name"): "Secret",
    ("serviceAccountName",): "ServiceAccount",
    ("serviceAccount",): "ServiceAccount",
    ("persistentVolumeClaim", "claimName"): "PersistentVolumeClaim",
    ("backend", "service", "name"): "Service",
    ("serviceName",): "Service",
    ("ingressClassName",): "IngressClass",
    ("storageClassName",): "StorageClass",
    ("priorityClassName",): "PriorityClass",
}
"""By the keys that come last, the kind of the object that is named there."""

_WITH_KIND = frozenset(("roleRef", "scaleTargetRef", "targetRef", "subjects", "chartRef", "sourceRef"))
"""Keys whose mappings say the kind themselves."""

_HELD = ("data", "stringData", "binaryData")


def definitions(folder: Folder, path: str, trail: Trail) -> Iterator[Location]:
    if trail.is_key:
        return
    names = tuple(key for key in trail.keys if isinstance(key, str))
    text = trail.node.text
    for keys, kind in _NAMES.items():
        if names[-len(keys) :] == keys:
            yield from (_name(found) for found in _objects(folder, path, kind, text))
            return
    if len(names) > 1 and names[-1] == "name" and names[-2] in _WITH_KIND:
        kind = _beside(trail.node, "kind")
        yield from (_name(found) for found in _objects(folder, path, kind, text)) if kind else ()
    elif names[-1:] == ("key",) and len(names) > 1:
        yield from _keys(folder, path, trail, names[-2])


def _keys(folder: Folder, path: str, trail: Trail, around: str) -> Iterator[Location]:
    """The key of a ConfigMap or Secret, named beside it or around a list of items."""
    kinds = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
    kind, name = kinds.get(around, ""), _beside(trail.node, "name")
    if around == "items":
        held = trail.node.parent.parent.parent if trail.node.parent and trail.node.parent.parent else None
        found = {key.text: value.text for key, value in held.pairs} if held is not None else {}
        name = found.get("name") or found.get("secretName") or ""
        kind = "Secret" if "secret" in trail.keys else "ConfigMap"
    for made in _objects(folder, path, kind, name) if kind and name else ():
        for mapping in (at(made.node, key) for key in _HELD):
            key = mapping.key(trail.node.text) if isinstance(mapping, Mapping) else None
            if key is not None:
                yield key.location


def _beside(node: cst.Node, key: str) -> str:
    """The text of another value of the mapping that a value is in."""
    pairs = node.parent.pairs if node.parent is not None and node.parent.kind == "mapping" else []
    return next((value.text for name, value in pairs if name.text == key), "")


def _objects(folder: Folder, path: str, kind: str, name: str) -> Iterator[KubernetesObject]:
    """The objects of that kind and name in the worlds that a file is in, or else in all."""
    assert folder.session is not None
    worlds = folder.session.scopes[0]
    near = [world for world in worlds if path in world.files or _is_of(world.objects, path)]
    for some in (near, worlds):
        found = [made for world in some for made in world.objects if made.kind == kind and _is_called(made, name)]
        if found:
            yield from found
            return


def _is_of(objects: tuple[KubernetesObject, ...], path: str) -> bool:
    return any(made.location.path == path for made in objects)


def _is_called(made: KubernetesObject, name: str) -> bool:
    """Is that its name, or was it before something renamed it?"""
    node: Node | None = at(made.node, "metadata", "name")
    while isinstance(node, Scalar):
        if node.text == name:
            return True
        node = node.before
    return made.name == name


def _name(made: KubernetesObject) -> Location:
    node = at(made.node, "metadata", "name")
    return node.location if node is not None else made.location
