"""Charts as wholes: which files count, what goes into subcharts, and in which order the objects come."""

import io
import tarfile
from pathlib import Path

import pytest

from helm_support import documents, helm_template, plain, rendered
from hullcheck.render.helm import charts
from hullcheck.source import Source

OBJECT = "apiVersion: v1\nkind: {}\nmetadata:\n  name: {}\n"
SHOW = "v: {{ .Values | toJson | quote }}\nn: {{ .Chart.Name }}\nt: {{ .Template.Name }} {{ .Template.BasePath }}\n"


def _tgz(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def _hook(kind: str, name: str, hook: str) -> str:
    return OBJECT.format(kind, name) + f'  annotations:\n    "helm.sh/hook": {hook}\n'


CHARTS: dict[str, dict[str, str | bytes]] = {
    "order": {
        "templates/z.yaml": "---\n".join(
            OBJECT.format(kind, "z")
            for kind in ["Deployment", "Zebra", "Service", "Secret", "Apple", "Ingress", "Namespace", "CronJob", "Role", "Job"]
        ),
        "templates/a/b.yaml": OBJECT.format("Service", "a") + "---\n" + OBJECT.format("Zebra", "a"),
        "templates/hooks.yaml": "---\n".join(
            [
                _hook("Pod", "test", "test"),
                _hook("Job", "pre", "pre-install,post-upgrade"),
                _hook("Secret", "early", "pre-install"),
                _hook("Job", "odd", "crd-install"),
                _hook("ConfigMap", "spaces", '" Post-Install , test-success"'),
            ]
        ),
    },
    "files that count": {
        "templates/a.yaml": "a: {{ .Files.Get \"a.txt\" }}{{ len .Files }}\n",
        "templates/b.yml": "b: 1\n",
        "templates/c.json": '{"c": {{ .Release.Revision }}}',
        "templates/d.txt": "d: 1\n",
        "templates/NOTES.txt": "notes: 1\n",
        "templates/sub/NOTES.txt": "notes: 1\n",
        "templates/sub/_e.yaml": '{{ define "e" }}e{{ end }}e: 1\n',
        "templates/sub/f.yaml": 'f: {{ include "e" . }}\n',
        "templates/.hidden.yaml": "hidden: 1\n",
        "templates/empty.yaml": "",
        "templates/blank.yaml": "\n  \n# nothing\n",
        "templates/README": "readme: 1\n",
        "crds/crd.yaml": OBJECT.format("CustomResourceDefinition", "x"),
        "a.txt": "x",
        "b/c.txt": "x",
        "other.yaml": "other: {{ 1 }}\n",
        "values.schema.json": "{}",
        "charts/_off/Chart.yaml": "name: off\nversion: 1.0.0\n",
        "charts/_off/templates/a.yaml": "off: 1\n",
        "charts/.off/Chart.yaml": "name: off\nversion: 1.0.0\n",
    },
    "files that are ignored": {
        ".helmignore": "# comment\u2028templates/*\n\n*.bak\n/top.txt\nold/\nx/*.txt\n[ab].md\n",
        "templates/a.yaml": "{{ range $k, $v := .Files.Glob \"**\" }}{{ $k | replace \".\" \"_\" | replace \"/\" \"_\" }}: 1\n{{ end }}a: 1\n",
        "templates/b.yaml.bak": "b: 1\n",
        "templates/old/c.yaml": "c: 1\n",
        "old/d.txt": "d",
        "top.txt": "t",
        "x/e.txt": "e",
        "x/y/f.txt": "f",
        "a.md": "a",
        "c.md": "c",
        "keep.md": "k",
    },
    "separators": {
        "templates/a.yaml": "a: 1\n---\n\n---\n# only a comment\n--- # and another\nb: 1\n---c: 1\n",
        "templates/b.yaml": "---\nd: |\n  x\n  ---\n  y\n---\ne: |+\n  z\n\n---\nf: |\n  end",
        "templates/c.yaml": "\r\n---\r\ng: 1\r\nh: |\r\n  i\r\n  j\r\n---\r\n",
        "templates/d.yaml": b"\xef\xbb\xbfk: {{ .Values.l }}\n",
        "values.yaml": b"\xef\xbb\xbfl: 1\n---\nl: 2\nm: 3\n",
    },
    "definitions": {
        "templates/_a.tpl": '{{ define "x" }}a{{ end }}{{ define "w" }}a{{ end }}',
        "templates/_b.tpl": '{{ define "x" }}b{{ end }}{{ define "y" }}b{{ end }}{{ define "w" }} {{ end }}',
        "templates/deep/_a.tpl": '{{ define "x" }}deep{{ end }}{{ define "z" }}deep{{ end }}',
        "templates/t.yaml": 'x: {{ include "x" . }}\ny: {{ include "y" . }}\nz: {{ include "z" . }}\nw: {{ include "w" . }}\n',
        "charts/s/Chart.yaml": "name: s\nversion: 1.0.0\n",
        "charts/s/templates/_a.tpl": '{{ define "x" }}sub{{ end }}{{ define "only" }}sub{{ end }}',
        "charts/s/templates/t.yaml": 's: {{ include "x" . }}{{ include "only" . }}\n',
    },
    "values that change": {
        "values.yaml": "n: 0\nm: {a: 1}\n",
        "templates/a.yaml": '{{ $_ := set .Values "n" (add .Values.n 1) }}a: {{ .Values.n }}\n',
        "templates/b.yaml": '{{ $_ := set .Values "n" (add .Values.n 10) }}b: {{ .Values.n }}\n',
        "templates/c/d.yaml": '{{ $_ := set .Values "n" (add .Values.n 100) }}d: {{ .Values.n }}\n',
        "templates/e.yaml": '{{ $x := merge (dict "b" 2) .Values.m }}{{ $_ := set .Values.m "c" 3 }}e: {{ $x | toJson }}\n',
        "templates/f.yaml": '{{ $x := deepCopy .Values.m | merge (dict "z" 1) }}f: {{ $x | toJson }}\ng: {{ .Values.m | len }}\n',
    },
    "a library": {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: lib, version: 1.x, repository: 'x'}]\n",
        "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.2.3\ntype: library\n",
        "charts/lib/values.yaml": "v: 1\n",
        "charts/lib/templates/_l.tpl": '{{ define "lib" }}{{ .Chart.Name }}{{ end }}',
        "charts/lib/templates/no.yaml": 'no: 1\n{{ define "lib.no" }}x{{ end }}',
        "templates/t.yaml": 't: {{ include "lib" . }} {{ .Values | toJson | quote }}\n',
    },
    "an archive": {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: p, version: 1.x, alias: q}]\n",
        "charts/p-1.2.3.tgz": _tgz(
            {
                "p/Chart.yaml": "name: p\nversion: 1.2.3\nappVersion: 1.10\n",
                "p/values.yaml": "a: 1\nb: {c: 2}\n",
                "p/templates/t.yaml": SHOW + "f: {{ .Files.Get \"x.txt\" }}{{ .Chart.AppVersion }}\n",
                "p/x.txt": "x",
                "p/charts/i/Chart.yaml": "name: i\nversion: 0.1.0\n",
                "p/charts/i/templates/t.yaml": SHOW,
            }
        ),
        "values.yaml": "q: {a: 5, i: {z: 1}}\nglobal: {g: 1}\n",
        "templates/t.yaml": SHOW + "s: {{ .Subcharts.q.Values.a }}{{ .Subcharts.q.Chart.Name }}\n",
    },
    "requirements": {
        "Chart.yaml": "apiVersion: v1\nname: c\nversion: 1.0.0\n",
        "requirements.yaml": "dependencies:\n- {name: s, version: 1.0.0, condition: s.on}\n- {name: r, version: '*', tags: [x]}\n",
        "values.yaml": "s: {on: false}\ntags: {x: true}\n",
        "templates/t.yaml": SHOW + "f: {{ len .Files }}\n",
        **{
            f"charts/{name}/{file}": text
            for name in "sr"
            for file, text in {"Chart.yaml": f"name: {name}\nversion: 1.0.0\n", "templates/t.yaml": SHOW}.items()
        },
    },
    "wrong versions": {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: s, version: 2.x}]\n",
        "charts/s/Chart.yaml": "name: s\nversion: 1.0.0\n",
        "charts/s/templates/t.yaml": SHOW,
        "templates/t.yaml": SHOW,
    },
    "odd values": {
        "values.yaml": "? a\n: 1\n1: one\nyes: on\n1.5: x\nnothing: null\nbelow: {nothing: null, x: 1}\n&x anchor: &y {a: 1}\nm: {<<: *y, b: 2}\n"
        "l: [*y, null]\nt: !!str 5\ni: !!int '7'\nd: 2001-01-01\na: last\n",
        "templates/t.yaml": SHOW + "k: {{ hasKey .Values \"nothing\" }} {{ hasKey .Values.below \"nothing\" }}\n",
    },
    "no values": {"templates/t.yaml": SHOW},
    "metadata": {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\nappVersion: 2\nkeywords: [a, b]\nhome: h\nsources: [s]\n"
        "maintainers: [{name: m, email: e}]\nannotations: {a: b}\ndescription: d\nicon: i\ntype: application\n",
        "templates/t.yaml": "c: {{ .Chart | toJson | quote }}\na: {{ .Chart.Annotations.a }} {{ .Chart.Annotations.z }}\n"
        "m: {{ (index .Chart.Maintainers 0).Name }}\n",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_chart_gives_what_helm_gives(name: str, tmp_path: Path) -> None:
    found = helm_template(tmp_path, CHARTS[name])
    assert found.returncode == 0, found.stderr
    ours = rendered(CHARTS[name])
    assert not [problem for problem in ours.problems if "isn't in the chart" not in problem.message]
    assert [plain(document.root) for document in ours.documents] == documents(found.stdout)


OPTIONS = {
    "templates/t.yaml": "{{ .Release.Name }}-{{ .Release.Namespace }}: {{ .Capabilities.KubeVersion }}"
    "{{ .Capabilities.KubeVersion.Minor }}\nv: {{ .Values | toJson | quote }}\n",
    "values.yaml": "a: {b: 1, c: [1, 2]}\nd: x\n",
}
SETS = [
    "a.b=2", "a.c={x,y}", "a.c[1]=z", "d=null", "e.f.g=true", "h=1000000", "i=1.5", "j=a\\,b", "k\\.l=1", "m[0].n=x,m[0].o=2",
    "p=", "q={}", "q={a,}", "r=0123", "a.b=1,a=2", "u={ a , b },v=a=b", "w[0][1]=2", "x=1,", "s=nope,t=null",
]  # fmt: skip


@pytest.mark.parametrize("each", SETS)
def test_set_is_taken_as_helm_takes_it(each: str, tmp_path: Path) -> None:
    found = helm_template(tmp_path, OPTIONS, "--set", each)
    assert found.returncode == 0, found.stderr
    ours = rendered(OPTIONS, sets=[each])
    assert not ours.problems
    assert [plain(document.root) for document in ours.documents] == documents(found.stdout)


@pytest.mark.parametrize(
    "each", ["a", "=1", "a.=1", "a[=1", "a={x", "a[999999999]=1", "a." * 100 + "b=1", "a=1,a.b=2", "a[0]b=1", "a,b=1"]
)
def test_set_that_is_none(each: str) -> None:
    found = rendered(OPTIONS, sets=[each])
    assert [problem.name for problem in found.problems] == ["not-analysed"]


@pytest.mark.parametrize("version", ["1.30", "v1.28.3", "1.31.2-gke.100"])
def test_options_are_taken_as_helm_takes_them(version: str, tmp_path: Path) -> None:
    found = helm_template(tmp_path, OPTIONS, "--namespace", "n", "--kube-version", version)
    assert found.returncode == 0, found.stderr
    ours = rendered(OPTIONS, namespace="n", kube_version=version)
    assert [plain(document.root) for document in ours.documents] == documents(found.stdout)


@pytest.mark.parametrize(
    ("asked", "version", "has"),
    [
        ("policy/v1/PodDisruptionBudget", "", True),
        ("v1/Pod", "", True),
        ("policy/v1/PodDisruptionBudget", "1.37.0", True),
        ("policy/v1/PodDisruptionBudget", "1.20", False),  # as `helm template` has it: it may not be there yet
        ("policy/v1beta1/PodSecurityPolicy", "", False),
        ("policy/v1/PodSecurityPolicy", "", False),
        ("monitoring.coreos.com/v1/ServiceMonitor", "", False),
        ("policy/v1/", "", False),
        ("apps/v1", "", True),
    ],
)
def test_a_chart_that_asks_for_a_kind_gets_what_a_cluster_has(asked: str, version: str, has: bool) -> None:
    found = rendered(
        {"templates/a.yaml": f'v: {{{{ .Capabilities.APIVersions.Has "{asked}" }}}}\n'}, kube_version=version
    )
    assert plain(found.documents[0].root) == {"v": has}


def test_missing_dependency_is_told_and_the_rest_goes_on() -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- name: common\n  version: 2.x\n",
        "templates/a.yaml": "a: 1\n",
        "templates/b.yaml": 'b: {{ include "common.name" . }}\n',
    }
    found = rendered(files)
    assert [plain(document.root) for document in found.documents] == [{"a": 1.0}]
    assert [(p.location.path, p.location.line, p.message) for p in found.problems] == [
        ("c/Chart.yaml", 5, "the dependency `common` isn't in the chart"),
        (
            "c/templates/b.yaml",
            1,
            'not rendered: error calling include: template: no template "common.name" associated with this chart',
        ),
    ]
    assert (found.rendered, found.total) == (1, 2)


