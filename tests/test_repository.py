"""What the repository around the files says: pipelines, bots, build contexts and credential files."""

import re

import pytest

from hullcheck.discover import Entry, Skipped
from hullcheck.link import ci
from hullcheck.link.ci import pipelines
from hullcheck.link.contexts import Contexts
from hullcheck.link.updates import updater
from hullcheck.model.repository import Copied, is_credential_file
from hullcheck.model.secret_files import held, holds_credential
from hullcheck.parse.dockerfile import parse
from hullcheck.source import Source


class Files:
    """A tree of the given files; those in `ignored_paths` are git's to ignore."""

    def __init__(self, files: dict[str, str], ignored_paths: tuple[str, ...] = (), versioned: bool = False) -> None:
        self.files = files
        self.paths = list(files)
        self.ignored_paths = ignored_paths
        self.versioned = versioned

    def entries(self) -> list[Entry | Skipped]:
        return []

    def ignored(self, path: str) -> bool:
        return path in self.ignored_paths

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise OSError("no such file")
        return self.files[path].encode()


WORKFLOW = """
on: push
jobs:
  test:
    container: node:14
    services:
      db:
        image: postgres:11
      cache: {image: "redis:5"}
    steps:
      - uses: docker://alpine:3.8
      - uses: actions/checkout@v4
      - run: echo docker build
  other:
    container:
      image: ${{ matrix.image }}
"""


def test_a_workflow_names_images() -> None:
    found = pipelines(Files({".github/workflows/ci.yml": WORKFLOW}))
    uses = [(use.reference.value, use.how, use.location.text.strip('"')) for use in found.uses]
    assert uses == [
        ("node:14", "job `test`: container", "node:14"),
        ("postgres:11", "job `test`: service `db`", "postgres:11"),
        ("redis:5", "job `test`: service `cache`", "redis:5"),
        ("alpine:3.8", "step's image", "alpine:3.8"),
        (None, "job `other`: container", "${{ matrix.image }}"),
    ]


def test_an_action_names_its_image() -> None:
    action = "name: x\nruns:\n  using: docker\n  image: docker://debian:10\n"
    assert [use.reference.value for use in pipelines(Files({"action.yml": action})).uses] == ["debian:10"]


def test_gitlab_names_images() -> None:
    text = """
image: ruby:2.6
default:
  services: [docker:19.03-dind, {name: postgres:11, alias: db}]
variables: {image: none:1}
test:
  image: {name: "golang:1.16", entrypoint: [""]}
  script: [make]
build:
  image: $BUILDER
  script:
    - docker build -t app .
"""
    found = pipelines(Files({".gitlab-ci.yml": text}))
    assert [use.reference.value for use in found.uses] == [
        "ruby:2.6", "docker:19.03-dind", "postgres:11", "golang:1.16", None,
    ]  # fmt: skip
    assert [step.tool for step in found.builds] == ["docker build"]


def test_a_development_container_may_have_comments() -> None:
    text = '// what for\n{\n  "name": "x", /* "image": "a:1" */\n  "image": "mcr.microsoft.com/devcontainers/base:buster"\n}\n'
    (use,) = pipelines(Files({".devcontainer/devcontainer.json": text})).uses
    assert use.reference.value == "mcr.microsoft.com/devcontainers/base:buster"
    assert (use.location.path, use.location.line) == (".devcontainer/devcontainer.json", 4)
    assert use.location.text == '"mcr.microsoft.com/devcontainers/base:buster"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("docker build .", True),
        ("docker --context x buildx build --push .", True),
        ("docker compose build web", True),
        ("podman build -t a .", True),
        ("buildah bud .", True),
        ("docker run alpine build", False),
        ("docker pull a && make build", False),
    ],
)
def test_a_step_builds_an_image(script: str, expected: bool) -> None:
    text = f"jobs:\n  a:\n    steps:\n      - run: {script}\n"
    assert bool(pipelines(Files({".github/workflows/a.yml": text})).builds) is expected


