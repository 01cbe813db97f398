"""A value of which a part isn't known: what is certain is judged, what isn't is counted, and nothing is made up."""

import json
from pathlib import Path

import pytest

from hullcheck.cli import main
from judge import judge, named

START = "services:\n  web:\n    image: web:1.2\n"


def found(folder: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str]) -> tuple[set[str], int]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    main(["check", str(folder), "--output-format", "json", "--min-severity", "info"])
    report = json.loads(capsys.readouterr().out)
    return {finding["name"] for finding in report["findings"]}, report["summary"]["notDecided"]


CERTAIN = {
    "a password in an address, user unknown": (
        "environment: {U: 'postgres://${U}:literalpw@db/x'}",
        "credentials-in-url",
    ),
    "host unknown": ("environment: {U: 'mysql://root:hunter2@${H}/x'}", "credentials-in-url"),
    "no user": ("environment: {U: 'redis://:hunter2@${H}:6379'}", "credentials-in-url"),
    "a default": ("environment: {U: 'postgres://${U}:${P:-hunter2}@db'}", "credentials-in-url"),
    "a plain dollar": ("environment: {U: 'postgres://app:pa$$w0rd@db/x'}", "credentials-in-url"),
    "a command line": ("command: redis-server --requirepass hunter2xyz --port ${P}", "secret-in-argv"),
    "a health check": ("healthcheck: {test: 'mysqladmin -h ${H} -phunter2xyz'}", "secret-in-argv"),
    "a hook": ("post_start: [{command: 'redis-cli -h ${H} -a hunter2xyz'}]", "secret-in-argv"),
    "root and a group": ("user: '0:${GID}'", "root-user"),
    "root by name": ("user: 'root:${GID}'", "root-user"),
    "a default of root": ("user: '${ID:-0}:${GID}'", "root-user"),
    "the long form of a port": ("ports: [{target: 8080, published: '${P}'}]", "port-all-interfaces"),
    "a variable for a port": ("ports: ['${WEB_PORT}:8080']", "port-all-interfaces"),
    "the home": ("volumes: ['$HOME:/h']", "sensitive-mount-write"),
    "the home in braces": ("volumes: ['${HOME}:/h']", "sensitive-mount-write"),
    "a home": ("volumes: ['/home/${USER}/.ssh:/h']", "sensitive-mount-write"),
    "somewhere in /etc": ("volumes: ['/etc/${X}:/h']", "sensitive-mount-write"),
    "a socket": ("volumes: ['${ROOT}/var/run/docker.sock:/h']", "runtime-socket"),
    "privileged if set": ("privileged: '${PATH:+true}'", "privileged"),
    "privileged if set, in another one": ("privileged: '${A:+${B:-true}}'", "privileged"),
    "without a colon": ("privileged: '${PATH+true}'", "privileged"),
    "the host's processes if set": ("pid: '${X:+host}'", "host-pid-ipc"),
    "a capability if set": ("cap_add: ['${X:+SYS_ADMIN}']", "dangerous-capability"),
    "the root if set": ("volumes: ['${X:+/:/host}']", "sensitive-mount-write"),
    "root if set": ("user: '${X:+root}'", "root-user"),
    "a profile if set": ("security_opt: ['${X:+seccomp:unconfined}']", "unconfined-profile"),
}


@pytest.mark.parametrize(("line", "name"), CERTAIN.values(), ids=CERTAIN)
def test_what_is_certain_is_judged(line: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names, _ = found(tmp_path, capsys, {"compose.yaml": f"{START}    {line}\n"})
    assert name in names


UNSURE = {
    "a password that a variable brings": ("environment: {U: 'postgres://u:${P}@db/x'}", "credentials-in-url"),
    "in part": ("environment: {U: 'postgres://u:${P}x1y2z3@db/x'}", "credentials-in-url"),
    "in the container": ("environment: {U: 'postgres://u:$$PGPASSWORD@db/x'}", "credentials-in-url"),
    "an option's value": ("command: redis-server --requirepass ${P} --port 1", "secret-in-argv"),
    "glued": ("healthcheck: {test: 'mysqladmin -h db -p${P}'}", "secret-in-argv"),
    "a user": ("user: '${U}'", "root-user"),
    "a user with a group": ("user: '${U}:0'", "root-user"),
    "a user of whom a part is known": ("user: '1${U}'", "root-user"),
    "no root": ("user: '1000:${GID}'", "root-user"),
    "an address may hide": ("ports: ['${WHERE}:8080']", "port-all-interfaces"),
    "loopback": ("ports: ['127.0.0.1:${WEB_PORT}:8080']", "port-all-interfaces"),
    "a folder": ("volumes: ['${V}:/x']", "sensitive-mount-write"),
    "a folder below": ("volumes: ['${V}/data:/x']", "sensitive-mount-write"),
    "a folder of the project": ("volumes: ['./data/${V}:/x']", "sensitive-mount-write"),
    "a name as of a socket": ("volumes: ['${V}/app.sock:/x']", "runtime-socket"),
    "not privileged if set": ("privileged: '${X:+false}'", "privileged"),
    "another user if set": ("user: '${X:+1000}'", "root-user"),
}


@pytest.mark.parametrize(("line", "name"), UNSURE.values(), ids=UNSURE)
def test_what_is_not_known_is_no_fault(
    line: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names, _ = found(tmp_path, capsys, {"compose.yaml": f"{START}    {line}\n"})
    assert name not in names


@pytest.mark.parametrize("line", ["user: '${U}'", "volumes: ['${V}:/x']", "ports: ['${WHERE}:8080']", "image: '${I}'"])
def test_what_stays_open_is_counted(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = found(tmp_path, capsys, {"compose.yaml": "services:\n  web:\n    image: web:1.2\n"})[1]
    assert found(tmp_path, capsys, {"compose.yaml": f"services:\n  web:\n    {line}\n    command: x\n"})[1] > known


def test_the_volumes_of_a_container_that_is_not_here_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = found(tmp_path, capsys, {"compose.yaml": START})[1]
    text = f"{START}    volumes_from: ['container:agent:ro']\n"
    assert found(tmp_path, capsys, {"compose.yaml": text})[1] == known + 1


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("${REGISTRY}/app:latest", "latest-tag"),
        ("ghcr.io/x/${APP}:latest", "latest-tag"),
        ("${IMAGE}:latest", "latest-tag"),
        ("${REGISTRY}/app", "untagged-image"),
        ("${IMAGE}", ""),
        ("app:${TAG}", ""),
        ("${PREFIX}app", ""),
        ("${REGISTRY}/app:1.${MINOR}", ""),
        ("${REGISTRY}/app@${DIGEST}", ""),
        ("${REGISTRY}/app:latest@sha256:${DIGEST}", ""),
    ],
)
def test_an_image_s_tag_is_known_though_its_registry_is_not(
    image: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names, _ = found(tmp_path, capsys, {"compose.yaml": f"services:\n  web:\n    image: '{image}'\n"})
    assert names & {"latest-tag", "untagged-image"} == ({name} if name else set())
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: '{image}'}}]}}\n"
    (tmp_path / "compose.yaml").unlink()
    names, _ = found(tmp_path, capsys, {"pod.yaml": pod})
    assert names & {"latest-tag", "untagged-image"} == ({name} if name else set())


