"""Every check on its fixtures, and the contract that every check keeps.

`fixtures/CONCERN/CHECK/` holds files or folders called `bad...`, each with its report beside it (`NAME.txt`), and
`good...`, in which the check must find nothing. Only the check under test runs, and on nothing else: files are alone in
their repository. A folder may hold a `.hullcheck.yaml`; one with `base` and `head` in it is a change from the one to the
other. `pytest --update` writes the reports.
"""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck import engine, report
from hullcheck.change.base import Past
from hullcheck.check import Check
from hullcheck.commands.common import registry
from hullcheck.finding import Severity
from hullcheck.policy import config
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Request, Subject
from hullcheck.result import Result

FIXTURES = Path(__file__).parent.parent / "fixtures"
CHECKS = registry()
CASES = sorted(p for p in FIXTURES.glob("*/*/*") if p.suffix != ".txt" and not p.name.startswith("fixed"))

SAYS_A_REACH = re.compile(
    r"\d{1,3}(?:\.\d{1,3}){3}|every address|every interface|\bports? \d|\b(?:TCP|UDP|SCTP) \d|https?://|`/[\w/.-]+`"
    r"|every verb|`(?:get|list|watch|create|update|patch|delete|escalate|bind|impersonate)`|capabilit(?:y|ies) `"
    r"|`[\w-]+(?:\.[\w-]+)+(?::[0-9]+)?/|outside|every (?:pod|workload)|anywhere"
)
"""Words of messages that say how far something reaches: addresses, ports, hosts, paths, verbs, capabilities."""

WITHOUT_EXTENT = {
    "contradicting-policies": "whichever wins: what that opens is told by the checks of paths",
    "pod-security-not-enforced": "a label's key looks like a host",
    **dict.fromkeys(
        [
            "build-ssh-agent",
            "deprecated-image",
            "eol-base-image",
            "feature-unpinned",
            "go-unpinned",
            "npm-unpinned",
            "pip-unpinned",
            "pkg-signature-off",
        ],
        "what is taken, and from where, is its evidence: anything else is another finding",
    ),
    **dict.fromkeys(
        [
            "copy-many-no-slash",
            "dangling-network-policy",
            "dead-rbac-rule",
            "dead-image-override",
            "deprecated-api",
            "dup-host-port",
            "internal-publish",
            "invalid-network-policy",
            "misplaced-security-field",
            "peer-matches-nothing",
            "port-out-of-range",
            "removed-api",
            "service-port-in-policy",
            "used-but-blocked",
            "setting-without-effect",
        ],
        "it tells that something doesn't work or is denied, and opens nothing",
    ),
    "ingress-snippet": "the name of the annotation is no path",
    **dict.fromkeys(["isolation-lost", "path-opened"], "it tells of a change, and is new by itself"),
    **dict.fromkeys(
        ["missing-egress-policy", "missing-ingress-policy", "nullified-restriction"],
        "it tells that nothing limits it: there is no further",
    ),
    "or-instead-of-and": "what the two peers admit is told by the checks of paths and open rules",
    "probe-host": "the host is its evidence",
    **dict.fromkeys(
        [
            "proc-mount-unmasked",
            "secret-mount-leak",
            "sensitive-volume",
            "tmpfs-exec",
            "unconfined-profile",
            "windows-admin-user",
            "workdir-system-dir",
        ],
        "the path is inside of the image or the container, and its evidence",
    ),
}
"""Checks whose messages have such words though nothing can reach further, each with the reason."""


def lint(case: Path, check: str, repository: Path) -> Result:
    path, past = case, None
    if (case / "base").is_dir():
        path, past = repository, changed(case, repository)
    elif case.is_file():
        path = repository / case.name
        path.write_bytes(case.read_bytes())
    policy = Policy(_config(path)._replace(select=(check,)), min_severity=Severity.INFO, today=date(2026, 9, 1))
    return engine.lint(
        Request(Subject((str(path),), isolated=True), policy, past), CHECKS, lambda what, done, total: None
    )


