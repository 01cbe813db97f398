"""Charts that Helm would refuse, or that lack a dependency: what can be known of them is judged, the rest is told."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helm_support import CHART, UNKNOWN, plain
from hullcheck.finding import Finding
from hullcheck.model.problem import Problem
from hullcheck.render.helm import render
from hullcheck.render.helm.index import Index
from hullcheck.render.helm.release import Rendered
from judge import judge, named

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{{{- include "c.labels" . | nindent 4 }}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - name: web
          image: {image}
          securityContext:
            privileged: {privileged}
          resources: {{limits: {{memory: 1Gi, cpu: 1}}}}
"""
VALUE = "{{ .Values.p }}"
HELPERS = '{{ define "c.labels" }}app: web{{ end }}{{ define "c.name" }}web{{ end }}'


def deployment(privileged: str = "true", name: str = "web", image: str = "registry.example.org/web:1.2.3") -> str:
    return DEPLOYMENT.format(name=name, image=image, privileged=privileged)


def judged(files: Mapping[str, str], folder: str = "c") -> Rendered:
    """The chart in a folder of these files, which are given by their paths."""
    data = {path: text.encode() for path, text in files.items()}
    index = Index((path for path in data if path.endswith("Chart.yaml")), data.get)
    return render(folder, data.get, lambda at: [p for p in sorted(data) if p.startswith(at)], index=index, lenient=True)


def chart(files: Mapping[str, str]) -> Rendered:
    return judged({f"c/{name}": text for name, text in {"Chart.yaml": CHART, **files}.items()})


def values(made: Rendered) -> list[object]:
    return [plain(document.root) for document in made.documents]


