"""The functions of Go's template language itself."""

from __future__ import annotations

from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.functions import go
from hullcheck.render.helm.provenance import Unsure, cut, joined
from hullcheck.render.helm.show import printf, show
from hullcheck.render.helm.unknown import Unknown, UnknownFields
from hullcheck.render.helm.values import (
    Host,
    Nil,
    Value,
    is_list,
    is_unknown,
    kind,
    known_truth,
    reason_of,
    type_name,
    unknown_in,
)

_BASIC = frozenset(("bool", "int", "float64", "string"))


def basic_kind(value: Value) -> str:
    """Comparisons know one kind of integer, and "invalid" for whatever isn't basic."""
    what = kind(value)
    if what == "int64":
        return "int"
    return what if what in _BASIC else "invalid"


@go("not", "any", aware=True)
def negated(value: Value) -> Value:
    known = known_truth(value)
    return Unknown(reason_of(value), "bool") if known is None else not known


@go("eq", "any any any...", aware=True)
def equal(first: Value, *others: Value) -> Value:
    unsure = None
    for other in others:
        found = unknown_in(first) or unknown_in(other)
        if not found:
            if _equal(first, other):
                return True
        elif not (_is_nothing(first) and known_truth(other)) and not (_is_nothing(other) and known_truth(first)):
            unsure = found
    return Unknown(unsure.reason, "bool") if unsure else False


def _is_nothing(value: Value) -> bool:
    """An empty string or nil, which no value that is true can equal."""
    return value is None or (isinstance(value, str) and not value)


@go("ne", "any any", aware=True)
def unequal(first: Value, second: Value) -> Value:
    same = equal(first, second)
    return same if isinstance(same, Unknown) else not same


def _equal(first: Value, second: Value) -> bool:
    one, other = basic_kind(first), basic_kind(second)
    if one != other:
        if first is not None and second is not None:
            raise TemplateError("incompatible types for comparison")
        return False
    if one != "invalid":
        return bool(first == second)
    if first is None or second is None:
        return first is second
    if isinstance(first, dict | list | bytes) or isinstance(second, dict | list | bytes):
        raise TemplateError(f"non-comparable types {type_name(first)}, {type_name(second)}")
    return first is second


def _less(first: Value, second: Value) -> bool:
    one, other = basic_kind(first), basic_kind(second)
    if one != other:
        raise TemplateError("incompatible types for comparison")
    if one in ("invalid", "bool"):
        raise TemplateError("invalid type for comparison")
    if one == "string":
        return bool(first.encode("utf-8", "surrogateescape") < second.encode("utf-8", "surrogateescape"))
    return bool(first < second)


@go("lt", "any any")
def less(first: Value, second: Value) -> bool:
    return _less(first, second)


@go("le", "any any")
def less_or_equal(first: Value, second: Value) -> bool:
    return _less(first, second) or _equal(first, second)


@go("gt", "any any")
def greater(first: Value, second: Value) -> bool:
    return not less_or_equal(first, second)


@go("ge", "any any")
def greater_or_equal(first: Value, second: Value) -> bool:
    return not _less(first, second)


@go("len", "any", aware=True)
def length(value: Value) -> Value:
    if is_unknown(value):
        return Unknown(reason_of(value), "int")
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, dict) or is_list(value):
        return len(value)
    if isinstance(value, Host) and hasattr(value, "__len__"):
        return len(value)
    raise TemplateError("len of nil pointer" if value is None else f"len of type {type_name(value)}")


@go("index", "any any...", aware=True)
def index(value: Value, *keys: Value) -> Value:
    if value is None and keys:
        raise TemplateError("index of untyped nil")
    for key in keys:
        value = _indexed(value, key)
    return value


def _indexed(value: Value, key: Value) -> Value:
    if is_unknown(key):
        return Unknown(reason_of(key))
    if isinstance(value, UnknownFields):
        return Unknown(value.reason)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, dict):
        if not isinstance(key, str):
            raise TemplateError(f"value has type {type_name(key)}; should be string")
        return value.get(key)
    if isinstance(value, Host) and value.kind == "map":
        return value.call("index", [key])
    if is_list(value) or isinstance(value, str):
        return _at(value, key)
    raise TemplateError("index of nil pointer" if value is None else f"can't index item of type {type_name(value)}")


def _at(value: Value, key: Value) -> Value:
    if kind(key) not in ("int", "int64"):
        raise TemplateError(f"cannot index slice/array with type {type_name(key)}")
    if isinstance(value, Unsure):
        return Unknown(reason_of(value))
    items = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if not 0 <= key < len(items):
        raise TemplateError(f"index out of range: {int(key)}")
    return items[int(key)]


@go("print", "any...", aware=True)
def printed(*values: Value) -> str:
    return _printed(*values)


def _printed(*values: Value) -> str:
    parts: list[str] = []
    for at, value in enumerate(values):
        if at and not isinstance(value, str) and not isinstance(values[at - 1], str):
            parts.append(" ")
        parts.append(show(value))
    return joined(parts)


@go("println", "any...", aware=True)
def printed_line(*values: Value) -> str:
    parts: list[str] = []
    for at, value in enumerate(values):
        parts += [" " if at else "", show(value)]
    return joined([*parts, "\n"])


@go("printf", "string any...", aware=True)
def formatted(template: str, *values: Value) -> Value:
    return printf(template, list(values))


def _escapable(values: tuple[Value, ...]) -> str:
    """The arguments as one text, in which nil is what a template prints for it."""
    return _printed(*("<no value>" if value is None else value for value in values))


_HTML = {"\0": "�", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}


@go("html", "any...")
def html(*values: Value) -> str:
    return "".join(_HTML.get(char, char) for char in _escapable(values))


@go("urlquery", "any...")
def urlquery(*values: Value) -> str:
    from urllib.parse import quote_plus

    return quote_plus(_escapable(values).encode("utf-8", "surrogateescape"), safe="~")


@go("js", "any...")
def js(*values: Value) -> Value:
    return Unknown("the function `js` isn't supported", "string")


@go("call", "any any...")
def call(function: Value, *values: Value) -> Value:
    raise TemplateError("call of something that is no function")


def sliced(value: Value, start: int, end: int) -> Value:
    """`value[start:end]` of a list or of a string's bytes."""
    if isinstance(value, str):
        if value.isascii():
            return cut(value, start, end)
        return value.encode("utf-8", "surrogateescape")[start:end].decode("utf-8", "surrogateescape")
    return value[start:end]


def field(value: Value, name: str, first: bool) -> Value:
    """A field of anything that is no map; `first` if it's the first of a chain."""
    if value is None:
        if first:
            return None
        raise TemplateError(f"nil pointer evaluating interface {{}}.{name}")
    if isinstance(value, Nil):
        raise TemplateError(f"nil pointer evaluating interface {{}}.{name}")
    if isinstance(value, Host):
        return value.field(name)
    if isinstance(value, UnknownFields):
        return Unknown(value.reason, "string", True)
    if isinstance(value, Unknown):
        return value
    raise TemplateError(f"can't evaluate field {name} in type {type_name(value)}")
