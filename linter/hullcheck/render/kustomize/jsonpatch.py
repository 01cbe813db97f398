"""JSON 6902 patches, as lenient and as strict as the library that kustomize uses."""

from __future__ import annotations

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import RefusedError
from hullcheck.render.kustomize.scalars import as_yaml_11, data, is_null
from hullcheck.render.kustomize.tree import empty_mapping, key_at, put, without
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

_OPERATIONS = frozenset(("add", "remove", "replace", "move", "copy", "test"))
MAX_INDEX = 100_000


class Operation(NamedTuple):
    """One step. `value` is as it is to be put in; `by` is the operation's own mapping."""

    name: str
    path: str
    value: Node | None
    source: str
    by: Mapping

    @property
    def location(self) -> Location:
        return self.by.location.one_line()


def operations(node: Node) -> list[Operation] | None:
    """The operations that the list holds, or None if it is no patch."""
    if not isinstance(node, Sequence) or not node.items:
        return None
    found = []
    for item in node.items:
        made = _operation(item)
        if made is None:
            return None
        found.append(made)
    return found


def _operation(item: Node) -> Operation | None:
    if not isinstance(item, Mapping):
        return None
    words = {key: node.text if isinstance(node := item.get(key), Scalar) else "" for key in ("op", "path", "from")}
    return Operation(words["op"], words["path"], item.get("value"), words["from"], item)


def levelled(node: Node) -> Node:
    """The value of a patch that a YAML 1.1 reader has read: `yes` is true there."""
    if isinstance(node, Scalar):
        text = as_yaml_11(node)
        return node if text == node.text else node.replaced(text, "", node, node.because)
    if isinstance(node, Sequence):
        return node.with_items([levelled(item) for item in node.items])
    assert isinstance(node, Mapping)
    entries = {}
    for name, (key, value) in node.entries().items():
        text = as_yaml_11(key)
        entries[text] = (key if text == name else key_at(text, key), levelled(value))
    return node.with_entries(entries)


def apply(root: Node, patch: tuple[Operation, ...], *, annotated: bool) -> Node:
    """The tree after all operations; raises RefusedError for one that doesn't apply.

    `annotated` says that kustomize has notes of its own among the annotations, so that the mapping is there.
    """
    for operation in patch:
        if operation.name not in _OPERATIONS:
            raise RefusedError(f"unexpected operation `{operation.name}`", operation.location)
        if annotated and operation.path.startswith("/metadata/annotations/"):
            root = _with_annotations(root, operation)
        root = _step(root, operation)
    return root


def _with_annotations(root: Node, operation: Operation) -> Node:
    metadata = root.get("metadata") if isinstance(root, Mapping) else None
    if isinstance(root, Mapping) and isinstance(metadata, Mapping) and is_null(metadata.get("annotations")):
        return put(root, "metadata", put(metadata, "annotations", empty_mapping(operation.by)))
    return root


def _step(root: Node, operation: Operation) -> Node:
    path = _parts(operation.path, operation)
    if operation.name == "test":
        _test(root, path, operation)
        return root
    if operation.name in ("move", "copy"):
        source = _parts(operation.source, operation)
        value = _get(root, source, operation)
        if value is None:
            raise RefusedError(f"`{operation.source}` is missing", operation.location)
        root = _changed(root, source, "remove", None, operation) if operation.name == "move" else root
        return _changed(root, path, "add", value, operation)
    return _changed(root, path, operation.name, operation.value, operation)


def _parts(path: str, operation: Operation) -> list[str]:
    parts = path.split("/")
    if len(parts) < 2:
        raise RefusedError(f"the path `{path}` is missing in the object", operation.location)
    return [part.replace("~1", "/").replace("~0", "~") for part in parts[1:]]


def _get(node: Node | None, path: list[str], operation: Operation) -> Node | None:
    for part in path:
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, Sequence):
            node = node.items[_index(node, part, operation)]
        else:
            return None
    return node


def _index(node: Sequence, part: str, operation: Operation) -> int:
    number = int(part) if part.lstrip("+-").isdecimal() and len(part) < 8 else None
    count = len(node.items)
    if number is None or not -count <= number < count:
        raise RefusedError(f"there is no element `{part}` in the list", operation.location)
    return number + count if number < 0 else number


def _test(root: Node, path: list[str], operation: Operation) -> None:
    value = _get(root, path, operation)
    if data(value) != data(operation.value):
        raise RefusedError(f"the value at `{operation.path}` isn't the one that the patch expects", operation.location)


def _changed(node: Node, path: list[str], how: str, value: Node | None, operation: Operation) -> Node:
    """The tree with one place added, replaced or removed."""
    part, rest = path[0], path[1:]
    if isinstance(node, Mapping):
        if not rest:
            return _in_mapping(node, part, how, value, operation)
        inner = node.get(part)
        if inner is None or not isinstance(inner, (Mapping, Sequence)):
            raise RefusedError(f"the path `{operation.path}` is missing in the object", operation.location)
        return put(node, part, _changed(inner, rest, how, value, operation))
    if isinstance(node, Sequence):
        if not rest:
            return _in_list(node, part, how, value, operation)
        index = _index(node, part, operation)
        items = list(node.items)
        items[index] = _changed(items[index], rest, how, value, operation)
        return node.with_items(items)
    raise RefusedError(f"the path `{operation.path}` is missing in the object", operation.location)


def _in_mapping(node: Mapping, key: str, how: str, value: Node | None, operation: Operation) -> Node:
    old = node.get(key)
    if how == "remove":
        if old is None:
            raise RefusedError(f"`{operation.path}` can't be removed: it is missing", operation.location)
        return without(node, key, operation.by)
    return put(node, key, _value(value, old, operation))


def _in_list(node: Sequence, part: str, how: str, value: Node | None, operation: Operation) -> Node:
    items = list(node.items)
    if how == "add":
        items.insert(_place(items, part, operation), _value(value, None, operation))
        return node.with_items(items)
    index = _index(node, part, operation)
    if how == "remove":
        del items[index]
    else:
        items[index] = _value(value, items[index], operation)
    return node.with_items(items)


def _place(items: list[Node], part: str, operation: Operation) -> int:
    """Where a new element goes: `-` is the end, and negative numbers count from there."""
    if part == "-":
        return len(items)
    number = int(part) if part.lstrip("+-").isdecimal() and len(part) < 8 else None
    if number is None or not -len(items) - 1 <= number <= len(items):
        raise RefusedError(f"there is no place `{part}` in the list", operation.location)
    return number + len(items) + 1 if number < 0 else number


def _value(value: Node | None, old: Node | None, operation: Operation) -> Node:
    if value is None:
        made: Node = Scalar(operation.by.source, operation.by.start, operation.by.end, "", "null", "")
        made.because = operation.by.because
    elif isinstance(value, Scalar):
        made = Scalar(value.source, value.start, value.end, value.tag, value.text, value.style)
        made.because = value.because or operation.by.because
    elif isinstance(value, Sequence):
        made = value.with_items(value.items)
    else:
        assert isinstance(value, Mapping)
        made = value.with_entries(value.entries())
    if old is not None and old is not value:
        made.before = old
    return made
