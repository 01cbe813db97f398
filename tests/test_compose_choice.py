"""Which Compose files make a project: what something says is a fact, and what names suggest is a guess."""

from pathlib import Path

import pytest

from hullcheck.discover import DiskTree
from hullcheck.finding import Finding
from hullcheck.link.compose_said import is_likely, said_by_texts
from hullcheck.link.project import scopes
from hullcheck.model.compose import ComposeProject
from hullcheck.model.settings import Settings
from hullcheck.policy.config import Together
from hullcheck.read import read_all
from judge import TODAY, judge, named

BASE = (
    "services:\n  app: {image: 'a:1', networks: [n]}\n  db: {image: 'postgres:16', security_opt: ['no-new-privileges:true'],"
    " user: '1', read_only: true, cap_drop: [ALL], mem_limit: 1g}\nnetworks: {n: }\n"
)


def found(folder: Path, files: dict[str, str]) -> list[ComposeProject]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tree = DiskTree(str(folder))
    entries = [item for item in tree.entries() if hasattr(item, "kind")]
    read = read_all(tree, entries, 1, lambda *_: None)  # type: ignore[arg-type]
    return list(scopes(read, tree, Settings(TODAY))[1])


def names(projects: list[ComposeProject]) -> list[str]:
    """The scopes, with a question mark for a guess and brackets around a fragment."""
    return [
        f"({project.scope})" if not project.complete else project.scope + ("?" if project.guessed else "")
        for project in projects
    ]


def refused(folder: Path, files: dict[str, str], config: str = "") -> list[Finding]:
    return named(judge(folder, files, config), "invalid-object")


# The files refute the guess


def test_a_variant_that_extends_the_base_stands_alone(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": BASE,
        "docker-compose.dev.yml": "services: {db: {extends: {file: docker-compose.yml, service: db}}}",
    }
    assert names(found(tmp_path, files)) == ["docker-compose.yml", "docker-compose.dev.yml"]
    assert not refused(tmp_path, files)


def test_a_complete_variant_that_contradicts_the_base_stands_alone(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": BASE,
        "docker-compose.exporters.yml": "services: {app: {image: 'b:1', network_mode: host, privileged: true}}",
    }
    assert names(found(tmp_path, files)) == ["docker-compose.yml", "docker-compose.exporters.yml"]
    result = judge(tmp_path, files)
    assert not named(result, "invalid-object")
    assert [f.scope for f in named(result, "privileged")] == ["docker-compose.exporters.yml"]


def test_an_incomplete_variant_that_contradicts_the_base_is_judged_for_what_it_says(tmp_path: Path) -> None:
    files = {
        "compose.yaml": BASE,
        "compose.x.yaml": "services: {db: {security_opt: ['no-new-privileges:true'], privileged: true}}",
    }
    assert names(found(tmp_path, files)) == ["compose.yaml", "(compose.x.yaml)"]
    result = judge(tmp_path, files)
    assert not named(result, "invalid-object")
    assert [f.scope for f in named(result, "privileged")] == ["compose.x.yaml"]


def test_what_a_variant_says_wrongly_by_itself_is_told(tmp_path: Path) -> None:
    files = {"compose.yaml": BASE, "compose.x.yaml": "services: {db: {ports: ['300.1.1.1:80:80']}}"}
    assert names(found(tmp_path, files))[-1] in ("compose.yaml + compose.x.yaml?", "(compose.x.yaml)")
    assert [f.location.path for f in refused(tmp_path, files)] == ["compose.x.yaml"]


