"""Pods of custom resources: lists of containers, specs that are containers, objects and texts inside objects."""

import textwrap
from pathlib import Path

import pytest

from hullcheck.link.kubernetes_containers import workload
from hullcheck.model.workload import Workload
from hullcheck.parse import kubernetes
from hullcheck.parse.pods import pods
from hullcheck.source import Source
from judge import judge, named


def workloads(text: str) -> list[Workload]:
    read = kubernetes.read(Source("x.yaml", textwrap.dedent(text).encode()))
    assert not read.problems
    return [workload(pod, complete=True) for made in read.objects for pod in pods(made)]


def dangers(text: str) -> set[str]:
    """What is dangerous in a text's pods, in words."""
    found = set()
    for one in workloads(text):
        for flag in ("host_network", "host_pid", "host_ipc"):
            if getattr(one, flag).value:
                found.add(flag)
        for container in one.containers:
            if container.privileged.value:
                found.add("privileged")
            found |= {f"added {name.value}" for name in container.capabilities_added}
            found |= {f"mounts {m.source.value}" for m in container.mounts if m.kind == "bind"}
            if container.image is not None and container.image.reference.value:
                found.add(container.image.reference.value)
    return found


SPARK = """
    apiVersion: sparkoperator.k8s.io/v1beta2
    kind: SparkApplication
    metadata: {name: pi}
    spec:
      image: "spark:latest"
      mainApplicationFile: local:///pi.py
      volumes: [{name: host, hostPath: {path: /}}]
      driver:
        hostNetwork: true
        securityContext: {privileged: true}
        volumeMounts: [{name: host, mountPath: /host}]
      executor:
        securityContext: {capabilities: {add: [SYS_ADMIN]}}
        sidecars: [{name: side, image: "side:1", securityContext: {privileged: true}}]
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SPARK, {"spark:latest", "host_network", "privileged", "mounts /", "added SYS_ADMIN", "side:1"}),
        (
            """
            apiVersion: argoproj.io/v1alpha1
            kind: Sensor
            metadata: {name: s}
            spec:
              triggers:
                - template:
                    k8s:
                      source:
                        resource:
                          apiVersion: argoproj.io/v1alpha1
                          kind: Workflow
                          metadata: {generateName: w-}
                          spec:
                            hostNetwork: true
                            templates: [{name: t, container: {image: "a:1", securityContext: {privileged: true}}}]
            """,
            {"host_network", "privileged", "a:1"},
        ),
        (
            """
            apiVersion: argoproj.io/v1alpha1
            kind: Workflow
            metadata: {name: w}
            spec:
              podSpecPatch: |
                hostPID: true
                containers: [{name: main, securityContext: {privileged: true}}]
              templates:
                - name: t
                  podSpecPatch: '{"hostIPC": true}'
                  container: {image: "a:1"}
                - name: r
                  resource:
                    manifest: |
                      apiVersion: v1
                      kind: Pod
                      metadata: {name: p}
                      spec: {hostNetwork: true, containers: [{name: c, image: "b:1"}]}
            """,
            {"host_pid", "host_ipc", "host_network", "privileged", "a:1", "b:1"},
        ),
        (
            """
            apiVersion: opentelemetry.io/v1beta1
            kind: OpenTelemetryCollector
            metadata: {name: o}
            spec:
              image: "otel:1"
              hostNetwork: true
              securityContext: {privileged: true}
              podSecurityContext: {runAsUser: 0}
              volumes: [{name: d, hostPath: {path: /var/lib/docker}}]
              volumeMounts: [{name: d, mountPath: /d}]
              additionalContainers: [{name: more, image: "more:1", securityContext: {privileged: true}}]
              initContainers: [{name: first, image: "first:1"}]
            """,
            {"host_network", "privileged", "mounts /var/lib/docker", "otel:1", "more:1", "first:1"},
        ),
        (
            """
            apiVersion: actions.summerwind.dev/v1alpha1
            kind: RunnerDeployment
            metadata: {name: r}
            spec: {template: {spec: {repository: a/b, privileged: true, image: "runner:1"}}}
            """,
            {"privileged", "runner:1"},
        ),
        (
            """
            apiVersion: serving.kserve.io/v1beta1
            kind: InferenceService
            metadata: {name: m}
            spec: {predictor: {model: {modelFormat: {name: x}, securityContext: {privileged: true}}}}
            """,
            {"privileged"},
        ),
        (
            """
            apiVersion: tekton.dev/v1beta1
            kind: StepAction
            metadata: {name: s}
            spec: {image: "step:1", script: echo, securityContext: {privileged: true}}
            """,
            {"privileged", "step:1"},
        ),
        (
            """
            apiVersion: numaflow.numaproj.io/v1alpha1
            kind: Pipeline
            metadata: {name: n}
            spec: {vertices: [{name: v, udf: {container: {image: "udf:1", args: [x], securityContext: {privileged: true}}}}]}
            """,
            {"privileged", "udf:1"},
        ),
        (
            """
            apiVersion: monitoring.coreos.com/v1
            kind: Prometheus
            metadata: {name: p}
            spec: {image: "prom:1", securityContext: {fsGroup: 2000}, hostNetwork: true}
            """,
            {"prom:1", "host_network"},
        ),
        (
            """
            apiVersion: postgresql.cnpg.io/v1
            kind: Cluster
            metadata: {name: p}
            spec: {imageName: "pg:16"}
            """,
            {"pg:16"},
        ),
        (
            """
            apiVersion: work.open-cluster-management.io/v1
            kind: ManifestWork
            metadata: {name: m}
            spec:
              workload:
                manifests:
                  - apiVersion: v1
                    kind: List
                    items:
                      - apiVersion: apps/v1
                        kind: Deployment
                        metadata: {name: d}
                        spec: {template: {spec: {containers: [{name: c, image: "c:1", securityContext: {privileged: true}}]}}}
            """,
            {"privileged", "c:1"},
        ),
    ],
)
def test_what_a_custom_resource_runs_is_seen(text: str, expected: set[str]) -> None:
    assert dangers(text) >= expected


@pytest.mark.parametrize(
    "text",
    [
        # what looks like a container and is none
        "apiVersion: example.com/v1\nkind: Machine\nmetadata: {name: m}\nspec: {image: ubuntu-22.04, size: large}\n",
        "apiVersion: example.com/v1\nkind: App\nmetadata: {name: m}\nspec: {image: {repository: a, tag: b}, env: {A: b}}\n",
        "apiVersion: example.com/v1\nkind: App\nmetadata: {name: m}\nspec: {command: [a], hostNetwork: false}\n",
        "apiVersion: example.com/v1\nkind: App\nmetadata: {name: m}\nspec: {securityContext: {runAsUser: 1000}}\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: m}\nspec: {x: {containers: [{name: a}]}}\n",
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: m}\nspec: {p: {containers: [{name: a, image: b}]}}\n",
        "apiVersion: example.com/v1\nkind: App\nmetadata: {name: m}\nspec: {ref: {apiVersion: apps/v1, kind: Deployment, name: x}}\n",
        "apiVersion: example.com/v1\nkind: App\nmetadata: {name: m}\nstatus: {pod: {image: 'a:1', args: [x]}}\n",
    ],
)
def test_what_is_no_container_is_none(text: str) -> None:
    assert workloads(text) == []


def test_deep_objects_are_all_found() -> None:
    """However deep, and without deep recursion."""
    inner = 'spec: {containers: [{name: c, image: "c:1", securityContext: {privileged: true}}]}'
    for depth in (1, 15, 60):
        text = inner
        for _ in range(depth):
            text = f"x: {{apiVersion: example.com/v1, kind: App, {text}}}"
        assert "privileged" in dangers(
            f"apiVersion: example.com/v1\nkind: App\nmetadata: {{name: m}}\nspec: {{{text}}}\n"
        )
        plain = inner
        for _ in range(depth):
            plain = f"x: {{{plain}}}"
        assert "privileged" in dangers(
            f"apiVersion: example.com/v1\nkind: App\nmetadata: {{name: m}}\nspec: {{{plain}}}\n"
        )


BOUND = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: default, namespace: default}]
---
"""


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec: {steps: [{name: s, image: 'a:1'}]}\n", False),
        ("apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: t}\nspec: {taskSpec: {steps: [{name: s, image: 'a:1'}]}}\n", True),
        ("apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: t}\nspec: {templates: [{name: s, container: {image: 'a:1'}}]}\n", False),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: t}\nspec: {templates: [{name: s, container: {image: 'a:1'}}]}\n", True),
        ("apiVersion: example.com/v1\nkind: App\nmetadata: {name: t}\nspec: {containers: [{name: s, image: 'a:1'}]}\n", False),
        ("apiVersion: example.com/v1\nkind: App\nmetadata: {name: t}\nspec: {serviceAccountName: default, containers: [{name: s, image: 'a:1'}]}\n", True),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: t}\nspec: {containers: [{name: s, image: 'a:1'}]}\n", True),
    ],
)  # fmt: skip
def test_only_what_runs_by_itself_runs_as_default(tmp_path: Path, text: str, runs: bool) -> None:
    found = judge(tmp_path, {"x.yaml": BOUND + text}).findings
    names = {
        each.name for finding in found for each in (finding, *finding.also)
    }  # all rights of an account are told once
    assert ("pod-can-take-cluster" in names) == runs


