"""What counts as a Compose file, what is read of a broken one, and our schema words against jsonschema's."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose_projects import CASES, REFUSED
from hullcheck.model.compose import ComposeFile
from hullcheck.model.node import Mapping
from hullcheck.parse import compose, compose_schema, yaml
from hullcheck.render.compose.nodes import entries
from hullcheck.render.compose.resolved import to_plain
from hullcheck.source import Source


def read(text: str, path: str = "compose.yaml") -> ComposeFile:
    return compose.read(Source(path, text.encode()))


def looks_like(text: str, path: str) -> bool:
    documents = yaml.parse(Source(path, text.encode())).documents
    return any(compose.looks_like(document.root) for document in documents)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("compose.yaml", "services: {web: {image: a}}"),
        ("app/docker-compose.prod.yml", "services: {web: {ports: ['80:80']}}"),
        ("my.compose.yml", "services: {web: }"),
        ("docker-stack.yml", "version: '3'\nservices: {web: {image: a}}\nx-a: 1"),
        ("stack.yaml", "services: {web: {image: a, deploy: {}}, b: }\nnetworks: {n: }"),
        ("common-services.yml", "services: {base: {environment: {A: 1}, restart: always}}"),
        ("docker-compose.yml", "web:\n  build: .\n  links: [db]\ndb:\n  image: postgres\n"),
        ("compose.yaml", "include: [a.yaml]"),
        ("compose.yaml", "volumes: {data: }"),
        ("compose.yml", "services: [a]"),
    ],
)
def test_this_is_a_compose_file(path: str, text: str) -> None:
    assert looks_like(text, path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("config/services.yaml", "services: {_defaults: {autowire: true}, App\\A: {class: A, arguments: ['@b']}}"),
        ("services.yml", "services: {my.service: {class: App, image: x, arguments: []}}"),
        ("deploy.yml", "apiVersion: v1\nkind: List\nservices: {a: {image: b}}"),
        (".drone.yml", "pipeline: {build: {image: a}}\nservices: {db: {image: b}}"),
        ("ci.yml", "jobs: {a: {services: {db: {image: b}}}}\nservices: {db: {image: b}}"),
        ("kong.yml", "_format_version: '3.0'\nservices: [{name: a, url: b}]"),
        ("values.yaml", "services: {web: {image: a}}\nreplicas: 2"),
        ("values.yaml", "services: {web: {port: 80}}"),
        ("lando.yml", "name: a\nrecipe: drupal\nservices: {db: {type: mysql, image: x}}"),
        ("play.yml", "- hosts: all\n  tasks: []"),
        ("compose.yaml", "parameters: {a: 1}\nmails: {b: c}"),
        ("compose.yml", "just text"),
        ("any.yaml", "volumes: {data: }"),
        ("any.yaml", "services: {}"),
    ],
)
def test_this_is_none(path: str, text: str) -> None:
    assert not looks_like(text, path)


def test_one_broken_service_does_not_lose_the_others() -> None:
    file = read("services:\n  a:\n  b: text\n  c: {privileged: true, image: c, privilged: 1}\n  d: {image: d}\n")
    services = entries(file.documents[0].get("services"))
    assert list(services) == ["c", "d"]
    assert [(p.message, p.location.line, p.owner) for p in file.problems] == [
        ("Compose refuses `services.a`: must be a mapping", 2, "services.a"),
        ("Compose refuses `services.b`: must be a mapping", 3, "services.b"),
        (
            "Compose refuses `services.c.privilged`: no such key here; did you mean `privileged`?",
            4,
            "services.c",
        ),
    ]


def test_one_broken_document_does_not_lose_the_others() -> None:
    file = read("services: {a: {image: a}}\n---\nservices: {b: [}\n---\nservices: {c: {image: c}}\n")
    assert [list(entries(root.get("services"))) for root in file.documents] == [["a"], ["c"]]
    assert [problem.name for problem in file.problems] == ["parse-error"]


def test_a_service_that_is_no_yaml_does_not_lose_the_others() -> None:
    text = "services:\n  a:\n    image: [\n  b:\n    image: b\n    pid: host\nnetworks:\n  n: {}\n"
    file = read(text)
    assert not file.complete
    assert [problem.name for problem in file.problems] == ["parse-error"]
    root = file.documents[0]
    assert list(entries(root.get("services"))) == ["b"]
    assert list(entries(root.get("networks"))) == ["n"]
    service = entries(root.get("services"))["b"][1]
    assert isinstance(service, Mapping)
    pid = service.get("pid")
    assert pid is not None
    assert (pid.location.line, pid.location.text) == (6, "host")


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    image: {{ image }}\n",
        "services:\n{% if web %}\n  web: {image: a}\n{% endif %}\n",
        "services:\n  {{ name }}:\n    image: a\n",
    ],
)
def test_a_template_is_noted_once(text: str) -> None:
    file = read(text)
    assert [problem.name for problem in file.problems] == ["not-analysed"]
    assert not file.documents


def test_a_placeholder_in_quotes_is_text() -> None:
    file = read("services: {web: {image: a, hostname: '{{.Node.Hostname}}'}}")
    assert not file.problems
    assert file.complete


def test_a_key_written_twice_is_told_at_the_second() -> None:
    file = read("services:\n  web:\n    image: a\n    privileged: false\n    privileged: true\n")
    assert [(p.message, p.location.line, p.owner) for p in file.problems] == [
        ("Compose refuses this: key `privileged` is already written in line 4", 5, "services.web")
    ]


@pytest.mark.parametrize(
    ("merges", "line"),
    [
        ("<<: [A=b]", 4),
        ("<<: text", 4),
        ("<<:", 4),
        ("<<: [{user: b}, text]", 4),
        ("<<: {user: b}\n    <<: {hostname: d}", 5),
    ],
)
def test_what_can_not_be_merged_is_told(merges: str, line: int) -> None:
    file = read(f"services:\n  web:\n    image: a\n    {merges}\n")
    assert [(p.name, p.location.line, p.owner) for p in file.problems] == [("invalid-object", line, "services.web")]


@pytest.mark.parametrize("merges", ["<<: {user: b}", "<<: [{user: b}, {hostname: d}]", "<<: []", "<<: {}"])
def test_what_can_be_merged_is(merges: str) -> None:
    assert not read(f"services:\n  web:\n    image: a\n    {merges}\n").problems


def test_a_file_of_the_first_version_is_read_as_one_of_today() -> None:
    file = read("web:\n  build: .\n  dockerfile: D\n  net: host\n  log_driver: none\ndb: {image: b}\n")
    assert file.v1
    assert file.complete
    assert to_plain(file.documents[0]) == {
        "services": {
            "web": {
                "network_mode": "host",
                "build": {"context": ".", "dockerfile": "D"},
                "logging": {"driver": "none"},
            },
            "db": {"image": "b"},
        }
    }
    web = file.documents[0].get("services")
    assert isinstance(web, Mapping)
    service = web.get("web")
    assert isinstance(service, Mapping)
    mode = service.get("network_mode")
    assert mode is not None
    assert mode.location.line == 4


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("services: {a: {image: a}, b: {build: .}, c: {extends: a}, d: {provider: {type: x}}}", True),
        ("services: {a: {image: a}, b: {ports: ['80']}}", False),
        ("volumes: {a: }", False),
        ("services: {a: {image: }}", False),
    ],
)
def test_a_file_is_complete_if_every_service_can_be_started(text: str, complete: bool) -> None:
    assert read(text).complete is complete


SCHEMA = compose_schema._schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def ours(document: Any) -> bool:
    root = yaml.parse(Source("compose.yaml", json.dumps(document).encode())).documents[0].root
    assert isinstance(root, Mapping)
    return not compose_schema.faults(root)


def theirs(document: Any) -> bool:
    return all(error.validator == "uniqueItems" for error in leaves(VALIDATOR.iter_errors(document)))


def leaves(errors: Any) -> Any:
    """The errors below `oneOf`, where another choice than the first may be the right one."""
    for error in errors:
        if error.validator == "oneOf":
            yield from unique_only(error) or [error]
        else:
            yield error


def unique_only(error: Any) -> list[Any]:
    choices: dict[int, list[Any]] = {}
    for cause in error.context:
        choices.setdefault(cause.schema_path[0], []).append(cause)
    for causes in choices.values():
        found = list(leaves(causes))
        if found and all(cause.validator == "uniqueItems" for cause in found):
            return found
    return []


def documents(texts: dict[str, dict[str, str]]) -> list[Any]:
    found = []
    for files in texts.values():
        for path, text in files.items():
            if not path.endswith(("yaml", "yml")) or "!reset" in text or "!override" in text or "$" in text:
                continue
            parsed = yaml.parse(Source(path, text.encode()))
            found += [to_plain(document.root) for document in parsed.documents if isinstance(document.root, Mapping)]
    return found


@pytest.mark.parametrize("number", range(len(documents(CASES))))
def test_jsonschema_agrees_on_what_is_right(number: int) -> None:
    document = documents(CASES)[number]
    assert ours(document)
    assert theirs(document)


@pytest.mark.parametrize("number", range(len(documents(REFUSED))))
def test_jsonschema_agrees_on_what_is_wrong(number: int) -> None:
    document = documents(REFUSED)[number]
    assert ours(document) == theirs(document)


scalars = st.sampled_from([None, True, 0, -5, 70000, 1.5, "", "a", "1", "host", "service_started"])
values = st.recursive(
    scalars,
    lambda below: st.one_of(
        st.lists(below, max_size=2),
        st.dictionaries(
            st.sampled_from(["a", "source", "target", "type", "path", "soft", "hard", "condition", "x-y"]),
            below,
            max_size=2,
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(sorted(compose_schema.service_keys())), values, max_size=3))
def test_jsonschema_agrees_on_any_service(service: dict[str, Any]) -> None:
    document = {"services": {"web": service}}
    assert ours(document) == theirs(document)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.sampled_from(["networks", "volumes", "secrets", "configs", "models"]),
    st.dictionaries(st.sampled_from(["name", "external", "driver", "file", "ipam", "internal", "model", "zz"]), values),
)
def test_jsonschema_agrees_on_any_resource(kind: str, resource: dict[str, Any]) -> None:
    document = {"services": {}, kind: {"one": resource}}
    assert ours(document) == theirs(document)
