"""Completion of command lines: what a word can become, and what real shells make of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hullcheck.cli import COMMANDS, main
from hullcheck.commands.completion import SCRIPTS, complete
from process import environment


def words(*typed: str) -> list[str]:
    return [word for word, _ in complete(list(typed)).words]


def test_the_first_word_is_a_command_or_a_path() -> None:
    assert words("") == list(COMMANDS)
    assert words("che") == ["check", "checks"]
    assert complete([""]).mode == "files"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_its_own_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = complete([command, "--"])
    assert found.mode == "words"
    with pytest.raises(SystemExit):
        main([command, "--help"])
    told = capsys.readouterr().out
    assert all(f" {word}" in told for word, _ in found.words)
    assert {word for word, _ in found.words} | {"--help"} == {
        word.strip(",") for line in told.splitlines() if line.startswith("  -") for word in line.split() if word[:2] == "--"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "mode", "expected"),
    [
        (("--diff",), "words", ["--diff-base", "--diff"]),
        (("--fail-on", "h"), "words", ["high"]),
        (("--fail-on=h",), "words", ["--fail-on=high"]),
        (("--fail-on", "=", "h"), "words", ["high"]),
        (("--fail-on", "="), "words", ["critical", "high", "medium", "low", "info", "none"]),
        (("--output-format", "sa"), "words", ["sarif", "sarif-full"]),
        (("map", "--format", "sv"), "words", ["svg"]),
        (("--output-format", "sarif:ou"), "files", []),
        (("--output-format", "sarif", ":", "ou"), "files", []),
        (("--output-format", "sarif", ":"), "files", []),
        (("--select", "root-user,priv"), "words", ["root-user,privilege-escalation", "root-user,privileged"]),
        (("explain", "privileged"), "words", ["privileged"]),
        (("baseline", ""), "words", ["create", "update", "prune", "show"]),
        (("baseline", "create", ""), "files", []),
        (("--cache-dir", ""), "folders", []),
        (("--diff-base", ""), "words", []),
        (("check", "-q", "x"), "files", []),
        (("completion", "z"), "words", ["zsh"]),
    ],
    ids=str,
)
def test_a_word_becomes(typed: tuple[str, ...], mode: str, expected: list[str]) -> None:
    found = complete(list(typed))
    assert found.mode == mode
    assert sorted(word for word, _ in found.words) == sorted(expected)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    program = tmp_path / "bin" / "hullcheck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -W ignore -m hullcheck "$@"\n')
    program.chmod(0o755)
    here = tmp_path / "here"
    (here / "sub dir").mkdir(parents=True)
    (here / "compose file.yaml").touch()
    return here


def in_shell(folder: Path, shell: str, script: str) -> list[str]:
    if not shutil.which(shell):
        pytest.skip(f"{shell} isn't installed")
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = environment(PATH=path, HOME=str(folder.parent), TERM="dumb")
    bare = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [shell, *bare, "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


BASH = """
source <(hullcheck completion bash)
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _hullcheck; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
send() {{ zpty -w shell "$1"; }}
send 'PROMPT=; autoload -U compinit; compinit -D -u; source <(hullcheck completion zsh)'
send 'compadd() {{ if [[ " $* " == *" -O "* || " $* " == *" -A "* || " $* " == *" -D "* ]]; then builtin compadd "$@"; return; fi; local -a made; builtin compadd -O made "$@"; print -l -- "GOT "$^made; builtin compadd "$@" }}'
send "echo defi''ned"
zpty -m -r shell line '*defined*'
zpty -n -w shell '{words}'$'\\t'
after=0
for i in {{1..300}}; do
  while zpty -r -t shell line; do all+=$line; done
  [[ $all == *GOT* ]] && (( ++after > 10 )) && break
  sleep .1
done
print -r -- "$all" | tr '\\r' '\\n' | grep -o 'GOT .*' | sed 's/^GOT //'
"""


CASES = [
    ("hullcheck che", {"check", "checks"}),
    ("hullcheck --fail-on h", {"high"}),
    ("hullcheck --select root-user,privileg", {"root-user,privileged", "root-user,privilege-escalation"}),
    ("hullcheck map --format sv", {"svg"}),
    ("hullcheck comp", {"completion", "compose file.yaml"}),
    ("hullcheck --cache-dir s", {"sub dir"}),
]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_bash(folder: Path, line: str, expected: set[str]) -> None:
    assert set(in_shell(folder, "bash", BASH.format(words=line))) == expected


def test_bash_splits_words_at_equals_signs_and_colons(folder: Path) -> None:
    assert in_shell(folder, "bash", BASH.format(words="hullcheck --fail-on = h")) == ["high"]
    assert in_shell(folder, "bash", BASH.format(words="hullcheck --output-format sarif : comp")) == [
        "compose file.yaml"
    ]


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_fish(folder: Path, line: str, expected: set[str]) -> None:
    script = f'hullcheck completion fish | source; complete -C "{line}"'
    found = {word.rstrip("/").replace("\\ ", " ") for word in in_shell(folder, "fish", script)}
    assert found == expected


@pytest.mark.parametrize(("line", "expected"), CASES, ids=[line for line, _ in CASES])
def test_zsh(folder: Path, line: str, expected: set[str]) -> None:
    found = set(in_shell(folder, "zsh", ZSH.format(words=line)))
    assert expected <= {word.strip() for word in found}, found


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_shell_takes_its_script(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} isn't installed")
    script = tmp_path / "script"
    script.write_text(SCRIPTS[shell])
    check = ["--no-execute"] if shell == "fish" else ["-n"]
    done = subprocess.run([shell, *check, str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
