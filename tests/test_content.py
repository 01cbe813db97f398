"""A file is what it holds: whatever its name, its spelling, its encoding or its size, what it deploys is judged."""

import base64
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hullcheck.discover import CHUNK, MAX_BYTES, DiskTree, Entry, Kind, kind_of
from hullcheck.parse.wording import Wording, interesting, is_dockerfile
from hullcheck.read import File, read
from judge import judge, named

POD = """apiVersion: v1
kind: Pod
metadata: {name: planted}
spec: {containers: [{name: c, image: "registry.example.org/x:1", securityContext: {privileged: true}}]}
"""
SERVICES = """services:
  planted: {image: "registry.example.org/x:1", privileged: true}
"""
OVERLAY = "resources: [web.yaml]\n"
WEB = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: w}\n"
CHART = "apiVersion: v2\nname: x\nversion: 1.0.0\n"
SKAFFOLD = "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: x, context: app}]}\n"
BAKE = '{"target": {"a": {"dockerfile": "img"}}}'
ROOT = 'FROM registry.example.org/x:1\nUSER root\nCMD ["x"]\n'


def as_json(text: str) -> str:
    return json.dumps(YAML(typ="safe").load(text))


def privileged(folder: Path, files: dict[str, str]) -> set[tuple[str, str]]:
    found = named(judge(folder, files), "privileged")
    return {(finding.location.path, finding.owner) for finding in found}


YAML_NAMES = [
    "deploy/web.yaml",
    "deploy/x.YAML",
    "deploy/Chart.yaml",
    "deploy/chart.yaml",
    "deploy/skaffold.yaml",
    "deploy/Skaffold.yml",
    "deploy/kustomization.yaml",
    "deploy/kustomization.yml",
    "deploy/Kustomization",
    "deploy/web-compose.yaml",
    "deploy/compose.yaml",
    "deploy/docker-compose.override.yml",
    "deploy/docker-stack-a.yaml",
    "deploy/x.compose.yml",
    "deploy/values.yaml",
]
JSON_NAMES = [
    "deploy/docker-bake.json",
    "docker-bake.override.json",
    "deploy/compose.json",
    "package.json",
    "devcontainer.json",
]


