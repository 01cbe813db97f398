"""The pods that an object makes: by its kind, or by its shape where its kind isn't known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.kubernetes import KubernetesObject, PodContainer, PodObject, is_api_group
from hullcheck.model.node import Mapping, Node, Scalar, as_str, at, is_null, items
from hullcheck.model.unknowns import known_in_full
from hullcheck.parse.kubernetes import object_of
from hullcheck.parse.pod_shapes import Found, container, containers_of, found_in, privileged_by

MAX_NESTED = 20
"""Objects inside one another; what is deeper is looked at by its shape alone."""

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
_HOLD_OBJECTS = frozenset(("Template", "List"))
PATTERN_GROUPS = (
    "kyverno.io", "gatekeeper.sh", "admissionregistration.k8s.io", "kubewarden.io", "kustomize.config.k8s.io",
    "wgpolicyk8s.io", "openapi.org", "auto.gke.io",
)  # fmt: skip
"""Groups whose objects hold patterns of pods, not pods."""

_DEPLOY = frozenset(
    (("Application", "argoproj.io"), ("HelmChart", "helm.cattle.io"), ("HelmChartConfig", "helm.cattle.io"))
)
"""Kinds besides Flux's that give a chart values."""

_POD_KEYS = ("securityContext",)
_WORKFLOWS = frozenset(("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"))
_WORKFLOW_FIELDS = (
    "securityContext", "hostNetwork", "hostAliases", "volumes", "serviceAccountName", "automountServiceAccountToken",
    "nodeSelector", "tolerations", "imagePullSecrets", "dnsPolicy",
)  # fmt: skip
_TASKS = frozenset(("Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun"))


def pods(made: KubernetesObject, nested: int = 0) -> Iterator[PodObject]:
    """Each pod template of the object; most have one, or none. `nested` counts the objects that it is inside of."""
    group = made.group
    if made.kind in _NO_PODS or group.endswith(PATTERN_GROUPS) or not isinstance(made.node, Mapping):
        return
    key = (group, made.kind)
    kind = made.node.get("kind")
    if kind is not None and kind.unknown:
        yield from _by_shape(made, nested)
    elif made.kind in _BUILT_IN and group in _BUILT_IN_GROUPS:
        yield from _at(made, _BUILT_IN[made.kind], judged=True)
    elif key in _CUSTOM:
        yield from _at(made, _CUSTOM[key], judged=True)
    elif key in _OTHER_DEFAULTS:
        yield from _at(made, _OTHER_DEFAULTS[key], judged=False)
    elif group == "argoproj.io" and made.kind in _WORKFLOWS:
        yield from _workflow(made, nested)
    elif group == "tekton.dev" and made.kind in _TASKS:
        yield from _tekton(made)
    elif (made.kind, group) in _DEPLOY or (made.kind == "HelmRelease" and group.endswith(".fluxcd.io")):
        from hullcheck.parse.given_values import pods_of_release

        yield from _each(made, pods_of_release(made), nested)
    elif not is_api_group(group):
        yield from _by_shape(made, nested)


def _at(made: KubernetesObject, path: tuple[str, ...], *, judged: bool) -> Iterator[PodObject]:
    template = at(made.node, *path)
    spec = at(template, "spec")
    if isinstance(spec, Mapping):
        found = tuple(containers_of(spec))
        complete = judged and bool(made.name) and any(not is_null(at(c.node, "image")) for c in found)
        complete = complete and _known(made.node, template, spec, *(at(spec, key) for key in _POD_KEYS))
        yield PodObject(made, spec, at(template, "metadata"), found, complete=complete)


def _known(*nodes: Node | None) -> bool:
    """Is all that these hold known, so that something may be called missing?"""
    return all(map(known_in_full, nodes))


def _by_shape(made: KubernetesObject, nested: int) -> Iterator[PodObject]:
    """Everything like a pod at any place of an object whose kind isn't known, and the pods of objects inside it."""
    yield from _each(made, (*found_in(made, apart=nested < MAX_NESTED), *privileged_by(made)), nested)


def _each(made: KubernetesObject, every: Iterable[Found], nested: int) -> Iterator[PodObject]:
    """What was found of an object by its shape, as its pods; objects inside of it are looked at by their kinds."""
    for found in every:
        inner = object_of(found.spec) if found.inner else None
        if inner is None:
            yield _shaped(made, found.spec, found.metadata, found.containers)
            continue
        own = list(pods(inner, nested + 1))
        if (
            not own
            and not inner.group.endswith(PATTERN_GROUPS)
            and (inner.kind not in _NO_PODS or inner.kind in _HOLD_OBJECTS)
        ):
            own = list(_by_shape(inner, nested + 1))
        yield from (_inside(made, pod) for pod in own)


