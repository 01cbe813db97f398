"""What a release gives a chart that isn't here is read as far as its shape says what it is, and `app-template` in full."""

from pathlib import Path

import pytest

from hullcheck.result import Result
from judge import judge, named
from test_gitops import CHART_FILES, RELEASE, SOURCE

HEAD = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  chartRef: {kind: OCIRepository, name: app-template}
  values:
"""
VALUES = """\
controllers:
  web:
    pod:
      hostNetwork: true
    containers:
      app:
        image:
          repository: redis
          tag: latest
        env:
          API_TOKEN: hq7Zt0pWc4Lx9VbK2mN8
        securityContext:
          privileged: true
      off:
        enabled: false
        image: {repository: redis, tag: latest}
  gone:
    enabled: false
    containers:
      app:
        image: {repository: redis, tag: latest}
persistence:
  socket:
    type: hostPath
    hostPath: /var/run/docker.sock
    advancedMounts:
      web:
        app:
        - path: /docker.sock
  other:
    type: hostPath
    hostPath: /etc
    advancedMounts:
      gone:
        app:
        - path: /etc
"""


def release(values: str, head: str = HEAD) -> str:
    return head + "".join(f"    {line}\n" for line in values.splitlines())


def owners(result: Result, *names: str) -> set[str]:
    return {one.owner for f in named(result, *names) for one in (f, *f.also)}


def places(result: Result, *names: str) -> dict[str, tuple[str, int]]:
    return {f.name: (f.owner, f.location.line) for f in named(result, *names)}


def test_a_release_of_app_template_is_read_as_the_pods_that_it_makes(tmp_path: Path) -> None:
    result = judge(tmp_path, {"apps/web.yaml": release(VALUES)})
    assert places(result, "privileged", "latest-tag", "runtime-socket", "host-network", "sensitive-mount-write") == {
        "privileged": ("HelmRelease/shop/web/web.app", 19),
        "latest-tag": ("HelmRelease/shop/web/web.app", 15),
        "runtime-socket": ("HelmRelease/shop/web/web.app", 31),
        "host-network": ("HelmRelease/shop/web", 10),
    }
    assert named(result, "secret-in-env")
    assert not named(result, "hardening-missing", "no-network-policies", "root-user-implicit")


DEFAULTS = """\
defaultPodOptions:
  hostPID: true
  securityContext: {runAsUser: 0}
%s
controllers:
  a:
    pod:
      securityContext: {runAsNonRoot: true}
    defaultContainerOptions:
      securityContext: {privileged: true}
    containers:
      app:
        image: {repository: ghcr.io/a/b, tag: 1.2.3@sha256:%s}
        securityContext: {readOnlyRootFilesystem: true}
      side:
        image: {repository: ghcr.io/a/b, tag: 1.2.3@sha256:%s}
"""
DIGEST = "0" * 64


def test_defaults_hold_where_nothing_else_is_said(tmp_path: Path) -> None:
    text = DEFAULTS % ("", DIGEST, DIGEST)
    result = judge(tmp_path, {"apps/web.yaml": release(text)})
    assert owners(result, "privileged") == {"HelmRelease/shop/web/a.side"}
    assert named(result, "host-pid-ipc")
    assert not named(result, "root-user", "undigested-image")


def test_defaults_are_merged_where_that_is_said(tmp_path: Path) -> None:
    text = DEFAULTS.replace("runAsNonRoot: true", "fsGroup: 3") % ("defaultPodOptionsStrategy: merge", DIGEST, DIGEST)
    text = text.replace(
        "    defaultContainerOptions", "    defaultContainerOptionsStrategy: merge\n    defaultContainerOptions"
    )
    result = judge(tmp_path, {"apps/web.yaml": release(text)})
    assert owners(result, "privileged") == {
        "HelmRelease/shop/web/a.app",
        "HelmRelease/shop/web/a.side",
    }
    assert owners(result, "root-user") == {
        "HelmRelease/shop/web/a.app",
        "HelmRelease/shop/web/a.side",
    }


def test_init_containers_and_mounts_everywhere(tmp_path: Path) -> None:
    values = """\
controllers:
  a:
    applyDefaultContainerOptionsToInitContainers: false
    defaultContainerOptions: {securityContext: {privileged: true}}
    initContainers:
      first: {image: {repository: a, tag: "1"}}
    containers:
      app: {image: {repository: a, tag: "1"}}
persistence:
  root: {type: hostPath, hostPath: /etc}
  own: {type: custom, volumeSpec: {hostPath: {path: /root}}, globalMounts: [{path: /x, readOnly: true}]}
  none: {enabled: false, type: hostPath, hostPath: /var/run/docker.sock}
"""
    result = judge(tmp_path, {"apps/web.yaml": release(values)})
    assert owners(result, "privileged") == {"HelmRelease/shop/web/a.app"}
    assert owners(result, "sensitive-mount-write") == {
        "HelmRelease/shop/web/a.app",
        "HelmRelease/shop/web/a.first",
    }
    assert named(result, "sensitive-mount-read")
    assert not named(result, "runtime-socket")


FLAT = """\
image: {repository: redis, tag: latest}
securityContext: {privileged: true}
hostNetwork: true
persistence:
  sock: {enabled: true, type: hostPath, hostPath: /var/run/docker.sock, mountPath: /run/docker.sock}
