"""Sprig's functions on lists and maps, and what to take when something is empty."""

from __future__ import annotations

from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.functions import go
from hullcheck.render.helm.limits import check_depth, check_items, spend
from hullcheck.render.helm.provenance import unknowns_in
from hullcheck.render.helm.texts import DISORDER, is_disordered, strings_of, text_of
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import (
    ADDRESS,
    List,
    Map,
    NilList,
    NilStrings,
    StringList,
    StringMap,
    Unordered,
    UnorderedValues,
    Value,
    is_empty,
    is_list,
    is_unknown,
    kind,
    known_truth,
    reason_of,
    type_name,
    unknown_in,
)


def _undecided(value: Value) -> bool:
    return known_truth(value) is None


@go("default", "any any...", aware=True)
def default(fallback: Value, *given: Value) -> Value:
    if not given:
        return fallback
    if _undecided(given[0]):
        return given[0]
    return fallback if is_empty(given[0]) else given[0]


@go("empty", "any", aware=True)
def empty(value: Value) -> Value:
    return Unknown(reason_of(value), "bool") if _undecided(value) else is_empty(value)


@go("coalesce", "any...", aware=True)
def coalesce(*values: Value) -> Value:
    for value in values:
        if _undecided(value) or not is_empty(value):
            return value
    return None


@go("all", "any...", aware=True)
def all_(*values: Value) -> Value:
    return _every([empty(value) for value in values], stops_at=False)


@go("any", "any...", aware=True)
def any_(*values: Value) -> Value:
    return _every([empty(value) for value in values], stops_at=True)


def _every(found: list[Value], stops_at: bool) -> Value:
    if any(value is not stops_at for value in found if not isinstance(value, Unknown)):
        return stops_at
    unsure = next((value for value in found if isinstance(value, Unknown)), None)
    return Unknown(unsure.reason, "bool") if unsure else not stops_at


@go("ternary", "any any bool", aware=True)
def ternary(yes: Value, no: Value, condition: bool) -> Value:
    return yes if condition else no


@go("typeOf", "any", aware=True)
def type_of(value: Value) -> Value:
    return value if isinstance(value, Unknown) and not value.kind else _type(value)


def _type(value: Value) -> str:
    return value.kind if isinstance(value, Unknown) else type_name(value)


@go("typeIs", "string any", aware=True)
def type_is(name: str, value: Value) -> Value:
    found = type_of(value)
    return Unknown(found.reason, "bool") if isinstance(found, Unknown) else found == name


@go("typeIsLike", "string any", aware=True)
def type_is_like(name: str, value: Value) -> Value:
    found = type_of(value)
    return Unknown(found.reason, "bool") if isinstance(found, Unknown) else found in (name, "*" + name)


@go("kindOf", "any", aware=True)
def kind_of(value: Value) -> Value:
    if isinstance(value, Unknown):
        return value.kind or Unknown(value.reason, "string", True)
    return kind(value)


@go("kindIs", "string any", aware=True)
def kind_is(name: str, value: Value) -> Value:
    found = kind_of(value)
    return Unknown(found.reason, "bool") if isinstance(found, Unknown) else found == name


@go("deepEqual", "any any", aware=True)
def deep_equal(first: Value, second: Value) -> Value:
    unsure = unknown_in(first) or unknown_in(second)
    return Unknown(unsure.reason, "bool") if unsure else same(first, second)


def same(first: Value, second: Value, depth: int = 0) -> bool:
    """Go's DeepEqual: types count, too."""
    spend()
    check_depth(depth)
    if type_name(first) != type_name(second) or isinstance(first, NilList) != isinstance(second, NilList):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k], depth + 1) for k in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(same(a, b, depth + 1) for a, b in zip(first, second, strict=True))
    return bool(first == second)


@go("deepCopy mustDeepCopy", "any", aware=True)
def deep_copy(value: Value, depth: int = 0) -> Value:
    spend()
    check_depth(depth)
    made: Value
    if isinstance(value, dict):
        made = type(value)()
        made.update((key, deep_copy(item, depth + 1)) for key, item in value.items())
    elif isinstance(value, list):
        made = type(value)(deep_copy(item, depth + 1) for item in value)
    else:
        return value
    if isinstance(value, Map | List):
        made.origin = value.origin
    return made


@go("list tuple", "any...", aware=True)
def list_(*values: Value) -> List:
    return List(values)


def _items(value: Value, name: str) -> list[Value]:
    """The items of a list, or a TemplateError."""
    if value is None:
        raise TemplateError(f"error calling {name}: runtime error: invalid memory address or nil pointer dereference")
    if not is_list(value):
        raise TemplateError(f"error calling {name}: Cannot {name} on type {kind(value)}")
    return list(value)


