"""Of which day the tables of facts are, and what is said of their age."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from hullcheck import __version__, facts
from hullcheck.cli import main
from hullcheck.model.official import official_images
from hullcheck_checks.data.lifecycle import table

TODAY = max(facts.days().values())


def test_the_day_of_the_end_of_life_table_is_its_own() -> None:
    assert facts.days()["end of life"] == date.fromisoformat(table()["date"])
    path = Path(facts.__file__).parent / "data" / "facts.json"
    assert all(entry["source"] for entry in json.loads(path.read_text(encoding="utf-8")).values())


def test_official_images_are_known() -> None:
    assert {"nginx", "busybox", "openjdk"} <= official_images()
    assert not {"scratch", "assets", ""} & official_images()


@pytest.mark.parametrize(
    ("days", "told"), [(0, False), (facts.MAX_DAYS, False), (facts.MAX_DAYS + 1, True), (999, True)]
)
def test_old_facts_are_told(days: int, told: bool) -> None:
    today = min(facts.days().values()) + timedelta(days=days)
    assert facts.age(today) == days
    assert bool(facts.warning(today)) is told
    assert not told or f"{days} days old" in facts.warning(today)


@pytest.mark.parametrize("arguments", [["--version", "-v"], ["-v", "--version"], ["--version", "--verbose"]])
def test_the_version_tells_the_age(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"hullcheck {__version__}\n")
    assert "end of life" in out
    assert " days old" in out


def test_the_plain_version_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"hullcheck {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], True),
        (["-q"], False),
        (["--output-format", "concise"], False),
        (["--output-format", "json"], False),
        (["--output-format", "sarif"], False),
    ],
)
def test_a_run_tells_it_in_one_line_that_is_no_finding(
    arguments: list[str], told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 1000\n", encoding="utf-8")
    later = (TODAY + timedelta(days=400)).isoformat()
    code = main(["check", str(tmp_path), "--today", later, *arguments])
    said = capsys.readouterr()
    assert code == 0
    assert ("days old" in said.err) is told
    assert said.err.count("days old") == int(told)
    assert "days old" not in said.out
    assert main(["check", str(tmp_path), "--today", TODAY.isoformat(), *arguments]) == 0
    assert "days old" not in capsys.readouterr().err
