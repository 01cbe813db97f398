"""`postRenderers` of a HelmRelease change what its chart makes, as kustomize would."""

from pathlib import Path

import pytest

from helm_support import CHART
from judge import judge, named
from test_gitops import SOURCE

TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: {{ .Values.image }}
        securityContext: {privileged: {{ .Values.privileged }}}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, annotations: {helm.sh/hook: pre-install}}
spec: {containers: [{name: hook, image: nginx:1.29.1}]}
"""
FILES = {
    "charts/app/Chart.yaml": CHART,
    "charts/app/values.yaml": "image: nginx:1.29.1\nprivileged: false\n",
    "charts/app/templates/web.yaml": TEMPLATE,
}
RELEASE = f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: shop}}
spec:
  chart: {{spec: {{chart: ./charts/app, {SOURCE}}}}}
  postRenderers:
"""
PATCHES = """\
  - kustomize:
      patches:
      - target: {kind: Deployment, name: web}
        patch: |
          - {op: add, path: /spec/template/spec/hostPID, value: true}
      - patch: |
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: web}
          spec: {template: {spec: {containers: [{name: web, securityContext: {privileged: true}}]}}}
  - kustomize:
      images: [{name: nginx, newName: redis, newTag: latest}]
"""
OF = "charts/app + HelmRelease shop/web of deploy"


def test_what_they_change_is_found_where_it_is_written(tmp_path: Path) -> None:
    result = judge(tmp_path, {**FILES, "deploy/web.yaml": RELEASE + PATCHES})
    found = {
        f.name: (f.location.path, f.location.line, f.scope)
        for f in named(result, "host-pid-ipc", "privileged", "latest-tag")
    }
    assert found == {
        "host-pid-ipc": ("deploy/web.yaml", 11, OF),
        "privileged": ("deploy/web.yaml", 16, OF),
        "latest-tag": ("deploy/web.yaml", 18, OF),
    }
    assert {f.owner for f in named(result, "latest-tag")} == {"Deployment/shop/web/web"}
    assert result.coverage.unjudged == ()


def test_what_they_heal_is_healed_in_that_release_alone(tmp_path: Path) -> None:
    files = {**FILES, "charts/app/values.yaml": "image: nginx:1.29.1\nprivileged: true\n"}
    result = judge(
        tmp_path, {**files, "deploy/web.yaml": RELEASE + PATCHES.replace("privileged: true", "privileged: false")}
    )
    assert [one.scope for f in named(result, "privileged") for one in (f, *f.also)] == ["charts/app"]


@pytest.mark.parametrize(
    "broken",
    [
        "  - kustomize: {patches: [{patch: '- {op: remove, path: /nothing}', target: {kind: Deployment}}]}\n",
        "  - kustomize: {patches: [{patch: 'a: ['}]}\n",
        "  - kustomize: {patches: 3, images: x}\n",
        "  - other: {}\n",
        "  - 3\n",
    ],
)
def test_what_cant_be_laid_over_it_loses_nothing(broken: str, tmp_path: Path) -> None:
    files = {**FILES, "charts/app/values.yaml": "image: nginx:1.29.1\nprivileged: true\n"}
    result = judge(tmp_path, {**files, "deploy/web.yaml": RELEASE + broken})
    assert {one.scope for f in named(result, "privileged") for one in (f, *f.also)} == {"charts/app", OF}
    assert "other" in broken or "3\n" in broken or result.coverage.unjudged
    assert not named(result, "check-failed")
