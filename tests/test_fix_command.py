"""`--fix`, `--unsafe-fixes`, `--diff` and `--fix-only`, from the command line to the files."""

import argparse
import re
from pathlib import Path

import pytest

from hullcheck.cli import main
from hullcheck.commands import fixing
from hullcheck.finding import Finding, Severity
from hullcheck.fix.resolve import resolve
from hullcheck.model import edit
from hullcheck.result import Result
from hullcheck.source import Source

COMPOSE = """\
services:
  web:
    image: web:1.2.3  # ours
    ports:
      - "8080:80"
"""
FIXED = COMPOSE.replace('"8080:80"', '"127.0.0.1:8080:80"')


@pytest.fixture
def compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return file


def hullcheck(*arguments: str) -> int:
    return main(["check", "--select", "port-all-interfaces", "--color", "never", *arguments])


def test_unsafe_fixes_are_made_where_they_are_asked_for(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hullcheck("--fix") == 0
    assert compose.read_text() == COMPOSE
    assert hullcheck("--unsafe-fixes") == 0
    assert compose.read_text() == FIXED
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("no findings in 1 file")
    assert err.splitlines() == ["hullcheck: fixed 0 findings in 0 files", "hullcheck: fixed 1 finding in 1 file"]
    assert hullcheck("--unsafe-fixes") == 0
    assert compose.read_text() == FIXED


def test_a_diff_changes_nothing(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hullcheck("--diff") == 0
    assert capsys.readouterr().out == ""
    assert hullcheck("--diff", "--unsafe-fixes", "--output-format", "concise:report.txt") == 0
    out = capsys.readouterr().out
    assert '-      - "8080:80"\n+      - "127.0.0.1:8080:80"\n' in out
    assert compose.read_text() == COMPOSE
    assert "port-all-interfaces" in Path("report.txt").read_text()


def test_fixing_only_reports_nothing(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hullcheck("--fix-only", "--unsafe-fixes", "-q") == 0
    assert capsys.readouterr() == ("", "")
    assert compose.read_text() == FIXED


def test_contradictions_are_errors(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hullcheck("--diff", "--fix") == 2
    assert "--diff changes nothing" in capsys.readouterr().err
    assert compose.read_text() == COMPOSE


def test_standard_input_is_not_fixed_in_place(monkeypatch: pytest.MonkeyPatch, compose: Path) -> None:
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(COMPOSE.encode())))
    assert hullcheck("--fix", "-") == 2


class Tree:
    """A file that is linted by a check of the test's own, and how often it was."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self.file = folder / "app.yaml"
        self.file.write_text(text)
        self.lints = 0
        self.wanted: list[tuple[str, tuple[str, ...]]] = []
        self.stubborn = False

    def lint(self) -> Result:
        self.lints += 1
        source = Source("app.yaml", self.file.read_bytes())
        findings = []
        for word, path in self.wanted:
            place = source.at(source.text.index(word), source.text.index(word) + len(word))
            change = edit.put(place, path, True)
            if self.stubborn:
                change = edit.replace(place._replace(start=place.end + 2, end=place.end + 3), str(self.lints))
            findings.append(
                Finding("x", Severity.LOW, "m", place, evidence=path, fix=edit.fix("say it", change, safe=True))
            )
        found = tuple(finding for finding in resolve(findings) if finding.fix)
        return Result(str(self.folder), found, found, (), 1, 0, False, None, False, 0)


OPTIONS = argparse.Namespace(unsafe_fixes=False, quiet=False, paths=["."])


def test_fixes_of_one_place_are_made_in_several_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = Tree(tmp_path, "a:\n  b: 1\n")
    tree.wanted = [("a", ("c", "p")), ("a", ("c", "q")), ("a", ("c", "r"))]
    result = fixing.make(OPTIONS, tree.lint)
    assert result.shown == ()
    assert tree.file.read_text() == "a:\n  b: 1\n  c:\n    p: true\n    q: true\n    r: true\n"
    assert capsys.readouterr().err == "hullcheck: fixed 3 findings in 1 file\n"


def test_a_fix_that_does_not_help_is_made_once(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "a: 0\n")
    tree.wanted = [("a", ())]
    tree.stubborn = True
    result = fixing.make(OPTIONS, tree.lint)
    assert len(result.shown) == 1
    assert tree.lints == 2
    assert tree.file.read_text() == "a: 1\n"


def test_what_could_not_be_fixed_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tree = Tree(tmp_path, "a:\n  b: 1\n")
    tree.wanted = [("a", ("c",))]

    def lint() -> Result:
        result = tree.lint()
        tree.file.write_text(f"a:\n  b: {tree.lints + 1}\n")
        return result

    assert fixing.make(OPTIONS, lint).exit_code == 2
    assert "hullcheck: app.yaml: not fixed: it was changed in the meantime\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("base", "other", "fixed"),
    [
        ("", "  b:\n    extends: {service: a}\n", {"a"}),
        ("", "  b:\n    extends: a\n  c:\n    extends: {service: b, file: compose.yaml}\n", {"a"}),
        ("", "  b:\n    extends: {service: a}\n    security_opt: [no-new-privileges:true]\n", set()),
        ("", "  b:\n    image: b:1\n", {"a", "b"}),
        ("    extends: {service: a}\n", "  b:\n    image: b:1\n", {"b"}),
        ("    security_opt: [no-new-privileges:true]\n", "  b:\n    extends: {service: a}\n", set()),
    ],
)
def test_a_service_is_given_an_item_once(base: str, other: str, fixed: set[str], tmp_path: Path) -> None:
    """Compose appends the lists of what a service extends, and refuses one that has an item twice."""
    file = tmp_path / "compose.yaml"
    file.write_text(f"services:\n  a:\n    image: a:1\n{base}{other}")
    main(["check", "--fix", "--fix-only", "--no-config", str(tmp_path)])
    written = dict(re.findall(r"^  (\w):\n((?:    .*\n)*)", file.read_text(), re.MULTILINE))
    assert {name for name, text in written.items() if "    security_opt:\n" in text} == fixed


def test_a_service_is_given_an_item_once_among_files_that_are_laid_over_one_another(tmp_path: Path) -> None:
    base, over = tmp_path / "compose.yaml", tmp_path / "compose.agent.yaml"
    base.write_text("services:\n  a:\n    image: a:1\n")
    over.write_text("services:\n  a:\n    security_opt: [no-new-privileges:true]\n")
    before = base.read_text()
    main(["check", "--unsafe-fixes", "--fix-only", "--no-config", str(tmp_path)])
    assert base.read_text() == before
    over.write_text("services:\n  a:\n    user: '1'\n")
    main(["check", "--unsafe-fixes", "--fix-only", "--no-config", str(tmp_path)])
    assert (base.read_text() + over.read_text()).count("no-new-privileges") == 1


def test_a_diff_tells_what_can_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text("# nothing\n")
    assert main(["check", "--diff", "--no-config", str(tmp_path)]) == 4
    assert capsys.readouterr() == ("", f"hullcheck: {tmp_path}/Dockerfile:1: the file holds no instruction\n")
