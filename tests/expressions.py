"""Every regular expression of the source, how it's used, and where."""

import ast
import importlib
import importlib.util
import pkgutil
import re
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import hullcheck
import hullcheck_checks
from hullcheck.model.lazy import Lazy
from hullcheck.patterns import Pattern

MODES = {
    "fullmatch": "full", "match": "match", "search": "search", "finditer": "all", "findall": "all", "sub": "all",
    "subn": "all", "split": "all",
}  # fmt: skip
_ORDER = ("match", "full", "search", "all")


class Use(NamedTuple):
    where: str
    expression: str
    flags: int
    mode: str
    most: int = 0
    """Longer texts are never matched; 0: there is no bound."""


def modules() -> list[ModuleType]:
    found = []
    for package in (hullcheck, hullcheck_checks):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__"):
                found.append(importlib.import_module(info.name))
    return found


def uses() -> tuple[list[Use], list[str]]:
    """The uses of all expressions, and the places of those that only a run tells."""
    found: list[Use] = []
    unknown: list[str] = []
    everything = modules()
    trees = {module: ast.parse(Path(str(module.__file__)).read_text("utf-8")) for module in everything}
    methods: dict[tuple[str, str], set[str]] = {}
    for module, tree in trees.items():
        again = {
            id(node.func)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in MODES:
                base = node.value.value if isinstance(node.value, ast.Subscript) else node.value
                name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
                home = module.__name__ if name.startswith("_") else ""
                # matched from a place on, so probably from each in turn
                methods.setdefault((home, name), set()).add("all" if id(node) in again else MODES[node.attr])
    for module, tree in trees.items():
        where = module.__name__
        known_by_use = where == "hullcheck.patterns"  # what others have asked for until now
        for name, value in () if known_by_use else vars(module).items():
            for at, one in _patterns(value):
                if _is_home(tree, name):
                    found += [
                        Use(f"{where}.{name}{at}", *_parts(one), mode, getattr(one, "most", 0))
                        for mode in methods.get((where if name.startswith("_") else "", name)) or {"all"}
                    ]
        named = {id(node.value) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)}
        for node in ast.walk(tree):
            called = _called(node)
            if id(node) in named or not called or not isinstance(node, ast.Call) or not node.args:
                continue
            place = f"{where}:{node.lineno}"
            known = _value(node.args[0], module, _locals(tree, node))
            if known is None:
                unknown.append(place)
                continue
            flags = 0
            extra = [k.value for k in node.keywords if k.arg == "flags"]
            number = {"sub": 4, "subn": 4, "split": 3, "compile": 1}.get(called, 2)
            extra += node.args[number : number + 1]
            if extra:
                flags = int(_value(extra[0], module) or 0)
            found.append(Use(place, known, flags, MODES.get(called, "all")))
    return found, unknown


def _called(node: ast.AST) -> str:
    """The function of `re` that is called, if one is."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Name):
        return "compile" if function.id == "compile_now" else ""
    if not isinstance(function, ast.Attribute) or function.attr not in (*MODES, "compile"):
        return ""
    return function.attr if isinstance(function.value, ast.Name) and function.value.id == "re" else ""


def _is_home(tree: ast.Module, name: str) -> bool:
    return any(
        isinstance(target, ast.Name) and target.id == name
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    )


def _patterns(value: Any, at: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, re.Pattern | Lazy | Pattern):
        return [(at, value)]
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in _patterns(one, f"{at}[{key!r}]")]
    if isinstance(value, tuple | list | frozenset | set):
        return [found for number, one in enumerate(value) for found in _patterns(one, f"{at}[{number}]")]
    return []


def _parts(pattern: Any) -> tuple[str, int]:
    compiled = pattern.compiled if isinstance(pattern, Lazy) else pattern
    return compiled.pattern, compiled.flags & ~re.UNICODE


def _locals(tree: ast.Module, call: ast.Call) -> dict[str, ast.expr]:
    """What the names of the function that a call is in are set to, if it is once."""
    functions = [
        node for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= call.lineno <= (node.end_lineno or 0)
    ]  # fmt: skip
    return {
        node.targets[0].id: node.value
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _value(node: ast.expr, module: ModuleType, names: dict[str, ast.expr] | None = None) -> Any:
    """What an expression of the source comes to; what only a run tells in an f-string is a word."""
    if isinstance(node, ast.Name) and names and node.id in names:
        return _value(names[node.id], module)
    if isinstance(node, ast.JoinedStr):
        parts = [
            part.value if isinstance(part, ast.Constant) else _formatted(part, module)  # type: ignore[attr-defined]
            for part in node.values
        ]
        return "".join(parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = _value(node.left, module), _value(node.right, module)
        return None if None in sides else sides[0] + sides[1]
    try:
        made = eval(compile(ast.Expression(node), "", "eval"), dict(vars(module)))
    except (NameError, TypeError, AttributeError, KeyError):  # something that only a run tells
        return None
    return made


def _formatted(part: Any, module: ModuleType) -> str:
    value = _value(part.value, module)
    return value if isinstance(value, str) else "Name"