sidecars:
  more: {image: busybox:latest, securityContext: {capabilities: {add: [SYS_ADMIN]}}}
"""
BY_CHART = HEAD.replace("chartRef: {kind: OCIRepository, name: app-template}", "chart: {spec: {chart: app-template}}")


def test_the_first_version_is_read_by_its_name(tmp_path: Path) -> None:
    result = judge(tmp_path, {"apps/web.yaml": release(FLAT, BY_CHART)})
    assert owners(result, "privileged", "runtime-socket") == {"HelmRelease/shop/web/main"}
    assert owners(result, "latest-tag") == {
        "HelmRelease/shop/web/main",
        "HelmRelease/shop/web/more",
    }
    assert named(result, "dangerous-capability")
    assert named(result, "host-network")


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {namespace: shop}
  source:
    repoURL: https://charts.example.org
    chart: anything
    targetRevision: 1.0.0
    helm:
"""
OTHER = """\
agent:
  image: {registry: ghcr.io, repository: a/b, tag: latest}
proxy:
  image: {repository: ghcr.io/a/c, tag: ""}
  containerSecurityContext: {privileged: true}
extra:
  nested: {securityContext: {privileged: true}, image: {repository: ghcr.io/a/d, tag: latest}}
"""


@pytest.mark.parametrize("where", ["HelmRelease", "valuesObject", "values"])
def test_any_other_chart_is_looked_through_for_images_and_containers(where: str, tmp_path: Path) -> None:
    text = release(OTHER, BY_CHART.replace("app-template", "anything"))
    if where != "HelmRelease":
        mark = ": |" if where == "values" else ":"
        text = APPLICATION + f"      {where}{mark}\n" + "".join(f"        {line}\n" for line in OTHER.splitlines())
    result = judge(tmp_path, {"apps/web.yaml": text})
    first = text.splitlines().index(next(line for line in text.splitlines() if "registry" in line)) + 1
    found = [f.location.line for f in named(result, "latest-tag")]
    assert found == [first, first + 5]
    assert {f.owner.rpartition("/")[2] for f in named(result, "privileged")} == {"proxy", "nested"}
    assert not named(result, "untagged-image")


def test_a_template_is_no_value(tmp_path: Path) -> None:
    values = """\
controllers:
  a:
    containers:
      app:
        image: {repository: redis, tag: "{{ .Values.x }}"}
        env: {DB_PASSWORD: "{{ .Values.password }}"}
"""
    result = judge(tmp_path, {"apps/web.yaml": release(values)})
    assert not named(result, "latest-tag", "untagged-image", "undigested-image", "secret-in-env")


@pytest.mark.parametrize(
    "values",
    [
        "controllers: {a: {containers: {b: {image: {repository: r, tag: 1}, env: [3, {}], probes: 3}}}}",
        "controllers: {a: {containers: {b: {image: {repository: r}, env: {A: {}}, probes: {liveness: 3}}}}}\npersistence: [1]",
        "controllers: {a: {pod: 3, containers: {b: {image: {repository: [], tag: {}}}}}}\npersistence: {a: {type: custom}}",
        "controllers: {a: {containers: {b: {image: {}}, c: 3}, initContainers: []}}\npersistence: {a: {advancedMounts: 3, globalMounts: [3]}}",
        "controllers: []\nimage: {repository: 3, tag: [1]}",
    ],
)
def test_nothing_ends_a_run(values: str, tmp_path: Path) -> None:
    more = "extra: {securityContext: {privileged: true}}"
    result = judge(tmp_path, {"apps/web.yaml": release(f"{values}\n{more}")})
    assert named(result, "privileged")
    assert not named(result, "check-failed")


def test_where_the_chart_is_here_it_says_what_is_made_of_the_values(tmp_path: Path) -> None:
    files = {**CHART_FILES, "deploy/web.yaml": RELEASE % SOURCE}
    files["charts/app/templates/web.yaml"] += "---\n{{ toYaml .Values.agent }}\n"
    files["deploy/web.yaml"] = files["deploy/web.yaml"].replace(
        "    privileged: true\n",
        "    agent: {image: {repository: a, tag: latest}, securityContext: {privileged: true}}\n",
    )
    assert not named(judge(tmp_path / "a", files), "privileged")
    files["charts/app/templates/web.yaml"] += "---\n{{ fail }}\n"
    assert named(judge(tmp_path / "b", files), "privileged")


def test_values_that_are_held_elsewhere_in_the_repository_are_looked_through(tmp_path: Path) -> None:
    bad = "agent: {securityContext: {privileged: true}}\n"
    head = BY_CHART.replace("app-template", "anything").replace(
        "  values:\n", "  valuesFrom: [{kind: ConfigMap, name: held}]\n  values: {a: 1}\n"
    )
    held = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, namespace: shop}\ndata:\n  values.yaml: |\n    "
    sources = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: db, namespace: argocd}
