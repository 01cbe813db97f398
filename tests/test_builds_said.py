"""Builds as pipelines, platforms and tools say them: which Dockerfile, which stage, with which arguments."""

import time
from pathlib import Path

import pytest

from hullcheck.parse import bake
from hullcheck.parse.bake_values import UNKNOWN
from hullcheck.parse.build_commands import commands
from hullcheck.parse.build_variables import Variables, assigned
from hullcheck.source import Source
from judge import judge, named

ROOT = 'FROM registry.example.org/x:1\nUSER root\nCMD ["x"]\n'
ARGUED = 'ARG WHO=1000\nFROM registry.example.org/x:1\nARG WHO\nUSER $WHO\nCMD ["x"]\n'
STAGED = 'FROM registry.example.org/x:1 AS debug\nUSER root\nCMD ["x"]\nFROM debug\nUSER 1000\n'
BUILT = {
    "file": ("app/img", ROOT),
    "stage of a file": ("app/img", STAGED),
    "argument": ("app/Dockerfile", ARGUED),
    "stage": ("app/Dockerfile", STAGED),
}


def rooted(folder: Path, what: str, path: str, text: str) -> bool:
    """Is the Dockerfile read, and root?"""
    name, written = BUILT[what]
    return name in {f.location.path for f in named(judge(folder, {name: written, path: text}), "root-user")}


