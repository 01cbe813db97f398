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
    template = _MAKERS[len(fields)] if len(fields) < len(_MAKERS) else eval(maker(len(fields)))
    names = {"co_varnames": ("_cls", *fields), "co_name": "__new__", "co_qualname": f"{name}.__new__"}
    made = FunctionType(template.__code__.replace(**names), _NAMES, "__new__", defaults)
    made.__annotations__ = types
    return made


def maker(count: int) -> str:
    """The source of what makes a tuple of so many fields: it is spelled out below, since to compile one takes long."""
    arguments = "".join(f", a{number}" for number in range(count))
    return f"lambda c{arguments}: new(c, ({arguments[2:]}{',' if count == 1 else ''}))"


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


_NAMES = {"new": tuple.__new__, "__builtins__": {}, "__name__": __name__}
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

new: "Any" = tuple.__new__
# fmt: off
_MAKERS: "tuple[Any, ...]" = (
    lambda c: new(c, ()),
    lambda c, a0: new(c, (a0,)),
    lambda c, a0, a1: new(c, (a0, a1)),
    lambda c, a0, a1, a2: new(c, (a0, a1, a2)),
    lambda c, a0, a1, a2, a3: new(c, (a0, a1, a2, a3)),
    lambda c, a0, a1, a2, a3, a4: new(c, (a0, a1, a2, a3, a4)),
    lambda c, a0, a1, a2, a3, a4, a5: new(c, (a0, a1, a2, a3, a4, a5)),
    lambda c, a0, a1, a2, a3, a4, a5, a6: new(c, (a0, a1, a2, a3, a4, a5, a6)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7: new(c, (a0, a1, a2, a3, a4, a5, a6, a7)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38)),
    lambda c, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39: new(c, (a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39)),
)
# fmt: on
"""By the number of fields, each as `maker` writes it."""
