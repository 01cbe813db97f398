"""`helmCharts` with the chart in the repository: as `kubectl kustomize --enable-helm` builds them, and told where it isn't."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from helm_support import helm
from hullcheck.parse import yaml
from hullcheck.parse.kubernetes import read
from hullcheck.render.kustomize import Build, Kustomizations, objects
from hullcheck.render.kustomize.scalars import data
from hullcheck.source import Source
from judge import judge, named
from kustomize_support import kubectl

CHART = {
    "charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    "charts/app/values.yaml": "image: nginx:1.29.1\nprivileged: false\nextra: {a: 1, b: 2}\n",
    "charts/app/templates/web.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: '{{ .Release.Name }}-web', namespace: {{ .Release.Namespace }}}\n"
        "spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n"
        "      containers:\n      - name: web\n        image: {{ .Values.image }}\n"
        "        securityContext: {privileged: {{ .Values.privileged }}}\n        args: [{{ .Values.extra | toJson | quote }}]\n"
    ),
    "charts/app/templates/test.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: test, annotations: {helm.sh/hook: test}}\n"
        "spec: {containers: [{name: t, image: 'busybox:1.37'}]}\n"
    ),
    "charts/app/templates/job.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-install}}\n"
        "data: {v: {{ .Capabilities.KubeVersion.Version | quote }}, h: {{ .Capabilities.APIVersions.Has \"a.b/v1\" | quote }}}\n"
    ),
    "charts/app/crds/crd.yaml": (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.org}\nspec: {group: example.org}\n"
    ),
    "prod.yaml": "image: redis:latest\nextra: {b: 3}\n",
    "more.yaml": "extra: {c: 4}\n",
}  # fmt: skip
ENTRIES = {
    "plain": "{name: app}",
    "release": "{name: app, releaseName: shop, namespace: ns}",
    "values file": "{name: app, valuesFile: prod.yaml}",
    "inline": "{name: app, valuesInline: {image: 'a:1', extra: {b: null}}}",
    "inline over a file": "{name: app, valuesFile: prod.yaml, valuesInline: {image: 'a:1'}}",
    "file over inline": "{name: app, valuesFile: prod.yaml, valuesInline: {image: 'a:1', privileged: true}, valuesMerge: merge}",
    "inline in place": "{name: app, valuesFile: prod.yaml, valuesInline: {privileged: true}, valuesMerge: replace}",
    "more files": "{name: app, valuesFile: prod.yaml, additionalValuesFiles: [more.yaml]}",
    "without hooks": "{name: app, skipHooks: true}",
    "without tests": "{name: app, skipTests: true}",
    "CRDs": "{name: app, includeCRDs: true}",
    "versions": "{name: app, kubeVersion: '1.30', apiVersions: [a.b/v1]}",
}  # fmt: skip


def build(files: dict[str, str]) -> Build:
    manifests = {path: read(Source(path, text.encode())) for path, text in files.items() if path.endswith("tion.yaml")}
    return Kustomizations(manifests, lambda p: files[p].encode() if p in files else None, files).build("")


def theirs(folder: Path, files: dict[str, str]) -> list[Any] | None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    program = kubectl()
    if program is None:
        pytest.skip("kubectl isn't here")
    command = [program, "kustomize", "--enable-helm", "--helm-command", helm(), str(folder)]
    env = {"HOME": str(folder), "PATH": os.environ.get("PATH", "")}
    result = subprocess.run(command, capture_output=True, check=False, timeout=60, env=env)
    if result.returncode:
        return None
    return [data(d.root) for d in yaml.parse(Source("x.yaml", result.stdout)).documents if d.root is not None]


@pytest.mark.parametrize("name", ENTRIES)
def test_a_chart_is_inflated_as_helm_does(name: str, tmp_path: Path) -> None:
    files = {**CHART, "kustomization.yaml": f"namePrefix: p-\nhelmCharts:\n- {ENTRIES[name]}\n"}
    built = build(files)
    assert not built.problems
    assert not built.approximate
    expected = theirs(tmp_path, files)
    assert expected is not None
    assert [data(node) for node in objects(built)] == expected


def test_a_values_file_that_isnt_there_is_refused_by_both(tmp_path: Path) -> None:
    files = {**CHART, "kustomization.yaml": "helmCharts:\n- {name: app, valuesFile: none.yaml}\n"}
    assert build(files).refused
    assert theirs(tmp_path, files) is None


def test_what_it_makes_is_judged_where_it_is_decided(tmp_path: Path) -> None:
    files = {**CHART, "kustomization.yaml": "helmCharts:\n- name: app\n  valuesInline:\n    privileged: true\n"}
    found = {(f.location.path, f.location.line) for f in named(judge(tmp_path, files), "privileged")}
    assert found == {("kustomization.yaml", 4)}


def test_a_chart_that_isnt_here_is_told(tmp_path: Path) -> None:
    files = {"kustomization.yaml": "helmCharts:\n- {name: app, repo: 'https://charts.example.org', version: 1.0.0}\n"}
    assert [item.cause for item in judge(tmp_path, files).coverage.unjudged] == ["generator"]