@pytest.mark.parametrize(
    ("what", "path", "text"),
    [
        ("file", '.github/workflows/m.yml', "jobs:\n  b:\n    strategy:\n      matrix:\n        include:\n        - {name: x, file: app/img}\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {file: '${{ matrix.file }}'}\n"),
        ("file", '.github/workflows/m.yml', "jobs:\n  b:\n    strategy:\n      matrix:\n        d: [app, web]\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {file: '${{ matrix.d }}/img', context: '${{ matrix.d }}'}\n"),
        ("file", '.github/workflows/m.yml', 'jobs:\n  b:\n    strategy:\n      matrix:\n        d: [app, web]\n    steps:\n    - run: docker build -f ${{ matrix.d }}/img .\n'),
        ("file", '.github/workflows/m.yml', 'env:\n  F: app/img\njobs:\n  b:\n    steps:\n    - run: docker build -f $F .\n'),
        ("file", '.github/workflows/m.yml', "env:\n  F: app/img\njobs:\n  b:\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {file: '${{ env.F }}'}\n"),
        ('stage', '.github/workflows/m.yml', "jobs:\n  b:\n    strategy:\n      matrix:\n        t: [debug]\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {context: app, target: '${{ matrix.t }}'}\n"),
        ('argument', '.github/workflows/m.yml', "jobs:\n  b:\n    strategy:\n      matrix:\n        t: [root]\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {context: app, build-args: 'WHO=${{ matrix.t }}'}\n"),
        ("file", '.gitlab-ci.yml', "b:\n  image:\n    name: gcr.io/kaniko-project/executor:v1.23.2-debug\n    entrypoint: ['']\n  script:\n  - /kaniko/executor --context $CI_PROJECT_DIR --dockerfile $CI_PROJECT_DIR/app/img --destination x\n"),
        ("file", '.gitlab-ci.yml', 'b:\n  script:\n  - /kaniko/executor --context "${CI_PROJECT_DIR}" --dockerfile "${CI_PROJECT_DIR}/app/img" --destination x\n'),
        ('argument', '.gitlab-ci.yml', 'b:\n  script:\n  - /kaniko/executor --context app --build-arg WHO=root --destination x\n'),
        ('argument', '.gitlab-ci.yml', 'b:\n  script:\n  - >-\n    /kaniko/executor\n    --context app\n    --build-arg WHO=root\n    --destination x\n'),
        ('argument', '.gitlab-ci.yml', 'b:\n  script:\n  - >-\n    docker build\n    --build-arg WHO=root\n    app\n'),
        ('stage', '.gitlab-ci.yml', 'b:\n  script:\n  - executor -c app --target=debug -d x\n'),
        ("file", '.gitlab-ci.yml', 'variables:\n  DOCKERFILE: app/img\nb:\n  script:\n  - docker build -f $DOCKERFILE .\n'),
        ("file", '.gitlab-ci.yml', 'b:\n  variables:\n    DOCKERFILE: app/img\n  script:\n  - docker build -f ${DOCKERFILE} .\n'),
        ("file", '.gitlab-ci.yml', 'b:\n  parallel:\n    matrix:\n    - D: [app, web]\n  script:\n  - docker build -f $D/img .\n'),
        ("file", '.gitlab/ci/build.gitlab-ci.yml', 'b:\n  script:\n  - buildah bud -f app/img .\n'),
        ("file", '.gitlab-ci.yml', 'b:\n  script:\n  - buildctl build --frontend=dockerfile.v0 --local context=. --local dockerfile=app --opt filename=img\n'),
        ("file", 'azure-pipelines.yml', 'steps:\n- task: Docker@2\n  inputs:\n    command: buildAndPush\n    Dockerfile: app/img\n'),
        ("file", 'azure-pipelines.yml', "steps:\n- task: Docker@2\n  inputs:\n    command: build\n    dockerfile: '$(Build.SourcesDirectory)/app/img'\n"),
        ('argument', 'azure-pipelines.yml', "steps:\n- task: Docker@2\n  inputs:\n    command: build\n    dockerfile: '**/Dockerfile'\n    arguments: --build-arg WHO=root\n"),
        ("file", 'ci/azure-pipelines.yaml', 'variables:\n  df: app/img\nstages:\n- stage: x\n  jobs:\n  - job: y\n    steps:\n    - task: Docker@2\n      inputs:\n        command: build\n        Dockerfile: $(df)\n'),
        ("file", '.azure/build.yml', 'steps:\n- task: Docker@2\n  inputs: {command: build, Dockerfile: app/img}\n'),
        ("file", 'pipelines/build.yml', "steps:\n- task: Docker@1\n  inputs: {command: 'Build an image', dockerFile: app/img}\n"),
        ("file", '.circleci/config.yml', 'version: 2.1\njobs:\n  b:\n    steps:\n    - run: docker build -f app/img .\n'),
        ("file", '.circleci/config.yml', 'version: 2.1\norbs: {docker: circleci/docker@2}\nworkflows:\n  w:\n    jobs:\n    - docker/publish: {image: x, dockerfile: img, path: app}\n'),
        ("file", '.circleci/config.yml', 'version: 2.1\njobs:\n  b:\n    steps:\n    - docker/build: {image: x, dockerfile: app/img}\n'),
        ("file", 'Jenkinsfile', "node { docker.build('x', '-f app/img .') }\n"),
        ("file", 'Jenkinsfile', 'node { docker.build("x:${env.BUILD_ID}", "-f app/img .") }\n'),
        ('argument', 'Jenkinsfile', "node { def x = docker.build('x', '--build-arg WHO=root ./app') }\n"),
        ("file", 'Jenkinsfile', "pipeline { agent { dockerfile { filename 'img'\n dir 'app' } } }\n"),
        ('argument', 'Jenkinsfile', "pipeline { agent { dockerfile { dir 'app'\n additionalBuildArgs '--build-arg WHO=root' } } }\n"),
        ("file", 'cloudbuild.yaml', "steps:\n- name: gcr.io/cloud-builders/docker\n  args: ['build', '-t', 'x', '-f', 'app/img', '.']\n"),
        ("file", 'cloudbuild.yaml', 'steps:\n- name: gcr.io/cloud-builders/docker\n  dir: app\n  args:\n  - build\n  - -f\n  - img\n  - .\n'),
        ("file", 'cloudbuild.yaml', 'steps:\n- name: gcr.io/kaniko-project/executor\n  args:\n  - --dockerfile=app/img\n  - --destination=x\n'),
        ("file", 'ci/cloudbuild-release.yaml', "steps:\n- name: 'gcr.io/cloud-builders/docker'\n  entrypoint: bash\n  args: ['-c', 'docker build -f app/img .']\n"),
        ("file", 'cloudbuild.json', '{"steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "-f", "app/img", "."]}]}'),
        ("file", 'buildspec.yml', 'phases:\n  build:\n    commands:\n    - docker build -f app/img .\n'),
        ("file", 'Makefile', 'F := app/img\nall:\n\tdocker build -f $(F) .\n'),
        ("file", 'Makefile', 'D ?= app\nF = $(D)/img\nall:\n\tdocker build -f ${F} .\n'),
        ("file", 'Makefile', 'all:\n\tfor d in app web; do docker build -f $$d/img $$d; done\n'),
        ("file", 'Makefile', 'DOCKER ?= docker\nall:\n\t$(DOCKER) build -f app/img .\n'),
        ("file", 'Makefile', 'CONTAINER_TOOL ?= docker\nall:\n\t$(CONTAINER_TOOL) buildx build --push -f app/img .\n'),
        ("file", 'justfile', "f := 'app/img'\nbuild:\n  docker build -f {{f}} .\n"),
        ("file", 'Taskfile.yml', 'vars:\n  F: app/img\ntasks:\n  b:\n    cmds:\n    - docker build -f {{.F}} .\n'),
        ("file", 'build.sh', 'F=app/img\ndocker build -f "$F" .\n'),
        ("file", 'build.sh', 'F=${F:-app/img}\ndocker build -f "${F}" .\n'),
        ("file", 'build.sh', 'docker build -f "${F:-app/img}" .\n'),
        ("file", 'build.sh', 'for d in app web; do\n docker build -f $d/img $d\ndone\n'),
        ("file", 'build.sh', 'ROOT=$(git rev-parse --show-toplevel)\ndocker build -f $ROOT/app/img $ROOT\n'),
        ("file", 'build.sh', 'DIR="$( cd "$( dirname "${BASH_SOURCE[0]}" )" && pwd )"\ndocker build -f ${DIR}/app/img .\n'),
        ("file", 'tools/build', '#!/bin/bash\ndocker build -f app/img .\n'),
        ("file", 'build.ps1', 'docker build -f app/img .\n'),
        ("file", 'build.ps1', 'docker build `\n -f app/img `\n .\n'),
        ("file", 'build.bat', 'docker build -f app\\img .\n'),
        ("file", 'tools/build.py', "import subprocess\nsubprocess.run(['docker', 'build', '-f', 'app/img', '.'])\n"),
        ("file", 'tools/build.py', "import os\nos.system('docker build -f app/img .')\n"),
        ("file", 'magefile.go', 'package main\nfunc B() { sh.Run("docker", "build", "-f", "app/img", ".") }\n'),
        ("file", '.goreleaser.yaml', 'dockers:\n- dockerfile: app/img\n'),
        ("file", '.goreleaser.yml', 'dockers_v2:\n- dockerfile: app/img\n'),
        ("file", 'tox.ini', '[testenv]\ncommands = docker build -f app/img .\n'),
        ("file", 'Earthfile', 'VERSION 0.8\nb:\n  FROM DOCKERFILE -f app/img .\n'),
        ("file", 'fly.toml', "[build]\ndockerfile = 'app/img'\n"),
        ("file", 'render.yaml', 'services:\n- type: web\n  runtime: docker\n  dockerfilePath: ./app/img\n'),
        ("file", 'railway.json', '{"build": {"builder": "DOCKERFILE", "dockerfilePath": "app/img"}}'),
        ("file", 'railway.toml', '[build]\ndockerfilePath = "app/img"\n'),
        ("file", 'heroku.yml', 'build:\n  docker:\n    web: app/img\n'),
        ("file", 'captain-definition', '{"schemaVersion":2,"dockerfilePath":"./app/img"}'),
        ("file", 'garden.yml', 'kind: Build\ntype: container\nname: x\nspec: {dockerfile: app/img}\n'),
        ("file", 'Tiltfile', "docker_build('x', '.', dockerfile='app/img')\n"),
        ('argument', 'Tiltfile', "docker_build('x', 'app', build_args={'WHO': 'root'})\n"),
        ('stage', 'Tiltfile', "docker_build(\n  'x',\n  'app',\n  target='debug',\n)\n"),
        ("file", 'Tiltfile', "custom_build('x', 'docker build -f app/img -t $EXPECTED_REF .', ['.'])\n"),
        ("file", 'devspace.yaml', 'version: v2beta1\nimages:\n  x:\n    image: y\n    dockerfile: app/img\n'),
        ('argument', 'devspace.yaml', 'version: v2beta1\nimages:\n  x:\n    image: y\n    context: app\n    buildArgs: {WHO: root}\n'),
        ("file", 'werf.yaml', 'project: x\nconfigVersion: 1\n---\nimage: x\ndockerfile: app/img\n'),
        ('stage', 'werf.yaml', 'project: x\nconfigVersion: 1\n---\nimage: x\ncontext: app\ndockerfile: Dockerfile\ntarget: debug\n'),
        ("file", 'skaffold.yaml', 'apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: x, context: app, kaniko: {dockerfile: img}}]}'),
        ('argument', 'skaffold.yaml', 'apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: x, context: app, kaniko: {buildArgs: {WHO: root}}}]}'),
        ('stage', 'skaffold.yaml', 'apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: x, context: app, kaniko: {target: debug}}]}'),
        ("file", 'skaffold.yaml', 'apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: x, context: app, custom: {buildCommand: docker build -f app/img .}}]}'),
        ('stage of a file', 'skaffold.yaml', 'apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: x, docker: {dockerfile: app/img}}]}\nprofiles: [{name: p, patches: [{op: add, path: /build/artifacts/0/docker/target, value: debug}]}]'),
        ("file", 'docker-bake.hcl', 'variable "D" { default = "app" }\ntarget "a" { dockerfile = "${D}/img" }\n'),
        ("file", 'docker-bake.hcl', 'variable "F" { default = "app/img" }\ntarget "a" { dockerfile = F }\n'),
        ('argument', 'docker-bake.hcl', 'target "_b" { args = { WHO = "root" } }\ntarget "a" {\n inherits = ["_b"]\n context = "app"\n}\n'),
        ('stage', 'docker-bake.hcl', 'target "_b" { context = "app" }\ntarget "a" {\n inherits = ["_b"]\n target = "debug"\n}\n'),
        ('stage', 'docker-bake.hcl', 'target "a" {\n name = "a-${t}"\n matrix = { t = ["debug", "prod"] }\n context = "app"\n target = t\n}\n'),
        ('argument', 'docker-bake.hcl', 'target "a" {\n name = "a-${i.n}"\n matrix = { i = [{n="x", w="root"}] }\n context = "app"\n args = { WHO = i.w }\n}\n'),
        ('argument', 'docker-bake.hcl', 'variable "P" { default = false }\ntarget "a" {\n context = "app"\n args = { WHO = P ? "1000" : "root" }\n}\n'),
        ('argument', 'docker-bake.hcl', 'function "f" {\n params = [x]\n result = "${x}t"\n}\ntarget "a" {\n context = "app"\n args = { WHO = f("roo") }\n}\n'),
        ('argument', 'docker-bake.hcl', 'variable "W" { default = "root" }\ntarget "a" {\n context = "app"\n args = { WHO = "${W}" }\n}\n'),
        ('argument', 'docker-bake.json', '{"variable": {"W": {"default": "root"}}, "target": {"a": {"context": "app", "args": {"WHO": "${W}"}}}}'),
    ],
)  # fmt: skip
def test_what_is_built_is_known(what: str, path: str, text: str, tmp_path: Path) -> None:
    assert rooted(tmp_path, what, path, text)