@pytest.mark.parametrize("name", [*YAML_NAMES, *JSON_NAMES])
def test_a_pod_is_a_pod_in_a_file_of_any_name(name: str, tmp_path: Path) -> None:
    text = as_json(POD) if name.endswith(".json") else POD
    assert {path for path, _ in privileged(tmp_path, {name: text})} == {name}


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("kustomization.yaml", OVERLAY),
        ("kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" + OVERLAY),
        ("skaffold.yaml", SKAFFOLD),
        ("compose.yaml", SERVICES.replace("privileged: true", "read_only: true")),
        ("web.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"),
        ("web.yaml", SKAFFOLD),
        ("any.yaml", SERVICES.replace("privileged: true", "read_only: true")),
        ("web-compose.yaml", "volumes: {a: {}}\n"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_pod_is_a_pod_beside_documents_of_other_kinds(name: str, first: str, swapped: bool, tmp_path: Path) -> None:
    documents = [POD, first] if swapped else [first, POD]
    found = privileged(tmp_path, {f"deploy/{name}": "---\n".join(documents), "deploy/web.yaml.txt": ""})
    assert {path for path, _ in found} == {f"deploy/{name}"}


def test_a_chart_may_have_an_object_behind_it(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text(f"{CHART}---\n{POD}")
    file = read(DiskTree(str(tmp_path)), Entry("Chart.yaml", Kind.CHART))
    assert file is not None
    assert {reading.kind for reading in file.readings} == {"kubernetes", "chart"}


def test_what_stands_beside_a_pod_is_read_as_well(tmp_path: Path) -> None:
    files = {"any.yaml": f"{POD}---\n{SERVICES}", "k/kustomization.yaml": f"{OVERLAY}---\n{POD}", "k/web.yaml": POD}
    assert len(privileged(tmp_path, files)) == 4
    tree = DiskTree(str(tmp_path))
    file = read(tree, Entry("any.yaml", Kind.YAML))
    assert file is not None
    assert {reading.kind for reading in file.readings} == {"kubernetes", "compose"}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("a/compose.json", {"compose"}),
        ("a/docker-compose.json", {"compose"}),
        ("a/stack.json", {"compose"}),
        ("a/stack.yaml", {"compose"}),
        ("a/Chart.yaml", {"compose", "yaml"}),
        ("a/skaffold.yaml", {"compose", "skaffold"}),
        ("a/docker-bake.json", {"compose", "bake"}),
    ],
)
def test_services_are_a_project_in_a_file_of_any_name(name: str, kinds: set[str], tmp_path: Path) -> None:
    text = as_json(SERVICES) if name.endswith(".json") else SERVICES
    assert {path for path, _ in privileged(tmp_path, {name: text})} == {name}
    file = read(DiskTree(str(tmp_path)), next(e for e in DiskTree(str(tmp_path)).entries() if isinstance(e, Entry)))
    assert file is not None
    assert {reading.kind for reading in file.readings} == kinds


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.yaml", "kind: web\nservices: {web: {port: 80}}\nimage: {apiVersion: v1}\n"),
        ("data.json", '{"services": ["a"], "kind": "drive#file", "apiVersion": 2}'),
        ("tsconfig.json", '{"compilerOptions": {"target": "es5"}}'),
        ("compose.schema.json", '{"$schema": "x", "properties": {"services": {"type": "object"}}}'),
        ("schema.json", '{"type": "object", "properties": {"apiVersion": {}, "kind": {}}}'),
        ("ci.yaml", "jobs: {}\nservices: {db: {image: x}}\n"),
        ("Dockerfile.md", "# Dockerfile\n\nFROM here on, use `docker build`.\n"),
        ("dockerfile.py", "from x import y\nARG = 1\n"),
        ("Dockerfile.txt", "From the beginning, this was text.\n"),
        ("Containerfile.license", "SPDX-FileCopyrightText: none\n\nSPDX-License-Identifier: MIT\n"),
        ("Dockerfile.sha256", "0123456789abcdef  image.tar\n"),
        ("Dockerfile.sum", "d41d8cd98f00b204e9800998ecf8427e\n"),
    ],
)
def test_what_only_looks_like_something_is_nothing(name: str, text: str, tmp_path: Path) -> None:
    assert not judge(tmp_path, {name: text}).findings


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dockerfile", ROOT),
        ("DOCKERFILE", ROOT),
        ("Dockerfile.license", ROOT),
        ("Dockerfile.md", ROOT),
        ("Dockerfile.sample.txt", f"# a comment\n\n{ROOT}"),
        ("Containerfile.txt", f"# syntax=docker/dockerfile:1\n{ROOT}"),
        ("Dockerfile.bak", f"ARG X=1\n{ROOT}"),
        ("dockerfile.py", f"{ROOT.lower()}"),
        ("Dockerfile.js", ROOT.replace("FROM ", "FROM --platform=linux/amd64 ").replace(":1\n", ":1 AS base # x\n")),
        ("Dockerfile.log", ROOT.replace("FROM ", "FROM \\\n  ")),
        ("Dockerfile.cs", "USER root\n" + ROOT),
    ],
)
def test_a_dockerfile_isnt_hidden_by_its_name(name: str, text: str, tmp_path: Path) -> None:
    assert "root-user" in {finding.name for finding in judge(tmp_path, {name: text}).findings}


@pytest.mark.parametrize("name", ["Dockerfile", "web.Dockerfile", "Containerfile"])
@pytest.mark.parametrize("text", ["", "FRM x\n", "BOOM\n"])
def test_a_dockerfile_broken_at_its_first_line_is_told_of(name: str, text: str, tmp_path: Path) -> None:
    assert [finding.name for finding in judge(tmp_path, {name: text}).findings] == ["parse-error"]


