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
        "change/**/*.py",
        "analysis.py",
        "policy/**/*.py",
    )
    for path in ROOT.glob(pattern)
)

PLACES = frozenset(("location", "start", "offset", "position"))
"""Attributes that say where something stands."""

KEYED = frozenset(("setdefault", "get", "add", "pop", "discard"))

ALLOWED = {
    "analysis.py: _distinct": "tells apart, and never unites: one owner may have a fault twice",
    "link/charts.py: installed": "what couldn't be read of a chart's file is told once, however often the chart is rendered",
    "policy/migrate.py: _masked": "spans of one text",
    "policy/suppress.py: complaints": "about the comment itself, which is a place",
    "change/gate/suppressions.py: _by_place": "about the comment itself, which is a place",
    "change/gate/suppressions.py: added": "about the comment itself, which is a place",
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


ASKS = frozenset(
    (
        "open", "os.open", "os.stat", "os.lstat", "os.scandir", "os.listdir", "os.walk", "os.readlink", "os.access",
        "os.environ", "os.environb", "os.getenv", "os.path.exists", "os.path.lexists", "os.path.isfile", "os.path.isdir",
        "os.path.islink", "os.path.ismount", "os.path.realpath", "os.path.samefile", "os.path.getsize", "os.path.getmtime",
        "os.path.expanduser", "os.path.expandvars", "date.today", "datetime.now", "datetime.today", "datetime.utcnow",
        "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime", "io.open", "codecs.open",
    )
)  # fmt: skip
"""What asks the file system, the environment or the clock."""

LIBRARIES = frozenset(
    ("glob", "pathlib", "shutil", "tempfile", "subprocess", "fileinput", "linecache", "mmap", "pwd", "platform", "tarfile",
     "zipfile", "importlib.resources", "concurrent", "multiprocessing", "random", "uuid", "socket", "locale")
)  # fmt: skip
"""Libraries that do so, or that let others do it, or what else differs from run to run."""

ASKED_ELSEWHERE = {
    "cache/again.py": "compares with what was noted",
    "cache/folder.py": "the cache's own folder",
    "cache/keep.py": "the cache's own folder",
    "marks.py": "compares with what was noted",
    "look.py": "this is the place",
    "snapshot.py": "when a session looked: such a run is never kept",
    "written.py": "writes reports: what is written is noted, and written again",
    "fix/files.py": "makes fixes: such a run is never kept",
    "streams.py": "standard streams, by their numbers",
    "tables.py": "hullcheck's own tables, which belong to the program",
    "schema.py": "hullcheck's own tables, which belong to the program",
    "model/base_images.py": "hullcheck's own tables, which belong to the program",
    "model/official.py": "hullcheck's own tables, which belong to the program",
    "bundle.py": "hullcheck's own modules, which belong to the program",
    "arguments.py": "the width of help: no check",
    "page/frame.py": "hullcheck's own style and script, which belong to the program",
    "fleet/cluster.py": "a Dask cluster: a run of many is never kept",
    "fleet/tables.py": "the results' own folder: a run of many is never kept",
    "fleet/clones.py": "the clones' own folder",
    "fleet/dataset.py": "the results' own folder: a run of many is never kept",
    "fleet/database.py": "the results' own folder: a run of many is never kept",
    "fleet/identity.py": "hullcheck's own modules and tables, which belong to the program",
    "fleet/judge.py": "judges in a process of its own: a run of many is never kept",
    "fleet/pool.py": "starts processes of its own: a run of many is never kept",
    "fleet/repositories.py": "a run of many is never kept",
    "fleet/run.py": "a run of many is never kept",
    "cloning.py": "the clones' own folder, and git's answers: a run of many is never kept",
    "commands/clean.py": "the cache's own folder",
    "cli.py": "`--version` with the day, and the width of help: no check",
    "read.py": "reads in processes of its own, whose looks are joined",
    "render/helm/archive.py": "an archive's bytes, which were read before",
    "render/compose/short.py": "tells whether a text is an address",
    "plumbing.py": "waits for git, whose files `gitfiles.py` notes",
}
"""Modules that ask for themselves, and why that needs no note."""


def asked(path: Path) -> Iterator[str]:
    """What a module asks of the world around it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ASKS:
            yield ast.unparse(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            yield "open"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (name for name in names if name in LIBRARIES or name.partition(".")[0] in LIBRARIES)
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                yield from (f"os.{alias.name}" for alias in node.names)


def modules() -> dict[str, list[str]]:
    checks = ROOT.parents[1] / "checks" / "hullcheck_checks"
    found = {path.relative_to(top).as_posix(): [*asked(path)] for top in (ROOT, checks) for path in top.rglob("*.py")}
    return {name: asks for name, asks in found.items() if asks}


def test_whatever_a_run_looks_at_is_noted() -> None:
    """A run is printed again only if all that it looked at is as it was: so there is one place to look from."""
    assert {name: asks for name, asks in modules().items() if name not in ASKED_ELSEWHERE} == {}


def test_who_asks_elsewhere_does() -> None:
    assert ASKED_ELSEWHERE.keys() <= modules().keys()


def test_the_contract_sees_who_asks(tmp_path: Path) -> None:
    bad = "import os, glob\nfrom os import stat\ndef f(p):\n    open(p)\n    return os.path.isfile(p), os.environ.get(p)\n"
    (tmp_path / "x.py").write_text(bad)
    assert sorted(asked(tmp_path / "x.py")) == ["glob", "open", "os.environ", "os.path.isfile", "os.stat"]