def test_an_image_that_is_built_beside_has_no_tag_to_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "services:\n  a: {build: ., image: '${R}/app'}\n  b: {image: '${R}/app', command: work}\n"
    names, _ = found(tmp_path, capsys, {"compose.yaml": text, "Dockerfile": "FROM scratch\n"})
    assert "untagged-image" not in names


@pytest.mark.parametrize(
    ("shipped", "public"), [("WHERE=8080", True), ("WHERE=127.0.0.1:8080", False), ("OTHER=1", False)]
)
def test_a_port_is_what_the_example_beside_it_says(
    shipped: str, public: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"compose.yaml": f"{START}    ports: ['${{WHERE}}:8080']\n", ".env.example": f"{shipped}\n"}
    assert ("port-all-interfaces" in found(tmp_path, capsys, files)[0]) == public


SHIPPED = "services:\n  web:\n    image: 'ghcr.io/x/app:${TAG}'\n    user: '${RUN_AS}'\n    network_mode: '${NET}'\n"
SHIPPED += "    privileged: ${ALL}\n    cap_add: ['${CAP}']\n"
VALUES = "TAG=latest\nRUN_AS=0\nNET=host\nALL=true\nCAP=SYS_ADMIN\n"
TOLD = {"latest-tag", "root-user", "host-network", "privileged", "dangerous-capability"}


@pytest.mark.parametrize("name", [".env.example", ".env.dist", ".env.sample", "example.env", ".env"])
def test_what_runs_first_is_what_is_shipped(name: str, tmp_path: Path) -> None:
    result = judge(tmp_path, {"compose.yaml": SHIPPED, name: VALUES})
    told = [finding for finding in result.findings if finding.name in TOLD]
    assert {finding.name for finding in told} == TOLD
    if name != ".env":
        assert all(any(place.location.path == name for place in finding.related) for finding in told)


@pytest.mark.parametrize(
    "files",
    [
        {".env.example": VALUES, ".env": "OTHER=1\n"},
        {".env.example": "TAG=\nRUN_AS=<uid>\nNET=your-network\nALL=\nCAP=${MORE}\n"},
        {"other/.env.example": VALUES},
        {".env.production": VALUES},
    ],
)
def test_what_is_not_known_is_not_shipped(files: dict[str, str], tmp_path: Path) -> None:
    result = judge(tmp_path, {"compose.yaml": SHIPPED, **files})
    assert not {finding.name for finding in result.findings} & TOLD


def test_a_credential_of_an_example_is_none_of_the_project(tmp_path: Path) -> None:
    text = "services: {db: {image: 'postgres:17.2', environment: {POSTGRES_PASSWORD: '${DB_PASSWORD}'}}}\n"
    result = judge(tmp_path, {"compose.yaml": text, ".env.example": "DB_PASSWORD=k3vQz8Rw2pLm\n"})
    assert not named(result, "secret-in-env", "credentials-in-url")


def test_no_message_says_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "compose.yaml").write_text(f"{START}    ports: ['5432:${{CP}}', '${{A_PORT}}:${{B}}']\n")
    main(["check", str(tmp_path), "--output-format", "concise"])
    assert "None" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("postgres://{{ .Values.user }}:literalpw@db/x", True),
        ("postgres://$(USER):literalpw@db/x", True),
        ("postgres://${USER}:literalpw@db/x", True),
        ("postgres://app:{{ .Values.password }}@db/x", False),
        ("postgres://app:$(PASSWORD)@db/x", False),
        ("postgres://app:${PASSWORD}@db/x", False),
    ],
)
def test_placeholders_of_manifests(value: str, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - name: c\n      image: x:1.2\n"
    pod += f'      env:\n        - name: DATABASE_URL\n          value: "{value}"\n'
    assert ("credentials-in-url" in found(tmp_path, capsys, {"pod.yaml": pod})[0]) == told


def test_an_argument_in_a_base_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "latest-tag" in found(tmp_path, capsys, {"Dockerfile": "ARG REG\nFROM ${REG}/app:latest\nUSER 1\n"})[0]
    assert "latest-tag" not in found(tmp_path, capsys, {"Dockerfile": "ARG TAG\nFROM app:${TAG}\nUSER 1\n"})[0]
