"""What a file may be, and what in it may be anything, is told by its values where its text leaves it open."""

from collections.abc import Callable

import pytest

from hullcheck.discover import Entry, Kind
from hullcheck.link import words_of as module
from hullcheck.link.words_of import Words, words_of

SERVICE = "services:\n  web:\n    image: acme/web:1\n    build: web\n"


def of(text: str, path: str = "stack.yaml", kind: Kind = Kind.YAML, encoding: str = "utf-8") -> Words:
    return words_of(Entry(path, kind), text.encode(encoding))


NO_PROJECT = {
    "rights in a template": "{{- if .Values.a }}\nkind: Role\nrules: [{resources: [services]}]\n{{- end }}\n",
    "rights in a list": "- kind: Role\n  rules: [{resources: [services]}]\n",
    "another alphabet": "\ufeffkind: Role\nrules: [{resources: [services]}]\n",
    "a text that goes on": 'kind: CustomResourceDefinition\nspec:\n  description: "more \\\n    services"\n',
    "a key further in": '"spec":\n  services:\n    web: {image: a}\n',
}


@pytest.mark.parametrize("name", NO_PROJECT)
def test_what_only_names_services_is_no_project(name: str) -> None:
    encoding = "utf-16-le" if name == "another alphabet" else "utf-8"
    assert not of(NO_PROJECT[name], encoding=encoding).compose


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("list.json", '{"apiVersion": "v1", "kind": "List", "items": [{"services": {"a": {}}}], "note": "\\u0041"}'),
        ("board.json", '{"panels": [{"target": {"one": {"context": "web"}}}]}'),
        ("tsconfig.json", '{"compilerOptions": {"target": "es2015"}, "services": "\\u0041"}'),
    ],
)
def test_json_says_by_its_keys_what_it_is(path: str, text: str) -> None:
    words = of(text, path)
    assert not words.other
    assert words.compose is (path == "tsconfig.json")


PROJECTS = {
    "in quotes": SERVICE.replace("services:", '"services":'),
    "spelled": SERVICE.replace("services:", '"\\x73ervices":'),
    "in braces": '{services: {web: {image: "acme/web:1", build: web}}}\n',
    "with a tag": SERVICE.replace("services:", "!!str services:"),
    "with a question": SERVICE.replace("services:", "? services\n:"),
    "indented": "".join(f"  {line}\n" for line in SERVICE.splitlines()),
    "behind a template": "{{ template }}\n" + SERVICE,
    "in another alphabet": "\ufeff" + SERVICE,
    "as the value of a template": "{{}: 1, services: {web: {image: a}}}\n",
    "that can't be read": SERVICE + "  more: [\n",
}


@pytest.mark.parametrize("name", PROJECTS)
def test_no_spelling_hides_a_project(name: str) -> None:
    assert of(PROJECTS[name], encoding="utf-16-be" if "alphabet" in name else "utf-8").compose


def test_a_large_file_is_a_project_unless_its_text_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PARSED", 10)
    assert of(NO_PROJECT["a key further in"]).compose
    assert not of(NO_PROJECT["a text that goes on"]).compose


SETTLED = {
    "a block": SERVICE + "    command: >\n      run ${A}\n",
    "a block at the top": "x-a: |\n  ${A}\n" + SERVICE,
    "a list": SERVICE + '    healthcheck: {test: ["CMD", "ready ${A}"]}\n',
    "a text that goes on": SERVICE + '    command: "run\n      ${A}"\n',
    "a question": SERVICE + "    command: is it ? yes\n",
    "an escape": SERVICE + '    labels: ["a=\\x41"]\n',
    "a shared image": SERVICE + "  api: {image: &image acme/api, build: &build api}\n  more: {image: *image, build: *build}\n",
}  # fmt: skip


@pytest.mark.parametrize("name", SETTLED)
def test_values_that_lead_nowhere_leave_nothing_open(name: str) -> None:
    words = of(SETTLED[name])
    assert not any((words.odd_builds, words.odd_files, words.odd_images, words.odd_built, words.odd_names))
    assert "web" in words.images
    assert "web" in words.built


OPEN: dict[str, tuple[str, Callable[[Words], bool]]] = {
    "where it is built": (SERVICE.replace("build: web", "build: ${A}"), lambda words: words.odd_builds),
    "in a block": (SERVICE.replace("build: web", "build: >-\n      ${A}"), lambda words: words.odd_builds),
    "in lines": (SERVICE.replace("build: web", 'build:\n      context: "\n        ${A}"'), lambda words: words.odd_builds),
    "what else is read": (SERVICE + "    env_file: ['${A}']\n", lambda words: words.odd_files),
    "what is taken in": ("include: [{path: ['${A}']}]\n" + SERVICE, lambda words: words.odd_files),
    "the image": (SERVICE.replace("acme/web:1", "acme/${A}"), lambda words: words.odd_images and words.odd_built),
    "the name": ("name: ${A}\n" + SERVICE, lambda words: words.odd_names),
    "merged": ("x-a: &a {context: '${A}'}\n" + SERVICE.replace("build: web", "build: {<<: *a}"), lambda words: words.odd_builds),
    "a block that can't be read": (SERVICE + "    command: >\n      ${A}\n  more: [\n", lambda words: words.odd_builds),
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_values_that_may_lead_anywhere_leave_it_open(name: str) -> None:
    text, is_open = OPEN[name]
    assert is_open(of(text))


BREAKS = {"CR": "\r", "NEL": "\x85", "LS": "\u2028", "PS": "\u2029", "CRLF": "\r\n"}
SHARED = SERVICE + "    networks: [a]\nnetworks:\n  a:\n    external: true\n    name: shared\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", BREAKS)
def test_a_line_ends_wherever_one_of_yaml_does(name: str, encoding: str) -> None:
    mark = "\ufeff" if encoding != "utf-8" else ""
    texts = [*PROJECTS.values(), *SETTLED.values(), *(text for text, _ in OPEN.values()), SHARED]
    for text in texts:
        bare = text.lstrip("\ufeff")
        assert of(mark + bare.replace("\n", BREAKS[name]), encoding=encoding) == of(mark + bare, encoding=encoding)
    assert {"a", "shared"} <= of(mark + SHARED.replace("\n", BREAKS[name]), encoding=encoding).names


def test_a_break_in_another_code_page_is_one() -> None:
    text = ("# caf\xe9\n" + SHARED).replace("\n", "\x85")
    words = words_of(Entry("stack.yaml", Kind.YAML), text.encode("latin-1"))
    assert words.compose
    assert {"a", "shared"} <= words.names


def test_only_lf_ends_a_line_of_a_dockerfile() -> None:
    assert words_of(Entry("Dockerfile", Kind.DOCKERFILE), b"FROM a\rFROM ${B}\n").odd_images


def test_a_cr_ends_no_line_of_variables() -> None:
    assert words_of(Entry(".env", Kind.ENV), b"COMPOSE_FILE=a\r# ${B}\n").odd_files


def test_what_is_spelled_is_found_by_its_words() -> None:
    words = of('services:\n  web: {"\\x62uild": "w\\x65b", image: "acme/b\\x61se", networks: [a]}\n'
               'networks:\n  a: {name: "shar\\x65d"}\n  b: {external: true}\n')  # fmt: skip
    assert {"build", "web", "base"} <= words.words
    assert (words.images, words.built, words.names) == ({"base"}, {"base"}, {"shared", "b"})
