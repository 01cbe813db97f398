"""Security settings of pods at a level that doesn't have them, where they are written and have no effect."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.kubernetes import PodContainer, PodObject
from hullcheck.model.node import Mapping, Node, Scalar, as_bool, as_str, at, is_null, items
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

CONTAINER_ONLY = frozenset(
    ("allowPrivilegeEscalation", "capabilities", "privileged", "procMount", "readOnlyRootFilesystem")
)
"""Settings of a container's security context that a pod's doesn't have."""

POD_ONLY = frozenset(
    (
        "fsGroup",
        "fsGroupChangePolicy",
        "seLinuxChangePolicy",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "sysctls",
    )
)
"""Settings of a pod's security context that a container's doesn't have."""

OF_BOTH = frozenset(
    ("appArmorProfile", "runAsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions", "seccompProfile", "windowsOptions")
)
OF_SPEC = frozenset(
    (
        "automountServiceAccountToken", "hostIPC", "hostNetwork", "hostPID", "hostUsers", "runtimeClassName",
        "serviceAccount", "serviceAccountName", "shareProcessNamespace",
    )
)  # fmt: skip
"""Settings of a pod's spec."""

_OF_CONTEXTS = CONTAINER_ONLY | POD_ONLY | OF_BOTH
_GRANTS = frozenset(
    (
        "allowPrivilegeEscalation", "automountServiceAccountToken", "hostIPC", "hostNetwork", "hostPID", "hostUsers",
        "privileged", "shareProcessNamespace",
    )
)  # fmt: skip
"""Settings that take something from the pod's protection if they are true."""

_BUILT_IN_GROUPS = frozenset(("", "apps", "batch", "extensions"))
_SAME_SHAPE = frozenset(
    (("argoproj.io", "Rollout"), ("apps.openshift.io", "DeploymentConfig"), ("apps.kruise.io", "CloneSet"))
)
_CONTAINERS = "spec.containers[].securityContext"
_PROFILES = (
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/pod",
)
_MAX_LEVELS = 6


class Misplaced(NamedTuple):
    """A setting where nothing reads it. `where` is the level in words, `belongs` the path that has it, below the pod.

    `idle` is true if nothing is lost: it would take protection away, or every container says it for itself. `moves` are
    the containers that lack it, where it is theirs.
    """

    key: Scalar
    value: Node
    path: tuple[str, ...]
    where: str
    belongs: str
    idle: bool
    moves: tuple[PodContainer, ...] = ()

    @property
    def location(self) -> Location:
        return self.key.location


class _Level(NamedTuple):
    """A mapping that may hold settings that aren't its own; `belong` says for each where it would have an effect."""

    node: Mapping
    path: tuple[str, ...]
    where: str
    belong: dict[str, str]


def misplaced(pod: PodObject) -> Iterator[Misplaced]:
    """The misplaced settings of a pod, and of the object that makes it."""
    if not is_kubernetes_own(pod):
        return
    for level in _levels(pod):
        if level.node.unknown:
            continue
        for name in level.node.entries().keys() & level.belong.keys():
            key, value = level.node.entries()[name]
            if not (key.unknown or is_null(value) or (isinstance(value, Mapping) and not value.items)):
                belongs = level.belong[name]
                lack = _lacking(pod, level, name, belongs)
                idle = (name in _GRANTS and as_bool(value) is True) or (belongs == _CONTAINERS and not lack)
                yield Misplaced(key, value, (*level.path, name), level.where, belongs, idle, lack)
    yield from _annotations(pod)


def is_kubernetes_own(pod: PodObject) -> bool:
    """Are its fields those of Kubernetes' own pods?"""
    made = pod.object
    return not pod.by_shape and (made.group in _BUILT_IN_GROUPS or (made.group, made.kind) in _SAME_SHAPE)


