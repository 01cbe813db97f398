"""The index of checks, which stands for them until one is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

import hullcheck_checks
from hullcheck.check import Entry, Registry, index, load, search
from hullcheck.errors import HullcheckError

PACKAGE = "hullcheck_checks"
INDEX = Path(hullcheck_checks.__file__).with_name("index.py")


def test_the_index_says_what_the_checks_say() -> None:
    assert INDEX.read_text(encoding="utf-8") == index(PACKAGE), "run `pytest --update tests/test_index.py`"


def test_what_is_loaded_is_what_a_search_finds() -> None:
    loaded = load(PACKAGE)
    found = {check.name: check for check in search(PACKAGE)}
    assert set(loaded.entries) == set(found)
    assert all(loaded[name] is check for name, check in found.items())


def test_a_package_without_an_index_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "more_checks" / "house"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "__init__.py").write_text("")
    (folder / "no_pets.py").write_text(
        "from hullcheck.check import Check\nfrom hullcheck.finding import Severity\n"
        "check = Check(__name__, 'A pet.', severity=Severity.LOW, dialects=('compose',))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = load("more_checks")
    assert registry.named("no-pets") == {"no-pets"}
    assert registry["no-pets"].summary == "A pet."


def test_a_name_is_only_one_checks() -> None:
    entry = Entry.of(next(iter(search(PACKAGE))))
    with pytest.raises(HullcheckError, match="two checks are called"):
        Registry(PACKAGE, [entry, entry])


def test_only_checks_that_have_something_to_say_are_imported(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 10001\n")
    script = (
        "import sys; from hullcheck.cli import main; main(['check', sys.argv[1]]); "
        "print(*(m for m in sys.modules if m.startswith('hullcheck_checks.')), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "hullcheck_checks.identity.root_user" in done.stderr
    assert "hullcheck_checks.rbac" not in done.stderr
    assert "hullcheck_checks.network.flat_network" not in done.stderr
