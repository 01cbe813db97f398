"""What Flux and Argo CD deploy of this repository is judged as they deploy it, and what goes to one cluster together."""

from pathlib import Path

import pytest

from helm_support import CHART
from hullcheck.result import Result
from judge import judge, named

SOURCE = "sourceRef: {kind: GitRepository, name: flux-system}"


def flux(name: str, path: str, more: str = "") -> str:
    return f"""\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  path: {path}
  {SOURCE}
{more}---
"""


def deployment(name: str, image: str = "nginx:1.29.1", more: str = "") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: "{name}"}}
spec:
  selector: {{matchLabels: {{app: "{name}"}}}}
  template:
    metadata: {{labels: {{app: "{name}"}}}}
    spec:
      containers:
      - {{name: "{name}", image: "{image}"}}
{more}---
"""


DENY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
SHOP = "  targetNamespace: shop\n"
TOGETHER = {
    "clusters/prod/all.yaml": flux("infra", "./infra/policies", SHOP)
    + flux("web", "./apps/web", SHOP)
    + flux("db", "./apps/db", SHOP),
    "infra/policies/deny.yaml": DENY,
    "apps/web/web.yaml": deployment("web"),
    "apps/web/kustomization.yaml": "resources: [web.yaml]\n",
    "apps/db/db.yaml": deployment("db", "postgres:18"),
}


def scopes(result: Result, name: str) -> set[str]:
    return {one.scope for finding in named(result, name) for one in (finding, *finding.also)}


def test_what_goes_to_one_namespace_is_judged_together(tmp_path: Path) -> None:
    result = judge(tmp_path, TOGETHER)
    assert not named(result, "no-network-policies", "dangling-network-policy", "not-analysed", "no-default-deny")
    assert scopes(result, "hardening-missing") == {"clusters/prod (Flux)"}
    assert {finding.owner for finding in named(result, "hardening-missing")} == {
        "Deployment/shop/web",
        "Deployment/shop/db",
    }
    assert result.coverage.unjudged == ()


def test_without_the_policies_that_is_told(tmp_path: Path) -> None:
    files = {path: text for path, text in TOGETHER.items() if not path.startswith("infra")}
    assert scopes(judge(tmp_path, files), "no-network-policies") == {"clusters/prod (Flux)"}


PATCH = """\
  patches:
  - patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec: {template: {spec: {hostPID: true}}}
"""


def test_a_patch_is_found_where_it_is_written(tmp_path: Path) -> None:
    files = {"clusters/a/web.yaml": flux("web", "./apps/web", PATCH), "apps/web/web.yaml": deployment("web")}
    (found,) = named(judge(tmp_path, files), "host-pid-ipc")
    assert (found.location.path, found.location.line) == ("clusters/a/web.yaml", 12)


def test_environments_stay_apart(tmp_path: Path) -> None:
    files = {
        "clusters/dev/web.yaml": flux("web", "./apps/dev"),
        "clusters/prod/web.yaml": flux("web", "./apps/prod"),
        "apps/base/kustomization.yaml": "resources: [web.yaml]\n",
        "apps/base/web.yaml": deployment("web"),
        "apps/dev/kustomization.yaml": "resources: [../base]\n",
        "apps/prod/kustomization.yaml": "resources: [../base, deny.yaml]\n",
        "apps/prod/deny.yaml": DENY,
    }
    result = judge(tmp_path, files)
    assert scopes(result, "hardening-missing") == {"clusters/dev (Flux)", "clusters/prod (Flux)"}
    assert scopes(result, "no-network-policies") == {"clusters/dev (Flux)"}


def test_what_flux_deploys_itself_with_is_the_cluster(tmp_path: Path) -> None:
    files = {
        "clusters/prod/flux-system/sync.yaml": flux("flux-system", "./clusters/prod"),
        "clusters/prod/flux-system/kustomization.yaml": "resources: [sync.yaml]\n",
        "clusters/prod/apps.yaml": flux("apps", "./apps"),
        "apps/ks.yaml": flux("web", "./web"),
        "web/web.yaml": deployment("web"),
    }
    result = judge(tmp_path, files)
    assert scopes(result, "hardening-missing") == {"clusters/prod (Flux)"}
    assert result.coverage.unjudged == ()


ARTIFACTS = """\
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {name: parts, namespace: flux-system}
spec:
  sources:
  - {alias: repo, kind: GitRepository, name: flux-system}
  - {alias: other, kind: OCIRepository, name: other}
  artifacts:
  - name: apps
    copy:
    - {from: "@repo/apps/base/**", to: "@artifact/base/"}
    - {from: "@repo/apps/prod/**", to: "@artifact/prod/"}
  - name: infra
    copy: [{from: "@repo/infra/**", to: "@artifact/"}]
  - name: theirs
    copy: [{from: "@other/infra/**", to: "@artifact/"}]