def test_a_base_that_only_runs_with_a_variant_is_not_refused(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {web: {restart: always, privileged: true}, db: {image: 'postgres:16'}}",
        "docker-compose.prod.yml": "services: {web: {image: 'x/web:1'}}",
    }
    projects = found(tmp_path, files)
    assert names(projects) == ["(docker-compose.yml)", "docker-compose.yml + docker-compose.prod.yml?"]
    assert projects[1].services["web"].complete
    result = judge(tmp_path, files)
    assert not named(result, "invalid-object")
    assert {f.owner for f in named(result, "hardening-missing")} == {"services.web", "services.db"}
    del files["docker-compose.prod.yml"]
    (tmp_path / "docker-compose.prod.yml").unlink()
    assert [f.message for f in refused(tmp_path, files)] == [
        "Compose refuses this: service `web` has neither an image nor a build context specified"
    ]


def test_an_extension_in_a_folder_of_its_own_is_a_part_of_what_is_above(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services: {a: {image: 'a:1', networks: [elk]}}\nnetworks: {elk: }\n",
        "extensions/x/x-compose.yml": "services: {x: {image: 'x:1', privileged: true, networks: [elk]}}",
        "extensions/y/y-compose.yml": "services: {x: {image: 'x:1', networks: [other]}}",
    }
    assert names(found(tmp_path, files)) == [
        "docker-compose.yml",
        "extensions/y/y-compose.yml",
        "(extensions/x/x-compose.yml)",
    ]
    result = judge(tmp_path, files)
    assert [f.location.path for f in named(result, "privileged")] == ["extensions/x/x-compose.yml"]
    assert [f.location.path for f in named(result, "invalid-object")] == ["extensions/y/y-compose.yml"]


def test_a_guess_hides_nothing(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": BASE,
        "docker-compose.prod.yml": "services: {db: {image: 'postgres:16', ports: ['5432:5432']}}",
    }
    assert names(found(tmp_path, files)) == ["docker-compose.yml", "docker-compose.prod.yml"]
    result = judge(tmp_path, files)
    (hardening,) = [f for f in named(result, "hardening-missing") if f.location.path == "docker-compose.prod.yml"]
    assert "capabilities are kept" in hardening.message
    files["Makefile"] = "up:\n\tdocker compose -f docker-compose.yml -f docker-compose.prod.yml up -d\n"
    assert names(found(tmp_path, files)) == ["docker-compose.yml", "docker-compose.yml + docker-compose.prod.yml"]
    result = judge(tmp_path, files)
    assert not [f for f in named(result, "hardening-missing") if f.owner == "services.db"]


def test_a_guess_does_not_tell_the_base_s_faults_again(tmp_path: Path) -> None:
    base = "services:\n  web: {image: 'nginx:1.27', ports: ['80:80']}\n  api: {image: 'a:1'}\n  db: {image: 'postgres:16'}\n"
    over = "services: {api: {command: x}, new: {image: 'b:1'}}\n"
    files = {"docker-compose.yml": base, "docker-compose.a.yml": over, "docker-compose.b.yml": over}
    assert len(names(found(tmp_path, files))) == 3
    (told,) = named(judge(tmp_path, files), "flat-network")
    assert told.scope == "docker-compose.yml"


# What something says


