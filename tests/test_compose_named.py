"""Compose files that others name: they are read whatever they are called, and told where they can't be."""

import random
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import compose_oracle
from hullcheck.discover import DiskTree
from hullcheck.link.compose import projects
from hullcheck.link.project import link
from hullcheck.model.compose import ComposeFile, ComposeProject
from hullcheck.model.problem import Problem
from hullcheck.model.settings import Settings
from hullcheck.parse import compose
from hullcheck.read import read_all
from hullcheck.render.compose.resolved import resolved, to_plain
from hullcheck.source import Source
from judge import TODAY, judge, named

WHOLE = "services: {x: {image: 'x/y:1', privileged: true, pid: host}}\n"
VOLUMES = "volumes: {rootfs: {driver_opts: {type: none, o: bind, device: /}}}\n"


def projects_in(folder: Path, files: dict[str, str]) -> tuple[list[ComposeProject], list[Problem]]:
    """The projects of a tree as they are linked, and all problems."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tree = DiskTree(str(folder))
    entries = [item for item in tree.entries() if hasattr(item, "kind")]
    found = link(read_all(tree, entries, 1, lambda *_: None), tree, Settings(TODAY))  # type: ignore[arg-type]
    return list(found.compose), found.problems


def gaps(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [(p.gap.cause, p.gap.what, p.location.path) for p in problems if p.gap is not None]


@pytest.mark.parametrize(
    "name",
    ["base.inc", "base.conf", "base.json", "base", "vendor/b.yml", "node_modules/x/compose.yml", "third_party/b.yaml",
     ".venv/b", "ignored/b.yml", "Dockerfile.base", "values.yaml", "a b/ü.txt", "kustomization.yaml", "cities.json"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["include", "extends", "COMPOSE_FILE"])
def test_a_file_that_is_named_is_read_whatever_it_is_called(name: str, way: str, tmp_path: Path) -> None:
    text = WHOLE if not name.endswith("json") else '{"services": {"x": {"image": "x/y:1", "privileged": true}}}'
    own = {
        "include": f"include: ['{name}']\nservices: {{a: {{image: b}}}}\n",
        "extends": f"services: {{a: {{extends: {{file: '{name}', service: x}}}}}}\n",
        "COMPOSE_FILE": "services: {a: {image: b}}\n",
    }[way]
    files = {"compose.yaml": own, name: text, ".gitignore": "ignored/\n"}
    if way == "COMPOSE_FILE":
        files[".env"] = f"COMPOSE_FILE=compose.yaml:{name}\n"
    result = judge(tmp_path, files)
    (found,) = named(result, "privileged")
    assert found.location.path == name
    assert found.owner == ("services.a" if way == "extends" else "services.x")
    assert found.scope == ("compose.yaml" if way != "COMPOSE_FILE" else f"compose.yaml + {name}")
    assert not [f for f in named(result, "invalid-object", "not-analysed") if f.location.path == "compose.yaml"]


def test_what_is_named_is_part_of_what_names_it_and_no_project_of_its_own(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "include: [vol.yml, {path: more/secrets.inc}]\n"
        "services: {a: {image: b, volumes: ['rootfs:/h'], secrets: [s]}}\n",
        "vol.yml": VOLUMES,
        "more/secrets.inc": "include: [deeper]\nsecrets: {s: {file: s.txt}}\n",
        "more/deeper": WHOLE,
    }
    found, problems = projects_in(tmp_path, files)
    assert [project.scope for project in found] == ["compose.yaml"]
    assert set(found[0].services) == {"a", "x"}
    assert found[0].secrets["s"].path == "more/s.txt"
    assert not problems
    result = judge(tmp_path, files)
    assert {f.owner for f in named(result, "privileged", "sensitive-mount-write")} == {"services.x", "services.a"}


def test_ignore_comments_count_in_a_file_that_is_named(tmp_path: Path) -> None:
    text = "services:\n  x:\n    image: 'x/y:1'\n    privileged: true # hullcheck: ignore[privileged] reason=\"tool\"\n"
    (found,) = named(judge(tmp_path, {"compose.yaml": "include: [x.inc]\n", "x.inc": text}), "privileged")
    assert found.suppression is not None


def test_a_file_of_variables_may_have_any_name(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services: {a: {image: b, env_file: [vendor/settings]}}\n",
        "vendor/settings": "POSTGRES_PASSWORD=hunter2xyz\n",
    }
    found, problems = projects_in(tmp_path, files)
    container = found[0].workloads[0].containers[0]
    assert [variable.name for variable in container.environment] == ["POSTGRES_PASSWORD"]
    assert not problems


@pytest.mark.parametrize("way", ["include", "extends"])
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("missing.yml", "missing"),
        ("a/../../../x.yml", "outside"),
        ("/etc/x.yml", "outside"),
        ("~/x.yml", "outside"),
        ("https://example.org/x.git", "remote"),
        ("oci://example.org/x", "remote"),
        ("broken.inc", "parse-error"),
        ("template.yml", "template"),
        ("folder", "unreadable"),
        ("${NAME}.yml", "variable"),
        ("link.yml", "outside"),
        ("big.inc", "size"),
        ("x\\0y", "missing"),
    ],
)
def test_a_file_that_can_not_be_read_is_told(way: str, name: str, cause: str, tmp_path: Path) -> None:
    own = f'include: ["{name}"]\n' if way == "include" else ""
    extends = f', extends: {{file: "{name}", service: x}}' if way == "extends" else ""
    (tmp_path / "link.yml").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir()
    (tmp_path / "big.inc").write_bytes(b"#" * 6_000_000)
    files = {
        "compose.yaml": f"{own}services: {{a: {{networks: [n], depends_on: [x]{extends}}}, b: {{image: b}}}}\n",
        "broken.inc": "a: [\n",
        "template.yml": "services:\n  x: {{ values }}\n",
    }
    found, problems = projects_in(tmp_path, files)
    (project,) = found
    told = [gap for gap in gaps(problems) if gap[2] == "compose.yaml"]
    noun = "included file" if way == "include" else "extended file"
    assert told == [(cause, noun, "compose.yaml")]
    said = [p.message for p in problems if p.name == "invalid-object"]
    if way == "include":  # what it may have brought isn't called undefined
        assert said == ["Compose refuses this: service `a` has neither an image nor a build context specified"] * len(
            said
        )
    else:
        assert not said
        assert not project.services["a"].complete
    assert project.services["b"].complete


def test_a_file_that_compose_file_names_and_that_is_not_there_is_told(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {a: {image: b}}", ".env": "COMPOSE_FILE=compose.yaml:gone.conf"}
    found, problems = projects_in(tmp_path, files)
    assert [project.paths for project in found] == [("compose.yaml",)]
    assert gaps(problems) == [("missing", "file of `COMPOSE_FILE`", ".env")]


def test_only_a_dotenv_names_a_project(tmp_path: Path) -> None:
    (project,), problems = projects_in(tmp_path, {".env": "COMPOSE_FILE=stack.conf\n", "stack.conf": WHOLE})
    assert project.paths == ("stack.conf",)
    assert not problems


# The way through files is bounded


def chain(count: int, planted: bool = True) -> dict[str, str]:
    """Files that include one another, the last with a privileged service."""
    files = {f"c{n}.yml": f"include: [c{n + 1}.yml]\nservices: {{s{n}: {{image: 'a:1'}}}}\n" for n in range(count - 1)}
    last = f"services: {{s{count - 1}: {{image: 'a:1', privileged: {str(planted).lower()}}}}}\n"
    return {"compose.yaml": "include: [c0.yml]\n", **files, f"c{count - 1}.yml": last}


@pytest.mark.parametrize("count", [59, 60, 61, 150, 400])
def test_a_long_chain_is_judged_in_pieces(count: int, tmp_path: Path) -> None:
    found, problems = projects_in(tmp_path, chain(count))
    services = [name for project in found for name in project.services]
    assert sorted(services) == sorted(f"s{n}" for n in range(count))
    assert len(gaps(problems)) == len(found) - 1 == count // 60
    assert {gap[0] for gap in gaps(problems)} <= {"limit"}
    assert [p.message for p in problems if p.gap is None] == []


@pytest.mark.parametrize(
    "files",
    [
        chain(400),
        {f"d{n}{half}.yml": f"include: [d{n + 1}a.yml, d{n + 1}b.yml]\nservices: {{s{n}{half}: {{image: a}}}}"
         for n in range(200) for half in "ab"},
        {f"d{n}{half}/{name}": f"include: [../d{n + 1}a/compose.yml, ../d{n + 1}b/compose.yml]\n" if name != ".env" else
         f"V{n}{half}=1\n" for n in range(40) for half in "ab" for name in ("compose.yml", ".env")},
        {"compose.yaml": f"include: [{', '.join(f'w{n}.inc' for n in range(1500))}]",
         **{f"w{n}.inc": f"services: {{s{n}: {{image: a}}}}" for n in range(1500)}},
        {"compose.yaml": "services:\n" + "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(400))
         + "  s400: {image: a, privileged: true}\n"},
        {f"e{n}.yml": f"services: {{s: {{extends: {{file: e{n + 1}.yml, service: s}}}}}}" for n in range(400)}
        | {"e400.yml": WHOLE.replace("x:", "s:")},
        {f"r{n}.yml": f"include: [r{(n + 1) % 400}.yml]\nservices: {{s{n}: {{image: a}}}}" for n in range(400)},
    ],
    ids=["chain", "doubling", "doubling with variables", "wide", "extends", "extends through files", "circle"],
)  # fmt: skip
def test_tangled_files_take_little(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000))

    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-m", "hullcheck", ".", "--output-format", "concise", "--jobs", "1"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, preexec_fn=limited, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20


def test_a_long_way_through_extends_is_followed_and_an_endless_one_told() -> None:
    text = "services:\n" + "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(450))
    (project,) = linked({"compose.yaml": text + "  s450: {image: a, privileged: true}\n"})
    assert all(w.containers[0].privileged and w.containers[0].privileged.value for w in project.workloads)
    assert not project.problems
    text = "services:\n" + "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(1200))
    (project,) = linked({"compose.yaml": text + "  s1200: {image: a}\n"})
    assert {gap[0] for gap in gaps(list(project.problems))} == {"limit"}


def linked(files: dict[str, str]) -> list[ComposeProject]:
    parsed: dict[str, ComposeFile] = {p: compose.read(Source(p, text.encode())) for p, text in files.items()}
    return projects(parsed, {})


# A project that is split into files is what it was


NAMES = ("common.inc", "vendor/part.conf", "x/node_modules/p", "third_party/p.yaml", "a.b/part.json5", "part")


def split(root: dict[str, Any], chooser: random.Random) -> dict[str, str]:
    """The same project in several files: some services are included, others extend theirs in another file."""
    import json

    files: dict[str, str] = {}
    own = dict(root)
    services = dict(own.get("services", {}))
    names = sorted(services)
    chooser.shuffle(names)
    linked_to = {name for service in services.values() for name in depended(service)}
    for number, name in enumerate(names[: chooser.randint(1, len(names))]):
        service = services[name]
        path = f"{number}-{chooser.choice(NAMES)}"
        if chooser.random() < 0.5 and not depended(service) and name not in linked_to:
            files[path] = json.dumps({"services": {name: service}, **resources(own)})
            del services[name]
            own.setdefault("include", [])
            own["include"] = [*own["include"], path]
        else:
            files[path] = json.dumps({"services": {"base": service}})
            services[name] = {"extends": {"file": path, "service": "base"}}
    files["compose.yaml"] = json.dumps({**own, "services": services})
    return files


def resources(root: dict[str, Any]) -> dict[str, Any]:
    return {kind: root[kind] for kind in ("networks", "volumes", "secrets", "configs") if kind in root}


def depended(service: dict[str, Any]) -> list[str]:
    found = service.get("depends_on", [])
    return list(found)


services = st.fixed_dictionaries(
    {"image": st.sampled_from(["a:1", "b"])},
    optional={
        "privileged": st.booleans(),
        "environment": st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["1", "x y", ""]), max_size=2),
        "ports": st.just(["80:80"]),
        "volumes": st.just(["data:/data", "/etc:/etc"]),
        "networks": st.just(["front"]),
        "cap_add": st.just(["SYS_ADMIN"]),
        "command": st.just(["run", "it"]),
        "read_only": st.booleans(),
    },
)
roots = st.fixed_dictionaries(
    {
        "services": st.dictionaries(st.sampled_from(["web", "db", "job", "mail"]), services, min_size=1),
        "networks": st.just({"front": {}}),
        "volumes": st.just({"data": {}}),
    }
)


def as_plain(folder: Path, files: dict[str, str]) -> tuple[Any, list[Problem]]:
    found, problems = projects_in(folder, files)
    (project,) = found
    return to_plain(resolved(project.node).root), problems


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(root=roots, seed=st.integers(0, 1_000_000))
def test_a_project_that_is_split_is_what_it_was(root: dict[str, Any], seed: int, tmp_path_factory: Any) -> None:
    import json

    whole, none = as_plain(tmp_path_factory.mktemp("whole") / "p", {"compose.yaml": json.dumps(root)})
    files = split(root, random.Random(seed))
    parts, problems = as_plain(tmp_path_factory.mktemp("parts") / "p", files)
    assert parts == whole
    assert problems == none == []


@pytest.mark.skipif(compose_oracle.find() is None, reason="docker-compose isn't here")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(root=roots, seed=st.integers(0, 1_000_000))
def test_compose_takes_the_split_project_the_same(root: dict[str, Any], seed: int, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("real") / "p"
    files = split(root, random.Random(seed))
    mine, _ = as_plain(folder, files)
    theirs, refused = compose_oracle.config(folder, ["compose.yaml"])
    assert not refused
    for name in theirs["services"]:
        assert compose_oracle.differences(mine["services"][name], theirs["services"][name]) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1_000_000))
def test_what_is_planted_is_found_or_told(seed: int, tmp_path_factory: Any) -> None:
    """A privileged service, somewhere in files that name one another, some of which are broken or aren't there."""
    chooser = random.Random(seed)
    folder = tmp_path_factory.mktemp("planted") / "p"
    names = [f"{n}-{chooser.choice(NAMES)}" for n in range(chooser.randint(1, 5))]
    files = {}
    extended = False
    for number, name in enumerate(names):
        up = "../" * name.count("/")
        following = names[number + 1] if number + 1 < len(names) else ""
        extended = bool(following) and (extended or chooser.random() < 0.4)  # which sees nothing that is included
        if extended:
            service = f"{{extends: {{file: '{up}{following}', service: planted{number + 1}}}}}"
        else:
            service = "{image: 'a:1'}" if following else "{image: 'a:1', privileged: true}"
        included = f"include: ['{up}{following}']\n" if following and not extended else ""
        files[name] = f"{included}services: {{planted{number}: {service}}}\n"
    files["compose.yaml"] = f"include: ['{names[0]}']\n"
    lost = chooser.choice([None, *names])
    if lost is not None:
        files[lost] = chooser.choice(["a: [", "{{ x }}: {{ y }}\n", "- a\n", "services: {}\n"])
    if chooser.random() < 0.3:
        del files[chooser.choice(names)]
    found, problems = projects_in(folder, files)
    privileged = [w for project in found for w in project.workloads if w.containers[0].privileged]
    is_there = any(w.containers[0].privileged.value for w in privileged if w.containers[0].privileged)
    emptied = lost is not None and files.get(lost) == "services: {}\n"
    refused = any(p.name in ("invalid-object", "parse-error") for p in problems)
    assert is_there or gaps(problems) or emptied or refused
