"""Projects of Compose files: which files belong together, where values come from, what is unknown, hostile input."""

import time
from collections.abc import Iterable

import pytest

from hullcheck.link.compose import projects
from hullcheck.model.compose import ComposeFile, ComposeProject
from hullcheck.model.container import Container, Root
from hullcheck.model.cures import gains_privileges
from hullcheck.model.node import Node, Scalar
from hullcheck.model.workload import Workload
from hullcheck.parse import compose
from hullcheck.render.compose import units
from hullcheck.render.compose.dotenv import variables
from hullcheck.render.compose.nodes import get
from hullcheck.source import Field, Location, Source


def composed(files: dict[str, str]) -> dict[str, ComposeFile]:
    return {path: compose.read(Source(path, text.encode())) for path, text in files.items() if path.endswith("ml")}


def texts(files: dict[str, str]) -> dict[str, Source]:
    return {path: Source(path, text.encode()) for path, text in files.items() if not path.endswith("ml")}


def linked(files: dict[str, str]) -> list[ComposeProject]:
    return projects(composed(files), {}, texts(files))


def only(files: dict[str, str] | str) -> ComposeProject:
    (project,) = linked({"compose.yaml": files} if isinstance(files, str) else files)
    return project


def workload(files: dict[str, str] | str, name: str = "web") -> Workload:
    return next(w for w in only(files).workloads if w.name == name)


def container(files: dict[str, str] | str, name: str = "web") -> Container:
    return workload(files, name).containers[0]


def place(at: Location) -> tuple[str, int, str]:
    return at.path, at.line, at.text


def said(field: Field[str] | Field[bool] | None) -> tuple[object, str, int, str]:
    assert field is not None
    return (field.value, *place(field.location))


def paths(found: Iterable[ComposeProject]) -> list[tuple[tuple[str, ...], bool, bool]]:
    return [(project.paths, project.complete, project.overlay) for project in found]


# Which files make a project


WEB = "services: {web: {image: a}}"
FRAGMENT = "services: {web: {ports: ['80:80']}}"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"compose.yml": WEB, "docker-compose.yml": WEB}, [("compose.yml",), ("docker-compose.yml",)]),
        ({"compose.yaml": WEB, "compose.override.yaml": FRAGMENT}, [("compose.yaml", "compose.override.yaml")]),
        (
            {"docker-compose.yml": WEB, "compose.override.yml": FRAGMENT},
            [("docker-compose.yml", "compose.override.yml")],
        ),
        (
            {"compose.yaml": WEB, "compose.override.yaml": FRAGMENT, "docker-compose.prod.yml": FRAGMENT},
            [("compose.yaml", "compose.override.yaml"), ("compose.yaml", "docker-compose.prod.yml")],
        ),
        ({"compose.yaml": WEB, "compose.other.yaml": WEB}, [("compose.yaml",), ("compose.other.yaml",)]),
        ({"a/compose.yaml": WEB, "b/compose.prod.yaml": FRAGMENT}, [("a/compose.yaml",), ("b/compose.prod.yaml",)]),
        (
            {"compose.yaml": WEB, "x.yaml": WEB, ".env": "COMPOSE_FILE=x.yaml:compose.yaml"},
            [("x.yaml", "compose.yaml")],
        ),
        ({"compose.yaml": "include: [db.yaml]\n" + WEB, "db.yaml": "services: {db: {image: b}}"}, [("compose.yaml",)]),
    ],
)
def test_files_that_compose_would_merge_are_one_project(files: dict[str, str], expected: list[tuple[str, ...]]) -> None:
    assert [project.paths for project in linked(files)] == expected


def test_a_fragment_is_not_complete_and_neither_are_its_services() -> None:
    (project,) = linked({"compose.prod.yaml": FRAGMENT})
    assert not project.complete
    assert not project.services["web"].complete
    assert not project.problems


def test_a_file_that_only_includes_is_complete() -> None:
    found = linked({"stack.compose.yaml": "include: [db.yaml]", "db.yaml": "services: {db: {image: b}}"})
    assert paths(found) == [(("stack.compose.yaml",), True, False)]
    assert found[0].services["db"].complete