def test_dependency_beside_the_chart_is_taken_from_there() -> None:
    from hullcheck.render.helm import render

    files = {
        "a/c/Chart.yaml": b"name: c\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1.x, repository: 'file://../../lib'}\n"
        b"- {name: out, version: 1.x, repository: 'file://../../../out'}\n",
        "a/c/templates/t.yaml": b'a: {{ include "lib" . }}\n',
        "lib/Chart.yaml": b"name: lib\nversion: 1.2.3\ntype: library\n",
        "lib/templates/_l.tpl": b'{{ define "lib" }}x{{ end }}',
    }
    found = render("a/c", files.get, lambda folder: files)
    assert [plain(document.root) for document in found.documents] == [{"a": "x"}]
    assert [problem.message for problem in found.problems] == ["the dependency `out` isn't in the chart"]


def test_charts_beside_one_another_without_end() -> None:
    from hullcheck.render.helm import render

    files = {
        f"{name}/Chart.yaml": f"name: {name}\nversion: 1.0.0\ndependencies:\n"
        f"- {{name: {other}, version: 1.x, repository: 'file://../{other}'}}\n".encode()
        for name, other in ("ab", "ba")
    }
    assert render("a", files.get, lambda folder: files).problems


def test_files_outside_are_never_asked_for() -> None:
    asked: list[str] = []
    files = {
        "c/Chart.yaml": b"name: c\nversion: 1.0.0\n",
        "c/templates/a.yaml": b'a: {{ .Files.Get "../secret" }}{{ .Files.Get "/etc/passwd" }}{{ .Files.Glob "../**" | len }}\n',
        "secret": b"s",
    }

    def read(path: str) -> bytes | None:
        asked.append(path)
        return files.get(path)

    from hullcheck.render.helm import render

    found = render("c", read, lambda folder: files)
    assert [plain(document.root) for document in found.documents] == [{"a": 0.0}]
    assert all(path.startswith("c/") for path in asked)


def test_chart_at_the_root_of_the_repository() -> None:
    from hullcheck.render.helm import render

    files = {"Chart.yaml": b"name: c\nversion: 1.0.0\n", "templates/a.yaml": b"a: 1\n", "values.yaml": b"a: 1\n"}
    found = render("", files.get, lambda folder: files)
    assert [document.template for document in found.documents] == ["templates/a.yaml"]


def test_charts_are_found() -> None:
    paths = [
        "a/Chart.yaml",
        "a/charts/b/Chart.yaml",
        "c/d/Chart.yaml",
        "c/Chart.yml",
        "e/notChart.yaml",
        "a/x/charts/f/Chart.yaml",
    ]
    assert charts(paths) == ["a", "a/x/charts/f", "c/d"]
    assert charts(["Chart.yaml", "charts/x/Chart.yaml", "y/Chart.yaml"]) == ["", "y"]


def test_user_values_that_are_none() -> None:
    found = rendered(OPTIONS, values=[Source("mine.yaml", b"- a\n")])
    assert not found.documents
    assert [problem.name for problem in found.problems] == ["not-analysed"]
