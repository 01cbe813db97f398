"""The pods that an object makes: by its kind, or by its shape where its kind isn't known."""

from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject, PodContainer, PodObject
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, at_key, is_null, items
from hullcheck.model.unknowns import known_in_full

MAX_SHAPE_DEPTH = 12

_TEMPLATE = ("spec", "template")
_BUILT_IN: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "ReplicationController": _TEMPLATE,
    "Deployment": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_BUILT_IN_GROUPS = frozenset(("", "apps", "batch", "extensions"))
_CUSTOM: dict[tuple[str, str], tuple[str, ...]] = {
    ("argoproj.io", "Rollout"): _TEMPLATE,
    ("apps.openshift.io", "DeploymentConfig"): _TEMPLATE,
    ("", "DeploymentConfig"): _TEMPLATE,  # OpenShift before it had a group
    ("keda.sh", "ScaledJob"): ("spec", "jobTargetRef", "template"),
    ("apps.kruise.io", "CloneSet"): _TEMPLATE,
    ("apps.kruise.io", "StatefulSet"): _TEMPLATE,
    ("apps.kruise.io", "DaemonSet"): _TEMPLATE,
    ("apps.kruise.io", "BroadcastJob"): _TEMPLATE,
}
_OTHER_DEFAULTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("serving.knative.dev", "Service"): _TEMPLATE,
    ("serving.knative.dev", "Configuration"): _TEMPLATE,
    ("serving.knative.dev", "Revision"): (),
}
"""Kinds with a pod template whose defaults aren't those of a pod: nothing is called missing in them."""

_NO_PODS = frozenset(("CustomResourceDefinition", "ConfigMap", "Secret", "PodSecurityPolicy", "Template", "List"))
_PATTERN_GROUPS = (
    "kyverno.io", "gatekeeper.sh", "admissionregistration.k8s.io", "kubewarden.io", "kustomize.config.k8s.io",
    "wgpolicyk8s.io", "openapi.org",
)  # fmt: skip
"""Groups whose objects hold patterns of pods, not pods."""

_NOT_INTO = frozenset(("properties", "openAPIV3Schema", "status", "managedFields"))
_POD_KEYS = ("securityContext",)
_ROLES = (("initContainers", "init"), ("containers", "container"), ("ephemeralContainers", "ephemeral"))
_WORKFLOWS = frozenset(("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"))
_WORKFLOW_FIELDS = (
    "securityContext", "hostNetwork", "hostAliases", "volumes", "serviceAccountName", "automountServiceAccountToken",
    "nodeSelector", "tolerations", "imagePullSecrets", "dnsPolicy",
)  # fmt: skip
_TASKS = frozenset(("Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun"))


def pods(made: KubernetesObject) -> Iterator[PodObject]:
    """Each pod template of the object; most have one, or none."""
    if made.kind in _NO_PODS or made.group.endswith(_PATTERN_GROUPS) or not isinstance(made.node, Mapping):
        return
    key = (made.group, made.kind)
    kind = made.node.get("kind")
    if kind is not None and kind.unknown:
        yield from _by_shape(made)
    elif made.kind in _BUILT_IN and made.group in _BUILT_IN_GROUPS:
        yield from _at(made, _BUILT_IN[made.kind], judged=True)
    elif key in _CUSTOM:
        yield from _at(made, _CUSTOM[key], judged=True)
    elif key in _OTHER_DEFAULTS:
        yield from _at(made, _OTHER_DEFAULTS[key], judged=False)
    elif made.group == "argoproj.io" and made.kind in _WORKFLOWS:
        yield from _workflow(made)
    elif made.group == "tekton.dev" and made.kind in _TASKS:
        yield from _tekton(made)
    elif made.group not in _BUILT_IN_GROUPS and not made.group.endswith(".k8s.io"):
        yield from _by_shape(made)


def _at(made: KubernetesObject, path: tuple[str, ...], *, judged: bool) -> Iterator[PodObject]:
    template = at(made.node, *path)
    spec = at(template, "spec")
    if isinstance(spec, Mapping):
        found = tuple(_containers(spec))
        complete = judged and bool(made.name) and any(not is_null(at(c.node, "image")) for c in found)
        complete = complete and _known(made.node, template, spec, *(at(spec, key) for key in _POD_KEYS))
        yield PodObject(made, spec, at(template, "metadata"), found, complete=complete)


def _known(*nodes: Node | None) -> bool:
    """Is all that these hold known, so that something may be called missing?"""
    return all(map(known_in_full, nodes))