@pytest.mark.parametrize(
    ("what", "path", "text"),
    [
        ("stage", "Makefile", "CARGO = cargo\na:\n\t$(CARGO) build --target debug app\n"),
        ("stage", "Makefile", "a:\n\t$(GO) build --target debug app\n"),
        ("file", "Makefile", "a:\n\tdocker build -f $(FILE) .\n"),
        ("file", "Makefile", "FILE = $(FILE)\na:\n\tdocker build -f $(FILE) .\n"),
        ("argument", "build.sh", "WHO=$1\ndocker build --build-arg WHO=$WHO app\n"),
        ("argument", "build.sh", "WHO=\ndocker build --build-arg WHO=$WHO app\n"),
        ("argument", "build.sh", "echo executor --build-arg WHO=root app\n"),
        (
            "stage",
            ".github/workflows/ci.yml",
            ("jobs:\n  a:\n    strategy: {matrix: {t: [debug]}}\n    steps: []\n"
            "  b:\n    strategy: {matrix: {t: ['']}}\n    steps:\n    - run: docker build --target=${{ matrix.t }} app\n"),
        ),
        ("argument", "skaffold.yaml", "build: {artifacts: [{image: x, context: app, jib: {}, docker: {buildArgs: {WHO: root}}}]}"),
        ("argument", "docker-bake.hcl", 'target "a" {\n context = "app"\n args = { WHO = null }\n}\n'),
        ("argument", "docker-bake.hcl", 'variable "W" {}\ntarget "a" {\n context = "app"\n args = { WHO = W }\n}\n'),
        (
            "stage",
            "docker-bake.hcl",
            ('target "_b" {\n target = "debug"\n context = "app"\n}\n'
            'target "a" {\n inherits = ["_b"]\n target = ""\n}\n'),
        ),
        ("file", "azure-pipelines.yml", "steps:\n- task: Docker@2\n  inputs: {command: login, Dockerfile: app/img}\n"),
        ("argument", "Tiltfile", "docker_build('x', 'app', build_args={'WHO': user()})\n"),
        ("argument", "Tiltfile", "# docker_build('x', 'app', build_args={'WHO'\n"),
    ],
)  # fmt: skip
def test_what_is_not_built_so_is_not_claimed(what: str, path: str, text: str, tmp_path: Path) -> None:
    assert not rooted(tmp_path, what, path, text)


