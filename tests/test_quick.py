"""Command lines read without argparse, held against argparse on many that are made by chance."""

import random

import pytest

from hullcheck import arguments
from hullcheck.cli import COMMANDS, QUICK, _module
from hullcheck.errors import HullcheckError
from hullcheck.quick import Quick

WORDS = (
    "a.yaml", "Dockerfile", "-", "--", "-q", "--quiet", "-v", "-vq", "-h", "--output-format", "json", "sarif:out.sarif",
    "--output-format=json", "--output-format=", "--fail-on", "high", "--fail-on=none", "--fail-on=never", "--min-severity",
    "--select", "root-user", "--select=-x", "--ignore", "DL3008,DL3009", "--config", "--config=x.yaml", "--no-config",
    "--jobs", "2", "--jobs=4", "--jobs=x", "--time-limit", "5", "--diff-base=HEAD~1", "--diff-base", "--gate", "--pre",
    "--pre-commit", "--exclude", "a/**", "--excl=b", "--color", "never", "--color=no", "--fix", "--fix=yes", "--fix-only",
    "--container", "--no-origins", "--reveal", "--profile=a", "--set", "a=b", "--format", "--format=json", "--explain", "--focus",
    "", "-1", "--unknown", "two words", "--two words", "--today", "2026-01-01", "@file", "--stdin-filename", "--baseline",
    "--profile=strict", "--pod-security", "baseline", "--validate", "--statistics", "-q=1", "-v1", "check", "=", "--=x",
)  # fmt: skip


def _quick(line: list[str], command: str = "check") -> dict[str, object] | None:
    quick = Quick()
    _module(command).add(quick)
    found = quick.parse(line)
    return None if found is None else vars(found)


def _argparse(line: list[str], command: str = "check") -> dict[str, object] | None:
    try:
        found = vars(arguments.parser(command, COMMANDS, _module).parse_args([command, *line]))
    except (HullcheckError, SystemExit):
        return None
    return {name: value for name, value in found.items() if name != "run"}


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["Dockerfile"],
        ["--output-format", "json", "a", "b"],
        ["--pre-commit", "--color=never", "a", "b"],
        ["a", "--fail-on", "none", "-q", "--output-format=sarif:x", "--output-format", "github"],
        ["--gate", "--diff-base", "HEAD~1", "--ignore", "x", "--ignore=y", "."],
    ],
    ids=" ".join,
)
def test_the_usual_is_understood(line: list[str]) -> None:
    found = _quick(line)
    assert found is not None
    assert found == _argparse(line)


@pytest.mark.parametrize("command", sorted(QUICK))
def test_what_is_understood_is_what_argparse_makes_of_it(capsys: pytest.CaptureFixture[str], command: str) -> None:
    chance = random.Random(17)
    understood = 0
    for _ in range(1500):
        line = [chance.choice(WORDS) for _ in range(chance.randint(0, 4))]
        found = _quick(line, command)
        if found is not None:
            understood += 1
            assert found == _argparse(line, command), line
    assert understood > 50
    capsys.readouterr()


def test_lists_are_made_anew_each_time() -> None:
    first = _quick(["a"])
    assert first is not None
    for name in ("paths", "output_format", "select", "exclude"):
        values = first[name]
        assert isinstance(values, list)
        values.append("x")
    assert _quick([]) == _argparse([])


def test_other_options_are_left_to_argparse() -> None:
    for line in (["--jobs", "2"], ["--time-limit=1"], ["--help"], ["--pre"], ["-qv"], ["a", "-q", "b"], ["--", "a"]):
        assert _quick(line) is None, line
