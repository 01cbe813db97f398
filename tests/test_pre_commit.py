"""The hooks, run by the real pre-commit on real commits.

The hook's environment is built once, from a copy of this project, and kept in pytest's cache: it needs a package index.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitrepo import ENVIRONMENT, Repo

PROJECT = Path(__file__).parent.parent
PARTS = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "linter", "checks")
NOBODY = "FROM debian:13.1\nUSER 10001\n"
ROOT = "FROM debian:13.1\nUSER root\n"
NO_INDEX = (
    "No matching distribution",
    "Could not find a version",
    "ConnectionError",
    "NewConnectionError",
    "Name or service",
)

pytest.importorskip("pre_commit", reason="pre-commit is not installed")
fcntl = pytest.importorskip("fcntl", reason="no file locks here")


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A repository of the hooks. Its only commit depends on its content alone, so that pre-commit knows it again."""
    made = _copy(tmp_path_factory.mktemp("hooks"))
    rev = made.git("rev-parse", "HEAD")
    cache = getattr(request.config, "cache", None)
    home = cache.mkdir("hullcheck-pre-commit") if cache is not None else tmp_path_factory.getbasetemp().parent
    with open(home / "lock", "w") as lock:  # several processes may run these tests at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = home / "rev"
        if not known.exists() or known.read_text() != rev:
            for folder in ("home", "project"):
                shutil.rmtree(home / folder, ignore_errors=True)
            shutil.copytree(made.folder, home / "project")
            known.write_text(rev)
    return home / "project"


def _copy(folder: Path) -> Repo:
    made = Repo(folder / "project")
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, made.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, made.folder / part)
    dates = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    made.git("add", "--all", "--force")
    subprocess.run(["git", "commit", "-q", "-m", "all"], cwd=made.folder, env={**ENVIRONMENT, **dates}, check=True)
    return made


class Project(Repo):
    """A repository that uses the hooks."""

    def __init__(self, folder: Path, hooks: Path, *ids: str) -> None:
        super().__init__(folder)
        rev = Repo.git(self, "-C", str(hooks), "rev-parse", "HEAD")
        listed = ", ".join(f"{{id: {name}}}" for name in ids)
        self.environment = {**ENVIRONMENT, "PRE_COMMIT_HOME": str(hooks.parent / "home"), "PATH": _path()}
        self.write({".pre-commit-config.yaml": f"repos: [{{repo: '{hooks}', rev: {rev}, hooks: [{listed}]}}]\n"})
        self.commit()

    def pre_commit(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def install(self, *types: str) -> None:
        done = self.pre_commit(
            "install", "--install-hooks", *(f"--hook-type={name}" for name in types or ("pre-commit",))
        )
        if done.returncode and any(word in done.stdout + done.stderr for word in NO_INDEX):
            pytest.skip("there is no package index to build the hook's environment from")
        assert done.returncode == 0, done.stdout + done.stderr

    def try_commit(self, files: dict[str, str | None]) -> "subprocess.CompletedProcess[str]":
        self.write(files)
        self.git("add", "--all", "--force")
        return subprocess.run(
            ["git", "commit", "-m", "a change"],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip


def _path() -> str:
    return os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))


@pytest.fixture
def project(tmp_path: Path, hooks: Path) -> Project:
    made = Project(tmp_path / "project", hooks, "hullcheck")
    made.install()
    return made


def test_a_root_container_is_stopped_and_a_good_one_is_not(project: Project) -> None:
    stopped = project.try_commit({"app/Dockerfile": ROOT})
    assert stopped.returncode == 1
    assert "high[root-user]" in stopped.stderr + stopped.stdout
    assert project.git("rev-list", "--count", "HEAD") == "1"
    passed = project.try_commit({"app/Dockerfile": NOBODY})
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert project.git("rev-list", "--count", "HEAD") == "2"


