"""Objects held against the types of an API: fields that it doesn't know, and values that it refuses."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject, is_template
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_int, as_str, is_null
from hullcheck.model.openapi import Type
from hullcheck.model.placeholders import asks, placeholder
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

_FLOAT = Lazy(r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]{1,9})?")
_QUANTITY = Lazy(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?")
_CORE_BOOL = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))
_RANGES = {"int32": 2**31, "int64": 2**63}
_ARTICLES = {"object": "a mapping", "array": "a list", "integer": "an integer"}
_NUMERIC = tuple("+-.0123456789")
_ANYTHING = frozenset[str]()


class Misfit(NamedTuple):
    """Something that doesn't fit the API. `path` leads to it, an item of a list by its name or its number.

    `holder` is the type that doesn't have the field, `holder_path` its place as in `Type.places`, and `among` the
    mapping that has it. Where the field is known and its value is refused, there is no holder, and `message` says why.
    """

    location: Location
    path: tuple[str, ...]
    key: str = ""
    holder: Type | None = None
    holder_path: tuple[str, ...] = ()
    among: Mapping | None = None
    message: str = ""


class UnknownField(NamedTuple):
    """A field of an object that its API doesn't know; `root` is the type of the whole object.

    `explained` is false where there are so many of them that looking for what was meant would take too long.
    """

    object: KubernetesObject
    misfit: Misfit
    holder: Type
    root: Type
    explained: bool = True

    @property
    def location(self) -> Location:
        return self.misfit.location

    @property
    def owner(self) -> str:
        return self.object.owner


class _Step(NamedTuple):
    node: Node
    type: Type
    path: tuple[str, ...]
    place: tuple[str, ...]


def misfits(root: Node, type_: Type, *, rendered: bool) -> Iterator[Misfit]:
    """What of the object the API doesn't know or refuses; nothing is said about what is unknown.

    `rendered` is true for what kustomize built, to which `yes` is a string.
    """
    pending = [_Step(root, type_, (), ())]
    seen: set[tuple[int, int]] = set()
    while pending:
        step = pending.pop()
        visit = (id(step.node), id(step.type))
        if step.node.unknown or visit in seen or is_null(step.node):
            continue
        seen.add(visit)
        wrong = _wrong(step.node, step.type, rendered)
        if wrong:
            yield Misfit(step.node.location, step.path, message=wrong)
        elif isinstance(step.node, Mapping):
            yield from _unknown(step.node, step)
            pending += _fields(step.node, step)
        elif isinstance(step.node, Sequence) and step.type.items is not None:
            pending += _items(step.node, step, step.type.items)


def _unknown(node: Mapping, step: _Step) -> Iterator[Misfit]:
    if step.type.open:
        return
    for name, (key, _) in node.entries().items():
        if step.type.field(name) is None and not key.unknown and not _is_no_field(name):
            yield Misfit(key.location, (*step.path, name), name, step.type, step.place, node)


def _is_no_field(name: str) -> bool:
    """Is the key a patch's directive (`$patch`), a pattern's condition (`(replicas > 1)`), or to be filled in?"""
    return name.startswith("$") or "(" in name or is_template(name) or placeholder(name)


def _fields(node: Mapping, step: _Step) -> Iterator[_Step]:
    for name, (_, value) in node.entries().items():
        inner = step.type.field(name)
        if inner is not None:
            place = (*step.place, name) if step.type.names else _within(step.place, ".*")
            yield _Step(value, inner, (*step.path, name), place)


def _items(node: Sequence, step: _Step, type_: Type) -> Iterator[_Step]:
    place = _within(step.place, "[]")
    for number, item in enumerate(node.items):
        name = as_str(item.get("name")) if isinstance(item, Mapping) else None
        yield _Step(item, type_, (*step.path, name or str(number)), place)


def _within(place: tuple[str, ...], step: str) -> tuple[str, ...]:
    """The place of what is in a list (`[]`) or in a map (`.*`)."""
    return (*place[:-1], f"{place[-1]}{step}") if place else (step,)


def _wrong(node: Node, type_: Type, rendered: bool) -> str:
    """Why the API refuses the value, leaving aside what is in it; empty if it doesn't."""
    if isinstance(node, Scalar):
        return _wrong_scalar(node, type_, rendered)
    kind = "object" if isinstance(node, Mapping) else "array"
    fits = not type_.kinds or kind in type_.kinds or _stands_for_another(node, type_)
    return "" if fits else f"must be {_wanted(type_)}, not {_ARTICLES[kind]}"