def _containers(spec: Mapping) -> Iterator[PodContainer]:
    for key, role in _ROLES:
        for number, node in enumerate(items(spec.get(key))):
            if isinstance(node, Mapping):
                sidecar = role == "init" and as_str(node.get("restartPolicy")) == "Always"
                yield _container("sidecar" if sidecar else role, node, number)


def _container(role: str, node: Mapping, number: int) -> PodContainer:
    named = node.get("name")
    place = at_key(node, "name", named) if isinstance(named, Scalar) and named.text else node
    return PodContainer(role, as_str(named) or str(number), place.location.one_line(), node)


def _by_shape(made: KubernetesObject) -> Iterator[PodObject]:
    """Every mapping with a list of containers, at any place of an object whose kind isn't known."""
    pending: list[tuple[Node, Node | None, int]] = [(made.node, None, 0)]
    seen: set[int] = set()
    while pending:
        node, metadata, depth = pending.pop()
        if depth > MAX_SHAPE_DEPTH or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += [(item, None, depth + 1) for item in reversed(node.items)]
        elif isinstance(node, Mapping):
            if _holds_containers(node):
                yield PodObject(made, node, metadata, tuple(_containers(node)), by_shape=True, complete=False)
                continue
            inner = node.get("metadata") if depth else None
            for key, (_, value) in reversed(node.entries().items()):
                if key not in _NOT_INTO:
                    pending.append((value, inner if key == "spec" else None, depth + 1))


def _holds_containers(spec: Mapping) -> bool:
    found = [item for key, _ in _ROLES[:2] for item in items(spec.get(key))]
    return bool(found) and all(as_str(at(item, "name")) or as_str(at(item, "image")) for item in found)


def _workflow(made: KubernetesObject) -> Iterator[PodObject]:
    """Argo's: each template is a pod, which has the workflow's own pod fields unless it says otherwise."""
    spec = at(made.node, "spec", "workflowSpec") if made.kind == "CronWorkflow" else at(made.node, "spec")
    if not isinstance(spec, Mapping):
        return
    shared = {key: spec.entries()[key] for key in _WORKFLOW_FIELDS if key in spec.entries()}
    for template in items(spec.get("templates")):
        if isinstance(template, Mapping):
            found = tuple(_workflow_containers(template))
            if found:
                pod = template.with_entries({**shared, **template.entries()})
                yield PodObject(made, pod, template.get("metadata"), found, complete=False)


def _workflow_containers(template: Mapping) -> Iterator[PodContainer]:
    for key in ("container", "script"):
        node = template.get(key)
        if isinstance(node, Mapping):
            named = template.get("name")
            place = named if isinstance(named, Scalar) and named.text else node
            yield PodContainer("container", as_str(named) or key, place.location.one_line(), node)
    lists = ((template.get("initContainers"), "init"), (template.get("sidecars"), "sidecar"))
    for nodes, role in (*lists, (at(template, "containerSet", "containers"), "container")):
        for number, node in enumerate(items(nodes)):
            if isinstance(node, Mapping):
                yield _container(role, node, number)


def _tekton(made: KubernetesObject) -> Iterator[PodObject]:
    spec = at(made.node, "spec")
    pod = at(spec, "podTemplate") or at(spec, "taskRunTemplate", "podTemplate")
    for task in _task_specs(made.kind, spec):
        steps = tuple(_steps(task))
        if steps:
            own = pod.entries() if isinstance(pod, Mapping) else {}
            joined = task.with_entries({**own, **task.entries()})
            yield PodObject(made, joined, None, steps, complete=False)


def _task_specs(kind: str, spec: Node | None) -> Iterator[Mapping]:
    if kind in ("Task", "ClusterTask"):
        found = [spec]
    elif kind == "TaskRun":
        found = [at(spec, "taskSpec")]
    else:
        pipeline = at(spec, "pipelineSpec") if kind == "PipelineRun" else spec
        tasks = [*items(at(pipeline, "tasks")), *items(at(pipeline, "finally"))]
        found = [at(task, "taskSpec") for task in tasks]
    yield from (task for task in found if isinstance(task, Mapping))


def _steps(task: Mapping) -> Iterator[PodContainer]:
    template = task.get("stepTemplate")
    shared = template.entries() if isinstance(template, Mapping) else {}
    for key, role, common in (("steps", "container", shared), ("sidecars", "sidecar", {})):
        for number, node in enumerate(items(task.get(key))):
            if isinstance(node, Mapping):
                yield _container(role, node.with_entries({**common, **node.entries()}) if common else node, number)
