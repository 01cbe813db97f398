"""Options mean the same in each command, and what is mistyped is guessed."""

import argparse
import json
import sys
from pathlib import Path

import pytest

from hullcheck.cli import COMMANDS, _module, main
from hullcheck.commands.common import use_color
from hullcheck.look import ENVIRON

OTHERWISE = {
    ("--cache-dir", "help"): "`clean` removes what the others keep there",
    ("--diff-base", "help"): "each says what it compares",
    ("--output-format", "help"): "each has formats of its own",
    ("--quiet", "help"): "each says what it would say",
    ("--verbose", "help"): "each says what it adds",
}
"""What differs of an option that several commands have, and why that is right."""


def options() -> dict[str, dict[str, argparse.Action]]:
    """By the name of each option, what each command makes of it."""
    found: dict[str, dict[str, argparse.Action]] = {}
    for command in COMMANDS:
        parser = argparse.ArgumentParser(add_help=False)
        _module(command).add(parser)
        for action in parser._actions:
            for name in action.option_strings:
                found.setdefault(name, {})[command] = action
    return found


ASPECTS = ("dest", "nargs", "const", "default", "type", "choices", "required", "metavar", "help", "option_strings")


@pytest.mark.parametrize("name", [name for name, of in options().items() if len(of) > 1])
def test_an_option_means_the_same_in_each_command(name: str) -> None:
    actions = options()[name]
    long = next(one for one in next(iter(actions.values())).option_strings if one.startswith("--"))
    assert len({type(action) for action in actions.values()}) == 1
    for aspect in ASPECTS:
        said = {str(getattr(action, aspect)) for action in actions.values()}
        assert len(said) == 1 or (long, aspect) in OTHERWISE, (name, aspect, said)


def test_what_may_differ_does() -> None:
    found = options()
    assert all(len({str(getattr(a, aspect)) for a in found[name].values()}) > 1 for name, aspect in OTHERWISE)


@pytest.mark.parametrize(
    "command", [name for name in COMMANDS if "--format" in options() and name in options()["--format"]]
)
@pytest.mark.parametrize("option", ["--format", "--output-format"])
def test_each_format_can_go_to_a_file(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: a:1}}\n")
    monkeypatch.chdir(tmp_path)
    assert main([command, option, "json"]) == 0
    shown = capsys.readouterr().out
    assert main([command, option, "json:out.json"]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "out.json").read_text() == shown
    json.loads(shown)
    assert main([command, option, "jsno"]) == 2
    assert "no format is called `jsno`" in (told := capsys.readouterr().err)
    assert "did you mean `json`?" in told
    assert main([command, option, "json:"]) == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("map --fromat json", "did you mean `--format`? (see `hullcheck map --help`)"),
        ("--diffbase main", "did you mean `--diff-base`? (see `hullcheck check --help`)"),
        ("--focus web", "`--focus` is an option of `hullcheck map` (see"),
        ("show --profile debug", "did you mean `--compose-profile`? (see `hullcheck show --help`)"),
        ("--nothing-like-this", "unrecognized arguments: --nothing-like-this (see"),
        ("--fail-on hihg", "`hihg` is none of critical, high, medium, low, info, none; did you mean `high`?"),
        ("baseline craete", "did you mean `create`?"),
        ("config shwo", "did you mean `show`?"),
        ("cheks", "no such command, file or folder: cheks; did you mean `checks`?"),
        ("scan .", "no such command, file or folder: scan; did you mean `check`?"),
        ("nothing", "no such command, file or folder: nothing; see `hullcheck --help`"),
        ("./nothing", "no such file or folder: ./nothing"),
        ("check nothing", "no such file or folder: nothing"),
        ("explain root-usr", "did you mean `root-user`?"),
        ("explain DL3008", "`DL3008`; `hullcheck checks --format json` has all names and ids"),
        ("--group-by owner --format json", "--group-by: of the formats full and concise only"),
        ("map --policies --format svg", "--policies: there is text and cilium, not svg"),
        ("map --explain a b --format json", "--explain: there is text, not json"),
        ("map --output x --format json --format svg", "--output: of one format only"),
    ],
)
def test_what_is_mistyped_is_guessed(
    line: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(line.split()) == 2
    assert told in capsys.readouterr().err


def test_several_formats_are_written_in_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: a:1}}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["map", "-q", "--format", "svg:map.svg", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["scopes"]
    assert (tmp_path / "map.svg").read_text().startswith("<svg")


def test_a_profile_of_compose_is_one_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n  a: {image: a:1, profiles: [x], privileged: true}\n  b: {image: b:1, profiles: [y], privileged: true}\n"
    )
    monkeypatch.chdir(tmp_path)
    for command, more in (("check", ["--select", "privileged"]), ("show", []), ("map", ["-q"])):
        assert main([command, *more, "--compose-profile", "x", "--format", "json", "compose.yaml"]) in (0, 1)
        told = capsys.readouterr().out
        assert '"a' in told or "/a[" in told or "services.a" in told
        assert "services.b" not in told
        assert "/b[" not in told


@pytest.mark.parametrize(
    ("environ", "terminal", "colored"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "0"}, True, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
    ids=str,
)
def test_colour_is_as_the_environment_says(
    environ: dict[str, str], terminal: bool, colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert ENVIRON.get("TERM") == environ.get("TERM")
    assert use_color("auto") is colored
    assert (use_color("always"), use_color("never")) == (True, False)
