"""The pages of the checks are what the checks say."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

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
    assert committed == set(pages), "run `python docs/generate.py`"
    stale = [path for path, text in pages.items() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert not stale, "run `python docs/generate.py`"


def test_every_check_is_in_the_index_with_a_page(pages: dict[str, str]) -> None:
    links = re.findall(r"\]\((checks/[a-z0-9-]+\.md)\)", pages["checks.md"])
    assert set(links) == set(pages) - {"checks.md"}
    assert len(links) == len(set(links))


def test_a_page_has_reasons_examples_names_and_references(pages: dict[str, str]) -> None:
    text = pages["checks/root-user.md"]
    for part in (
        "## Bad",
        "## Good",
        "To fix: ",
        "- hadolint: `DL3002`",
        "[CWE-250]",
        "ignore[root-user]",
        "- <https://",
    ):
        assert part in text
    assert text.count("```") % 2 == 0
    assert text.index("## Bad") < text.index("high[root-user]") < text.index("## Good")


def test_pages_have_no_blank_run_and_end_in_a_newline(pages: dict[str, str]) -> None:
    for path, text in pages.items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