def test_the_file_of_a_development_container_may_be_a_fragment() -> None:
    found = linked({"compose.yaml": WEB, ".devcontainer/docker-compose.yml": "services: {web: {command: sleep 1d}}"})
    assert paths(found) == [
        (("compose.yaml",), True, False),
        ((".devcontainer/docker-compose.yml",), False, False),
    ]
    assert not found[1].problems


def test_what_a_base_says_is_not_missing_once_more_in_its_variants() -> None:
    base, over = linked(
        {"compose.yaml": WEB, "compose.prod.yaml": "services: {web: {restart: always}, new: {image: b}}"}
    )
    assert base.services["web"].complete
    assert over.overlay
    assert not over.services["web"].complete
    assert over.services["new"].complete


def test_a_variant_that_needs_what_the_base_has_lies_over_it() -> None:
    found = linked(
        {"compose.yaml": WEB + "\nnetworks: {n: }", "compose.test.yaml": "services: {t: {image: t, networks: [n]}}"}
    )
    assert paths(found) == [
        (("compose.yaml",), True, False),
        (("compose.yaml", "compose.test.yaml"), True, True),
    ]


def test_a_service_that_is_extended_is_judged_where_it_is_used() -> None:
    found = linked(
        {
            "compose.yaml": "services: {web: {image: a, extends: {file: common.yml, service: base}}}",
            "common.yml": "services: {base: {privileged: true}, unused: {privileged: true}}",
        }
    )
    assert [list(project.services) for project in found] == [["web"], ["unused"]]


# Where values come from


def test_a_value_keeps_its_place_through_anchors_extends_and_overrides() -> None:
    files = {
        "compose.yaml": (
            "x-a: &a\n  privileged: true\n"
            "services:\n  web:\n    <<: *a\n    image: one\n    extends: {file: b/base.yaml, service: s}\n"
        ),
        "compose.override.yaml": "services:\n  web:\n    image: two\n",
        "b/base.yaml": "services:\n  s:\n    image: zero\n    pid: host\n",
    }
    found = workload(files)
    one = found.containers[0]
    assert said(one.privileged) == (True, "compose.yaml", 2, "true")
    assert said(found.host_pid) == (True, "b/base.yaml", 4, "host")
    assert one.image is not None
    assert said(one.image.reference) == ("two", "compose.override.yaml", 3, "two")
    assert [place(related.location) for related in one.image.reference.related] == [
        ("compose.yaml", 6, "one"),
        ("compose.yaml", 4, "web"),
    ]
    assert one.privileged is not None
    assert [related.message for related in one.privileged.related] == ["service `web` uses it"]


def test_a_piece_of_a_short_form_has_its_own_place() -> None:
    one = container(
        "services:\n  web:\n    image: a\n    volumes: ['/etc:/x:ro']\n    ports: ['127.0.0.1:80:81/udp']\n"
    )
    (mount,) = one.mounts
    assert said(mount.source) == ("/etc", "compose.yaml", 4, "/etc")
    assert said(mount.target) == ("/x", "compose.yaml", 4, "/x")
    assert mount.read_only.value
    (port,) = one.ports
    assert (port.number, port.published, port.protocol, port.public) == (81, 80, "udp", False)
    assert said(port.host_ip) == ("127.0.0.1", "compose.yaml", 5, "127.0.0.1")


def test_what_is_missing_is_missing_at_the_name_of_the_service() -> None:
    one = container("services:\n  web:\n    image: a\n")
    assert one.read_only_root is not None
    assert place(one.read_only_root.location) == ("compose.yaml", 3 - 1, "web")
    assert one.read_only_root.absent


# What is unknown


def test_a_variable_without_a_default_is_unknown_and_one_with_a_default_is_not() -> None:
    found = container(
        "services: {web: {image: 'a:${T}', privileged: '${P}', user: '${U:-root}', "
        "volumes: ['${D}:/d', '${E:-/}:/e', '$HOME/.ssh:/f'], environment: {A: '${S}', B: '${S:-x}'}}}"
    )
    assert found.image is not None
    assert found.image.reference.unknown == "`T` is not set here"
    assert found.privileged is not None
    assert found.privileged.unknown
    assert found.user.root is Root.STATED
    assert [mount.source.value for mount in found.mounts] == [None, "/", "~/.ssh"]
    assert [(v.name, v.value.value, v.defaulted) for v in found.environment] == [("A", None, False), ("B", "x", True)]


