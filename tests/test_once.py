"""One fact, one finding: what several checks tell of one thing is told by the strongest, and nothing hides behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck import engine
from hullcheck.cli import main
from hullcheck.finding import Finding, Severity
from hullcheck.policy import baseline
from hullcheck.request import Policy, Request, Subject
from hullcheck.result import Result
from judge import CHECKS, TODAY, judge, named
from test_checks import CASES, FIXTURES, _config

DIFFERENT = {
    ("allow-all-egress", "metadata-egress"): "that it may connect everywhere, and that credentials are to be had there",
    ("network-assertion", "network-assertion"): "what one assertion forbids, and what another does",
    ("debug-port", "dup-host-port"): "who can connect to it, and that one of two services won't start",
    ("dup-host-port", "exposed-console"): "that one of two services won't start, and who can connect to the other",
    ("dup-host-port", "port-all-interfaces"): "that one of two services won't start, and who can connect to the other",
    ("deprecated-image", "eol-base-image"): "nobody keeps the repository up, and this version of it is old",
    ("deprecated-image", "undigested-image"): "another image is to be taken, and whichever it is may be pinned",
    ("deprecated-image", "untagged-image"): "another image is to be taken, and whichever it is needs a tag",
    ("eol-base-image", "undigested-image"): "the version is old, and a newer one isn't pinned by that",
    ("eol-base-image", "rolling-tag"): "the version is old, and what is taken in its place may move as well",
    ("git-clone-unpinned", "plain-http"): "what is fetched may change at its source, or on the way",
    ("pipe-to-shell", "pipefail"): "what is run was never looked at, and nobody notices if it is cut off",
    ("pipe-to-shell", "sudo"): "what is run was never looked at, and root is asked for where it is given anyway",
    ("undigested-image", "untrusted-frontend"): "whose program it is, and which of its versions",
    ("undigested-image", "untrusted-registry"): "whose image it is, and which of its versions",
    ("untagged-image", "untrusted-frontend"): "whose program it is, and which of its versions",
    ("latest-tag", "untrusted-registry"): "whose image it is, and which of its versions",
    ("untagged-image", "untrusted-registry"): "whose image it is, and which of its versions",
    ("rolling-tag", "untrusted-registry"): "whose image it is, and which of its versions",
}
"""Pairs of checks that say different things of one thing at one place, and what they are."""


def run(path: Path) -> Result:
    policy = Policy(_config(path), min_severity=Severity.INFO, today=TODAY)
    return engine.lint(Request(Subject((str(path),), isolated=True), policy), CHECKS, lambda what, done, total: None)


def repeated(findings: tuple[Finding, ...]) -> Iterator[tuple[Finding, Finding]]:
    """Pairs that tell of the same thing: the same owner, place and evidence."""
    told = sorted(findings, key=lambda finding: (finding.location.path, finding.location.start))
    for number, one in enumerate(told):
        for other in told[number + 1 :]:
            here, there = one.location, other.location
            if here.path != there.path or there.start >= max(here.end, here.start + 1):
                break
            if one.identity == other.identity and set(one.evidence) & set(other.evidence):
                yield one, other


@pytest.mark.parametrize("case", CASES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_no_two_checks_tell_one_fact_of_one_owner(case: Path, tmp_path: Path) -> None:
    path = case / "head" if (case / "base").is_dir() else case
    if case.is_file():
        path = tmp_path / case.name
        path.write_bytes(case.read_bytes())
    for one, other in repeated(run(path).findings):
        pair = tuple(sorted((one.name, other.name)))
        assert pair in DIFFERENT, (pair, one.message, other.message)


def test_what_is_said_to_differ_is_of_checks_that_are_there() -> None:
    names = {name for pair in DIFFERENT for name in pair}
    assert all(name in CHECKS for name in names)
    assert all(tuple(sorted(pair)) == pair for pair in DIFFERENT)
    assert all(CHECKS.entries[strong].name for strong in {s for by in CHECKS.covering.values() for s in by})


def compose(more: str) -> dict[str, str]:
    return {"compose.yaml": f"services:\n  web:\n    image: acme/web:1.2.3\n{more}"}


@pytest.mark.parametrize(
    ("files", "told", "covered"),
    [
        (compose("    volumes: ['/:/x:ro']\n"), "runtime-socket", ["sensitive-mount-read"]),
        (compose("    volumes: ['/:/x']\n"), "sensitive-mount-write", ["runtime-socket"]),
        (compose("    volumes: ['/dev:/x']\n"), "host-device", ["sensitive-mount-write"]),
        (compose("    ports: ['9229:9229']\n"), "debug-port", ["port-all-interfaces"]),
        (compose("    ports: ['22:22']\n"), "ssh-port", ["port-all-interfaces"]),
        ({"compose.yaml": "services:\n  web:\n    image: nginx:stable\n"}, "rolling-tag", ["undigested-image"]),
        (
            compose("    environment: {GITHUB_TOKEN: ghp_vK3mPw7RtY2nXc5BdF9hJ4gLsA6eT1uVbQoW}\n"),
            "secret-in-env",
            ["secret-value"],
        ),
    ],
)
def test_the_stronger_tells_it_and_names_the_other(
    tmp_path: Path, files: dict[str, str], told: str, covered: list[str]
) -> None:
    result = judge(tmp_path, files)
    (finding,) = named(result, told)
    assert not named(result, *covered)
    assert dict(finding.properties)["covers"] == tuple(covered)
    assert finding.message.endswith(f" (and so `{covered[0]}`)")
    assert {f.name for f in result.left_out} >= set(covered)
    alone = judge(tmp_path, files, f"select: [{covered[0]}]")
    assert named(alone, *covered), "where the stronger doesn't run, the weaker tells it"
    alone = judge(tmp_path, files, f"ignore: [{told}]")
    assert named(alone, *covered), "what doesn't run hides nothing"


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (compose("    volumes: ['/:/x:ro', '/proc:/p:ro']\n"), {"runtime-socket", "sensitive-mount-read"}),
        (compose("    ports: ['9229-9231:9229-9231']\n"), {"port-all-interfaces"}),
        (compose("    ports: ['22:22', '8081:8081']\n"), {"ssh-port", "port-all-interfaces"}),
    ],
)
def test_different_facts_stay_two_findings(tmp_path: Path, files: dict[str, str], names: set[str]) -> None:
    result = judge(tmp_path, files)
    assert {f.name for f in result.findings} >= names


def test_a_file_that_compose_takes_is_told_once(tmp_path: Path) -> None:
    files = {**compose("    env_file: .env\n"), ".env": "DB_PASSWORD=Sup3rGeheim99\n"}
    assert len(named(judge(tmp_path, files), "secret-file-committed")) == 1


def test_no_password_is_told_once(tmp_path: Path) -> None:
    files = {"compose.yaml": "services:\n  db:\n    image: mongo:8.0.4\n    command: [--noauth]\n"}
    assert [f.evidence for f in named(judge(tmp_path, files), "auth-disabled")] == [("--noauth",)]


MOUNT = "    volumes:\n      - /:/x:ro{0}\n"


def test_who_accepts_the_stronger_accepts_the_fact(tmp_path: Path) -> None:
    ignore = " # hullcheck: ignore[runtime-socket] reason='exporter'"
    result = judge(tmp_path, compose(MOUNT.format(ignore)))
    left = named(result, "runtime-socket", "sensitive-mount-read")
    assert [(f.name, f.suppression is not None) for f in left] == [("runtime-socket", True)]
    assert not named(result, "unused-suppression")


def test_who_accepts_the_weaker_accepts_no_more(tmp_path: Path) -> None:
    ignore = " # hullcheck: ignore[sensitive-mount-read] reason='exporter'"
    result = judge(tmp_path, compose(MOUNT.format(ignore)))
    (left,) = [f for f in named(result, "runtime-socket", "sensitive-mount-read") if not f.suppression]
    assert left.name == "runtime-socket"
    assert "and so" not in left.message
    assert not named(result, "unused-suppression")


def test_the_owners_severities_decide_who_is_stronger(tmp_path: Path) -> None:
    result = judge(tmp_path, compose(MOUNT.format("")), "severity: {runtime-socket: low}")
    assert [f.name for f in named(result, "runtime-socket", "sensitive-mount-read")] == ["sensitive-mount-read"]


def test_another_owner_s_fact_is_another(tmp_path: Path) -> None:
    text = (
        "x-v: &v ['/:/x:ro']\nservices:\n  a:\n    image: acme/a:1.2.3\n    volumes: *v\n"
        "    x-hullcheck: {ignore: {runtime-socket: exporter}}\n  b:\n    image: acme/b:1.2.3\n    volumes: *v\n"
    )
    result = judge(tmp_path, {"compose.yaml": text})
    found = named(result, "runtime-socket", "sensitive-mount-read")
    assert {(f.name, f.owner, f.suppression is not None) for f in found} == {
        ("runtime-socket", "services.a", True),
        ("runtime-socket", "services.b", False),
    }


def test_a_baseline_holds_the_fact_in_all_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text(compose(MOUNT.format(""))["compose.yaml"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["baseline", "create", "-q"]) == 0
    held = baseline.parse(baseline.DEFAULT, (tmp_path / baseline.DEFAULT).read_bytes())
    assert {"runtime-socket", "sensitive-mount-read"} <= {entry.name for entry in held.entries}
    config = tmp_path / ".hullcheck.yaml"
    config.write_text(f"baseline: {baseline.DEFAULT}\n", encoding="utf-8")
    assert main(["check", "--fail-on", "low"]) == 0
    assert main(["baseline", "prune", "-q"]) == 0
    assert main(["check", "--fail-on", "low"]) == 0


def gate(tmp_path: Path, before: dict[str, str | None], after: dict[str, str | None]) -> list[str]:
    repo = Repo(tmp_path / "repo")
    repo.write({"README.md": "x\n", **before})
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "base")
    repo.git("checkout", "-q", "-b", "change")
    repo.write(after)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "change")
    return gated(repo)


def gated(repo: Repo) -> list[str]:
    import json
    import os
    from contextlib import redirect_stdout
    from io import StringIO

    out = StringIO()
    here = os.getcwd()
    os.chdir(repo.folder)
    try:
        with redirect_stdout(out):
            main(["check", "--gate", "--diff-base", "main", "--output-format", "json", "--min-severity", "info"])
    finally:
        os.chdir(here)
    findings = json.loads(out.getvalue())["findings"]
    return sorted(f["name"] for f in findings if not f["suppressed"] and f["state"] != "unchanged")


SOCKET = "    volumes: ['/var/run/docker.sock:/s:ro']\n"
ACCEPTED = "suppress: [{checks: [runtime-socket], object: services.web, reason: agent}]\n"


def test_an_old_entry_for_the_stronger_hides_no_new_fact(tmp_path: Path) -> None:
    before: dict[str, str | None] = {".hullcheck.yaml": ACCEPTED, **compose(SOCKET)}
    assert "sensitive-mount-read" in gate(tmp_path, before, {**compose(MOUNT.format(""))})


def test_a_new_comment_for_the_stronger_hides_nothing(tmp_path: Path) -> None:
    ignore = " # hullcheck: ignore[runtime-socket] reason='exporter'"
    found = gate(tmp_path, {**compose("")}, {**compose(MOUNT.format(ignore))})
    assert "suppression-added" in found


def test_an_object_s_old_word_for_the_stronger_hides_no_new_fact(tmp_path: Path) -> None:
    said = "    x-hullcheck: {ignore: {runtime-socket: agent}}\n"
    found = gate(tmp_path, {**compose(said + SOCKET)}, {**compose(said + MOUNT.format(""))})
    assert found, "reading the whole disk is more than the agent's socket"


def test_an_old_port_that_is_opened_is_told(tmp_path: Path) -> None:
    found = gate(tmp_path, {**compose("    ports: ['127.0.0.1:22:22']\n")}, {**compose("    ports: ['22:22']\n")})
    assert {"ssh-port", "port-all-interfaces"} & set(found)


def test_less_of_the_same_is_nothing_new(tmp_path: Path) -> None:
    """What was covered by another at the base was there."""
    before = {"compose.yaml": "services:\n  web:\n    image: nginx:stable\n"}
    after: dict[str, str | None] = {"compose.yaml": "services:\n  web:\n    image: nginx:1.29.4\n"}
    assert "undigested-image" not in gate(tmp_path, {**before}, after)


HALF = (
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {%s}\nspec:\n%s"
    "  containers: [{name: web, image: 'acme/web:1.2.3'}]\n"
)


def test_a_change_that_accepts_half_of_a_finding_asks_for_it(tmp_path: Path) -> None:
    before: dict[str, str | None] = {"pod.yaml": HALF % ("a: b", "  hostIPC: true\n")}
    after: dict[str, str | None] = {
        "pod.yaml": HALF % ("checkov.io/skip1: CKV_K8S_17=agent", "  hostPID: true\n  hostIPC: true\n")
    }
    assert gate(tmp_path, before, after) == ["suppression-added"]


def test_a_wider_id_in_an_old_annotation_asks_for_what_it_adds(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {checkov.io/skip1: '%s=vpn'}\n"
        "spec:\n  containers:\n    - name: web\n      image: acme/web:1.2.3\n"
        "      securityContext: {capabilities: {drop: [ALL], add: [%s]}}\n"
    )
    before: dict[str, str | None] = {"pod.yaml": text % ("CKV_K8S_25", "NET_ADMIN")}
    same: dict[str, str | None] = {"pod.yaml": text % ("CKV_K8S_25", "NET_ADMIN, SYS_ADMIN")}
    assert gate(tmp_path / "a", before, same) == ["dangerous-capability"]
    wider: dict[str, str | None] = {"pod.yaml": text % ("CKV_K8S_25,CKV_K8S_39", "NET_ADMIN, SYS_ADMIN")}
    assert gate(tmp_path / "b", before, wider) == ["suppression-added"]
