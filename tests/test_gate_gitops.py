"""Changes that try to hide danger behind what deploys it: in values, patches, sources and what joins them."""

from pathlib import Path

import pytest

from gitrepo import Repo
from helm_support import CHART
from test_gitops import SOURCE, application, deployment, flux


def workload(name: str, privileged: str) -> str:
    more = f"        securityContext: {{privileged: {privileged}}}\n"
    flow = f'- {{name: "{name}", image: "nginx:1.29.1"}}'
    return deployment(name, more=more).replace(flow, f"- name: {name}\n        image: nginx:1.29.1")


VALUE = "{{ .Values.privileged }}"
WEB = workload("web", "false")
BAD_WEB = WEB.replace("privileged: false", "privileged: true")
RELEASE = f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: web, namespace: shop}}
spec:
  chart: {{spec: {{chart: ./charts/app, {SOURCE}}}}}
  values:
    privileged: false
"""
CONFIG = "fail-on: high\nhelm:\n  charts/app:\n    values: [prod.yaml, eu.yaml]\n"
APPLICATION = application("    path: charts/app\n    helm:\n      valueFiles: [prod.yaml]\n", "app")
SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: all, namespace: argocd}
spec:
  generators:
  - list: {elements: [{app: db}]}
  template:
    metadata: {name: "{{app}}"}
    spec:
      destination: {namespace: shop}
      source: {repoURL: https://git.example.org/a/b.git, path: "apps/{{app}}"}
"""
HELMFILE = "releases:\n- {name: web, namespace: x, chart: ./charts/app, values: [{privileged: false}]}\n"
OPEN = "resources: [../db/db.yaml]\npatches:\n- path: more.yaml\n"
"""An overlay that kustomize doesn't build, since it takes a file that isn't below its folder."""

PATCHED = (
    OPEN + "- target: {kind: Deployment}\n  patch: '[{op: add, path: /spec/template/spec/hostPID, value: true}]'\n"
)
MORE = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db, namespace: shop}\nspec: {replicas: 2}\n"
CHOOSING = '{{ if eq (env "X") "y" }}\nz: 1\n{{ end }}\n' + HELMFILE.replace(
    "./charts/app,", "./charts/app, version: 1.2.3,"
)
BASE: dict[str, str | None] = {
    "helmfile.yaml": HELMFILE,
    ".hullcheck.yaml": CONFIG,
    "charts/app/Chart.yaml": CHART,
    "charts/app/values.yaml": "privileged: false\nimage: nginx:1.29.1\n",
    "charts/app/prod.yaml": "privileged: false\n",
    "charts/app/eu.yaml": "privileged: false\n",
    "charts/app/templates/app.yaml": workload("app", VALUE),
    "charts/other/Chart.yaml": CHART,
    "charts/other/values.yaml": "privileged: false\n",
    "charts/other/templates/app.yaml": workload("other", VALUE),
    "clusters/prod/web.yaml": flux("web", "./apps/web") + flux("releases", "./releases"),
    "apps/web/web.yaml": WEB,
    "apps/db/db.yaml": deployment("db"),
    "apps/open/kustomization.yaml": OPEN,
    "apps/open/more.yaml": MORE,
    "choosing/helmfile.yaml": CHOOSING,
    "releases/web.yaml": RELEASE,
    "argo/app.yaml": APPLICATION,
    "argo/set.yaml": SET,
}
ON = "privileged: true\n"
DELETES = """\
  patches:
  - patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec: {template: {spec: {containers: [{name: web, $patch: delete}, {name: other, image: "nginx:1.29.1"}]}}}
"""
ADDS = DELETES.replace("{name: web, $patch: delete}, ", "{name: web, securityContext: {privileged: true}}, ")

