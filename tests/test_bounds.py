"""What outlives a run has a bound: caches of functions, and what modules and classes hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "linter").rglob("*.py")) + sorted((ROOT / "checks").rglob("*.py"))

CACHES = frozenset(("cache", "lru_cache"))
CONTAINERS = frozenset(("dict", "list", "set", "defaultdict", "Counter", "OrderedDict", "deque"))
CHANGES = frozenset(
    (
        "append",
        "extend",
        "insert",
        "add",
        "update",
        "setdefault",
        "pop",
        "popitem",
        "remove",
        "discard",
        "clear",
        "appendleft",
    )
)

ALLOWED = {
    "linter/hullcheck/fleet/judge.py: _judged_here": "a number: how many repositories this process has judged",
    "linter/hullcheck/draw/places.py: _PATH": "a function, put back as soon as a map is written",
    "linter/hullcheck/look.py: RUN": "what one run looks at, gone with it: only a process that makes one run records it",
    "linter/hullcheck/model/powers.py: _last": "one rule with its powers: every check asks the same of it, one by one",
    "linter/hullcheck/plumbing.py: _OPEN": "one for each repository that is being asked, as long as it is",
    "linter/hullcheck/render/helm/limits.py: _filled": "a number: how much a file of a chart may cost",
    "linter/hullcheck/render/helm/limits.py: _chart_left": "a number: what is left of a budget, set anew for each chart",
    "linter/hullcheck/render/helm/limits.py: _left": "a number: what is left of a budget, set anew for each run of a template",
    "linter/hullcheck/parse/yaml.py: KNOWN": "what one run takes from the cache, gone with it, as `RUN` is",
    "linter/hullcheck/patterns.py: _compiled": "expressions that stand in the sources, and none that is made of an input",
    "linter/hullcheck/patterns.py: _real": "the functions of `re`, once for each",
    "linter/hullcheck/patterns.py: _strange": "a number: expressions that don't stand in the sources, which ends at its bound",
    "linter/hullcheck/patterns.py: kept": "expressions that stand in the sources",
    "linter/hullcheck/patterns.py: missed": "expressions that stand in the sources",
    "linter/hullcheck/tuples.py: _getters": "one for each field of the class with the most of them",
    "linter/hullcheck/render/helm/functions.py: FUNCTIONS": "filled as the module is loaded, once for each name in it",
}
"""Containers that code changes though they outlive a run, and why that has a bound."""


def called(node: ast.expr) -> str:
    """The last name of what is called or used as a decorator."""
    function = node.func if isinstance(node, ast.Call) else node
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def bound(node: ast.expr) -> bool:
    """Does a cache say how much it keeps?"""
    if called(node) == "cache":
        return False
    if not isinstance(node, ast.Call):
        return True  # `@lru_cache` keeps 128
    sizes = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "maxsize")]
    return all(isinstance(size, ast.Constant) and isinstance(size.value, int) for size in sizes)


def unbounded_caches(tree: ast.Module) -> Iterator[str]:
    """Functions that keep a result for each of their arguments, however many there are."""
    decorators = {
        id(decorator): node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            takes = any(
                (arguments.posonlyargs, arguments.args, arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
            )
            if takes and any(called(d) in CACHES and not bound(d) for d in node.decorator_list):
                yield node.name
        elif isinstance(node, ast.Call) and id(node) not in decorators and called(node) in CACHES and not bound(node):
            yield ast.unparse(node)


def is_container(value: ast.expr | None) -> bool:
    literal = ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp
    return isinstance(value, literal) or (isinstance(value, ast.Call) and called(value) in CONTAINERS)


def held(body: list[ast.stmt]) -> set[str]:
    """The names that a module or a class gives to containers."""
    found = set()
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and is_container(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def name_of(node: ast.expr) -> str:
    """`X`, `self.X`, `cls.X` or `module.X` as `X`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def changed(function: ast.AST) -> Iterator[str]:
    """The names of what a function changes in place."""
    local = {name for node in ast.walk(function) if isinstance(node, ast.FunctionDef) for name in assigned(node)}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            yield from {name_of(node.func.value)} - local
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else ()
        targets = [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets
        for target in targets:
            if isinstance(target, ast.Subscript):
                yield from {name_of(target.value)} - local
        if isinstance(node, ast.Global):
            yield from node.names


def assigned(function: ast.FunctionDef) -> Iterator[str]:
    """The names that are a function's own."""
    arguments = function.args
    yield from (a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))
    shared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in shared:
            yield node.id


def lasting(tree: ast.Module) -> Iterator[str]:
    """Containers of modules and classes that functions change."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    own = {name for made in classes for name in held(made.body)}
    own -= {
        target.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    }
    names = held(tree.body) | own
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)] if names else []
    shared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    yield from sorted({name for function in functions for name in changed(function)} & names | shared)


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {where(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def test_every_cache_has_a_bound(trees: dict[str, ast.Module]) -> None:
    assert [f"{path}: {name}" for path, tree in trees.items() for name in unbounded_caches(tree)] == []


def test_nothing_that_outlives_a_run_is_added_to(trees: dict[str, ast.Module]) -> None:
    assert [f"{path}: {name}" for path, tree in trees.items() for name in lasting(tree)] == sorted(ALLOWED)


@pytest.mark.parametrize(
    "text",
    [
        "@cache\ndef f(text): ...",
        "@functools.cache\ndef f(*texts): ...",
        "@lru_cache(maxsize=None)\ndef f(text): ...",
        "@lru_cache(None)\ndef f(text): ...",
        "@lru_cache(maxsize=SIZE)\ndef f(text): ...",
        "class A:\n    @cache\n    def f(self): ...",
        "f = cache(g)",
        "f = functools.lru_cache(maxsize=None)(g)",
    ],
)
def test_a_cache_without_a_bound_is_seen(text: str) -> None:
    assert list(unbounded_caches(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "@cache\ndef f(): ...",
        "@lru_cache(maxsize=8)\ndef f(text): ...",
        "@lru_cache\ndef f(text): ...",
        "f = lru_cache(maxsize=1_024)(g)",
    ],
)
def test_a_cache_with_a_bound_is_fine(text: str) -> None:
    assert list(unbounded_caches(ast.parse(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "SEEN = {}\ndef f(a):\n    SEEN[a] = 1",
        "SEEN: dict[str, int] = {}\ndef f(a):\n    SEEN.setdefault(a, 1)",
        "SEEN = []\ndef f(a):\n    SEEN.append(a)",
        "SEEN = defaultdict(list)\ndef f(a):\n    SEEN[a] += [1]",
        "class A:\n    seen = set()\n    def f(self, a):\n        self.seen.add(a)",
        "class A:\n    seen = {}\n    @classmethod\n    def f(cls, a):\n        cls.seen[a] = a",
        "SEEN = ()\ndef f(a):\n    global SEEN\n    SEEN += (a,)",
    ],
)
def test_what_grows_is_seen(text: str) -> None:
    assert list(lasting(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "KNOWN = {}\ndef f(a):\n    return KNOWN[a]",
        "SEEN = {}\ndef f(a):\n    SEEN = {}\n    SEEN[a] = 1",
        "class A:\n    seen = set()\n    def __init__(self):\n        self.seen = set()\n    def f(self, a):\n        self.seen.add(a)",
    ],
)
def test_what_does_not_grow_is_fine(text: str) -> None:
    assert list(lasting(ast.parse(text))) == []