"""


def test_artifacts_that_are_made_of_this_repository_are_followed(tmp_path: Path) -> None:
    def taken(name: str, path: str, artifact: str) -> str:
        return flux(name, path).replace(SOURCE, f"sourceRef: {{kind: ExternalArtifact, name: {artifact}}}")

    files = {
        "clusters/prod/all.yaml": taken("apps", "./prod", "apps") + taken("infra", "./policies", "infra") + ARTIFACTS,
        "clusters/prod/theirs.yaml": taken("theirs", "./policies", "theirs"),
        "apps/base/kustomization.yaml": "resources: [web.yaml]\n",
        "apps/base/web.yaml": deployment("web"),
        "apps/prod/kustomization.yaml": "resources: [../base]\n",
        "infra/policies/deny.yaml": DENY,
    }
    result = judge(tmp_path, files)
    assert scopes(result, "hardening-missing") == {"clusters/prod (Flux)"}
    assert not named(result, "no-network-policies", "dangling-network-policy")
    assert [item.object for item in result.coverage.unjudged] == ["Kustomization/flux-system/theirs"]


SUBSTITUTE = """\
  postBuild:
    substitute: {TAG: latest, APP: web}
    substituteFrom: [{kind: ConfigMap, name: settings}]
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata: {IMAGE: redis}\n"


def test_variables_are_put_in(tmp_path: Path) -> None:
    files = {
        "clusters/a/web.yaml": flux("web", "./apps/web", SUBSTITUTE),
        "clusters/a/settings.yaml": SETTINGS,
        "apps/web/web.yaml": deployment("${APP}", "${IMAGE}:${TAG}"),
    }
    result = judge(tmp_path, files)
    (found,) = named(result, "latest-tag")
    assert found.owner == "Deployment/default/web/web"
    assert "redis:latest" in found.message


DEFAULTS = """\
  patches:
  - target: {kind: Kustomization, group: kustomize.toolkit.fluxcd.io}
    patch: |
      apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: _}
      spec:
        targetNamespace: shop
        postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}
        patches:
        - target: {kind: Deployment}
          patch: |
            - {op: add, path: /spec/template/spec/hostPID, value: true}
"""


def test_what_deploys_is_taken_as_it_is_deployed_itself(tmp_path: Path) -> None:
    files = {
        "clusters/a/apps.yaml": flux("apps", "./apps", DEFAULTS),
        "clusters/a/settings.yaml": SETTINGS,
        "apps/web/ks.yaml": flux("web", "./apps/web/app"),
        "apps/web/kustomization.yaml": "resources: [ks.yaml]\n",
        "apps/web/app/web.yaml": deployment("web", "${IMAGE}:latest"),
        "apps/web/app/kustomization.yaml": "resources: [web.yaml]\n",
    }
    result = judge(tmp_path, files)
    assert {(f.owner, f.scope, f.location.path) for f in named(result, "host-pid-ipc")} == {
        ("Deployment/shop/web", "clusters/a (Flux)", "clusters/a/apps.yaml")
    }
    assert "redis:latest" in named(result, "latest-tag")[0].message
    assert result.coverage.unjudged == ()


def test_each_cluster_has_its_own_settings_and_artifacts(tmp_path: Path) -> None:
    build = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}\n"
    files = {"apps/web/web.yaml": deployment("web", "redis:${TAG}")}
    for cluster, tag in (("prod", "latest"), ("dev", "8.2")):
        web = flux("web", "./web", build).replace(SOURCE, "sourceRef: {kind: ExternalArtifact, name: apps}")
        files[f"clusters/{cluster}/web.yaml"] = web
        files[f"clusters/{cluster}/more/settings.yaml"] = SETTINGS.replace("IMAGE: redis", f"TAG: '{tag}'")
        files[f"clusters/{cluster}/artifacts.yaml"] = (
            ARTIFACTS.replace("@repo/infra/**", "@repo/none/**")
            .replace("apps/prod/**", "apps/web/**")
            .replace("@artifact/prod/", "@artifact/web/")
        )
    result = judge(tmp_path, files)
    assert scopes(result, "latest-tag") == {"clusters/prod (Flux)"}
    assert scopes(result, "hardening-missing") == {"clusters/prod (Flux)", "clusters/dev (Flux)"}


