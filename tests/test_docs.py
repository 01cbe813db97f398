"""The pages of the checks are what the checks say."""

import importlib.util
import re
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
    assert committed == set(pages), "run `python docs/generate.py`"
    stale = [path for path, text in pages.items() if (DOCS / path).read_text(encoding="utf-8") != text]
    assert not stale, "run `python docs/generate.py`"


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
