"""Which commit a change is compared with: branches, clones without history, and what a CI says."""

import json
import subprocess
from pathlib import Path

import pytest

from gitrepo import ENVIRONMENT, Outcome, Repo

ROOT = "FROM debian:13.1\nUSER root\n"
NOBODY = "FROM debian:13.1\nUSER 10001\n"


class Runner:
    """Runs hullcheck in repositories, with the environment of a CI."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, repo: Repo, *arguments: str, **environment: str) -> Outcome:
        with self._monkeypatch.context() as patch:
            patch.chdir(repo.folder)
            return repo.run(self._capsys, patch, *arguments, environment=environment)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    return Runner(capsys, monkeypatch)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """`main` got a root container after `change` had left it; `change` brings another one."""
    made = Repo(tmp_path / "repo")
    made.commit({"old/Dockerfile": ROOT})
    made.git("checkout", "-q", "-b", "change")
    made.commit({"new/Dockerfile": ROOT})
    made.git("checkout", "-q", "main")
    made.commit({"main/Dockerfile": ROOT, ".hullcheck.yaml": "ignore: [undigested-image, updates-not-automated]\n"})
    made.git("checkout", "-q", "change")
    return made


def clone(repo: Repo, folder: Path, *options: str) -> Repo:
    subprocess.run(["git", "clone", "-q", *options, f"file://{repo.folder}", str(folder)], check=True, env=ENVIRONMENT)
    made = Repo.__new__(Repo)
    made.folder = folder
    return made


def test_a_branch_stands_for_where_the_change_left_it(repo: Repo, run: Runner) -> None:
    assert "root-user new/Dockerfile" in run(repo, "--diff-base", "main").new
    repo.git("merge", "-q", "main", "-m", "merge")
    assert run(repo, "--diff-base", "main", "--select", "root-user").new == ["root-user new/Dockerfile"]


def test_a_commit_stands_for_itself(repo: Repo, run: Runner) -> None:
    first = repo.git("rev-parse", "HEAD~1")
    assert run(repo, "--diff-base", first, "--select", "root-user").new == ["root-user new/Dockerfile"]
    assert run(repo, "--diff-base", "HEAD", "--select", "root-user").new == []


def test_what_is_fixed_is_told(repo: Repo, run: Runner) -> None:
    repo.write({"old/Dockerfile": NOBODY})
    report = run(repo, "--diff-base", "HEAD", "--select", "root-user").report
    assert [finding["path"] for finding in report["fixed"]] == ["old/Dockerfile"]
    assert run(repo, "--diff-base", "HEAD", "--select", "root-user").code == 0


def test_what_is_not_committed_counts(repo: Repo, run: Runner) -> None:
    repo.write({"untracked/Dockerfile": ROOT, "new/Dockerfile": NOBODY})
    assert run(repo, "--diff-base", "HEAD", "--select", "root-user").new == ["root-user untracked/Dockerfile"]


def test_nothing_of_the_repository_is_touched(repo: Repo, run: Runner) -> None:
    repo.write({"untracked/Dockerfile": ROOT, "new/Dockerfile": NOBODY})
    before = (repo.git("status", "--porcelain"), repo.git("worktree", "list"), repo.git("for-each-ref"))
    run(repo, "--diff-base", "main")
    assert before == (repo.git("status", "--porcelain"), repo.git("worktree", "list"), repo.git("for-each-ref"))


@pytest.mark.parametrize("revision", ["nowhere", "-x", "--upload-pack=touch x", "main:old", "HEAD~99", ""])
def test_what_is_no_revision_is_refused(repo: Repo, run: Runner, revision: str) -> None:
    outcome = run(repo, "--gate", f"--diff-base={revision}", CI="true")
    assert outcome.code == 2
    assert outcome.error.startswith("hullcheck: ")
    assert len(outcome.error.splitlines()) == 1


def test_without_git_there_is_nothing_to_compare_with(tmp_path: Path, run: Runner) -> None:
    made = Repo.__new__(Repo)
    made.folder = tmp_path
    made.write({"Dockerfile": ROOT})
    outcome = run(made, "--diff-base", "main")
    assert outcome.code == 2
    assert "no git repository" in outcome.error


def test_before_the_first_commit_everything_is_new(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path)
    made.write({"Dockerfile": ROOT})
    assert "root-user Dockerfile" in run(made, "--diff-base", "HEAD").new
    outcome = run(made, "--gate", "--diff-base", "HEAD")
    assert outcome.code == 2
    assert "nothing is committed yet" in outcome.error


def event(tmp_path: Path, payload: object) -> str:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(payload))
    return str(path)


def pull_request(repo: Repo) -> str:
    """HEAD becomes the merge that GitHub makes of a pull request; returns its id."""
    repo.git("checkout", "-q", "--detach", "main")
    repo.git("merge", "-q", "--no-ff", "change", "-m", "merge")
    return repo.git("rev-parse", "HEAD")


def test_on_a_pull_request_the_first_parent_is_the_base(repo: Repo, run: Runner) -> None:
    merge = pull_request(repo)
    outcome = run(repo, "--gate", GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge, CI="true")
    assert outcome.new == ["root-user new/Dockerfile"]


@pytest.mark.parametrize("depth", ["2", "3"])
def test_a_clone_of_two_commits_is_enough_for_that(repo: Repo, tmp_path: Path, run: Runner, depth: str) -> None:
    merge = pull_request(repo)
    repo.git("update-ref", "refs/heads/pull", merge)
    small = clone(repo, tmp_path / "small", "--depth", depth, "--branch", "pull")
    outcome = run(small, "--gate", GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge, CI="true")
    assert outcome.new == ["root-user new/Dockerfile"]


def test_a_clone_of_one_commit_says_what_to_do(repo: Repo, tmp_path: Path, run: Runner) -> None:
    merge = pull_request(repo)
    base = repo.git("rev-parse", "main")
    repo.git("update-ref", "refs/heads/pull", merge)
    small = clone(repo, tmp_path / "small", "--depth", "1", "--branch", "pull")
    outcome = run(small, "--gate", GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge, CI="true")
    assert outcome.code == 2
    assert "fetch-depth" in outcome.error
    small.git("fetch", "-q", "--depth=1", "origin", base)
    outcome = run(small, "--gate", GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge, CI="true")
    assert outcome.new == ["root-user new/Dockerfile"]


def test_an_author_s_own_merge_is_no_base(repo: Repo, tmp_path: Path, run: Runner) -> None:
    """Its first parent is of the author's making: here one that has the fault already."""
    base = repo.git("rev-parse", "main")
    merge = repo.git("merge", "-q", "--no-ff", "main", "-m", "mine") or repo.git("rev-parse", "HEAD")
    assert repo.git("rev-parse", "HEAD^1") == repo.git("rev-parse", "HEAD^1")
    payload = event(tmp_path, {"pull_request": {"base": {"sha": base}}})
    for ref in ("refs/heads/change", "refs/pull/7/head", "refs/pull/7/merge"):
        sha = merge if ref != "refs/pull/7/merge" else base
        outcome = run(repo, "--gate", GITHUB_REF=ref, GITHUB_SHA=sha, GITHUB_EVENT_PATH=payload, CI="true")
        assert outcome.new == ["root-user new/Dockerfile"]


