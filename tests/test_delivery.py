"""How the project itself is built, checked and shipped: it keeps the rules that it has for others."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gitrepo import ENVIRONMENT, Repo
from test_action import OWN, WORKFLOWS, tool

PROJECT = Path(__file__).parent.parent
CI = PROJECT / "docs" / "ci"
VERSION = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
NOBODY = "FROM debian:13.1\nUSER 10001\n"
ROOT = "FROM debian:13.1\nUSER root\n"

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def run(*command: str, folder: Path = PROJECT, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=folder, env={**ENVIRONMENT, **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


# Workflows, and the forms of the repository


def test_the_workflows_are_what_actionlint_expects() -> None:
    assert OWN
    done = run(tool("actionlint"), "-no-color", *map(str, OWN))
    assert (done.returncode, done.stdout) == (0, "")


def test_zizmor_finds_nothing_in_them() -> None:
    done = run(tool("zizmor"), "--offline", "--no-progress", "--format=json", str(PROJECT / ".github"))
    assert json.loads(done.stdout) == [], done.stderr


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    text = (PROJECT / ".github" / "workflows" / "release.yml").read_text()
    spoilt = re.sub(r"@[0-9a-f]{40} # v[\d.]+", "@main", text).replace("persist-credentials: false", "fetch-depth: 0")
    Repo(tmp_path).write({".github/workflows/release.yml": spoilt})
    done = run(tool("zizmor"), "--offline", "--no-progress", "--format=json", str(tmp_path))
    assert {"unpinned-uses", "artipacked"} <= {found["ident"] for found in json.loads(done.stdout)}


@pytest.mark.parametrize("file", OWN, ids=lambda path: path.name)
def test_a_workflow_may_do_what_each_job_says_and_nothing_else(file: Path) -> None:
    workflow = load(file)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "permissions" in job
        assert job["timeout-minutes"] <= 90


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.dependabot", [".github/dependabot.yml"]),
        ("vendor.github-issue-config", [".github/ISSUE_TEMPLATE/config.yml"]),
        ("vendor.github-issue-forms", [f".github/ISSUE_TEMPLATE/{name}.yml" for name in ("bug", "check", "wrong-finding")]),
        ("vendor.gitlab-ci", ["docs/ci/gitlab-ci.yml"]),
        ("vendor.azure-pipelines", ["docs/ci/azure-pipelines.yml"]),
        ("vendor.circle-ci", ["docs/ci/circleci.yml"]),
    ],
)  # fmt: skip
def test_files_are_what_their_platforms_take(schema: str, paths: list[str]) -> None:
    done = run(tool("check-jsonschema"), "--regex-variant", "nonunicode", "--builtin-schema", schema, *paths)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_depends_on_others_is_looked_at() -> None:
    listed = {entry["package-ecosystem"]: entry for entry in load(PROJECT / ".github" / "dependabot.yml")["updates"]}
    assert set(listed["github-actions"]["directories"]) >= {"/", "/docs/workflows"}
    assert {"pip", "docker"} <= set(listed)
    for found in PROJECT.glob("editors/*/package.json"):
        assert listed["npm"]["directory"] == "/" + found.parent.relative_to(PROJECT).as_posix()


def test_the_checks_that_the_checklist_requires_are_there() -> None:
    names = {job.get("name", key) for file in OWN for key, job in load(file)["jobs"].items()}
    required = re.search(
        r"requires the checks\s+`([^`]+)` and `([^`]+)`", (PROJECT / "docs" / "release.md").read_text()
    )
    assert required is not None
    assert set(required.groups()) <= names


# Its own hook


def test_the_own_hooks_are_those_that_others_get() -> None:
    offered = {hook["id"]: hook for hook in load(PROJECT / ".pre-commit-hooks.yaml")}
    (local,) = load(PROJECT / ".pre-commit-config.yaml")["repos"]
    used = {hook["id"]: hook for hook in local["hooks"] if hook["id"] in offered}
    assert set(used) == {"hullcheck", "hullcheck-config"}
    for name, hook in used.items():
        for key in ("entry", "args", "always_run", "types", "require_serial", "pass_filenames"):
            assert hook.get(key) == offered[name].get(key), f"{name}: {key}"


def test_pre_commit_takes_the_configuration() -> None:
    done = run(sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_hullcheck_finds_nothing_here() -> None:
    from hullcheck.cli import main

    assert main(["check", "--no-cache", "--profile", "strict", "--min-severity", "info", "-q", str(PROJECT)]) == 0


def test_hullcheck_would_find_something_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from hullcheck.cli import main

    text = (PROJECT / "Dockerfile").read_text()
    assert text.count("USER 65532:65532") == 2
    (tmp_path / "Dockerfile").write_text(text.replace("USER 65532:65532", "USER 0").replace("@sha256", "@sha255", 0))
    assert main(["check", "--no-cache", "--output-format", "concise", "-q", str(tmp_path)]) == 1
    assert "root-user" in capsys.readouterr().out


# The image


def test_the_image_is_what_it_is_said_to_be() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    bases = re.findall(r"^ARG (?:PYTHON|RUNTIME)=(\S+)$", text, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", base) for base in bases)
    last = text.rpartition("\nFROM ")[2]
    assert "USER 65532:65532" in last
    assert 'ENTRYPOINT ["/usr/bin/python3", "-I", "/opt/hullcheck"]' in last
    assert "\nRUN" not in last  # there is no shell to run it with


def test_nothing_else_gets_into_the_image() -> None:
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    listed = {line[1:] for line in lines if line.startswith("!")}
    copied = set()
    for line in (PROJECT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied.update(line.split()[1:-1])
    assert "*" in lines
    assert copied == listed


def test_a_folder_can_be_started_that_python_is_shut_in(tmp_path: Path) -> None:
    """As the image starts it: `-I` and a folder with `__main__.py`, in which hullcheck and its libraries lie."""
    for package in ("linter/hullcheck", "checks/hullcheck_checks"):
        os.symlink(PROJECT / package, tmp_path / package.rpartition("/")[2])
    found = re.search(r"printf '(import sys.*?)' > /opt/hullcheck/__main__.py", (PROJECT / "Dockerfile").read_text())
    assert found is not None
    (tmp_path / "__main__.py").write_text(found[1].replace("\\n", "\n"))
    done = run(sys.executable, "-I", str(tmp_path), "--version")
    assert done.stdout == f"hullcheck {VERSION}\n", done.stderr


# Releases


def test_the_notes_of_a_release_are_its_section(tmp_path: Path) -> None:
    sys.path.insert(0, str(PROJECT / "scripts"))
    try:
        from changes import changes  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    text = "# Changelog\n\n## Unreleased\n\nnew\n\n## 1.2.0 - 2026-01-01\n\n- this\n\n## 1.1.0\n\n- old\n"
    assert changes(text, "1.2.0") == "- this"
    assert changes(text, "1.1.0") == "- old"
    assert changes(text, "1.2") is None


def test_everything_names_one_version() -> None:
    named = {}
    for file in (*CI.iterdir(), PROJECT / "docs" / "gate.md"):
        for found in re.findall(r"(?:hullcheck/hullcheck:|hullcheck==|rev: v)(\d[\w.]*\d)", file.read_text()):
            named[file.name] = found
    assert len(named) >= 5
    assert set(named.values()) == {VERSION}


def test_the_history_of_the_benchmarks_ends_with_what_is_recorded() -> None:
    lines = [line.split("\t") for line in (PROJECT / "benchmarks" / "history.tsv").read_text().splitlines()]
    head, last = lines[0], lines[-1]
    assert all(len(line) == len(head) for line in lines)
    recorded = json.loads((PROJECT / "benchmarks" / "recorded.json").read_text())
    assert {name: float(value) for name, value in zip(head, last, strict=True) if name in recorded} == recorded


# Pipelines elsewhere, their scripts as they stand


class Pipeline:
    """A clone in which a change is checked out, as pipelines make it: a detached head, and the target at origin."""

    def __init__(self, folder: Path, change: str) -> None:
        origin = Repo(folder / "origin")
        origin.write({"Dockerfile": NOBODY, "old.Dockerfile": ROOT})
        origin.commit()
        self.target = origin.git("rev-parse", "HEAD")
        origin.git("checkout", "-q", "-b", "change")
        origin.write({"Dockerfile": change})
        origin.commit()
        self.head = origin.git("rev-parse", "HEAD")
        origin.git("checkout", "-q", "main")
        self.folder = folder / "clone"
        subprocess.run(["git", "clone", "-q", str(origin.folder), str(self.folder)], env=ENVIRONMENT, check=True)
        self.at(self.head)
        self.programs = folder / "bin"
        self.programs.mkdir()
        program = self.programs / "hullcheck"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hullcheck "$@"\n')
        program.chmod(0o755)

    def at(self, commit: str) -> None:
        subprocess.run(["git", "checkout", "-q", "--detach", commit], cwd=self.folder, env=ENVIRONMENT, check=True)

    def script(self, text: str, **environment: str) -> int:
        path = os.pathsep.join((str(self.programs), os.environ["PATH"], "/usr/bin", "/bin"))
        paths = os.pathsep.join((str(PROJECT / "linter"), str(PROJECT / "checks")))
        done = run("bash", "-e", "-c", text, folder=self.folder, CI="true", PATH=path, PYTHONPATH=paths, **environment)
        self.said = done.stdout + done.stderr
        return done.returncode


CASES = [(NOBODY + "LABEL a=b\n", 0), (ROOT, 1)]


@needs_bash
@pytest.mark.parametrize(("change", "code"), CASES, ids=["clean", "bad"])
def test_gitlab(change: str, code: int, tmp_path: Path) -> None:
    job = load(CI / "gitlab-ci.yml")["hullcheck"]
    request, branch = job["rules"]
    made = Pipeline(tmp_path, change)
    (script,) = job["script"]
    told = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": made.target}
    assert made.script(script, **request["variables"], **told) == code, made.said
    report = made.folder / job["artifacts"]["reports"]["codequality"]
    assert len(json.loads(report.read_text())) >= 1
    assert made.script(script, **branch["variables"], CI_PIPELINE_SOURCE="push") == 0, made.said


@needs_bash
@pytest.mark.parametrize(("change", "code"), CASES, ids=["clean", "bad"])
def test_azure(change: str, code: int, tmp_path: Path) -> None:
    (step,) = (step for step in load(CI / "azure-pipelines.yml")["steps"] if step.get("displayName") == "hullcheck")
    made = Pipeline(tmp_path, change)
    told = {"AGENT_TEMPDIRECTORY": str(tmp_path), "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"}
    assert made.script(step["bash"], **told) == code, made.said
    assert (tmp_path / "hullcheck.xml").exists()
    assert made.script(step["bash"], AGENT_TEMPDIRECTORY=str(tmp_path)) == 0, made.said


@needs_bash
@pytest.mark.parametrize(("change", "code"), CASES, ids=["clean", "bad"])
def test_jenkins(change: str, code: int, tmp_path: Path) -> None:
    (script,) = re.findall(r"sh '''\n(.*?)'''", (CI / "Jenkinsfile").read_text(), re.DOTALL)
    made = Pipeline(tmp_path, change)
    assert made.script(script, CHANGE_TARGET="main") == code, made.said
    assert (made.folder / "hullcheck.xml").exists()
    assert made.script(script) == 0, made.said


@needs_bash
@pytest.mark.parametrize(("change", "code"), CASES, ids=["clean", "bad"])
def test_circleci(change: str, code: int, tmp_path: Path) -> None:
    (step,) = (step["run"] for step in load(CI / "circleci.yml")["jobs"]["hullcheck"]["steps"] if "run" in step)
    made = Pipeline(tmp_path, change)
    script = step["command"].replace("/tmp/hullcheck", str(tmp_path / "results"))
    assert made.script(script, CIRCLE_BRANCH="change") == code, made.said
    assert (tmp_path / "results" / "hullcheck.xml").exists()
    made.at(made.target)
    assert made.script(script, CIRCLE_BRANCH="main") == 0, made.said


@needs_bash
def test_a_clone_without_the_target_never_passes(tmp_path: Path) -> None:
    (script,) = re.findall(r"sh '''\n(.*?)'''", (CI / "Jenkinsfile").read_text(), re.DOTALL)
    made = Pipeline(tmp_path, ROOT)
    subprocess.run(
        ["git", "update-ref", "-d", "refs/remotes/origin/main"], cwd=made.folder, env=ENVIRONMENT, check=True
    )
    assert made.script(script, CHANGE_TARGET="main") == 2, made.said


def test_every_pipeline_is_listed() -> None:
    listed = (CI / "index.md").read_text()
    for file in CI.iterdir():
        assert file.name == "index.md" or f"({file.name})" in listed
    assert WORKFLOWS
