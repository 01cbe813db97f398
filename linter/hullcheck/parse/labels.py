"""Label maps and label selectors, from their nodes."""

from __future__ import annotations

from hullcheck.model.kubernetes import is_template
from hullcheck.model.network.labels import LabelSelector, Operator, Requirement
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, is_null, items

_UNKNOWN = LabelSelector(known=False)
_OPERATORS = {operator.value: operator for operator in Operator}


def text_map(node: Node | None) -> dict[str, str]:
    """A mapping of scalars, such as labels, as text."""
    if not isinstance(node, Mapping):
        return {}
    return {key: value.text for key, (_, value) in node.entries().items() if isinstance(value, Scalar)}


def is_unknown(node: Node | None) -> bool:
    """Is what stands there decided elsewhere?"""
    return node is not None and (bool(node.unknown) or (isinstance(node, Scalar) and is_template(node.text)))


def selector(node: Node | None) -> LabelSelector:
    """The label selector; absent and null are like `{}`, which selects everything."""
    if is_null(node):
        return LabelSelector()
    labels, expressions = at(node, "matchLabels"), at(node, "matchExpressions")
    if not isinstance(node, Mapping) or node.unknown or not _shaped(labels, Mapping):
        return _UNKNOWN
    if not _shaped(expressions, Sequence):
        return _UNKNOWN
    requirements = list(LabelSelector.of(text_map(labels)).requirements)
    for item in items(expressions):
        requirement = _requirement(item)
        if requirement is None:
            return _UNKNOWN
        requirements.append(requirement)
    known = not any(is_template(text) for r in requirements for text in (r.key, *r.values))
    known = known and not any(is_unknown(value) for value in _values(labels, expressions))
    return LabelSelector(tuple(requirements), known)


def _values(labels: Node | None, expressions: Node | None) -> list[Node]:
    found = [value for _, value in labels.entries().values()] if isinstance(labels, Mapping) else []
    found += [node for node in (labels, expressions) if node is not None]
    return found + [value for item in items(expressions) for value in (item, *items(at(item, "values")))]


def _shaped(node: Node | None, kind: type[Node]) -> bool:
    return is_null(node) or (isinstance(node, kind) and not node.unknown)


def _requirement(node: Node) -> Requirement | None:
    key, operator = as_str(at(node, "key")), _OPERATORS.get(as_str(at(node, "operator")) or "")
    if not key or operator is None:
        return None
    values = frozenset(item.text for item in items(at(node, "values")) if isinstance(item, Scalar))
    return Requirement(key, operator, values)
