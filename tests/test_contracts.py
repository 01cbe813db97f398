"""What the code promises of itself: a thing is never told from another by its place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "linter" / "hullcheck"
KEPT = sorted(
    path
    for pattern in (
        "link/*.py",
        "model/**/*.py",
        "gate/*.py",
        "analysis.py",
        "baseline.py",
        "suppress.py",
        "changes.py",
    )
    for path in ROOT.glob(pattern)
)

PLACES = frozenset(("location", "start", "offset", "position"))
"""Attributes that say where something stands."""

KEYED = frozenset(("setdefault", "get", "add", "pop", "discard"))

ALLOWED = {
    "analysis.py: _distinct": "tells apart, and never unites: one owner may have a fault twice",
    "link/charts.py: installed": "what couldn't be read of a chart's file is told once, however often the chart is rendered",
    "suppress.py: complaints": "about the comment itself, which is a place",
    "gate/suppressions.py: _by_place": "about the comment itself, which is a place",
    "gate/suppressions.py: added": "about the comment itself, which is a place",
    "link/dockerfile.py: parts": "one stage for several builds: what the instruction names is told once",
    "link/validation.py: _in_all": "one object held against several schemas",
    "model/dockerfile.py: _step": "the instructions of one file, in their order",
    "model/dockerfile.py: _step_numbers": "the instructions of one file, in their order",
    "model/dockerfile.py: image_uses": "the instructions of one file, in their order",
    "model/dockerfile.py: script": "the instructions of one file, in their order",
}
"""Functions that may use a place as a key, and why."""


def keys(function: ast.AST) -> Iterator[ast.expr]:
    """What a function uses as keys of dictionaries and members of sets."""
    for node in ast.walk(function):
        if isinstance(node, ast.DictComp):
            yield node.key
        elif isinstance(node, ast.SetComp):
            yield node.elt
        elif isinstance(node, ast.Subscript):
            yield node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in KEYED
            and node.args
        ):
            yield node.args[0]


def assigned(function: ast.AST) -> dict[str, list[ast.expr]]:
    """The expressions that a function gives to names."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def is_place(expression: ast.expr) -> bool:
    """Is it a place, or a tuple that has one in it?"""
    parts = expression.elts if isinstance(expression, ast.Tuple) else [expression]
    return any(isinstance(part, ast.Attribute) and part.attr in PLACES for part in parts)


def offences(path: Path) -> Iterator[str]:
    name = path.relative_to(ROOT).as_posix()
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            known = assigned(function)
            for key in keys(function):
                values = [key, *(known.get(key.id, ()) if isinstance(key, ast.Name) else ())]
                if any(map(is_place, values)):
                    yield f"{name}: {function.name}"


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_place_is_a_key(path: Path) -> None:
    assert sorted(set(offences(path)) - ALLOWED.keys()) == []


def test_what_is_allowed_is_there() -> None:
    assert ALLOWED.keys() <= {offence for path in KEPT for offence in offences(path)}


def test_the_contract_sees_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = "def f(a):\n    key = (a.kind, a.location)\n    return {}.setdefault(key, a)\n"
    good = "def f(a):\n    key = (a.kind, a.owner)\n    return {}.setdefault(key, a)\n"
    monkeypatch.setattr("test_contracts.ROOT", tmp_path)
    for text, expected in ((bad, ["x.py: f"]), (good, [])):
        (tmp_path / "x.py").write_text(text)
        assert list(offences(tmp_path / "x.py")) == expected


def test_digits_are_asked_for_by_what_python_makes_a_number_of() -> None:
    """`"²".isdigit()` holds, and `int("²")` fails: `isdecimal` says what `int` takes."""
    sources = (path for folder in (ROOT, ROOT.parents[1] / "checks") for path in folder.rglob("*.py"))
    assert [path.name for path in sources if re.search(r"\.is(?:digit|numeric)\b", path.read_text("utf-8"))] == []
