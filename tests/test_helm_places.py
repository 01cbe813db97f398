"""Where rendered values come from: values.yaml, the template, a helper, a parent chart."""

import pytest

from helm_support import rendered
from hullcheck.model.node import Mapping, Node, Sequence
from hullcheck.source import Source

VALUES = """\
image:
  repository: nginx # which one
  tag: "1.2"
  pullPolicy: ""
privileged: true
uid: 1000
empty: ""
securityContext:
  runAsNonRoot: false
  capabilities:
    drop: [ALL]
env:
  - name: A
    value: secret
  - name: B
    value: "{{ .Values.image.tag }}-x"
labels: {}
args: [a, b]
text: |
  line one
  line two
sub:
  port: 8080
global:
  registry: example.org
"""

HELPERS = """\
{{- define "name" -}}
{{ .Release.Name }}-{{ .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- define "context" -}}
runAsUser: {{ .uid }}
fixed: 7
{{- end -}}
"""

TEMPLATE = """\
kind: Deployment
metadata:
  name: {{ include "name" . }}
  labels: {{ toYaml .Values.labels | nindent 4 }}
spec:
  image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
  repository: {{ .Values.image.repository }}
  tag: {{ .Values.image.tag | quote }}
  policy: {{ .Values.image.pullPolicy | default "Always" }}
  privileged: {{ .Values.privileged }}
  uid: {{ int .Values.uid }}
  changed: {{ .Values.image.repository | upper | b64enc }}
  empty: "{{ .Values.empty }}"
  random: {{ randAlphaNum 10 | quote }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  context:
    {{- include "context" (dict "uid" .Values.uid) | nindent 4 }}
  env:
    {{- range .Values.env }}
    - name: {{ .name }}
      value: {{ tpl .value $ | quote }}
    {{- end }}
  args: {{ toJson .Values.args }}
  again: {{ (fromYaml (include "context" (dict "uid" .Values.uid))).runAsUser }}
  text: |
    {{- .Values.text | nindent 4 }}
  {{- with .Values.securityContext.capabilities }}
  drop: {{ index .drop 0 }}
  {{- end }}
  {{ .Values.image.repository }}: key
  merged: {{ (merge (dict "a" 1) .Values.image).repository }}
  chosen: {{ ternary .Values.uid 0 .Values.privileged }}
  literal: 'a''b'
"""

FILES = {
    "values.yaml": VALUES,
    "templates/_helpers.tpl": HELPERS,
    "templates/d.yaml": TEMPLATE,
    "charts/sub/Chart.yaml": "name: sub\nversion: 1.0.0\n",
    "charts/sub/values.yaml": "port: 80\nother: 1\n",
    "charts/sub/templates/s.yaml": "kind: Service\nport: {{ .Values.port }}\nother: {{ .Values.other }}\n"
    "registry: {{ .Values.global.registry }}\n",
}


def _at(root: Node, pointer: str) -> Node:
    for part in pointer.split("/"):
        found = (
            root.get(part)
            if isinstance(root, Mapping)
            else root.items[int(part)]
            if isinstance(root, Sequence)
            else None
        )
        assert found is not None, pointer
        root = found
    return root


def _place(node: Node) -> tuple[str, int, str, str]:
    place = node.location
    return place.path.removeprefix("c/"), place.line, place.text, node.because.replace("c/", "")


@pytest.fixture(scope="module")
def deployment() -> Node:
    return next(d.root for d in rendered(FILES).documents if d.template.endswith("d.yaml"))


PLACES = {
    "kind": ("templates/d.yaml", 1, "Deployment", ""),
    "metadata/name": (
        "templates/_helpers.tpl",
        2,
        '{{ .Release.Name }}-{{ .Chart.Name | trunc 63 | trimSuffix "-" }}',
        "",
    ),
    "metadata/labels": ("values.yaml", 17, "{}", "templates/d.yaml:4"),
    "spec/image": (
        "templates/d.yaml",
        6,
        '"{{ .Values.image.repository }}:{{ .Values.image.tag }}"',
        "values.yaml:2, values.yaml:3",
    ),
    "spec/repository": ("values.yaml", 2, "nginx", "templates/d.yaml:7"),
    "spec/tag": ("values.yaml", 3, '"1.2"', "templates/d.yaml:8"),
    "spec/policy": ("templates/d.yaml", 9, '"Always"', ""),
    "spec/privileged": ("values.yaml", 5, "true", "templates/d.yaml:10"),
    "spec/uid": ("values.yaml", 6, "1000", "templates/d.yaml:11"),
    "spec/changed": ("values.yaml", 2, "nginx", "templates/d.yaml:12"),
    "spec/empty": ("values.yaml", 7, '""', "templates/d.yaml:13"),
    "spec/random": ("templates/d.yaml", 14, "{{ randAlphaNum 10 | quote }}", ""),
    "spec/securityContext/runAsNonRoot": ("values.yaml", 9, "false", "templates/d.yaml:16"),
    "spec/securityContext/capabilities/drop/0": ("values.yaml", 11, "ALL", "templates/d.yaml:16"),
    "spec/context/runAsUser": ("values.yaml", 6, "1000", "templates/_helpers.tpl:5"),
    "spec/context/fixed": ("templates/_helpers.tpl", 6, "7", ""),
    "spec/env/0/name": ("values.yaml", 13, "A", "templates/d.yaml:21"),
    "spec/env/0/value": ("values.yaml", 14, "secret", "templates/d.yaml:22"),
    "spec/env/1/value": ("templates/d.yaml", 22, "{{ tpl .value $ | quote }}", "values.yaml:3, values.yaml:16"),
    "spec/args/1": ("values.yaml", 18, "b", "templates/d.yaml:24"),
    "spec/again": ("values.yaml", 6, "1000", "templates/d.yaml:25"),
    "spec/text": ("values.yaml", 19, "|\n  line one\n  line two\n", "templates/d.yaml:27"),
    "spec/drop": ("values.yaml", 11, "ALL", "templates/d.yaml:29"),
    "spec/nginx": ("templates/d.yaml", 31, "key", ""),
    "spec/merged": ("values.yaml", 2, "nginx", "templates/d.yaml:32"),
    "spec/chosen": ("values.yaml", 6, "1000", "templates/d.yaml:33"),
    "spec/literal": ("templates/d.yaml", 34, "'a''b'", ""),
}


