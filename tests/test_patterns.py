"""Expressions that are compiled late, or kept compiled."""

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hullcheck
import hullcheck_checks
from hullcheck import patterns
from hullcheck.model.lazy import Lazy


def all_expressions() -> Iterator[tuple[Any, int]]:
    for package in (hullcheck, hullcheck_checks):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(found.name)).values():
                if isinstance(value, patterns.Pattern):
                    yield value.pattern, int(value._flags)
                elif isinstance(value, Lazy):
                    yield value._expression, int(value._flags)


def test_what_is_kept_is_what_re_makes() -> None:
    keys = {(isinstance(expression, bytes), flags, expression) for expression, flags in all_expressions()}
    assert len(keys) > 300
    assert len(keys) < patterns.MOST / 2
    for key in keys:
        known = patterns.to_keep(key)
        assert known is not None, key
        assert patterns._made(key[2], known) == re.compile(key[2], key[1])


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    monkeypatch.setattr(patterns, "kept", found)
    monkeypatch.setattr(patterns, "missed", set())
    monkeypatch.setattr(patterns, "_compiled", {})
    return found


FLAGGED = r"^b(?P<rest>.)"


def test_the_functions_that_stand_in_do_what_re_s_do(kept: dict[Any, Any]) -> None:
    ours: Any = patterns.stand_ins()
    for _ in range(2):  # compiled at first, and then kept
        assert ours["match"](r"(a)(b)?", "ab").groups() == ("a", "b")
        assert ours["fullmatch"](r"A+", "aaa", ours["I"]).end() == 3
        assert ours["fullmatch"](r"A+", "aaa") is None
        assert ours["search"](FLAGGED, "a\nbc", flags=ours["MULTILINE"])["rest"] == "c"
        assert ours["sub"](r"(x)y", r"<\1>", "xyxy", count=1) == "<x>xy"
        assert ours["sub"](r"(x)y", r"<\1>", "xyxy", 1) == "<x>xy"
        assert ours["split"](r"[,;]", "a,b;c", maxsplit=1) == ["a", "b;c"]
        assert ours["findall"](r"\d", "1a2") == ["1", "2"]
        assert [m[0] for m in ours["finditer"](r"\d", "1a2")] == ["1", "2"]
        assert ours["compile"](r"b+", ours["S"] | ours["X"]) == re.compile(r"b+", re.DOTALL | re.VERBOSE)
        assert ours["compile"](rb"b+") == re.compile(rb"b+")
        kept.update((key, made) for key in patterns.missed if (made := patterns.to_keep(key)))
        patterns._compiled.clear()
    assert ours["search"](re.compile("a"), "ba").start() == 1
    with pytest.raises(re.error):
        ours["match"]("(", "a")


def test_what_is_made_of_an_input_is_not_kept(kept: dict[Any, Any]) -> None:
    ours: Any = patterns.stand_ins()
    for word in Path("some/words of a file").parts:
        assert ours["search"](f"(?i){word.upper()}", word)
    assert not patterns.missed
    assert all(flag == getattr(re, name) for name, flag in patterns._FLAGS.items())


def test_a_spoilt_one_is_compiled(kept: dict[Any, Any]) -> None:
    key = (False, 0, "a+")
    made = patterns.to_keep(key)
    assert made is not None
    for spoilt in (made[1][:-4], made[1][:-3], b"\xff" * len(made[1]), None):
        kept[key] = (made[0], spoilt, *made[2:])
        assert patterns.pattern("a+").fullmatch("aa")
        assert not kept


@pytest.mark.parametrize("word", ["a", "app", "a.b", "é", "x-y", "_"])
def test_a_word_stands_by_itself(word: str) -> None:
    expression = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])")
    beside = ("", " ", "a", "é", "_", ".", "-", "/", ":", "1", "²", "\n")
    for before in beside:
        for after in beside:
            for text in (f"{before}{word}{after}", f"{word}{after}{before}{word}", f"{before}{word}{word}{after}"):
                assert patterns.stands_in(word, text) == bool(expression.search(text)), text


def test_expressions_are_taken_from_where_they_are_kept_after_another_was_compiled() -> None:
    code = (
        "import sys\nfrom hullcheck import deferred, patterns\ndeferred.allowed = True\n"
        "from hullcheck.stand_ins import defer_libraries\ndefer_libraries()\nimport re\n"
        "kept = re.compile('a+b'), 'a+b'\n"
        "print(len(patterns.missed), bool(re.search(''.join(sys.argv), 'x')))\n"
        "print(bool(re.fullmatch('c+d', 'cd')), sorted(key[2] for key in patterns.missed))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "1 False\nTrue ['a+b', 'c+d']\n", done.stderr