def test_jib_beside_a_dockerfile_makes_no_image_of_it(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: shop/x}]}\n"
    said = "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: shop/x, context: app%s}]}\n"
    files = {"app/Dockerfile": ROOT, "pod.yaml": pod}
    joined = judge(tmp_path, {**files, "skaffold.yaml": said % ""})
    assert {f.location.path for f in named(joined, "root-user")} == {"app/Dockerfile", "pod.yaml"}
    apart = judge(tmp_path, {**files, "skaffold.yaml": said % ", jib: {}"})
    assert {f.location.path for f in named(apart, "root-user")} == {"app/Dockerfile"}
    assert not named(apart, "untagged-image", "latest-tag")


def test_what_tilt_builds_for_developers_does_not_decide_as_whom_a_release_runs(tmp_path: Path) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: shop/x}]}\n"
    tilt = "docker_build(\n    'shop/x',\n    './app',  # the application\n    dockerfile='./app/img')\n"
    found = judge(tmp_path, {"app/img": ROOT, "pod.yaml": pod, "Tiltfile": tilt})
    assert {f.location.path for f in named(found, "root-user")} == {"app/img"}
    assert not named(found, "untagged-image")


def test_a_dockerfile_that_a_tiltfile_holds_is_judged_at_its_place(tmp_path: Path) -> None:
    tilt = 'docker_build(\'x\', \'.\', dockerfile_contents="""\nFROM registry.example.org/a:1\nUSER root\n""")\n'
    (found,) = named(judge(tmp_path, {"Tiltfile": tilt}), "root-user")
    assert (found.location.path, found.location.region.start_line) == ("Tiltfile", 3)


