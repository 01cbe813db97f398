"""Contexts are no way round the gate: what was for production at the base counts, and what leaves it is told."""

from pathlib import Path

import pytest

from gitrepo import Outcome, Repo

FINE = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: docker.io/acme/web:1.2.3
      command: [web, --serve, --verbose]
      resources: {limits: {memory: 64Mi, cpu: 100m}}
"""
BAD = FINE + "      securityContext: {privileged: true}\n"
DEPLOY = "#!/bin/sh\nkubectl apply -f %s\n"
BESIDE: dict[str, str | None] = {"Dockerfile": "FROM docker.io/acme/base:1.2.3\nUSER 1000\n"}


@pytest.fixture
def gated(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Gated":
    return Gated(Repo(tmp_path / "repo"), capsys, monkeypatch)


class Gated:
    def __init__(self, repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo, self.capsys, self.monkeypatch = repo, capsys, monkeypatch

    def __call__(self, base: dict[str, str | None], change: dict[str, str | None], *options: str) -> Outcome:
        self.repo.commit({**BESIDE, **base})
        self.repo.git("checkout", "-q", "-b", "change")
        self.repo.commit(change)
        return self.repo.run(self.capsys, self.monkeypatch, *(options or ("--gate", "--diff-base", "main")))


def told(outcome: Outcome, name: str = "privileged") -> list[tuple[str, bool, str]]:
    return [(f["path"], f["folded"], f["state"]) for f in outcome.report["findings"] if f["name"] == name]


def weakened(outcome: Outcome) -> list[str]:
    return [f["message"] for f in outcome.report["findings"] if f["name"] == "policy-weakened"]


def test_a_new_example_folds(gated: Gated) -> None:
    outcome = gated({"deploy/web.yaml": FINE}, {"examples/web.yaml": BAD.replace("web", "other")})
    assert told(outcome) == [("examples/web.yaml", True, "new")]
    assert outcome.code == 0
    assert weakened(outcome) == []


def test_a_new_example_that_is_deployed_counts(gated: Gated) -> None:
    change = {"examples/web.yaml": BAD, "deploy.sh": DEPLOY % "examples/web.yaml"}
    outcome = gated({"deploy/db.yaml": FINE.replace("web", "db")}, change)
    assert told(outcome) == [("examples/web.yaml", False, "new")]
    assert outcome.code == 1


@pytest.mark.parametrize("options", [(), ("--diff-base", "main")])
def test_an_example_that_is_deployed_only_now_is_new(gated: Gated, options: tuple[str, ...]) -> None:
    outcome = gated({"examples/web.yaml": BAD}, {"deploy.sh": DEPLOY % "examples/"}, *options)
    assert told(outcome) == [("examples/web.yaml", False, "new")]
    assert outcome.code == 1
    (found,) = [f for f in outcome.report["findings"] if f["name"] == "privileged"]
    assert "since this change" in found["message"]


@pytest.mark.parametrize("text", [FINE, BAD])
def test_a_production_file_renamed_into_examples_is_told(gated: Gated, text: str) -> None:
    outcome = gated({"deploy/web.yaml": FINE}, {"deploy/web.yaml": None, "examples/web.yaml": text})
    (message,) = weakened(outcome)
    assert "`examples/web.yaml`" in message
    assert "`deploy/web.yaml`" in message
    assert outcome.code == 1
    assert [folded for _, folded, _ in told(outcome)] == ([False] if text is BAD else [])


def test_an_object_that_moves_into_a_file_of_tests_is_told(gated: Gated) -> None:
    others = "".join(f"---\n{FINE.replace('web', name)}" for name in ("a", "b", "c", "d", "e"))
    base = {"deploy/web.yaml": FINE, "test/all.yaml": others}
    outcome = gated(
        base, {"deploy/web.yaml": None, "test/all.yaml": f"{others}---\n{BAD.replace('--serve, --verbose', '-x')}"}
    )
    assert len(weakened(outcome)) == 1
    assert outcome.code == 1


def test_a_dockerfile_that_moves_into_examples_with_more_in_it_is_told(gated: Gated) -> None:
    text = "FROM docker.io/acme/base:1.2.3\nCOPY a /a\nCOPY b /b\nUSER 1000\n"
    more = "".join(f"LABEL l{n}=a-long-text-that-says-nothing-{n}\n" for n in range(40))
    outcome = gated(
        {"app/Dockerfile": text}, {"app/Dockerfile": None, "examples/Dockerfile": text.replace("1000", "root") + more}
    )
    assert any("`app/Dockerfile`" in message for message in weakened(outcome))
    assert outcome.code == 1


def test_a_copy_among_examples_is_fine(gated: Gated) -> None:
    outcome = gated({"deploy/web.yaml": FINE}, {"examples/web.yaml": FINE})
    assert weakened(outcome) == []
    assert outcome.code == 0


def test_what_is_deleted_is_fine(gated: Gated) -> None:
    base = {"deploy/web.yaml": FINE, "examples/other.yaml": FINE.replace("web", "other")}
    assert weakened(gated(base, {"deploy/web.yaml": None})) == []


def test_an_example_that_is_deployed_no_more_counts_once_more_and_is_told(gated: Gated) -> None:
    base = {"examples/web.yaml": FINE, "deploy.sh": DEPLOY % "examples/web.yaml"}
    outcome = gated(base, {"examples/web.yaml": BAD, "deploy.sh": DEPLOY % '"$WHAT"'})
    assert told(outcome) == [("examples/web.yaml", False, "new")]
    assert len(weakened(outcome)) == 1
    assert outcome.code == 1


def test_a_stage_whose_neighbours_go_is_told(gated: Gated) -> None:
    base = {"site/test/web.yaml": FINE, "site/prod/web.yaml": FINE.replace("web", "prod")}
    outcome = gated(base, {"site/prod/web.yaml": None, "site/test/web.yaml": BAD})
    assert told(outcome) == [("site/test/web.yaml", False, "new")]
    assert any("`site/test/web.yaml`" in message for message in weakened(outcome))


def test_a_first_file_of_production_among_examples_is_told(gated: Gated) -> None:
    base = {"Dockerfile": None, "examples/web.yaml": FINE}
    gated.repo.commit({"Dockerfile": "FROM a\n"})
    outcome = gated({**base}, {"examples/web.yaml": BAD, "app/Dockerfile": str(BESIDE["Dockerfile"])})
    assert told(outcome) == [("examples/web.yaml", False, "new")]
    assert any("`examples/web.yaml`" in message for message in weakened(outcome))


@pytest.mark.parametrize("rule", ["contexts: {example: [deploy/]}\n", "contexts: {test: ['*.yaml']}\n"])
def test_the_change_s_own_contexts_decide_nothing_and_are_told(gated: Gated, rule: str) -> None:
    outcome = gated({"deploy/web.yaml": FINE}, {"deploy/web.yaml": BAD, ".hullcheck.yaml": rule})
    assert told(outcome) == [("deploy/web.yaml", False, "new")]
    assert any("would not count" in message for message in weakened(outcome))
    assert outcome.code == 1


def test_the_base_s_contexts_decide(gated: Gated) -> None:
    base = {".hullcheck.yaml": "contexts: {production: [examples/live/], example: [demo/]}\n", "deploy/web.yaml": FINE}
    change = {"examples/live/a.yaml": BAD, "demo/b.yaml": BAD.replace("web", "b")}
    outcome = gated(base, change)
    assert sorted(told(outcome)) == [("demo/b.yaml", True, "new"), ("examples/live/a.yaml", False, "new")]


def test_a_rule_that_is_taken_back_is_told(gated: Gated) -> None:
    base = {".hullcheck.yaml": "contexts: {production: [examples/live/]}\n", "examples/live/web.yaml": FINE}
    outcome = gated(base, {".hullcheck.yaml": None, "examples/live/web.yaml": BAD})
    assert told(outcome) == [("examples/live/web.yaml", False, "new")]
    assert weakened(outcome)


def test_a_supplier_s_header_hides_nothing(gated: Gated) -> None:
    outcome = gated({"deploy/web.yaml": FINE}, {"deploy/web.yaml": f"# Source: nginx/templates/web.yaml\n{BAD}"})
    assert told(outcome) == [("deploy/web.yaml", False, "new")]
    assert outcome.code == 1


def test_an_ignore_in_an_example_is_still_asked_for(gated: Gated) -> None:
    bad = BAD.replace("      securityContext", "      # hullcheck: ignore[privileged] reason=x\n      securityContext")
    outcome = gated({"examples/web.yaml": FINE}, {"examples/web.yaml": bad})
    assert [f["folded"] for f in outcome.report["findings"] if f["name"] == "suppression-added"] in ([], [False])
    assert not any(f["folded"] for f in outcome.report["findings"] if f["name"] == "suppression-added")


def test_a_hook_folds_what_a_run_folds(gated: Gated) -> None:
    files: dict[str, str | None] = {f"app{n}/Dockerfile": str(BESIDE["Dockerfile"]) for n in range(45)}
    gated.repo.commit({**BESIDE, **files, "deploy/web.yaml": FINE})
    gated.repo.write({"examples/a/Dockerfile": "FROM docker.io/acme/base:1.2.3\nUSER root\n"})
    gated.repo.git("add", "-A")
    outcome = gated.repo.run(gated.capsys, gated.monkeypatch, "--pre-commit")
    assert {f["folded"] for f in outcome.report["findings"] if f["path"].startswith("examples/")} == {True}
    gated.repo.write({"deploy.sh": "docker build -f examples/a/Dockerfile .\n"})
    gated.repo.git("add", "-A")
    outcome = gated.repo.run(gated.capsys, gated.monkeypatch, "--pre-commit")
    assert {f["folded"] for f in outcome.report["findings"] if f["path"].startswith("examples/")} == {False}


def test_a_file_that_becomes_a_link_into_examples_counts(gated: Gated) -> None:
    gated.repo.commit({**BESIDE, "deploy/web.yaml": FINE, "examples/web.yaml": FINE.replace("web", "other")})
    gated.repo.git("checkout", "-q", "-b", "change")
    (gated.repo.folder / "deploy/web.yaml").unlink()
    (gated.repo.folder / "deploy/web.yaml").symlink_to("../examples/web.yaml")
    gated.repo.commit({"examples/web.yaml": BAD})
    outcome = gated.repo.run(gated.capsys, gated.monkeypatch, "--gate", "--diff-base", "main")
    assert told(outcome) == [("examples/web.yaml", False, "new")]
    assert outcome.code in (1, 4)
