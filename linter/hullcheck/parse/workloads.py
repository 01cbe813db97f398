"""Objects as the makers of pods that they are: the narrower form that the scopes of policies still rest on."""

from collections.abc import Iterator
from typing import TypeVar

from hullcheck.model.kubernetes import KubernetesContainer, KubernetesObject, Workload, is_template
from hullcheck.parse.network import at, items, text_map
from hullcheck.model.node import Mapping, Node, Scalar, as_bool, as_int, as_str, is_null
from hullcheck.source import Field, Location

T = TypeVar("T", int, bool)

_CONTROLLER = ("spec", "template")
_POD_AT: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "ReplicationController": _CONTROLLER,
    "Deployment": _CONTROLLER,
    "ReplicaSet": _CONTROLLER,
    "StatefulSet": _CONTROLLER,
    "DaemonSet": _CONTROLLER,
    "Job": _CONTROLLER,
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Rollout": _CONTROLLER,  # Argo
    "DeploymentConfig": _CONTROLLER,  # OpenShift
    "Service": _CONTROLLER,  # Knative; the core Service has no template
    "Configuration": _CONTROLLER,  # Knative
    "ScaledJob": ("spec", "jobTargetRef", "template"),  # KEDA
}
_SHAPES: tuple[tuple[str, ...], ...] = (
    _CONTROLLER,
    ("spec", "jobTemplate", "spec", "template"),
    ("spec", "jobTemplate", "template"),
    ("spec", "podTemplate"),
    ("spec", "job", "template"),
    ("template",),
    (),
)
_NO_PODS = frozenset(("CustomResourceDefinition", "ConfigMap", "Secret", "PodSecurityPolicy"))


def workload(made: KubernetesObject) -> Workload | None:
    """The object as a maker of pods: by its kind, or by its shape if its kind isn't known."""
    if made.kind in _NO_PODS:
        return None
    known = made.kind in _POD_AT
    for path in (_POD_AT[made.kind],) if known else _SHAPES:
        template = at(made.node, *path)
        spec = at(template, "spec")
        if isinstance(spec, Mapping) and (known or _holds_containers(spec)):
            return _workload(made, spec, text_map(at(template, "metadata", "labels")), known)
    return None


def _holds_containers(spec: Mapping) -> bool:
    found = items(spec.get("containers"))
    return bool(found) and all(as_str(at(item, "name")) or as_str(at(item, "image")) for item in found)


def _workload(made: KubernetesObject, spec: Mapping, labels: dict[str, str], known: bool) -> Workload | None:
    containers = tuple(_containers(made, spec))
    if not containers and not known:
        return None
    regular = items(spec.get("containers"))
    return Workload(
        object=made,
        pod_spec=spec,
        pod_labels=labels,
        namespace=made.namespace,
        host_network=as_bool(spec.get("hostNetwork")) is True,
        containers=containers,
        declares_port=any(items(at(container, "ports")) for container in regular),
        complete=known and bool(made.name) and any(not is_null(at(item, "image")) for item in regular),
    )


def _containers(made: KubernetesObject, spec: Mapping) -> Iterator[KubernetesContainer]:
    for key, role in (("initContainers", "init"), ("containers", "container"), ("ephemeralContainers", "ephemeral")):
        for number, node in enumerate(items(spec.get(key))):
            if isinstance(node, Mapping):
                sidecar = role == "init" and as_str(node.get("restartPolicy")) == "Always"
                yield _container(made, spec, node, "sidecar" if sidecar else role, number)


def _container(made: KubernetesObject, spec: Mapping, node: Mapping, role: str, number: int) -> KubernetesContainer:
    named = node.get("name")
    name = as_str(named) or str(number)
    place = (named if isinstance(named, Scalar) and named.text else node).location.one_line()
    own, pod = at(node, "securityContext"), at(spec, "securityContext")
    user, from_pod = _inherited(at(own, "runAsUser"), at(pod, "runAsUser"))
    non_root, _ = _inherited(at(own, "runAsNonRoot"), at(pod, "runAsNonRoot"))
    return KubernetesContainer(
        name=name,
        owner=f"{made.owner}/{name}",
        role=role,
        location=place,
        image=_image(node.get("image"), place),
        run_as_user=_typed(user, as_int(user), "an integer", place),
        run_as_non_root=_typed(non_root, as_bool(non_root), "a boolean", place),
        user_from_pod=from_pod,
        windows=_windows(spec),
        host_users=as_bool(spec.get("hostUsers")) is not False,
    )


def _inherited(own: Node | None, pod: Node | None) -> tuple[Node | None, bool]:
    """The deciding node, and whether it is the pod's; an explicit null leaves it to the pod."""
    if not is_null(own):
        return own, False
    return (None, False) if is_null(pod) else (pod, True)


def _typed(node: Node | None, value: T | None, wanted: str, otherwise: Location) -> Field[T]:
    if node is None:
        return Field(None, otherwise)
    return Field(value, node.location.one_line(), "" if value is not None else f"it isn't {wanted}")


def _image(node: Node | None, otherwise: Location) -> Field[str]:
    text = as_str(node)
    if node is None or not text or not text.strip():
        return Field(None, otherwise)
    if is_template(text):
        return Field(None, node.location.one_line(), "a template decides it")
    return Field(text.strip(), node.location.one_line())


def _windows(spec: Mapping) -> bool:
    system = as_str(at(spec, "os", "name")) or as_str(at(spec, "nodeSelector", "kubernetes.io/os"))
    return system == "windows"