def test_a_pipeline_that_git_ignores_is_none() -> None:
    assert pipelines(Files({".gitlab-ci.yml": "image: a:1"}, (".gitlab-ci.yml",))).uses == ()


@pytest.mark.parametrize("path", ["renovate.json", ".github/renovate.json5", ".renovaterc"])
def test_renovate_looks_everywhere(path: str) -> None:
    assert updater(Files({path: "{}"})).covers("a/b/Dockerfile")


@pytest.mark.parametrize(
    ("where", "path", "covered"),
    [
        ("directory: /", "Dockerfile", True),
        ("directory: /", "app/Dockerfile", False),
        ("directory: app", "app/Dockerfile", True),
        ("directory: /app/", "app/Dockerfile", True),
        ('directories: ["/a", "/b"]', "b/Dockerfile", True),
        ('directories: ["**/*"]', "a/b/Dockerfile", True),
        ('directories: ["/services/*"]', "services/a/Dockerfile", True),
        ('directories: ["/services/*"]', "services/a/b/Dockerfile", False),
        ('directories: ["/services/**"]', "services/a/b/Dockerfile", True),
    ],
)
def test_dependabot_looks_where_it_is_told_to(where: str, path: str, covered: bool) -> None:
    text = f"version: 2\nupdates:\n  - package-ecosystem: docker\n    {where}\n"
    assert updater(Files({".github/dependabot.yml": text})).covers(path) is covered


def test_dependabot_for_other_things_moves_no_images() -> None:
    text = "version: 2\nupdates:\n  - {package-ecosystem: npm, directory: /}\n"
    found = updater(Files({".github/dependabot.yml": text}))
    assert not found.covers("Dockerfile")
    assert found.path == ".github/dependabot.yml"


@pytest.mark.parametrize(
    "path",
    ["id_rsa", "a/id_ed25519", "server.key", "tls.pem", ".env", ".env.local", "prod.env", ".npmrc", ".aws/credentials", ".kube/config",
     ".docker/config.json", "service-account.json", "my-credentials.json", "a.tfstate", "vault.kdbx", ".ssh/deploy", "keystore.jks"],
)  # fmt: skip
def test_a_name_is_a_credential_file_s(path: str) -> None:
    assert is_credential_file(path)


@pytest.mark.parametrize(
    "path",
    ["id_rsa.pub", "server.crt", "ca.pem", "fullchain.pem", "public.pem", ".env.example", "env.sample", "keyboard.py", "monkey.json",
     "config.json", "credentials.md", ".ssh/known_hosts", "environment.yml", "token.ts", "a.pub.key", "rds-combined-ca-bundle.pem"],
)  # fmt: skip
def test_a_name_is_no_credential_file_s(path: str) -> None:
    assert not is_credential_file(path)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".env", "A=b\nDB_PASSWORD=h8Kq2xPw\n", True),
        (".env", "A=b\nDB_PASSWORD=\nTOKEN=${TOKEN}\n", False),
        (".npmrc", "//r/:_authToken=h8Kq2xPw\n", True),
        (".npmrc", "registry=https://r\n//r/:_authToken=${TOKEN}\n", False),
        ("a.key", "-----BEGIN PUBLIC KEY-----", False),
        ("a.pem", "-----BEGIN EC PRIVATE KEY-----\nx", True),
        (".netrc", "machine a login b password c\n", True),
        (".netrc", "machine a\n", False),
        ("config.json", '{"auths": {"r": {"auth": "eDp5"}}}', True),
        ("config.json", '{"credsStore": "desktop"}', False),
        ("a.key", "", False),
        (".env", "sops: x\nDB_PASSWORD=ENC[x]\n", False),
    ],
)
def test_a_file_holds_a_credential(path: str, text: str, expected: bool) -> None:
    assert holds_credential(path, text.encode()) is expected