OPERATED = """\
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: {name: main}
spec:
  image: r.example.org/alertmanager:1.2.3
  containers:
    - name: alertmanager
      livenessProbe: {httpGet: {path: /, port: web}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: alertmanager}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: alertmanager, app.kubernetes.io/component: x}}
---
apiVersion: v1
kind: Pod
metadata: {name: other, labels: {app.kubernetes.io/name: other, app.kubernetes.io/component: x}}
spec: {containers: [{name: c, image: 'r.example.org/c:1.2.3'}]}
"""


def test_what_an_operator_adds_is_not_missing(tmp_path: Path) -> None:
    found = named(judge(tmp_path, {"a.yaml": OPERATED}), "probe-port-mismatch", "dangling-network-policy")
    assert {(f.name, f.severity.name) for f in found} <= {("dangling-network-policy", "INFO")}
    plain = OPERATED.partition("---\n")[2]
    (finding,) = named(judge(tmp_path, {"a.yaml": plain}), "dangling-network-policy")
    assert finding.severity.name == "LOW"


def of_kind(api: str, kind: str, spec: str) -> str:
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x, namespace: n}}\nspec: {spec}\n"


IMAGE_CHECKS = ("latest-tag", "untagged-image", "undigested-image", "rolling-tag", "eol-base-image")


