"""What the README says holds: its links lead somewhere, and the commands at its top are the first."""

import re
import tomllib
from pathlib import Path

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text(encoding="utf-8")


def test_links_and_pictures_are_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)(?:#[^)\s]*)?\)", README)
    assert len(links) > 20
    assert [link for link in links if not (TOP / link).exists()] == []


def test_the_two_commands_stand_before_anything_else_to_read() -> None:
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    judges, tests = (block.strip() for block in blocks[:2])
    assert judges == "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/hullcheck /path/to/repository"
    assert tests.startswith(
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/python -m pytest"
    )
    assert README.index("```console") < README.index("pictures/check.svg") < README.index("\n## ")


def test_badges_are_pictures_of_this_repository() -> None:
    badges = re.findall(r"^\[!\[[^\]]*\]\(([^)]+)\)\]", README, re.MULTILINE)
    assert badges
    assert all(badge.startswith("docs/pictures/badge-") for badge in badges)
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] in (TOP / "docs/pictures/badge-licence.svg").read_text(encoding="utf-8")
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in README