def test_a_variable_that_isnt_known_is_no_value(tmp_path: Path) -> None:
    more = "  postBuild:\n    substituteFrom: [{kind: Secret, name: s}]\n"
    files = {
        "clusters/a/web.yaml": flux("web", "./apps/web", more),
        "apps/web/web.yaml": deployment("web", "redis:${TAG:-latest}"),
    }
    assert not named(judge(tmp_path, files), "latest-tag")
    files["clusters/a/web.yaml"] = flux("web", "./apps/web", "  postBuild: {substitute: {A: b}}\n")
    assert named(judge(tmp_path / "b", files), "latest-tag")


TEMPLATE = deployment("web", "{{ .Values.image }}", "        securityContext: {privileged: {{ .Values.privileged }}}\n")
CHART_FILES = {
    "charts/app/Chart.yaml": CHART,
    "charts/app/values.yaml": "image: nginx:1.29.1\nprivileged: false\n",
    "charts/app/templates/web.yaml": TEMPLATE.replace(
        '- {name: "web", image: "{{ .Values.image }}"}', "- name: web\n        image: {{ .Values.image }}"
    ),
}
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  chart:
    spec:
      chart: ./charts/app
      %s
  valuesFrom:
  - {kind: ConfigMap, name: web-values}
  values:
    privileged: true
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-values, namespace: shop}
data:
  values.yaml: |
    image: redis:latest
    privileged: false
"""


def test_a_helm_release_is_judged_with_its_values_where_they_are_written(tmp_path: Path) -> None:
    files = {**CHART_FILES, "deploy/web.yaml": RELEASE % SOURCE}
    result = judge(tmp_path, files)
    (privileged,) = named(result, "privileged")
    (latest,) = named(result, "latest-tag")
    assert (privileged.location.path, privileged.location.line) == ("deploy/web.yaml", 12)
    assert (latest.location.path, latest.location.line) == ("deploy/web.yaml", 19)
    assert privileged.owner == "Deployment/shop/web/web"
    assert privileged.scope == "charts/app + HelmRelease shop/web of deploy"


def test_a_helm_release_in_a_cluster_joins_it(tmp_path: Path) -> None:
    files = {
        **CHART_FILES,
        "clusters/a/all.yaml": flux("apps", "./deploy") + flux("policies", "./policies", SHOP),
        "deploy/web.yaml": RELEASE % SOURCE,
        "policies/deny.yaml": DENY,
    }
    result = judge(tmp_path, files)
    assert scopes(result, "privileged") == {"clusters/a (Flux)"}
    assert scopes(result, "no-network-policies") == {"charts/app"}
    assert not named(result, "dangling-network-policy")


def test_a_chart_that_is_elsewhere_is_told_and_nothing_is_claimed_to_be_missing(tmp_path: Path) -> None:
    release = RELEASE.replace("./charts/app", "podinfo") % "sourceRef: {kind: HelmRepository, name: podinfo}"
    policy = DENY.replace("podSelector: {}", "podSelector: {matchLabels: {app: podinfo}}")
    files = {
        "clusters/a/all.yaml": flux("apps", "./deploy"),
        "deploy/web.yaml": release,
        "deploy/policy.yaml": policy.replace("name: deny}", "name: deny, namespace: shop}"),
    }
    result = judge(tmp_path, files)
    assert [item.cause for item in result.coverage.unjudged] == ["elsewhere"]
    assert not named(result, "dangling-network-policy")


def application(more: str, name: str = "web", destination: str = "{namespace: shop}") -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {destination}
  source:
    repoURL: https://git.example.org/a/b.git
{more}---
"""


HELM = """\
    path: charts/app
    helm:
      valueFiles: [prod.yaml]
      valuesObject: {image: "redis:latest"}
      parameters: [{name: privileged, value: "true"}]
"""


