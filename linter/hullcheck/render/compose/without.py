"""Trees without the values at some of their places."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.node import Mapping, Node
from hullcheck.render.compose.nodes import Pairs, mapping


def without(root: Mapping, paths: Iterable[tuple[str, ...]]) -> Mapping:
    """The tree without the values at these paths; there is nothing to take out of a list."""
    for path in paths:
        made = _without(root, path)
        root = made if isinstance(made, Mapping) else root
    return root


def _without(node: Node, path: tuple[str, ...]) -> Node:
    if not isinstance(node, Mapping) or isinstance(node, Pairs) or not path or path[0] not in node.entries():
        return node
    found = dict(node.entries())
    if len(path) == 1:
        del found[path[0]]
    else:
        key, child = found[path[0]]
        found[path[0]] = (key, _without(child, path[1:]))
    return mapping(node, found)
