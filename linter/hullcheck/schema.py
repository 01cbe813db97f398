"""The JSON Schemas that are shipped, and values checked against them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping

from hullcheck.typed import Any

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


def first_fault(
    rule: object, value: object, search: Callable[[str, str], bool], step: Callable[[], None]
) -> tuple[Place, str] | None:
    """The first thing by which a value doesn't meet a schema that comes from a repository; None if it meets it.

    `search` tells whether a pattern is found in a text; `step` is called for each keyword that is looked at, and may raise
    to end it. Nothing is fetched: ValueError is raised for a schema that is none, or refers to what isn't in it.
    """
    from jsonschema.exceptions import SchemaError, best_match
    from jsonschema.validators import Draft202012Validator, extend, validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    if not isinstance(rule, dict | bool):
        raise ValueError("it is no schema")  # noqa: TRY004  what the caller knows
    kind = validator_for(rule, default=Draft202012Validator)

    def counted(keyword: Callable[..., Any]) -> Callable[..., Any]:
        def looked_at(*arguments: Any) -> Any:
            step()
            return keyword(*arguments)

        return looked_at

    def pattern(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        if validator.is_type(instance, "string") and not search(wanted, instance):
            yield ValidationError(f"{instance!r} does not match {wanted!r}")

    def named_alike(validator: Any, wanted: Any, instance: Any, _: Any) -> Iterator[Any]:
        for expression, inner in wanted.items() if validator.is_type(instance, "object") else ():
            for name, held in instance.items():
                if search(expression, name):
                    yield from validator.descend(held, inner, path=name, schema_path=expression)

    def others(validator: Any, wanted: Any, instance: Any, around: Any) -> Iterator[Any]:
        if not validator.is_type(instance, "object"):
            return
        known, alike = around.get("properties", {}), around.get("patternProperties", {})
        for name, held in instance.items():
            if name in known or any(search(expression, name) for expression in alike):
                continue
            if wanted is False:
                yield ValidationError(f"`{name}` is none of its properties")
            elif isinstance(wanted, dict):
                yield from validator.descend(held, wanted, path=name)

    from jsonschema.exceptions import ValidationError

    own = {"pattern": pattern, "patternProperties": named_alike, "additionalProperties": others}
    made = extend(kind, {name: counted(keyword) for name, keyword in {**kind.VALIDATORS, **own}.items()})
    try:
        error = best_match(made(rule, registry=Registry()).iter_errors(value))
    except (Unresolvable, SchemaError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"its schema can't be followed: {str(problem)[:200] or type(problem).__name__}") from None
    return None if error is None else (tuple(error.absolute_path), str(error.message)[:300])


def did_you_mean(word: str, known: list[str], alike: float = 0.6) -> str:
    """A suggestion to put behind a message, or nothing; `alike` is how alike the words must be, from 0 to 1."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=alike)
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