@pytest.mark.parametrize("pointer", PLACES)
def test_value_knows_its_place(deployment: Node, pointer: str) -> None:
    assert _place(_at(deployment, pointer)) == PLACES[pointer]


def test_key_knows_its_place(deployment: Node) -> None:
    spec = _at(deployment, "spec")
    assert isinstance(spec, Mapping)
    context = spec.get("securityContext")
    assert isinstance(context, Mapping)
    key, made = context.key("runAsNonRoot"), spec.key("nginx")
    assert key is not None
    assert made is not None
    assert _place(key) == ("values.yaml", 9, "runAsNonRoot", "templates/d.yaml:16")
    assert _place(made) == ("values.yaml", 2, "nginx", "templates/d.yaml:31")


def test_collection_stands_from_its_first_child_to_its_last(deployment: Node) -> None:
    assert _place(_at(deployment, "spec/securityContext/capabilities"))[:3] == ("values.yaml", 11, "drop: [ALL")
    spec = _at(deployment, "spec")
    assert spec.location.path == "c/templates/d.yaml"
    assert spec.location.line == 6
    assert spec.location.text.endswith("literal: 'a''b'")


def test_subchart_has_values_of_its_parents() -> None:
    root = next(d.root for d in rendered(FILES).documents if d.template.endswith("s.yaml"))
    assert _place(_at(root, "port")) == ("values.yaml", 23, "8080", "charts/sub/templates/s.yaml:2")
    assert _place(_at(root, "other")) == ("charts/sub/values.yaml", 2, "1", "charts/sub/templates/s.yaml:3")
    assert _place(_at(root, "registry")) == ("values.yaml", 25, "example.org", "charts/sub/templates/s.yaml:4")


def test_users_values_win() -> None:
    values = [Source("prod.yaml", b"image: {tag: 9}\nsub: {port: 1}\n"), Source("more.yaml", b"sub: {port: 2}\n")]
    found = {d.template: d.root for d in rendered(FILES, values=values, sets=["uid=5"]).documents}
    deployment, service = found["c/templates/d.yaml"], found["c/charts/sub/templates/s.yaml"]
    assert _place(_at(deployment, "spec/tag")) == ("prod.yaml", 1, "9", "templates/d.yaml:8")
    assert _place(_at(service, "port")) == ("more.yaml", 1, "2", "charts/sub/templates/s.yaml:2")
    assert _place(_at(deployment, "spec/uid")) == ("templates/d.yaml", 11, "{{ int .Values.uid }}", "")


def test_unknown_value_says_why(deployment: Node) -> None:
    assert _at(deployment, "spec/random").unknown == "a random text"
    assert not _at(deployment, "spec/tag").unknown


def test_problem_is_at_the_action() -> None:
    files = {
        "templates/a.yaml": 'a: 1\nb: {{ required "say b" .Values.b }}\n',
        "templates/b.yaml": "a: {{ .Values.x.y.z }}\n",
    }
    problems = {p.location.path: (p.message, p.location.line, p.location.text) for p in rendered(files).problems}
    assert problems == {
        "c/templates/a.yaml": ("not rendered: say b", 2, '{{ required "say b" .Values.b }}'),
        "c/templates/b.yaml": (
            "not rendered: nil pointer evaluating interface {}.y",
            1,
            "{{ .Values.x.y.z }}",
        ),
    }


def test_what_it_renders_is_no_yaml() -> None:
    found = rendered({"templates/a.yaml": "a: 1\n---\nb: [{{ .Release.Name }}\nc: 1\n---\nd: 1\n"})
    assert [document.root.items[0][0].location.line for document in found.documents] == [1, 6]
    (problem,) = found.problems
    assert problem.message.startswith("what it renders is not YAML")
    assert problem.location.line in (3, 4)


def test_part_that_depends_on_the_unknown_is_left_out() -> None:
    template = """\
a: 1
---
{{- if eq (randNumeric 1) "5" }}
b: 1
{{- end }}
---
c: 1
"""
    found = rendered({"templates/a.yaml": template})
    assert [document.root.items[0][0].location.text for document in found.documents] == ["a", "c"]
    (problem,) = found.problems
    assert problem.message == "left out, for it depends on a value that isn't known: a random text"
    assert problem.location.text == '{{- if eq (randNumeric 1) "5" }}'
    assert (found.rendered, found.total) == (0, 1)