def test_a_value_from_dotenv_counts_but_is_no_value_of_the_environment() -> None:
    files = {"compose.yaml": "services: {web: {image: 'a:${T}', environment: ['P=${PW}', PW]}}", ".env": "T=5\nPW=x\n"}
    found = container(files)
    assert found.image is not None
    assert found.image.reference.value == "a:5"
    assert [variable.value.value for variable in found.environment] == [None, None]


def test_what_the_caller_gives_wins_over_dotenv() -> None:
    files = composed({"compose.yaml": "services: {web: {image: 'a:${T}', hostname: '${U}'}}"})
    variables = {".env": Source(".env", b"T=file\nU=${T}-x\n")}
    (project,) = projects(files, {"": {"T": "given"}}, variables)
    assert project.services["web"].image.value == "a:given"
    hostname = project.services["web"].node.get("hostname")
    assert isinstance(hostname, Scalar)
    assert hostname.text == "given-x"


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("'80:80'", True),
        ("80", True),
        ("'0.0.0.0:80:80'", True),
        ("'[::]:80:80'", True),
        ("'127.0.0.1:80:80'", False),
        ("'${H:-127.0.0.1}:80:80'", False),
        ("'${H}:80:80'", None),
        ("'${P}:80'", None),
        ("'${P:-80}:80'", True),
        ("{target: 80}", True),
        ("{target: 80, published: '80', host_ip: 10.0.0.1}", False),
    ],
)
def test_a_port_is_public_unless_its_address_says_otherwise(port: str, expected: bool | None) -> None:
    (found,) = container(f"services: {{web: {{image: a, ports: [{port}]}}}}").ports
    assert found.public is expected


def test_a_range_is_one_port_with_two_ends() -> None:
    (port,) = container("services: {web: {image: a, ports: ['8000-8012:9000-9012']}}").ports
    assert (port.number, port.last, port.published) == (9000, 9012, 8000)


# What a container may do


def test_host_paths_are_normalised() -> None:
    files = {
        "deploy/compose.yaml": (
            "services: {web: {image: a, volumes: ['./a/../b:/1', '../c:/2', '../../d:/3', '//var//run/:/4', '~/x:/5', "
            "'vol:/6', {type: bind, source: /etc/, target: /7, read_only: yes}], secrets: [s]}}\n"
            "volumes: {vol: {driver_opts: {type: none, o: 'bind,ro', device: /srv}}}\nsecrets: {s: {file: ../s.txt}}\n"
        )
    }
    mounts = [(m.kind, m.source.value, m.target.value, m.read_only.value) for m in container(files).mounts]
    assert mounts == [
        ("bind", "./deploy/b", "/1", None),
        ("bind", "./c", "/2", None),
        ("bind", "../d", "/3", None),
        ("bind", "/var/run", "/4", None),
        ("bind", "~/x", "/5", None),
        ("bind", "/srv", "/6", True),
        ("bind", "/etc", "/7", True),
        ("secret", "./s.txt", "/run/secrets/s", True),
    ]


def test_volumes_come_from_other_services_too() -> None:
    found = container(
        "services: {web: {image: a, volumes_from: ['b:ro']}, b: {image: b, volumes_from: [c]}, "
        "c: {image: c, volumes: ['/etc:/e'], volumes_from: [web]}}"
    )
    assert [(m.source.value, m.read_only.value) for m in found.mounts] == [("/etc", True)]


def test_security_options_in_every_spelling() -> None:
    found = container(
        "services: {web: {image: a, security_opt: ['seccomp:unconfined', apparmor=docker-default, 'label:disable', "
        "'label=type:spc_t', systempaths=unconfined, 'seccomp=./p.json', 'no-new-privileges:false']}}"
    )
    assert [(profile.kind, profile.value.value) for profile in found.profiles] == [
        ("seccomp", "unconfined"),
        ("apparmor", "runtime/default"),
        ("selinux", "disable"),
        ("selinux", "spc_t"),
        ("systempaths", "unconfined"),
        ("seccomp", "localhost/./p.json"),
    ]
    assert found.escalation is not None
    assert found.escalation.value is True