def test_old_faults_stop_nobody_and_new_ones_in_the_same_file_do(project: Project) -> None:
    assert project.try_commit({"README.md": "nothing\n"}).returncode == 0
    project.write({"old/Dockerfile": ROOT})
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", "an old fault")
    assert project.try_commit({"old/Dockerfile": "# a comment\n" + ROOT}).returncode == 0
    assert project.try_commit({"old/Dockerfile": ROOT + "FROM debian:13.1\nUSER 0\n"}).returncode == 1


def test_what_a_change_does_to_other_files_counts(project: Project) -> None:
    service = "services:\n  web:\n    build: app\n    image: example.org/web:1.2.3\n"
    assert project.try_commit({"app/Dockerfile": NOBODY, "compose.yaml": service}).returncode == 0
    assert project.try_commit({"app/Dockerfile": ROOT}).returncode == 1


def test_a_file_that_looks_like_an_option_is_a_file(project: Project) -> None:
    hostile = {"--config=evil.yaml": "x", "evil.yaml": "ignore: [root-user]\n", "--fail-on=none.yaml": "a: b\n"}
    assert project.try_commit({**hostile, "app/Dockerfile": ROOT}).returncode == 1


def test_the_judged_repository_is_not_imported(project: Project) -> None:
    evil = {"hullcheck/__init__.py": "raise SystemExit(0)\n", "hullcheck/__main__.py": "raise SystemExit(0)\n"}
    assert project.try_commit({**evil, "app/Dockerfile": ROOT}).returncode == 1


def test_all_files_are_judged_in_full(project: Project) -> None:
    """In a CI nothing differs from HEAD, which is no reason to pass."""
    project.write({"old/Dockerfile": ROOT})
    project.commit()
    done = project.pre_commit("run", "--all-files")
    assert done.returncode == 1
    assert "root-user" in done.stdout


def test_all_files_are_judged_though_something_is_dirty(project: Project) -> None:
    project.write({"old/Dockerfile": ROOT, "package.json": '{"a": 1}'})
    project.commit()
    project.write({"package.json": '{"a": 2}'})
    assert project.pre_commit("run", "--all-files").returncode == 1
    project.git("add", "--all")
    assert project.pre_commit("run", "--all-files").returncode == 1
    assert project.pre_commit("run").returncode == 0  # what is staged
    assert project.pre_commit("run", "--files", "old/Dockerfile").returncode == 1
    assert project.pre_commit("run", "--files", "package.json").returncode == 0


def test_what_only_deletes_is_judged(project: Project) -> None:
    service = "services:\n  web:\n    image: example.org/web:1.2.3\n    user: root\n"
    override = "services:\n  web:\n    user: '10001'\n"
    project.write({"compose.yaml": service, "compose.override.yaml": override})
    project.commit()
    stopped = project.try_commit({"compose.override.yaml": None})
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "root-user" in stopped.stdout + stopped.stderr


def test_names_in_any_case_and_links_are_passed(project: Project) -> None:
    for name in ("DOCKERFILE", "app/DockerFile", "k8s/x.YML"):
        content = ROOT if "ock" in name.lower() else "services: {a: {image: 'x.example.org/a:1', privileged: true}}\n"
        stopped = project.try_commit({name: content})
        assert stopped.returncode == 1, name + stopped.stdout + stopped.stderr
        project.git("rm", "-q", "-f", name)
    project.write({"image.txt": ROOT})
    project.commit()
    (project.folder / "Dockerfile").symlink_to("image.txt")
    assert project.try_commit({}).returncode == 1


def test_other_commits_pass(project: Project) -> None:
    project.write({"old/Dockerfile": ROOT})
    project.commit()
    assert project.try_commit({"README.md": "x\n"}).returncode == 0
    assert project.try_commit({"README.md": None}).returncode == 0
    done = project.pre_commit("run", "hullcheck", "-v")
    assert (done.returncode, "Passed" in done.stdout) == (0, True)


