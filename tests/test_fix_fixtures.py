"""Every fix that a check offers, on the check's own fixtures: it is made, it cures, and it needs no second time.

A fixture `bad.NAME` may have the text that the fix gives beside it, as `fixed.NAME`; `pytest --update` writes it.
"""

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from hullcheck import engine
from hullcheck.check import Check, load
from hullcheck.finding import Finding, Severity
from hullcheck.fix.apply import apply
from hullcheck.fix.files import write
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Request, Subject
from hullcheck.result import Result

FIXTURES = Path(__file__).parent.parent / "fixtures"
REGISTRY = load("hullcheck_checks")
CASES = [
    case
    for check in REGISTRY
    for case in sorted((FIXTURES / check.concern.replace("-", "_") / check.name.replace("-", "_")).glob("bad*"))
    if case.suffix != ".txt"
]


def check_of(case: Path) -> Check:
    return REGISTRY[case.parent.name.replace("_", "-")]


def lint(path: Path, check: Check) -> Result:
    policy = Policy(Config(select=(check.name,)), min_severity=Severity.INFO)
    return engine.lint(Request(Subject((str(path),), isolated=True), policy), REGISTRY, lambda what, done, total: None)


def fixed(path: Path, check: Check) -> tuple[Result, set[str]]:
    """Make all fixes, in as many passes as they need; what is left, and the files that changed."""
    changed: set[str] = set()
    result = lint(path, check)
    for _ in range(10):
        done = apply(result.shown, unsafe=True)
        assert not done.refused, [refused.reason for refused in done.refused]
        if not done.files:
            return result, changed
        assert list(write(result.root, done.files.values())) == []
        changed |= set(done.files)
        result = lint(path, check)
    pytest.fail("the fixes have no end")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(FIXTURES)))
def test_what_a_check_offers_to_fix_is_fixed(case: Path, tmp_path: Path, update: bool) -> None:
    check = check_of(case)
    found = lint(case, check).shown
    before = [finding for finding in found if finding.fix]
    assert {"safe" if finding.fix and finding.fix.safe else "unsafe" for finding in before} <= _declared(check)
    if not before:
        return
    copy = tmp_path / case.name
    if case.is_dir():
        shutil.copytree(case, copy)
    else:
        shutil.copy(case, copy)
    result, changed = fixed(copy, check)
    cured = _numbers(found) - _numbers(result.shown)
    assert all(cured[identity] >= number for identity, number in _numbers(before).items())
    assert changed == {edit.location.path for f in before if f.fix for edit in f.fix.edits}
    expected = case.with_name(f"fixed{case.name.removeprefix('bad')}")
    if case.is_file():
        if update:
            shutil.copy(copy, expected)
        assert copy.read_bytes() == expected.read_bytes()


def _numbers(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    """How often each is found: equal steps of a build have equal findings."""
    return Counter((finding.location.path, finding.fingerprint) for finding in findings)


def _declared(check: Check) -> set[str]:
    """What `fixable` says: a check with safe fixes may have unsafe ones, too."""
    return {"no": set[str](), "unsafe": {"unsafe"}, "safe": {"safe", "unsafe"}}[check.fixable]


def test_every_check_that_says_it_can_fix_does_so_in_a_fixture() -> None:
    shown = {check_of(case).name for case in CASES if any(f.fix for f in lint(case, check_of(case)).shown)}
    assert {check.name for check in REGISTRY if check.fixable != "no"} <= shown
