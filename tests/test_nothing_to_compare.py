"""Where nothing of a change would be seen, nothing passes: which head a run is about, and what a name means."""

import json
from pathlib import Path

import pytest

from gitrepo import Outcome, Repo

ROOT = "FROM debian:13.1\nUSER root\n"
NOBODY = "FROM debian:13.1\nUSER 10001\n"
FOUND = ["root-user new/Dockerfile"]


class Event:
    """`main`, and a branch `change` that left it and brings a root container; HEAD is `main`, as in a CI: detached."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo = Repo(folder / "repo")
        self.folder = folder
        self._capsys, self._monkeypatch = capsys, monkeypatch
        self.first = self.repo.commit({"old/Dockerfile": ROOT})
        self.repo.git("checkout", "-q", "-b", "change")
        self.change = self.repo.commit({"new/Dockerfile": ROOT})
        self.repo.git("checkout", "-q", "main")
        self.main = self.repo.commit({"README.md": "x\n"})
        self.repo.git("update-ref", "refs/remotes/origin/main", self.main)
        self.repo.git("checkout", "-q", "--detach", "main")

    def run(self, payload: object, *arguments: str, **environment: str) -> Outcome:
        path = self.folder / "event.json"
        path.write_text(json.dumps(payload))
        given = {"GITHUB_EVENT_PATH": str(path), "CI": "true", **environment}
        with self._monkeypatch.context() as patch:
            return self.repo.run(self._capsys, patch, "--select", "root-user", *arguments, environment=given)

    def request(self, *, base: str = "", head: str = "") -> dict[str, object]:
        return {"pull_request": {"base": {"sha": base or self.main}, "head": {"sha": head or self.change}}}

    def checkout(self, commit: str) -> None:
        self.repo.git("checkout", "-q", "--detach", commit)

    def merged(self) -> str:
        self.checkout(self.main)
        self.repo.git("merge", "-q", "--no-ff", "change", "-m", "merge")
        return self.repo.git("rev-parse", "HEAD")


@pytest.fixture
def event(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Event:
    return Event(tmp_path, capsys, monkeypatch)


def _refused(outcome: Outcome, *words: str) -> None:
    assert (outcome.code, outcome.report) == (2, {}), outcome
    assert all(word in outcome.error for word in words), outcome.error
    assert len(outcome.error.splitlines()) == 1


@pytest.mark.parametrize("mode", [("--gate",), ("--diff-base", "auto"), ("--gate", "--diff-base", "origin/main")])
def test_a_privileged_workflow_that_checks_out_the_base_is_refused(event: Event, mode: tuple[str, ...]) -> None:
    """`pull_request_target` without `ref`: HEAD is the tip of the base, which may be newer than the payload's."""
    said = {"GITHUB_SHA": event.main, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "pull_request_target"}
    for base in (event.main, event.first):
        _refused(event.run(event.request(base=base), *mode, **said), "isn't checked out", "refs/pull/N/merge")
    event.repo.write({"build/out.txt": "made by an earlier step\n"})
    _refused(event.run(event.request(), *mode, **said), "isn't checked out")


@pytest.mark.parametrize("mode", [("--gate",), ("--diff-base", "auto"), ("--gate", "--diff-base", "origin/main")])
def test_the_change_itself_is_judged(event: Event, mode: tuple[str, ...]) -> None:
    merge = event.merged()
    for commit, said in (
        (event.change, {}),
        (merge, {}),
        (merge, {"GITHUB_SHA": merge, "GITHUB_REF": "refs/pull/7/merge"}),
        (merge, {"GITHUB_SHA": event.main, "GITHUB_REF": "refs/heads/main"}),
    ):
        event.checkout(commit)
        assert event.run(event.request(), *mode, **said).new == FOUND
    event.repo.commit({"app/Dockerfile": NOBODY})  # a step that commits on top of it
    assert event.run(event.request(), *mode).new == FOUND


def test_a_merge_of_another_head_is_github_s_or_none(event: Event) -> None:
    """A merge that GitHub made may be of a head that is newer than the payload's."""
    merge = event.merged()
    other = event.request(head="1" * 40)
    assert event.run(other, "--gate", GITHUB_SHA=merge, GITHUB_REF="refs/pull/7/merge").new == FOUND
    _refused(event.run(other, "--gate", GITHUB_SHA=event.main, GITHUB_REF="refs/heads/main"), "111111111111")