SAID = "services: {web: {image: 'a:1'}, db: {image: 'b:1'}}"
OVER = "services: {web: {image: 'c:1'}}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", "up:\n\tdocker compose -f compose.yaml -f compose.x.yaml up\n"),
        ("Makefile", "DC := docker compose -f compose.yaml\nup:\n\t$(DC) -f compose.x.yaml up\n"),
        ("mk/dev.mk", "F = -f compose.yaml -f compose.x.yaml\nup:\n\tdocker-compose $(F) up\n"),
        ("run.sh", "docker compose \\\n  -f compose.yaml \\\n  --file=compose.x.yaml up\n"),
        ("scripts/up", 'cd ..\nARGS="-f compose.yaml"\nARGS="$ARGS -f compose.x.yaml"\ndocker compose $ARGS up\n'),
        ("scripts/up.sh", 'docker compose -f "$ROOT/compose.yaml" -f "${ROOT}/compose.x.yaml" up\n'),
        ("scripts/up.sh", "docker compose -f ../compose.yaml -f ../compose.x.yaml up\n"),
        ("up.sh", "docker compose -f compose.yaml -f compose.${ENV}.yaml up\n"),
        ("up.sh", "COMPOSE_FILE=compose.yaml:compose.x.yaml docker compose up\n"),
        (
            ".github/workflows/ci.yml",
            "jobs: {a: {steps: [run: podman-compose -f compose.yaml -f compose.x.yaml up]}}\n",
        ),
        (".github/workflows/ci.yml", "env:\n  COMPOSE_FILE: compose.yaml:compose.x.yaml\n"),
        (
            ".github/workflows/ci.yml",
            "    with:\n      compose-file: |\n        compose.yaml\n        compose.x.yaml\n",
        ),
        (".gitlab-ci.yml", "script:\n  - docker-compose --file compose.yaml --file compose.x.yaml up\n"),
        ("README.md", "Run `docker compose -f compose.yaml -f compose.x.yaml up`.\n"),
        ("docs/dev.md", "```\n$ docker compose -f compose.yaml -f compose.x.yaml up\n```\n"),
        ("package.json", '{"scripts": {"up": "docker compose -f compose.yaml -f compose.x.yaml up"}}\n'),
        ("package.json", '{"x": ["docker", "compose", "-f", "compose.yaml", "-f", "compose.x.yaml"]}\n'),
        ("Taskfile.yml", "tasks: {up: {cmds: ['docker compose -f compose.yaml -f compose.x.yaml up']}}\n"),
        ("justfile", "up:\n  docker compose -f compose.yaml -f compose.x.yaml up\n"),
        ("deploy.sh", "docker stack deploy -c compose.yaml -c compose.x.yaml s\n"),
        ("justfile", "over := 'compose.x.yaml'\nup:\n  docker compose -f compose.yaml -f {{over}} up\n"),
        (
            "Taskfile.yml",
            "vars:\n  OVER: compose.x.yaml\ntasks:\n  up: docker compose -f compose.yaml -f {{.OVER}} up\n",
        ),
        (
            ".gitlab-ci.yml",
            "variables:\n  FILES: -f compose.yaml -f compose.x.yaml\nup:\n  script:\n    - docker compose $FILES up\n",
        ),
        (
            ".github/workflows/ci.yml",
            (
                "env:\n  OVER: compose.x.yaml\njobs:\n  a:\n    steps:\n"
                "      - run: docker compose -f compose.yaml -f ${{ env.OVER }} up\n"
            ),
        ),
        ("README.md", "```console\nme@host:~$ podman-compose -fcompose.yaml -fcompose.x.yaml up\n```\n"),
        ("README.md", "    # docker-compose --profile dev -f compose.yaml --env-file x -f compose.x.yaml up -d\n"),
        ("up.sh", "docker compose --project-directory . -p x -f compose.yaml -f compose.x.yaml up\n"),
        ("up.sh", "COMPOSE_PROFILES=dev docker compose -f compose.yaml -f compose.x.yaml up\n"),
        (".devcontainer/devcontainer.json", '{// x\n"dockerComposeFile": ["../compose.yaml", "../compose.x.yaml"]}\n'),
        (".devcontainer.json", '{"dockerComposeFile": ["compose.yaml",\n  "compose.x.yaml"], "service": "web"}\n'),
    ],
)
def test_what_is_laid_over_what_is_said_in_many_places(path: str, text: str, tmp_path: Path) -> None:
    files = {"compose.yaml": SAID, "compose.x.yaml": OVER, path: text}
    assert names(found(tmp_path, files)) == ["compose.yaml", "compose.yaml + compose.x.yaml"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", "up:\n\tdocker compose -f compose.x.yaml up\n"),
        ("Makefile", "clean:\n\trm -f compose.yaml compose.x.yaml\n"),
        ("up.sh", "docker compose -f compose.yaml up && docker compose -f compose.x.yaml up\n"),
        ("up.sh", "kubectl apply -f compose.yaml -f compose.x.yaml\n"),
        ("notes.txt", "docker compose -f compose.yaml -f compose.x.yaml up\n"),
        ("Dockerfile", "RUN docker compose -f compose.yaml -f compose.x.yaml up\n"),
        ("up.sh", "docker compose -f compose.yaml -f ../compose.x.yaml up\n"),
    ],
)
def test_what_does_not_say_it(path: str, text: str, tmp_path: Path) -> None:
    files = {"compose.yaml": SAID, "compose.x.yaml": OVER, path: text}
    assert names(found(tmp_path, files)) == ["compose.yaml", "compose.x.yaml"]


