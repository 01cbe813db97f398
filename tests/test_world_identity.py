"""A thing is who it is: what one line makes several times is judged several times."""

from pathlib import Path

from hullcheck.finding import Finding
from hullcheck.report.unite import each
from judge import judge, named

CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"

APPS = """\
{{- range $name, $app := .Values.apps }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ $name }}, namespace: shop}
spec:
  selector: {matchLabels: {app: {{ $name }}}}
  template:
    metadata: {labels: {app: {{ $name }}}}
    spec:
      containers: [{name: app, image: "{{ $app.image }}", ports: [{containerPort: {{ $app.port }}}]}]
---
apiVersion: v1
kind: Service
metadata: {name: {{ $name }}, namespace: shop}
spec: {type: {{ $app.type }}, selector: {app: {{ $name }}}, ports: [{port: {{ $app.port }}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: {{ $name }}, namespace: shop}
spec:
  podSelector: {matchLabels: {app: {{ $name }}}}
  policyTypes: [Ingress]
  ingress: [{from: [{ipBlock: {cidr: {{ $app.from }}}}]}]
{{- end }}
"""


def apps(first: str) -> dict[str, str]:
    values = f"""\
apps:
  {first}: {{image: "registry.example.com/web:1", port: 8080, type: ClusterIP, from: 10.0.0.0/8}}
  db: {{image: "postgres:17.2", port: 5432, type: LoadBalancer, from: 0.0.0.0/0}}
"""
    return {"Chart.yaml": CHART, "values.yaml": values, "templates/apps.yaml": APPS}


def test_each_of_what_a_loop_makes_is_judged(tmp_path: Path) -> None:
    for first in ("aweb", "web"):  # the one that comes first used to stand for all
        found = judge(tmp_path / first, apps(first))
        owners = {(finding.name, finding.owner) for finding in found.findings}
        assert ("exposed-datastore", "Deployment/shop/db") in owners
        assert ("public-service", "Service/shop/db") in owners
        assert ("allow-all-ingress", "NetworkPolicy/shop/db") in owners
        assert ("public-service", f"Service/shop/{first}") not in owners
        assert ("allow-all-ingress", f"NetworkPolicy/shop/{first}") not in owners


def test_each_workload_of_a_loop_is_confined_or_not(tmp_path: Path) -> None:
    files = apps("aweb")
    files["templates/apps.yaml"] = APPS.replace(
        "kind: NetworkPolicy", 'kind: NetworkPolicy{{ if eq $name "db" }}X{{ end }}'
    )
    found = named(judge(tmp_path, files), "missing-ingress-policy")
    assert [finding.owner for finding in found] == ["Deployment/shop/db"]


def test_rules_at_one_place_are_several(tmp_path: Path) -> None:
    role = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: role}
rules:
{{ .Files.Get "files/role.yaml" }}
"""
    rules = """\
- {nonResourceURLs: [/metrics], verbs: [get]}
- {apiGroups: [""], resources: [secrets], verbs: [get, list]}
- {apiGroups: [""], resources: [pods/exec], verbs: [create]}
"""
    found = judge(tmp_path, {"Chart.yaml": CHART, "templates/role.yaml": role, "files/role.yaml": rules})
    names = [finding.name for finding in found.findings]
    assert names.count("rbac-secrets-access") == 1
    assert names.count("rbac-exec") == 1


def test_a_role_that_is_written_twice_is_judged_twice(tmp_path: Path) -> None:
    head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: role}\nrules:\n"
    bad = '- {apiGroups: [""], resources: [secrets], verbs: [get, list]}\n'
    good = '- {apiGroups: [""], resources: [pods], verbs: [get]}\n'
    for text in (f"{head}{bad}---\n{head}{good}", f"{head}{good}---\n{head}{bad}"):
        assert len(named(judge(tmp_path, {"role.yaml": text}), "rbac-secrets-access")) == 1


def overlays(**files: str) -> dict[str, str]:
    base = {
        "base/kustomization.yaml": "resources: [web.yaml, policy.yaml]\n",
        "base/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1", ports: [{containerPort: 8080}]}]}
""",
        "base/policy.yaml": """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{}]
""",
    }
    return {**base, **{path.replace("__", "/") + ".yaml": text for path, text in files.items()}}


def test_each_overlay_has_its_own_finding(tmp_path: Path) -> None:
    files = overlays(
        dev__kustomization="resources: [../base]\nnamespace: dev\n", prod__kustomization="resources: [../base]\n"
    )
    owners = {(f.scope, f.owner) for f in judge_all(tmp_path, files) if f.name == "allow-all-ingress"}
    assert owners == {("dev", "NetworkPolicy/dev/web"), ("prod", "NetworkPolicy/default/web")}


def judge_all(folder: Path, files: dict[str, str]) -> list[Finding]:
    """The findings of every owner, before those of one line are shown as one."""
    return list(each(judge(folder, files).findings))


def test_nothing_is_called_missing_that_the_same_object_has_in_another_overlay(tmp_path: Path) -> None:
    peers = "- op: replace\n  path: /spec/ingress\n  value: [{from: [{podSelector: {matchLabels: {app: proxy}}}]}]\n"
    change = "patches: [{path: p.yaml, target: {kind: NetworkPolicy}}]\n"
    proxy = overlays()["base/web.yaml"].replace("web", "proxy")
    files = overlays(
        dev__kustomization=f"resources: [../base]\n{change}", dev__p=peers,
        prod__kustomization=f"resources: [../base, proxy.yaml]\n{change}", prod__p=peers, prod__proxy=proxy,
    )  # fmt: skip
    assert not named(judge(tmp_path, files), "peer-matches-nothing")
    del files["prod/kustomization.yaml"]
    assert named(judge(tmp_path / "dev", {k: v for k, v in files.items() if "prod" not in k}), "peer-matches-nothing")


def test_the_second_service_of_a_loop_is_the_one_that_is_dead(tmp_path: Path) -> None:
    files = apps("aweb")
    files["templates/apps.yaml"] = APPS.replace(
        "selector: {app: {{ $name }}}, ports", 'selector: {app: {{ $name | replace "db" "dbx" }}}, ports'
    )
    assert [finding.owner for finding in named(judge(tmp_path, files), "dangling-service")] == ["Service/shop/db"]
