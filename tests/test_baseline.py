"""The file of old findings: what is in it, what it holds, and how it is kept."""

import json
from datetime import date
from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Severity
from hullcheck.policy import baseline
from hullcheck.source import Source

TODAY = date(2026, 11, 24)
ROOT = "FROM debian:13.1\nUSER root\n"
FILE = ".hullcheck-baseline.json"
NOW = baseline.Now(frozenset(), frozenset())


def finding(path: str = "app/Dockerfile", *evidence: str, name: str = "root-user") -> Finding:
    return Finding(name, Severity.HIGH, "a message", Source(path, b"x").at(0, 1), "0", evidence, scope=path)


def holding(*findings: Finding) -> baseline.Baseline:
    entries = baseline.entries((found, None) for found in findings)
    return baseline.parse(FILE, baseline.render(entries).encode())


def marked(known: baseline.Baseline, *findings: Finding, present: str = "") -> list[bool]:
    applied = baseline.apply(findings, known, TODAY, baseline.Now(frozenset(present.split()), frozenset()))
    return [found.suppression is not None for found in applied.findings]


def test_the_file_is_sorted_and_has_one_entry_a_line() -> None:
    text = holding(finding("b"), finding("a", "y"), finding("a", "x"), finding("a", "x")).source.text
    lines = [json.loads(line.rstrip(",")) for line in text.splitlines() if line.startswith("    ")]
    assert [(line["path"], line.get("count", 1)) for line in lines] in (
        [("a", 1), ("a", 2), ("b", 1)],
        [("a", 2), ("a", 1), ("b", 1)],
    )
    assert "line" not in lines[0]
    assert json.loads(text)["version"] == 1
    assert text == baseline.render(baseline.parse(FILE, text.encode()).entries)
    assert json.loads(baseline.render([])) == {"version": 1, "findings": []}


def test_what_it_holds_is_marked_as_often_as_it_counts() -> None:
    known = holding(finding(), finding())
    assert marked(known, finding(), finding(), finding()) == [True, True, False]
    assert marked(known, finding("copy/Dockerfile"), present="app/Dockerfile") == [False]
    assert marked(known, finding("app/Dockerfile", "other")) == [False]
    applied = baseline.apply([finding()], known, TODAY, NOW)
    assert list(applied.stale.values()) == [1]


def test_a_file_that_was_moved_keeps_its_entries() -> None:
    known = holding(finding())
    assert marked(known, finding("moved/Dockerfile")) == [True]
    assert marked(known, finding("moved/Other")) == [False]
    by_git = baseline.apply(
        [finding("moved/Other")], known, TODAY, NOW._replace(renamed={"moved/Other": "app/Dockerfile"})
    )
    assert by_git.stale == {}
    not_by_git = baseline.apply([finding("moved/Dockerfile")], known, TODAY, NOW._replace(renamed={}))
    assert not_by_git.findings[0].suppression is None


def test_what_is_about_the_policy_gets_into_no_baseline() -> None:
    assert holding(finding(name="policy-weakened")).entries == ()
    known = holding(finding())._replace(entries=(baseline.Entry("a", "policy-weakened", "", "0"),))
    assert marked(known, finding(name="policy-weakened")) == [False]