@pytest.mark.parametrize(
    "payload",
    [
        {"workflow_run": {"head_sha": "CHANGE", "pull_requests": []}},
        {"check_suite": {"head_sha": "CHANGE"}},
        {"check_run": {"check_suite": {"head_sha": "CHANGE"}}},
        {"merge_group": {"head_sha": "CHANGE", "base_sha": "MAIN"}},
        {"issue": {"pull_request": {"url": "x"}}, "comment": {}},
    ],
)
def test_other_events_about_a_change_are_refused_too(event: Event, payload: dict[str, object]) -> None:
    text = json.dumps(payload).replace("CHANGE", event.change).replace("MAIN", event.main)
    _refused(event.run(json.loads(text), "--gate", "--diff-base", "origin/main"), "isn't checked out")
    _refused(event.run(json.loads(text), "--diff-base", "main"), "isn't checked out")
    event.checkout(event.change)
    assert event.run(json.loads(text), "--gate", "--diff-base", "origin/main").new == FOUND


def test_gitlab_names_the_head_too(event: Event) -> None:
    said = {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": event.change, "CI_MERGE_REQUEST_DIFF_BASE_SHA": event.main}
    _refused(event.run({}, "--gate", **said), "isn't checked out")
    event.merged()
    assert event.run({}, "--gate", **said).new == FOUND


def test_a_clone_of_one_commit_knows_its_parents(event: Event, tmp_path: Path) -> None:
    import subprocess

    from gitrepo import ENVIRONMENT

    event.repo.git("update-ref", "refs/heads/pull", event.merged())
    small = tmp_path / "small"
    subprocess.run(["git", "clone", "-q", "--depth=1", "--branch=pull", f"file://{event.repo.folder}", str(small)],
                   check=True, env=ENVIRONMENT)  # fmt: skip
    event.repo.folder = small
    event.repo.git("fetch", "-q", "--depth=1", "origin", event.main)
    event.repo.git("update-ref", "refs/remotes/origin/main", event.main)
    merge = event.repo.git("rev-parse", "HEAD")
    said = {"GITHUB_SHA": merge, "GITHUB_REF": "refs/pull/7/merge"}
    assert event.run(event.request(), "--gate", **said).new == FOUND
    event.checkout(event.main)
    _refused(event.run(event.request(), "--gate", "--diff-base", "origin/main"), "isn't checked out", "fetch-depth")


def test_where_nobody_names_a_head_nothing_changed_is_said_plainly(event: Event) -> None:
    for arguments in (
        ("--gate", "--diff-base", "main"),
        ("--diff-base", "HEAD"),
        ("--gate", "--diff-base", event.main),
    ):
        outcome = event.run({}, *arguments)
        assert (outcome.code, outcome.new) == (0, [])
        assert "nothing changed: no file that is looked at differs from" in outcome.error
    assert "nothing changed" in event.run({}, "--diff-base", event.first).error  # only a README came in between
    event.repo.write({"app/Dockerfile": NOBODY})
    outcome = event.run({}, "--diff-base", "HEAD")
    assert (outcome.code, outcome.error) == (0, "")
    assert event.run({}, "--diff-base", "HEAD", "--quiet").error == ""


# What a name means


@pytest.mark.parametrize("name", ["main", "origin/main"])
def test_a_tag_named_like_a_branch_is_not_taken_for_it(event: Event, name: str) -> None:
    event.checkout(event.change)
    for tag in ("main", "origin/main", "refs/heads/main", "refs/remotes/origin/main", "heads/main"):
        event.repo.git("update-ref", f"refs/tags/{tag}", event.change)
    for arguments in (("--gate",), ("--gate", "--diff-base", name), ("--diff-base", f"{name}~0")):
        assert event.run({}, *arguments, CI="", GITHUB_BASE_REF="main" if arguments == ("--gate",) else "").new == FOUND
    event.repo.git("branch", "-q", "-D", "main")
    assert event.run({}, "--gate", "--diff-base", name).new == FOUND  # the remote's branch of that name
    event.repo.git("update-ref", "-d", "refs/remotes/origin/main")
    _refused(event.run({}, "--gate", GITHUB_BASE_REF="main"), "no revision refs/remotes/origin/main")
    _refused(event.run({}, "--gate", "--diff-base", "refs/remotes/origin/main"), "no revision")


def test_the_default_branch_of_a_developer_is_no_tag(event: Event) -> None:
    event.checkout(event.change)
    for tag in ("origin/HEAD", "origin/main", "main"):
        event.repo.git("update-ref", f"refs/tags/{tag}", event.change)
    assert event.run({}, "--diff-base", "auto", CI="").new == FOUND


def test_a_local_branch_and_a_remote_s_of_one_name_are_ambiguous(event: Event) -> None:
    event.checkout(event.change)
    event.repo.git("update-ref", "refs/heads/origin/main", event.change)
    _refused(event.run({}, "--gate", "--diff-base", "origin/main"), "ambiguous", "refs/heads/origin/main")
    assert event.run({}, "--gate", "--diff-base", "refs/remotes/origin/main").new == FOUND


def test_a_reference_named_like_an_abbreviated_commit_is_ambiguous(event: Event) -> None:
    event.checkout(event.change)
    short = event.main[:8]
    assert event.run({}, "--diff-base", short).new == FOUND
    event.repo.git("update-ref", f"refs/tags/{short}", event.change)
    _refused(event.run({}, "--gate", "--diff-base", short), "ambiguous")
    event.repo.git("update-ref", f"refs/tags/{short}", event.main)
    assert event.run({}, "--gate", "--diff-base", short).new == FOUND
    event.repo.git("update-ref", f"refs/tags/{event.main}", event.change)
    assert event.run({}, "--gate", "--diff-base", event.main).new == FOUND


def test_a_tag_alone_is_a_revision(event: Event) -> None:
    event.repo.git("tag", "v1", event.main)
    event.repo.git("tag", "-a", "-m", "x", "v2", event.main)
    event.checkout(event.change)
    assert event.run({}, "--gate", "--diff-base", "v1").new == FOUND
    assert event.run({}, "--gate", "--diff-base", "v2").new == FOUND


# A push


def _push(before: str, after: str, **more: object) -> dict[str, object]:
    return {"ref": "refs/heads/main", "before": before, "after": after, **more}


def test_a_push_is_compared_with_what_the_branch_was(event: Event) -> None:
    event.checkout(event.change)
    payload = _push(event.first, event.change)
    assert event.run(payload, "--diff-base", "auto").new == FOUND
    assert event.run(payload, "--gate").new == FOUND
    assert event.run(_push(event.main, event.change, forced=True), "--diff-base", "auto").new == FOUND


def test_on_a_first_push_everything_counts(event: Event) -> None:
    event.checkout(event.change)
    payload = _push("0" * 40, event.change, created=True)
    assert event.run(payload, "--diff-base", "auto").new == [*FOUND, "root-user old/Dockerfile"]
    _refused(event.run(payload, "--gate"), "before the first push")


def test_a_branch_s_past_that_is_not_here_is_refused(event: Event) -> None:
    event.checkout(event.change)
    _refused(event.run(_push("1" * 40, event.change, forced=True), "--diff-base", "auto"), "git fetch origin", "forced")


def test_a_push_of_another_commit_than_the_one_that_is_checked_out_is_refused(event: Event) -> None:
    _refused(event.run(_push(event.first, event.change), "--diff-base", "auto"), "what was pushed")
    event.repo.git("tag", "-a", "-m", "x", "v1", event.main)
    tag = event.repo.git("rev-parse", "v1")
    assert event.run(_push(event.first, tag), "--diff-base", "auto").code == 0
    assert event.run(_push(event.first, "2" * 40), "--diff-base", "auto", GITHUB_SHA=event.main).code == 0


def test_a_push_on_gitlab(event: Event) -> None:
    event.checkout(event.change)
    said = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": event.first}
    assert event.run({}, "--diff-base", "auto", **said).new == FOUND
    said["CI_PIPELINE_SOURCE"] = "schedule"
    _refused(event.run({}, "--diff-base", "auto", **said), "name the revision")


@pytest.mark.parametrize("payload", [{"schedule": "17 4 * * 1"}, {"inputs": {}}, {"repository_dispatch": {}}])
def test_a_state_is_no_change(event: Event, payload: dict[str, object]) -> None:
    _refused(event.run(payload, "--gate"), "name the revision")
    assert event.run(payload, "--gate", "--diff-base", "main").code == 0
