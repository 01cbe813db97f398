"""Overlays: where each value was decided, what isn't known, and what is too much."""

from typing import Any

import pytest

import kustomize_cases as cases
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.render.kustomize.pattern import PatternError, compiled, matches_whole
from hullcheck.render.kustomize.scalars import refolded, resolve
from hullcheck.render.kustomize.selectors import requirements
from kustomize_support import build, kustomizations, values

BASE = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": cases.WEB,
}


def found(node: Node | None, *path: str | int) -> Node:
    for part in path:
        if isinstance(part, int):
            assert isinstance(node, Sequence)
            node = node.items[part]
        else:
            assert isinstance(node, Mapping)
            node = node.get(part)
    assert node is not None
    return node


def place(node: Node) -> tuple[str, int, str]:
    return node.location.path, node.location.line, node.location.text


IMAGE = ("spec", "template", "spec", "containers", 0, "image")


def test_a_value_of_the_base_keeps_its_place() -> None:
    built = build({**BASE, "top/kustomization.yaml": "resources: [../base]\nnamespace: x1\n"}, "top")
    image = found(built.objects[0], *IMAGE)
    assert place(image) == ("base/web.yaml", 16, "nginx:1.25")
    assert image.before is None
    namespace = found(built.objects[0], "metadata", "namespace")
    assert place(namespace) == ("top/kustomization.yaml", 2, "x1")
    assert namespace.because == "namespace"


def test_an_image_is_decided_by_its_entry_and_keeps_what_it_replaces() -> None:
    top = "resources: [../base]\nimages:\n- name: nothing\n- name: nginx\n  newTag: '1.27'\n"
    built = build({**BASE, "top/kustomization.yaml": top}, "top")
    image = found(built.objects[0], *IMAGE)
    assert isinstance(image, Scalar)
    assert image.text == "nginx:1.27"
    assert place(image) == ("top/kustomization.yaml", 5, "'1.27'")
    assert image.because == "images[1]"
    assert image.before is not None
    assert place(image.before) == ("base/web.yaml", 16, "nginx:1.25")
    assert [dead.name for dead in built.dead_images] == ["nothing"]
    assert built.dead_images[0].images == ("nginx", "registry.example:5000/side/car")


def test_a_patch_in_a_file_decides_at_its_own_line() -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n"
    top = "resources: [../base]\npatches:\n- path: patch.yaml\n"
    built = build({**BASE, "top/kustomization.yaml": top, "top/patch.yaml": patch}, "top")
    replicas = found(built.objects[0], "spec", "replicas")
    assert place(replicas) == ("top/patch.yaml", 5, "3")
    assert replicas.because == "patches[0]"
    assert place(found(built.objects[0], "metadata", "name")) == ("base/web.yaml", 4, "web")
    assert built.files == {"base/kustomization.yaml", "base/web.yaml", "top/kustomization.yaml", "top/patch.yaml"}


@pytest.mark.parametrize("style", ["|-", "|"])
def test_a_patch_in_the_kustomization_decides_at_its_line_there(style: str) -> None:
    top = (
        f"resources: [../base]\npatches:\n- patch: {style}\n    apiVersion: apps/v1\n    kind: Deployment\n\n"
        "    metadata: {name: web}\n    spec: {template: {spec: {containers: [{name: web, image: other}]}}}\n"
    )
    built = build({**BASE, "top/kustomization.yaml": top}, "top")
    image = found(built.objects[0], *IMAGE)
    assert place(image) == ("top/kustomization.yaml", 8, "other")
    assert image.before is not None
    assert place(image.before) == ("base/web.yaml", 16, "nginx:1.25")


def test_a_patch_in_quotes_decides_at_the_quotes() -> None:
    patch = '"apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: web}\\nspec: {replicas: 3}"'
    built = build({**BASE, "top/kustomization.yaml": f"resources: [../base]\npatches:\n- patch: {patch}\n"}, "top")
    assert place(found(built.objects[0], "spec", "replicas"))[1:] == (3, patch)