def test_an_application_is_judged_with_its_values_where_they_are_written(tmp_path: Path) -> None:
    files = {**CHART_FILES, "argo/web.yaml": application(HELM), "charts/app/prod.yaml": "image: redis:8\n"}
    result = judge(tmp_path, files)
    (privileged,) = named(result, "privileged")
    (latest,) = named(result, "latest-tag")
    assert (privileged.location.path, privileged.location.line) == ("argo/web.yaml", 12)
    assert (latest.location.path, latest.location.line) == ("argo/web.yaml", 11)
    assert privileged.owner == "Deployment/shop/web/web"


KUSTOMIZE = """\
    path: apps/web
    kustomize:
      images: ["nginx=redis:latest"]
      patches:
      - target: {kind: Deployment}
        patch: |
          - {op: add, path: /spec/template/spec/hostPID, value: true}
"""


def test_an_application_of_an_overlay_is_judged_with_what_it_lays_over_it(tmp_path: Path) -> None:
    files = {
        "argo/web.yaml": application(KUSTOMIZE) + application("    path: policies\n", "policies"),
        "apps/web/kustomization.yaml": "resources: [web.yaml]\n",
        "apps/web/web.yaml": deployment("web"),
        "policies/deny.yaml": DENY,
    }
    result = judge(tmp_path, files)
    assert scopes(result, "host-pid-ipc") == scopes(result, "latest-tag") == {"argo (Argo CD)"}
    assert not named(result, "no-network-policies", "dangling-network-policy")
    assert {finding.owner for finding in named(result, "host-pid-ipc")} == {"Deployment/shop/web"}


def test_another_cluster_is_another_world(tmp_path: Path) -> None:
    files = {
        "argo/all.yaml": application("    path: apps/web\n")
        + application("    path: apps/web\n", "other", "{namespace: shop, name: eu}"),
        "apps/web/web.yaml": deployment("web"),
    }
    assert scopes(judge(tmp_path, files), "hardening-missing") == {"argo (Argo CD)", "argo -> eu (Argo CD)"}


def test_another_repository_is_told(tmp_path: Path) -> None:
    other = application("    path: apps/web\n", "other").replace("a/b.git", "a/c.git")
    files = {
        "argo/all.yaml": application("    path: apps/web\n") + application("    path: apps/db\n", "db") + other,
        "apps/web/web.yaml": deployment("web"),
        "apps/db/db.yaml": deployment("db"),
    }
    (item,) = judge(tmp_path, files).coverage.unjudged
    assert (item.cause, item.object) == ("elsewhere", "Application/argocd/other")


def application_set(generators: str, path: str, go: bool = False) -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: all, namespace: argocd}}
spec:
  goTemplate: {str(go).lower()}
  generators:
{generators}
  template:
    metadata: {{name: "x"}}
    spec:
      destination: {{namespace: shop}}
      source:
        repoURL: https://git.example.org/a/b.git
        path: "{path}"