def changed(case: Path, repository: Path) -> Past:
    """The repository with the case's base as a commit, and its head in the work tree."""
    repo = Repo(repository)
    shutil.copytree(case / "base", repository, dirs_exist_ok=True)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "base")
    for path in repository.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(case / "head", repository, dirs_exist_ok=True)
    return Past(str(repository), "HEAD", {})


def _config(path: Path) -> Config:
    """The configuration in a fixture that is a folder, as it would be found at a repository's root."""
    return config.read(str(path), None, CHECKS) if path.is_dir() else Config()


def check_of(case: Path) -> str:
    return case.parent.name.replace("_", "-")


@pytest.mark.parametrize("case", CASES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_a_fixture_gives_the_report_beside_it(case: Path, update: bool, tmp_path: Path) -> None:
    result = lint(case, check_of(case), tmp_path)
    found = report.render("full", result.report(CHECKS, color=False, category=""))
    expected = case.with_name(f"{case.name}.txt")
    if case.name.startswith("good"):
        assert not result.shown, found
        assert not expected.exists()
        return
    assert check_of(case) in CHECKS, "the index has no such check: run `pytest --update tests/test_checks.py`"
    assert {finding.name for finding in result.shown} == {check_of(case)}, found
    silent = [
        f for f in result.findings if f.name == check_of(case) and SAYS_A_REACH.search(f.message) and f.extent is None
    ]
    assert not silent or check_of(case) in WITHOUT_EXTENT, silent[0].message
    if update:
        expected.write_text(found, encoding="utf-8")
    assert expected.exists(), f"it has no report yet: run `pytest --update tests/test_checks.py`\n{found}"
    assert found == expected.read_text(encoding="utf-8")


def dialect_of(path: Path) -> str:
    if path.name.endswith("devcontainer.json"):
        return "devcontainer"
    if "ockerfile" in path.name:
        return "dockerfile"
    return "compose" if "compose" in path.name else "kubernetes"


def fixtures_of(check: Check, kind: str) -> set[str]:
    folder = FIXTURES / check.concern.replace("-", "_") / check.name.replace("-", "_")
    found: set[str] = set()
    for case in folder.glob(f"{kind}*"):
        files = [p for p in case.rglob("*") if p.is_file()] if case.is_dir() else [case]
        found |= {dialect_of(file) for file in files if file.suffix != ".txt"}
    return found


MODEL_CHECKS = [check for check in CHECKS if check.concern != "run"]


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("kind", ["bad", "good"])
def test_a_check_has_fixtures_of_both_kinds_for_every_dialect(check: Check, kind: str) -> None:
    missing = set(check.dialects) - fixtures_of(check, kind)
    assert not missing, f"no {kind} fixture for {', '.join(sorted(missing))}"


@pytest.mark.parametrize("check", list(CHECKS), ids=lambda check: check.name)
def test_a_check_documents_itself(check: Check) -> None:
    assert check.summary.endswith(".")
    assert "\nTo fix: " in check.doc
    assert "\nSee https://" in check.doc
    assert max(map(len, check.doc.splitlines())) <= 120


@pytest.mark.parametrize("check", MODEL_CHECKS, ids=lambda check: check.name)
def test_a_check_names_its_peers(check: Check) -> None:
    assert check.aliases, "name the same rule in another tool, or the section of a benchmark: `aliases`"
    assert all(alias.count(":") >= 1 and " " not in alias.partition(":")[0] for alias in check.aliases)
    assert check.cwe, "name the weakness, by its CWE number: `cwe`"


def test_only_checks_that_are_there_are_excused_from_an_extent() -> None:
    assert WITHOUT_EXTENT.keys() <= {check.name for check in CHECKS}


def test_no_report_is_left_of_a_fixture_that_is_gone() -> None:
    reports = {path.with_suffix("") for path in FIXTURES.glob("*/*/*.txt")}
    assert sorted(reports - {*CASES, *FIXTURES.glob("*/*/fixed*")}) == []


def test_every_fixture_belongs_to_a_check() -> None:
    assert {check_of(case) for case in CASES} <= {check.name for check in CHECKS}
