"""How template functions are declared, and called with Go's rules for their arguments."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.limits import spend
from hullcheck.render.helm.provenance import Unsure
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Host, Map, StringMap, Value, kind, reason_of, type_name
from hullcheck.tuples import NamedTuple

_KINDS: dict[str, frozenset[str] | None] = {
    "any": None,
    "string": frozenset(("string",)),
    "text": frozenset(("string",)),
    "int": frozenset(("int",)),
    "float": frozenset(("float64", "int")),
    "bool": frozenset(("bool",)),
    "map": frozenset(("map",)),
}
_GO_NAMES = {"text": "string", "map": "map[string]interface {}", "float": "float64"}


class Function(NamedTuple):
    """`takes` are the parameters' types, `rest` the type of any number more.

    A function that is not `aware` never gets to see an unknown value: its result is unknown, too. One that is `aware`
    sees those among its arguments of type `any` and `text`, which is a string.
    """

    name: str
    call: Callable[..., Value]
    takes: tuple[str, ...]
    rest: str
    aware: bool

    def refuses(self, count: int) -> str:
        """What is wrong with this number of arguments, if anything."""
        if count < len(self.takes) or (count > len(self.takes) and not self.rest):
            more = "at least " if self.rest else ""
            return f"wrong number of args for {self.name}: want {more}{len(self.takes)} got {count}"
        return ""

    def types(self, count: int) -> tuple[str, ...]:
        """The type of each of so many arguments."""
        return self.takes + (self.rest,) * (count - len(self.takes))


FUNCTIONS: dict[str, Function] = {}


def go(names: str, takes: str = "", aware: bool = False) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare a function under these names: `takes` are types, the last with `...` if there may be any number of it."""
    types = takes.split()
    rest = types.pop()[:-3] if types and types[-1].endswith("...") else ""

    def declare(call: Callable[..., Value]) -> Callable[..., Value]:
        for name in names.split():
            FUNCTIONS[name] = Function(name, call, tuple(types), rest, aware)
        return call

    return declare


LONG = 256
"""Characters that a function reads in a step."""


def invoke(function: Function, types: tuple[str, ...], args: list[Value]) -> Value:
    """Call a function with as many arguments as there are types; raises TemplateError where Go would refuse them."""
    spend()
    aware = function.aware
    for at, name in enumerate(types):
        value = args[at]
        if isinstance(value, str) and len(value) >= LONG:
            spend(len(value) // LONG)
        if isinstance(value, Unknown | Unsure) and not (aware and name in ("any", "text")):
            return Unknown(reason_of(value))
        if name != "any":
            args[at] = _checked(function, name, value)
    return function.call(*args)


def _checked(function: Function, name: str, value: Value) -> Value:
    accepted = _KINDS[name]
    what = kind(value)
    if accepted is None or what == "unknown":
        return value
    if value is None and name == "map":
        return Map()
    if what not in accepted or (name == "map" and isinstance(value, StringMap | Host)):
        wanted = _GO_NAMES.get(name, name)
        if value is None:
            raise TemplateError(f"error calling {function.name}: invalid value; expected {wanted}")
        raise TemplateError(f"error calling {function.name}: expected {wanted}; got {type_name(value)}")
    return value