def test_the_policy_is_that_of_the_tip_and_the_findings_those_since_the_fork(
    repo: Repo, tmp_path: Path, run: Runner
) -> None:
    payload = event(tmp_path, {"pull_request": {"base": {"sha": repo.git("rev-parse", "main")}}})
    assert not (repo.folder / ".hullcheck.yaml").exists()
    outcome = run(repo, "--gate", GITHUB_REF="refs/heads/change", GITHUB_EVENT_PATH=payload, CI="true")
    assert outcome.new == ["root-user new/Dockerfile"]


def test_a_merge_group_and_a_merge_request_say_their_base(repo: Repo, tmp_path: Path, run: Runner) -> None:
    merge = pull_request(repo)
    base = repo.git("rev-parse", "main")
    payload = event(tmp_path, {"merge_group": {"base_sha": base}})
    expected = ["root-user new/Dockerfile"]
    assert run(repo, "--gate", GITHUB_REF="refs/heads/gh-readonly-queue/main/pr-7", GITHUB_SHA=merge,
               GITHUB_EVENT_PATH=payload, CI="true").new == expected  # fmt: skip
    assert run(repo, "--gate", CI_MERGE_REQUEST_DIFF_BASE_SHA=base, CI="true").new == expected
    assert run(repo, "--gate", HULLCHECK_DIFF_BASE="main", CI="true").new == expected
    repo.git("update-ref", "refs/remotes/origin/main", base)
    assert run(repo, "--gate", GITHUB_BASE_REF="main", CI="true").new == expected
    assert run(repo, "--gate", CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main", CI="true").new == expected


def test_a_hostile_payload_is_no_revision(repo: Repo, tmp_path: Path, run: Runner) -> None:
    for payload in ({"pull_request": {"base": {"sha": "--upload-pack=x"}}}, {"pull_request": 7}, [], "x"):
        outcome = run(repo, "--gate", GITHUB_EVENT_PATH=event(tmp_path, payload), CI="true")
        assert (outcome.code, outcome.report) == (2, {})
    (tmp_path / "event.json").write_text("{")
    outcome = run(repo, "--gate", GITHUB_EVENT_PATH=str(tmp_path / "event.json"), CI="true")
    assert (outcome.code, outcome.report) == (2, {})


def test_a_ci_without_a_base_fails_and_a_developer_gets_the_default_branch(repo: Repo, run: Runner) -> None:
    outcome = run(repo, "--diff-base", "auto", CI="true")
    assert outcome.code == 2
    assert "name the revision" in outcome.error
    assert "root-user new/Dockerfile" in run(repo, "--diff-base", "auto").new


def test_without_common_history_there_is_no_base(repo: Repo, tmp_path: Path, run: Runner) -> None:
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit({"x/Dockerfile": ROOT})
    outcome = run(repo, "--diff-base", "main")
    assert outcome.code == 2
    assert "no common ancestor" in outcome.error


def test_a_partial_clone_is_no_base(repo: Repo, tmp_path: Path, run: Runner) -> None:
    """A file of the base that isn't here is no reason to call everything in it new."""
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit({"old/Dockerfile": "# only in the past\n" + ROOT})
    repo.commit({"old/Dockerfile": NOBODY})
    small = clone(repo, tmp_path / "small", "--filter=blob:none", "--branch", "change")
    small.git("remote", "remove", "origin")
    outcome = run(small, "--diff-base", "HEAD~1")
    assert outcome.code == 2
    assert "this clone is partial" in outcome.error


def test_a_repository_of_sha256(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path, "--object-format=sha256")
    made.commit({"old/Dockerfile": ROOT})
    made.commit({"new/Dockerfile": ROOT})
    assert run(made, "--diff-base", "HEAD~1", "--select", "root-user").new == ["root-user new/Dockerfile"]


def test_a_linked_worktree(repo: Repo, tmp_path: Path, run: Runner) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "main")
    tree = Repo.__new__(Repo)
    tree.folder = tmp_path / "tree"
    assert run(tree, "--diff-base", "HEAD~1", "--select", "root-user").new == ["root-user main/Dockerfile"]


