"""A schema that a kustomization brings along: it says which lists are merged by key, and takes the place of the own."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, at, items
from hullcheck.render.kustomize.kinds import Merged, Types
from hullcheck.render.kustomize.resources import word_at

MAX_TYPES = 20_000


def types_of(root: Node | None) -> Types:
    """The types of an OpenAPI document, as far as they bear on merging."""
    types = Types({}, {})
    definitions = at(root, "definitions")
    if isinstance(definitions, Mapping):
        for name, (_, value) in definitions.entries().items():
            for kind in items(at(value, "x-kubernetes-group-version-kind")):
                group, version = word_at(kind, "group"), word_at(kind, "version")
                types.kinds[f"{group}/{version}" if group else version, word_at(kind, "kind")] = name
            _add(types, name, value)
    return types


def _add(types: Types, name: str, node: Node) -> None:
    properties = at(node, "properties")
    if isinstance(properties, Mapping) and name not in types.fields and len(types.fields) < MAX_TYPES:
        fields = types.fields[name] = {}
        for field, (_, value) in properties.entries().items():
            fields[field] = _field(types, f"{name}.{field}", value)


def _field(types: Types, name: str, node: Node) -> Merged:
    """How a field is merged; what it holds is a type of its own, or one that it refers to."""
    if word_at(node, "type") != "array":
        return Merged(_type(types, name, node), None, types)
    strategy = word_at(node, "x-kubernetes-patch-strategy")
    child = at(node, "items")
    inner = _type(types, name, child) if child is not None else ""
    if "merge" not in strategy.split(","):
        return Merged("", None, types)
    return Merged(inner, tuple(_keys(node)), types)


def _keys(node: Node) -> Iterator[str]:
    listed = at(node, "x-kubernetes-list-map-keys")
    if isinstance(listed, Sequence):
        yield from (item.text for item in listed.items if isinstance(item, Scalar))
    elif key := word_at(node, "x-kubernetes-patch-merge-key"):
        yield key


def _type(types: Types, name: str, node: Node) -> str:
    reference = word_at(node, "$ref")
    if reference:
        return reference.removeprefix("#/definitions/").replace("~1", "/").replace("~0", "~")
    _add(types, name, node)
    return name if name in types.fields else ""
