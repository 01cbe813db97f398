"""Named tuples as typing's are, made without running a compiler for each class: a run makes two hundred of them."""

from __future__ import annotations

import sys
from types import FunctionType

TYPE_CHECKING = False  # type checkers know this name, and read what stands below; to import typing for it takes long

if TYPE_CHECKING:
    from typing import Any

if TYPE_CHECKING or sys.version_info >= (3, 14):  # where annotations aren't in the class's body any more
    from typing import NamedTuple
else:

    def NamedTuple() -> None:  # noqa: N802  a base to derive from, as in typing
        raise TypeError("NamedTuple is for classes to derive from")

    NamedTuple.__mro_entries__ = lambda bases: (_BASE,)

try:
    from _collections import _tuplegetter  # type: ignore[import-not-found]
except ImportError:

    def _tuplegetter(index: int, doc: str) -> "Any":
        from operator import itemgetter

        return property(itemgetter(index), doc=doc)


__all__ = ("NamedTuple",)

_UNKNOWN = TypeError if sys.version_info >= (3, 13) else ValueError
_MADE_HERE = frozenset(
    ("__new__", "__init__", "__slots__", "__getnewargs__", "_fields", "_field_defaults", "_make", "_replace", "_asdict")
)
_getters: "list[Any]" = []
_templates: "dict[int, Any]" = {}
"""By the number of fields; no class has more than some dozens."""


class _Meta(type):
    def __new__(cls, name: str, bases: "tuple[type, ...]", body: "dict[str, Any]") -> "Any":
        types = body.get("__annotations__", {})
        fields, defaults = tuple(types), {}
        for field in fields:
            if field.startswith("_"):
                raise ValueError(f"Field names cannot start with an underscore: {field!r}")
            if field in body:
                defaults[field] = body[field]
            elif defaults:
                raise TypeError(f"Non-default argument {field!r} follows default argument {next(iter(defaults))!r}")
        if not _MADE_HERE.isdisjoint(body):
            raise AttributeError(f"Cannot overwrite NamedTuple attributes {sorted(_MADE_HERE & body.keys())}")
        body.setdefault("__doc__", f"{name}({', '.join(fields)}{',' if len(fields) == 1 else ''})")
        body = _METHODS | body
        body |= zip(fields, _first_getters(len(fields)), strict=True)
        body |= {
            "__new__": _new(name, fields, tuple(defaults.values()), types),
            "__annotations__": types,
            "__match_args__": fields,
            "_fields": fields,
            "_field_defaults": defaults,
        }
        return type(name, tuple(tuple if base is _BASE else base for base in bases), body)


def _new(name: str, fields: "tuple[str, ...]", defaults: "tuple[Any, ...]", types: "dict[str, Any]") -> "Any":
    """The class's `__new__`: that of all classes with as many fields, with other names for its arguments."""
    template = _templates.get(len(fields))
    if template is None:
        arguments = "".join(f", a{number}" for number in range(len(fields)))
        text = f"lambda _cls{arguments}: _tuple_new(_cls, ({arguments[2:]}{',' if fields else ''}))"
        template = _templates[len(fields)] = eval(text).__code__
    names = {"co_varnames": ("_cls", *fields), "co_name": "__new__", "co_qualname": f"{name}.__new__"}
    made = FunctionType(template.replace(**names), _NAMES, "__new__", defaults)
    made.__annotations__ = types
    return made


def _first_getters(count: int) -> "list[Any]":
    while len(_getters) < count:
        _getters.append(_tuplegetter(len(_getters), f"Alias for field number {len(_getters)}"))
    return _getters[:count]


def _make(cls: "Any", iterable: "Any") -> "Any":
    """Make a new one from a sequence or iterable."""
    made = tuple.__new__(cls, iterable)
    if len(made) != len(cls._fields):
        raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
    return made


def _replace(self: "Any", /, **changes: "Any") -> "Any":
    """A new one with other values in some fields."""
    fields, values = self._fields, list(self)
    for field, value in changes.items():
        if field not in fields:
            raise _UNKNOWN(f"Got unexpected field names: {[name for name in changes if name not in fields]!r}")
        values[fields.index(field)] = value
    return tuple.__new__(self.__class__, values)


def _asdict(self: "Any") -> "dict[str, Any]":
    """The values by the names of their fields."""
    return dict(zip(self._fields, self, strict=True))


def _repr(self: "Any") -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"


def _getnewargs(self: "Any") -> "tuple[Any, ...]":
    return tuple(self)


_NAMES = {"_tuple_new": tuple.__new__, "__builtins__": {}, "__name__": __name__}
_METHODS: "dict[str, Any]" = {
    "__slots__": (),
    "__repr__": _repr,
    "__getnewargs__": _getnewargs,
    "_make": classmethod(_make),
    "_replace": _replace,
    "_asdict": _asdict,
}
if sys.version_info >= (3, 13):
    _METHODS["__replace__"] = _replace
_BASE = type.__new__(_Meta, "NamedTuple", (), {})