def _levels(pod: PodObject) -> Iterator[_Level]:
    above = list(_above(pod))
    spec_path = (*above[-1][1], "spec") if above else ("spec",)
    for node, path in above:
        where = f"in `{'.'.join(path)}`" if path else f"beside the {pod.object.kind}'s `spec`"
        yield _Level(node, path, where, _ANYWHERE)
        metadata = node.get("metadata")
        if isinstance(metadata, Mapping):
            yield _Level(metadata, (*path, "metadata"), f"in `{'.'.join((*path, 'metadata'))}`", _ANYWHERE)
    yield _Level(pod.spec, spec_path, "in the pod's `spec`", _IN_SPEC)
    context = pod.spec.get("securityContext")
    if isinstance(context, Mapping):
        yield _Level(context, (*spec_path, "securityContext"), "in the pod's `securityContext`", _IN_POD_CONTEXT)
    for container in pod.containers:
        path = (*spec_path, "containers", container.name)
        yield _Level(container.node, path, f"in container `{container.name}` itself", _IN_CONTAINER)
        own = container.node.get("securityContext")
        if isinstance(own, Mapping):
            where = f"in the `securityContext` of container `{container.name}`"
            yield _Level(own, (*path, "securityContext"), where, _IN_CONTAINER_CONTEXT)


_TO_CONTEXTS = {
    **dict.fromkeys(CONTAINER_ONLY, _CONTAINERS),
    **dict.fromkeys(POD_ONLY | OF_BOTH, "spec.securityContext"),
}
_TO_SPEC = dict.fromkeys(OF_SPEC, "spec")
_ANYWHERE = {**_TO_CONTEXTS, **_TO_SPEC, "securityContext": "spec"}
_IN_SPEC = _TO_CONTEXTS
_IN_POD_CONTEXT = {**dict.fromkeys(CONTAINER_ONLY, _CONTAINERS), **_TO_SPEC}
_IN_CONTAINER_CONTEXT = {**dict.fromkeys(POD_ONLY, "spec.securityContext"), **_TO_SPEC}
_IN_CONTAINER = {**_IN_CONTAINER_CONTEXT, **dict.fromkeys(CONTAINER_ONLY | OF_BOTH, _CONTAINERS)}


def _above(pod: PodObject) -> Iterator[tuple[Mapping, tuple[str, ...]]]:
    """The mappings around the pod's spec, outermost first, with their paths."""
    node: Any = pod.object.node
    path: tuple[str, ...] = ()
    for _ in range(_MAX_LEVELS):
        if not isinstance(node, Mapping) or node is pod.spec:
            return
        yield node, path
        step = next((name for name in ("template", "jobTemplate", "spec") if isinstance(node.get(name), Mapping)), "")
        node, path = node.get(step) if step else None, (*path, step)


def _lacking(pod: PodObject, level: _Level, name: str, belongs: str) -> tuple[PodContainer, ...]:
    """The containers that would have the setting and don't say it."""
    if belongs != _CONTAINERS:
        return ()
    own = [container for container in pod.containers if container.node is level.node]
    return tuple(c for c in own or pod.containers if is_null(at(c.node, "securityContext", name)))


def _annotations(pod: PodObject) -> Iterator[Misplaced]:
    """Profiles in the annotations of the object that makes the pod, which the pod doesn't get."""
    of_pod = at(pod.metadata, "annotations")
    own = of_pod.entries().keys() if isinstance(of_pod, Mapping) else set[str]()
    if of_pod is not None and of_pod.unknown:
        return
    for node, path in _above(pod):
        made = f"`{'.'.join(path)}`" if path else f"the {pod.object.kind} itself"
        annotations = at(node, "metadata", "annotations")
        if not isinstance(annotations, Mapping) or annotations is of_pod or annotations.unknown:
            continue
        for name, (key, value) in annotations.entries().items():
            if name.startswith(_PROFILES) and name not in own and not key.unknown and not is_null(value):
                where = f"in the annotations of {made}"
                belongs = "metadata.annotations"
                yield Misplaced(key, value, (*path, "metadata", "annotations", name), where, belongs, False)


def plain_value(node: Node) -> Any:
    """The value as `model/edit.py` wants it: scalars, tuples and dictionaries."""
    if isinstance(node, Mapping):
        return {name: plain_value(value) for name, (_, value) in node.entries().items()}
    if not isinstance(node, Scalar):
        return tuple(plain_value(item) for item in items(node))
    known = as_bool(node)
    return as_str(node) or "" if known is None else known
