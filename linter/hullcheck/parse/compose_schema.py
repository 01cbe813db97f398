"""A Compose file against the Compose Specification's own schema, with a place for each fault.

The schema is `schemas/compose-spec.json` (github.com/compose-spec/compose-go, Apache-2.0), read as it is. The few words
of JSON Schema that it uses are interpreted here, over nodes: no library knows places, and one would cost more than all
the rest of a run. Variables aren't replaced yet, so a text with a `$` passes wherever a scalar may stand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache, lru_cache

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.patterns import compile_now, pattern
from hullcheck.tables import table
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

_FILE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "schemas", "compose-spec.json")

_BOOLEANS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_NUMBER = pattern(
    r"(?P<integer>[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9][0-9_]*))|"
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)
_NAMES = {"object": "mapping", "array": "list"}

Schema = dict[str, Any]


class Fault(NamedTuple):
    """What is wrong with a node; `path` leads to it, and `guess` is the key that was probably meant."""

    path: tuple[str, ...]
    node: Node
    reason: str
    guess: str = ""

    @property
    def message(self) -> str:
        question = f"; did you mean `{self.guess}`?" if self.guess else ""
        where = f" `{'.'.join(self.path)}`" if self.path else ""
        return f"Compose refuses{where}: {self.reason}{question}"


@cache
def _schema() -> Schema:
    found: Schema = table(_FILE)
    return found


@cache
def service_keys() -> frozenset[str]:
    """The keys that a service may have."""
    return frozenset(_schema()["$defs"]["service"]["properties"])


@cache
def top_level_keys() -> frozenset[str]:
    """The keys that a file may have."""
    return frozenset(_schema()["properties"])


def faults(root: Mapping) -> list[Fault]:
    """Everything in a document that the schema doesn't allow, in the order of the document."""
    return _Run().faults(root, _schema(), ())


class _Run:
    def __init__(self) -> None:
        self.fine: dict[tuple[int, int], Node] = {}

    def faults(self, node: Node, schema: Schema, path: tuple[str, ...]) -> list[Fault]:
        if "$ref" in schema:
            schema = _schema()["$defs"][schema["$ref"].rpartition("/")[2]]
        key = (id(node), id(schema))
        if key in self.fine or node.tag in ("!reset", "!override"):
            return []
        choices = schema.get("oneOf")
        found = self._one_of(node, choices, path) if choices else self._one(node, schema, path)
        if not found:
            self.fine[key] = node
        return found

    def _one_of(self, node: Node, choices: list[Schema], path: tuple[str, ...]) -> list[Fault]:
        found = []
        for choice in choices:
            faults = self.faults(node, choice, path)
            if not faults:
                return []
            found.append((choice, faults))
        fitting = [faults for choice, faults in found if not _mistyped(node, _types(choice))]
        if fitting:
            return min(fitting, key=len)
        return [Fault(path, node, _must_be([name for choice in choices for name in _types(choice)]))]

    def _one(self, node: Node, schema: Schema, path: tuple[str, ...]) -> list[Fault]:
        types = _types(schema)
        if _mistyped(node, types):
            return [Fault(path, node, _must_be(types))]
        if isinstance(node, Mapping):
            return list(self._mapping(node, schema, path))
        if isinstance(node, Sequence):
            return self._sequence(node, schema, path)
        assert isinstance(node, Scalar)
        return _scalar(node, schema, path)

    def _mapping(self, node: Mapping, schema: Schema, path: tuple[str, ...]) -> Iterator[Fault]:
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        entries = node.entries()
        for name, (key, child) in entries.items():
            below = known.get(name)
            if below is None:
                below = next((found for pattern, found in patterns.items() if _pattern(pattern).search(name)), None)
            if below is None:
                below = schema.get("additionalProperties", True)
                if below is False:
                    yield _unknown_key(key, name, known, path)
                    continue
            if below:
                yield from self.faults(child, below, (*path, name)) if isinstance(below, dict) else ()
        for name in schema.get("required", ()):
            if name not in entries:
                yield Fault(path, node, f"`{name}` is missing")

    def _sequence(self, node: Sequence, schema: Schema, path: tuple[str, ...]) -> list[Fault]:
        below = schema.get("items")
        found: list[Fault] = []
        if isinstance(below, dict):
            for number, item in enumerate(node.items):
                found += self.faults(item, below, (*path, str(number)))
        return found


def _unknown_key(key: Scalar, name: str, known: Schema, path: tuple[str, ...]) -> Fault:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1, 0.75) if len(name) < 80 else []
    return Fault((*path, name), key, "no such key here", close[0] if close else "")


def _scalar(node: Scalar, schema: Schema, path: tuple[str, ...]) -> list[Fault]:
    if "$" in node.text:
        return []
    allowed = schema.get("enum")
    if allowed is not None and node.text not in allowed:
        return [Fault(path, node, f"must be one of {', '.join(map(str, allowed))}")]
    pattern = schema.get("pattern")
    if pattern is not None and _type(node) == "string" and not _pattern(pattern).search(node.text):
        return [Fault(path, node, f"`{node.text}` is not allowed")]
    return _bounds(node, schema, path)


def _bounds(node: Scalar, schema: Schema, path: tuple[str, ...]) -> list[Fault]:
    if _type(node) not in ("integer", "number"):
        return []
    try:
        number = float(node.text.replace("_", ""))
    except ValueError:
        return []
    if "minimum" in schema and number < schema["minimum"]:
        return [Fault(path, node, f"must be at least {schema['minimum']}")]
    if "maximum" in schema and number > schema["maximum"]:
        return [Fault(path, node, f"must be at most {schema['maximum']}")]
    return []


@lru_cache(maxsize=64)  # more than the schema has
def _pattern(text: str) -> re.Pattern[str]:
    return compile_now(text)


def _types(schema: Schema) -> list[str]:
    if "$ref" in schema:
        schema = _schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        return [name for choice in schema["oneOf"] for name in _types(choice)]
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _mistyped(node: Node, types: list[str]) -> bool:
    if not types:
        return False
    kind = _type(node)
    if kind in types or (kind == "integer" and "number" in types):
        return False
    return not (isinstance(node, Scalar) and "$" in node.text and types != ["object"] and types != ["array"])


def _type(node: Node) -> str:
    if isinstance(node, Mapping):
        return "object"
    if isinstance(node, Sequence):
        return "array"
    assert isinstance(node, Scalar)
    if node.style or node.tag.endswith(":str"):
        return "string"
    if node.text in _NULLS:
        return "null"
    if node.text in _BOOLEANS:
        return "boolean"
    match = _NUMBER.fullmatch(node.text) if len(node.text) < 400 else None
    if match is None:
        return "string"
    return "integer" if match["integer"] else "number"


def _must_be(types: list[str]) -> str:
    names = list(dict.fromkeys(_NAMES.get(name, name) for name in types if name != "null"))
    return f"must be a {' or a '.join(names)}"
