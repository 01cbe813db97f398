"""Merged projects against those of the real Docker Compose: cases of our own, and generated ones."""

import json
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import compose_oracle
from compose_projects import CASES, REFUSED

pytestmark = pytest.mark.skipif(
    compose_oracle.find() is None,
    reason="docker-compose is neither in DOCKER_COMPOSE nor in ~/.cache/hullcheck-oracles",
)

EXAMPLES = int(os.environ.get("HULLCHECK_EXAMPLES", "30"))


def entry_points(files: dict[str, str]) -> list[str]:
    """The files that are laid over one another: those whose name starts with a number or `compose`."""
    return sorted(path for path in files if "/" not in path and path.startswith(("compose", "1", "2")))


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_what_compose_makes_of_it(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    files = CASES[name]
    compose_oracle.write(folder, files)
    theirs, refused = compose_oracle.config(folder, entry_points(files))
    assert not refused
    mine, problems = compose_oracle.ours(files, entry_points(files), "project")
    assert not problems
    assert compose_oracle.differences(mine, theirs) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_compose_refuses_is_told(name: str, tmp_path: Path) -> None:
    files = REFUSED[name]
    compose_oracle.write(tmp_path, files)
    _, refused = compose_oracle.config(tmp_path, entry_points(files))
    assert refused
    _, problems = compose_oracle.ours(files, entry_points(files), "project")
    assert problems, refused


words = st.sampled_from(["a", "b", "web", "x1", "0", "10", "true", "no", "a b", "a=b", "$$x", "${V}", "${V:-d}", ""])
names = st.sampled_from(["A", "B", "C_D", "E"])
pairs = st.one_of(
    st.dictionaries(names, st.one_of(words, st.integers(-5, 5), st.booleans(), st.none(), st.just(1.5)), max_size=3),
    st.lists(st.builds(lambda name, word: f"{name}={word}", names, words), max_size=3, unique=True),
    st.lists(names, max_size=2, unique=True),
)
targets = st.sampled_from(["/a", "/a/", "/b", "/b/c", "/a/../b"])
volumes = st.one_of(
    st.builds(
        lambda source, target, mode: f"{source}:{target}{mode}",
        st.sampled_from(["./x", "../y", "data", "/abs", "~/h", "${V:-./z}"]),
        targets,
        st.sampled_from(["", ":ro", ":rw,z", ":ro,rshared", ":nocopy"]),
    ),
    targets,
    st.fixed_dictionaries(
        {"type": st.just("bind"), "source": st.sampled_from(["./x", "/abs"]), "target": targets},
        optional={
            "read_only": st.sampled_from([True, False, "yes", "${R:-true}"]),
            "bind": st.just({"propagation": "rslave"}),
        },
    ),
    st.fixed_dictionaries({"type": st.just("tmpfs"), "target": targets}, optional={"tmpfs": st.just({"size": "1m"})}),
)
ports = st.one_of(
    st.sampled_from(
        [
            *("80", "8080:80", "127.0.0.1:8080:80", "127.0.0.1::80/udp", "8000-8002:80-82", "9-11:9-11"),
            *("9000-9002:80", "[::1]:5000:50", "${P:-81}:81", "53:53/udp", "0.0.0.0:90:90", "22:22"),
        ]
    ),
    st.integers(1, 100),
    st.fixed_dictionaries(
        {"target": st.integers(80, 82)},
        optional={"published": st.one_of(st.integers(80, 82), st.just("8080")), "host_ip": st.just("127.0.0.1")},
    ),
)
commands = st.one_of(
    st.sampled_from(["run", "echo 'a b' \"c\"", 'sh -c "x && y"', "a\\ b", "a; b", "x 2>y", "a$(b c)d", "", "`a b`"]),
    st.lists(words, max_size=3),
)
sizes = st.sampled_from(["1g", "512m", "1.5GiB", 1024, "10 kb", "0", "1b"])
durations = st.sampled_from(["1s", "1m30s", "90s", "1.5h", "100ms", "0s", "2d"])


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, max_size=3)