def test_an_entry_may_say_why_and_until_when() -> None:
    def until(day: str) -> baseline.Baseline:
        entry = {
            "path": "app/Dockerfile",
            "name": "root-user",
            "id": finding().fingerprint,
            "reason": "old",
            "until": day,
        }
        return baseline.parse(FILE, json.dumps({"version": 1, "findings": [entry]}).encode())

    applied = baseline.apply([finding()], until("2026-11-24"), TODAY, NOW)
    assert applied.findings[0].suppression is not None
    assert applied.findings[0].suppression.reason == "old"
    assert marked(until("2026-11-23"), finding()) == [False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a baseline"),
        ("[]", "not a baseline"),
        ('{"version": 2, "findings": []}', "not a baseline"),
        ('{"version": 1, "findings": [1]}', "finding 1: `path`, `name` and `id` are expected"),
        ('{"version": 1, "findings": [{"path": "a", "name": "b", "id": "c", "line": 1}]}', "unknown key `line`"),
        ('{"version": 1, "findings": [{"path": "a", "name": "b", "id": "c", "count": "1"}]}', "`count` is no int"),
        ('{"version": 1, "findings": [{"path": "a", "name": "b", "id": "c", "count": true}]}', "`count` is no int"),
        (
            '{"version": 1, "findings": [{"path": "a", "name": "b", "id": "c", "until": "soon"}]}',
            "there is no such day",
        ),
        ("[" * 100_000, "not a baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, message: str) -> None:
    with pytest.raises(HullcheckError, match=message):
        baseline.parse(FILE, text.encode())


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    made = Repo(tmp_path)
    made.commit({"app/Dockerfile": ROOT, "old/Dockerfile": ROOT})
    monkeypatch.chdir(tmp_path)
    return made


def entries(repo: Repo) -> list[tuple[str, str]]:
    found = json.loads((repo.folder / FILE).read_text())["findings"]
    return [(entry["path"], entry["name"]) for entry in found if entry["name"] == "root-user"]


def test_a_baseline_s_life(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    check = ["check", "--baseline", FILE, "--output-format", "concise"]
    assert main(["check"]) == 1
    assert main(["baseline", "create"]) == 0
    assert main(check) == 0
    capsys.readouterr()

    repo.write({"app/Dockerfile": "# moved\n\n" + ROOT, "new/app.Dockerfile": ROOT, "old/Dockerfile": None})
    assert main(check) == 1
    out = capsys.readouterr().out
    assert "new/app.Dockerfile:2:6: high[root-user]" in out
    assert "low[unused-suppression] root-user in old/Dockerfile and 1 more are not found any more" in out

    assert main(["baseline", "prune"]) == 0
    assert entries(repo) == [("app/Dockerfile", "root-user")]
    assert main(["baseline", "update"]) == 1
    assert entries(repo) == [("app/Dockerfile", "root-user")]
    assert "new      new/app.Dockerfile: root-user" in capsys.readouterr().out
    assert main(["baseline", "update", "--accept-new"]) == 0
    assert entries(repo) == [("app/Dockerfile", "root-user"), ("new/app.Dockerfile", "root-user")]
    assert main(check) == 0
    assert main(["baseline", "update"]) == 0
    capsys.readouterr()

    assert main(["baseline", "show"]) == 0
    assert "found    app/Dockerfile: root-user in 0" in capsys.readouterr().out


def test_why_an_entry_is_there_outlives_an_update_and_a_move(repo: Repo) -> None:
    assert main(["baseline", "create"]) == 0
    text = (repo.folder / FILE).read_text()
    (repo.folder / FILE).write_text(text.replace('"}', '", "reason": "since 2019", "until": "2027-01-31"}'))
    repo.write({"app/Dockerfile": None, "moved/Dockerfile": ROOT, "old/Dockerfile": None})
    assert main(["baseline", "update"]) == 0
    (entry,) = [e for e in json.loads((repo.folder / FILE).read_text())["findings"] if e["name"] == "root-user"]
    assert (entry["path"], entry["reason"], entry["until"]) == ("moved/Dockerfile", "since 2019", "2027-01-31")


def test_an_update_of_nothing_leaves_the_file_alone(repo: Repo) -> None:
    assert main(["baseline", "create"]) == 0
    before = (repo.folder / FILE).stat().st_mtime_ns
    assert main(["baseline", "update"]) == 0
    assert (repo.folder / FILE).stat().st_mtime_ns == before


def test_there_must_be_one_to_renew_and_none_to_create(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "prune"]) == 2
    assert main(["baseline", "create"]) == 0
    assert main(["baseline", "create"]) == 2
    assert "there is one already" in capsys.readouterr().err
    assert main(["check", "--baseline", "nowhere.json"]) == 2


def test_the_configuration_may_name_it(repo: Repo) -> None:
    repo.write({".hullcheck.yaml": "baseline: ci/old.json\n", "ci/README": ""})
    assert main(["check"]) == 2
    assert main(["baseline", "create"]) == 0
    assert (repo.folder / "ci" / "old.json").exists()
    assert main(["check"]) == 0


def test_the_gate_takes_it_from_the_base(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["baseline", "create"]) == 0
    capsys.readouterr()
    repo.commit()
    repo.write({FILE: '{"version": 1, "findings": []}', "old/Dockerfile": ROOT + "RUN x\n"})
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD", "--baseline", FILE)
    assert (outcome.code, outcome.new) == (0, [])


def test_a_file_swapped_for_another_is_not_held_by_it_at_the_gate(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["baseline", "create"]) == 0
    capsys.readouterr()
    repo.commit()
    repo.write({"old/Dockerfile": None, "new/Dockerfile": "FROM alpine:3.22\nRUN apk add x\nRUN y\nUSER root\n"})
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD", "--baseline", FILE)
    assert outcome.code == 1
    assert "root-user new/Dockerfile" in outcome.new
