"""Parts of the language server by themselves: how places are counted, what settings there are, what an edit ends."""

import argparse
import random
import re
from pathlib import Path

import pytest
from lsprotocol import types

from hullcheck.commands import check
from hullcheck.commands.common import registry
from hullcheck.commands.lsp import asked
from hullcheck.lsp.folder import Folder, Judged
from hullcheck.lsp.server import STALE, Area, Server
from hullcheck.lsp.settings import Settings, camel
from hullcheck.lsp.text import Text

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_places_in_any_text() -> None:
    """There and back in every encoding, against a count of each line's characters one by one."""
    chance = random.Random(1)
    widths = {"utf-8": lambda char: len(char.encode()), "utf-16": lambda char: 1 + (char > "\uffff"), "utf-32": len}
    for _ in range(60):
        text = "".join(chance.choice("ab\té\u2028\x0b😀\r\n\n") for _ in range(chance.randrange(1200)))
        lines = [(match.start(), match[1]) for match in re.finditer(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)", text)]
        for encoding, width in widths.items():
            made = Text(text, encoding)
            for number, (start, content) in enumerate(lines[:-1] if text and text[-1] not in "\r\n" else lines):
                column = 0
                for at, char in enumerate((*content, ""), start):
                    assert made.position(at) == types.Position(number, column)
                    assert made.offset(types.Position(number, column)) == at
                    column += width(char) if char else 0
                assert made.offset(types.Position(number, column + 5)) == start + len(content)


def test_settings_mirror_the_options_and_are_described() -> None:
    parser = argparse.ArgumentParser()
    check.add(parser)
    options = {name.removeprefix("--") for action in parser._actions for name in action.option_strings}
    settings = {name.replace("_", "-") for name in Settings._fields}
    assert settings - options == {"enable", "show-unjudged"}
    assert options - settings <= {
        "help", "-h", "-q", "-v", "output-format", "fail-on", "diff-base", "gate", "pre-commit", "allow-no-files", "fix",
        "unsafe-fixes", "diff", "fix-only", "stdin-filename", "jobs", "today", "sarif-category", "color", "statistics",
        "quiet", "verbose", "format", "group-by", "show-each", "fail-on-unjudged", "time-limit", "file-time-limit", "cache-dir", "no-cache",
    }  # fmt: skip
    page = (Path(__file__).parent.parent / "docs/editors.md").read_text(encoding="utf-8")
    assert [name for name in Settings._fields if f"`{camel(name)}`" not in page] == []


def test_an_edit_ends_what_is_judged_of_the_one_before_unless_that_has_waited_long(tmp_path: Path) -> None:
    checks = registry()
    server = Server(checks, asked)
    area = Area(Folder(str(tmp_path), Settings(), asked, checks, "utf-16"))
    area.running = True
    server.changed(area)
    assert not area.folder.stop.is_set(), "the first judgement goes on: what follows is quick because of it"
    area.judged = Judged(server, {}, {})  # type: ignore[arg-type]
    area.reach(area.asked)
    server.changed(area)
    assert area.folder.stop.is_set()
    area.folder.stop.clear()
    area.since -= STALE + 1
    server.changed(area)
    assert not area.folder.stop.is_set()
    area.reach(area.asked)
    server.changed(area)
    assert area.folder.stop.is_set()