def test_from_one_revision_to_another_what_came_between_counts(project: Project) -> None:
    project.write({"old/Dockerfile": ROOT})
    first = project.commit()
    project.commit({"new/Dockerfile": NOBODY})
    assert project.pre_commit("run", "--from-ref", first, "--to-ref", "HEAD").returncode == 0
    project.commit({"new/Dockerfile": ROOT})
    assert project.pre_commit("run", "--from-ref", first, "--to-ref", "HEAD").returncode == 1


def test_context_files_are_no_broken_yaml(project: Project) -> None:
    files: dict[str, str | None] = {
        ".dockerignore": "*\n!src\n",
        ".env": "A=[\n",
        "app.dockerignore": "@x\n",
        "app/Dockerfile": NOBODY,
    }
    done = project.try_commit(files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_fixes_are_made_and_the_commit_waits(tmp_path: Path, hooks: Path) -> None:
    project = Project(tmp_path / "project", hooks, "hullcheck-fix")
    project.install()
    files: dict[str, str | None] = {"app/Dockerfile": "FROM debian:13.1\nADD app /app\nUSER 10001\n"}
    stopped = project.try_commit(files)
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "files were modified by this hook" in stopped.stdout + stopped.stderr
    fixed = (project.folder / "app/Dockerfile").read_text()
    assert fixed == "FROM debian:13.1\nCOPY app /app\nUSER 10001\n"
    assert project.try_commit({}).returncode == 0


def test_a_push_with_a_deleted_file_is_judged_as_a_whole(tmp_path: Path, hooks: Path) -> None:
    remote = Repo(tmp_path / "remote", "--bare")
    project = Project(tmp_path / "project", hooks, "hullcheck-all")
    project.install("pre-push")
    project.git("remote", "add", "origin", str(remote.folder))
    override = "services:\n  web:\n    user: '10001'\n"
    base = "services:\n  web:\n    image: example.org/web:1.2.3\n    user: root\n"
    project.commit({"compose.yaml": base.replace("root", "'10001'")})
    assert _push(project).returncode == 0
    project.commit({"compose.yaml": base, "compose.override.yaml": override})
    assert _push(project).returncode in (0, 1)
    project.commit({"compose.yaml": base, "compose.override.yaml": None})
    assert _push(project).returncode == 1


def test_a_push_of_nothing_is_not_stopped_by_old_faults(tmp_path: Path, hooks: Path) -> None:
    remote = Repo(tmp_path / "remote", "--bare")
    project = Project(tmp_path / "project", hooks, "hullcheck-all")
    project.commit({"old/Dockerfile": ROOT})
    project.git("remote", "add", "origin", str(remote.folder))
    project.git("push", "-q", "origin", "main")
    project.install("pre-push")
    project.git("fetch", "-q", "origin")
    project.commit()
    assert _push(project).returncode == 0
    project.commit({"new/Dockerfile": ROOT})
    assert _push(project).returncode == 1
    project.commit({"new/Dockerfile": None})
    assert _push(project).returncode == 0
    project.git("checkout", "-q", "-b", "bad")
    project.commit({"new/Dockerfile": ROOT})
    project.git("checkout", "-q", "main")
    assert _push(project, "bad").returncode == 1  # though another branch is checked out
    assert project.pre_commit("run", "--hook-stage", "manual", "hullcheck-all").returncode == 1


def _push(project: Project, branch: str = "main") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["git", "push", "-q", "origin", branch],
        cwd=project.folder, env=project.environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_broken_configuration_is_stopped(tmp_path: Path, hooks: Path) -> None:
    project = Project(tmp_path / "project", hooks, "hullcheck-config")
    project.install()
    stopped = project.try_commit({".hullcheck.yaml": "ignroe: []\n"})
    assert stopped.returncode == 1
    assert "did you mean `ignore`?" in stopped.stdout + stopped.stderr
    assert project.try_commit({".hullcheck.yaml": "ignore: []\n"}).returncode == 0