def distinct(*choices: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices), max_size=3, unique=True)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "image": st.sampled_from(["a", "a:1", "r.io/a/b@sha256:" + "0" * 64, "a:${T:-2}"]),
    "environment": pairs,
    "labels": pairs,
    "annotations": pairs,
    "sysctls": pairs,
    "volumes": some(volumes),
    "ports": some(ports),
    "expose": st.lists(st.sampled_from(["80", 81, "82/udp"]), max_size=2, unique_by=str),
    "command": commands,
    "entrypoint": commands,
    "user": st.sampled_from(["0", "app", "1:1", "${U:-root}"]),
    "privileged": st.sampled_from([True, False, "true", "yes", "off", "${P:-on}"]),
    "read_only": st.sampled_from([True, False, "n"]),
    "init": st.sampled_from([True, False]),
    "cap_add": distinct("ALL", "NET_ADMIN", "cap_sys_admin"),
    "cap_drop": distinct("ALL", "NET_RAW"),
    "security_opt": distinct("no-new-privileges", "seccomp:unconfined", "label=disable"),
    "networks": st.one_of(
        distinct("front", "back"),
        st.dictionaries(
            st.sampled_from(["front", "back"]),
            st.one_of(st.none(), st.fixed_dictionaries({"aliases": distinct("x", "y")}), st.just({"priority": 5})),
            max_size=2,
        ),
    ),
    "dns": st.one_of(st.sampled_from(["1.1.1.1", ""]), distinct("1.1.1.1", "8.8.8.8", "")),
    "tmpfs": st.one_of(st.just("/run"), distinct("/run", "/tmp:size=1m")),
    "extra_hosts": st.one_of(distinct("a:1.1.1.1", "b=::1"), st.just({"c": "1.2.3.4", "d": ["1.1.1.1", "2.2.2.2"]})),
    "mem_limit": sizes,
    "shm_size": sizes,
    "cpus": st.sampled_from([0.5, "1.5", 2, "0.1", 0]),
    "pids_limit": st.sampled_from([0, 10, -1, "5"]),
    "stop_grace_period": durations,
    "healthcheck": st.one_of(
        st.just({"disable": True}),
        st.fixed_dictionaries(
            {"test": st.sampled_from(["curl x", ["CMD", "a"], ["NONE"], ["CMD-SHELL", "a || b"]])},
            optional={"interval": durations, "retries": st.integers(0, 3)},
        ),
    ),
    "logging": st.sampled_from(
        [{"driver": "none"}, {"options": {"max-size": 1}}, {"driver": "json-file", "options": {"a": "b"}}]
    ),
    "ulimits": st.sampled_from([{"nofile": 5}, {"nofile": {"soft": 1, "hard": 2}, "nproc": 0}]),
    "devices": distinct("/dev/a", "/dev/a:/dev/b", "/dev/c:/dev/b:r", "vendor.com/x=y"),
    "group_add": distinct("docker", "0"),
    "profiles": distinct("debug", "test"),
    "restart": st.sampled_from(["no", "always", "on-failure:3"]),
    "network_mode": st.sampled_from(["host", "none", "service:one"]),
    "depends_on": st.one_of(
        distinct("one"),
        st.just({"one": {"condition": "service_healthy"}}),
        st.just({"one": {"condition": "service_started", "restart": True}}),
    ),
    "links": distinct("one", "one:alias"),
    "volumes_from": distinct("one", "one:ro", "container:x"),
    "build": st.one_of(
        st.sampled_from([".", "./sub", "https://github.com/a/b.git#main"]),
        st.fixed_dictionaries(
            {"context": st.just("./ctx")},
            optional={
                "args": pairs,
                "dockerfile": st.just("D"),
                "target": st.just("t"),
                "additional_contexts": st.sampled_from([["a=./x"], {"a": "docker-image://y"}]),
                "ssh": st.just(["default"]),
            },
        ),
    ),
    "deploy": st.fixed_dictionaries(
        {},
        optional={
            "replicas": st.integers(0, 2),
            "labels": pairs,
            "resources": st.sampled_from([{"limits": {"cpus": "0.5"}}, {"reservations": {"memory": "1m"}}, {}]),
            "restart_policy": st.just({"delay": "5s", "max_attempts": 0}),
        },
    ),
    "secrets": st.sampled_from([["s"], [{"source": "s", "target": "/x", "mode": 0o440}], ["s", {"source": "s"}]]),
    "configs": st.sampled_from([["c"], [{"source": "c", "target": "/y", "uid": "1"}]]),
    "stdin_open": st.booleans(),
    "hostname": words.filter(lambda word: "$" not in word),
    "env_file": st.sampled_from(["one.env", ["one.env", {"path": "absent.env", "required": False}]]),
    "x-own": st.sampled_from([1, "a", {"b": [1, {"c": None}]}]),
}