def test_operations_decide_at_their_value_and_note_what_they_take_out() -> None:
    top = (
        "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n"
        "    - op: replace\n      path: /spec/template/spec/containers/0/image\n      value: swapped\n"
        "    - op: remove\n      path: /spec/template/spec/serviceAccountName\n"
    )
    built = build({**BASE, "top/kustomization.yaml": top}, "top")
    assert place(found(built.objects[0], *IMAGE)) == ("top/kustomization.yaml", 7, "swapped")
    spec = found(built.objects[0], "spec", "template", "spec")
    assert isinstance(spec, Mapping)
    assert spec.gone is not None
    assert spec.gone["serviceAccountName"].location.line == 8


def test_a_null_in_a_patch_is_remembered() -> None:
    patch = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
        "      serviceAccountName: null\n"
    )
    top = "resources: [../base]\npatches: [{path: patch.yaml}]\n"
    built = build({**BASE, "top/kustomization.yaml": top, "top/patch.yaml": patch}, "top")
    spec = found(built.objects[0], "spec", "template", "spec")
    assert isinstance(spec, Mapping)
    assert spec.gone is not None
    assert place(spec.gone["serviceAccountName"]) == ("top/patch.yaml", 7, "null")


def test_a_generated_value_is_at_its_literal() -> None:
    top = "configMapGenerator:\n- name: settings\n  literals:\n  - a=b\n  envs: [some.env]\nsecretGenerator:\n- name: k\n  literals: [t=s]\n"
    built = build({"top/kustomization.yaml": top, "top/some.env": "# note\nC=d\n"}, "top")
    settings, secret = built.objects
    assert place(found(settings, "data", "a")) == ("top/kustomization.yaml", 4, "a=b")
    assert place(found(settings, "data", "C")) == ("top/some.env", 2, "C=d")
    assert place(found(secret, "data", "t")) == ("top/kustomization.yaml", 8, "t=s")
    name = found(settings, "metadata", "name")
    assert isinstance(name, Scalar)
    assert name.text.startswith("settings-")
    assert place(name) == ("top/kustomization.yaml", 2, "settings")


def test_two_overlays_share_what_neither_changes() -> None:
    files = {
        **BASE,
        "a/kustomization.yaml": "resources: [../base]\nnamespace: one\n",
        "b/kustomization.yaml": "resources: [../base]\nnamespace: two\n",
    }
    made = kustomizations(files)
    first, second = (made.build(folder).objects[0] for folder in ("a", "b"))
    assert found(first, "spec") is found(second, "spec")
    assert made.roots == ["a", "b"]
    assert made.claimed == {"base/web.yaml"}


def unknown(files: dict[str, str], folder: str = "top") -> list[tuple[str, int]]:
    built = build(files, folder)
    assert built.approximate
    assert not built.refused
    return [(problem.message, problem.location.line) for problem in built.problems]


@pytest.mark.parametrize(
    "name",
    [
        "https://github.com/org/repo//base?ref=v1",
        "github.com/org/repo/base",
        "git@github.com:org/repo",
        "https://example.org/file.yaml",
    ],
)
def test_what_is_remote_is_noted_and_the_rest_is_built(name: str) -> None:
    files = {**BASE, "top/kustomization.yaml": f"resources:\n- {name}\n- ../base\npatches:\n{MAYBE}"}
    assert unknown(files) == [(f"`{name}` is remote and isn't fetched", 2)]
    assert len(build(files, "top").objects) == 1


MAYBE = "- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: maybe-in-the-unknown-part}\n"


def test_what_is_missing_or_outside_is_noted() -> None:
    files = {**BASE, "top/kustomization.yaml": "resources:\n- ../base\n- none.yaml\n- ../../elsewhere\n- /etc/passwd\n"}
    assert unknown(files) == [
        ("`none.yaml` isn't in the repository", 3),
        ("`../../elsewhere` is outside of the repository", 4),
        ("`/etc/passwd` is outside of the repository", 5),
    ]


def test_a_generator_without_its_file_is_noted() -> None:
    files = {"top/kustomization.yaml": "secretGenerator:\n- name: keys\n  envs: [secret.env]\n"}
    assert unknown(files) == [("`secret.env` isn't in the repository", 3)]
    assert [node["kind"] for node in values(build(files, "top"))] == ["Secret"]


