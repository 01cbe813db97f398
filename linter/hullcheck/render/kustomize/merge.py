"""Strategic merge: a patch laid over an object, as kustomize does it, with its peculiarities.

A mapping merges field by field, null deletes, a list merges by key where the kind's schema says so and is replaced
elsewhere. Where kustomize differs from the API server, this does as kustomize: new elements come first, a list element
without its key loses its neighbours, `$patch: replace` inside an element with a key has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import RefusedError
from hullcheck.render.kustomize.kinds import Merged, Types, field_of, type_of
from hullcheck.render.kustomize.scalars import is_null
from hullcheck.render.kustomize.tree import overriding, without, word

MAX_ELEMENTS = 4_000_000
"""Comparisons of a merged list's elements, where keys are missing or repeated."""

_UNTYPED = Merged("")


def merge(target: Mapping, patch: Mapping, types: Types | None = None) -> Node | None:
    """The target with the patch laid over it; None if the patch deletes it. Neither tree is changed."""
    return _walk(target, patch, Merged("", None, types))


def _walk(old: Node | None, new: Node | None, schema: Merged) -> Node | None:
    shown = new if is_null(old) else old
    if isinstance(shown, Mapping) or is_null(shown):
        _same_shape(Mapping, old, new)
        return _mapping(old, new, _typed(schema, old, new))
    if isinstance(shown, Sequence):
        _same_shape(Sequence, old, new)
        if schema.keys is None:
            return old if new is None else new
        return _list(old, new, schema)
    _same_shape(Scalar, old, new)
    return old if new is None else new


def _typed(schema: Merged, *nodes: Node | None) -> Merged:
    """An object inside another, of which nothing is known, is of the type that it says itself."""
    if schema.type or schema.keys is not None:
        return schema
    for node in nodes:
        if isinstance(node, Mapping):
            version, kind = node.get("apiVersion"), node.get("kind")
            if isinstance(version, Scalar) and isinstance(kind, Scalar):
                found = type_of(version.text, kind.text, schema.types)
                if found is not None:
                    return Merged(found, None, schema.types)
    return schema


def _same_shape(shape: type[Node], *nodes: Node | None) -> None:
    for node in nodes:
        if not isinstance(node, shape) and not is_null(node):
            assert node is not None
            names = {Mapping: "a mapping", Sequence: "a list", Scalar: "a plain value"}
            raise RefusedError(f"{names[shape]} and something else can't be merged", node.location.one_line())


def _mapping(old: Node | None, new: Node | None, schema: Merged) -> Node | None:
    if is_null(old):
        if isinstance(new, Mapping):
            directive, new = _directive(new)
            return None if directive == "delete" else _fields(new, new, schema)
        if new is None and isinstance(old, Scalar) and old.text:
            return old
        return None
    assert isinstance(old, Mapping)
    if new is None:
        return _fields(old, None, schema)
    if not isinstance(new, Mapping):
        return None  # null
    same = new is old
    directive, new = _directive(new)
    if directive == "delete":
        return None
    return _fields(new if same or directive == "replace" else old, new, schema)


def _directive(patch: Mapping) -> tuple[str, Mapping]:
    """The patch's `$patch`, and the patch without it."""
    node = patch.get("$patch")
    if node is None or is_null(node):
        return "merge", patch
    what = node.text if isinstance(node, Scalar) else ""
    if what not in ("delete", "replace", "merge"):
        raise RefusedError(f"unknown patch strategy `{what}`", node.location.one_line())
    return what, without(patch, "$patch")


def _fields(base: Mapping, new: Mapping | None, schema: Merged) -> Mapping:
    """The base with each field merged with the patch's; the patch may be the base itself, which settles it."""
    theirs = new.entries() if new is not None else {}
    entries = dict(base.entries())
    gone: dict[str, Node] = {}
    changed = False
    for name in sorted({*entries, *theirs}) if new is not None and new is not base else list(entries):
        mine, other = entries.get(name), theirs.get(name)
        if other is None and mine is not None and isinstance(mine[1], Scalar) and (mine[1].text or mine[1].style):
            continue  # it stays as it is
        value = _walk(mine[1] if mine else None, other[1] if other else None, _field(schema, name))
        if value is None or (is_null(value) and not (other is None and mine is not None and value is mine[1])):
            if mine is not None:
                del entries[name]
                changed = True
            if other is not None and new is not base:
                gone[name] = other[1]
        elif mine is None:
            assert other is not None
            entries[name] = (other[0], value)
            changed = True
        elif value is not mine[1]:
            entries[name] = (mine[0], overriding(value, mine[1]))
            changed = True
    if not changed and not gone:
        return base
    made = base.with_entries(entries)
    if gone:
        made.gone = {**(base.gone or {}), **gone}
    return made