def _unsure(value: Value, ordered: bool = True) -> Unknown | None:
    """Why nothing can be said of the list, if so."""
    if is_unknown(value):
        return Unknown(reason_of(value))
    return Unknown(DISORDER) if ordered and is_disordered(value) else None


@go("append push mustAppend mustPush", "any any", aware=True)
def append(value: Value, item: Value) -> Value:
    return _unsure(value) or _list([*_items(value, "append"), item])


@go("prepend mustPrepend", "any any", aware=True)
def prepend(value: Value, item: Value) -> Value:
    return _unsure(value) or _list([item, *_items(value, "prepend")])


def _list(items: list[Value]) -> List:
    check_items(len(items))
    return List(items)


@go("first mustFirst", "any", aware=True)
def first(value: Value) -> Value:
    return _unsure(value) or next(iter(_items(value, "first")), None)


@go("last mustLast", "any", aware=True)
def last(value: Value) -> Value:
    return _unsure(value) or next(reversed(_items(value, "last")), None)


@go("rest mustRest", "any", aware=True)
def rest(value: Value) -> Value:
    return _unsure(value) or _part(_items(value, "rest"), 1, None)


@go("initial mustInitial", "any", aware=True)
def initial(value: Value) -> Value:
    return _unsure(value) or _part(_items(value, "initial"), 0, -1)


def _part(items: list[Value], start: int, end: int | None) -> Value:
    """A part of a list, which is nil if the list is empty."""
    return _list(items[start:end]) if items else NilList()


@go("reverse mustReverse", "any", aware=True)
def reverse(value: Value) -> Value:
    return _unsure(value) or _list(_items(value, "reverse")[::-1])


@go("compact mustCompact", "any", aware=True)
def compact(value: Value) -> Value:
    unsure = _unsure(value)
    if unsure:
        return unsure
    items = _items(value, "compact")
    undecided = next((item for item in items if _undecided(item)), None)
    return Unknown(reason_of(undecided)) if undecided is not None else _list([i for i in items if not is_empty(i)])


@go("uniq mustUniq", "any", aware=True)
def uniq(value: Value) -> Value:
    unsure = _unsure(value, ordered=False) or unknown_in(value)
    if unsure:
        return Unknown(unsure.reason)
    kept: list[Value] = []
    for item in _items(value, "uniq"):
        if not any(same(item, other) for other in kept):
            kept.append(item)
    return UnorderedValues(kept) if is_disordered(value) else _list(kept)


@go("without mustWithout", "any any...", aware=True)
def without(value: Value, *omitted: Value) -> Value:
    unsure = _unsure(value, ordered=False) or unknown_in(value) or unknown_in(list(omitted))
    if unsure:
        return Unknown(unsure.reason)
    kept = [item for item in _items(value, "without") if not any(same(item, other) for other in omitted)]
    return UnorderedValues(kept) if is_disordered(value) else _list(kept)


@go("has mustHas", "any any", aware=True)
def has(needle: Value, value: Value) -> Value:
    if value is None:
        return False
    unsure = _unsure(value, ordered=False) or unknown_in(needle)
    if unsure:
        return Unknown(unsure.reason, "bool")
    items = _items(value, "has")
    if any(same(needle, item) for item in items if not unknown_in(item)):
        return True
    unsure = unknown_in(items)
    return Unknown(unsure.reason, "bool") if unsure else False


@go("slice mustSlice", "any any...", aware=True)
def slice_(value: Value, *indices: Value) -> Value:
    from hullcheck.render.helm.numbers import to_int

    unsure = _unsure(value) or unknown_in(list(indices))
    if unsure:
        return Unknown(unsure.reason)
    items = _items(value, "slice")
    if not items:
        return None
    start = to_int(indices[0]) if indices else 0
    end = to_int(indices[1]) if len(indices) > 1 else len(items)
    if not 0 <= start <= end <= len(items):
        raise TemplateError("error calling slice: reflect.Value.Slice: slice index out of bounds")
    return _list(items[start:end])


@go("chunk mustChunk", "int any")
def chunk(size: int, value: Value) -> Value:
    items = _items(value, "chunk")
    if size < 1:
        raise TemplateError("error calling chunk: a size below 1")
    return _list([List(items[at : at + size]) for at in range(0, len(items), size)])


@go("concat", "any...", aware=True)
def concat(*values: Value) -> Value:
    items: list[Value] = []
    for value in values:
        unsure = _unsure(value)
        if unsure:
            return unsure
        items += _items(value, "concat")
    return _list(items) if items else NilList()