@pytest.mark.parametrize(
    "text",
    [
        of_kind("kafka.strimzi.io/v1beta2", "Kafka", "{kafka: {image: 'quay.io/a/kafka:latest'}}"),
        of_kind("acid.zalan.do/v1", "postgresql", "{dockerImage: 'ghcr.io/a/b:latest'}"),
        of_kind("ceph.rook.io/v1", "CephCluster", "{cephVersion: {image: 'quay.io/ceph/ceph:latest'}}"),
        of_kind("kubevirt.io/v1", "VirtualMachine", "{template: {spec: {volumes: [{containerDisk: {image: 'quay.io/a/b:latest'}}]}}}"),
        of_kind("operator.victoriametrics.com/v1beta1", "VMAgent", "{image: {repository: victoriametrics/vmagent, tag: latest}}"),
        of_kind("rabbitmq.com/v1beta1", "RabbitmqCluster", "{image: 'rabbitmq:latest'}"),
        of_kind("opentelemetry.io/v1alpha1", "Instrumentation", "{java: {image: 'ghcr.io/x/y:latest'}}"),
        of_kind("sparkoperator.k8s.io/v1alpha1", "SparkConnect", "{image: 'x/y:latest', server: {}}"),
        of_kind("example.com/v1", "App", "{sidecarImage: ghcr.io/x/y}"),
    ],
)  # fmt: skip
def test_images_that_operators_run_are_seen_once(text: str, tmp_path: Path) -> None:
    assert len(named(judge(tmp_path, {"a.yaml": text}), "latest-tag", "untagged-image")) == 1


