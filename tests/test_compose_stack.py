"""Swarm stacks: what they leave out is told as such, and is neither a danger nor a protection."""

from pathlib import Path

import pytest

from judge import judge, named

GRANTS = (
    "services:\n  web:\n    image: ghcr.io/acme/web:1.4.2\n    privileged: true\n    pid: host\n    network_mode: host\n"
    "    security_opt: [seccomp:unconfined]\n    devices: [/dev/mem]\n"
)
DANGERS = ("privileged", "host-pid-ipc", "host-network", "unconfined-profile", "host-device")


def dangers(result) -> set[str]:
    return {finding.name for finding in result.findings} & set(DANGERS)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("deploy.sh", "docker stack deploy -c prod.yaml shop\n"),
        ("deploy.sh", 'FILE=prod.yaml\ndocker stack deploy --compose-file "$FILE" shop\n'),
        ("Makefile", "deploy:\n\tdocker stack deploy --with-registry-auth --compose-file=prod.yaml shop\n"),
        ("README.md", "```console\n$ docker stack deploy -c prod.yaml shop\n```\n"),
        (".gitlab-ci.yml", "deploy: {script: ['docker stack deploy -c prod.yaml shop']}\n"),
        (".github/workflows/a.yml", "jobs: {a: {steps: [{run: docker stack deploy -c prod.yaml shop}]}}\n"),
    ],
)
def test_what_a_stack_leaves_out_is_no_danger(tmp_path: Path, path: str, text: str) -> None:
    result = judge(tmp_path, {"prod.yaml": GRANTS, path: text})
    assert not dangers(result)
    assert {f.evidence[0] for f in named(result, "setting-without-effect")} == {
        "privileged", "pid", "network_mode", "security_opt", "devices",
    }  # fmt: skip
    assert all(f.related[0].location.path == path for f in named(result, "setting-without-effect"))


@pytest.mark.parametrize(
    "text",
    [
        "docker compose -f prod.yaml up\n",
        "docker stack deploy -c prod.yaml shop\ndocker compose -f prod.yaml up -d\n",
        "docker stack ps -c prod.yaml\n",
        "docker stack deploy -c other.yaml shop\n",
    ],
)
def test_where_compose_starts_it_too_it_is_one(tmp_path: Path, text: str) -> None:
    assert dangers(judge(tmp_path, {"prod.yaml": GRANTS, "up.sh": text})) == set(DANGERS)


def test_what_compose_takes_by_itself_is_started_by_it(tmp_path: Path) -> None:
    result = judge(tmp_path, {"compose.yaml": GRANTS, "up.sh": "docker stack deploy -c compose.yaml shop\n"})
    assert dangers(result) == set(DANGERS)
    assert len(named(result, "setting-without-effect")) == 5


@pytest.mark.parametrize(
    ("name", "stack"), [("docker-stack.yml", True), ("stack.prod.yml", True), ("stacked.yaml", False)]
)
def test_a_name_alone_says_little(tmp_path: Path, name: str, stack: bool) -> None:
    assert dangers(judge(tmp_path, {name: GRANTS})) == set(DANGERS)
    of_swarm = GRANTS + "    deploy: {placement: {constraints: [node.role == worker]}}\n"
    assert bool(dangers(judge(tmp_path, {name: of_swarm}))) is not stack


def test_what_is_dropped_is_no_hardening_and_what_is_handed_on_is(tmp_path: Path) -> None:
    text = (
        "services: {web: {image: 'ghcr.io/acme/web:1.4.2', user: '10001', read_only: true, cap_drop: [ALL],"
        " security_opt: ['no-new-privileges:true'], cap_add: [SYS_ADMIN], deploy: {resources: {limits: {memory: 1G}}}}}\n"
    )
    result = judge(tmp_path, {"s.compose.yaml": text, "up.sh": "docker stack deploy -c s.compose.yaml shop\n"})
    (hardening,) = named(result, "hardening-missing")
    assert "capabilities are kept" not in hardening.message
    assert "privileges" in hardening.message
    assert named(result, "dangerous-capability")


def test_a_stack_has_no_address_of_its_own(tmp_path: Path) -> None:
    text = "services: {db: {image: 'postgres:17.2', ports: ['127.0.0.1:5432:5432']}}\n"
    files = {"db.compose.yaml": text}
    assert not named(judge(tmp_path, files), "datastore-published")
    files["up.sh"] = "docker stack deploy -c db.compose.yaml shop\n"
    result = judge(tmp_path, files)
    assert named(result, "datastore-published")
    assert [f.evidence for f in named(result, "setting-without-effect")] == [("host_ip", "127.0.0.1")]


def test_a_service_in_no_network_is_in_the_default_one_of_a_stack(tmp_path: Path) -> None:
    text = "services: {a: {image: 'x/a:1', network_mode: none}, b: {image: 'x/b:1'}}\n"
    files = {"s.compose.yaml": text, "up.sh": "docker stack deploy -c s.compose.yaml shop\n"}
    (finding,) = named(judge(tmp_path, files), "setting-without-effect")
    assert (finding.owner, finding.severity.name) == ("services.a", "MEDIUM")


def test_layers_of_a_stack(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services: {web: {image: 'x/a:1'}}",
        "compose.prod.yaml": "services: {web: {privileged: true}}",
        "up.sh": "docker stack deploy -c compose.yaml -c compose.prod.yaml shop\n",
    }
    result = judge(tmp_path, files)
    assert not dangers(result)
    assert [f.scope for f in named(result, "setting-without-effect")] == ["compose.yaml + compose.prod.yaml"]
    files["up.sh"] += "docker compose -f compose.yaml -f compose.prod.yaml up\n"
    assert dangers(judge(tmp_path, files)) == {"privileged"}