ATTACKS: dict[str, dict[str, str | None]] = {
    "the chart's own values": {"charts/app/values.yaml": ON + "image: nginx:1.29.1\n"},
    "a variant": {"charts/app/eu.yaml": ON},
    "a variant is dropped, and the danger is in it": {
        ".hullcheck.yaml": CONFIG.replace(", eu.yaml", ""), "charts/app/eu.yaml": ON},
    "a variant is dropped": {".hullcheck.yaml": CONFIG.replace(", eu.yaml", "")},
    "all variants are dropped": {".hullcheck.yaml": "fail-on: high\n"},
    "what is set switches it off": {
        ".hullcheck.yaml": CONFIG + "    set: {privileged: false}\n", "charts/app/values.yaml": ON},
    "another chart's are switched off": {
        ".hullcheck.yaml": CONFIG + "  charts/other:\n    set: {privileged: false}\n", "charts/other/values.yaml": ON},
    "an unknown version is said": {
        ".hullcheck.yaml": CONFIG + "    kube-version: '1.10'\n",
        "charts/app/values.yaml": ON},
    "a new values file beside a chart": {"charts/other/values-x.yaml": ON},
    "a new values file for tests": {"charts/other/ci/x-values.yaml": ON},
    "a values file of a release": {"releases/web.yaml": RELEASE.replace("privileged: false", "privileged: true")},
    "a release turns to a registry": {
        "releases/web.yaml": RELEASE.replace("./charts/app", "app").replace("GitRepository", "HelmRepository")},
    "a release turns to a chart that isn't here": {"releases/web.yaml": RELEASE.replace("./charts/app", "./charts/none")},
    "a release of app-template": {
        "releases/more.yaml": RELEASE.replace("name: web", "name: more").replace("./charts/app", "app-template")
        .replace("    privileged: false\n", "    controllers: {a: {containers: {b: {image: {repository: a, tag: b}, "
                                           "securityContext: {privileged: true}}}}}\n")},
    "values from a Secret that isn't here": {
        "releases/web.yaml": RELEASE.replace("  values:\n", "  valuesFrom: [{kind: Secret, name: x}]\n  values:\n")
        .replace("privileged: false", "privileged: true")},
    "a post-renderer": {"releases/web.yaml": RELEASE + ADDS.replace("\n  ", "\n      ").replace(
        "  patches:\n", "  postRenderers:\n  - kustomize:\n      patches:\n", 1).replace("name: web", "name: app")},
    "what Flux deploys": {"apps/web/web.yaml": BAD_WEB},
    "a patch of Flux": {"clusters/prod/web.yaml": flux("web", "./apps/web", ADDS) + flux("releases", "./releases")},
    "a patch deletes it for one cluster of two": {
        "apps/web/web.yaml": BAD_WEB, "clusters/prod/web.yaml": flux("web", "./apps/web", DELETES),
        "clusters/dev/web.yaml": flux("web", "./apps/web")},
    "a patch deletes it, and Argo CD deploys it": {
        "apps/web/web.yaml": BAD_WEB, "clusters/prod/web.yaml": flux("web", "./apps/web", DELETES),
        "argo/web.yaml": application("    path: apps/web\n")},
    "Flux takes another path, which has variables": {
        "apps/web/web.yaml": BAD_WEB, "clusters/prod/web.yaml": flux("web", "./apps/${X}")},
    "Flux takes another source": {
        "apps/web/web.yaml": BAD_WEB, "clusters/prod/web.yaml": flux("web", "./apps/web").replace("flux-system}\n", "other}\n")},
    "suspended": {
        "apps/web/web.yaml": BAD_WEB, "clusters/prod/web.yaml": flux("web", "./apps/web", "  suspend: true\n")},
    "a variable": {
        "apps/web/web.yaml": WEB.replace("privileged: false", "privileged: ${P}"),
        "clusters/prod/web.yaml": flux("web", "./apps/web", "  postBuild: {substitute: {P: 'true'}}\n")},
    "a variable's default": {
        "apps/web/web.yaml": WEB.replace("privileged: false", "privileged: ${P:=true}"),
        "clusters/prod/web.yaml": flux("web", "./apps/web", "  postBuild: {substitute: {Q: 'true'}}\n")},
    "an Application's values": {"charts/app/prod.yaml": ON},
    "an Application's parameters": {
        "argo/app.yaml": APPLICATION.removesuffix("---\n") + "      parameters: [{name: privileged, value: 'true'}]\n"},
    "an Application's values from anywhere": {
        "argo/app.yaml": APPLICATION.replace("[prod.yaml]", "['https://values.example.org/x.yaml']")},
    "an Application's parameters from files": {
        "argo/app.yaml": APPLICATION.removesuffix("---\n") + "      fileParameters: [{name: privileged, path: x.txt}]\n",
        "charts/app/x.txt": "true"},
    "a plugin": {"argo/app.yaml": APPLICATION.replace("    helm:\n      valueFiles: [prod.yaml]", "    plugin: {name: any}")},
    "an Application turns elsewhere": {"argo/app.yaml": APPLICATION.replace("charts/app", "charts/none")},
    "what Argo CD lays over an Application": {
        "charts/app/.argocd-source.yaml": "helm: {parameters: [{name: privileged, value: 'true'}]}\n"},
    "what Argo CD lays over an Application can't be read": {"charts/app/.argocd-source-app.yaml": "helm: ["},
    "an image that Argo CD lays over an overlay": {"apps/db/.argocd-source.yaml": "kustomize: {images: ['nginx:latest']}\n"},
    "what Argo CD lays over one Application": {
        "charts/app/.argocd-source-app.yaml": "helm: {valuesObject: {privileged: true}}\n"},
    "an ApplicationSet asks a cluster": {"argo/set.yaml": SET.replace("list: {elements: [{app: db}]}", "clusters: {}")},
    "an ApplicationSet's patch": {"argo/set.yaml": SET + "  templatePatch: |\n    spec: {source: {path: apps/none}}\n"},
    "a helmfile": {"helmfile.yaml": HELMFILE.replace("false", "true")},
    "a helmfile's file": {"helmfile.yaml": HELMFILE.replace("{privileged: false}", "x.yaml"), "x.yaml": ON},
    "a helmfile turns elsewhere": {"helmfile.yaml": HELMFILE.replace("./charts/app", "example/app")},
    "a helmfile becomes a template": {"helmfile.yaml": "{{ if .x }}\n" + HELMFILE + "{{ end }}\n"},
    "an overlay that can't be built gets a patch": {"apps/open/kustomization.yaml": PATCHED},
    "a patch of an overlay that can't be built": {"apps/open/more.yaml": MORE.replace("replicas: 2", "paused: true")},
    "a helmfile that couldn't be read before": {"choosing/helmfile.yaml": CHOOSING.replace("false", "true")},
    "a new element": {"argo/set.yaml": SET.replace("[{app: db}]", "[{app: db}, {app: bad}]"), "apps/bad/web.yaml": BAD_WEB},
}  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit(BASE)
    made.git("checkout", "-q", "-b", "change")
    return made


