"""The JSON Schemas that are shipped, and values checked against them."""

import json
import os
import re
from collections.abc import Mapping
from typing import Any

Place = tuple[str | int, ...]
"""Where a value stands: the keys and indexes that lead to it."""


def text(name: str) -> str:
    """The schema of that name, as it is shipped."""
    with open(os.path.join(os.path.dirname(__file__), "schemas", f"{name}.schema.json"), encoding="utf-8") as file:
        return file.read()


def fault(name: str, value: object) -> tuple[Place, str] | None:
    """The first thing that is wrong with the value, and where it is; None if the schema is met.

    Values are nearly always right, and jsonschema takes longer to import than a run: it has the word only if a
    simpler reading of the schema finds a fault.
    """
    schema = json.loads(text(name))
    if meets(value, schema):
        return None
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema).iter_errors(value))
    if error is None:
        return None
    place = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and "properties" in error.schema:
        known = list(error.schema["properties"])
        unknown = next(key for key in error.instance if key not in known)
        return (*place, unknown), f"unknown key `{unknown}`{did_you_mean(unknown, known)}"
    if error.validator == "enum":
        allowed = [str(word) for word in error.validator_value]
        return place, f"`{error.instance}` is none of {', '.join(allowed)}{did_you_mean(str(error.instance), allowed)}"
    return place, str(error.message)


def did_you_mean(word: str, known: list[str]) -> str:
    """A suggestion to put behind a message, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
}


def meets(value: Any, schema: Mapping[str, Any]) -> bool:
    """Is the value valid, as far as the keywords go that our schemas use?"""
    return _meets(value, schema, schema)


def _meets(value: Any, rule: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    if "$ref" in rule and not _meets(value, schema["$defs"][rule["$ref"].rpartition("/")[2]], schema):
        return False
    if "anyOf" in rule and not any(_meets(value, choice, schema) for choice in rule["anyOf"]):
        return False
    if "enum" in rule and value not in rule["enum"]:
        return False
    if "type" in rule and not _is(value, rule["type"]):
        return False
    if isinstance(value, str):
        return len(value) >= rule.get("minLength", 0) and re.search(rule.get("pattern", ""), value) is not None
    if isinstance(value, int):
        return bool(rule.get("minimum", value) <= value <= rule.get("maximum", value))
    if isinstance(value, list):
        enough = len(value) >= rule.get("minItems", 0)
        return enough and all(_meets(item, rule.get("items", {}), schema) for item in value)
    return not isinstance(value, dict) or _has_right_keys(value, rule, schema)


def _is(value: object, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and not (name == "integer" and isinstance(value, bool))


def _has_right_keys(value: dict[str, Any], rule: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    known, others = rule.get("properties", {}), rule.get("additionalProperties", True)
    if any(key not in value for key in rule.get("required", ())):
        return False
    for key, inner in value.items():
        if key not in known and others is False:
            return False
        if not _meets(inner, known.get(key, others if isinstance(others, dict) else {}), schema):
            return False
    return True