def _shaped(
    made: KubernetesObject, spec: Mapping, metadata: Node | None, containers: tuple[PodContainer, ...]
) -> PodObject:
    return PodObject(made, spec, metadata, containers, by_shape=True, complete=False, default_account=False)


def _inside(made: KubernetesObject, pod: PodObject) -> PodObject:
    """A pod of an object that another one holds: it is that one's."""
    return _shaped(made, pod.spec, pod.metadata, pod.containers)


def _texts_of(made: KubernetesObject, spec: Mapping, nested: int) -> Iterator[PodObject]:
    """The pods of a workflow's texts: patches of its pods' specs, and manifests of what it creates."""
    for holder in (spec, *items(spec.get("templates"))):
        patch = at(holder, "podSpecPatch")
        for root in _roots(patch):
            yield _shaped(made, root, None, tuple(containers_of(root)))
        for root in _roots(at(holder, "resource", "manifest")):
            inner = object_of(root)
            if inner is not None and nested < MAX_NESTED:
                yield from (_inside(made, pod) for pod in pods(inner, nested + 1))


def _roots(text: Node | None) -> list[Mapping]:
    """The mappings that a text holds; none if it can't be read, such as one that a template completes."""
    if not isinstance(text, Scalar) or ":" not in text.text:
        return []
    from hullcheck.parse.embedded import embedded

    roots, broken = embedded(text)
    return [] if broken else [root for root in roots if isinstance(root, Mapping)]


def _workflow(made: KubernetesObject, nested: int) -> Iterator[PodObject]:
    """Argo's: each template is a pod, which has the workflow's own pod fields unless it says otherwise."""
    spec = at(made.node, "spec", "workflowSpec") if made.kind == "CronWorkflow" else at(made.node, "spec")
    if not isinstance(spec, Mapping):
        return
    defaults = spec.get("templateDefaults")
    default = defaults.entries() if isinstance(defaults, Mapping) else {}
    shared = {key: spec.entries()[key] for key in _WORKFLOW_FIELDS if key in spec.entries()}
    shared |= {key: entry for key, entry in default.items() if key not in ("container", "script", "name")}
    for template in _templates(spec):
        if isinstance(template, Mapping):
            found = tuple(_workflow_containers(template, defaults))
            if found:
                pod = template.with_entries({**shared, **template.entries()})
                alone = made.kind in ("Workflow", "CronWorkflow")
                yield PodObject(made, pod, template.get("metadata"), found, complete=False, default_account=alone)
    yield from _texts_of(made, spec, nested)


def _templates(spec: Mapping) -> Iterator[Node]:
    """The templates of a workflow, and those that its steps and tasks hold themselves."""
    for template in items(spec.get("templates")):
        yield template
        steps = [step for group in items(at(template, "steps")) for step in (items(group) or [group])]
        for step in (*steps, *items(at(template, "dag", "tasks"))):
            inline = at(step, "inline")
            if inline is not None:
                yield inline


def _workflow_containers(template: Mapping, defaults: Node | None) -> Iterator[PodContainer]:
    for key in ("container", "script"):
        node, default = template.get(key), at(defaults, key)
        if isinstance(node, Mapping):
            if isinstance(default, Mapping):
                node = node.with_entries({**default.entries(), **node.entries()})
            named = template.get("name")
            place = named if isinstance(named, Scalar) and named.text else node
            yield PodContainer("container", as_str(named) or key, place.location.one_line(), node)
    lists = ((template.get("initContainers"), "init"), (template.get("sidecars"), "sidecar"))
    for nodes, role in (*lists, (at(template, "containerSet", "containers"), "container")):
        for number, node in enumerate(items(nodes)):
            if isinstance(node, Mapping):
                yield container(role, node, number)


def _tekton(made: KubernetesObject) -> Iterator[PodObject]:
    spec = at(made.node, "spec")
    pod = at(spec, "podTemplate") or at(spec, "taskRunTemplate", "podTemplate")
    for task in _task_specs(made.kind, spec):
        steps = tuple(_steps(task))
        if steps:
            own = pod.entries() if isinstance(pod, Mapping) else {}
            joined = task.with_entries({**own, **task.entries()})
            alone = made.kind in ("TaskRun", "PipelineRun")
            yield PodObject(made, joined, None, steps, complete=False, default_account=alone)


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
                yield container(role, node.with_entries({**common, **node.entries()}) if common else node, number)