def test_is_dockerfile_knows_prose_and_other_languages() -> None:
    assert not is_dockerfile("from a\nimport b\n".replace("\n", " ", 1))
    assert not is_dockerfile("from (x) select\n")
    assert not is_dockerfile("# syntax=x\nnothing else\n")
    assert is_dockerfile("\ufeff# c\nFROM ${BASE} AS x\n")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "chart"),
        ("version: 1.0.0\n", "chart"),
        ("name: [\n", "chart"),
        ("name: {{ x }}\n", "template"),
        ("- a\n", "chart"),
    ],
)
def test_a_chart_file_without_a_chart_claims_nothing_and_is_told_of(text: str, cause: str, tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text(text)
    file = read(DiskTree(str(tmp_path)), Entry("Chart.yaml", Kind.CHART))
    assert file is not None
    assert file.kind == "yaml"
    assert [problem.gap.cause if problem.gap else "" for problem in file.problems] == [cause]
    assert {path for path, _ in privileged(tmp_path, {"deploy/web.yaml": POD})} == {"deploy/web.yaml"}


SPELLED = [
    POD.replace("apiVersion", '"\\x61piVersion"'),
    POD.replace("apiVersion", '"\\u0061piVersion"').replace("kind", '"\\U0000006bind"'),
    POD.replace("kind", f"!!binary {base64.b64encode(b'kind').decode()}"),
    "%TAG !b! tag:yaml.org,2002:bin\n---\n" + POD.replace("kind", f"!b!ary {base64.b64encode(b'kind').decode()}"),
    POD.replace("kind", f"!!bin%61ry {base64.b64encode(b'kind').decode()}"),
    POD.replace("kind:", f"!<tag:yaml.org,2002:binary> {base64.b64encode(b'kind').decode()} :"),
    POD.replace("kind:", '? "ki\\\n   nd"\n:'),
    POD.replace("kind:", "? kind\n:"),
    POD.replace("kind:", "? |-\n  kind\n:"),
    POD.replace("kind:", "!!str 'kind' :"),
    as_json(POD).replace("apiVersion", "\\u0061piVersion").replace("kind", "\\u006bin\\u0064"),
    SERVICES.replace("services", '"\\x73ervices"'),
    SERVICES.replace("services", f"!!binary {base64.b64encode(b'services').decode()}"),
]


@pytest.mark.parametrize("text", SPELLED)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_however_a_key_is_spelled_it_is_read(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(text.encode(encoding))
    assert {path for path, _ in privileged(tmp_path, {})} == {"x.yaml"}


def test_a_text_with_nuls_gets_as_far_as_the_parser(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(POD.encode("utf-16-le"))
    assert [finding.name for finding in judge(tmp_path, {}).findings] == ["parse-error"]


@st.composite
def spelled(draw: st.DrawFn, word: str) -> str:
    """A spelling of a key, which most readers of YAML take for the word."""
    style = draw(st.sampled_from(["plain", "single", "double", "binary", "question", "tag"]))
    if style == "binary":
        return f"!!binary {base64.b64encode(word.encode()).decode()} "
    if style == "single":
        return f"'{word}'"
    if style == "plain":
        return word
    if style == "tag":
        return f"!!str {word} "
    letters = []
    for letter in word:
        how = draw(st.sampled_from(["{0}", "{0}", "\\x{1:02x}", "\\x{1:02X}", "\\u{1:04x}", "\\U{1:08X}"]))
        letters.append(how.format(letter, ord(letter)))
        if style == "question" and draw(st.booleans()):
            letters.append(draw(st.sampled_from(["\\\n", "\\\r\n", "\\\n  \t "])))
    quoted = '"' + "".join(letters) + '"'
    return f"? {quoted}\n" if style == "question" else quoted


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(version=spelled("apiVersion"), kind=spelled("kind"))
def test_no_spelling_of_the_keys_hides_an_object(version: str, kind: str, tmp_path: Path) -> None:
    text = f"{version}: v1\n{kind}: Pod\n" + POD.partition("kind: Pod\n")[2]
    try:
        keys = [k.decode() if isinstance(k, bytes) else k for k in YAML(typ="safe").load(io.StringIO(text))]
    except YAMLError:
        return
    if not {"apiVersion", "kind"} <= set(keys):
        return
    (tmp_path / "x.yaml").write_bytes(text.encode())
    file = read(DiskTree(str(tmp_path)), Entry("x.yaml", Kind.YAML))
    assert file is not None
    assert [made.kind for made in file.model.objects] == ["Pod"]
    assert interesting([text.encode()], "x.yaml")


@settings(max_examples=100, deadline=None)
@given(text=spelled("services"), size=st.integers(1, 400), before=st.integers(0, 300))
def test_a_word_is_found_wherever_the_pieces_end(text: str, size: int, before: int) -> None:
    data = (" " * before + text + ": {}\n").encode()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert interesting(pieces, "x.yaml") is Wording(data.decode()).has("services") is True


def test_ordinary_escapes_dont_let_a_file_through() -> None:
    text = r'{"a": "\u00e9 \n \\ \t", "b": "C:\\x", "c": "!important"}' + "\nrun: |\n  a \\\n    b\n"
    wording = Wording(text)
    assert not wording.manifest
    assert not wording.compose("x.yaml")


def test_the_words_are_looked_for_in_linear_time() -> None:
    hostile = ["\\" * CHUNK, "!" * CHUNK, "!a" * CHUNK, '"\\\n' * CHUNK, "services" * (CHUNK // 8), "\\x6" * CHUNK]
    for text in hostile:
        Wording(text).compose("x.json")
        is_dockerfile("FROM " + text[:CHUNK])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (POD.replace("true", "!!bool 'true'"), True),
        (POD.replace("true", '!<tag:yaml.org,2002:bool> "true"'), True),
        ("%TAG !y! tag:yaml.org,2002:\n---\n" + POD.replace("true", "!y!bool 'true'"), True),
        (POD.replace("true", "!!str true"), False),
        (POD.replace("true", "'true'"), False),
    ],
)
def test_a_type_that_a_tag_says_is_the_type(text: str, found: bool, tmp_path: Path) -> None:
    assert bool(privileged(tmp_path, {"x.yaml": text})) is found


@pytest.mark.parametrize("user", ["0", "+0", "-0", "0.0", "0e1", "-0.0", "0x0", "!!int '0'", "0."])
def test_a_user_that_is_zero_to_kubernetes_is_root(user: str, tmp_path: Path) -> None:
    text = POD.replace("privileged: true", f"runAsUser: {user}")
    assert "root-user" in {finding.name for finding in judge(tmp_path, {"x.yaml": text}).findings}


@pytest.mark.parametrize("user", ["1000", "1e3", "1000.0", "+1"])
def test_another_user_isnt(user: str, tmp_path: Path) -> None:
    text = POD.replace("privileged: true", f"runAsUser: {user}")
    assert "root-user" not in {finding.name for finding in judge(tmp_path, {"x.yaml": text}).findings}


def test_a_plain_scalar_in_a_list_may_end_in_a_colon(tmp_path: Path) -> None:
    text = POD.replace("name: c,", "name: c, args: [1.2.3.4, 001:db8::, a:],")
    assert {finding.name for finding in judge(tmp_path, {"x.yaml": text}).findings} >= {"privileged"}
    assert not named(judge(tmp_path, {}), "parse-error")


@pytest.mark.parametrize(
    ("name", "text", "check"),
    [
        ("x.yaml", f"# caf\xe9 \x80\x9f\n{POD}", "privileged"),
        ("compose.yaml", f"# caf\xe9\n{SERVICES}", "privileged"),
        ("x.yaml", POD.replace("planted", "plant\xe9d"), "privileged"),
        ("Dockerfile", f"# caf\xe9\n{ROOT}", "root-user"),
    ],
)
def test_what_isnt_utf_8_is_judged_all_the_same(name: str, text: str, check: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    found = {finding.name for finding in judge(tmp_path, {}).findings}
    assert check in found
    assert ("parse-error" in found) is (name != "Dockerfile")


LIMIT = 6 * 1024 * 1024
"""Stands in for what is read of a manifest, to be quick."""


def sized(path: Path, size: int, *pieces: bytes) -> None:
    """A file of about this size that holds the pieces, the last one at its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    filler = b'  "name": "Springfield", "population": 12345,\n' * 20_000
    with open(path, "wb") as file:
        file.writelines(pieces[:-1])
        while file.tell() < size:
            file.write(filler)
        file.write(pieces[-1])


def test_large_data_is_no_finding_at_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hullcheck.discover.MAX_MANIFEST", LIMIT)
    sized(tmp_path / "data/cities.json", MAX_BYTES + 1, b'{"services": [\n', b"]}")
    sized(tmp_path / "data/huge.json", LIMIT + 1, b'[{"kind": "city"}\n', b"]")
    sized(tmp_path / "Dockerfile.tar", MAX_BYTES + 1, b"\0", b"")
    assert not judge(tmp_path, {}).findings


def test_what_is_too_large_and_holds_something_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hullcheck.discover.MAX_MANIFEST", LIMIT)
    sized(tmp_path / "a.yaml", LIMIT + 1, POD.encode())
    sized(tmp_path / "Dockerfile.big", MAX_BYTES + 1, ROOT.encode(), b"")
    sized(tmp_path / "Dockerfile", MAX_BYTES + 1, b"")
    found = named(judge(tmp_path, {}), "unreadable-file")
    assert {finding.location.path for finding in found} == {"a.yaml", "Dockerfile.big", "Dockerfile"}
    file = read(DiskTree(str(tmp_path)), Entry("a.yaml", Kind.YAML))
    assert isinstance(file, File)
    assert [problem.gap.cause if problem.gap else "" for problem in file.problems] == ["size"]


def test_a_large_bundle_is_judged_to_its_end(tmp_path: Path) -> None:
    comment = "# " + "x" * 98 + "\n"
    text = "---\n".join([WEB, comment * (MAX_BYTES // 100 + 1), POD])
    assert {path for path, _ in privileged(tmp_path, {"bundle.yaml": text})} == {"bundle.yaml"}
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": [json.loads(as_json(POD))], "x": "y" * MAX_BYTES})
    assert {path for path, _ in privileged(tmp_path, {"list.json": listed})} == {"bundle.yaml", "list.json"}


def test_a_pointer_of_git_lfs_is_told_of(tmp_path: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"
    files = {"a.yaml": text, "b.json": text}
    found = judge(tmp_path, files).findings
    assert [(finding.name, finding.location.path) for finding in found] == [("not-analysed", "a.yaml")]


def test_the_hook_passes_every_file_that_its_name_makes_of_interest() -> None:
    root = Path(__file__).parent.parent
    hooks = YAML(typ="safe").load(root / ".pre-commit-hooks.yaml")
    pattern = re.compile(hooks[0]["files"])
    names = [
        *YAML_NAMES,
        *JSON_NAMES,
        "a/DOCKERFILE",
        "x.dockerfile",
        "ContainerFile.dev",
        "y.YML",
        ".env",
        "a/Dockerfile.md",
    ]
    names += ["docker-bake.hcl", "Kustomization"]
    assert all(kind_of(name.rpartition("/")[2]) for name in names)
    assert [
        name for name in [*names, "c/templates/_helpers.tpl", "c/templates/NOTES.txt"] if not pattern.search(name)
    ] == []