PART = "services: {more: {image: 'a:1', depends_on: [web], networks: [inner]}}"
NET = "services: {web: {image: 'a:1', networks: [inner]}}\nnetworks: {inner: {}}"


@pytest.mark.parametrize(
    "line",
    [
        '[ -n "${A}" ] && [ -f "${A}" ] && chmod +x ${A}',
        'if [ -n "$A" -a -f more.yaml ]; then echo there; fi',
        "while ! test $A -nt b -o -f more.yaml; do sleep 1; done",
        "tar -x $A -f $B",
        "$TOOL -f $FILE",
    ],
)
def test_what_asks_for_a_file_starts_nothing(line: str, tmp_path: Path) -> None:
    files = {"compose.yaml": NET, "more.yaml": PART, "scripts/up": f"{line}\n"}
    assert refused(tmp_path, files) == []


@pytest.mark.parametrize(
    "line",
    ["[ -f more.yaml ] && $DC -f more.yaml up", "docker compose -f $FILE up", "if $A; then $DC -f $B/more.yaml up; fi"],
)
def test_what_may_start_a_file_by_itself_does(line: str, tmp_path: Path) -> None:
    files = {"compose.yaml": NET, "more.yaml": PART, "scripts/up": f"{line}\n"}
    assert {finding.location.path for finding in refused(tmp_path, files)} == {"more.yaml"}


def test_what_is_said_may_be_of_another_folder_and_of_several(tmp_path: Path) -> None:
    pair = {"compose.yaml": SAID, "compose.x.yaml": OVER}
    files = {f"{folder}/{name}": text for folder in ("a", "b") for name, text in pair.items()}
    files["README.md"] = "cd a; docker compose -f compose.yaml -f compose.x.yaml up"
    assert names(found(tmp_path, files)) == [
        "a/compose.yaml", "b/compose.yaml", "a/compose.yaml + a/compose.x.yaml", "b/compose.yaml + b/compose.x.yaml",
    ]  # fmt: skip


def test_a_file_that_another_is_laid_over_is_judged_without_it_too(tmp_path: Path) -> None:
    files = {
        "compose.yaml": SAID,
        "compose.a.yaml": "services: {web: {image: 'c:1', privileged: true}}",
        "compose.b.yaml": "services: {web: {privileged: false}}",
        "README.md": "docker compose -f compose.yaml -f compose.a.yaml -f compose.b.yaml up",
    }
    result = judge(tmp_path, files)
    assert {f.location.path for f in named(result, "privileged")} == {"compose.a.yaml"}


def test_a_merge_that_something_says_is_refused_where_compose_refuses_it(tmp_path: Path) -> None:
    files = {
        "compose.yaml": BASE,
        "compose.x.yaml": "services: {db: {security_opt: ['no-new-privileges:true']}}",
        "Makefile": "\tdocker compose -f compose.yaml -f compose.x.yaml up\n",
    }
    assert [f.message for f in refused(tmp_path, files)] == [
        "Compose refuses this: service `db` has the same item twice in `security_opt`"
    ]