"""


SETS = {
    "list": application_set("  - list: {elements: [{app: web}, {app: db}]}", "apps/{{app}}"),
    "list in Go": application_set("  - list: {elements: [{app: web}, {app: db}]}", "apps/{{ .app }}", True),
    "directories": application_set("  - git: {directories: [{path: apps/*}]}", "{{path}}"),
    "directories in Go": application_set("  - git: {directories: [{path: apps/*}]}", "{{ .path.path }}", True),
    "index": application_set("  - git: {directories: [{path: apps/*}]}", "apps/{{ index .path.segments 1 }}", True),
    "files": application_set("  - git: {files: [{path: 'env/**/*.yaml'}]}", "apps/{{app.name}}"),
    "merge": application_set(
        "  - merge:\n      mergeKeys: [app]\n      generators:\n"
        "      - list: {elements: [{app: web, dir: none}, {app: db, dir: apps}]}\n"
        "      - list: {elements: [{app: web, dir: apps}, {app: other, dir: apps}]}",
        "{{dir}}/{{app}}",
    ),
    "matrix": application_set(
        "  - matrix:\n      generators:\n      - list: {elements: [{dir: apps}]}\n      - list: {elements: [{app: web}, {app: db}]}",
        "{{dir}}/{{app}}",
    ),
    "elements of what another found": application_set(
        "  - matrix:\n      generators:\n      - list: {elements: [{env: a}, {env: b/c}]}\n"
        "      - git: {files: [{path: 'env/{{env}}/*.yaml'}]}",
        "apps/{{app.name}}",
    ),
    "values": application_set(
        "  - git: {directories: [{path: apps/*}], values: {app: '{{path.basename}}'}}", "apps/{{values.app}}"
    ),
    "prefix": application_set("  - git: {directories: [{path: apps/*}], pathParamPrefix: own}", "{{own.path}}"),
    "files but some": application_set(
        "  - git: {files: [{path: 'env/**/*.yaml'}, {path: 'env/b/x/*.yaml', exclude: true}]}", "apps/{{app.name}}"
    ),
    "selector": application_set(
        "  - list: {elements: [{app: web, at: a}, {app: db, at: b}, {app: none, at: c}, {app: none, at: a, off: x}]}\n"
        "    selector: {matchExpressions: [{key: at, operator: In, values: [a, b]}, {key: off, operator: DoesNotExist}]}",
        "apps/{{app}}",
    ),
    "labels of a selector": application_set(
        "  - list: {elements: [{app: web, at: a}, {app: db, at: a}, {app: none, at: c}, {app: none}]}\n"
        "    selector: {matchLabels: {at: a}}",
        "apps/{{app}}",
    ),
    "its own template": application_set(
        "  - list:\n      elements: [{app: web}, {app: db}]\n      template:\n        metadata: {name: ''}\n"
        "        spec: {source: {path: 'apps/{{app}}', repoURL: ''}}",
        "none",
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_an_application_set_deploys_what_its_applications_do(name: str, tmp_path: Path) -> None:
    files = {
        "argo/set.yaml": SETS[name],
        "apps/web/web.yaml": deployment("web"),
        "apps/db/db.yaml": deployment("db"),
        "env/a/web.yaml": "app: {name: web}\n",
        "env/b/c/db.yaml": "app: {name: db}\n",
    }
    if name == "files but some":
        files["env/b/x/none.yaml"] = "app: {name: none}\n"
    result = judge(tmp_path, files)
    assert {finding.owner for finding in named(result, "hardening-missing")} == {
        "Deployment/shop/web",
        "Deployment/shop/db",
    }
    assert scopes(result, "hardening-missing") == {"argo (Argo CD)"}
    assert result.coverage.unjudged == ()


def test_a_directory_that_is_excluded_isnt_deployed(tmp_path: Path) -> None:
    directories = "  - git: {directories: [{path: apps/*}, {path: apps/db, exclude: true}]}"
    files = {
        "argo/set.yaml": application_set(directories, "{{path}}"),
        "apps/web/web.yaml": deployment("web"),
        "apps/db/db.yaml": deployment("db"),
    }
    result = judge(tmp_path, files)
    assert scopes(result, "hardening-missing") == {"argo (Argo CD)", "."}


@pytest.mark.parametrize(
    "generator",
    ["clusters: {}", "pullRequest: {}", "list: {elements: [{app: 3}]}", "matrix: {}", "git: {}", "3", "merge: []"],
)
def test_a_generator_that_isnt_known_is_told(generator: str, tmp_path: Path) -> None:
    files = {
        "argo/set.yaml": application_set(f"  - {generator}", "apps/{{nothing}}"),
        "apps/web/web.yaml": deployment("web"),
    }
    result = judge(tmp_path, files)
    assert generator == "git: {}" or result.coverage.unjudged
    assert named(result, "hardening-missing")


@pytest.mark.parametrize(
    "text",
    [
        flux("a", "./clusters"),
        flux("a", "."),
        flux("a", "../x") + flux("b", "/") + flux("c", "''"),
        flux("a", "./clusters") + flux("a", "./clusters"),
        flux("a", "./apps", "  patches: 3\n  images: {a: b}\n  components: [x, ../.., 3]\n"),
        flux("a", "./apps", "  postBuild: [1]\n  targetNamespace: [a]\n"),
        application("    path: .\n") + application("    path: clusters\n    kustomize: 3\n", "b"),
        application("    path: apps\n    kustomize: {images: [3, '=', 'a=b', {}], components: [a]}\n"),
        RELEASE.replace("./charts/app", "../..") % SOURCE,
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: 3\n",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n",
    ],
)
def test_nothing_is_lost_whatever_deploys(text: str, tmp_path: Path) -> None:
    files = {
        "clusters/x.yaml": text,
        "apps/web.yaml": deployment("web").replace("spec:\n      cont", "spec:\n      hostPID: true\n      cont"),
    }
    result = judge(tmp_path, files)
    assert named(result, "host-pid-ipc"), text
    assert not named(result, "check-failed")


def test_a_folder_without_a_kustomization_that_another_one_takes_in(tmp_path: Path) -> None:
    files = {
        "clusters/prod/all.yaml": flux("web", "./apps/web", SHOP),
        "apps/web/web.yaml": deployment("web"),
        "apps/all/kustomization.yaml": "resources: [../web]\n",
    }
    result = judge(tmp_path, files)
    assert scopes(result, "hardening-missing") == {"clusters/prod (Flux)"}
    assert named(result, "not-analysed")


@pytest.mark.parametrize(
    "generator",
    [
        "list: {elementsYaml: '{{ .all }}'}",
        "{list: {elements: [{a: b}]}, selector: {matchExpressions: [{key: a, operator: Like, values: [b]}]}}",
        "git: {directories: [{path: none/*}]}",
        "git: {directories: [{path: 'apps/{{ .env }}/*'}]}",
        "matrix: {generators: [{list: {elements: [{env: a}]}}, {git: {files: [{path: '{{env}}/*.yaml'}]}}]}",
    ],
)
def test_what_a_generator_finds_elsewhere_is_told(generator: str, tmp_path: Path) -> None:
    files = {"argo/set.yaml": application_set(f"  - {generator}", "apps/web"), "apps/web/web.yaml": deployment("web")}
    assert [item.cause for item in judge(tmp_path, files).coverage.unjudged] == ["generator"]


INCLUDED = """\
    path: apps
    directory: {recurse: true, include: '{web.yaml,sub/*,x.yaml}', exclude: '*-test.yaml'}
