"""The Action: its metadata, and its steps' scripts in a simulated runner."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from gitrepo import ENVIRONMENT, Repo

PROJECT = Path(__file__).parent.parent
ACTION = YAML(typ="safe", pure=True).load(PROJECT / "action.yml")
STEPS = ACTION["runs"]["steps"]
WORKFLOWS = sorted((PROJECT / "docs" / "workflows").glob("*.yml"))
OWN = sorted((PROJECT / ".github").glob("workflows/*.yml"))
NOBODY = "FROM debian:13.1\nUSER 10001\n"
ROOT = "FROM debian:13.1\nUSER root\n"

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def tool(name: str) -> str:
    """A program of the development tools, or the test is skipped."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


# The metadata


def test_the_metadata_is_valid() -> None:
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.github-actions", str(PROJECT / "action.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_value_is_put_into_a_shell_line() -> None:
    for step in STEPS:
        assert "${{" not in step.get("run", ""), step["name"]
        assert step.get("shell", "bash") == "bash"


def test_what_others_wrote_is_pinned_by_its_commit() -> None:
    for file in (PROJECT / "action.yml", *WORKFLOWS, *OWN):
        for line in file.read_text().splitlines():
            if "uses:" in line and "uses: ./" not in line:
                assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # \S", line), f"{file.name}: {line}"


def test_every_input_is_used_and_every_output_is_made() -> None:
    text = json.dumps(STEPS)
    assert [
        name for name in ACTION["inputs"] if f"inputs.{name} " not in text and f"inputs.{name} }}" not in text
    ] == []
    script = (PROJECT / "action" / "check.sh").read_text()
    for step in STEPS:
        for variable in step.get("env", {}):
            scripts = (
                script + "".join(path.read_text() for path in (PROJECT / "action").glob("*.sh")) + step.get("run", "")
            )
            assert f"${variable}" in scripts or f"${{{variable}" in scripts, variable
    made = script + (PROJECT / "action" / "outputs.py").read_text()
    severities = ("critical", "high", "medium", "low")
    assert [
        name
        for name in ACTION["outputs"]
        if f'"{name}"' not in made and f"{name}=" not in made and name not in severities
    ] == []


def test_the_lock_holds_all_that_is_installed_and_what_builds_it() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    lock = (PROJECT / "requirements.lock").read_text()
    pinned = {match[1].lower() for match in re.finditer(r"^([\w.-]+)==\S+", lock, re.MULTILINE)}
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    names = {re.split(r"[\[<>=~! ;]", requirement)[0].lower().replace(".", "-") for requirement in wanted}
    assert names <= pinned
    for block in re.split(r"\n(?=[a-z])", lock.partition("\n\n")[2] or lock)[1:]:
        assert "--hash=sha256:" in block, block
    assert "http" not in lock


def test_the_build_requirements_of_the_lock_are_the_project_s() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    lines = [line for line in (PROJECT / "action" / "build.in").read_text().splitlines() if line and line[0] != "#"]
    assert lines == project["build-system"]["requires"]


