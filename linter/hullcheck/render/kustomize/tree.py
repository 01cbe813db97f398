"""New trees out of old ones: what is changed is copied, the rest is shared, so that bases are built once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import RefusedError
from hullcheck.patterns import pattern
from hullcheck.render.kustomize.scalars import is_null, style_for

_NO_FIELD = pattern(r"[+-]?[0-9]+|-|\*|\[.*\]")
"""Parts of a path that lead to the elements of a list."""

Change = Callable[[Node], Node | None]
"""From a node to the one that takes its place; None takes it out."""


def put(mapping: Mapping, key: str, value: Node) -> Mapping:
    """The mapping with that value under that key."""
    entries = mapping.entries()
    old = entries.get(key)
    if old is not None and old[1] is value:
        return mapping
    name = old[0] if old else key_at(key, value)
    return mapping.with_entries({**entries, key: (name, value)})


def without(mapping: Mapping, key: str, by: Node | None = None) -> Mapping:
    """The mapping without that key; `by` is the node that took it out."""
    entries = mapping.entries()
    if key not in entries:
        return mapping
    made = mapping.with_entries({name: entry for name, entry in entries.items() if name != key})
    if by is not None:
        made.gone = {**(mapping.gone or {}), key: by}
    return made


def key_at(text: str, by: Node) -> Scalar:
    """A key that wasn't written anywhere, at the place of what brought it."""
    made = Scalar(by.source, by.start, by.end, "", text, style_for(text))
    made.because = by.because
    return made


def empty_mapping(by: Node) -> Mapping:
    made = Mapping(by.source, by.start, by.end, "", False)
    made.because = by.because
    return made


def empty_sequence(by: Node) -> Sequence:
    made = Sequence(by.source, by.start, by.end, "", False)
    made.because = by.because
    return made


def word(text: str, by: Node, because: str, before: Node | None = None) -> Scalar:
    """Text that is text to every reader, at the place of the node that decides it."""
    made = Scalar(by.source, by.start, by.end, "", text, style_for(text))
    made.because = because
    made.before = before
    return made


class Shared(Scalar):
    """A value that kustomize has put into several places of an object as one: a change in one place changes all."""

    __slots__ = ()


def shared(scalar: Scalar) -> Shared:
    made = Shared(scalar.source, scalar.start, scalar.end, scalar.tag, scalar.text, scalar.style)
    made.because, made.before, made.unknown = scalar.because, scalar.before, scalar.unknown
    return made


def spread(root: Mapping) -> Mapping:
    """The tree in which every change of a shared value has reached all its places; the last change counts."""
    changed: dict[int, Shared] = {}
    for scalar in _scalars(root):
        if isinstance(scalar.before, Shared) and scalar.before is not scalar:
            changed[id(scalar.before)] = scalar if isinstance(scalar, Shared) else shared(scalar)
    if not changed:
        return root
    made = _replaced(root, changed)
    assert isinstance(made, Mapping)
    return made


def unshared(root: Mapping) -> Mapping:
    """The tree with every shared value on its own again."""
    made = _replaced(root, None)
    assert isinstance(made, Mapping)
    return made