def test_a_development_container_names_files_of_any_name(tmp_path: Path) -> None:
    files = {
        "compose.yaml": SAID,
        ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../compose.yaml", "dev.conf", "gone.yml"]}',
        ".devcontainer/dev.conf": "services: {web: {privileged: true}}",
    }
    result = judge(tmp_path, files)
    (finding,) = named(result, "privileged")
    assert finding.scope == "compose.yaml + .devcontainer/dev.conf"
    assert [f.location.path for f in named(result, "not-analysed")] == [".devcontainer/devcontainer.json"]


def test_only_likely_files_are_looked_at() -> None:
    likely = [
        "Makefile",
        "a/README",
        "x/GNUmakefile",
        ".github/workflows/a.yml",
        "bin/up",
        "docs/x.md",
        ".circleci/config.yml",
    ]
    assert [path for path in [*likely, "a.py", "k8s/a.yml", "src/x", "Dockerfile"] if is_likely(path)] == likely


@pytest.mark.parametrize(
    "piece", ["-f ", "${", "$(", "{{", "compose -f a ", "A=$A$A -f x\n", "compose-file: ", "\\\n", '"']
)
def test_reading_texts_is_linear(piece: str) -> None:
    text = ("docker compose -f compose.yaml " + piece * 200_000).encode()
    said_by_texts(["Makefile"], lambda path: text, ["compose.yaml", "compose.x.yaml"])


# The configuration


def test_projects_that_are_listed_are_the_only_ones_of_their_files(tmp_path: Path) -> None:
    files = {
        "compose.yaml": SAID,
        "compose.prod.yaml": "services: {web: {privileged: true}}",
        "compose.dev.yaml": "services: {web: {pid: host}}",
        "odd.conf": "services: {web: {ipc: host}}",
        "README.md": "docker compose -f compose.yaml -f compose.dev.yaml up",
    }
    config = "compose-projects:\n- [compose.yaml, compose.prod.yaml, odd.conf]\n- {files: [compose.dev.yaml, compose.yaml], name: D}\n"
    result = judge(tmp_path, files, config)
    assert {f.scope for f in named(result, "privileged", "host-pid-ipc")} == {
        "compose.yaml + compose.prod.yaml + odd.conf",
        "compose.dev.yaml + compose.yaml (name D)",
    }
    assert not named(result, "not-analysed")


def test_services_of_profiles_that_are_not_active_are_left_out(tmp_path: Path) -> None:
    services = "services: {a: {image: 'a:1', privileged: true, profiles: [x]}, b: {image: 'b:1', privileged: true, profiles: [y]}}"
    result = judge(tmp_path, {"compose.yaml": services}, "compose-projects: [{files: [compose.yaml], profiles: [y]}]")
    assert [(f.owner, f.scope) for f in named(result, "privileged")] == [("services.b", "compose.yaml (profiles y)")]


def test_a_listed_file_that_is_gone_by_now_is_told(tmp_path: Path) -> None:
    (finding,) = named(
        judge(tmp_path, {"compose.yaml": SAID}, "compose-projects:\n- [compose.yaml, gone.yml]"), "not-analysed"
    )
    assert finding.location.path == ".hullcheck.yaml"
    assert "gone.yml" in finding.message
    assert Together(("a",)).line == 0


# Scopes


def test_scopes_are_unique_and_say_what_they_are(tmp_path: Path) -> None:
    files = {
        "compose.yaml": BASE,
        **{f"compose.{name}.yaml": "services: {app: {command: x}}" for name in ("agent", "tests", "full")},
        "x/.env": "COMPOSE_FILE=../compose.yaml",
        "a/compose.yaml": SAID,
        "b/compose.yaml": SAID,
    }
    projects = found(tmp_path, files)
    scoped = [project.scope for project in projects]
    assert len(set(scoped)) == len(scoped)
    assert "compose.yaml + compose.agent.yaml" in scoped


