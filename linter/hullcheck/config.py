"""`.hullcheck.yaml` or `[tool.hullcheck]` in `pyproject.toml`, at the repository's root."""

import json
import os
from datetime import date
from typing import Any, NamedTuple

from hullcheck.check import Registry
from hullcheck.errors import HullcheckError
from hullcheck.finding import Severity

FILES = (".hullcheck.yaml", ".hullcheck.yml")


class Accepted(NamedTuple):
    """A `suppress` entry: which findings are accepted, where, why and until when."""

    checks: frozenset[str]
    paths: tuple[str, ...]
    object: str
    reason: str
    until: date | None


class Config(NamedTuple):
    """What is in effect; `path` is the file it came from, or empty."""

    path: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_vendored: bool = False
    min_severity: Severity = Severity.LOW
    fail_on: Severity | None = Severity.HIGH
    policies_elsewhere: bool = False
    suppress: tuple[Accepted, ...] = ()


def read(root: str, path: str | None, registry: Registry) -> Config:
    """The configuration in `path`, else the one at the root, else the defaults.

    Raises HullcheckError for a file that can't be read, an unknown key, a wrong value or an unknown check.
    """
    if path is None:
        path = next((p for name in FILES if os.path.isfile(p := os.path.join(root, name))), None)
        if path is None:
            pyproject = os.path.join(root, "pyproject.toml")
            if not os.path.isfile(pyproject) or not _has_table(pyproject):
                return Config()
            path = pyproject
    return parse(path, _bytes(path), registry)


def parse(path: str, data: bytes, registry: Registry) -> Config:
    """The configuration that `data`, the content of `path`, says; raises HullcheckError as `read` does."""
    values, lines = _toml(path, data) if path.endswith(".toml") else _yaml(path, data)
    _validate(path, values, lines)
    for key in ("select", "ignore"):
        for word in values.get(key, ()):
            resolve(word, registry, f"{path}: {key}")
    fail_on = values.get("fail-on", "high")
    return Config(
        path=path,
        select=tuple(values.get("select", ())),
        ignore=tuple(values.get("ignore", ())),
        exclude=tuple(values.get("exclude", ())),
        include_vendored=values.get("include-vendored", False),
        min_severity=Severity.parse(values.get("min-severity", "low")),
        fail_on=None if fail_on == "none" else Severity.parse(fail_on),
        policies_elsewhere=values.get("policies-elsewhere", False),
        suppress=tuple(_accepted(path, entry, registry) for entry in values.get("suppress", ())),
    )


def resolve(word: str, registry: Registry, where: str) -> set[str]:
    """The checks that a word names; raises HullcheckError with a suggestion if it names none."""
    names = registry.named(word)
    if not names:
        raise HullcheckError(
            f"{where}: no check, concern or peer's id is called `{word}`{_did_you_mean(word, registry.words())}"
        )
    return names


def schema() -> str:
    """The JSON Schema of the configuration, as text."""
    with open(os.path.join(os.path.dirname(__file__), "schemas", "config.schema.json"), encoding="utf-8") as file:
        return file.read()


def _did_you_mean(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise HullcheckError(f"{path}: can't be read: {error.strerror}") from None


def _has_table(path: str) -> bool:
    return b"[tool.hullcheck" in _bytes(path)


def _toml(path: str, data: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    import tomllib

    try:
        table = tomllib.loads(data.decode()).get("tool", {}).get("hullcheck", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HullcheckError(f"{path}: {error}") from None
    return table, {}


def _yaml(path: str, data: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    from hullcheck.parse import yaml
    from hullcheck.source import Source

    documents, problems = yaml.parse(Source(path, data))
    if problems:
        raise HullcheckError(f"{path}:{problems[0].location.line}: {problems[0].message}")
    roots = [document.root for document in documents if not yaml.is_null(document.root)]
    if not roots:
        return {}, {}
    if len(roots) > 1 or not isinstance(roots[0], yaml.Mapping):
        raise HullcheckError(f"{path}: must be one mapping")
    for _, again in roots[0].duplicates:
        raise HullcheckError(f"{path}:{again.location.line}: `{again.text}` is written twice")
    lines = {name: key.location.line for name, (key, _) in roots[0].entries().items()}
    value = yaml.plain(roots[0])
    return (value if isinstance(value, dict) else {}), lines


def _validate(path: str, values: dict[str, Any], lines: dict[str, int]) -> None:
    from jsonschema import Draft202012Validator

    rules = json.loads(schema())
    for error in Draft202012Validator(rules).iter_errors(values):
        where = ".".join(str(part) for part in error.absolute_path)
        line = lines.get(str(error.absolute_path[0])) if error.absolute_path else None
        message = error.message
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = list(error.schema["properties"])
            unknown = next(key for key in error.instance if key not in known)
            line = line or lines.get(unknown)
            message = f"unknown key `{unknown}`{_did_you_mean(unknown, known)}"
        raise HullcheckError(f"{path}{f':{line}' if line else ''}: {where + ': ' if where else ''}{message}")


def _accepted(path: str, entry: dict[str, Any], registry: Registry) -> Accepted:
    names: set[str] = set()
    for word in entry["checks"]:
        names |= resolve(word, registry, f"{path}: suppress")
    try:
        until = date.fromisoformat(entry["until"]) if "until" in entry else None
    except ValueError:
        raise HullcheckError(f"{path}: suppress: no such day: {entry['until']}") from None
    return Accepted(frozenset(names), tuple(entry.get("paths", ())), entry.get("object", ""), entry["reason"], until)
