"""Every object that is written is judged in some world, each world has a name of its own, and each owner its finding."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullcheck.discover import Tree
from hullcheck.link.kubernetes import Linked, link
from hullcheck.parse.kubernetes import KUSTOMIZATION_NAMES, read
from hullcheck.source import Source

CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"


class Memory:
    """The part of a tree that the linker asks."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files
        self.paths = list(files)

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path].encode()


def pod(name: str, more: str = "", kind: str = "Pod") -> str:
    return f"""\
apiVersion: v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  {more}
  containers: [{{name: app, image: "registry.example.com/app:1", securityContext: {{privileged: true}}}}]
"""


def linked(files: dict[str, str]) -> Linked:
    """The files united, as a run would unite them."""
    manifests = {
        path: model
        for path, text in files.items()
        if not path.endswith("Chart.yaml") and (model := read(Source(path, text.encode()))) is not None
        if model.objects or model.problems or path.rpartition("/")[2] in KUSTOMIZATION_NAMES
    }
    tree: Tree = Memory(files)  # type: ignore[assignment]
    found = link(manifests, tree, [path for path in files if path.endswith("Chart.yaml")])
    assert not [v for v in found.verdicts(manifests) if not v.worlds], "each object is judged somewhere"
    names = [world.name for world in found.worlds]
    assert len(set(names)) == len(names)
    return found


def privileged(found: Linked) -> set[tuple[str, str]]:
    """The privileged workloads by world and name."""
    return {
        (world.name, workload.name)
        for world in found.worlds
        for workload in world.workloads
        if any(c.privileged.value for c in workload.containers)
    }


@pytest.mark.parametrize("chart", [CHART, "", "{broken", "name: ''\n", "[]\n"])
@pytest.mark.parametrize(
    "path", ["pod.yaml", "k8s/pod.yaml", "crds/pod.yaml", "a/templates/pod.yaml", "ci/values.yaml"]
)
@pytest.mark.parametrize("folder", ["", "deploy/"])
def test_a_chart_claims_its_templates_only(folder: str, path: str, chart: str) -> None:
    found = linked({f"{folder}Chart.yaml": chart, f"{folder}{path}": pod("p")})
    assert {name for _, name in privileged(found)} == {"p"}


@pytest.mark.parametrize(
    "files",
    [
        {"templates/p.yaml": pod("p")},
        {"templates/_p.yaml": pod("p")},
        {"templates/p.yaml": pod("p"), ".helmignore": "templates/p.yaml\n"},
        {"charts/sub/Chart.yaml": CHART.replace("shop", "sub"), "charts/sub/templates/p.yaml": pod("p")},
        {"charts/sub/Chart.yaml": CHART.replace("shop", "sub"), "charts/sub/crds/p.yaml": pod("p")},
        {"templates/list.yaml": f"apiVersion: v1\nkind: List\nitems:\n- {pod('p').replace(chr(10), chr(10) + '  ')}"},
    ],
)
def test_what_lies_in_a_chart_is_judged_even_where_the_chart_leaves_it_out(files: dict[str, str]) -> None:
    assert {name for _, name in privileged(linked({"Chart.yaml": CHART, **files}))} == {"p"}
    library = {"Chart.yaml": CHART + "type: library\n", **files}
    assert {name for _, name in privileged(linked(library))} == {"p"}


def test_what_a_chart_installs_belongs_to_its_world() -> None:
    found = linked(
        {"a/Chart.yaml": CHART, "a/crds/p.yaml": pod("p"), "a/templates/q.yaml": pod("q"), "a/r.yaml": pod("r")}
    )
    assert privileged(found) == {("a", "p"), ("a", "q"), ("a/r.yaml", "r")}


def test_a_broken_chart_is_told_where_it_has_templates() -> None:
    found = linked({"a/Chart.yaml": "", "a/templates/p.yaml": pod("p"), "b/Chart.yaml": "", "b/p.yaml": pod("q")})
    (problem,) = found.problems
    assert problem.gap is not None
    assert (problem.owner, problem.gap.cause, problem.gap.what) == ("a", "chart", "chart")


def test_a_chart_inside_a_broken_chart_is_rendered() -> None:
    template = pod("p").replace("privileged: true", "privileged: {{ .Values.p }}")
    inner = {
        "charts/in/Chart.yaml": CHART,
        "charts/in/values.yaml": "p: true\n",
        "charts/in/templates/p.yaml": template,
    }
    assert privileged(linked({"Chart.yaml": "", **inner})) == {("charts/in", "p")}