TOP = {
    "networks": {"front": None, "back": {"internal": True, "labels": ["a=b"]}},
    "volumes": {"data": {"labels": {"x": 1}}},
    "secrets": {"s": {"file": "./s.txt"}},
    "configs": {"c": {"content": "x$$y"}},
}
ENV = "A=1\nB=\"two $A\"\n# comment\nexport C='3 $A'\nD=${Z:-z} # end\n\nE=\n"

service = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none(), max_size=8).flatmap(
    lambda keys: st.fixed_dictionaries({key: FIELDS[key] for key in sorted(keys)})
)
services = st.fixed_dictionaries({"two": service}, optional={"three": service})


def project(services: dict[str, Any]) -> dict[str, Any]:
    return {"services": {"one": {"image": "one"}, **services}, **TOP}


def compare(files: dict[str, Any]) -> None:
    texts = {path: content if isinstance(content, str) else json.dumps(content) for path, content in files.items()}
    folder = Path(mkdtemp()) / "project"
    try:
        compose_oracle.write(folder, texts)
        theirs, refused = compose_oracle.config(folder, entry_points(texts))
        mine, problems = compose_oracle.ours(texts, entry_points(texts), "project")
    finally:
        shutil.rmtree(folder.parent)
    if refused:
        assert problems, refused
    else:
        assert compose_oracle.differences(mine, theirs) == []
        assert not problems


def generated(strategy: st.SearchStrategy[Any]) -> Any:
    return lambda test: settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        derandomize="HULLCHECK_EXAMPLES" not in os.environ,
    )(given(strategy)(test))


@generated(services)
def test_one_generated_file(services: dict[str, Any]) -> None:
    compare({"compose.json.yaml": project(services), "one.env": ENV})


@generated(st.tuples(services, services))
def test_a_generated_override(layers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    compare({"1.yaml": project(layers[0]), "2.yaml": {"services": layers[1]}, "one.env": ENV})


@generated(st.tuples(service, service, service))
def test_a_generated_chain_of_extends(layers: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    other = {"services": {"far": layers[0], "one": {"image": "one"}}}
    own = project(
        {
            "base": {**layers[1], "extends": {"file": "sub/other.yaml", "service": "far"}},
            "two": {**layers[2], "extends": "base"},
        }
    )
    compare({"compose.yaml": own, "sub/other.yaml": other, "one.env": ENV, "sub/one.env": ENV})


@generated(st.tuples(services, service))
def test_a_generated_include(layers: tuple[dict[str, Any], dict[str, Any]]) -> None:
    own = {"include": ["sub/compose.yaml"], "services": {"top": layers[1], "base": {"image": "x"}}}
    included = project(layers[0])
    compare({"compose.yaml": own, "sub/compose.yaml": included, "one.env": ENV, "sub/one.env": ENV})


@generated(st.tuples(services, services, st.sampled_from(["!reset", "!override"]), st.integers(0, 9)))
def test_a_generated_tag(parts: tuple[dict[str, Any], dict[str, Any], str, int]) -> None:
    base, over, tag, number = parts
    keys = sorted(over["two"])
    lines = ["services:", "  two:"]
    for position, key in enumerate(keys):
        mark = f"{tag} " if position == number % (len(keys) or 1) else ""
        lines.append(f"    {key}: {mark}{json.dumps(over['two'][key])}")
    text = "\n".join(lines) if keys else "services: {}"
    compare({"1.yaml": project(base), "2.yaml": text, "one.env": ENV})


def test_a_spoilt_input_is_seen_to_differ(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {web: {image: a, ports: ['80:80']}}"}
    compose_oracle.write(tmp_path / "project", files)
    theirs, _ = compose_oracle.config(tmp_path / "project", ["compose.yaml"])
    spoilt = {"compose.yaml": "services: {web: {image: a, ports: ['81:80']}}"}
    mine, _ = compose_oracle.ours(spoilt, ["compose.yaml"], "project")
    assert compose_oracle.differences(mine, theirs) == [".services.web.ports[0].published: ours '81', theirs '80'"]
