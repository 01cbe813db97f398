"""What a run as a hook judges, by what pre-commit and git say of it; tests/test_pre_commit.py has the real pre-commit."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from gitrepo import ENVIRONMENT, Outcome, Repo
from hullcheck.cli import main
from hullcheck.commands.hook import concerns
from hullcheck.discover import kind_of
from hullcheck.plumbing import Plumbing

HOOKS = {
    hook["id"]: hook
    for hook in YAML(typ="safe", pure=True).load(Path(__file__).parent.parent / ".pre-commit-hooks.yaml")
}
PYTHONPATH = os.pathsep.join(path for path in sys.path if path)
ROOT = "FROM debian:13.1\nUSER root\n"
NOBODY = "FROM debian:13.1\nUSER 10001\n"
COMMIT = {"PRE_COMMIT": "1", "GIT_INDEX_FILE": ".git/index"}
"""What a hook finds in its environment as a commit is made."""
BY_HAND = {"PRE_COMMIT": "1"}
CI = {"PRE_COMMIT": "1", "CI": "true"}


class Hook:
    def __init__(self, repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo = repo
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, environment: dict[str, str], *paths: str) -> Outcome:
        arguments = paths if paths == (".",) else ("--", *paths)
        with self._monkeypatch.context() as patch:
            return self.repo.run(self._capsys, patch, "--pre-commit", *arguments, environment=environment)

    def stage(self, files: dict[str, str | None]) -> None:
        self.repo.write(files)
        self.repo.git("add", "--all", "--force")

    def pushed(self, before: str, to: str = "HEAD") -> Outcome:
        said = {"PRE_COMMIT_FROM_REF": before, "PRE_COMMIT_TO_REF": self.repo.git("rev-parse", to)}
        return self({"PRE_COMMIT": "1", "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/x", **said}, ".")


@pytest.fixture
def hook(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hook:
    repo = Repo(tmp_path / "repo")
    repo.commit({"old/Dockerfile": ROOT, "README.md": "x\n"})
    return Hook(repo, capsys, monkeypatch)


def test_a_commit_is_compared_with_head(hook: Hook) -> None:
    hook.stage({"old/Dockerfile": "# a comment\n" + ROOT})
    assert hook(COMMIT, "old/Dockerfile").code == 0
    hook.stage({"new/Dockerfile": ROOT})
    assert hook(COMMIT, "new/Dockerfile", "old/Dockerfile").new == [
        "root-user new/Dockerfile", "undigested-image new/Dockerfile",
    ]  # fmt: skip


def test_git_is_asked_once_for_each_thing(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = Plumbing.run
    monkeypatch.setattr(Plumbing, "run", lambda self, *words: (asked.append(words[0]), real(self, *words))[1])
    hook.stage({"old/Dockerfile": "# a comment\n" + ROOT})
    for environment in (COMMIT, BY_HAND):
        asked.clear()
        assert hook(environment, "old/Dockerfile").code == 0
        assert sorted(asked) == ["diff-index", "ls-files", "rev-parse"]


def test_what_its_name_looks_like_is_not_where_a_repository_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's name may be that of a variable; and git would look into the folder that it is started in."""
    monkeypatch.setenv("ELSEWHERE", "elsewhere")
    for name in ("$ELSEWHERE", "~", "elsewhere"):
        Repo(tmp_path / name).commit({"old/Dockerfile": NOBODY if name == "elsewhere" else ROOT})
    for name in ("$ELSEWHERE", "~"):
        repo = Repo.__new__(Repo)
        repo.folder = tmp_path / name
        repo.write({"old/Dockerfile": f"{ROOT}# more\n"})
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert main(["check", "--diff-base", "HEAD", "--select", "root-user", f"../{name}"]) == 0, name
        assert "1 unchanged" in "".join(capsys.readouterr()), name


