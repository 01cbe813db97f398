"""What stands literally in templates, and in manifests with placeholders: values unknown, places those of the file."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, items
from hullcheck.model.unknowns import blocks, known_in_full, looked_up
from hullcheck.parse import literal
from hullcheck.parse.holes import edits
from hullcheck.parse.kubernetes import read as read_manifest
from hullcheck.source import Source
from judge import judge, named

UNKNOWN = "?"


def shown(node: Node | None) -> object:
    """A node as plain values: `?` for what isn't known, with `?` among a mapping's keys where not all of it is."""
    if isinstance(node, Mapping):
        return {(UNKNOWN if key.unknown else as_str(key)): shown(value) for key, value in node.items}
    if isinstance(node, Sequence):
        return [shown(item) for item in node.items]
    assert node is None or isinstance(node, Scalar)
    return UNKNOWN if node is not None and node.unknown else as_str(node)


def roots(text: str) -> list[object]:
    return [shown(root) for root in literal.read(Source("t.yaml", text.encode())).roots]


READ = {
    "a value": ("a: {{ x }}\nb: c\n", {"a": "?", "b": "c"}),
    "a part of a value": ("a: x-{{ y }}-z\nb: '{{ c }}'\n", {"a": "?", "b": "?"}),
    "a key": ("{{ x }}: a\nb: c\n", {"?": "a", "b": "c"}),
    "in a flow mapping": ("a: {b: {{ x }}, c: d}\n", {"a": {"b": "?", "c": "d"}}),
    "an item": ("a:\n- {{ x }}\n- b\n", {"a": ["?", "b"]}),
    "an item that goes on": ("a:\n- {{ x }}\n  b: c\n", {"a": [{"?": None, "b": "c"}]}),
    "entries": ("a:\n  {{ x }}\n  b: c\n", {"a": {"?": None, "b": "c"}}),
    "entries after others": ("a:\n  b: c\n  {{- x | nindent 2 }}\nd: e\n", {"a": {"b": "c", "?": None}, "d": "e"}),
    "entries with an indentation of their own": ("a:\n{{ x | indent 2 }}\n  b: c\n", {"a": {"?": None, "b": "c"}}),
    "entries behind a key": ("a: {{- x | nindent 2 }}\n  b: c\n", {"a": {"?": None, "b": "c"}}),
    "a value that goes on": ("a: {{ x }}\n  b: c\n", {"a": {"?": None, "b": "c"}}),
    "items": ("a:\n  {{- x | nindent 2 }}\n  - b\n", {"a": ["?", "b"]}),
    "items after others": ("a:\n- b\n{{ x }}\nc: d\n", {"a": ["b", "?"], "?": None, "c": "d"}),
    "a whole value": ("a:\n  {{- x | nindent 2 }}\nb: c\n", {"a": "?", "b": "c"}),
    "a comment": ("a: b\n{{/* x: {{ y }}\n */}}\n{# z #}\nc: d\n", {"a": "b", "c": "d"}),
    "a condition": ("{{- if x }}\na: b\n{{- end }}\nc: d\n", {"a": "b", "c": "d"}),
    "a condition on one line": ("{{ if x }}a: b{{ end }}\nc: d\n", {"a": "b", "c": "d"}),
    "a condition in a value": ("a: {{ if x }}b{{ else }}c{{ end }}\n", {"a": "?"}),
    "a variable": ("{{ $x := 1 }}\n{{ $y = 2 }}\na: b\n", {"a": "b"}),
    "Jinja": ("{% if x %}\na: {{ y }}\n{% endif %}\n{% for i in j %}\nb: c\n{% endfor %}\n", {"a": "?", "b": "c"}),
    "three braces": ("a: {{{ x }}}\nb: c\n", {"a": "?", "b": "c"}),
    "a brace in a string": ('a: {{ x "}}" }}\nb: c\n', {"a": "?", "b": "c"}),
    "an action of several lines": ("a: {{ x\n  (y)\n}}\nb: c\n", {"a": "?", "b": "c"}),
    "an action that isn't closed": (
        "a: b\n{{ if x }\nc: {d: e}\nf: {g: {h: i}}\n",
        {"a": "b", "c": {"d": "e"}, "f": {"g": {"h": "i"}}},
    ),
    "text": ("a: |\n  {{ x }}\n  b\nc: d\n", {"a": "?", "c": "d"}),
    "nothing": ("a: b\n", {"a": "b"}),
}


@pytest.mark.parametrize("name", READ)
def test_placeholders_are_unknown_and_the_rest_is_read(name: str) -> None:
    text, expected = READ[name]
    assert roots(text)[:1] == [expected]


def test_keys_of_several_branches_are_read_one_after_the_other() -> None:
    text = "{{ if x }}\na: 1\nc: {d: 1}\n{{ else if y }}\na: 2\n{{ else }}\na: 3\nc: {d: 2}\n{{ end }}\nb: 0\n"
    assert [root["a"] for root in roots(text)] == ["3", "2", "1"]  # type: ignore[index]
    assert {root["c"]["d"] for root in roots(text)} == {"1", "2"}  # type: ignore[index]
    assert all(root["b"] == "0" for root in roots(text))  # type: ignore[index]


def test_a_line_that_cant_be_read_is_left_out_and_told() -> None:
    text = "a: {{ x }}\nb: [\nc: d\n---\ne: f\n"
    found = literal.read(Source("t.yaml", text.encode()))
    assert [shown(root) for root in found.roots] == [{"a": "?", "c": "d"}, {"e": "f"}]
    assert found.lost == text.index("b: [")
    assert not found.complete


def test_nodes_stand_where_they_are_written() -> None:
    text = "# é\n{{- if x }}\na:\n  {{- y | nindent 2 }}\n  b: {{ c }}\n  d: [e, 'f']\n{{- end }}\n---\ng: {{ h }}-i\n"
    first, second = literal.read(Source("t.yaml", text.encode())).roots
    assert at(first, "a", "b").location.text == "{{ c }}"  # type: ignore[union-attr]
    assert [item.location.text for item in items(at(first, "a", "d"))] == ["e", "'f'"]
    assert at(second, "g").location.text == "{{ h }}-i"  # type: ignore[union-attr]
    assert at(second, "g").location.line == 9  # type: ignore[union-attr]


def test_what_may_be_in_an_unknown_part_is_neither_there_nor_missing() -> None:
    (root,) = literal.read(Source("t.yaml", b"a:\n  {{ x }}\n  b: c\nd: {e: f}\n")).roots
    assert as_str(looked_up(root, "a", "b")) == "c"
    assert looked_up(root, "a", "z").unknown  # type: ignore[union-attr]
    assert looked_up(root, "d", "z") is None
    assert not known_in_full(at(root, "a"))
    assert known_in_full(at(root, "d"))
    assert known_in_full(None)


def test_labels_and_single_values_are_no_blocks() -> None:
    text = "metadata:\n  {{ x }}\n  name: {{ y }}\nspec:\n  replicas: {{ z }}\n  selector: {{ s }}\n"
    (root,) = literal.read(Source("t.yaml", text.encode())).roots
    assert not list(blocks(root))
    text = "spec:\n  {{ x }}\n  a: b\n  containers:\n  - {{ y }}\n  - name: c\n    env: {{ z }}\n"
    (root,) = literal.read(Source("t.yaml", text.encode())).roots
    assert [node.location.text for node in blocks(root)] == ["{{ x }}", "{{ y }}", "{{ z }}"]


def test_holes_beside_each_other_are_one() -> None:
    text = "a:\n  U U\n  b: c\n"
    assert [edit.text for edit in edits(text, [(5, 6), (7, 8)])] == [":"]


TEXTS = st.lists(
    st.sampled_from(
        [
            "a: b\n",
            "{{ x }}",
            "{{- if y }}\n",
            "{{ else }}",
            "{{ end }}\n",
            "  ",
            "- ",
            "c:\n",
            "\n",
            "{% x %}",
            "{{",
            "}}",
            "'",
            "|\n",
            "{# ",
            "#}",
            "---\n",
            "{{/*",
            "*/}}",
            "[",
            "{",
            ": ",
            "é",
            "\t",
            "&a ",
            "*a",
            "<<: ",
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(TEXTS)
def test_any_text_can_be_read_and_places_stay_inside(text: str) -> None:
    source = Source("t.yaml", text.encode())
    for root in literal.read(source).roots:
        pending = [root]
        while pending:
            node = pending.pop()
            assert node.source is source
            assert 0 <= node.start <= node.end <= len(source.text)
            pending += [p for pair in node.items for p in pair] if isinstance(node, Mapping) else items(node)


POD = """apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  containers:
  - name: web
    image: registry.example.org/web:1.2.3@sha256:{digest}
    securityContext:
      privileged: true
    ports: [{{containerPort: {port}}}]
