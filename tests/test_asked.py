"""Dockerfiles that pipelines, scripts, skaffold and development containers name: read whatever they are called."""

from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck.parse.build_commands import BuildCommand, commands, folders
from judge import judge, named

ROOT = 'FROM registry.example.org/x:1\nUSER root\nCMD ["x"]\n'
ARGUED = 'ARG WHO=1000\nFROM registry.example.org/x:1\nARG WHO\nUSER $WHO\nCMD ["x"]\n'
STAGED = 'FROM registry.example.org/x:1 AS debug\nUSER root\nCMD ["x"]\nFROM debug\nUSER 1000\n'
STEP = "on: push\njobs: {b: {steps: [{uses: docker/build-push-action@v6, with: %s}]}}\n"


def rooted(folder: Path, files: dict[str, str]) -> set[str]:
    return {finding.location.path for finding in named(judge(folder, files), "root-user")}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".github/workflows/ci.yml", STEP % "{file: app/img}"),
        (".github/workflows/ci.yml", STEP % "{file: ./app/img, context: app}"),
        (".github/workflows/ci.yml", STEP % '{file: "${{ github.workspace }}/app/img"}'),
        (".github/workflows/ci.yml", "jobs: {b: {steps: [{uses: redhat-actions/buildah-build@v2, with: {containerfiles: ./app/img}}]}}"),
        (".github/workflows/ci.yml", "jobs:\n  b:\n    steps:\n    - run: docker build -f app/img .\n"),
        (".github/workflows/ci.yml", "jobs:\n  b:\n    steps:\n    - working-directory: app\n      run: |\n        docker build \\\n          -f img .\n"),
        (".github/actions/x/action.yml", "runs:\n  using: composite\n  steps:\n  - run: docker buildx build --file=app/img --push .\n"),
        (".gitlab-ci.yml", "build:\n  script:\n  - cd app && docker build -t x -f img .\n"),
        (".gitlab-ci.yml", "build:\n  script: podman build -f $CI_PROJECT_DIR/app/img app\n"),
        ("Makefile", "all:\n\t@docker build --no-cache -fapp/img .\n"),
        ("tools/docker.mk", "all:\n\tdocker build -f $(CURDIR)/app/img .\n"),
        ("scripts/build.sh", "#!/bin/sh\nsudo buildah bud -f 'app/img' .\n"),
        ("app/build.sh", "docker image build --file img .\n"),
        ("scripts/build.sh", "cd \"$(dirname \"$0\")\"\nnerdctl build -f ../app/img ..\n"),
        ("Jenkinsfile", "sh 'docker build -f app/img .'\n"),
        ("package.json", '{"scripts": {"image": "docker build -f app/img ."}}'),
        (".devcontainer/devcontainer.json", '{ // a comment\n "build": {"dockerfile": "../app/img", "context": "..",},\n}'),
        (".devcontainer/devcontainer.json", '{"dockerFile": "../app/img"}'),
        (".devcontainer.json", '{"build": {"dockerfile": "app/img"}}'),
        ("skaffold.yaml", "build: {artifacts: [{image: x, context: app, docker: {dockerfile: img}}]}"),
        ("skaffold.yaml", "profiles: [{build: {artifacts: [{image: x, context: app, docker: {dockerfile: img}}]}}]"),
        ("ci-skaffold.yaml", "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: x, context: app, docker: {dockerfile: img}}]}"),
        ("docker-bake.json", '{"target": {"a": {"dockerfile": "app/img"}}}'),
        ("images.json", '{"target": {"a": {"dockerfile": "app/img"}}}'),
        ("compose.yaml", "services: {a: {build: {context: app, dockerfile: img}}}"),
    ],
)  # fmt: skip
def test_what_another_file_builds_is_read(path: str, text: str, tmp_path: Path) -> None:
    assert rooted(tmp_path, {"app/img": ROOT, path: text}) == {"app/img"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Makefile", "all:\n\tdocker buildx bake -f ci/images.hcl --push\n"),
        (
            ".github/workflows/ci.yml",
            "jobs: {b: {steps: [{uses: docker/bake-action@v5, with: {files: ci/images.hcl}}]}}",
        ),
    ],
)
def test_a_bake_file_of_any_name_is_read_if_something_names_it(path: str, text: str, tmp_path: Path) -> None:
    bake = 'target "a" {\n  dockerfile = "img"\n}\n'
    assert rooted(tmp_path, {"ci/img": ROOT, "ci/images.hcl": bake, path: text}) == {"ci/img"}