def test_what_concerns_nothing_ends_at_once(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    from hullcheck import engine

    monkeypatch.setattr(engine, "lint", lambda *given: pytest.fail("the repository was judged"))
    hook.stage({"README.md": "# A title\n\nSome text\nFROM here on\n", "src/app.py": "kind = 1\n"})
    assert hook(COMMIT) == (0, {}, "")


def test_all_files_are_judged_in_full_though_something_is_dirty(hook: Hook) -> None:
    """In a CI, nothing that pre-commit says tells `--all-files` from a commit; the CI does."""
    for change in ({}, {"package.json": '{"a": 2}'}, {"src/x.txt": "x"}):
        hook.repo.write(change)
        assert hook(CI, "old/Dockerfile").code == 1
        assert hook(BY_HAND, "old/Dockerfile").code == 1
        hook.repo.git("add", "--all")
        assert hook(CI, "old/Dockerfile").code == 1
        assert hook(BY_HAND, "old/Dockerfile").code == 1


def test_by_hand_what_is_staged_is_a_commit_to_be(hook: Hook) -> None:
    hook.stage({"old/Dockerfile": "# a comment\n" + ROOT})
    assert hook(BY_HAND, "old/Dockerfile").code == 0
    assert hook(CI, "old/Dockerfile").code == 1
    assert hook(BY_HAND, ".").code == 1


def test_pushing_nothing_is_not_stopped_by_old_faults(hook: Hook) -> None:
    before = hook.repo.git("rev-parse", "HEAD")
    hook.repo.commit()
    assert hook.pushed(before).code == 0
    hook.repo.commit({"new/Dockerfile": ROOT})
    assert hook.pushed(before).code == 1
    hook.repo.commit({"new/Dockerfile": None})
    assert hook.pushed(before).code == 0


def test_a_branch_that_is_not_checked_out_is_judged_as_it_is(hook: Hook) -> None:
    before = hook.repo.git("rev-parse", "HEAD")
    hook.repo.git("checkout", "-q", "-b", "bad")
    hook.repo.commit({"new/Dockerfile": ROOT})
    hook.repo.git("checkout", "-q", "main")
    assert hook.pushed(before, "bad").new == ["root-user new/Dockerfile", "undigested-image new/Dockerfile"]
    hook.repo.commit({"other/Dockerfile": ROOT})
    hook.repo.git("checkout", "-q", "-b", "good", before)
    hook.repo.commit({"fine/Dockerfile": NOBODY})
    hook.repo.git("checkout", "-q", "main")
    assert hook.pushed(before, "good").code == 0


def test_the_first_push_of_all_is_judged_in_full(hook: Hook) -> None:
    said = {"PRE_COMMIT": "1", "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main", "PRE_COMMIT_REMOTE_NAME": "origin"}
    assert hook(said, ".").code == 1


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: "postgres:17.2", ports: [{containerPort: 5432}]}]}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {type: LoadBalancer, selector: {app: db}, ports: [{port: 5432}]}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}
"""


def test_a_commit_that_only_deletes_a_policy_is_judged(hook: Hook) -> None:
    hook.repo.commit({"k8s/db.yaml": f"{POD}---\n{SERVICE}", "k8s/policy.yaml": POLICY})
    hook.stage({"k8s/policy.yaml": None})
    outcome = hook(COMMIT)
    assert outcome.code == 1
    assert any(finding.endswith("k8s/db.yaml") for finding in outcome.new)


def test_a_commit_that_only_deletes_the_configuration_is_judged(hook: Hook) -> None:
    hook.repo.commit({".hullcheck.yaml": "ignore: [root-user]\n"})
    hook.stage({".hullcheck.yaml": None})
    outcome = hook(COMMIT)
    assert outcome.report["summary"]["files"] > 0
    assert outcome.code == 0


def test_a_dockerfile_by_any_name_is_seen(hook: Hook) -> None:
    hook.repo.commit(
        {"compose.yaml": "services: {a: {build: {context: d, dockerfile: img.txt}}}\n", "d/img.txt": NOBODY}
    )
    hook.stage({"d/img.txt": ROOT})
    assert "root-user d/img.txt" in hook(COMMIT).new


PATCHED = "resources: [pod.yaml]\npatches:\n- path: more.txt\n  target: {kind: Pod}\n"
SMALL = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: y}}\nspec: {containers: [{name: a, image: 'a:1.2'}]}\n"
)
OTHERS = {
    "a patch": ("k8s/more.txt", "- {op: add, path: /spec/hostPID, value: true}\n", "host-pid-ipc"),
    "a patch in JSON": ("k8s/more.txt", '[{"op": "add", "path": "/spec/hostPID", "value": true}]\n', "host-pid-ipc"),
    "variables": ("conf/all.cfg", "# of all\nDB_PASSWORD=hunter2xyz-w\n", "secret-file-committed"),
    "values": ("charts/own.prod", "trusted: true\n", "privileged"),
}
"""Files by any name that another one names, and what is found once they say so."""


@pytest.mark.parametrize(("path", "text", "name"), OTHERS.values(), ids=OTHERS)
def test_what_others_name_is_seen_whatever_it_is_called(hook: Hook, path: str, text: str, name: str) -> None:
    hook.repo.commit(
        {
            "k8s/kustomization.yaml": PATCHED,
            "k8s/pod.yaml": SMALL,
            "k8s/more.txt": "- {op: add, path: /metadata/labels/z, value: y}\n",
            "compose.yaml": "services: {a: {image: 'a:1.2', env_file: conf/all.cfg}}\n",
            "conf/all.cfg": "A=b\n",
            "helmfile.yaml": "releases:\n- {name: a, namespace: x, chart: ./charts/a, values: [charts/own.prod]}\n",
            "charts/own.prod": "trusted: false\n",
            "charts/a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
            "charts/a/values.yaml": "trusted: false\n",
            "charts/a/templates/a.yaml": SMALL.replace(
                "image: 'a:1.2'", "image: 'a:1.2', securityContext: {privileged: {{ .Values.trusted }} }"
            ),
        }
    )
    hook.stage({path: text})
    assert name in " ".join(hook(COMMIT).new)


def test_what_pre_commit_was_told_to_leave_out_is_left_out(hook: Hook) -> None:
    hook.stage({"left/Dockerfile": ROOT, "new/Dockerfile": NOBODY})
    assert hook(COMMIT, "new/Dockerfile").code == 0
    assert hook({"GIT_INDEX_FILE": ".git/index"}).code == 1  # without pre-commit, nobody is told anything


REMOTE = "resources: [https://github.com/example/base]\n"


def unjudged(outcome: Outcome) -> set[str]:
    return {place["path"] for cause in outcome.report["coverage"]["causes"] for place in cause["items"]}


def test_a_commit_is_told_what_is_not_judged_of_it(hook: Hook) -> None:
    chart = "apiVersion: v2\nname: {}\nversion: 1.0.0\n"
    needs = chart.format("shop") + "dependencies: [{name: common, version: 1.0.0, repository: 'https://example.com'}]\n"
    common = {"shop/charts/common/Chart.yaml": chart.format("common"), "shop/charts/common/templates/pod.yaml": POD}
    hook.repo.commit({"known/kustomization.yaml": REMOTE, "shop/Chart.yaml": needs, **common})
    changed = {"new/Dockerfile": ROOT}
    hook.stage({**changed})
    assert unjudged(hook(COMMIT, *changed)) == set()
    changed["more/kustomization.yaml"] = REMOTE
    hook.stage({**changed})
    assert unjudged(hook(COMMIT, *changed)) == {"more/kustomization.yaml"}
    changed["known/kustomization.yaml"] = f"# known\n{REMOTE}"
    hook.stage({**changed, **dict.fromkeys(common)})
    assert unjudged(hook(COMMIT, *changed)) == {*changed, "shop/Chart.yaml"} - {"new/Dockerfile"}


def test_what_git_does_not_keep_does_not_count(hook: Hook) -> None:
    hook.stage({"new/Dockerfile": NOBODY})
    hook.repo.write({"untracked/Dockerfile": ROOT})
    assert hook(COMMIT, "new/Dockerfile").code == 0


def test_a_link_is_judged(hook: Hook) -> None:
    hook.repo.commit({"images/app.txt": ROOT})
    (hook.repo.folder / "app").mkdir()
    (hook.repo.folder / "app/Dockerfile").symlink_to("../images/app.txt")
    hook.repo.git("add", "--all")
    assert "root-user images/app.txt" in hook(COMMIT, "app/Dockerfile").new


def test_a_new_submodule_is_judged_or_said_not_to_be(hook: Hook, tmp_path: Path) -> None:
    inner = Repo(tmp_path / "inner")
    inner.commit({"Dockerfile": ROOT})
    hook.repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "sub")
    assert hook(COMMIT, ".gitmodules").new == ["root-user sub/Dockerfile", "undigested-image sub/Dockerfile"]
    hook.repo.git("submodule", "deinit", "-q", "-f", "sub")
    outcome = hook(COMMIT, ".gitmodules")
    assert outcome.code == 0
    assert "the submodule sub is not judged" in outcome.error


WORDS = (
    "Dockerfile", "dockerfile", "DOCKERFILE", "DockerFile", "Containerfile", "Dockerfile.prod", "dockerfile-dev",
    "Dockerfile_x", "Dockerfile.md", "Dockerfile.txt~", "dockerfile.py", "Dockerfile.", "Dockerfilex", "xDockerfile",
    "app.dockerfile", "app.Containerfile", ".dockerfile", "a.dockerfile.orig", "x.yaml", "x.YAML", "y.YML", ".yaml",
    "x.yaml.bak", "x.json", "X.JSON", "docker-bake.hcl", "docker-bake.override.hcl", "Docker-Bake.HCL", "bake.hcl",
    "Kustomization", "kustomization", "KUSTOMIZATION", "kustomization.yml", ".env", ".env.prod", "web.env", "env",
    ".environment", ".dockerignore", "app.dockerignore", ".containerignore", "dockerignore", ".helmignore",
    "_helpers.tpl", "x.TPL", ".tpl", "NOTES.txt", "notes.md", "x.tgz", "README.md", "main.go", "Makefile", "Chart.yaml",
    "compose.json", "skaffold.yaml", "a b.yaml", "é.yaml", "new\nline.yaml", "--config=x.yaml", "templates", "charts",
)  # fmt: skip
FOLDERS = ("", "a/", "a/b/", "templates/", "chart/templates/", "chart/templates/sub/", "charts/", "x/charts/",
           "Dockerfile.d/", ".env.d/", "x.yaml/", "Templates/", "new\nline/", "mytemplates/")  # fmt: skip


@pytest.mark.parametrize("name", ["hullcheck", "hullcheck-fix"])
def test_the_hooks_are_given_what_the_linter_recognises(name: str) -> None:
    wanted = re.compile(HOOKS[name]["files"])
    paths = [folder + word for folder, word in itertools.product(FOLDERS, WORDS)]
    assert [path for path in paths if (wanted.search(path) is not None) != concerns(path)] == []
    assert all(concerns(path) for path in paths if kind_of(path.rpartition("/")[2]))
    assert sum(map(concerns, paths)) > 300


def test_the_hooks_ask_for_names_alone() -> None:
    assert all(HOOKS[name]["types"] == [] for name in ("hullcheck", "hullcheck-fix"))
    assert HOOKS["hullcheck"]["always_run"] is True


@pytest.mark.skipif(os.name == "nt", reason="the hook is a shell script")
def test_git_s_own_hook_in_worktrees_and_beside_submodules(tmp_path: Path) -> None:
    """git tells its hooks by variables where they are, which mustn't be taken for where a submodule is."""
    inner, repo = Repo(tmp_path / "inner"), Repo(tmp_path / "repo")
    inner.commit({"old/Dockerfile": ROOT})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "sub")
    repo.commit({"old/Dockerfile": ROOT})
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    script = f'#!/bin/sh\nexec "{sys.executable}" -W ignore -m hullcheck check --pre-commit\n'
    for folder in (".git/hooks", ".git/modules/sub/hooks"):
        (repo.folder / folder).mkdir(exist_ok=True)
        (repo.folder / folder / "pre-commit").write_text(script)
        (repo.folder / folder / "pre-commit").chmod(0o755)

    def commits(folder: Path, files: dict[str, str], *options: str) -> bool:
        at = Repo.__new__(Repo)
        at.folder = folder
        at.write(dict(files))
        at.git("add", "--all")
        done = subprocess.run(["git", "commit", "-q", "-m", "x", *options], cwd=folder, env={**ENVIRONMENT, "PYTHONPATH": PYTHONPATH},
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0 or "root-user" in done.stderr, done.stdout + done.stderr
        return done.returncode == 0

    for folder in (repo.folder, tmp_path / "tree", repo.folder / "sub"):
        assert commits(folder, {"good/Dockerfile": NOBODY, "old/Dockerfile": "# old\n" + ROOT})
        assert not commits(folder, {"new/Dockerfile": ROOT})
        assert commits(folder, {"new/Dockerfile": NOBODY}, "new/Dockerfile")  # with an index of its own
    assert commits(repo.folder, {"README.md": "x\n"})