def _field(schema: Merged, name: str) -> Merged:
    return field_of(schema, name) or (_UNTYPED if schema.types is None else Merged("", None, schema.types))


def _list(old: Node | None, new: Node | None, schema: Merged) -> Node | None:
    """A list that is merged by keys; see `_merged`."""
    if is_null(old):
        if not isinstance(new, Sequence):
            return None
        return _merged(new, new, new, schema)
    assert isinstance(old, Sequence)
    if new is None:
        return _merged(old, old, None, schema)
    if not isinstance(new, Sequence):
        return None  # null
    same = new is old
    directive, new = _list_directive(new)
    if directive == "delete":
        return None
    base = new if same or directive == "replace" else old
    return _merged(base, base, new, schema)


def _list_directive(patch: Sequence) -> tuple[str, Sequence]:
    """The strategy of an element that is nothing but `$patch`, and the patch without such elements."""
    element = next((i for i in patch.items if isinstance(i, Mapping) and not is_null(i.get("$patch"))), None)
    if element is None or len(element.entries()) > 1:
        return "merge", patch
    node = element.get("$patch")
    what = node.text if isinstance(node, Scalar) else ""
    if what not in ("delete", "replace", "merge"):
        raise RefusedError(f"unknown patch strategy `{what}`", element.location.one_line())
    return what, patch.with_items(_set_element(patch.items, None, ("$patch",), (what,)))


def _merged(base: Sequence, old: Sequence, new: Sequence | None, schema: Merged) -> Node:
    """`base` with its elements merged by key: first the patch's, in its order, then the others.

    `old` and `new` are searched for the elements that a key names; they and the base may be the same list.
    """
    keys = schema.keys or ("",)
    wanted = _key_values(new, old, keys)
    if not wanted:
        return base
    too_long = len(wanted) * max(len(old.items), len(new.items) if new else 0) > MAX_ELEMENTS
    if (too_long or len(keys) == 1) and _plain_keys(old, keys[0]) and (new is None or _plain_keys(new, keys[0])):
        return _merged_fast(base, old, new, schema)
    if too_long:
        raise RefusedError("a list is too long to be merged", base.location.one_line())
    return _merged_slowly(base, old, new, schema, wanted)


def _plain_keys(nodes: Sequence, key: str) -> bool:
    """Has each element the key, and none the key of another?"""
    found = [_key_text(node, key) for node in nodes.items]
    return all(found) and len(set(found)) == len(found)


def _key_text(node: Node, key: str) -> str:
    if not key:
        return node.text if isinstance(node, Scalar) else ""
    value = node.get(key) if isinstance(node, Mapping) else None
    return value.text if isinstance(value, Scalar) and not is_null(value) else ""


def _merged_fast(base: Sequence, old: Sequence, new: Sequence | None, schema: Merged) -> Node:
    """The ordinary case: every element has a key of its own, and there is one key."""
    key = schema.keys[0] if schema.keys else ""
    olds = {_key_text(node, key): node for node in old.items}
    news = {_key_text(node, key): node for node in new.items} if new is not None else {}
    result: list[Node] = []
    for name in {**news, **olds}:
        mine, theirs = olds.get(name), news.get(name)
        value = _walk(mine, theirs, schema._replace(keys=None))
        if mine is not None and not (is_null(value) or _is_empty(value)) and _replaced(theirs, mine):
            value = mine  # the old element comes back where the others are put in
        if not (is_null(value) or _is_empty(value)):
            assert value is not None
            result.append(value)
    same = len(result) == len(base.items) and all(a is b for a, b in zip(result, base.items, strict=True))
    return base if same else base.with_items(result)


