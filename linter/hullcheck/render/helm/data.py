"""YAML text to values: values.yaml, `fromYaml` and `fromJson`, read as Go's YAML 1.1 reader and JSON decoder do.

Every number becomes a float64, for all of it passes through JSON; every scalar and key keeps its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.yaml import parse
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.limits import spend
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.provenance import NOT_UTF8, Text, only_origin, readable
from hullcheck.render.helm.rehome import rehome
from hullcheck.render.helm.scalars import resolve
from hullcheck.render.helm.show import float_text
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Float, List, Map, Value, with_origin
from hullcheck.source import Source

_TAG = "tag:yaml.org,2002:"


def from_source(source: Source) -> Value:
    """The values of a file's documents, later ones over earlier ones. Raises TemplateError if it can't be read."""
    found = parse(source)
    if found.problems:
        raise TemplateError(found.problems[0].message)
    values = Map()
    for document in found.documents:
        value = to_value(document.root) if document.root else None
        if value is None:
            continue
        if not isinstance(value, dict):
            raise TemplateError("values are no mapping")
        values = merged(values, value)
    return values


def from_node(node: Node) -> Map:
    """The values that a part of a file says. Raises TemplateError if it is no mapping."""
    value = to_value(node)
    if not isinstance(value, dict | None):
        raise TemplateError("values are no mapping")
    return Map(value or {})


def merged(below: dict[str, Value], above: dict[str, Value]) -> Map:
    """Two maps as one, the second over the first."""
    both = Map(below)
    for key, value in above.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def from_text(text: str) -> Value:
    """The value of the first document of a text that a template made. Raises TemplateError if it isn't YAML."""
    if not text.isascii() and NOT_UTF8.search(text):
        raise TemplateError("not UTF-8")
    spend(len(text) // 4)
    source = Source("", text.encode())
    found = parse(source)
    if found.problems:
        raise TemplateError(found.problems[0].message)
    root = found.documents[0].root if found.documents else None
    if root is None:
        return None
    if isinstance(text, Text):
        return _Reader(True, rehome(root, text, None)).value(root)
    return _Reader(False, {}).value(root)


def to_value(node: Node) -> Value:
    """A node of a file as the value that it is to Go."""
    return _Reader(True, {}).value(node)


class _Reader:
    """Makes values of nodes: with their places, if wanted, and with what is known of unknown ones."""

    def __init__(self, places: bool, unknowns: dict[int, Unknown]) -> None:
        self.places = places
        self.unknowns = unknowns

    def value(self, node: Node) -> Value:
        spend()
        if isinstance(node, Scalar):
            return self._scalar(node)
        if node.unknown:
            return Unknown(node.unknown)
        if isinstance(node, Sequence):
            items = List(self.value(item) for item in node.items)
            items.origin = self._origin(node)
            return items
        assert isinstance(node, Mapping)
        values = Map()
        values.origin = self._origin(node)
        for key, item in node.items:
            if isinstance(key, Scalar) and key.text == "<<" and not key.style:
                self._merge(values, item)
            else:
                name = self._key(key)
                values.pop(name, None)
                values[name] = self.value(item)
        return values

    def _merge(self, values: Map, node: Node) -> None:
        for part in reversed(node.items) if isinstance(node, Sequence) else [node]:
            if not isinstance(part, Mapping):
                raise TemplateError("map merge requires map or sequence of maps as the value")
            values.update(self.value(part))

    def _origin(self, node: Node) -> Origin | None:
        return Origin(node.source, node.start, node.end) if self.places and node.source.path else None

    def _key(self, node: Node) -> str:
        if not isinstance(node, Scalar):
            raise TemplateError("a key that is no scalar")
        value = _plain(node)
        if value is None:
            raise TemplateError("a key that is null")
        name = ("true" if value else "false") if isinstance(value, bool) else str(value)
        made = with_origin(float_text(value) if isinstance(value, float) else name, self._origin(node))
        assert isinstance(made, str)
        return made

    def _scalar(self, node: Scalar) -> Value:
        if node.unknown:
            known = self.unknowns.get(id(node))
            return (
                known if known and node.style else Unknown(node.unknown, truth=known.solid or None if known else None)
            )
        value = _plain(node)
        if isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if isinstance(value, float) and not math.isfinite(value):
            raise TemplateError("a number that JSON can't hold")
        return with_origin(value, self._origin(node))


def _plain(node: Scalar) -> str | bool | int | float | None:
    tag = node.tag.removeprefix(_TAG)
    if node.style and tag not in _CONVERT:
        return node.text
    if tag in _CONVERT:
        return _CONVERT[tag](node.text)
    return node.text if tag and tag != "!" and not tag.startswith("!") else resolve(node.text) if not tag else node.text


def _binary(text: str) -> str:
    import base64

    try:
        return base64.b64decode(text).decode("utf-8", "surrogateescape")
    except ValueError:
        raise TemplateError("!!binary value contains invalid base64 data") from None


def _float(text: str) -> float:
    value = resolve(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TemplateError(f"cannot decode {text!r} as a !!float")
    return float(value)


def _same(kind: type) -> "Callable[[str], str | bool | int | float | None]":
    def convert(text: str) -> str | bool | int | float | None:
        value = resolve(text)
        if type(value) is not kind:
            raise TemplateError(f"cannot decode {text!r} by its tag")
        return value

    return convert


_CONVERT: "dict[str, Callable[[str], str | bool | int | float | None]]" = {
    "str": str,
    "int": _same(int),
    "bool": _same(bool),
    "float": _float,
    "null": lambda text: None,
    "binary": _binary,
}


def from_json(text: str, use_places: bool = True) -> Value:
    """The value of a JSON text. Raises TemplateError if it is none."""
    import json

    try:
        value = json.loads(text, parse_int=float, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise TemplateError("not JSON") from None
    return _from_python(value)


def _refuse(text: str) -> Value:
    raise ValueError(text)


def _from_python(value: Value) -> Value:
    spend()
    if isinstance(value, dict):
        return Map((_from_python(key), _from_python(item)) for key, item in value.items())
    if isinstance(value, list):
        return List(_from_python(item) for item in value)
    if isinstance(value, str):
        return readable(value)
    return Float(value) if isinstance(value, float) else value


def placed_json(text: str) -> Value:
    """The value of a JSON text, each of its scalars with the place that it came from, where that is known."""
    value = from_json(text)
    if not isinstance(text, Text):
        return value
    try:
        return _placed(value, from_text(text))
    except TemplateError:
        return value


def _placed(value: Value, twin: Value) -> Value:
    """The value with the places of its twin, which was read from the same text as YAML, as far as they are equal."""
    if isinstance(value, dict):
        return (
            Map((key, _placed(item, twin.get(key))) for key, item in value.items()) if isinstance(twin, dict) else value
        )
    if isinstance(value, list):
        same = isinstance(twin, list) and len(twin) == len(value)
        return List(_placed(item, other) for item, other in zip(value, twin, strict=True)) if same else value
    return with_origin(value, only_origin(twin)) if value == twin else value
