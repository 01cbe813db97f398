"""Patches: strategic merges and JSON 6902, from files or written in the kustomization itself."""

from __future__ import annotations

from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.parse.kustomization import RefusedError
from hullcheck.render.kustomize.jsonpatch import Operation, apply
from hullcheck.render.kustomize.kinds import Types
from hullcheck.render.kustomize.merge import merge
from hullcheck.render.kustomize.resources import Resource, Resources, names, word_at, words_at
from hullcheck.render.kustomize.scalars import is_null
from hullcheck.render.kustomize.selectors import Selector, select
from hullcheck.render.kustomize.tree import empty_mapping, put, unshared, without, word
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

COST = 30
"""What it costs to patch an object, in steps."""


class Patch(NamedTuple):
    """One entry: documents to be merged, or operations. `place` is the entry's own."""

    merges: tuple[Mapping, ...]
    operations: tuple[Operation, ...]
    target: Selector | None
    place: Location
    rename: bool = False
    change_kind: bool = False
    legacy: bool = False  # of patchesStrategicMerge or patchesJson6902
    types: Types | None = None  # a schema of the repository's own


def apply_patch(resources: Resources, patch: Patch, *, complete: bool) -> bool:
    """Change the objects that the patch is for; true if each of its documents became part of one of its own kind.

    Raises RefusedError if there is none and should be one; where the objects aren't `complete`, the missing one may be
    among the unknown.
    """
    if patch.operations:
        _apply_operations(resources, patch)
        return True
    if patch.target is not None:
        if len(patch.merges) > 1:
            raise RefusedError("a patch with a target may hold one document only", patch.place)
        used = False
        kind = word_at(patch.merges[0], "kind")
        for resource in select(resources, patch.target):
            used = used or resource.kind == kind
            _merge_into(resources, resource, _levelled(patch.merges[0], resource), patch)
        resources.check_unique()
        return used
    applied = [_apply_by_name(resources, document, patch, complete=complete) for document in patch.merges]
    return all(applied)


def _apply_by_name(resources: Resources, document: Mapping, patch: Patch, *, complete: bool) -> bool:
    wanted = Resource(document).id
    found = resources.known_as(wanted)
    if not found and not complete:
        return False
    if len(found) != 1:
        what = "more than one object is" if found else "no object is"
        raise RefusedError(f"{what} called {wanted}, which a patch is for", document.location.one_line())
    _merge_into(resources, found[0], _levelled(document, found[0]) if patch.legacy else document, patch)
    resources.check_unique()
    return True


def _levelled(document: Mapping, target: Resource) -> Mapping:
    """The patch with its labels and annotations as text, as kustomize has them where it picks targets: null is "null"."""
    metadata = document.get("metadata")
    made = metadata if isinstance(metadata, Mapping) else empty_mapping(document)
    for name in ("labels", "annotations"):
        written = made.get(name)
        if written is None:
            continue
        texts = words_at(made, name)
        if not texts or not isinstance(written, Mapping):
            made = without(made, name)
            continue
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, text in texts.items():
            name_node, value = written.entries()[key]
            entries[key] = (name_node, word(text, value, written.because))
        made = put(made, name, empty_mapping(written).with_entries(entries))
    return put(put(document, "metadata", made), "apiVersion", target.root.entries()["apiVersion"][1])


def _merge_into(resources: Resources, resource: Resource, document: Mapping, patch: Patch) -> None:
    """Merge one document; name, kind and namespace stay, unless the patch may change them."""
    resources.work.spend(COST, patch.place)
    called = resource.id, names(resource)
    _merge(resource, document, patch)
    if resource.node is None:
        resources.work.spend(len(resources), patch.place)
        resources.drop_deleted()
    elif (resource.id, names(resource)) != called:
        resources.renamed()


def _merge(resource: Resource, document: Mapping, patch: Patch) -> None:
    old = resource.root
    if patch.rename or patch.change_kind:
        resource.remember()
    new = merge(old, document, patch.types)
    if new is None or not isinstance(new, Mapping) or not new.entries():
        resource.node = None
        return
    for key, may_change in (("kind", patch.change_kind), ("apiVersion", False)):
        mine, theirs = old.get(key), new.get(key)
        if mine is not None and theirs is not None and not may_change and (key == "kind" or _equal(mine, theirs)):
            new = put(new, key, mine)
    resource.node = _with_identity(old, new, rename=patch.rename)
    resource.spread()


def _equal(one: Node, other: Node) -> bool:
    return isinstance(one, Scalar) and isinstance(other, Scalar) and one.text == other.text


def _with_identity(old: Mapping, new: Mapping, *, rename: bool) -> Mapping:
    before, after = old.get("metadata"), new.get("metadata")
    if not isinstance(before, Mapping):
        return new
    metadata = after if isinstance(after, Mapping) else empty_mapping(before)
    name, namespace = before.get("name"), before.get("namespace")
    if name is not None and not rename:
        metadata = put(metadata, "name", name)
    if namespace is not None and not is_null(namespace):
        metadata = put(metadata, "namespace", namespace)
    else:
        metadata = without(metadata, "namespace")
    return put(new, "metadata", metadata)


def _apply_operations(resources: Resources, patch: Patch) -> None:
    if patch.target is None:
        raise RefusedError("a JSON patch needs a target", patch.place)
    renamed = False
    for resource in select(resources, patch.target):
        resources.work.spend(COST, patch.place)
        called = resource.id, names(resource)
        if not patch.legacy:
            resource.remember()
        if resource.shares:
            resource.node, resource.shares = unshared(resource.root), False
        made = apply(resource.root, patch.operations, annotated=bool(resource.former or resource.behavior))
        if not isinstance(made, Mapping):
            raise RefusedError("the patch leaves no object", patch.place)
        resource.node = made
        renamed = renamed or (resource.id, names(resource)) != called
    if renamed:
        resources.renamed()