def test_an_external_network_called_host_is_the_host() -> None:
    found = workload("services: {web: {image: a, networks: [n]}}\nnetworks: {n: {external: true, name: host}}")
    assert found.host_network is not None
    assert found.host_network.value


def test_limits_that_mean_none_are_absent() -> None:
    limits = container("services: {web: {image: a, mem_limit: '${M:-0}', cpus: 0.5, pids_limit: -1}}").limits
    assert limits is not None
    assert limits.memory.absent
    assert limits.cpu.value == "0.5"


def test_a_job_is_what_others_wait_for() -> None:
    text = (
        "services: {web: {image: a, depends_on: {job: {condition: service_completed_successfully}}}, job: {image: b}}"
    )
    assert container(text, "job").short_lived
    assert not container(text, "web").short_lived


def test_a_provider_is_no_container() -> None:
    assert not only("services: {db: {provider: {type: awesomecloud}}}").workloads


def test_env_files_are_read_where_they_are() -> None:
    files = {
        "compose.yaml": "services: {web: {image: a, env_file: [x.env, missing.env], environment: {A: own}}}",
        "x.env": "# note\nA=file\nSECRET='s'\n",
    }
    found = [(v.name, v.value.value, v.source, place(v.key)) for v in container(files).environment]
    assert found == [
        ("A", "own", "environment", ("compose.yaml", 1, "A")),
        ("SECRET", "s", "env_file", ("x.env", 3, "SECRET")),
    ]


def test_a_build_leads_to_its_dockerfile() -> None:
    files = {
        "a/compose.yaml": "services: {web: {extends: {file: ../b/base.yaml, service: s}}}",
        "b/base.yaml": "services: {s: {build: {context: ./ctx, dockerfile: ../Dockerfile.x, args: [A=1, B]}}}",
    }
    build = linked(files)[0].services["web"].build
    assert build is not None
    assert (build.folder, build.path, build.context.value) == ("b/ctx", "b/Dockerfile.x", "ctx")
    assert build.args["A"].value == "1"
    assert build.args["B"].unknown


# Hostile input


def test_nothing_outside_the_root_is_read_and_nothing_fetched() -> None:
    project = only(
        "include: [../out.yaml, oci://x/y, https://github.com/a/b.git]\n"
        "services: {web: {image: a, extends: {file: /etc/x.yaml, service: s}}}"
    )
    assert [problem.name for problem in project.problems] == ["not-analysed"] * 4


def test_includes_that_double_at_each_level_are_read_once() -> None:
    files = {
        f"f{level}.yaml": f"include: [f{level + 1}.yaml, ./f{level + 1}.yaml]\nservices: {{s{level}: {{image: a}}}}"
        for level in range(40)
    }
    files["f40.yaml"] = "services: {end: {image: a}}"
    files["compose.yaml"] = "include: [f0.yaml]\nservices: {web: {image: a}}"
    started = time.monotonic()
    project = linked(files)[0]
    assert time.monotonic() - started < 10
    assert len(project.services) == 42


def test_long_chains_end() -> None:
    chain = "\n".join(f"  s{n}: {{image: a, extends: s{n + 1}}}" for n in range(5000))
    project = only(f"services:\n{chain}\n  s5000: {{image: a}}\n")
    assert len(project.services) == 5001
    assert {problem.name for problem in project.problems} == {"not-analysed"}


def test_ranges_of_all_ports_are_not_written_out() -> None:
    text = ", ".join(f"'127.0.0.{n}:1-65535:1-65535'" for n in range(1, 200))
    started = time.monotonic()
    assert len(container(f"services: {{web: {{image: a, ports: [{text}]}}}}").ports) == 199
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("piece", ["${A:-", "${A:-x}", "$A", "${A:-{", "${A", "$$"])
def test_interpolation_is_linear(piece: str) -> None:
    started = time.monotonic()
    only(f"services:\n  web:\n    image: '{piece * 60_000}'\n")
    assert time.monotonic() - started < 5