def bake_of(text: str, path: str = "docker-bake.hcl") -> dict[str, dict[str, object]]:
    return {target.name: target.said for target in bake.targets(Source(path, text.encode()))}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"a"', "a"),
        ('"${W}-x"', "root-x"),
        ('W == "root" ? "y" : "n"', "y"),
        ('notequal("", W) ? W : "n"', "root"),
        ('N == "" ? "y" : "n"', UNKNOWN),
        ('"${N}"', UNKNOWN),
        ('true || N', True),
        ('concat(["a"], L)', ["a", "p", "q"]),
        ('[for x in L : "${x}:1"]', ["p:1", "q:1"]),
        ('[for i, x in L : "${i}${x}" if x != "p"]', ["1q"]),
        ('format("%s/%s", W, L[1])', "root/q"),
        ('merge({a = "b"}, {c: W})', {"a": "b", "c": "root"}),
        ('double("x")', "xx"),
        ('join(",", [upper("a"), trimprefix("v1", "v")])', "A,1"),
        ('timestamp()', UNKNOWN),
        ('"$${W}"', "${W}"),
        ('1 + 2 * 3', 7),
        ('!(1 < 2)', False),
        ('"%{ if W }a%{ endif }"', UNKNOWN),
    ],
)  # fmt: skip
def test_expressions_of_bake_files(written: str, expected: object) -> None:
    text = (
        'variable "W" { default = "root" }\nvariable "N" {}\nvariable "L" { default = ["p", "q"] }\n'
        'function "double" {\n params = [t]\n result = "${t}${t}"\n}\n'
    )
    assert bake_of(f'{text}target "a" {{\n labels = {{ v = {written} }}\n}}\n')["a"]["labels"] == {"v": expected}


def test_bake_targets_inherit_and_multiply() -> None:
    text = """
    target "_common" {
      args = { A = "1", B = "2" }
      tags = ["x"]
    }
    target "app" {
      name = "app-${v}"
      matrix = { v = ["p", "q"] }
      inherits = ["_common"]
      args = { B = v }
      target = v
    }
    """
    shared = {"tags": ["x"]}
    assert bake_of(text) == {
        "app-p": {**shared, "args": {"A": "1", "B": "p"}, "target": "p"},
        "app-q": {**shared, "args": {"A": "1", "B": "q"}, "target": "q"},
    }