@pytest.mark.parametrize("change", ATTACKS.values(), ids=ATTACKS)
def test_no_change_gets_past_the_gate(
    repo: Repo, change: dict[str, str | None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(change)
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert outcome.code in (1, 4), outcome
    assert outcome.new


HARMLESS: dict[str, dict[str, str | None]] = {
    "nothing": {},
    "a variant more": {".hullcheck.yaml": CONFIG.replace("eu.yaml", "eu.yaml, us.yaml"), "charts/app/us.yaml": "privileged: false\n"},
    "an overlay that can't be built moves": {
        "apps/open/kustomization.yaml": None, "apps/open/more.yaml": None,
        "apps/moved/kustomization.yaml": OPEN, "apps/moved/more.yaml": MORE},
    "a file beside an overlay that can't be built": {"apps/open/README.md": "more\n"},
    "a newer version in a helmfile that can't be read": {"choosing/helmfile.yaml": CHOOSING.replace("1.2.3", "1.2.4")},
    "a values file more": {"charts/other/values-x.yaml": "privileged: false\n"},
    "a cluster more": {"clusters/dev/web.yaml": flux("web", "./apps/web")},
    "no plugin": {"argo/app.yaml": APPLICATION.removesuffix("---\n") + "    plugin: null\n"},
    "an Application of Argo CD for what Flux has": {"argo/web.yaml": application("    path: apps/web\n")},
    "a file of deployers is split": {
        "clusters/prod/web.yaml": flux("web", "./apps/web"), "clusters/prod/more.yaml": flux("releases", "./releases")},
}  # fmt: skip


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_is_harmless_passes_the_gate(
    repo: Repo, change: dict[str, str | None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(change)
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert outcome.code == 0, outcome.new
