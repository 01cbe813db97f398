"""YAML to nodes: places, aliases, merge keys, and what hostile or broken files do."""

import time

import pytest

from hullcheck.model.node import as_bool, as_int, plain
from hullcheck.parse import yaml
from hullcheck.source import Source


def read(text: str) -> yaml.Documents:
    return yaml.parse(Source("x.yaml", text.encode("utf-8", "surrogatepass")))


def root(text: str) -> yaml.Mapping:
    documents, problems = read(text)
    assert not problems
    assert isinstance(documents[0].root, yaml.Mapping)
    return documents[0].root


def test_the_c_parser_is_there() -> None:
    import inspect

    from ruamel.yaml import cyaml

    assert not inspect.isfunction(cyaml.CParser.get_event), "a plain ruamel.yaml has no C parser: depend on [libyaml]"


def test_a_value_knows_its_place() -> None:
    value = root("a:\n  b: 'x y' # why\n").get("a")
    assert isinstance(value, yaml.Mapping)
    node = value.get("b")
    assert node is not None
    assert (node.location.text, node.location.line) == ("'x y'", 2)


def test_an_anchor_and_a_tag_are_not_part_of_the_value() -> None:
    node = root("a: &anchor !reset value\n").get("a")
    assert node is not None
    assert (node.location.text, node.tag) == ("value", "!reset")


def test_an_alias_is_the_anchored_value() -> None:
    mapping = root("a: &x 1\nb: *x\n")
    assert mapping.get("b") is mapping.get("a")


def test_a_written_key_beats_a_merged_one_and_an_earlier_merge_a_later() -> None:
    mapping = root("one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall: {a: 0, <<: [*one, *two]}\n").get("all")
    assert plain(mapping) == {"a": 0, "b": 1, "c": 2}


def test_a_broken_document_does_not_lose_the_others() -> None:
    documents, problems = read("a: 1\n---\nb: [\n---\nc: 3\n")
    assert [plain(d.root) for d in documents] == [{"a": 1}, {"c": 3}]
    assert [p.location.line for p in problems] == [4]


def test_duplicate_keys_are_kept_for_whoever_cares() -> None:
    mapping = root("a: 1\na: 2\n")
    assert [(first.location.line, again.location.line) for first, again in mapping.duplicates] == [(1, 2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: " + "[" * 10_000, "nested more than 250 levels"),
        ("a: &a [*a]", "inside its own anchor"),
        ("a: *b", "has no anchor"),
        ("a\0b", "control characters"),
        ("a: \ud800", "not UTF-8"),
    ],
)
def test_what_is_hostile_is_a_problem_with_a_place(text: str, message: str) -> None:
    _, problems = read(text)
    assert len(problems) == 1
    assert message in problems[0].message
    assert problems[0].name == "parse-error"


def test_an_alias_bomb_is_refused_at_once() -> None:
    levels = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 30))
    start = time.monotonic()
    documents, problems = read("l0: &l0 [x]\n" + levels)
    assert time.monotonic() - start < 5
    assert not documents
    assert "once its aliases are expanded" in problems[0].message


@pytest.mark.parametrize(
    ("text", "value"),
    [("yes", True), ("off", False), ("'yes'", None), ("true", True), ("1", None), ("Y", True)],
)
def test_booleans_are_those_of_yaml_1_1(text: str, value: bool | None) -> None:
    assert as_bool(root(f"a: {text}").get("a")) is value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("010", 8), ("0x1F", 31), ("1_000", 1000), ("'0'", None), ("-5", -5), ("0o17", 15), ("1.5", None)],
)
def test_integers_are_those_of_yaml_1_1(text: str, value: int | None) -> None:
    assert as_int(root(f"a: {text}").get("a")) == value


def test_a_colon_inside_a_flow_scalar_is_text() -> None:
    text = 'a: [22:22, ./x:/y, http://h:80/z, !!str c:d, "e:f"]\nb: {image: nginx:1, "j":1}\nc: |\n  k:v\n'
    found = root(text)
    assert plain(found) == {
        "a": ["22:22", "./x:/y", "http://h:80/z", "c:d", "e:f"],
        "b": {"image": "nginx:1", "j": 1},
        "c": "k:v\n",
    }
    items = found.get("a")
    assert isinstance(items, yaml.Sequence)
    assert [item.location.text for item in items.items[:3]] == ["22:22", "./x:/y", "http://h:80/z"]


def test_a_broken_flow_is_still_broken() -> None:
    documents, problems = read("a: [b:c, {d:e]\n")
    assert not documents
    assert problems