def kustomization(*resources: str, more: str = "") -> str:
    return f"resources: [{', '.join(resources)}]\n{more}"


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"prod/kustomization.yaml": kustomization("../base", more="nonsense: true\n")}, "overlay"),
        ({"prod/kustomization.yaml": kustomization("../base", more="patches: [{patch: '[]'}]\n")}, "overlay"),
        ({"prod/kustomization.yaml": kustomization("../base", "https://example.com/x.yaml")}, "remote"),
        ({"prod/kustomization.yaml": kustomization("../base", "gone.yaml")}, "missing"),
        ({"prod/kustomization.yaml": kustomization("../base", "../../out")}, "outside"),
        ({"prod/kustomization.yaml": kustomization("../base", more="helmCharts: [{name: x}]\n")}, "generator"),
        ({"prod/kustomization.yaml": kustomization("../base"), "base/kustomization.yaml": kustomization("../prod")}, "overlay"),
        (
            {"prod/kustomization.yaml": kustomization("../base"), "base/kustomization.yaml": kustomization("p.yaml", "../base")},
            "overlay",
        ),
    ],
)  # fmt: skip
def test_an_overlay_that_is_not_built_is_told_and_its_resources_are_judged(files: dict[str, str], cause: str) -> None:
    base = {"base/kustomization.yaml": kustomization("p.yaml"), "base/p.yaml": pod("p")}
    found = linked({**base, **files})
    assert {name for _, name in privileged(found)} == {"p"}
    gaps = {problem.gap for problem in found.problems if problem.gap}
    assert cause in {gap.cause for gap in gaps}
    assert {gap.what for gap in gaps} == {"overlay"}
    assert {problem.owner for problem in found.problems} <= {"prod", "base"}


def test_what_only_a_refused_overlay_includes_is_built_itself() -> None:
    files = {
        "prod/kustomization.yaml": kustomization("../mid", more="nonsense: true\n"),
        "mid/kustomization.yaml": kustomization("../base", more="namePrefix: mid-\n"),
        "base/kustomization.yaml": kustomization("p.yaml"),
        "base/p.yaml": pod("p"),
    }
    assert privileged(linked(files)) == {("mid", "mid-p")}


@pytest.mark.parametrize(
    "more",
    [
        "patches: [{path: p.yaml, target: {kind: ConfigMap}}]",  # there is none
        "patches: [{path: p.yaml, target: {kind: Service}}]",  # of another kind
        "configurations: [p.yaml]",
        "configMapGenerator: [{name: x, files: [p.yaml]}]",
        "validators: [p.yaml]",
    ],
)
def test_a_whole_object_that_an_overlay_does_not_put_out_is_judged(more: str) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
    found = linked(
        {"o/kustomization.yaml": kustomization("s.yaml", more=more), "o/s.yaml": service, "o/p.yaml": pod("p")}
    )
    assert "p" in {name for _, name in privileged(found)}


def test_an_object_that_keeps_itself_local_is_judged() -> None:
    local = pod("p").replace("{name: p}", "{name: p, annotations: {config.kubernetes.io/local-config: 'true'}}")
    found = linked({"o/kustomization.yaml": kustomization("p.yaml", "q.yaml"), "o/p.yaml": local, "o/q.yaml": pod("q")})
    assert {name for _, name in privileged(found)} == {"p", "q"}


def test_a_component_that_nothing_uses_is_told_if_it_changes_something() -> None:
    kind = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    found = linked({"a/kustomization.yaml": kind + "namePrefix: x-\n", "b/kustomization.yaml": kind + "resources: [p.yaml]\n", "b/p.yaml": pod("p")})  # fmt: skip
    assert [(problem.owner, problem.gap and problem.gap.cause) for problem in found.problems] == [("a", "unused")]
    assert privileged(found) == {("b", "p")}


def test_a_pod_behind_a_kustomization_is_judged() -> None:
    """Whoever reads the file gives both."""
    text = kustomization("q.yaml")
    both = read(Source("kustomization.yaml", text.encode()))._replace(
        objects=read(Source("pod.yaml", pod("p").encode())).objects
    )
    files = {"kustomization.yaml": both, "q.yaml": read(Source("q.yaml", pod("q").encode()))}
    found = link(files, Memory({"q.yaml": pod("q")}), [])  # type: ignore[arg-type]
    assert privileged(found) == {(".", "q"), ("kustomization.yaml", "p")}
    assert [(v.path, v.worlds) for v in found.verdicts(files)] == [
        ("kustomization.yaml", ("kustomization.yaml",)),
        ("q.yaml", (".",)),
    ]


