"""The targets of bake files, in JSON or HCL, as `docker buildx bake --print` would show them where nothing is set.

See https://docs.docker.com/build/bake/reference/. A value that isn't known is UNKNOWN.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice, product

from hullcheck.model.lazy import Lazy
from hullcheck.parse.bake_values import UNKNOWN, Evaluator, Expression, Function, Template
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MAX_TARGETS = 1_000
MAX_JOBS = 256
"""Targets that one matrix makes."""

MAX_DEPTH = 10
"""Targets that inherit from one another."""

_MAPS = ("args", "contexts", "labels")
_HEREDOC = Lazy(r"<<-?\w{1,100}\r?\n")


class Target(NamedTuple):
    """A target: its block's name, its own, which a matrix may make of it, and what it says, all inherited with it."""

    block: str
    name: str
    said: dict[str, Any]


def targets(source: Source) -> Iterator[Target]:
    """All targets but those that only others inherit from; nothing for what can't be read."""
    blocks = _json(source.text) if source.path.endswith(".json") else _hcl(source.text)
    yield from islice(_Bake(blocks).targets(), MAX_TARGETS)


class _Bake:
    def __init__(self, blocks: dict[str, dict[str, Any]]) -> None:
        self.written = blocks.get("target", {})
        variables = {name: said.get("default") for name, said in blocks.get("variable", {}).items()}
        functions = {name: _function(said) for name, said in blocks.get("function", {}).items()}
        self.evaluator = Evaluator(variables, functions)
        self.made: dict[str, dict[str, Any]] = {}
        self.open: set[str] = set()

    def targets(self) -> Iterator[Target]:
        inherited = set()
        listed = []
        for block, body in self.written.items():
            for scope in self._jobs(body):
                bases = self._bases(body, scope)
                inherited.update(bases)
                name = self.evaluator.value(body.get("name", block), scope) if "matrix" in body else block
                listed.append((block, name if isinstance(name, str) else block, scope))
        for block, name, scope in listed:
            if block.startswith("_") and block in inherited:
                continue
            said = self._said(block, scope)
            if said or block not in inherited:
                yield Target(block, name, said)

    def _jobs(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The values that the names of its matrix have, for each target that it makes; one if it has none."""
        matrix = body.get("matrix")
        if not isinstance(matrix, dict):
            return [{}]
        axes = []
        for name, written in matrix.items():
            values = self.evaluator.value(written, {})
            axes.append([(name, value) for value in (values if isinstance(values, list) else [UNKNOWN])])
        return [dict(pairs) for pairs in islice(product(*axes), MAX_JOBS)]

    def _bases(self, body: dict[str, Any], scope: dict[str, Any]) -> list[str]:
        found = self.evaluator.value(body.get("inherits", []), scope)
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    def _said(self, block: str, scope: dict[str, Any]) -> dict[str, Any]:
        if not scope and block in self.made:
            return self.made[block]
        if block in self.open or len(self.open) >= MAX_DEPTH:
            return {}
        self.open.add(block)
        body = self.written.get(block, {})
        made: dict[str, Any] = {}
        for base in self._bases(body, scope):
            _lay(made, self._said(base, {}))
        self.open.discard(block)
        own = {
            key: value for key, value in body.items() if key not in ("inherits", "matrix", "name", "dockerfile-inline")
        }
        _lay(made, {key: self.evaluator.value(value, scope) for key, value in own.items()})
        if "dockerfile-inline" in body:
            made["dockerfile-inline"] = block
        if not scope:
            self.made[block] = made
        return made


def _lay(made: dict[str, Any], over: dict[str, Any]) -> None:
    """Lay what a target says over what it inherits."""
    for key, value in over.items():
        below = made.get(key)
        if key in _MAPS and isinstance(value, dict):
            made[key] = {**(below if isinstance(below, dict) else {}), **value}
        elif value is not None:
            made[key] = value


def _function(said: dict[str, Any]) -> Function:
    parameters, rest = said.get("params"), said.get("variadic_params")
    names = [str(name) for name in parameters] if isinstance(parameters, list) else []
    return Function(names, str(rest) if isinstance(rest, str) else "", said.get("result"))


def _json(text: str) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    blocks: dict[str, dict[str, Any]] = {}
    for kind, held in found.items() if isinstance(found, dict) else ():
        if isinstance(held, dict):
            blocks[kind] = {name: _templates(body) for name, body in held.items() if isinstance(body, dict)}
    return blocks


def _templates(value: Any) -> Any:
    if isinstance(value, list):
        return [_templates(item) for item in value]
    if isinstance(value, dict):
        return {key: _templates(item) for key, item in value.items()}
    return Template(value) if isinstance(value, str) else value


def _hcl(text: str) -> dict[str, dict[str, Any]]:
    from hullcheck.parse.hcl import blocks

    found: dict[str, dict[str, Any]] = {}
    for kind, listed in blocks(text).items():
        for block in listed if isinstance(listed, list) else ():
            for name, body in block.items() if isinstance(block, dict) else ():
                if isinstance(body, dict):
                    found.setdefault(kind, {})[_unquoted(name)] = _expressions(body)
    return found


def _expressions(value: Any) -> Any:
    if isinstance(value, list):
        return [_expressions(item) for item in value]
    if isinstance(value, dict):
        return {_unquoted(key): _expressions(item) for key, item in value.items() if not key.startswith("__")}
    if not isinstance(value, str):
        return value
    text = _unquoted(value)
    if text != value:
        return text if _HEREDOC.match(text) else Template(text)
    return Expression(value[2:-1] if value.startswith("${") and value.endswith("}") else value)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