def gaps(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [problem.gap for problem in problems if problem.gap]  # type: ignore[misc]


# Every way to make a chart fail, with a value that makes it dangerous, must not hide the danger.

REFUSED = {
    "required": {"templates/d.yaml": deployment(VALUE, '{{ required "set it" .Values.n }}')},
    "required beside": {"templates/d.yaml": deployment(VALUE, image='{{ required "set it" .Values.n }}')},
    "fail": {"templates/d.yaml": '{{ if not .Values.ok }}{{ fail "ok?" }}{{ end }}\n' + deployment(VALUE)},
    "fail behind": {"templates/d.yaml": deployment(VALUE) + '{{ if not .Values.ok }}{{ fail "ok?" }}{{ end }}\n'},
    "fail in a helper": {
        "templates/_h.tpl": HELPERS + '{{ define "c.check" }}{{ fail "no" }}{{ end }}',
        "templates/d.yaml": '{{ include "c.check" . }}\n' + deployment(VALUE),
    },
    "an unknown function": {"templates/d.yaml": deployment(VALUE, "{{ nosuch .Values.n }}")},
    "an unknown function in a condition": {"templates/d.yaml": "{{ if nosuch 1 }}\n" + deployment(VALUE) + "{{ end }}"},
    "an unknown template": {"templates/d.yaml": deployment(VALUE, '{{ include "c.no" . }}')},
    "an unknown template as a statement": {"templates/d.yaml": '{{ template "c.no" . }}\n' + deployment(VALUE)},
    "a template whose name isn't known": {"templates/d.yaml": '{{ include (required "n" .Values.n) . }}\n' + deployment(VALUE)},
    "nil": {"templates/d.yaml": deployment(VALUE, "{{ .Values.a.b.c }}")},
    "an unknown variable": {"templates/d.yaml": "{{ $x := nosuch 1 }}\n" + deployment(VALUE, "{{ $x }}")},
    "a loop that is too long": {"templates/d.yaml": "{{ range until 9999999 }}{{ end }}\n" + deployment(VALUE)},
    "loops that take too long": {
        "templates/d.yaml": "{{ range until 9999 }}{{ range until 9999 }}#\n{{ end }}{{ end }}\n" + deployment(VALUE)
    },
    "a template without end": {
        "templates/_h.tpl": HELPERS + '{{ define "c.deep" }}{{ include "c.deep" . }}{{ end }}',
        "templates/d.yaml": '{{ include "c.deep" . }}\n' + deployment(),
    },
    "a wrong kind of value": {"templates/d.yaml": "{{ range .Values.p }}{{ end }}\n" + deployment(VALUE)},
    "syntax": {"templates/d.yaml": "{{ if }\n" + deployment()},
    "a block too many": {"templates/d.yaml": deployment() + "{{ end }}\n"},
    "output that is no YAML": {"templates/d.yaml": deployment() + "a: [\n"},
    "values that can't be read": {"values.yaml": "p: true\n x: [\n", "templates/d.yaml": deployment()},
    "values that are no mapping": {"values.yaml": "- p\n", "templates/d.yaml": deployment()},
    "values of the wrong kind": {
        "charts/s/Chart.yaml": CHART.replace("name: c", "name: s"),
        "values.yaml": "s: 1\n",
        "templates/d.yaml": deployment(),
    },
    "helpers that can't be parsed": {"templates/_h.tpl": HELPERS + "{{ if", "templates/d.yaml": deployment(VALUE)},
    "a missing dependency": {
        "Chart.yaml": CHART + "dependencies: [{name: common, version: 1.x.x, repository: 'oci://x'}]\n",
        "templates/_h.tpl": "",
        "templates/d.yaml": deployment(VALUE),
    },
    "a chart file that is empty": {"Chart.yaml": "", "templates/d.yaml": deployment()},
    "a chart file without a name": {"Chart.yaml": "version: 1.0.0\n", "templates/d.yaml": deployment()},
    "a library": {"Chart.yaml": CHART + "type: library\n", "templates/d.yaml": deployment(VALUE)},
    "a hook that isn't known": {
        "templates/d.yaml": deployment(VALUE).replace("  labels:", "  annotations: {helm.sh/hook: {{ nosuch }}}\n  labels:")
    },
    "both branches": {
        "templates/d.yaml": deployment("SWITCH").replace(
            "privileged: SWITCH", "{{- if nosuch 1 }}\n            runAsUser: 1\n            {{- else }}\n            privileged: true\n            {{- end }}"
        )
    },
    "the last of three branches": {
        "templates/d.yaml": deployment("SWITCH").replace(
            "SWITCH", "{{ if nosuch 1 }}false{{ else if nosuch 2 }}false{{ else }}true{{ end }}"
        )
    },
    "a branch in a helper": {
        "templates/_h.tpl": HELPERS
        + '{{ define "c.sc" }}{{ if nosuch }}\nrunAsUser: 1\nrunAsGroup: 1\n{{ else }}\nprivileged: true\nrunAsUser: 1\n{{ end }}{{ end }}',
        "templates/d.yaml": deployment("X").replace(
            "privileged: X", '{{- include "c.sc" . | nindent 12 }}'
        ),
    },
    "an unknown list": {
        "templates/d.yaml": "{{ range nosuch }}\n---\n" + deployment(VALUE.replace(".Values", "$.Values"), "{{ .n }}") + "{{ end }}\n"
    },
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_danger_is_found_whatever_makes_the_chart_fail(name: str, tmp_path: Path) -> None:
    files = {"Chart.yaml": CHART, "values.yaml": "p: true\nok: false\n", "templates/_h.tpl": HELPERS, **REFUSED[name]}
    result = judge(tmp_path, files)
    assert named(result, "privileged"), [finding.message for finding in result.findings]
    assert not named(result, "check-failed")


def test_values_that_cant_be_read_are_an_error_and_unknown(tmp_path: Path) -> None:
    files = {"Chart.yaml": CHART, "values.yaml": "p: true\n x: [\n", "templates/d.yaml": deployment(VALUE)}
    result = judge(tmp_path, files)
    assert [(f.location.path, f.location.line) for f in named(result, "parse-error")] == [("values.yaml", 2)]
    assert not named(result, "privileged")


def test_helpers_that_are_too_large_are_told_and_unknown(tmp_path: Path) -> None:
    helpers = HELPERS + "{{/*" + "x" * (5 * 1024 * 1024) + "*/}}"
    files = {
        "Chart.yaml": CHART,
        "values.yaml": "p: true\n",
        "templates/_h.tpl": helpers,
        "templates/d.yaml": deployment(VALUE),
    }
    result = judge(tmp_path, files)
    assert named(result, "privileged")
    assert [f.location.path for f in named(result, "not-analysed")] == ["templates/_h.tpl"]


# What is unknown is unknown, and nothing else.


def test_a_refused_value_is_unknown_and_the_rest_is_rendered() -> None:
    template = 'a: {{ required "x" .Values.x }}\nb: {{ .Values.y.z }}\nc: {{ nosuch }}\nd: {{ include "no" . | quote }}\ne: 1\n'
    made = chart({"templates/a.yaml": template})
    assert values(made) == [{"a": UNKNOWN, "b": UNKNOWN, "c": UNKNOWN, "d": UNKNOWN, "e": 1.0}]
    assert made.unsure
    assert not gaps(made.problems)
    assert [(each.path, each.judged) for each in made.templates] == [("c/templates/a.yaml", "full")]


def test_a_failure_prints_nothing_and_what_follows_counts() -> None:
    made = chart({"templates/a.yaml": 'a: 1\n{{ fail "no" }}\nb: 2\n', "templates/NOTES.txt": '{{ fail "no" }}'})
    assert values(made) == [{"a": 1.0, "b": 2.0}]
    assert not made.problems


def test_an_unknown_block_marks_the_mapping_that_it_stands_in() -> None:
    template = 'kind: A\nspec:\n  a: 1\n  {{- include "no" . | nindent 2 }}\n  b: {c: 2}\n'
    made = chart({"templates/a.yaml": template})
    (root,) = [document.root for document in made.documents]
    spec = root.get("spec")
    assert spec is not None and spec.unknown  # noqa: PT018  one thing
    assert plain(spec.get("b")) == {"c": 2.0}  # type: ignore[attr-defined]
    assert gaps(made.problems) == [("chart-template", "block in templates of chart `c`", "no template `no` is defined")]
    assert made.problems[0].location.text == '{{- include "no" . | nindent 2 }}'
    assert [each.judged for each in made.templates] == ["part"]


def test_an_unknown_label_is_no_gap() -> None:
    made = chart(
        {"templates/a.yaml": 'kind: A\nmetadata:\n  labels:\n    {{- include "no" . | nindent 4 }}\n    a: b\n'}
    )
    assert not made.problems
    assert [each.judged for each in made.templates] == ["full"]


def test_both_branches_of_an_unknown_condition_are_rendered_once() -> None:
    made = chart(
        {"templates/a.yaml": "a: 1\n{{ if nosuch }}\nb: 2\n{{ else }}\nb: 3\n{{ end }}\n", "templates/b.yaml": "c: 1\n"}
    )
    assert values(made) == [{"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 3.0}, {"c": 1.0}]


def test_what_only_one_branch_prints_isnt_missing_in_the_other() -> None:
    template = "kind: A\nspec:\n  {{- if nosuch }}\n  a: 1\n  {{- else }}{{ $x := 1 }}\n  {{- end }}\n  c: {{ if nosuch }}1{{ else }}{{ nil }}{{ end }}\n"
    first, second = chart({"templates/a.yaml": template.replace("{{ nil }}", "{{ $y := 1 }}")}).documents
    assert plain(first.root) == {"kind": "A", "spec": {"a": 1.0, "c": 1.0}}
    spec = second.root.get("spec")
    assert spec is not None and spec.unknown  # noqa: PT018  one thing
    assert plain(spec.get("c")) == UNKNOWN  # type: ignore[attr-defined]


def test_a_template_that_is_nothing_but_unknown_is_a_gap() -> None:
    files = {
        "Chart.yaml": CHART + "dependencies: [{name: lib, version: 1.0.0}, {name: db, version: 1.0.0}]\n",
        "templates/a.yaml": '{{ include "lib.a" . }}\n',
        "templates/b.yaml": '{{ include "lib.b" . }}\n',
        "templates/c.yaml": 'kind: A\nspec:\n  {{ include "lib.c" . }}\n  a: 1\n',
    }
    made = chart(files)
    because = "dependencies `lib`, `db` aren't here"
    assert sorted(gaps(made.problems)) == [
        ("chart-dependency", "block in templates of chart `c`", because),
        ("chart-dependency", "template of chart `c`", because),
        ("chart-dependency", "template of chart `c`", because),
    ]
    assert {each.path[-6:]: each.judged for each in made.templates} == {
        "a.yaml": "none",
        "b.yaml": "none",
        "c.yaml": "part",
    }


def test_a_dependency_that_no_template_misses_is_one_gap_and_none_if_it_is_off() -> None:
    listed = (
        CHART
        + "dependencies: [{name: db, version: 1.x.x, condition: db.enabled}, {name: mq, version: 1.x.x, condition: mq.enabled}]\n"
    )
    files = {
        "Chart.yaml": listed,
        "values.yaml": "db: {enabled: true}\nmq: {enabled: false}\n",
        "templates/a.yaml": "a: 1\n",
    }
    made = chart(files)
    assert [problem.message.split("`")[1] for problem in made.problems] == ["db"]
    assert [gap[0] for gap in gaps(made.problems)] == ["chart-dependency"]


# Dependencies in the repository.

LIBRARY = "apiVersion: v2\nname: lib\nversion: 1.4.0\ntype: library\n"
USES = 'apiVersion: v1\nkind: Pod\nmetadata: {name: {{ include "lib.name" . }}}\nspec: {{ include "lib.spec" . }}\n'
DEFINES = '{{ define "lib.name" }}web{{ end }}{{ define "lib.spec" }}{hostNetwork: true, containers: [{name: a, image: "b:1"}]}{{ end }}'


@pytest.mark.parametrize(
    ("entry", "used"),
    [
        ("{name: lib, version: 1.x.x, repository: 'file://../lib'}", True),
        ("{name: lib, version: 1.4.0, repository: 'file://../../charts/lib'}", True),
        ("{name: lib, version: 1.x.x, repository: 'oci://registry.example.org/charts'}", True),
        ("{name: lib, version: ^1.2.0, repository: 'https://charts.example.org'}", True),
        ("{name: lib, version: '>=1', alias: other}", True),
        ("{name: lib, version: 2.x.x, repository: 'oci://registry.example.org/charts'}", False),
        ("{name: other, version: 1.x.x, repository: 'oci://registry.example.org/charts'}", False),
        ("{name: other, version: 1.x.x, repository: 'file:///etc/lib'}", False),
        ("{name: other, version: 1.x.x, repository: 'file://../../../../etc'}", False),
    ],
)
def test_a_dependency_that_is_a_chart_of_the_repository_is_used(entry: str, used: bool, tmp_path: Path) -> None:
    files = {
        "charts/app/Chart.yaml": CHART + f"dependencies: [{entry}]\n",
        "charts/app/templates/pod.yaml": USES,
        "charts/lib/Chart.yaml": LIBRARY,
        "charts/lib/templates/_lib.tpl": DEFINES,
    }
    result = judge(tmp_path, files)
    assert bool(named(result, "host-network")) == used
    assert bool(named(result, "not-analysed")) != used


def test_the_newest_version_that_fits_is_taken_and_the_nearest_of_those() -> None:
    texts = {"a/x/Chart.yaml": "1.0.0", "a/y/Chart.yaml": "1.2.0", "b/z/Chart.yaml": "1.2.0", "b/w/Chart.yaml": "2.0.0"}
    data = {path: f"name: lib\nversion: {version}\n".encode() for path, version in texts.items()}
    index = Index(data, data.get)
    assert index.folder("lib", "1.x.x", "a/app") == "a/y"
    assert index.folder("lib", "1.x.x", "b/app") == "b/z"
    assert index.folder("lib", "", "b/app") == "b/w"
    assert index.folder("lib", "3.x.x", "b/app") is None
    assert index.folder("lib", "2.x.x", "b/w") is None


def test_charts_that_depend_on_each_other_end() -> None:
    files = {
        f"{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies: [{{name: {other}, version: 1.x.x}}]\n"
        for name, other in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    made = judged({**files, "a/templates/a.yaml": "a: 1\n", "c/templates/c.yaml": "c: 1\n"}, "a")
    assert values(made) == [{"c": 1.0}, {"a": 1.0}]


def test_a_chart_is_judged_by_its_own_values_though_another_uses_it(tmp_path: Path) -> None:
    sub = {
        "sub/Chart.yaml": CHART.replace("name: c", "name: sub"),
        "sub/values.yaml": "p: true\n",
        "sub/templates/d.yaml": deployment(VALUE),
    }
    main = {
        "main/Chart.yaml": CHART + "dependencies: [{name: sub, version: 0.1.0, repository: 'file://../sub'}]\n",
        "main/values.yaml": "sub: {p: false}\n",
    }
    found = named(judge(tmp_path, {**sub, **main}), "privileged")
    assert [finding.location.path for finding in found] == ["sub/values.yaml"]


# Mutations: whatever breaks, a planted container is found or the template is told as not judged.

SOUND = {
    "Chart.yaml": CHART,
    "values.yaml": "name: web\nports: [80, 443]\nextra: {a: {n: 1}, b: {n: 2}}\nenabled: true\n",
    "templates/_helpers.tpl": HELPERS
    + '{{ define "c.env" }}\n- name: A\n  value: b\n{{ end }}{{ define "c.if" }}{{ if .Values.enabled }}yes{{ end }}{{ end }}',
    "templates/a.yaml": deployment("true", '{{ include "c.name" . }}'),
    "templates/b.yaml": "{{- range $k, $v := .Values.extra }}\n---\n" + deployment("true", "x-{{ $k }}") + "{{- end }}\n",
    "templates/c.yaml": '{{- if include "c.if" . }}\n' + deployment(name="third") + '          env: {{- include "c.env" . | nindent 12 }}\n{{- end }}\n',
    "templates/d.yaml": deployment("true", "fourth-{{ .Values.name | upper | lower }}").replace(
        "          resources", "          ports:\n            {{- range .Values.ports }}\n            - containerPort: {{ . }}\n            {{- end }}\n          resources"
    ),
}  # fmt: skip
BREAKS = ["{{ nosuch }}", '{{ fail "x" }}', "{{ .Values.no.no.no }}", '{{ required "x" .Values.no }}', "{{", "}}", "{{ end }}", "{{ if x }}",
          '{{ include "no" . }}', '{{ include "no" . | nindent 10 }}', "{{ range until 9999999 }}{{ end }}", "a: [", "\t"]  # fmt: skip


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from(sorted(SOUND)), st.sampled_from(BREAKS), st.floats(0, 1), st.booleans())
def test_whatever_breaks_the_danger_is_found_or_told(
    tmp_path_factory: pytest.TempPathFactory, name: str, broken: str, where: float, own_line: bool
) -> None:
    text = SOUND[name]
    lines = text.split("\n")
    number = int(where * (len(lines) - 1))
    lines[number] = f"{lines[number]}\n{broken}" if own_line else lines[number] + broken
    folder = tmp_path_factory.mktemp("chart")
    result = judge(folder, {**SOUND, name: "\n".join(lines)})
    found = {finding.location.path for finding in named(result, "privileged")}
    told = named(result, "not-analysed", "parse-error", "unreadable-file")
    for template in ("templates/a.yaml", "templates/b.yaml", "templates/c.yaml", "templates/d.yaml"):
        assert template in found or _about(told, template, name), (name, lines[number])


def _about(told: list[Finding], template: str, changed: str) -> bool:
    """Is it told that something of the template, or of the chart as a whole, isn't judged?"""
    return any(finding.location.path in (template, changed, "Chart.yaml") for finding in told)


def test_a_fault_of_a_library_s_template_is_shown_once_for_all_charts(tmp_path: Path) -> None:
    template = '{{ define "lib.pod" }}\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostNetwork: true\n  containers: [{name: c, image: "x:1"}]\n{{ end }}\n'
    files = {"lib/Chart.yaml": LIBRARY, "lib/templates/_p.tpl": template}
    for name in ("one", "two"):
        files[f"{name}/Chart.yaml"] = (
            f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
            "dependencies: [{name: lib, version: 1.x.x, repository: 'file://../lib'}]\n"
        )
        files[f"{name}/templates/p.yaml"] = '{{ include "lib.pod" . }}\n'
    (finding,) = named(judge(tmp_path, files), "host-network")
    assert [one.scope for one in (finding, *finding.also)] == ["one", "two"]


def test_values_that_are_too_large_are_told_and_unknown(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": CHART,
        "values.yaml": "p: true\n" + "# far too long\n" * 400_000,
        "templates/d.yaml": deployment(VALUE),
    }
    (item,) = judge(tmp_path, files).coverage.unjudged
    assert (item.path, item.cause) == ("values.yaml", "unreadable")