def test_what_is_taken_as_a_secret_may_be_none() -> None:
    assert held("db/password.txt", b"h8Kq2xPw\n", declared=True)
    assert held("db/password.txt", b"changeme\n", declared=True) == ("", True, 0)
    assert held("db/name.txt", b"shop\n", declared=False) is None
    assert held("server.crt", b"x", declared=True) is None
    assert held("db/password.txt", b"<password>\n", declared=True) is None


def copied(dockerfile: str, files: dict[str, str], versioned: bool = False) -> list[Copied]:
    tree = Files({"Dockerfile": dockerfile, **files}, versioned=versioned)
    model = parse(Source("Dockerfile", dockerfile.encode()))
    return list(Contexts(tree).copied("Dockerfile", model, {"": [None]}))


ENV = {".env": "DB_PASSWORD=h8Kq2xPw\n"}


@pytest.mark.parametrize(
    ("line", "files", "taken"),
    [
        ("COPY . .", ENV, [".env"]),
        ("COPY ./ /app", ENV, [".env"]),
        ("COPY / /app", ENV, [".env"]),
        ("COPY * /app/", ENV, [".env"]),
        ("ADD . /app", ENV, [".env"]),
        ("COPY a b /app/", {"b/.env": ENV[".env"]}, ["b/.env"]),
        ("COPY b/* /app/", {"b/.env": ENV[".env"]}, ["b/.env"]),
        ('COPY ["b", "/app/"]', {"b/c/.env": ENV[".env"]}, ["b/c/.env"]),
        ("ARG D=b\nCOPY $D /app/", {"b/.env": ENV[".env"]}, ["b/.env"]),
        ("COPY --from=build . .", ENV, []),
        ("COPY --exclude=.env . .", ENV, []),
        ("COPY src src", ENV, []),
        ("COPY . .", {**ENV, ".dockerignore": ".env\n"}, []),
        ("COPY . .", {**ENV, ".dockerignore": "*\n!.env\n"}, [".env"]),
        ("COPY . .", {**ENV, "Dockerfile.dockerignore": ".env\n", ".dockerignore": ""}, []),
        ("COPY . .", {"tests/.env": ENV[".env"]}, []),
        ("ADD https://example.com/.env /", ENV, []),
    ],
)
def test_what_a_copy_takes_out_of_the_context(line: str, files: dict[str, str], taken: list[str]) -> None:
    assert [path for found in copied(f"FROM a\n{line}\n", files) for path in found.files] == taken


def test_the_history_is_taken_from_the_root_of_a_repository() -> None:
    (found,) = copied("FROM a\nCOPY . .\n", {}, versioned=True)
    assert found.history
    assert copied("FROM a\nCOPY . .\n", {".dockerignore": ".git\n"}, versioned=True) == []
    assert copied("FROM a\nCOPY src .\n", {}, versioned=True) == []
    assert copied("FROM a\nCOPY . .\n", {}) == []


def test_scanners_are_looked_for_by_words_that_all_of_them_have() -> None:
    alternatives = re.split(r"\|", ci._SCANNERS.compiled.pattern)
    assert len(alternatives) > 20
    for alternative in alternatives:
        plain = re.sub(r"\\[bs]\+?|\[-_\]|\(\?:sec\)\?|-\?", " ", alternative).lower()
        assert any(word in plain for word in ci._OF_SCANNERS), alternative


@pytest.mark.parametrize("text", ["run: Trivy image a", "uses: SNYK/actions", "run: docker\n    scan a", "run: docker  scout a",
                                  "run: a\nrun: jf docker scan b", "uses: aqua/x", "run: aws ecr start-image-scan"])  # fmt: skip
def test_a_scanner_is_found_wherever_it_stands(text: str) -> None:
    assert ci._scans(f"steps:\n  - {text}\n")


@pytest.mark.parametrize(
    "text", ["run: scandir a", "uses: a/escape", "run: docker build\n", "run: eclair", "secrets: inherit"]
)
def test_what_only_holds_a_word_of_a_scanner_is_none(text: str) -> None:
    assert not ci._scans(f"steps:\n  - {text}\n")