def test_a_dockerfile_that_compose_names_is_read_wherever_it_lies(tmp_path: Path) -> None:
    compose = (
        "services: {a: {build: {context: ., dockerfile: vendor/x/img}}, b: {build: {context: ., dockerfile: b.yaml}}}"
    )
    kept = "# apiVersion kind\n" + ROOT
    assert rooted(tmp_path, {"vendor/x/img": ROOT, "b.yaml": kept, "compose.yaml": compose}) == {
        "vendor/x/img",
        "b.yaml",
    }
    assert not named(judge(tmp_path, {}), "parse-error")
    assert not named(judge(tmp_path, {}, "exclude: [vendor/, b.yaml]\n"), "root-user")


def test_what_a_script_names_and_is_no_dockerfile_is_nothing(tmp_path: Path) -> None:
    files = {
        "Makefile": "a:\n\tdocker build -f notes.txt .\n\tdocker build -f gone/img .\n",
        "notes.txt": "Some notes.\n",
    }
    assert not judge(tmp_path, files).findings


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".github/workflows/ci.yml", STEP % '{context: app, build-args: "A=1\\nWHO=0"}'),
        (".github/workflows/ci.yml", "jobs:\n  b:\n    steps:\n    - run: docker build --build-arg WHO=0 app\n"),
        ("build.sh", "docker build --build-arg=WHO=root -f app/Dockerfile app\n"),
        (".devcontainer/devcontainer.json", '{"build": {"dockerfile": "../app/Dockerfile", "args": {"WHO": "root"}}}'),
        ("skaffold.yaml", "build: {artifacts: [{image: x, context: app, docker: {buildArgs: {WHO: root}}}]}"),
    ],
)
def test_the_arguments_of_a_build_count(path: str, text: str, tmp_path: Path) -> None:
    assert rooted(tmp_path, {"app/Dockerfile": ARGUED}) == set()
    assert rooted(tmp_path, {path: text}) == {"app/Dockerfile"}


@pytest.mark.parametrize("target", ["debug", "0"])
def test_the_target_of_a_build_ships_as_well_as_the_last_stage(target: str, tmp_path: Path) -> None:
    assert rooted(tmp_path, {"app/Dockerfile": STAGED}) == set()
    assert rooted(tmp_path, {".github/workflows/ci.yml": STEP % f'{{context: app, target: "{target}"}}'}) == {
        "app/Dockerfile"
    }
    last = STAGED.replace("USER root", "USER 1000").replace("FROM debug\nUSER 1000", "FROM debug\nUSER root")
    assert rooted(tmp_path, {"app/Dockerfile": last}) == {"app/Dockerfile"}


def command(text: str) -> BuildCommand:
    (found,) = commands(text)
    return found._replace(start=0, end=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker build .", ("", ".", "", ())),
        ("docker build", ("", ".", "", ())),
        ("docker build -t a:1 -f x y", ("x", "y", "", ())),
        ("docker --context c buildx build --target=t --load y", ("", "y", "t", ())),
        ("docker build --build-arg A --build-arg B=$B --build-arg 'C=d e' .", ("", ".", "", (("A", None), ("B", None), ("C", "d e")))),
        ("docker build -f $FILE $DIR", (None, None, "", ())),
        ("docker build --target ${{ matrix.t }} .", ("", ".", None, ())),
        ("docker build -f 'a $b' .", ("a $b", ".", "", ())),
        ("docker build \\\n  -f x \\\n  .; docker push y", ("x", ".", "", ())),
        ("podman build --squash --file=x . # docker", ("x", ".", "", ())),
        ("docker build - <Dockerfile", ("", "-", "", ())),
    ],
)  # fmt: skip
def test_a_build_command_is_read(text: str, expected: tuple[object, ...]) -> None:
    assert tuple(command(text))[2:6] == expected


@pytest.mark.parametrize(
    "text",
    ["docker run build", "docker compose build", "mydocker build x", "docker ps", "docker", "docker push build:1"],
)
def test_other_commands_build_nothing(text: str) -> None:
    assert not list(commands(text))


def test_the_folders_of_a_script() -> None:
    text = "cd a/b && make\n  pushd c\nworking-directory: ./d\nabcd e\n"
    assert folders(text) == ("a/b", "c", "./d")


def test_hostile_scripts_are_read_in_bounded_time() -> None:
    for text in (
        "docker build " * 50_000,
        "docker " * 50_000 + "build",
        'docker build "' + "\\" * 100_000,
        "docker build -f \\\n" * 20_000,
    ):
        assert len(list(commands(text))) <= 500
        folders("cd a;" * 100_000)


def test_what_a_change_makes_a_dockerfile_by_naming_it_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "repo")
    monkeypatch.chdir(repo.folder)
    repo.commit({"a.yaml": ROOT, "img": ROOT, "b.yaml": "a: 1\n"})
    repo.commit(
        {
            "compose.yaml": "services: {a: {build: {context: ., dockerfile: a.yaml}}}\n",
            "Makefile": "a:\n\tdocker build -f img .\n",
        }
    )
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "HEAD~1")
    assert outcome.code == 1
    assert {"root-user a.yaml", "root-user img"} <= set(outcome.new)
