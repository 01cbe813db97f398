"""The values that templates work on, typed as Go types them.

Strings are `str`, nil is None, Go's int is `int` and its int64 `Int64`; what came from a file knows its place in
`origin` (strings: in their runs). A value that can't be known is an `Unknown`.
"""

from __future__ import annotations

from hullcheck.render.helm.errors import TemplateError, UndecidedError
from hullcheck.render.helm.limits import check_depth, spend
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.provenance import Text, Unsure, from_one, unknown_text, unknowns_in
from hullcheck.render.helm.unknown import Unknown, UnknownFields
from hullcheck.typed import Any, TypeAlias

Value: TypeAlias = Any
"""Any of the types in `KINDS`: which, only running the template tells."""


ADDRESS = "address"
"""The kind of an unknown text that Go makes of a pointer: no other text is equal to it."""


class Int(int):
    """Go's int, with a place."""

    origin: Origin | None = None


class Int64(int):
    """Go's int64."""

    origin: Origin | None = None


class Float(float):
    """Go's float64, with a place."""

    origin: Origin | None = None


class Bool(int):
    """Go's bool, with a place; Python's own has no subclasses."""

    origin: Origin | None = None


class Map(dict[str, Value]):
    """Go's map[string]interface{}, with a place."""

    origin: Origin | None = None


class Values(Map):
    """The type of `.Values`."""


class StringMap(dict[str, Value]):
    """Go's map[string]string, in which a missing key is an empty string."""

    def get(self, key: str, default: Value = "") -> Value:
        return super().get(key, default)


class List(list[Value]):
    """Go's []interface{}, with a place."""

    origin: Origin | None = None


class NilList(list[Value]):
    """A nil slice: `null` in JSON and YAML, else an empty list."""


class NilStrings(NilList):
    """A nil slice of strings."""


class StringList(list[Value]):
    """Go's []string."""


class Unordered(StringList):
    """The keys of a map in the order in which Go happens to walk it, which isn't known."""


class UnorderedValues(list[Value]):
    """A map's values in the order in which Go happens to walk it."""


class IntList(list[Value]):
    """Go's []int."""


class Host:
    """A Go struct or type with methods, that templates see through its fields."""

    kind = "struct"
    type_name = "struct"

    def field(self, name: str) -> Value:
        """A field, or a method without arguments; raises TemplateError if there is none."""
        raise TemplateError(f"can't evaluate field {name} in type {self.type_name}")

    def call(self, name: str, args: list[Value]) -> Value:
        """A method with arguments."""
        raise TemplateError(f"can't evaluate field {name} in type {self.type_name}")

    def truth(self) -> bool:
        """A struct is never empty."""
        return True

    def show(self) -> str:
        """As `%v` prints it: a pointer by its address."""
        return unknown_text(Unknown(f"the address of a {self.type_name}", ADDRESS, True))


class Nil:
    """A nil that Go knows the type of: a field of it is an error, not nil."""


TYPED_NIL = Nil()

KINDS: dict[type, str] = {
    type(None): "invalid",
    bool: "bool",
    Bool: "bool",
    int: "int",
    Int: "int",
    Int64: "int64",
    float: "float64",
    Float: "float64",
    str: "string",
    Text: "string",
    Unsure: "string",
    dict: "map",
    Map: "map",
    Values: "map",
    StringMap: "map",
    list: "slice",
    List: "slice",
    NilList: "slice",
    NilStrings: "slice",
    StringList: "slice",
    IntList: "slice",
    Unordered: "slice",
    UnorderedValues: "slice",
    bytes: "slice",
    Unknown: "unknown",
    UnknownFields: "unknown",
}

TYPES: dict[type, str] = {
    type(None): "<nil>",
    bytes: "[]uint8",
    dict: "map[string]interface {}",
    Map: "map[string]interface {}",
    Values: "common.Values",
    StringMap: "map[string]string",
    list: "[]interface {}",
    List: "[]interface {}",
    NilList: "[]interface {}",
    NilStrings: "[]string",
    StringList: "[]string",
    IntList: "[]int",
    Unordered: "[]string",
    UnorderedValues: "[]interface {}",
}


def kind(value: Value) -> str:
    """Go's reflect.Kind of a value, "invalid" for nil, "unknown" for one that isn't known."""
    found = KINDS.get(type(value))
    if found is None:
        found = value.kind
        assert isinstance(found, str)
    return found


def type_name(value: Value) -> str:
    """Go's name of a value's type."""
    if isinstance(value, Host):
        return value.type_name
    return TYPES.get(type(value)) or kind(value)


def is_map(value: Value) -> bool:
    return isinstance(value, dict)


def is_list(value: Value) -> bool:
    return isinstance(value, list | bytes)


def is_unknown(value: Value) -> bool:
    """Is the value itself, or part of a text, not known?"""
    return isinstance(value, Unknown | Unsure)


def unknown_in(value: Value, depth: int = 0) -> Unknown | None:
    """The first unknown in a value or anything inside it."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Unsure):
        return as_unknown(value)
    if isinstance(value, dict | list):
        check_depth(depth)
        spend()
        for item in value.values() if isinstance(value, dict) else value:
            found = unknown_in(item, depth + 1)
            if found:
                return found
    return None


def as_unknown(value: Value) -> Unknown:
    """What is known of a value or text that isn't, as a whole."""
    return value if isinstance(value, Unknown) else unknowns_in(value)[0]


def reason_of(value: Value) -> str:
    """Why a value or text isn't known."""
    return as_unknown(value).reason


def known_truth(value: Value) -> bool | None:
    """Go templates' notion of truth: not empty. None where it isn't known."""
    if isinstance(value, Unknown):
        return value.truth
    if isinstance(value, Unsure):
        if any(run[0] and not (run[1] and run[1].unknown) for run in value.runs):
            return True
        return True if any(unknown.truth for unknown in unknowns_in(value)) else None
    if isinstance(value, Host):
        return bool(value.truth())
    return bool(value)


def truth(value: Value) -> bool:
    """The same. Raises UndecidedError where it isn't known."""
    found = known_truth(value)
    if found is None:
        raise UndecidedError(reason_of(value))
    return found


def is_empty(value: Value) -> bool:
    """Sprig's notion of empty, which is the same. Raises UndecidedError where it isn't known."""
    return not truth(value)


def with_origin(value: Value, origin: Origin | None) -> Value:
    """A scalar that knows its place."""
    if origin is None or value is None:
        return value
    if isinstance(value, str):
        return from_one(str(value), origin)
    made: Value
    if isinstance(value, bool | Bool):
        made = Bool(value)
    elif isinstance(value, float):
        made = Float(value)
    elif isinstance(value, Int64):
        made = Int64(value)
    elif isinstance(value, int):
        made = Int(value)
    else:
        return value
    made.origin = origin
    return made