def test_a_submodule_is_compared_with_its_own_past(tmp_path: Path, run: Runner) -> None:
    inner, outer = Repo(tmp_path / "inner"), Repo(tmp_path / "outer")
    inner.commit({"old/Dockerfile": ROOT})
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "sub")
    outer.commit()
    sub = Repo.__new__(Repo)
    sub.folder = outer.folder / "sub"
    assert run(outer, "--diff-base", "HEAD", "--select", "root-user").new == []
    sub.commit({"new/Dockerfile": ROOT})
    assert run(outer, "--diff-base", "HEAD", "--select", "root-user").new == ["root-user sub/new/Dockerfile"]
    outer.commit()
    assert run(outer, "--diff-base", "HEAD~1", "--select", "root-user").new == ["root-user sub/new/Dockerfile"]


def test_links_mean_the_same_in_the_past(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path)
    made.write({"images/app.txt": ROOT, "deep/x": ""})
    (tmp_path / "Dockerfile").symlink_to("images/app.txt")
    (tmp_path / "deep" / "Dockerfile").symlink_to("../Dockerfile")
    (tmp_path / "loop.Dockerfile").symlink_to("loop.Dockerfile")
    (tmp_path / "out.Dockerfile").symlink_to("../../out")
    made.commit()
    outcome = run(made, "--diff-base", "HEAD", "--select", "root-user")
    assert (outcome.code, outcome.new) == (0, [])
    made.commit({"images/app.txt": "# an image\n" + ROOT})
    assert run(made, "--diff-base", "HEAD~1", "--select", "root-user").report["summary"]["unchanged"] == 1