def _wrong_scalar(node: Scalar, type_: Type, rendered: bool) -> str:
    is_a = scalar_kinds(node, rendered)
    wrong = _refused(node, type_, is_a) if is_a else ""
    return "" if wrong and _filled_in_later(node.text, type_) else wrong


def _refused(node: Scalar, type_: Type, is_a: frozenset[str]) -> str:
    if type_.kinds and not is_a & type_.kinds:
        named = "boolean" if "boolean" in is_a else "number" if "number" in is_a else "string"
        return f"must be {_wanted(type_)}, not a {named}{_cure(named, type_, node)}"
    if "integer" in is_a:
        return _out_of_range(node, type_) if "integer" in type_.kinds else ""
    if "string" not in is_a or not node.text:
        return ""
    if type_.format == "quantity" and not _QUANTITY.fullmatch(node.text):
        return f"must be a quantity such as `500m` or `64Mi`, not `{_clipped(node.text)}`"
    if type_.enum and node.text not in type_.enum:
        return f"must be one of {', '.join(f'`{word}`' for word in type_.enum if word)}, not `{_clipped(node.text)}`"
    return ""


def scalar_kinds(node: Scalar, rendered: bool) -> frozenset[str]:
    """What the scalar can be, in JSON's words; empty if nothing can be said about it."""
    if node.tag or node.style or is_null(node):
        return frozenset(("string",)) if (node.style and node.tag in ("", "!")) or "str" in node.tag else _ANYTHING
    if as_bool(node) is not None:
        either = rendered and node.text not in _CORE_BOOL
        return frozenset(("boolean", "string")) if either else frozenset(("boolean",))
    if not node.text.startswith(_NUMERIC):
        return frozenset(("string",))
    if as_int(node) is not None:
        return frozenset(("integer", "number"))
    if _FLOAT.fullmatch(node.text):
        return _float_kinds(float(node.text.replace("_", "")))
    return frozenset(("string",))


def _float_kinds(value: float) -> frozenset[str]:
    """A number too large for a float is text to the reader; a whole one becomes an integer in JSON."""
    if value in (float("inf"), float("-inf")):
        return frozenset(("string",))
    return frozenset(("integer", "number")) if value.is_integer() else frozenset(("number",))


def _filled_in_later(text: str, type_: Type) -> bool:
    """Is it a variable, or a word to be replaced where no such word can stand?"""
    if is_template(text):
        return True
    return (type_.kinds != {"string"} or bool(type_.enum)) and (placeholder(text) or asks(text))


def _stands_for_another(node: Node, type_: Type) -> bool:
    """Is it to be replaced, to whoever reads it: `[PROJECT_ID]` for a word, `{ALL_TOLERATIONS: ""}` for a list?"""
    if isinstance(node, Mapping):
        return bool(node.items) and all(map(_is_no_field, node.entries()))
    if not isinstance(node, Sequence) or not node.flow or len(node.items) != 1 or "object" in type_.kinds:
        return False
    text = as_str(node.items[0])
    return text is not None and placeholder(text)


def _out_of_range(node: Scalar, type_: Type) -> str:
    limit = _RANGES.get("int32" if type_.name == "IntOrString" else type_.format)
    value = as_int(node)
    return "is out of range" if limit is not None and value is not None and not -limit <= value < limit else ""


def _wanted(type_: Type) -> str:
    if type_.format == "quantity":
        return "a quantity"
    kinds = sorted(type_.kinds - {"integer"} if "number" in type_.kinds else type_.kinds)
    return " or ".join(_ARTICLES.get(kind, f"a {kind}") for kind in kinds)


def _cure(named: str, type_: Type, node: Scalar) -> str:
    if type_.kinds == {"string"}:
        return ": quote it"
    plain = Scalar(node.source, node.start, node.end, "", node.text, "")
    could_be = bool(node.style) and named == "string" and scalar_kinds(plain, False) & type_.kinds
    return ": leave the quotes out" if could_be and node.style in "'\"" else ""


def _clipped(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 40 else f"{line[:40]}..."