def test_programs_and_charts_are_not_run() -> None:
    plugin = "apiVersion: example.org/v1\nkind: Maker\nmetadata: {name: m}\n"
    files = {
        **BASE,
        "top/plugin.yaml": plugin,
        "top/kustomization.yaml": "resources: [../base]\nhelmCharts:\n- name: redis\ngenerators:\n- plugin.yaml\n"
        "transformers:\n- plugin.yaml\n",
    }
    assert [message for message, _ in unknown(files)] == [
        "the chart `redis` isn't in the repository",
        "what the generator `Maker` makes isn't known",
        "what the transformer `Maker` does isn't known",
    ]


def test_a_template_among_the_resources_is_no_object() -> None:
    files = {"top/kustomization.yaml": "resources: [a.yaml]\n", "top/a.yaml": "apiVersion: v1\nkind: {{ .kind }}\n"}
    built = build(files, "top")
    assert built.refused
    assert built.problems[0].location.path == "top/a.yaml"


def test_the_reason_for_a_refusal_is_at_its_place() -> None:
    built = build(
        {**BASE, "top/kustomization.yaml": "resources: [../base]\nreplicas:\n- {name: none, count: 1}\n"}, "top"
    )
    assert built.refused
    problem = built.problems[0]
    assert problem.name == "not-analysed"
    assert (problem.location.path, problem.location.line) == ("top/kustomization.yaml", 3)
    assert "nothing called `none`" in problem.message


def test_what_an_object_went_through_is_noted() -> None:
    files = {
        **BASE,
        "base/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: a-\n",
        "top/kustomization.yaml": "resources: [../base]\nnamespace: x\nbuildMetadata: [transformerAnnotations]\n",
    }
    steps = found(
        build(files, "top").objects[0], "metadata", "annotations", "alpha.config.kubernetes.io/transformations"
    )
    assert isinstance(steps, Scalar)
    assert [line.split(": ")[1] for line in steps.text.splitlines() if "kind:" in line or "configuredIn:" in line] == [
        "../base/kustomization.yaml",
        "PrefixTransformer",
        "kustomization.yaml",
        "NamespaceTransformer",
    ]


def test_entries_find_their_objects_whatever_was_done_to_them_before() -> None:
    """By the first or the present name, after a rename, a deletion or an object that was added."""
    files = {
        **BASE,
        "top/kustomization.yaml": """resources: [../base]
configMapGenerator:
- {name: c, literals: [a=b], options: {disableNameSuffixHash: true}}
namePrefix: p-
patches:
- {target: {name: web}, patch: '- {op: replace, path: /metadata/name, value: other}'}
- {target: {name: other}, patch: '- {op: add, path: /metadata/labels, value: {a: b}}'}
- {target: {name: c}, patch: '- {op: add, path: /data/x, value: "y"}'}
- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {z: "1"}}'
replacements:
- source: {kind: ConfigMap, name: c, fieldPath: data.a}
  targets: [{select: {name: web}, fieldPaths: [metadata.labels.a]}]
""",
    }
    built = build(files, "top")
    assert not built.approximate
    by_kind = {made["kind"]: made for made in values(built)}
    assert by_kind["ConfigMap"]["metadata"]["name"] == "p-c"
    assert by_kind["ConfigMap"]["data"] == {"a": "b", "x": "y", "z": "1"}
    web = by_kind["Deployment"]["metadata"]
    assert web["name"] == "p-other"
    assert web["labels"]["a"] == "b"