def test_worlds_of_one_folder_have_names_of_their_own() -> None:
    base = {"kustomization.yaml": kustomization("base.yaml"), "base.yaml": pod("base")}
    assert privileged(linked({**base, "debug.yaml": pod("p")})) == {(".", "base"), ("debug.yaml", "p")}
    found = linked({**base, "a.yaml": pod("a"), "b.yaml": pod("b")})
    assert privileged(found) == {(".", "base"), ("a.yaml + b.yaml", "a"), ("a.yaml + b.yaml", "b")}
    found = linked({**base, **{f"{name}.yaml": pod(name) for name in "abcd"}})
    assert {world for world, _ in privileged(found)} == {".", "a.yaml + 3 more"}
    found = linked({"k/Chart.yaml": CHART, "k/kustomization.yaml": kustomization("o.yaml"), "k/o.yaml": pod("o"), "k/templates/t.yaml": pod("t"), "k/p.yaml": pod("p")})  # fmt: skip
    assert privileged(found) == {("k", "o"), ("k/Chart.yaml", "t"), ("k/p.yaml", "p")}


def test_one_more_alternative_renames_no_other() -> None:
    before = linked({"k/a.yaml": pod("a"), "k/b.yaml": pod("b")})
    after = linked({"k/a.yaml": pod("a"), "k/a2.yaml": pod("a"), "k/b.yaml": pod("b")})
    assert {world.name for world in before.worlds} == {"k"}
    assert {world.name for world in after.worlds} == {"k", "k/a2.yaml"}


FOLDERS = ["", "a", "a/b", "a/b/templates", "a/crds", "a/charts/c", "a/charts/c/templates", "templates", "o", "o/base"]
KINDS = ["Pod", "Deployment", "ConfigMap", "Role"]


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """Folders with charts, good and bad, kustomizations that include what is and isn't there, and manifests."""
    files: dict[str, str] = {}
    chosen = draw(st.lists(st.sampled_from(FOLDERS), min_size=1, max_size=5, unique=True))
    names = st.sampled_from(["x.yaml", "y.yaml", "_z.yaml", "values.yaml"])

    def at(folder: str, name: str) -> str:
        return f"{folder}/{name}" if folder else name

    for folder in chosen:
        for name in draw(st.lists(names, max_size=3, unique=True)):
            objects = draw(st.lists(st.sampled_from(["p", "q", "r"]), min_size=1, max_size=2))
            files[at(folder, name)] = "---\n".join(pod(each) for each in objects)
        if draw(st.booleans()):
            files[at(folder, "Chart.yaml")] = draw(st.sampled_from([CHART, "", CHART + "type: library\n", "{"]))
        if draw(st.booleans()):
            fields = {
                "resources": draw(st.lists(st.sampled_from(["x.yaml", "y.yaml", "../b", "../a", "base", "gone"]), max_size=3)),
                "patches": draw(st.lists(st.sampled_from(["{path: x.yaml}", "{path: y.yaml, target: {kind: Job}}"]), max_size=1)),
                "components": draw(st.lists(st.sampled_from(["../o", "base"]), max_size=1)),
            }  # fmt: skip
            text = "".join(f"{key}: [{', '.join(values)}]\n" for key, values in fields.items() if values)
            text += draw(st.sampled_from(["", "namePrefix: n-\n", "unknown: 1\n", "kind: Component\n"]))
            files[at(folder, "kustomization.yaml")] = text
        if draw(st.booleans()):
            files[at(folder, ".helmignore")] = "x.yaml\n"
    return files


@settings(max_examples=300, deadline=None)
@given(trees())
def test_every_object_of_a_random_tree_is_found_or_told(files: dict[str, str]) -> None:
    found = linked(files)
    judged = {
        (container.location.path, container.location.line)
        for world in found.worlds
        for workload in world.workloads
        for container in workload.containers
        if container.privileged.value
    }
    written = {
        (path, number)
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if "privileged" in line
    }
    told = {path for path, _ in judged}
    same = {path for path in files if any(set(found.built.get(path, ())) & set(found.built.get(o, ())) for o in told)}
    # An overlay's patch that says what the object says already is told where the object does.
    assert {(path, number) for path, number in written - judged if path not in same} == set()
