"""What checks say that they need: without it they find nothing, and a run that leaves them out finds the same."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hullcheck import engine
from hullcheck.analysis import Judge
from hullcheck.check import Check, Entry, Parts, holds, load, search
from hullcheck.link.project import Project
from hullcheck.model.settings import Settings
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Request, Subject
from hullcheck.result import Result
from hullcheck.source import Field

FIXTURES = Path(__file__).parent.parent / "fixtures"
CHECKS = {check.name: check for check in search("hullcheck_checks")}
DECLARED = [(check, part) for check in CHECKS.values() for part, needs in check.needs.items() if needs]


def lint(folder: Path) -> Result:
    config = Config(path=str(folder / ".hullcheck.yml"))
    policy = Policy(config, today=date(2026, 7, 1), strict=True)
    return engine.lint(
        Request(Subject((str(folder),), isolated=True), policy), load("hullcheck_checks"), lambda *_: None
    )


def told(folder: Path) -> list[tuple[object, ...]]:
    return [(finding.sort_key, finding.severity, finding.fingerprint) for finding in lint(folder).findings]


@pytest.fixture(scope="module")
def seen() -> tuple[dict[str, list[Any]], Settings]:
    """All parts of all fixtures, by type, as the checks are given them."""
    parts: dict[str, list[Any]] = {}
    used: list[Settings] = []
    original = Judge._checked

    def checked(self: Judge, project: Project, *given: Any) -> Iterator[Any]:
        used.append(self.settings)
        for _, part in project.parts:
            parts.setdefault(type(part).__name__, []).append(part)
        return original(self, project, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Judge, "_checked", checked)
        for folder in sorted(path for path in FIXTURES.glob("*/*") if path.is_dir()):
            lint(folder)
    return parts, used[0]


def found_by(check: Check, part: Any, settings: Settings) -> list[Any]:
    return [
        finding
        for name, function, takes_settings in check.functions
        if name == type(part).__name__
        for finding in (function(part, settings) if takes_settings else function(part))
    ]


def without(part: Any, path: str) -> Any:
    """The part with nothing at that path."""
    name, _, rest = path.partition(".")
    if not hasattr(part, "_replace") or name == "node":
        return None
    value = getattr(part, name)
    if not rest:
        plain = () if type(value) is tuple else None
        return part._replace(**{name: Field(None, value.location) if isinstance(value, Field) else plain})
    emptied = tuple(without(each, rest) for each in value)
    return None if None in emptied else part._replace(**{name: emptied})


@pytest.mark.parametrize(("check", "part"), DECLARED, ids=lambda given: getattr(given, "name", given))
def test_without_what_it_needs_a_check_finds_nothing(
    check: Check, part: str, seen: tuple[dict[str, list[Any]], Settings]
) -> None:
    parts, settings = seen
    needs = check.needs[part]
    lacking = [each for each in parts[part] if not any(holds(each, path) for path in needs)]
    assert lacking
    assert [finding for each in lacking for finding in found_by(check, each, settings)] == []
    bad = [each for each in parts[part] if found_by(check, each, settings)]
    assert bad, "no fixture has what it looks for"
    for each in bad:
        emptied = each
        for path in needs:
            emptied = without(emptied, path) if emptied is not None else None
        assert emptied is None or found_by(check, emptied, settings) == []


@pytest.mark.parametrize("concern", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_a_run_that_leaves_checks_out_finds_what_all_find(concern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in sorted(path for path in (FIXTURES / concern).iterdir() if path.is_dir()):
        fewer = told(folder)
        with monkeypatch.context() as patch:
            patch.setattr(Parts, "have", lambda self, type_name, path: True)
            assert told(folder) == fewer


def test_a_check_without_a_word_of_it_always_runs() -> None:
    parts = Parts([Field(None, None)])  # type: ignore[arg-type]
    entry = Entry("a", "b", None, (), (), True, False, ("Field",))  # type: ignore[arg-type]
    assert parts.may_interest(entry)
    assert not parts.may_interest(entry._replace(needs=(("Field", ("value",)),)))
    assert not parts.may_interest(entry._replace(parts=("Other",)))
    assert parts.may_interest(entry._replace(needs=(("Other", ("value",)),)))


def test_one_function_that_says_nothing_speaks_for_all_of_its_type() -> None:
    check = Check("a.b.c", "C.", severity=next(iter(CHECKS.values())).severity, dialects=())
    check.on("Container", needs="mounts")(lambda part: ())
    assert Entry.of(check).needs == (("Container", ("mounts",)),)
    check.on("Container", needs="devices")(lambda part: ())
    assert Entry.of(check).needs == (("Container", ("mounts", "devices")),)
    check.on("Container")(lambda part: ())
    check.on("Container", needs="ports")(lambda part: ())
    assert Entry.of(check).needs == ()