@go("sortAlpha", "any")
def sort_alpha(value: Value) -> Value:
    unsure = unknown_in(value)
    if unsure:
        return Unknown(unsure.reason)
    if isinstance(value, NilStrings):
        return value
    if type(value) is StringList:
        # A list of strings is sorted in place, whoever else holds it.
        value.sort(key=_bytes)
        return value
    return StringList(sorted(strings_of(value), key=_bytes))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@go("dict", "any...", aware=True)
def dict_(*values: Value) -> Value:
    made = Map()
    for at in range(0, len(values), 2):
        key = text_of(values[at])
        if any(unknown.kind != ADDRESS for unknown in unknowns_in(key)):
            return Unknown(reason_of(key), "map", True)
        made[key] = values[at + 1] if at + 1 < len(values) else ""
    return made


def _unknown_of(*values: Value) -> Unknown | None:
    """The first of these that is unknown as a whole."""
    return next((Unknown(reason_of(value)) for value in values if is_unknown(value)), None)


@go("get", "map string", aware=True)
def get(value: Value, key: str) -> Value:
    return _unknown_of(value, key) or value.get(key, "")


@go("set", "map string any", aware=True)
def set_(value: Value, key: str, item: Value) -> Value:
    unsure = _unknown_of(value, key)
    if unsure:
        return unsure
    value[key] = item
    return value


@go("unset", "map string", aware=True)
def unset(value: Value, key: str) -> Value:
    unsure = _unknown_of(value, key)
    if unsure:
        return unsure
    value.pop(key, None)
    return value


@go("hasKey", "map string", aware=True)
def has_key(value: Value, key: str) -> Value:
    unsure = _unknown_of(value, key)
    return Unknown(unsure.reason, "bool") if unsure else key in value


@go("pluck", "string map...", aware=True)
def pluck(key: str, *values: Value) -> Value:
    return _unknown_of(key, *values) or List(value[key] for value in values if key in value)


@go("keys", "map...", aware=True)
def keys(*values: Value) -> Value:
    return _unknown_of(*values) or Unordered(sorted(key for value in values for key in value))


@go("values", "map", aware=True)
def values(value: Value) -> Value:
    return _unknown_of(value) or UnorderedValues(value[key] for key in sorted(value))


@go("pick", "map string...", aware=True)
def pick(value: Value, *names: str) -> Value:
    return _unknown_of(value, *names) or Map((key, item) for key, item in value.items() if key in names)


@go("omit", "map string...", aware=True)
def omit(value: Value, *names: str) -> Value:
    return _unknown_of(value, *names) or Map((key, item) for key, item in value.items() if key not in names)


@go("dig", "any any any any...", aware=True)
def dig(*path: Value) -> Value:
    value, fallback = path[-1], path[-2]
    for at, key in enumerate(path[:-2]):
        if isinstance(value, Unknown) or is_unknown(key):
            return Unknown(reason_of(value if isinstance(value, Unknown) else key))
        if not isinstance(value, dict) or isinstance(value, StringMap) or not isinstance(key, str):
            wanted = "string" if not isinstance(key, str) else "map[string]interface {}"
            raise TemplateError(f"error calling dig: interface conversion: not {wanted}, argument {at + 1}")
        if key not in value:
            return fallback
        value = value[key]
    return value


@go("merge mustMerge", "map map...", aware=True)
def merge(target: Value, *sources: Value) -> Value:
    return _unknown_of(target, *sources) or _merge_all(target, sources, False)


@go("mergeOverwrite mustMergeOverwrite", "map map...", aware=True)
def merge_overwrite(target: Value, *sources: Value) -> Value:
    return _unknown_of(target, *sources) or _merge_all(target, sources, True)


def _merge_all(target: Value, sources: tuple[Value, ...], overwrite: bool) -> Value:
    for source in sources:
        _merge(target, source, overwrite, 0)
    return target


def _merge(target: dict[str, Value], source: dict[str, Value], overwrite: bool, depth: int) -> None:
    """Put into `target`, in place, what it lacks or has empty; with `overwrite` everything but maps in maps."""
    check_depth(depth)
    for key, item in list(source.items()):
        spend()
        old = target.get(key)
        if item is None:
            if overwrite:
                target[key] = None
            continue
        if isinstance(item, dict) and isinstance(old, dict):
            _merge(old, item, overwrite, depth + 1)
            if old:
                continue
        if overwrite or key not in target or (not isinstance(old, Unknown) and is_empty(old)):
            target[key] = item
