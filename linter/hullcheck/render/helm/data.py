"""YAML text to values: values.yaml, `fromYaml` and `fromJson`, read as Go's YAML 1.1 reader and JSON decoder do.

Every number becomes a float64, for all of it passes through JSON; every scalar and key keeps its place.
"""

import math
from collections.abc import Callable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.yaml import parse
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.limits import spend
from hullcheck.render.helm.provenance import Origin, Text
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


def merged(below: dict[str, Value], above: dict[str, Value]) -> Map:
    """Two maps as one, the second over the first."""
    both = Map(below)
    for key, value in above.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def from_text(text: str) -> Value:
    """The value of the first document of a text that a template made. Raises TemplateError if it isn't YAML."""
    source = Source("", text.encode("utf-8", "replace"))
    found = parse(source)
    if found.problems:
        raise TemplateError(found.problems[0].message)
    root = found.documents[0].root if found.documents else None
    if root is None:
        return None
    if isinstance(text, Text):
        rehome(root, text, None)
        return to_value(root)
    return to_value(root, places=False)


def to_value(node: Node, places: bool = True) -> Value:
    """A node as the value that it is to Go."""
    spend()
    if isinstance(node, Scalar):
        return _scalar(node, places)
    if node.unknown:
        return Unknown(node.unknown)
    if isinstance(node, Sequence):
        items = List(to_value(item, places) for item in node.items)
        items.origin = _origin(node, places)
        return items
    assert isinstance(node, Mapping)
    values = Map()
    values.origin = _origin(node, places)
    for key, item in node.items:
        if isinstance(key, Scalar) and key.text == "<<" and not key.style:
            _merge(values, item, places)
        else:
            name = _key(key, places)
            values.pop(name, None)
            values[name] = to_value(item, places)
    return values


def _merge(values: Map, node: Node, places: bool) -> None:
    parts = list(reversed(node.items)) if isinstance(node, Sequence) else [node]
    for part in parts:
        if not isinstance(part, Mapping):
            raise TemplateError("map merge requires map or sequence of maps as the value")
        values.update(to_value(part, places))


def _origin(node: Node, places: bool) -> Origin | None:
    return Origin(node.source, node.start, node.end) if places and node.source.path else None


def _key(node: Node, places: bool) -> str:
    if not isinstance(node, Scalar):
        raise TemplateError("a key that is no scalar")
    value = _plain(node)
    if value is None:
        raise TemplateError("a key that is null")
    if isinstance(value, bool):
        name = "true" if value else "false"
    elif isinstance(value, float):
        name = float_text(value)
    else:
        name = str(value)
    made = with_origin(name, _origin(node, places))
    return made if isinstance(made, str) else name


def _scalar(node: Scalar, places: bool) -> Value:
    if node.unknown:
        return Unknown(node.unknown)
    value = _plain(node)
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise TemplateError("a number that JSON can't hold")
    return with_origin(value, _origin(node, places))


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
        return base64.b64decode(text).decode("utf-8", "replace")
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
        return Map((key, _from_python(item)) for key, item in value.items())
    if isinstance(value, list):
        return List(_from_python(item) for item in value)
    return Float(value) if isinstance(value, float) else value