"""


def _pod(name: str = "web", port: str = "80") -> str:
    return POD.format(name=name, port=port, digest="0" * 64)


def test_one_placeholder_makes_one_value_unknown(tmp_path: Path) -> None:
    result = judge(tmp_path, {"deploy/pod.yaml": _pod(port="{{ port }}"), "deploy/two.yaml": _pod("{{ name }}")})
    found = named(result, "privileged")
    assert [(finding.location.path, finding.location.line) for finding in found] == [
        ("deploy/pod.yaml", 10),
        ("deploy/two.yaml", 10),
    ]
    assert not named(result, "not-analysed", "parse-error")


def test_a_part_that_isnt_known_is_a_gap_and_nothing_is_missing_in_it(tmp_path: Path) -> None:
    text = _pod().replace("    ports:", "    {% include 'x' %}\n    {{ more }}\n    ports:")
    result = judge(tmp_path, {"deploy/pod.yaml": text})
    assert named(result, "privileged")
    assert not named(result, "requests-missing")
    assert not [item for f in named(result, "hardening-missing") for item in f.evidence if "memory" in str(item)]
    model = read_manifest(Source("deploy/pod.yaml", text.encode()))
    assert [problem.gap.cause for problem in model.problems if problem.gap] == ["template"]


def test_two_objects_whose_names_arent_known_are_two(tmp_path: Path) -> None:
    text = "---\n".join([_pod("{{ a }}"), _pod("{{ b }}"), _pod("x-{{ a }}")])
    names = [made.name for made in read_manifest(Source("deploy/pod.yaml", text.encode())).objects]
    assert names == ["*@deploy:pod.yaml", "*@deploy:pod.yaml:2", "x-*@deploy:pod.yaml"]
    assert len({finding.owner for finding in named(judge(tmp_path, {"deploy/pod.yaml": text}), "privileged")}) == 3


def test_the_version_of_a_well_known_kind_may_be_unknown() -> None:
    text = 'apiVersion: {{ include "x" . }}\nkind: NetworkPolicy\nmetadata: {name: a}\n'
    assert [made.api_version for made in read_manifest(Source("a.yaml", text.encode())).objects] == [
        "networking.k8s.io/v1"
    ]


def test_a_workload_of_unknown_kind_is_found_by_its_shape(tmp_path: Path) -> None:
    text = _pod().replace("kind: Pod", "kind: {{ kind }}")
    assert named(judge(tmp_path, {"deploy/pod.yaml": text}), "privileged")


def test_a_charts_template_without_its_chart_is_read_literally(tmp_path: Path) -> None:
    text = _pod('{{ include "x" . }}')
    result = judge(tmp_path, {"old/templates/pod.yaml": text})
    assert [finding.location.line for finding in named(result, "privileged")] == [10]


SUBSTITUTED = """\
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  hostNetwork: true
  nodeName: @NODE_NAME@
  containers:
    - name: agent
      image: %IMAGE%
      securityContext: {privileged: true}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SUBSTITUTED, {"host-network", "privileged"}),
        (SUBSTITUTED.replace("%IMAGE%", "registry.example.org/@IMAGE@:@TAG@"), {"host-network", "privileged"}),
        # what is no YAML without them either is told as such, whatever stands in a comment
        (SUBSTITUTED.replace("@NODE_NAME@", "[ # @NODE_NAME@").replace("%IMAGE%", "a:1"), {"parse-error"}),
        (SUBSTITUTED.replace("@NODE_NAME@", "@node").replace("%IMAGE%", "a:1"), {"parse-error"}),
    ],
    ids=["values", "parts", "broken", "no placeholder"],
)
def test_what_sed_replaces_is_a_placeholder_where_yaml_takes_no_such_value(
    tmp_path: Path, text: str, expected: set[str]
) -> None:
    result = judge(tmp_path, {"pod.yaml": text})
    assert {name for name in ("host-network", "privileged", "parse-error") if named(result, name)} == expected
    assert [finding.location.line for finding in named(result, "privileged")] in ([10], [])


def test_such_a_text_in_a_value_that_yaml_takes_is_that_value() -> None:
    made = read_manifest(
        Source("pod.yaml", SUBSTITUTED.replace("@NODE", "x@NODE").replace("%IMAGE%", "a%B_C%").encode())
    )
    assert not made.templated
    assert not made.problems
