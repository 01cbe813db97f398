"""Persistent volumes that are folders of a node, and which claims get them.

Such a volume is past what Pod Security says of `hostPath` in pods: the pod names a claim and nothing else. See
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
"""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, as_str, at, is_null, items
from hullcheck.tuples import NamedTuple

_SOURCES = ("hostPath", "local")
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


class NodeVolume(NamedTuple):
    """A persistent volume, the node that says its path, and which kind of source that is."""

    object: KubernetesObject
    path: Node
    source: str


_Offer = tuple[KubernetesObject, NodeVolume | None]
"""A persistent volume, and the folder of a node that it is, if it is one."""


class Claims:
    """The claims of what is applied together, and the volumes that they can get."""

    def __init__(self, objects: Iterable[KubernetesObject]) -> None:
        self._volumes: list[NodeVolume] = []
        self._offers: list[_Offer] = []
        self._claims: dict[tuple[str, str], Node] = {}
        self._provisioned: set[str] = set()
        self._named: set[str] = set()
        self._default = False
        for made in objects:
            if made.kind == "PersistentVolume" and not made.group:
                found = _on_node(made)
                self._volumes += found
                self._offers += [(made, volume) for volume in found] or [(made, None)]
            elif made.kind == "PersistentVolumeClaim" and not made.group:
                self._claims[made.namespace or "default", made.name] = made.node
                self._named.add(as_str(at(made.node, "spec", "volumeName")) or "")
            elif made.kind == "StorageClass":
                self._default = self._default or as_str(at(made.node, "metadata", "annotations", _DEFAULT)) == "true"
                provisioner = as_str(made.node.get("provisioner")) or ""
                if not provisioner.endswith("/no-provisioner"):
                    self._provisioned.add(made.name)

    def __bool__(self) -> bool:
        return bool(self._volumes)

    def volume(self, namespace: str, name: str, template: Node | None = None) -> NodeVolume | None:
        """The volume that a claim gets: the one that either names, else the smallest of those that it could get.

        Where those of one size aren't all folders of nodes, it isn't known. `template` is the claim itself, where a
        StatefulSet or a pod makes it.
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
        fitting = [offer for offer in self._offers if self._fits(spec, offer[0])]
        least = min((_capacity(made) for made, _ in fitting), default=0.0)
        smallest = [volume for made, volume in fitting if _capacity(made) == least]
        known = [volume for volume in smallest if volume is not None]
        return known[0] if known and len(known) == len(smallest) else None

    def _fits(self, claim: Mapping, volume: KubernetesObject) -> bool:
        """Could it be bound: of the same class, which nothing provisions, large enough, with the labels asked for?"""
        offered = at(volume.node, "spec")
        wanted, given = _class(claim), _class(offered)
        if wanted is None:
            if given or self._default or at(claim, "storageClassName") is not None:
                return False
        elif wanted != (given or "") or wanted in self._provisioned:
            return False
        if not is_null(at(offered, "claimRef")) or volume.name in self._named:
            return False
        asked = _quantity(at(claim, "resources", "requests", "storage"))
        if asked is not None and asked > _capacity(volume):
            return False
        modes = _modes(offered)
        return _selects(at(claim, "selector"), at(volume.node, "metadata", "labels")) and (
            not modes or _modes(claim) <= modes
        )


def _selects(selector: Node | None, labels: Node | None) -> bool:
    """Does a claim's selector choose a volume with these labels, as far as both are known?"""
    wanted = at(selector, "matchLabels")
    for key, (_, value) in wanted.entries().items() if isinstance(wanted, Mapping) else ():
        if as_str(at(labels, key)) != as_str(value):
            return False
    for rule in items(at(selector, "matchExpressions")):
        key, operator = as_str(at(rule, "key")) or "", as_str(at(rule, "operator"))
        held = as_str(at(labels, key))
        values = [as_str(value) for value in items(at(rule, "values"))]
        chosen = {
            "In": held in values,
            "NotIn": held not in values,
            "Exists": held is not None,
            "DoesNotExist": held is None,
        }
        if not chosen.get(operator or "", False):
            return False
    return True


_QUANTITY = Lazy(r"(\d{1,30}+(?:\.\d{1,30}+)?)([kMGTPE]i?|Ki|m)?")
_UNITS = {
    unit: base**power
    for base, suffix in ((1000.0, ""), (1024.0, "i"))
    for power, unit in enumerate([f"{letter}{suffix}" for letter in "KMGTPE"], 1)
} | {"k": 1000.0, "": 1.0, "m": 0.001}


def _quantity(node: Node | None) -> float | None:
    """A size, in bytes; None if it isn't known. See https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""
    match = _QUANTITY.fullmatch(node.text) if isinstance(node, Scalar) else None
    return float(match[1]) * _UNITS[match[2] or ""] if match else None


def _capacity(volume: KubernetesObject) -> float:
    """How large it is; one that doesn't say is large enough for anything."""
    size = _quantity(at(volume.node, "spec", "capacity", "storage"))
    return float("inf") if size is None else size


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