def test_sample_workflows_and_the_action_s_inputs_agree(tmp_path: Path) -> None:
    """actionlint knows the inputs of an action that lies beside the workflow."""
    actionlint = tool("actionlint")
    repo = Repo(tmp_path)
    shutil.copy(PROJECT / "action.yml", tmp_path)
    for file in WORKFLOWS:
        text, times = re.subn(r"uses: hullcheck/hullcheck@0{40} # .*", "uses: ./", file.read_text())
        assert times == 1
        repo.write({f".github/workflows/{file.name}": text})
    done = subprocess.run([actionlint, "-no-color"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    repo.write({".github/workflows/wrong.yml": "on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./\n        with: {fail-no: high}\n"})  # fmt: skip
    done = subprocess.run([actionlint, "-no-color"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 'input "fail-no" is not defined' in done.stdout


def test_zizmor_finds_nothing() -> None:
    done = subprocess.run(
        [tool("zizmor"), "--offline", "--no-progress", "--collect=all", str(PROJECT / "action.yml"), *map(str, WORKFLOWS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_ruleset_requires_what_the_workflows_report() -> None:
    ruleset = json.loads((PROJECT / "docs" / "workflows" / "ruleset.json").read_text())
    rules = {rule["type"]: rule["parameters"] for rule in ruleset["rules"]}
    assert [entry["tool"] for entry in rules["code_scanning"]["code_scanning_tools"]] == ["hullcheck"]
    jobs = {name for file in WORKFLOWS for name in YAML(typ="safe", pure=True).load(file)["jobs"]}
    assert {check["context"] for check in rules["required_status_checks"]["required_status_checks"]} <= jobs


# The steps, in a simulated runner


class Ended(NamedTuple):
    """How a step ended: its code, what it printed, and the outputs and the summary that it wrote."""

    code: int
    out: str
    outputs: dict[str, str]
    summary: str


class Runner:
    """A runner's folders and environment. hullcheck is the one that runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self.temp = folder / "temp"
        self.repo = Repo(self.workspace)
        (self.temp / "hullcheck" / "bin").mkdir(parents=True)
        python = self.temp / "hullcheck" / "bin" / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        if subprocess.run([str(python), "-I", "-c", "import hullcheck"], capture_output=True, check=False).returncode:
            pytest.skip("hullcheck is not installed, and `python -I` sees nothing else")

    def step(self, name: str, event: str = "push", payload: object = None, **environment: str) -> Ended:
        (step,) = (step for step in STEPS if step["name"] == name)
        inputs = {
            f"INPUT_{key.upper().replace('-', '_')}": value.get("default", "")
            for key, value in ACTION["inputs"].items()
        }
        files = {
            variable: self.temp / variable for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH")
        }
        files["GITHUB_OUTPUT"].write_text("")
        files["GITHUB_STEP_SUMMARY"].write_text("")
        files["GITHUB_EVENT_PATH"].write_text(json.dumps(payload or {}))
        runner = {
            "RUNNER_TEMP": str(self.temp), "GITHUB_WORKSPACE": str(self.workspace), "ACTION_PATH": str(PROJECT),
            "GITHUB_EVENT_NAME": event, "GITHUB_ACTIONS": "true", "CI": "true", **{k: str(v) for k, v in files.items()},
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace, env={**ENVIRONMENT, **inputs, **runner, **environment},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        rows = [line.partition("=") for line in files["GITHUB_OUTPUT"].read_text().splitlines()]
        outputs = {key: value for key, _, value in rows}
        return Ended(done.returncode, done.stdout + done.stderr, outputs, files["GITHUB_STEP_SUMMARY"].read_text())

    def report(self, name: str) -> str:
        return (self.temp / "hullcheck-reports" / name).read_text()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@needs_bash
def test_a_clean_repository_passes(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": NOBODY})
    done = runner.step("Check", INPUT_FAIL_ON="medium")
    assert done.code == 0, done.out
    assert done.outputs["exit-code"] == "0"
    assert done.summary
    assert json.loads(Path(done.outputs["sarif-file"]).read_text())["version"] == "2.1.0"
    assert json.loads(Path(done.outputs["full-sarif-file"]).read_text())["version"] == "2.1.0"
    assert runner.repo.git("status", "--porcelain") == ""


@needs_bash
@pytest.mark.parametrize(
    ("mode", "event", "cache", "used"),
    [
        ("auto", "push", "always", True),
        ("all", "schedule", "always", True),
        ("auto", "workflow_dispatch", "always", True),
        ("auto", "push", "auto", False),
        ("auto", "push", "never", False),
        ("new", "push", "always", False),
        ("gate", "push", "always", False),
        ("auto", "pull_request", "always", False),
        ("all", "pull_request", "always", False),
        ("all", "pull_request_target", "always", False),
        ("auto", "merge_group", "always", False),
        ("all", "workflow_run", "always", False),
        ("all", "issue_comment", "always", False),
    ],
)
def test_results_are_kept_only_where_no_change_is_judged(
    runner: Runner, mode: str, event: str, cache: str, used: bool
) -> None:
    done = runner.step("Plan", event, INPUT_MODE=mode, INPUT_CACHE=cache)
    assert done.code == 0, done.out
    assert done.outputs["folder"] == (str(runner.temp / "hullcheck-results") if used else "")


@needs_bash
def test_results_are_kept_where_it_is_faster(runner: Runner) -> None:
    for number in range(3000):
        (runner.workspace / f"{number}.txt").touch()
    assert runner.step("Plan").outputs["folder"]
    (runner.workspace / "0.txt").unlink()
    assert not runner.step("Plan").outputs["folder"]
    assert runner.step("Plan", INPUT_CACHE="sometimes").code == 2


@needs_bash
def test_a_second_run_of_the_action_is_printed_again(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": ROOT})
    folder = runner.temp / "hullcheck-results"
    runs = [runner.step("Check", CACHE=str(folder)) for _ in range(2)]
    assert [done._replace(out=re.sub("[0-9a-f]{32}", "", done.out)) for done in runs[:1]] == [
        done._replace(out=re.sub("[0-9a-f]{32}", "", done.out)) for done in runs[1:]
    ]
    [entry] = (path for path in folder.iterdir() if len(path.name) == 40)
    assert json.loads(runner.report("findings.json"))["findings"]
    assert entry.stat().st_mode & 0o777 == 0o600
    runner.step(
        "Check",
        "pull_request",
        {"pull_request": {"base": {"sha": runner.repo.git("rev-parse", "HEAD")}}},
        CACHE=str(folder),
    )
    assert [path.name for path in folder.iterdir() if len(path.name) == 40] == [entry.name]


@needs_bash
def test_findings_are_counted_reported_and_then_gated(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": ROOT})
    done = runner.step("Check")
    assert (done.code, done.outputs["exit-code"], done.outputs["high"]) == (0, "1", "1")
    assert int(done.outputs["findings"]) == sum(
        int(done.outputs[s]) for s in ("critical", "high", "medium", "low", "info")
    )
    assert "root-user" in done.summary
    annotated = runner.step("Annotate")
    assert re.search(r"^::error file=app/Dockerfile,line=2,", annotated.out, re.MULTILINE)
    assert runner.step("Gate", EXIT_CODE="1").code == 1
    assert runner.step("Gate", EXIT_CODE="0").code == 0
    assert runner.step("Gate", EXIT_CODE="").code == 2


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec: {containers: [{name: a, image: "example.org/a:1.2.3"}]}
"""
COMPOSE = "services:\n  web:\n    image: nginx:1.27.3\n    user: '101'\n"


@needs_bash
def test_the_pages_to_look_at_are_made(runner: Runner) -> None:
    base = runner.repo.commit({"compose.yaml": COMPOSE, "app/Dockerfile": NOBODY})
    done = runner.step("Check")
    assert {path.name for path in Path(done.outputs["page"]).iterdir()} == {"findings.html", "network.html"}
    assert "<title>Who can talk to whom</title>" in runner.report("page/network.html")
    runner.repo.git("checkout", "-q", "-b", "change")
    runner.repo.commit({"compose.yaml": COMPOSE.replace("user", "ports: ['80:80']\n    user"), "app/Dockerfile": ROOT})
    payload = {"pull_request": {"base": {"sha": base}}}
    runner.step("Check", "pull_request", payload)
    assert "New findings" in runner.report("page/findings.html")
    assert "TCP 80, by published" in runner.report("page/network.html")
    assert runner.repo.git("status", "--porcelain") == ""


@needs_bash
def test_the_pages_can_be_switched_off(runner: Runner) -> None:
    runner.repo.commit({"compose.yaml": COMPOSE})
    done = runner.step("Check", INPUT_PAGE="false")
    assert "page" not in done.outputs
    assert not list(runner.temp.rglob("*.html"))


@needs_bash
def test_what_is_left_by_a_run_before_is_not_attached(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": NOBODY})
    old = runner.temp / "hullcheck-reports" / "page" / "network.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    done = runner.step("Check")
    assert [path.name for path in Path(done.outputs["page"]).iterdir()] == ["findings.html"]


@needs_bash
def test_the_summary_shows_the_network(runner: Runner) -> None:
    runner.repo.commit({"compose.yaml": COMPOSE.replace("web", "w<b>eb")})
    summary = runner.step("Check").summary
    assert "<summary>Who can talk to whom</summary>" in summary
    assert "<b>" not in summary.partition("Who can talk to whom")[2]


@needs_bash
def test_the_summary_shows_what_a_change_does_to_what_runs(runner: Runner) -> None:
    base = runner.repo.commit({"compose.yaml": COMPOSE})
    runner.repo.git("checkout", "-q", "-b", "change")
    runner.repo.commit({"compose.yaml": COMPOSE.replace("101", "0")})
    payload = {"pull_request": {"base": {"sha": base}}}
    summary = runner.step("Check", "pull_request", payload).summary
    assert "<summary>What this change does to what runs</summary>" in summary
    assert "nothing changes" not in summary
    assert "runs as 0 instead of 101, because compose.yaml:4 says so" in summary


@needs_bash
def test_the_summary_draws_what_a_change_does_to_the_network(runner: Runner) -> None:
    services = "services:\n  web: {image: 'r.example.org/x:1', networks: [front]}\n"
    services += (
        "  db: {image: 'postgres:17.2', networks: [back]}\n  'a`-->x': {image: 'r.example.org/y:1', networks: [back]}\n"
    )
    networks = "networks: {front: {}, back: {}}\n"
    base = runner.repo.commit({"compose.yaml": services + networks})
    runner.repo.git("checkout", "-q", "-b", "change")
    runner.repo.commit({"compose.yaml": services.replace("[front]", "[front, back]") + networks})
    payload = {"pull_request": {"base": {"sha": base}}}
    summary = runner.step("Check", "pull_request", payload).summary
    drawn = summary.partition("<summary>What this change opens and closes in the network</summary>")[2]
    assert "```mermaid\nflowchart LR" in drawn
    assert "stroke:#cf222e" in drawn
    assert "`-->x" not in drawn.partition("```mermaid")[2]


@needs_bash
def test_there_must_be_something_to_check(runner: Runner) -> None:
    runner.repo.commit({"README.md": "nothing\n"})
    assert runner.step("Check").outputs["exit-code"] == "3"
    assert runner.step("Check", INPUT_ALLOW_NO_FILES="true").outputs["exit-code"] == "0"
    runner.repo.commit({"compose.yaml": "services: [\n"})
    assert runner.step("Check").outputs["exit-code"] == "4"


@needs_bash
def test_what_cannot_be_done_fails_without_reports(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": NOBODY, ".hullcheck.yaml": "ignroe: []\n"})
    done = runner.step("Check")
    assert done.outputs == {"exit-code": "2"}
    assert "did you mean `ignore`?" in done.out
    assert runner.step("Check", INPUT_MODE="everything").code == 2


def pull_request(runner: Runner) -> tuple[str, str]:
    """HEAD is GitHub's merge of a pull request that adds a root container; the base has one already."""
    base = runner.repo.commit({"old/Dockerfile": ROOT})
    runner.repo.git("checkout", "-q", "-b", "change")
    runner.repo.commit({"new/Dockerfile": ROOT, ".hullcheck.yaml": "ignore: [root-user]\n"})
    runner.repo.git("checkout", "-q", "--detach", base)
    runner.repo.git("merge", "-q", "--no-ff", "change", "-m", "merge")
    return base, runner.repo.git("rev-parse", "HEAD")


@needs_bash
def test_a_pull_request_is_gated_by_its_base(runner: Runner) -> None:
    base, merge = pull_request(runner)
    payload = {"pull_request": {"base": {"sha": base}}}
    done = runner.step("Check", "pull_request", payload, GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge)
    assert done.outputs["exit-code"] == "1"
    assert done.outputs["policy-changes"] == "1"
    assert int(done.outputs["unchanged"]) > 0
    names = [
        (f["name"], f["path"]) for f in json.loads(runner.report("findings.json"))["findings"] if f["state"] == "new"
    ]
    assert ("root-user", "new/Dockerfile") in names
    assert ("policy-weakened", ".hullcheck.yaml") in names
    annotations = runner.report("annotations")
    assert "new/Dockerfile" in annotations
    assert "old/Dockerfile" not in annotations
    done = runner.step(
        "Check", "pull_request", payload, GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge, INPUT_MODE="all"
    )
    assert done.outputs["exit-code"] == "0"


@needs_bash
def test_the_base_is_fetched_where_the_clone_lacks_it(runner: Runner, tmp_path: Path) -> None:
    base, merge = pull_request(runner)
    runner.repo.git("update-ref", "refs/heads/pull", merge)
    origin = tmp_path / "origin"
    runner.workspace.rename(origin)
    clone = ["git", "clone", "-q", "--depth=1", "--branch=pull", f"file://{origin}", str(runner.workspace)]
    subprocess.run(clone, check=True, env=ENVIRONMENT)
    assert runner.repo.git("rev-list", "--count", "--all") == "1"
    done = runner.step("Check", "pull_request", None, GITHUB_REF="refs/pull/7/merge", GITHUB_SHA=merge)
    assert done.outputs["exit-code"] == "1", done.out
    assert runner.repo.git("rev-parse", base) == base


@needs_bash
def test_without_a_base_the_gate_fails(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": NOBODY})
    done = runner.step("Check", "pull_request", {"pull_request": {"base": {"sha": "1" * 40}}})
    assert done.outputs == {"exit-code": "2"}
    assert "fetch it first" in done.out


HOSTILE = {
    "--config=evil.yaml": "FROM x\n",
    "a b/Dockerfile": ROOT,
    "$(touch pwned)/Dockerfile": ROOT,
    "`touch pwned`/Dockerfile": ROOT,
    "a\n::error::x/Dockerfile": ROOT,
    "a%0A::set-output name=x::y/Dockerfile": ROOT,
    "##[error]x/Dockerfile": ROOT,
    "evil/Dockerfile": "FROM debian:13.1\nUSER root # ::warning::x\n#\r::add-mask::root\n::error::x\n##[add-mask]root\n",
    "hullcheck/__init__.py": "raise SystemExit(0)\n",
    "json.py": "raise SystemExit(0)\n",
}


@needs_bash
def test_hostile_names_and_texts_command_nothing(runner: Runner) -> None:
    runner.repo.commit(HOSTILE)
    done = runner.step("Check", INPUT_PATHS=" . \n\n--config=evil.yaml\n")
    assert done.outputs["exit-code"] in ("1", "4"), done.out
    assert not (runner.workspace / "pwned").exists()
    first, *printed = done.out.split("\n")
    token = first.removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    assert printed[-2] == f"::{token}::"
    assert set(done.outputs) == {*ACTION["outputs"], "info"}
    commands = [line for line in runner.step("Annotate").out.splitlines() if line]
    assert all(re.match(r"::(error|warning|notice) file=", line) or line.startswith("::notice") for line in commands), (
        commands
    )
    assert not any("##[" in line for line in commands)
    assert "\n::" not in done.summary.replace("\n::notice", "")


@needs_bash
def test_many_findings_are_few_annotations_and_the_worst_come_first(runner: Runner) -> None:
    runner.repo.commit({f"app{number}/Dockerfile": ROOT for number in range(30)})
    assert runner.step("Check").outputs["exit-code"] == "1"
    lines = runner.report("annotations").splitlines()
    assert 0 < sum(line.startswith("::error") for line in lines) <= 10
    assert sum(line.startswith("::warning") for line in lines) <= 10


@needs_bash
def test_inputs_reach_the_command(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": ROOT, "other/Dockerfile": ROOT, "own.yaml": "ignore: [undigested-image]\n"})
    done = runner.step("Check", INPUT_PATHS="app\nother/Dockerfile", INPUT_CONFIG="own.yaml", INPUT_FAIL_ON="critical",
                       INPUT_EXTRA_ARGS="--select\nroot-user,undigested-image", INPUT_CATEGORY="images")  # fmt: skip
    assert (done.outputs["exit-code"], done.outputs["findings"]) == ("0", "2"), done.out
    sarif = json.loads(Path(done.outputs["sarif-file"]).read_text())
    assert sarif["runs"][0]["automationDetails"]["id"] == "images/"
    done = runner.step("Check", INPUT_WORKING_DIRECTORY="app", INPUT_SUMMARY="false")
    assert done.summary == ""
    sarif = json.loads(Path(done.outputs["sarif-file"]).read_text())
    assert sarif["runs"][0]["automationDetails"]["id"] == "hullcheck/app/"


@needs_bash
def test_checks_profile_and_severity_are_inputs(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": ROOT, "k8s/pod.yaml": POD})

    def names(**inputs: str) -> set[str]:
        assert runner.step("Check", **inputs).code == 0
        return {finding["name"] for finding in json.loads(runner.report("findings.json"))["findings"]}

    plain = names()
    assert {"root-user", "undigested-image", "hardening-missing"} <= plain
    assert names(INPUT_SELECT="root-user\n undigested-image,latest-tag \n") == {"root-user", "undigested-image"}
    assert names(INPUT_IGNORE="root-user") == plain - {"root-user"}
    strict = names(INPUT_PROFILE="strict")
    assert "hardening-missing" not in strict
    assert len(strict) > len(plain)
    runner.step("Check", INPUT_MIN_SEVERITY="high")
    assert "undigested-image" not in runner.report("annotations")
    assert "root-user" in runner.report("annotations")
    for wrong in ("INPUT_SELECT", "INPUT_PROFILE", "INPUT_MIN_SEVERITY"):
        done = runner.step("Check", **{wrong: "--help"})
        assert done.outputs == {"exit-code": "2"}, wrong


@needs_bash
@pytest.mark.parametrize("mark", ["\n", "\r", "\r\n"])
def test_no_input_writes_a_second_output(runner: Runner, mark: str) -> None:
    runner.repo.commit({"app/Dockerfile": ROOT})
    for name in (
        "sarif-file",
        "working-directory",
        "mode",
        "base",
        "category",
        "config",
        "baseline",
        "fail-on",
        "profile",
    ):
        variable = f"INPUT_{name.upper().replace('-', '_')}"
        done = runner.step("Check", **{variable: f"x.sarif{mark}exit-code=0"})
        assert (done.code, done.outputs) == (2, {}), name
        assert "one line is expected" in done.out
    said = [sys.executable, str(PROJECT / "action/outputs.py"), str(runner.temp), str(runner.workspace), f"a{mark}b=c"]
    (runner.temp / "hullcheck.sarif").write_text("{}")
    done_ = subprocess.run(said, capture_output=True, text=True, check=False)
    assert (done_.returncode != 0, done_.stdout) == (True, "")


def _pushed(runner: Runner) -> tuple[str, str]:
    before = runner.repo.commit({"old/Dockerfile": ROOT})
    return before, runner.repo.commit({"new/Dockerfile": ROOT})


@needs_bash
def test_what_is_new_in_a_push_is_since_the_push_before(runner: Runner) -> None:
    before, after = _pushed(runner)
    payload = {"ref": "refs/heads/main", "before": before, "after": after}
    done = runner.step("Check", "push", payload, INPUT_MODE="new", GITHUB_SHA=after)
    assert (done.outputs["exit-code"], done.outputs["high"], done.outputs["unchanged"] > "0") == ("1", "1", True)
    done = runner.step("Check", "push", {**payload, "before": "0" * 40}, INPUT_MODE="new", GITHUB_SHA=after)
    assert done.outputs["high"] == "2"
    done = runner.step("Check", "push", {**payload, "before": "1" * 40}, INPUT_MODE="new", GITHUB_SHA=after)
    assert done.outputs == {"exit-code": "2"}
    assert "isn't here" in done.out


@needs_bash
def test_the_push_before_is_fetched_where_the_clone_lacks_it(runner: Runner, tmp_path: Path) -> None:
    before, after = _pushed(runner)
    runner.repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    origin = tmp_path / "origin"
    runner.workspace.rename(origin)
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{origin}", str(runner.workspace)], check=True, env=ENVIRONMENT)  # fmt: skip
    payload = {"ref": "refs/heads/main", "before": before, "after": after}
    done = runner.step("Check", "push", payload, INPUT_MODE="new", GITHUB_SHA=after)
    assert (done.outputs["exit-code"], done.outputs["high"]) == ("1", "1"), done.out


@needs_bash
def test_a_privileged_workflow_that_checks_out_the_base_fails(runner: Runner) -> None:
    base, _ = pull_request(runner)
    runner.repo.git("checkout", "-q", "--detach", base)
    payload = {"pull_request": {"base": {"sha": base}, "head": {"sha": runner.repo.git("rev-parse", "change")}}}
    done = runner.step("Check", "pull_request_target", payload, GITHUB_REF="refs/heads/main", GITHUB_SHA=base)
    assert done.outputs == {"exit-code": "2"}
    assert "isn't checked out" in done.out
    runner.repo.git("checkout", "-q", "--detach", "change")
    done = runner.step("Check", "pull_request_target", payload, GITHUB_REF="refs/heads/main", GITHUB_SHA=base)
    assert done.outputs["exit-code"] == "1"


@needs_bash
@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_where_there_is_no_change_all_is_judged(runner: Runner, event: str) -> None:
    runner.repo.commit({"app/Dockerfile": ROOT})
    assert runner.step("Check", event).outputs["exit-code"] == "1"
    done = runner.step("Check", event, INPUT_MODE="gate")
    assert done.outputs == {"exit-code": "2"}
    assert "name the revision" in done.out


@needs_bash
def test_the_sarif_file_goes_where_it_is_wanted_and_nowhere_else(runner: Runner, tmp_path: Path) -> None:
    (runner.workspace / "out.sarif").symlink_to(tmp_path / "precious")
    (runner.workspace / "away").symlink_to(tmp_path)
    (tmp_path / "precious").write_text("precious")
    runner.repo.commit({"app/Dockerfile": ROOT})
    done = runner.step("Check", INPUT_SARIF_FILE="out.sarif")
    assert done.outputs["sarif-file"] == "out.sarif"
    assert json.loads((runner.workspace / "out.sarif").read_text())["version"] == "2.1.0"
    assert (tmp_path / "precious").read_text() == "precious"
    for wanted in ("away/out.sarif", "../out.sarif", "/tmp/out.sarif"):
        done = runner.step("Check", INPUT_SARIF_FILE=wanted)
        assert done.code != 0
        assert "is not in the workspace" in done.out


@needs_bash
def test_a_fork_s_pull_request_is_annotated_and_told_why(runner: Runner) -> None:
    runner.repo.commit({"app/Dockerfile": ROOT})
    runner.step("Check")
    done = runner.step("Annotate", UPLOAD_OUTCOME="failure")
    assert "::notice title=hullcheck::Code scanning took no upload" in done.out
    assert "::error file=app/Dockerfile" in done.out


# The whole of it, by act: no docker, no GitHub

KEEP = "name: keep\ndescription: stands for actions/cache\nruns: {using: composite, steps: [{run: echo kept, shell: bash}]}\n"
STUB = """\
name: stub
description: stands for an upload that is refused
inputs: {sarif_file: {required: true}, checkout_path: {}, category: {}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FILE: "${{ inputs.sarif_file }}"}
      run: test -s "$FILE" && echo "uploading $(wc -l <"$FILE") lines" && exit 1
"""
ARTIFACT = """\
name: stub
description: takes the files
inputs:
  name: {description: n}
  path: {description: p}
  if-no-files-found: {description: i}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FOLDER: "${{ inputs.path }}", NAME: "${{ inputs.name }}"}
      run: echo "attaching $(ls "$FOLDER" | tr '\\n' ' ')as $NAME"
"""
WORKFLOW = """\
on: push
jobs:
  hullcheck:
    runs-on: ubuntu-latest
    steps:
      - run: cp -R "$JUDGED/." .
      - id: hullcheck
        uses: hullcheck/hullcheck@v0
        continue-on-error: true
      - env:
          SAID: ${{ steps.hullcheck.outcome }} ${{ steps.hullcheck.outputs.exit-code }} ${{ steps.hullcheck.outputs.high }}
        run: echo "outcome, code and high are $SAID"
"""


@needs_bash
def test_the_whole_action_where_code_scanning_is_off(tmp_path: Path) -> None:
    program = tool("act")
    stub, artifact, project, judged = (Repo(tmp_path / name) for name in ("stub", "artifact", "project", "judged"))
    stub.commit({"upload-sarif/action.yml": STUB})
    artifact.commit({"action.yml": ARTIFACT})
    for part in (
        "action.yml",
        "action",
        "requirements.lock",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "linter",
        "checks",
    ):
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, project.folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, project.folder / part)
    project.commit()
    judged.commit({"app/Dockerfile": ROOT, ".github/workflows/x.yml": WORKFLOW})
    for part in ("restore", "save"):
        stub.commit({f"{part}/action.yml": KEEP})
    used = (step["uses"].partition("@") for step in STEPS if "uses" in step)
    stands_in = {
        f"{'/'.join(name.split('/')[:2])}@{commit}": artifact if name.endswith("upload-artifact") else stub
        for name, _, commit in used
    }
    stubs = [word for name, repo in stands_in.items() for word in ("--local-repository", f"{name}={repo.folder}")]
    done = subprocess.run(
        [program, "push", "-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--env", f"JUDGED={judged.folder}",
         *stubs,
         "--local-repository", f"hullcheck/hullcheck@v0={project.folder}"],
        cwd=judged.folder, env={**ENVIRONMENT, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    out = done.stdout + done.stderr
    if re.search("No matching distribution|Could not find a version|Connection(Error|Refused)|Name or service", out):
        pytest.skip("there is no package index to install from")
    assert "outcome, code and high are failure 1 1" in out, out
    assert re.search(r"uploading \d+ lines", out), out
    assert "attaching findings.html as hullcheck" in out, out
    assert "Code scanning took no upload" in out
    assert "root-user" in out