@pytest.mark.parametrize(
    "text",
    [
        of_kind("image.toolkit.fluxcd.io/v1beta2", "ImageRepository", "{image: ghcr.io/a/b}"),
        of_kind("policy.sigstore.dev/v1beta1", "ClusterImagePolicy", "{image: 'ghcr.io/a/b:latest'}"),
        of_kind("cluster.x-k8s.io/v1beta1", "Machine", "{image: 'ubuntu:latest'}"),
        of_kind("compute.gcp.crossplane.io/v1", "Instance", "{image: projects/debian-cloud/global/images/family/debian-11}"),
        of_kind("example.com/v1", "Desktop", "{image: 'https://example.com/a/b:latest'}"),
        of_kind("example.com/v1", "Desktop", "{image: ubuntu-latest, backgroundImage: pictures/sea.png}"),
        of_kind("kafka.strimzi.io/v1beta2", "KafkaConnect", "{build: {output: {type: docker, image: 'r.example.org/a/b:latest'}}}"),
        of_kind("monitoring.coreos.com/v1", "Prometheus", "{baseImage: quay.io/prometheus/prometheus, version: v3.0.0}"),
        of_kind("argoproj.io/v1beta1", "ArgoCD", "{image: quay.io/a/argocd, version: v3.1.0}"),
        of_kind("kyverno.io/v1", "ClusterPolicy", "{rules: [{image: 'ghcr.io/a/b:latest'}]}"),
        of_kind("example.com/v1", "App", "{image: 'ghcr.io/a/b:${TAG}'}"),
        of_kind("example.com/v1", "App", "{x: {apiVersion: v1, kind: ConfigMap, data: {image: 'ghcr.io/a/b:latest'}}}"),
        "apiVersion: example.com/v1\nkind: App\nmetadata: {name: x}\nstatus: {image: 'ghcr.io/a/b:latest'}\n",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_image_that_runs_is_none(text: str, tmp_path: Path) -> None:
    assert not named(judge(tmp_path, {"a.yaml": text}), *IMAGE_CHECKS)


def test_an_image_of_a_container_is_no_second_use(tmp_path: Path) -> None:
    text = of_kind("example.com/v1", "App", "{runner: {image: 'ghcr.io/x/y:latest', args: [a]}}")
    assert len(named(judge(tmp_path, {"a.yaml": text}), "latest-tag")) == 1


@pytest.mark.parametrize(
    "spec",
    [
        "{templateDefaults: {container: {securityContext: {privileged: true}}}, templates: [{name: a, container: {image: 'x:1'}}]}",
        "{templates: [{name: a, steps: [[{name: b, inline: {container: {image: 'x:1', securityContext: {privileged: true}}}}]]}]}",
        "{templates: [{name: a, dag: {tasks: [{name: b, inline: {script: {image: 'x:1', securityContext: {privileged: true}}}}]}}]}",
    ],
)
def test_defaults_and_inline_templates_of_workflows_count(spec: str) -> None:
    assert "privileged" in dangers(of_kind("argoproj.io/v1alpha1", "WorkflowTemplate", spec))
    overridden = spec.replace("{image: 'x:1'}", "{image: 'x:1', securityContext: {}}")
    assert ("privileged" in dangers(of_kind("argoproj.io/v1alpha1", "Workflow", overridden))) == ("inline" in spec)


def test_a_container_has_its_own_settings_beside_those_of_its_pod() -> None:
    spec = "{pools: [{securityContext: {fsGroup: 1}, containerSecurityContext: {privileged: true}}]}"
    assert dangers(of_kind("minio.min.io/v2", "Tenant", spec)) == {"privileged"}