def test_deep_and_odd_trees_are_no_trouble() -> None:
    deep = "[" * 200 + "]" * 200
    for text in (
        f"services: {{web: {{image: a, x-a: {deep}, command: {deep}, volumes: {deep}}}}}",
        "services: {web: {image: [a], ports: {a: b}, environment: [[x], {a: b}], volumes: [1, null, {}], build: []}}",
        "services: {web: {image: a, deploy: 1, healthcheck: x, networks: 5, depends_on: x, secrets: [[]], ulimits: a}}",
        "services: {web: {extends: [], image: a}, b: {extends: {service: {}}, image: a}}\nnetworks: {n: x}",
        "include: {a: b}\nservices: {web: {image: a}}\nvolumes: []\nsecrets: {s: }\nconfigs: {c: [a]}",
    ):
        assert only(text).services["web"].name == "web"


# Units


@pytest.mark.parametrize(
    ("text", "number"), [("1g", 1 << 30), ("1.5KiB", 1536), ("10", 10), ("2 mb", 2 << 20), ("1b", 1)]
)
def test_sizes(text: str, number: int) -> None:
    assert units.size(text) == number


@pytest.mark.parametrize("text", ["", "g", "-1", "1x", "1bb", "1ibb", "1e3", "inf", "1_0"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="invalid size"):
        units.size(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("90s", "1m30s"), ("1h", "1h0m0s"), ("1.5ms", "1.5ms"), ("0", "0s"), ("1d", "24h0m0s"), ("-1s", "-1s")],
)
def test_durations(text: str, shown: str) -> None:
    assert units.show_duration(units.duration(text)) == shown


def test_keys_are_ordered_as_go_prints_them() -> None:
    keys = ["a10", "a9", "b", "B", "a01", "a_1", "a-1", "1", "10", "2"]
    assert sorted(keys, key=units.key_order) == ["1", "2", "10", "B", "a-1", "a_1", "a01", "a9", "a10", "b"]


def test_dotenv() -> None:
    text = "A=1 # x\nexport B = 'q # $A'\nC=\"$A\\n\\\"\"\nbare\nD: yaml\nE=${A}2\n#F=1\nG='open\n"
    found = variables(Source(".env", text.encode()), {})
    assert {name: setting.text for name, setting in found.items()} == {
        "A": "1",
        "B": "q # $A",
        "C": '1\n"',
        "D": "yaml",
        "E": "12",
    }


def test_a_node_that_replaces_another_says_so() -> None:
    files = {"compose.yaml": WEB, "compose.override.yaml": "services: {web: {image: b}}"}
    node: Node | None = get(only(files).node, "services", "web", "image")
    assert isinstance(node, Scalar)
    assert (node.text, node.because) == ("b", "override")
    assert isinstance(node.before, Scalar)
    assert node.before.text == "a"


def test_every_place_that_names_an_image_counts() -> None:
    project = only(
        "services: {web: {image: a, build: {context: ., additional_contexts: {x: 'docker-image://b', y: ./y}}, "
        "volumes: [{type: image, source: c, target: /c}, './d:/d'], pre_start: [{image: e, command: x}]}}"
    )
    assert [use.reference.value for use in project.services["web"].images] == ["c", "e", "b"]
    assert [use.location.text for use in project.services["web"].images] == ["c", "e", "b"]


def test_the_projects_name_is_a_variable_that_is_always_set() -> None:
    text = "name: shop\nservices: {web: {image: '${COMPOSE_PROJECT_NAME}/app:1.0'}}"
    assert said(only(text).services["web"].image)[0] == "shop/app:1.0"
    files = {"stack/compose.yaml": text.removeprefix("name: shop\n"), "stack/.env": "X=1\n"}
    assert said(only(files).services["web"].image)[0] == "stack/app:1.0"
    files["stack/.env"] = "COMPOSE_PROJECT_NAME=other\n"
    assert said(only(files).services["web"].image)[0] == "other/app:1.0"


@pytest.mark.parametrize("variable", ["SUDO_PASSWORD", "SUDO_PASSWORD_HASH", "GRANT_SUDO"])
def test_a_service_whose_user_may_become_root_gains_privileges(variable: str) -> None:
    assert gains_privileges(container(f"services: {{web: {{image: 'x/y:1', environment: ['{variable}=x']}}}}"))
    assert not gains_privileges(container("services: {web: {image: 'x/y:1', environment: ['SUDOKU=x']}}"))
