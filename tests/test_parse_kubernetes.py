"""Manifest files to objects, and objects to the pods that they make."""

import pytest

from hullcheck.model.kubernetes import KubernetesObject, PodObject
from hullcheck.parse.kubernetes import ManifestFile, objects_in, read
from hullcheck.parse.pods import pods
from hullcheck.source import Source


def parsed(text: str, path: str = "a.yaml") -> ManifestFile:
    return read(Source(path, text.encode()))


def names(text: str, path: str = "a.yaml") -> list[str]:
    return [f"{made.api_version} {made.kind} {made.name}" for made in parsed(text, path).objects]


def made(text: str) -> list[PodObject]:
    return [pod for found in parsed(text).objects for pod in pods(found)]


def roles(text: str) -> list[str]:
    return [f"{container.role} {container.name}" for pod in made(text) for container in pod.containers]


def test_documents_lists_and_items_without_a_kind_of_their_own() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n# nothing\n---\n"
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n"
        "- apiVersion: v1\n  kind: ServiceList\n  items: [{metadata: {name: c}}]\n"
    )
    assert names(text) == ["v1 ConfigMap a", "v1 Secret b", "v1 Service c"]


def test_a_broken_document_leaves_its_neighbours() -> None:
    text = (
        "apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\nb: [\n---\napiVersion: v1\nkind: C\nmetadata: {name: c}\n"
    )
    assert names(text) == ["v1 A a", "v1 C c"]
    problems = parsed(text).problems
    assert [problem.name for problem in problems] == ["parse-error"]


def test_a_stream_of_json_objects_is_read_whole() -> None:
    one = '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "{"}}'
    assert names(f"{one}\n{one}{one}", "a.json") == ["v1 A {"] * 3


def test_a_template_is_read_literally() -> None:
    text = "apiVersion: v1\nkind: A\nmetadata: {name: {{ .name }}}\n{{ if x }}\nb: {{ y }}\n{{ end }}\n"
    found = parsed(text)
    assert found.templated
    assert [made.kind for made in found.objects] == ["A"]
    assert not found.problems


def test_a_charts_template_is_left_to_the_chart() -> None:
    text = "apiVersion: v1\nkind: A\nmetadata: {name: {{ .Values.name }}}\n"
    found = parsed(text, "c/templates/a.yaml")
    assert found.templated
    assert found.deferred
    assert not found.objects
    assert [problem.name for problem in found.problems] == ["not-analysed"]


def test_braces_in_a_value_are_no_template() -> None:
    assert names('apiVersion: v1\nkind: A\nmetadata: {name: "{{x}}"}\n') == ["v1 A {{x}}"]


def test_the_place_of_an_object_is_its_name() -> None:
    found = parsed("apiVersion: v1\nkind: A\nmetadata:\n  name: here\n---\napiVersion: v1\nkind: B\n").objects
    assert [(o.location.line, o.location.text) for o in found] == [(4, "here"), (7, "B")]


def test_a_template_of_openshift_has_its_parameters_filled_in() -> None:
    text = (
        "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nparameters:\n"
        "- {name: IMAGE, value: 'nginx:1'}\n- {name: COUNT, value: '3'}\n- {name: SECRET, generate: expression}\n"
        "objects:\n- apiVersion: apps.openshift.io/v1\n  kind: DeploymentConfig\n  metadata: {name: web}\n"
        "  spec: {replicas: '${{COUNT}}', template: {spec: {containers: [{name: a, image: '${IMAGE}',"
        " env: [{name: X, value: '${SECRET}-${COUNT}'}]}]}}}\n"
    )
    pod = made(text)[0]
    container = pod.containers[0].node
    image, replicas = container.get("image"), pod.object.node.get("spec").get("replicas")
    assert image.text == "nginx:1"
    assert image.location.line == 5
    assert image.because == "parameters"
    assert (replicas.text, replicas.style) == ("3", "")
    assert container.get("env").items[0].get("value").text == "${SECRET}-3"


