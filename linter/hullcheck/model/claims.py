"""Persistent volumes that are folders of a node, and which claims get them.

Such a volume is past what Pod Security says of `hostPath` in pods: the pod names a claim and nothing else. See
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
"""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Node, Scalar, as_str, at, is_null
from hullcheck.tuples import NamedTuple

_SOURCES = ("hostPath", "local")


class NodeVolume(NamedTuple):
    """A persistent volume, the node that says its path, and which kind of source that is."""

    object: KubernetesObject
    path: Node
    source: str


class Claims:
    """The claims of what is applied together, and the volumes that they can get."""

    def __init__(self, objects: Iterable[KubernetesObject]) -> None:
        self._volumes: list[NodeVolume] = []
        self._claims: dict[tuple[str, str], Node] = {}
        self._provisioned: set[str] = set()
        for made in objects:
            if made.kind == "PersistentVolume" and not made.group:
                self._volumes += _on_node(made)
            elif made.kind == "PersistentVolumeClaim" and not made.group:
                self._claims[made.namespace or "default", made.name] = made.node
            elif made.kind == "StorageClass":
                provisioner = as_str(made.node.get("provisioner")) or ""
                if not provisioner.endswith("/no-provisioner"):
                    self._provisioned.add(made.name)

    def __bool__(self) -> bool:
        return bool(self._volumes)

    def volume(self, namespace: str, name: str, template: Node | None = None) -> NodeVolume | None:
        """The volume that a claim gets: the one that either names, else the only one that it could get.

        `template` is the claim itself, where a StatefulSet makes it.
        """
        namespace = namespace or "default"
        for volume in self._volumes:
            reference = at(volume.object.node, "spec", "claimRef")
            said = (as_str(at(reference, "namespace")) or "default", as_str(at(reference, "name")))
            if said == (namespace, name):
                return volume
        claim = self._claims.get((namespace, name)) if template is None else template
        spec = at(claim, "spec")
        named = as_str(at(spec, "volumeName"))
        if named or not isinstance(spec, Mapping):
            return next((volume for volume in self._volumes if named and volume.object.name == named), None)
        fitting = [volume for volume in self._volumes if self._fits(spec, volume)]
        return fitting[0] if len(fitting) == 1 else None

    def _fits(self, claim: Mapping, volume: NodeVolume) -> bool:
        """Could it be bound: of the same class, which nothing provisions, and with the labels that are asked for?"""
        offered = at(volume.object.node, "spec")
        wanted, given = _class(claim), _class(offered)
        if wanted is None or wanted != (given or "") or wanted in self._provisioned:
            return False
        if not is_null(at(offered, "claimRef")) or not is_null(at(claim, "selector", "matchExpressions")):
            return False
        labels, asked = at(volume.object.node, "metadata", "labels"), at(claim, "selector", "matchLabels")
        for key, (_, value) in asked.entries().items() if isinstance(asked, Mapping) else ():
            if as_str(at(labels, key)) != as_str(value):
                return False
        modes = _modes(offered)
        return not modes or _modes(claim) <= modes


def _on_node(made: KubernetesObject) -> list[NodeVolume]:
    found = [(at(made.node, "spec", source, "path"), source) for source in _SOURCES]
    return [NodeVolume(made, path, source) for path, source in found if path is not None and not is_null(path)]


def _class(spec: Node | None) -> str | None:
    """The storage class that is said; None where the cluster's default is taken, or it can't be known."""
    node = at(spec, "storageClassName")
    return node.text if isinstance(node, Scalar) and not node.unknown and (node.text or node.style) else None


def _modes(spec: Node | None) -> set[str]:
    modes = at(spec, "accessModes")
    return {as_str(item) or "" for item in getattr(modes, "items", ()) if isinstance(item, Scalar)}