def _scalars(node: Node) -> Iterator[Scalar]:
    """All scalars, mappings in the order of their keys."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    elif isinstance(node, Mapping):
        for _, (_, value) in sorted(node.entries().items()):
            yield from _scalars(value)


def _replaced(node: Node, changed: dict[int, Shared] | None) -> Node:
    """The tree with shared values replaced by what they were changed to, or, without that, by plain ones."""
    if isinstance(node, Scalar):
        if changed is not None:
            return changed.get(id(node)) or changed.get(id(node.before)) or node
        if not isinstance(node, Shared):
            return node
        plain = Scalar(node.source, node.start, node.end, node.tag, node.text, node.style)
        plain.because, plain.before, plain.unknown = node.because, node.before, node.unknown
        return plain
    if isinstance(node, Sequence):
        items = [_replaced(item, changed) for item in node.items]
        return node if all(a is b for a, b in zip(items, node.items, strict=True)) else node.with_items(items)
    assert isinstance(node, Mapping)
    old = node.entries()
    entries = {name: (key, _replaced(value, changed)) for name, (key, value) in old.items()}
    same = all(value is old[name][1] for name, (_, value) in entries.items())
    return node if same else node.with_entries(entries)


def stamped(node: Node, because: str) -> Node:
    """A copy of the whole tree that says why it is there."""
    if isinstance(node, Scalar):
        made: Node = Scalar(node.source, node.start, node.end, node.tag, node.text, node.style)
    elif isinstance(node, Sequence):
        made = node.with_items([stamped(item, because) for item in node.items])
    else:
        assert isinstance(node, Mapping)
        entries = {name: (key, stamped(value, because)) for name, (key, value) in node.entries().items()}
        made = node.with_entries(entries)
    made.because = because
    return made


def overriding(new: Node, old: Node) -> Node:
    """The new scalar in the place of the old, in whose quotes it stands: over text, a number becomes text."""
    if not isinstance(new, Scalar) or new is old:
        return new
    style = new.style
    if isinstance(old, Scalar) and old.style and not new.style and not is_null(new):
        style = '"'
    made = Scalar(new.source, new.start, new.end, "" if style else new.tag, new.text, style)
    made.because, made.before, made.unknown = new.because, old, new.unknown
    return made


def split_path(path: str, delimiter: str = "/") -> list[str]:
    """The parts of a path, in which a backslash keeps the delimiter after it."""
    parts = path.split(delimiter)
    if len(parts) > 1 and not parts[0]:
        parts = parts[1:]
    joined = parts[:1]
    for part in parts[1:]:
        if joined[-1].endswith("\\"):
            joined[-1] = joined[-1][:-1] + delimiter + part
        else:
            joined.append(part)
    return joined


@lru_cache(maxsize=1_024)
def is_field(name: str) -> bool:
    """Can a part of a path be the name of a field?"""
    return bool(name) and _NO_FIELD.fullmatch(name) is None


def change_at(node: Node, path: tuple[str, ...], change: Change, create: type[Node] | None, by: Node) -> Node | None:
    """The tree with `change` applied at a path of field names, in every element of the lists on its way.

    With `create`, what is missing on the way is made: mappings, and a node of that type at the end. A part that ends
    in `[]` is never made.
    """
    if not path:
        return change(node)
    if is_null(node):
        return node
    if isinstance(node, Sequence):
        items = [change_at(item, path, change, create, by) for item in node.items]
        if all(new is old for new, old in zip(items, node.items, strict=True)):
            return node
        return node.with_items([item for item in items if item is not None])
    if not isinstance(node, Mapping):
        raise RefusedError("a list or mapping is expected here", node.location)
    return _change_field(node, path, change, create, by)


def _change_field(node: Mapping, path: tuple[str, ...], change: Change, create: type[Node] | None, by: Node) -> Node:
    name = path[0].removesuffix("[]")
    in_list = name != path[0]
    if not name:
        raise RefusedError("the path has an empty part", by.location)
    if not is_field(name):
        raise RefusedError(f"`{name}` is an element of a list, and here is a mapping", by.location)
    field = node.get(name)
    if field is None:
        if create is None or in_list:
            return node
        field = _made(create if len(path) == 1 else Mapping, by)
    elif is_null(field):
        if in_list:
            field = empty_sequence(field)
        elif create is not None:
            field = _made(create if len(path) == 1 else Mapping, by)
    new = change_at(field, path[1:], change, create, by)
    return without(node, name, by) if new is None else put(node, name, new)


def _made(kind: type[Node], by: Node) -> Node:
    if kind is Mapping:
        return empty_mapping(by)
    return Scalar(by.source, by.start, by.end, "!!str", "", "")
