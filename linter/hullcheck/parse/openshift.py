"""OpenShift templates: their objects, with the parameters' own values filled in."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str
from hullcheck.patterns import pattern

_USE = pattern(r"\$\{\{(\w{1,200})\}\}|\$\{(\w{1,200})\}")


def filled_in(template: Mapping) -> Iterator[Node]:
    """The template's objects; a parameter without a value of its own stays as written."""
    parameters = dict(_parameters(template.get("parameters")))
    objects = template.get("objects")
    if isinstance(objects, Sequence):
        yield from (_filled(item, parameters) for item in objects.items)


def _parameters(node: Node | None) -> Iterator[tuple[str, Scalar]]:
    for parameter in node.items if isinstance(node, Sequence) else ():
        if isinstance(parameter, Mapping):
            name, value = as_str(parameter.get("name")), parameter.get("value")
            if name and isinstance(value, Scalar):
                yield name, value


def _filled(node: Node, parameters: dict[str, Scalar]) -> Node:
    if isinstance(node, Scalar):
        return _scalar(node, parameters) if "${" in node.text else node
    if isinstance(node, Sequence):
        items = [_filled(item, parameters) for item in node.items]
        changed = any(new is not old for new, old in zip(items, node.items, strict=True))
        return node.with_items(items) if changed else node
    assert isinstance(node, Mapping)
    old = node.entries()
    entries = {name: (key, _filled(value, parameters)) for name, (key, value) in old.items()}
    changed = any(value is not old[name][1] for name, (_, value) in entries.items())
    return node.with_entries(entries) if changed else node


def _scalar(node: Scalar, parameters: dict[str, Scalar]) -> Scalar:
    """The text with its parameters' values; one that is nothing but `${{NAME}}` takes the value's type, too."""
    uses = [use[1] or use[2] for use in _USE.finditer(node.text)]
    known = [name for name in uses if name in parameters]
    if not known:
        return node
    whole = _USE.fullmatch(node.text)
    text = _USE.sub(lambda use: parameters[use[1] or use[2]].text if (use[1] or use[2]) in known else use[0], node.text)
    style = "" if whole and whole[1] else node.style or '"'
    return node.replaced(text, style, parameters[known[0]], "parameters")