spec:
  destination: {namespace: shop}
  sources:
  - {repoURL: https://charts.example.org, chart: postgres, targetRevision: 1.0.0, helm: {valueFiles: [$here/env/db.yaml]}}
  - {repoURL: https://git.example.org/a/b.git, ref: here}
"""
    files = {"deploy/web.yaml": f"{head}---\n{held}{bad}", "argo/db.yaml": sources, "env/db.yaml": bad}
    result = judge(tmp_path, files)
    assert {(f.owner, f.location.path) for f in named(result, "privileged")} == {
        ("HelmRelease/shop/web/agent", "deploy/web.yaml"),
        ("Application/argocd/db/agent", "env/db.yaml"),
    }
    assert {item.cause for item in result.coverage.unjudged} == {"elsewhere"}


BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{p: *a{n - 1}, q: *a{n - 1}}}\n" for n in range(1, 40))
SHARED = "controllers: {a: {containers: {b: {image: {repository: r, tag: t}, resources: *a39}}}}\npersistence: {v: {x: *a39}}\n"


def test_values_that_share_their_parts_are_read_in_time(tmp_path: Path) -> None:
    files = {
        "a.yaml": release(BOMB + SHARED),
        "helmfile.yaml": "releases:\n- name: a\n  chart: x/y\n  values: [v.yaml]\n",
    }
    files["v.yaml"] = BOMB
    assert not named(judge(tmp_path, files), "check-failed")


K3S = """\
apiVersion: helm.cattle.io/v1
kind: %s
metadata: {name: web, namespace: kube-system}
spec:
  chart: app-template
  set: {defaultPodOptions.hostPID: "true"}
  valuesContent: |-
%s"""


@pytest.mark.parametrize("kind", ["HelmChart", "HelmChartConfig"])
def test_what_k3s_gives_a_chart_is_read_alike(kind: str, tmp_path: Path) -> None:
    text = K3S % (kind, "".join(f"    {line}\n" for line in VALUES.splitlines()))
    result = judge(tmp_path, {"a.yaml": text})
    (privileged,) = named(result, "privileged")
    assert privileged.owner == f"{kind}/kube-system/web/web.app"
    assert text.splitlines()[privileged.location.line - 1].strip() == "privileged: true"
    assert named(result, "host-pid-ipc", "host-network", "latest-tag")
    mapped = text.replace("valuesContent: |-", "values:")
    assert {
        f.location.line for f in named(judge(tmp_path / "b", {"a.yaml": mapped}), "secret-in-env", "privileged")
    } == {f.location.line for f in named(result, "secret-in-env", "privileged")}
    assert [item.cause for item in result.coverage.unjudged] == ["elsewhere"] * (kind == "HelmChart")


RAW = """\
    resources:
    - apiVersion: v1
      kind: Pod
      metadata: {name: a}
      spec: {hostPID: true, containers: [{name: a, image: "a:1.2.3", securityContext: {privileged: true}}]}
    - {apiVersion: apps/v1, kind: Deployment, name: what-is-scaled}
    - apiVersion: kyverno.io/v1
      kind: ClusterPolicy
      metadata: {name: no}
      spec: {rules: [{validate: {pattern: {spec: {containers: [{name: b, securityContext: {privileged: true}}]}}}}]}
"""


def test_whole_objects_among_the_values_are_looked_at_by_their_kind(tmp_path: Path) -> None:
    result = judge(tmp_path, {"a.yaml": HEAD.replace("app-template", "raw") + RAW})
    assert {finding.owner for finding in named(result, "privileged", "host-pid-ipc")} == {
        "HelmRelease/shop/web",
        "HelmRelease/shop/web/a",
    }


def test_values_of_a_generated_config_map_are_found_in_their_file(tmp_path: Path) -> None:
    head = BY_CHART.replace("  values:\n", "  valuesFrom: [{kind: ConfigMap, name: held}]\n")
    files = {
        "deploy/web.yaml": head,
        "deploy/kustomization.yaml": (
            "namespace: shop\nresources: [web.yaml]\nconfigMapGenerator:\n"
            "- name: held\n  files: [values.yaml=held.yaml]\n  options: {disableNameSuffixHash: true}\n"
        ),
        "deploy/held.yaml": VALUES,
    }
    (privileged,) = named(judge(tmp_path, files), "privileged")
    line = VALUES.splitlines().index("          privileged: true") + 1
    assert (privileged.location.path, privileged.location.line) == ("deploy/held.yaml", line)
    files["deploy/held.yaml"] = VALUES.replace("privileged: true", "privileged: false")
    assert not named(judge(tmp_path / "b", files), "privileged")


def test_a_broken_file_of_a_generated_config_map_ends_no_run(tmp_path: Path) -> None:
    files = {
        "deploy/web.yaml": BY_CHART.replace("  values:\n", "  valuesFrom: [{kind: ConfigMap, name: held}]\n"),
        "deploy/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator: [{name: held, files: [values.yaml]}]\n",
        "deploy/values.yaml": "a: [\n",
    }
    assert not named(judge(tmp_path, files), "check-failed")
