"""The pages of the checks are what the checks say."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import reports
from hullcheck.check import load

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generate: ModuleType) -> dict[str, str]:
    made: dict[str, str] = generate.pages(load("hullcheck_checks"))
    return made


def test_the_committed_pages_are_those_that_are_generated(
    generate: ModuleType, pages: dict[str, str], update: bool
) -> None:
    if update:
        generate.main()
    committed = {f"checks/{path.name}" for path in (DOCS / "checks").glob("*.md")} | {"checks.md"}
    assert committed == set(pages), "run `pytest --update tests/test_docs.py`"
    stale = [path for path, text in pages.items() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert not stale, "run `pytest --update tests/test_docs.py`"


def test_ids_of_other_tools_are_those_that_the_checks_have(generate: ModuleType) -> None:
    registry = load("hullcheck_checks")
    made: dict[str, str] = generate.coming_from(registry)
    stale = [path for path, text in made.items() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert not stale, "run `pytest --update tests/test_docs.py`"
    assert "| `DL3002` | [root-user](../checks/root-user.md) |" in made["coming-from/hadolint.md"]
    told = {tool for text in made.values() for tool in re.findall(r"<!-- ids of ([\w-]+) -->", text)}
    tools = {alias.partition(":")[0] for check in registry for alias in check.aliases}
    assert told <= tools
    for tool in told:
        ids = {alias.partition(":")[2] for check in registry for alias in check.aliases if alias.startswith(f"{tool}:")}
        assert any(f"\n{len(ids)} ids stand for something here.\n" in text for text in made.values()), tool


def test_a_page_about_an_unknown_tool_is_refused(generate: ModuleType) -> None:
    with pytest.raises(ValueError, match="no check has an id of nobody"):
        generate._with_ids("<!-- ids of nobody -->\n<!-- end of ids -->\n", list(reports.REGISTRY))


WORDS = re.compile(r"(?<![\w-])(--[a-z][a-z-]*)")
OURS = ("index.md", "model.md", "promises.md", "comparison.md", "for/*.md")


def known_options() -> set[str]:
    """All options of all commands, and the commands after `hullcheck `."""
    commands = ("", *COMMANDS)
    return {option for name in commands for option in WORDS.findall(help_of(name))}


def help_of(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hullcheck", *command.split(), "--help"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


COMMANDS = ("check", "explain", "checks", "files", "config", "show", "map", "baseline", "migrate", "clean")


def test_options_and_commands_that_pages_name_exist() -> None:
    """In the pages about other tools, those in the columns of what is ours."""
    known = known_options()
    texts = {path: path.read_text(encoding="utf-8") for pattern in OURS for path in DOCS.glob(pattern)}
    for path in (DOCS / "coming-from").glob("*.md"):
        by_hand = path.read_text(encoding="utf-8").partition("<!-- ids of")[0]
        rows = re.findall(r"^\| .* \| (.*) \|$", by_hand, re.MULTILINE)
        texts[path] = "\n".join(rows)
    wrong = [
        f"{path.name}: {option}"
        for path, text in texts.items()
        for option in WORDS.findall(text)
        if option not in known
    ]
    assert wrong == []
    named = {name for text in texts.values() for name in re.findall(r"`hullcheck ([a-z]+)[ `]", text)}
    assert {"explain", "migrate", "baseline", "map"} <= named <= set(COMMANDS)
    assert "--trusted-registry" not in known


def test_every_check_has_an_example_of_what_is_bad_and_of_what_is_fine(pages: dict[str, str]) -> None:
    for check in load("hullcheck_checks"):
        if check.concern != "run":
            text = pages[f"checks/{check.name}.md"]
            assert "\n## Bad\n" in text, check.name
            assert "\n## Good\n" in text, check.name


def test_every_check_is_in_the_index_with_a_page(pages: dict[str, str]) -> None:
    links = re.findall(r"\]\((checks/[a-z0-9-]+\.md)\)", pages["checks.md"])
    assert set(links) == set(pages) - {"checks.md"}
    assert len(links) == len(set(links))


def test_a_page_has_reasons_examples_names_and_references(generate: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "identity" / "root_user"
    (folder / "bad-joined").mkdir(parents=True)
    (folder / "bad-joined" / "Dockerfile").write_text("FROM joined\n")
    (folder / "bad.Dockerfile").write_text("FROM x\nUSER root\n")
    (folder / "bad.Dockerfile.txt").write_text("high[root-user]: x\n  = why: told above\n\n1 finding in 1 file\n")
    (folder / "good.Dockerfile").write_text("FROM x\nUSER 1\n")
    text = generate.pages(reports.REGISTRY, tmp_path)["checks/root-user.md"]
    parts = (
        "# root-user\n\nA container that is told to run as root.\n\n**Severity**: high",
        "[CWE-250](https://cwe.mitre.org/data/definitions/250.html)",
        "\n\nRoot in a container is root to everything",
        "```dockerfile\nRUN useradd --uid 10001 app\nUSER 10001\n```",
        "## Bad\n\nDockerfile:\n\n```dockerfile\nFROM x\nUSER root\n```\n\n```text\nhigh[root-user]: x\n```",
        "## Good\n\nDockerfile:\n\n```dockerfile\nFROM x\nUSER 1\n```",
        '# hullcheck: ignore[root-user] reason="..."',
        "- hadolint: `DL3002`",
        "- <https://example.org/users>",
    )
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert "joined" not in text
    assert "1 finding" not in text


def test_pages_have_no_blank_run_and_end_in_a_newline(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