PODS = {
    "Pod": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n",
    "PodTemplate": "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: a}\n"
    "template: {spec: {containers: [{name: c, image: i}]}}\n",
    "CronJob": "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n"
    "spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: i}]}}}}}\n",
}
for _version, _kind in (
    ("v1", "ReplicationController"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("extensions/v1beta1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("argoproj.io/v1alpha1", "Rollout"),
    ("apps.openshift.io/v1", "DeploymentConfig"),
    ("apps.kruise.io/v1alpha1", "CloneSet"),
):
    PODS[_kind] = (
        f"apiVersion: {_version}\nkind: {_kind}\nmetadata: {{name: a}}\n"
        "spec: {template: {metadata: {labels: {x: y}}, spec: {containers: [{name: c, image: i}]}}}\n"
    )


@pytest.mark.parametrize("kind", PODS)
def test_kinds_that_make_pods(kind: str) -> None:
    pod = made(PODS[kind])[0]
    assert [container.name for container in pod.containers] == ["c"]
    assert pod.complete
    assert not pod.by_shape


def test_containers_of_all_sorts() -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n  - {name: i, image: x}\n"
        "  - {name: s, image: x, restartPolicy: Always}\n  containers: [{name: c, image: x}, {image: x}]\n"
        "  ephemeralContainers: [{name: e, image: x}]\n"
    )
    assert roles(text) == ["init i", "sidecar s", "container c", "container 1", "ephemeral e"]


def test_a_fragment_is_not_complete() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: c}]}}}\n"
    assert not made(text)[0].complete
    assert made("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n") == []


def test_shapes_of_pods_are_found_in_unknown_kinds() -> None:
    text = (
        "apiVersion: example.org/v1\nkind: Cluster\nmetadata: {name: a}\nspec:\n  groups:\n"
        "  - podTemplate: {metadata: {labels: {x: y}}, spec: {containers: [{name: one, image: i}]}}\n"
        "  - pod: {initContainers: [{name: two, image: i}]}\n"
    )
    found = made(text)
    assert [pod.containers[0].name for pod in found] == ["one", "two"]
    assert all(pod.by_shape and not pod.complete for pod in found)
    assert found[0].metadata is not None


@pytest.mark.parametrize(
    "text",
    [
        (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
            "spec: {versions: [{schema: {openAPIV3Schema: {properties: {containers: [{name: a, image: b}]}}}}]}\n"
        ),
        (
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: a}\n"
            "spec: {rules: [{validate: {pattern: {spec: {containers: [{name: '*', image: '!*:latest'}]}}}}]}\n"
        ),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {containers: [{name: a, image: b}]}\n",
        "apiVersion: example.org/v1\nkind: Bucket\nmetadata: {name: a}\nspec: {containers: [{size: 3}]}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a}]}}}\n",
    ],
)
def test_what_looks_like_a_pod_but_is_none(text: str) -> None:
    assert made(text) == []


def test_workflows_have_a_pod_for_each_template() -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: a}\nspec:\n"
        "  securityContext: {runAsUser: 0}\n  serviceAccountName: all\n  templates:\n"
        "  - {name: one, container: {image: x}, sidecars: [{name: s, image: y}], serviceAccountName: own}\n"
        "  - {name: two, script: {image: x, source: ls}, initContainers: [{name: i, image: y}]}\n"
        "  - {name: steps, steps: []}\n"
    )
    assert roles(text) == ["container one", "sidecar s", "container two", "init i"]
    one, two = made(text)
    assert one.spec.get("serviceAccountName").text == "own"
    assert two.spec.get("serviceAccountName").text == "all"
    assert two.spec.get("securityContext").get("runAsUser").text == "0"


def test_tasks_have_steps_with_common_settings() -> None:
    text = (
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: a}\nspec:\n  tasks:\n  - name: t\n    taskSpec:\n"
        "      stepTemplate: {securityContext: {privileged: true}, image: common}\n"
        "      steps: [{name: s, script: ls}, {name: u, image: own}]\n      sidecars: [{name: d, image: dind}]\n"
    )
    assert roles(text) == ["container s", "container u", "sidecar d"]
    first, second, sidecar = made(text)[0].containers
    assert first.node.get("image").text == "common"
    assert second.node.get("image").text == "own"
    assert first.node.get("securityContext") is not None
    assert sidecar.node.get("securityContext") is None


def test_rendered_documents_become_objects() -> None:
    roots = parsed("apiVersion: v1\nkind: A\nmetadata: {name: a}\n").documents
    assert [type(found) for found in objects_in(roots)] == [KubernetesObject]