def test_odd_names_are_compared_too(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path)
    names = [
        "a b/Dockerfile",
        "-x/Dockerfile",
        "é/Dockerfile",
        "new\nline/Dockerfile",
        "*/Dockerfile",
        'q"uote/Dockerfile',
    ]
    made.commit(dict.fromkeys(names, ROOT))
    assert run(made, "--diff-base", "HEAD", "--select", "root-user").new == []
    made.commit({"[x]/Dockerfile": ROOT})
    assert run(made, "--diff-base", "HEAD~1", "--select", "root-user").new == ["root-user [x]/Dockerfile"]


def test_standard_input_is_compared_with_the_file_s_past(
    repo: Repo, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    repo.commit({"app/Dockerfile": NOBODY})
    for text, expected in ((ROOT, ["root-user app/Dockerfile"]), (NOBODY, [])):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        outcome = run(repo, "--diff-base", "HEAD", "--select", "root-user", "--stdin-filename", "app/Dockerfile", "-")
        assert outcome.new == expected


WORKLOAD = """\
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec:
  containers: [{name: db, image: "postgres:17.2", ports: [{containerPort: 5432}]}]
"""
POLICY = """\
# nobody but the application
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]
"""


def messages(outcome: Outcome, name: str) -> list[str]:
    found = [f for f in outcome.report["findings"] if f["state"] == "new" and f["name"] == name]
    return [f"{finding['path']}: {finding['message']}" for finding in found]


def test_what_a_deleted_policy_exposes_is_told_at_the_workload(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path)
    made.commit({"k8s/db.yaml": WORKLOAD, "k8s/policy.yaml": POLICY})
    made.commit({"k8s/policy.yaml": None})
    (message,) = messages(run(made, "--diff-base", "HEAD~1"), "no-network-policies")
    assert message.startswith("k8s/db.yaml: ")
    assert message.endswith("new because this change removes `NetworkPolicy/db` (k8s/policy.yaml:4)")


def test_a_policy_taken_out_of_a_file_that_stays(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path)
    made.commit({"k8s/all.yaml": f"{WORKLOAD}---\n{POLICY}"})
    made.commit({"k8s/all.yaml": WORKLOAD})
    (message,) = messages(run(made, "--diff-base", "HEAD~1"), "no-network-policies")
    assert message.endswith("new because this change removes `NetworkPolicy/db` (k8s/all.yaml:10)")


def test_what_a_deleted_override_protected_is_told_at_the_service(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path)
    base = "services:\n  web:\n    image: example.org/web:1.2.3\n    user: root\n"
    made.commit({"compose.yaml": base, "compose.override.yaml": "services:\n  web:\n    user: '10001'\n"})
    made.commit({"compose.override.yaml": None})
    (message,) = messages(run(made, "--diff-base", "HEAD~1"), "root-user")
    assert message.startswith("compose.yaml: ")
    assert message.endswith("new because this change removes `compose.override.yaml` (compose.override.yaml:1)")


def test_what_is_new_in_touched_lines_needs_no_explanation(tmp_path: Path, run: Runner) -> None:
    made = Repo(tmp_path)
    made.commit({"k8s/db.yaml": WORKLOAD, "k8s/policy.yaml": POLICY, "app/Dockerfile": NOBODY})
    made.commit({"k8s/policy.yaml": None, "app/Dockerfile": ROOT})
    (message,) = messages(run(made, "--diff-base", "HEAD~1"), "root-user")
    assert "removes" not in message