def doubling(levels: int) -> dict[str, str]:
    files = {
        "l0/kustomization.yaml": "resources: [a.yaml]\n",
        "l0/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    }
    for level in range(1, levels):
        for side in "ab":
            files[f"l{level}{side}/kustomization.yaml"] = f"resources: [../l{level - 1}]\nnamePrefix: {side}-\n"
        files[f"l{level}/kustomization.yaml"] = f"resources: [../l{level}a, ../l{level}b]\n"
    return files


def test_bases_that_double_at_each_level_end() -> None:
    assert len(build(doubling(6), "l5").objects) == 32
    built = build(doubling(25), "l24")
    assert not built.objects
    assert "more than 10000 objects" in built.approximate
    (problem,) = built.problems
    assert problem.gap is not None
    assert problem.gap.cause == "limit"


def test_a_chain_of_bases_ends() -> None:
    files = {f"l{n}/kustomization.yaml": f"resources: [../l{n + 1}]\n" for n in range(200)}
    files["l200/kustomization.yaml"] = "namePrefix: a-\n"
    assert "nested more than" in build(files, "l0").approximate


def test_patterns_take_time_that_grows_with_the_text_alone() -> None:
    hostile = "(a|aa)+$"
    assert not compiled(f"^{hostile}").search("a" * 5_000 + "b")
    with pytest.raises(PatternError):
        compiled("(" * 200 + ")" * 200)
    with pytest.raises(PatternError):
        compiled("(a{1000}){1000}")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "anything", True),
        ("web", "web", True),
        ("web", "webs", False),
        ("web|api", "api", True),
        ("web|api", "apis", False),
        ("w.b", "wxb", True),
        ("[a-c]+-\\d{2,3}", "abc-12", True),
        ("[^a-c]x?", "d", True),
        ("(?:a|b)*c", "ababc", True),
        ("\\w+\\.\\w+", "a.b", True),
        ("\\w+\\.\\w+", "axb", False),
    ],
)
def test_patterns_match_the_whole(pattern: str, text: str, expected: bool) -> None:
    assert matches_whole(pattern, text) is expected


@pytest.mark.parametrize("pattern", ["(", "[", "a**", "(?i)a", "\\b", "a{3,1}", "*", "\\"])
def test_what_is_no_pattern_or_not_followed_is_said(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)


@pytest.mark.parametrize(
    ("expression", "labels", "expected"),
    [
        ("app=web", {"app": "web"}, True),
        ("app==web,tier!=db", {"app": "web"}, True),
        ("app in (a, b)", {"app": "b"}, True),
        ("app notin (a,b)", {}, True),
        ("app", {"app": ""}, True),
        ("!app", {"app": ""}, False),
        ("example.org/n>3", {"example.org/n": "4"}, True),
        ("n<3", {"n": "x"}, False),
    ],
)
def test_label_selectors(expression: str, labels: dict[str, str], expected: bool) -> None:
    tests = requirements(expression)
    assert tests is not None
    assert all(test(labels) for test in tests) is expected


def test_what_is_no_label_selector_is_none() -> None:
    assert requirements("a=b c") is None
    assert requirements("a in b") is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("yes", ("str", "yes")),
        ("true", ("bool", True)),
        ("010", ("int", 8)),
        ("0o10", ("int", 8)),
        ("08", ("float", 8.0)),
        ("1_000", ("int", 1000)),
        ("~", ("null", None)),
        ("2001-01-01", ("time", "2001-01-01T00:00:00Z")),
        ("2001-02-30", ("str", "2001-02-30")),
        ("2001-01-01 1:02:03.5 -5", ("time", "2001-01-01T01:02:03.5-05:00")),
        ("1:30", ("str", "1:30")),
        ("9" * 500, ("str", "9" * 500)),
    ],
)
def test_words_have_kustomize_types(word: str, expected: tuple[str, Any]) -> None:
    assert resolve(word) == expected


def test_folded_text_gets_a_line_before_what_is_indented() -> None:
    assert refolded("a\n  b\nc\n") == "a\n\n  b\nc\n"
    assert refolded("plain text\n") == "plain text\n"


@pytest.mark.parametrize("depth", [60, 240])
def test_objects_as_deep_as_they_are_read_are_built_or_said_not_to_be(depth: int) -> None:
    deep = "[" * depth + "1" + "]" * depth
    head = "apiVersion: example.org/v1\nkind: A\nmetadata: {name: a}\n"
    files = {
        "top/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: p-\ncommonLabels: {a: b}\npatches: [{path: patch.yaml}]\n"
        "images: [{name: nginx, newTag: v2}]\n",
        "top/a.yaml": f"{head}spec: {deep}\n" + "x: " + "{a: " * (depth - 2) + "1" + "}" * (depth - 2) + "\n",
        "top/patch.yaml": head + "x: " + "{a: " * (depth - 2) + "2" + "}" * (depth - 2) + "\n",
    }
    built = build(files, "top")
    assert bool(built.objects) != bool(built.approximate)