def _key_values(new: Sequence | None, old: Sequence, keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The keys' values of each element, the patch's first, each once."""
    found: dict[tuple[str, ...], None] = {}
    for nodes in (new, old):
        for node in nodes.items if nodes is not None else ():
            found.setdefault(tuple(_key_text(node, key) for key in keys))
    return list(found)


def _merged_slowly(
    base: Sequence, old: Sequence, new: Sequence | None, schema: Merged, wanted: list[tuple[str, ...]]
) -> Node:
    """Keys that are missing, repeated, or two: what kustomize makes of them, step by step."""
    keys = schema.keys or ("",)
    if len(keys) > 1:
        wanted = _completed(wanted)
    content, added = list(base.items), list[Node]()
    used: tuple[str, ...] = keys
    for values in wanted:
        used, texts = _used_keys(wanted, values, keys)
        mine = _find(content if old is base else old.items, used, texts)
        theirs = None if new is None else _find(content if new is base else new.items, used, texts)
        value = _walk(mine, theirs, schema._replace(keys=None))
        if is_null(value) or _is_empty(value):
            content = _set_element(content, None, used, texts)
            continue
        assert value is not None
        value = _with_keys(value, used, texts)
        if isinstance(mine, Mapping) and value is not mine and not _replaced(theirs, mine):
            content = [value if node is mine else node for node in content]
        added = _set_element(added, value, used, texts)
    return base.with_items(_appended(added, content, used))


def _replaced(theirs: Node | None, mine: Node) -> bool:
    """Does the patch's element take the place of the old one, instead of being merged into it?"""
    return theirs is not mine and isinstance(theirs, Mapping) and _directive(theirs)[0] == "replace"


def _with_keys(value: Node, keys: tuple[str, ...], texts: tuple[str, ...]) -> Node:
    for key, text in zip(keys, texts, strict=True):
        if key and text and isinstance(value, Mapping) and value.get(key) is None:
            plain = Scalar(value.source, value.start, value.end, "", text, "")
            value = value.with_entries({**value.entries(), key: (word(key, value, ""), plain)})
    return value


def _completed(wanted: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Values that agree where both have one stand for the same element: each takes what the other has."""
    result = list(wanted)
    for i in range(len(result)):
        for j in range(len(result)):
            joined = _joined(result[i], result[j])
            if joined is not None:
                result[i] = result[j] = joined
    return result


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...] | None:
    common = False
    values = []
    for mine, theirs in zip(one, other, strict=True):
        if mine == theirs:
            common = True
        elif mine and theirs:
            return None
        values.append(mine or theirs)
    return tuple(values) if common else None


def _used_keys(
    wanted: Items[tuple[str, ...]], values: tuple[str, ...], keys: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys that any element has, with this one's values."""
    used = {key for row in wanted for key, text in zip(keys, row, strict=True) if text}
    if not used:
        return keys, values
    pairs = [(key, text) for key, text in zip(keys, values, strict=True) if key in used]
    return tuple(key for key, _ in pairs), tuple(text for _, text in pairs)


def _find(nodes: list[Node], keys: tuple[str, ...], values: tuple[str, ...]) -> Node | None:
    """The first element with these values."""
    keys, values = _used_keys((values,), values, keys)
    if not keys[0]:
        return next((n for n in nodes if isinstance(n, Scalar) and n.text == values[0]), None)
    for node in nodes:
        if isinstance(node, Mapping) and all(_has(node, k, v) for k, v in zip(keys, values, strict=True)):
            return node
    return None


def _has(node: Mapping, key: str, value: str) -> bool:
    found = node.get(key)
    return found is not None and (found.text if isinstance(found, Scalar) else "") == value


def _set_element(nodes: list[Node], new: Node | None, keys: tuple[str, ...], values: tuple[str, ...]) -> list[Node]:
    """The list with the new element in the place of those with these values, or at its end; None takes them out."""
    result: list[Node] = []
    found = False
    for node in nodes:
        if is_null(node) or _is_empty(node):
            continue
        if not isinstance(node, Mapping) and keys[0] and values and values[0]:
            result.append(node)
        elif not _is_it(node, keys, values):
            result += [node] if values else []
        else:
            found = True
            result += [new] if new is not None else []
    if new is not None and not is_null(new) and not found:
        result.append(new)
    return result


def _is_it(node: Node, keys: tuple[str, ...], values: tuple[str, ...]) -> bool:
    for key, value in zip(keys, values, strict=False):
        if not key:
            if not isinstance(node, Scalar) or node.text != value:
                return False
        elif not isinstance(node, Mapping):
            raise RefusedError("a mapping is expected in this list", node.location.one_line())
        elif node.get(key) is None or (value and not _has(node, key, value)):
            return False
    return bool(values)


def _appended(result: list[Node], nodes: list[Node], keys: tuple[str, ...]) -> list[Node]:
    """The list with these elements put in, each in the place of the one with its values."""
    for node in nodes:
        if not keys[0]:
            result = _set_element(result, node, ("",), (node.text if isinstance(node, Scalar) else "",))
            continue
        if not isinstance(node, Mapping) and not is_null(node):
            raise RefusedError("a mapping is expected in this list", node.location.one_line())
        values = []
        for key in keys:
            value = node.get(key) if isinstance(node, Mapping) else None
            if value is None:
                result = [*result, node]
            else:
                values.append(value.text if isinstance(value, Scalar) else "")
        if len(keys) > 1:
            result = _set_element(result, None, keys, tuple(values))
        result = _set_element(result, node, keys, tuple(values))
    return result


def _is_empty(node: Node | None) -> bool:
    return isinstance(node, Mapping) and not node.entries()
