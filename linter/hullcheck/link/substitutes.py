"""Variables that Flux puts into what it has built, as `postBuild` of its Kustomization says.

See https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hullcheck.model.node import Mapping as MappingNode
from hullcheck.model.node import Node, Scalar, Sequence, as_str, at
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

MAX_DEPTH = 250

_DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
_VARIABLE = pattern(r"\$\$?\{([A-Za-z_][A-Za-z0-9_]{0,200})(?::?[-=]([^{}]{0,1000}))?\}")


class Substitutes(NamedTuple):
    """`values` by name; unless they are all that there are, what has no value stays as it is, and is empty otherwise."""

    values: Mapping[str, Scalar] = {}
    complete: bool = True

    def within(self, root: MappingNode) -> MappingNode:
        """The object with the variables in it replaced; what has none in it is shared."""
        for where in ("annotations", "labels"):
            if as_str(at(root, "metadata", where, _DISABLED)) == "disabled":
                return root
        made = self._changed(root, 0)
        assert isinstance(made, MappingNode)
        return made

    def _changed(self, node: Node, depth: int) -> Node:
        if isinstance(node, Scalar):
            return self._text(node)
        if depth > MAX_DEPTH or node.unknown:
            return node
        if isinstance(node, Sequence):
            items = [self._changed(item, depth + 1) for item in node.items]
            same = all(new is old for new, old in zip(items, node.items, strict=True))
            return node if same else node.with_items(items)
        if isinstance(node, MappingNode):
            entries = node.entries()
            made = {}
            for name, (key, value) in entries.items():
                new = self._text(key)
                made[new.text if new is not key else name] = (new, self._changed(value, depth + 1))
            same = all(made.get(name) == entry for name, entry in entries.items())
            return node if same else node.with_entries(made)
        return node

    def _text(self, node: Scalar) -> Scalar:
        if "${" not in node.text or node.unknown:
            return node
        used: list[Scalar] = []

        def value(match: re.Match[str]) -> str:
            if match[0].startswith("$$"):
                return match[0][1:]
            found = self.values.get(match[1])
            if found is not None and not found.unknown:
                used.append(found)
                return found.text
            if not self.complete:
                return match[0]
            return match[2] or ""

        text = _VARIABLE.sub(value, node.text)
        if text == node.text:
            return node
        whole = _VARIABLE.fullmatch(node.text) is not None
        by: Node = used[0] if whole and used else node
        return node.replaced(text, node.style, by, "postBuild.substitute")