def test_projects_of_one_name_in_one_folder_are_no_neighbours(tmp_path: Path) -> None:
    from hullcheck.link.compose_network import compose_parts

    files = {"compose.yaml": SAID, "compose.other.yaml": "services: {z: {image: 'c:1'}}"}
    uses = list(compose_parts(found(tmp_path, files)))
    assert [[end.name for end in use.network.endpoints] for use in uses] == [["web", "db"], ["z"]]
    assert [use.network.scope.name for use in uses] == ["compose.yaml", "compose.other.yaml"]


# What a makefile keeps in variables


def test_options_in_a_variable_are_a_part_of_the_commands_that_use_it(tmp_path: Path) -> None:
    files = {
        "compose.yaml": SAID,
        "compose.tests.yaml": "services: {tests: {image: 'a:1', depends_on: [web]}}",
        "Makefile": "COMPOSE_BASE=-f compose.yaml\nCOMPOSE_TESTS=-f compose.tests.yaml\n"
        "COMPOSE ?= docker compose\n\ntest:\n\t$(COMPOSE) $(COMPOSE_BASE) $(COMPOSE_TESTS) run tests\n",
    }
    assert not refused(tmp_path, files)
    assert names(found(tmp_path, files)) == ["compose.yaml", "compose.yaml + compose.tests.yaml"]


def test_options_in_a_variable_that_nothing_uses_say_it_by_themselves(tmp_path: Path) -> None:
    files = {
        "compose.yaml": SAID,
        "compose.x.yaml": "services: {other: {image: 'a:1'}}",
        ".envrc": "export COMPOSE_ARGS='-f compose.yaml -f compose.x.yaml'\n",
    }
    assert names(found(tmp_path, files)) == ["compose.yaml", "compose.yaml + compose.x.yaml"]


def test_a_layer_that_is_no_compose_file_by_itself_hides_no_other(tmp_path: Path) -> None:
    files = {
        "compose.yaml": SAID,
        "compose.agent.yaml": "services: {agent: {image: 'a:1', privileged: true, depends_on: [web]}}",
        "compose.extras.yaml": "# for your own services\n",
        "Makefile": "\tdocker compose -f compose.yaml -f compose.extras.yaml -f compose.agent.yaml up\n",
    }
    whole = "compose.yaml + compose.extras.yaml + compose.agent.yaml"
    assert names(found(tmp_path, files)) == ["compose.yaml", whole]
    lacking = named(judge(tmp_path, files), "hardening-missing")
    assert [finding.scope for finding in lacking if finding.owner == "services.agent"] == [whole]


def test_a_layer_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    files = {
        "compose.yaml": SAID,
        "compose.a.yaml": "services: {web: {privileged: true}}",
        "broken.yaml": "a: [\n",
        "Makefile": "\tdocker compose -f compose.yaml -f broken.yaml -f compose.a.yaml up\n",
    }
    result = judge(tmp_path, files)
    assert [f.scope for f in named(result, "privileged")] == ["compose.yaml + compose.a.yaml"]
    assert any("broken.yaml" in item.reason for item in result.coverage.unjudged)


def test_where_a_project_lies_and_what_its_variables_are(tmp_path: Path) -> None:
    files = {
        "deploy/app.compose.yaml": "services: {web: {image: '${WHICH}', volumes: ['./etc:/x']}}",
        "deploy/compose.yaml": "services: {other: {image: 'x/y:1'}}",
        "prod.env": "WHICH=nginx:latest\n",
        "Makefile": "up:\n\tdocker compose --env-file prod.env --project-directory . -f deploy/app.compose.yaml up\n",
    }
    (project,) = (each for each in found(tmp_path, files) if "web" in each.services)
    web = project.services["web"]
    assert (project.folder, web.image.value, web.volumes[0].source.value) == ("", "nginx:latest", "./etc")
    files["Makefile"] = "up:\n\tdocker compose -f deploy/app.compose.yaml up\n"
    (project,) = (each for each in found(tmp_path, files) if "web" in each.services)
    web = project.services["web"]
    assert (project.folder, web.image.value, web.volumes[0].source.value) == ("deploy", None, "./deploy/etc")