def test_hostile_builds_end_soon() -> None:
    begun = time.monotonic()
    for text in (
        "F=$F$F$F\n" * 5_000 + "docker build -f $F .\n",
        "".join(f"A{n}=$A{n + 1}$A{n + 1}\n" for n in range(500)) + "docker build -f $A0 .\n",
        "".join(f"A=x{n}\nB=y{n}\nC=z{n}\n" for n in range(300)) + "docker build -f $A$B$C .\n" * 400,
        "for a in " + "b " * 100_000,
        "docker build " + "{{" * 50_000,
    ):
        assert len(list(commands(text, Variables(assigned(text))))) <= 500 * 256
    for text in (
        'target "a" {\n args = { A = ' + "(" * 300 + "1" + ")" * 300 + " }\n}\n",
        'function "f" {\n params = [x]\n result = f(f(x))\n}\ntarget "a" {\n args = { A = f("x") }\n}\n',
        'variable "A" { default = "${B}${B}" }\nvariable "B" { default = "${A}" }\ntarget "a" { context = A }\n',
        'target "a" {\n inherits = ["b", "b"]\n}\ntarget "b" {\n inherits = ["a", "a"]\n}\n',
        'target "a" {\n name = "a"\n matrix = { '
        + ", ".join(f"m{n} = [1,2,3,4,5,6,7,8,9]" for n in range(9))
        + " }\n}\n",
    ):
        bake_of(text)
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".ko.yaml", "defaultBaseImage: debian:10\n"),
        (".ko.yaml", "baseImageOverrides:\n  github.com/x/y: debian:10\n"),
        ("app/pom.xml", "<artifactId>jib-maven-plugin</artifactId>\n<from>\n  <image>debian:10</image>\n</from>\n"),
        ("app/build.gradle", "jib {\n  from {\n    image = 'debian:10'\n  }\n}\n"),
        ("app/build.gradle.kts", 'jib.from.image = "docker://debian:10"\n'),
        ("project.toml", '[build]\nbuilder = "debian:10"\n'),
        ("skaffold.yaml", "build: {artifacts: [{image: x, ko: {fromImage: 'debian:10'}}]}\n"),
        ("skaffold.yaml", "build: {artifacts: [{image: x, buildpacks: {builder: 'debian:10'}}]}\n"),
    ],
)
def test_what_is_built_without_a_dockerfile_starts_from_an_image_too(path: str, text: str, tmp_path: Path) -> None:
    found = named(judge(tmp_path, {path: text, "Dockerfile": "FROM scratch\n"}), "eol-base-image")
    assert {finding.location.path for finding in found} == {path}
    assert not named(judge(tmp_path, {path: text.replace("debian:10", "${BASE}")}), "eol-base-image", "untagged-image")


def test_images_of_ko_are_built_here(tmp_path: Path) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: ko://github.com/x/y}]}\n"
    )
    assert not named(judge(tmp_path, {"pod.yaml": pod}), "untagged-image", "latest-tag", "untrusted-registry")


CALLED = "on: {workflow_call: {inputs: {file: {}}}}\njobs:\n  b:\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {file: '${{ inputs.file }}'}\n"
ACTION = "inputs: {file: {}}\nruns:\n  using: composite\n  steps:\n  - run: docker build -f ${{ inputs.file }} .\n"


@pytest.mark.parametrize(
    "files",
    [
        {
            ".github/workflows/a.yml": "jobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    with: {file: app/img}\n",
            ".github/workflows/b.yml": CALLED,
        },
        {
            ".github/workflows/a.yml": "jobs:\n  a:\n    strategy: {matrix: {d: [app, web]}}\n"
            "    uses: ./.github/workflows/b.yml\n    with: {file: '${{ matrix.d }}/img'}\n",
            ".github/workflows/b.yml": CALLED,
        },
        {
            ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n    - uses: ./tools/build\n      with: {file: app/img}\n",
            "tools/build/action.yml": ACTION,
        },
        {
            ".github/workflows/a.yml": "jobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    with: {file: app/img}\n",
            ".github/workflows/b.yml": "jobs:\n  a:\n    steps:\n    - uses: ./tools/build/\n      with: {file: '${{ inputs.file }}'}\n",
            "tools/build/action.yml": ACTION,
        },
    ],
)  # fmt: skip
def test_what_workflows_and_actions_are_given_is_known(files: dict[str, str], tmp_path: Path) -> None:
    built = {"app/img": ROOT, **files}
    assert {f.location.path for f in named(judge(tmp_path, built), "root-user")} == {"app/img"}
    (tmp_path / ".github/workflows/a.yml").unlink()
    del built[".github/workflows/a.yml"]
    assert not named(judge(tmp_path, built), "root-user")
