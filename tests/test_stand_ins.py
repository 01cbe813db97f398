"""What stands in for the standard library and for ruamel.yaml: held against what it stands for."""

import contextlib
import functools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hullcheck
import hullcheck_checks
from hullcheck import stand_ins, tables

ROOTS = [Path(package.__file__).parent for package in (hullcheck, hullcheck_checks) if package.__file__]


class TestCaches:
    @pytest.mark.parametrize("kind", [functools.cached_property, stand_ins.CachedProperty])
    def test_a_property_is_worked_out_once(self, kind: Any) -> None:
        calls: list[object] = []

        class Owner:
            @kind  # type: ignore[untyped-decorator]
            def value(self) -> int:
                """What it is."""
                calls.append(self)
                return len(calls)

        first, second = Owner(), Owner()
        assert (first.value, first.value, second.value) == (1, 1, 2)
        assert calls == [first, second]
        assert Owner.value.__doc__ == "What it is."
        first.__dict__["value"] = 7
        assert first.value == 7

    @pytest.mark.parametrize("size", [None, 2])
    def test_a_function_is(self, size: int | None) -> None:
        def made(decorate: Callable[..., Any]) -> tuple[list[int], Any]:
            calls = []

            @decorate(maxsize=size)  # type: ignore[untyped-decorator]
            def function(number: int) -> int:
                calls.append(number)
                return number + 1

            found = [function(number) for number in (1, 2, 1, 3, 2, 1)]
            return calls + found, function

        plain, own = made(functools.lru_cache), made(stand_ins._lru_cache)
        assert own[0] == plain[0]
        assert own[1].cache_info() == plain[1].cache_info()
        assert own[1].cache_parameters() == plain[1].cache_parameters()
        assert own[1].__name__ == own[1].__wrapped__.__name__ == "function"

    def test_with_no_parameters(self) -> None:
        assert stand_ins._lru_cache(len)("abc") == 3
        assert stand_ins._cache(len).cache_parameters() == functools.cache(len).cache_parameters()


def _steps(what: str) -> Iterator[int]:
    try:
        yield 1
    except KeyError:
        if what == "swallows":
            return
        if what == "raises another":
            raise ValueError("another") from None
        if what == "yields again":
            yield 2
        raise
    if what == "never ends":
        yield 2


@pytest.mark.parametrize("what", ["plain", "swallows", "raises another", "yields again", "never ends"])
@pytest.mark.parametrize("error", [None, KeyError("x"), StopIteration("x"), RuntimeError("x")])
def test_a_manager_does_as_the_librarys(what: str, error: Exception | None) -> None:
    def outcome(decorate: Callable[..., Any]) -> str:
        try:
            with decorate(_steps)(what) as got:
                assert got == 1
                if error is not None:
                    raise error
        except Exception as raised:  # noqa: BLE001
            return f"{raised!r} {raised is error}"
        return "through"

    assert outcome(stand_ins._manager) == outcome(contextlib.contextmanager)


@pytest.mark.parametrize("error", [KeyError, IndexError, ValueError, KeyboardInterrupt])
def test_suppress_does(error: type[BaseException]) -> None:
    def outcome(kind: Any) -> str:
        try:
            with kind(LookupError, OSError):
                raise error
        except BaseException as raised:  # noqa: BLE001
            return repr(raised)
        return "through"

    assert outcome(stand_ins._Suppress) == outcome(contextlib.suppress)


def test_our_own_files_are_read_as_by_the_library() -> None:
    files = [path for root in ROOTS for path in root.rglob("*.json")]
    assert len(files) > 3
    for path in files:
        text = path.read_text("utf-8")
        if text.startswith(("{", "[")):
            assert tables.table(str(path)) == json.loads(text)


CODE = """
import sys
from hullcheck import deferred
deferred.allowed = sys.argv[1] == "own"
from hullcheck.stand_ins import defer_libraries
defer_libraries()
from hullcheck.parse.yaml import made_of, parse, round_trip
from hullcheck.source import Source
for text in ("a: &b [1, *b]", "a: \\x01", "a: [", "a: *b", "a: {b:c, d: e::}", "--- !x\\na: 'b'\\n...\\n---\\n- |\\n  x\\n"):
    parsed = parse(Source("a.yaml", text.encode()))
    print([(problem.message, problem.location.start) for problem in parsed.problems])
    print([(root.start, root.end, root.tag, root.size) for document in parsed.documents if (root := document.root)])
    print(made_of(text, list))
    print(round_trip(text))
from collections import Counter, OrderedDict, namedtuple
import collections.abc, functools, json, operator, warnings, re, datetime
print(Counter("aab").most_common(), OrderedDict(a=1), namedtuple("A", "b")(1), collections.abc.Mapping, functools.wraps.__name__)
print(json.dumps({"a": 1}), operator.attrgetter("real")(3), warnings.catch_warnings, datetime.time(3))
"""


def test_what_is_made_of_yaml_is_the_same() -> None:
    def said(how: str) -> str:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{CODE}", how],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout

    plain = said("plain")
    assert plain.count("\n") > 15
    assert said("own") == plain
