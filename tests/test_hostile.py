"""A repository that means harm: it is reported as what it is, and what else is in it is still found."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from hullcheck.cli import main
from hullcheck.discover import MAX_MANIFEST

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'a:1'%s}]}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(12)
)


def hostile(root: Path) -> dict[str, str]:
    """Fill a repository; the paths that must be told of, with the check that does."""
    root.joinpath("good.yaml").write_text(POD % ", securityContext: {privileged: true}")
    files: dict[str, bytes] = {
        "bomb.yaml": f"apiVersion: v1\nkind: Pod\n{BOMB}".encode(),
        "deep.yaml": b"apiVersion: v1\nkind: Pod\nx: " + b"[" * 10_000 + b"]" * 10_000,
        "nul.yaml": (POD % "").encode() + b"\x00",
        "invalid.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: \xff\xfe}\n",
        "mixed.yaml": "apiVersion: v1\nkind: Pod # é".encode("utf-16") + "é".encode("latin-1"),
        "surrogate.yaml": b'apiVersion: v1\nkind: Pod\nmetadata: {name: "\xed\xa0\x80"}\n',
        "broken/compose.yaml": b"services: [\n",
        "empty/Dockerfile": b"",
        "strange/Dockerfile": b"FROM scratch\nBOOM\n",
    }
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    with open(root / "huge.yaml", "wb") as file:
        file.truncate(MAX_MANIFEST + 1)
        file.seek(0, os.SEEK_END)
        file.write((POD % "").encode())
    with open(root / "cities.json", "wb") as file:
        file.truncate(MAX_MANIFEST + 1)
    told = dict.fromkeys(files, "parse-error")
    told["huge.yaml"] = "unreadable-file"
    return told


def judged(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    code = main(["check", "--output-format", "json", "--quiet", "--no-config", str(root)])
    return code, json.loads(capsys.readouterr().out)["findings"]


def test_each_file_is_told_of_and_none_hides_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = hostile(tmp_path)
    code, findings = judged(tmp_path, capsys)
    assert code == 4
    found = {(finding["path"], finding["name"]) for finding in findings}
    assert set(told.items()) <= found
    assert ("good.yaml", "privileged") in found
    assert not any(finding["name"] == "check-failed" for finding in findings)
    assert not any(finding["path"] == "cities.json" for finding in findings)


def test_what_is_no_file_is_left_out_or_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.joinpath("good.yaml").write_text(POD % ", securityContext: {privileged: true}")
    os.mkfifo(tmp_path / "fifo.yaml")
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(tmp_path)  # the path of a socket must be short
        made.bind("socket.yaml")
        os.chdir(here)
    os.symlink(tmp_path, tmp_path / "loop")
    os.symlink("/etc/passwd", tmp_path / "out.yaml")
    os.symlink("gone", tmp_path / "Dockerfile")
    code, findings = judged(tmp_path, capsys)
    assert code == 1
    assert {finding["path"] for finding in findings} == {"good.yaml"}


def test_an_unreadable_file_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM scratch\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("the superuser may read everything")
    code, findings = judged(tmp_path, capsys)
    assert code == 4
    assert [finding["name"] for finding in findings] == ["unreadable-file"]


@pytest.mark.parametrize("form", ["full", "concise", "github", "markdown"])
def test_names_and_values_can_not_speak_to_the_terminal_or_the_runner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    folder = tmp_path / "a\n::error::b\x1b[31m"
    folder.mkdir()
    bad = 'services:\n  w:\n    image: "a:latest"\n    privileged: true\n    user: "root\\n::error::x\\e[2J"\n'
    folder.joinpath("compose.yaml").write_text(bad)
    assert main(["check", "--output-format", form, "--quiet", "--no-config", str(tmp_path)]) == 1
    output = capsys.readouterr().out
    assert "\x1b" not in output
    lines = [line for line in output.splitlines() if line.startswith("::error::")]
    assert lines == []


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), ValueError("a fault\nof two lines")])
def test_a_fault_of_our_own_is_one_line_and_exit_code_2(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    (tmp_path / "Dockerfile").write_text("FROM debian:13.1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hullcheck.engine.lint", fail)
    assert main(["check"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("hullcheck: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days(day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:10\n")
    main(["check", "--output-format", "concise", "--no-config", "--today", day, str(tmp_path)])
    out = capsys.readouterr().out
    assert "check-failed" not in out
    assert ("eol-base-image" in out) == (day > "2000")


@pytest.mark.parametrize(
    "text", ["", "\ufeff", "# a\n# b\n", "# escape=`\n", "ARG A=1\n", "RUN x\nFROM a:1\n", "RUN \\\n", "\x00"]
)
def test_a_dockerfile_that_can_not_be_built_is_told_in_every_command(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text(text, encoding="utf-8")
    (tmp_path / "compose.yaml").write_text("services: {w: {build: ., privileged: true}}\n")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    codes = {
        "check": 4, "check --fix": 4, "check --diff": 4, "show": 0, "show Dockerfile": 0, "map": 0, "files": 0, "explain DL3002": 0,
        "baseline create b.json": 0, "check --baseline b.json": 0, "config show": 0,
    }  # fmt: skip
    assert {command: main(command.split()) for command in codes} == codes
    out, err = capsys.readouterr()
    assert "internal error" not in err
    assert "check-failed" not in out
    assert "parse-error" in out
    assert "runs privileged" in out


DIGITS = {
    "compose.yaml": (
        "services:\n"
        "  w: {image: 'a:1', expose: ['²'], user: '²', mem_limit: '²', mem_swappiness: '²', ports: [{target: '²', published: '²'}],\n"
        "      group_add: ['²'], pids_limit: '²', scale: ², post_start: [{command: [x], user: '²'}]}\n"
        "  v: {image: 'a:1', cpu_shares: ², memswap_limit: ², oom_score_adj: ², privileged: true}\n"
    ),
    "np.yaml": (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n}\n"
        "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::/²'}}, {ipBlock: {cidr: 10.0.0.0/²}}], ports: [{port: '²'}]}]}\n"
    ),
    "k/app.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: 'a:1', args: [$(X)],\n"
        "    ports: [{containerPort: ²}], livenessProbe: {httpGet: {port: '²'}}}]\n  securityContext: {fsGroup: ²}\n"
    ),
    "patch/kustomization.yaml": (
        "resources: [../k/app.yaml]\n"
        "patches: [{target: {kind: Pod}, patch: '[{\"op\": \"add\", \"path\": \"/spec/containers/²/x\", \"value\": 1}]'}]\n"
    ),
    "replaced/kustomization.yaml": (
        "resources: [../k/app.yaml]\nreplacements:\n  - source: {kind: Pod, name: p, fieldPath: spec.containers.².name}\n"
        "    targets: [{select: {kind: Pod}, fieldPaths: [spec.containers.².image]}]\n"
    ),
    "named/kustomization.yaml": (
        "resources: [../k/app.yaml]\n"
        "vars: [{name: X, objref: {kind: Pod, name: p, apiVersion: v1}, fieldref: {fieldpath: 'spec.containers[²].name'}}]\n"
    ),
    "Dockerfile": (
        "FROM debian:² AS ²\nEXPOSE ² 1-²\nRUN useradd -u ² x && chmod ² /x && chmod ²²²² /y\nCOPY --chmod=² --chown=²:² a b\n"
        "FROM python:²\nCOPY --from=² a b\nUSER ²:²\n"
    ),
    "known.json": '{"version": 1, "findings": [{"path": "Dockerfile", "name": "root-user", "id": "x", "count": 99999999999999999999}]}',
}  # fmt: skip


@pytest.mark.parametrize("digit", ["²", "①", "٣", "½", "9" * 5_000, "1e999", "-0", "+0", "1_000", ".nan"])
def test_what_looks_like_a_number_is_none_in_every_command(
    digit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other alphabets' digits, and numbers that Python can't hold: places that read a number with a word of their own."""
    for name, text in DIGITS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("²", digit), encoding="utf-8")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    check = ["check", "--no-config", "--output-format", "concise"]
    for command in (
        [*check, "--profile", "strict"], [*check, "--diff", "--unsafe-fixes"], ["show"], ["map"], ["files"], ["map", "--explain", "p", "q", digit],
        ["map", "--explain", f"10.0.0.0/{digit}", "p"], ["map", "--explain", f"::/{digit}", "p"], ["baseline", "show", "known.json"],
        [*check, "--baseline", "known.json"], ["baseline", "update", "known.json"], [*check, "--fix", "--unsafe-fixes"],
    ):  # fmt: skip
        main(command)
        out, err = capsys.readouterr()
        assert "internal error" not in err, command
        assert "check-failed" not in out, command
        assert command[0] != "check" or "--diff" in command or "--fix" in command or "`v` runs privileged" in out