"""


def test_files_that_an_application_leaves_out_arent_deployed(tmp_path: Path) -> None:
    files = {
        "argo/app.yaml": application(INCLUDED),
        "apps/web.yaml": deployment("web"),
        "apps/sub/db.yaml": deployment("db"),
        "apps/sub/a/db-test.yaml": deployment("tried"),
        "apps/deny.yaml": DENY,
    }
    result = judge(tmp_path, files)
    where = {(each.owner, each.scope) for one in named(result, "hardening-missing") for each in (one, *one.also)}
    assert where == {
        ("Deployment/shop/web", "argo (Argo CD)"),
        ("Deployment/shop/db", "argo (Argo CD)"),
        ("Deployment/default/tried", "."),
    }
    assert "argo (Argo CD)" in scopes(result, "no-network-policies")


@pytest.mark.parametrize("pattern", ["{" * 50 + "a", "[a-z]*", "{a,b" * 15 + "}" * 15, "{" + ",".join("a" * 300) + "}"])
def test_a_pattern_that_isnt_understood_leaves_nothing_out(pattern: str, tmp_path: Path) -> None:
    more = f"    path: apps\n    directory: {{include: '{pattern}', exclude: '{pattern}'}}\n"
    files = {"argo/app.yaml": application(more), "apps/web.yaml": deployment("web")}
    assert scopes(judge(tmp_path, files), "hardening-missing") == {"argo (Argo CD)"}


def test_an_object_of_values_takes_the_place_of_the_text(tmp_path: Path) -> None:
    text = HELM.replace("      valueFiles: [prod.yaml]", "      values: 'privileged: true'").replace(
        '      parameters: [{name: privileged, value: "true"}]\n', ""
    )
    files = {**CHART_FILES, "argo/web.yaml": application(text)}
    result = judge(tmp_path, files)
    assert named(result, "latest-tag")
    assert not named(result, "privileged")
    only = text.replace('      valuesObject: {image: "redis:latest"}\n', "")
    assert named(judge(tmp_path / "b", {**files, "argo/web.yaml": application(only)}), "privileged")


def test_a_registry_is_no_repository_that_this_one_could_be(tmp_path: Path) -> None:
    chart = application("    path: .\n", "chart").replace(
        "https://git.example.org/a/b.git", "oci://git.example.org/a/c"
    )
    files = {"argo/all.yaml": application("    path: apps\n") + chart, "apps/web.yaml": deployment("web")}
    assert [item.cause for item in judge(tmp_path, files).coverage.unjudged] == ["elsewhere"]


def test_a_path_that_a_template_decides_isnt_called_absent(tmp_path: Path) -> None:
    text = application_set("  - list: {elements: [{app: web}]}", "apps/{{ .app | lower }}", True)
    files = {"argo/set.yaml": text, "apps/web/web.yaml": deployment("web")}
    (item,) = judge(tmp_path, files).coverage.unjudged
    assert "a template decides its path" in item.reason
