"""Every command that a page shows is run, and prints what the page says it prints.

A block of a page that is marked `console` is a session in a copy of `docs/example`, which is committed to git first: a
line that starts with `$ ` is a command, and what follows is what it prints. Sessions go on from block to block. A line
`...` stands for any lines. `pytest --update` writes what is printed into the page wherever it differs.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hullcheck.schema import text as text_of

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [DOCS / name for name in ("fleet.md", "map.md", "reports.md", "show.md")]
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*(?:\\\n.*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


class Session:
    """Runs commands in a copy of the example, with `hullcheck` among them."""

    def __init__(self, folder: Path) -> None:
        self.example = folder / "shop"
        shutil.copytree(DOCS / "example", self.example)
        tool = folder / "bin" / "hullcheck"
        tool.parent.mkdir()
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hullcheck "$@"\n')
        tool.chmod(0o755)
        self.env = {
            "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
        for name in ("AUTHOR", "COMMITTER"):
            self.env |= {f"GIT_{name}_NAME": "someone", f"GIT_{name}_EMAIL": "someone@example.com"}
        self.run("git init -q . && git add -A && git commit -q -m 'Sell things'")

    def run(self, command: str) -> str:
        """What a command prints; it must do what it was asked for."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.example,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        printed = "".join(text if text.endswith("\n") else f"{text}\n" for text in (done.stdout, done.stderr) if text)
        assert done.returncode in (0, 1), f"{command}: {done.returncode}: {printed}"
        return printed


def schema_of(command: str) -> str:
    """The name of the schema that describes what the command prints; empty where it prints no JSON."""
    if "format json" not in command or "|" in command:
        return ""
    return next((name for name in ("map", "show") if command.startswith(f"hullcheck {name} ")), "report")


def played(text: str, session: Session) -> Iterator[tuple[str, str, str]]:
    """The commands of a block, with what the page says they print, and what they print."""
    for match in _COMMAND.finditer(text):
        printed = session.run(match[1])
        schema = schema_of(match[1])
        if schema:
            Draft202012Validator(json.loads(text_of(schema))).validate(json.loads(printed))
        yield match[1], match[2], printed


def agree(said: str, printed: str) -> bool:
    """Is it what is printed, with `...` for any lines?"""
    parts = re.split(r"^ *\.\.\.\n", said, flags=re.MULTILINE)
    return re.fullmatch("(?s:.*)".join(map(re.escape, parts)), printed) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_print_what_the_page_says(page: Path, update: bool, tmp_path: Path) -> None:
    session = Session(tmp_path)
    text = page.read_text(encoding="utf-8")
    wrong = []

    def checked(block: re.Match[str]) -> str:
        rows = list(played(block[0], session))
        assert "".join(f"$ {command}\n{said}" for command, said, _ in rows) == block[0], "a block starts with a command"
        wrong.extend(f"$ {command}\n{printed}" for command, said, printed in rows if not agree(said, printed))
        return "".join(f"$ {command}\n{said if agree(said, printed) else printed}" for command, said, printed in rows)

    written = _BLOCK.sub(checked, text)
    assert "$ hullcheck " in written
    if update:
        page.write_text(written, encoding="utf-8")
    else:
        assert wrong == []


def test_dots_stand_for_any_lines() -> None:
    assert agree("a\n...\nd\n", "a\nb\nc\nd\n")
    assert agree("a\n  ...\n", "a\n")
    assert not agree("a\n...\nd\n", "a\nb\n")
    assert not agree("a\n", "a\nb\n")
