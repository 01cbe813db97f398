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
    """A mapping that may hold settings that aren't its own; `belong` says for each where it would have an effect.

    `where` is what to call it, with `{path}`, and with `{name}` for the container's or the kind.
    """

    node: Mapping
    path: tuple[str, ...]
    where: str
    belong: dict[str, str]
    name: str


def misplaced(pod: PodObject) -> Iterator[Misplaced]:
    """The misplaced settings of a pod, and of the object that makes it."""
    if not is_kubernetes_own(pod):
        return
    above = list(_above(pod))
    for level in _levels(pod, above):
        entries = level.node.entries()
        if level.node.unknown or level.belong.keys().isdisjoint(entries):
            continue
        where = level.where.format(path=".".join(level.path), name=level.name)
        for name in entries.keys() & level.belong.keys():
            key, value = entries[name]
            if not (key.unknown or is_null(value) or (isinstance(value, Mapping) and not value.items)):
                belongs = level.belong[name]
                lack = _lacking(pod, level, name, belongs)
                idle = (name in _GRANTS and as_bool(value) is True) or (belongs == _CONTAINERS and not lack)
                yield Misplaced(key, value, (*level.path, name), where, belongs, idle, lack)
    yield from _annotations(pod, above)


def is_kubernetes_own(pod: PodObject) -> bool:
    """Are its fields those of Kubernetes' own pods?"""
    made = pod.object
    return not pod.by_shape and (made.group in _BUILT_IN_GROUPS or (made.group, made.kind) in _SAME_SHAPE)


_Above = tuple[Mapping, tuple[str, ...]]


def _levels(pod: PodObject, above: list[_Above]) -> Iterator[_Level]:
    kind = pod.object.kind
    spec_path = (*above[-1][1], "spec") if above else ("spec",)
    for node, path in above:
        yield _Level(node, path, "in `{path}`" if path else "beside the {name}'s `spec`", _ANYWHERE, kind)
        metadata = node.get("metadata")
        if isinstance(metadata, Mapping):
            yield _Level(metadata, (*path, "metadata"), "in `{path}`", _ANYWHERE, kind)
    yield _Level(pod.spec, spec_path, "in the pod's `spec`", _IN_SPEC, kind)
    context = pod.spec.get("securityContext")
    if isinstance(context, Mapping):
        yield _Level(context, (*spec_path, "securityContext"), "in the pod's `securityContext`", _IN_POD_CONTEXT, kind)
    for container in pod.containers:
        name = container.name
        path = (*spec_path, "containers", name)
        yield _Level(container.node, path, "in container `{name}` itself", _IN_CONTAINER, name)
        own = container.node.get("securityContext")
        if isinstance(own, Mapping):
            where = "in the `securityContext` of container `{name}`"
            yield _Level(own, (*path, "securityContext"), where, _IN_CONTAINER_CONTEXT, name)


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


def _above(pod: PodObject) -> Iterator[_Above]:
    """The mappings around the pod's spec, outermost first, with their paths."""
    node: Any = pod.object.node
    path: tuple[str, ...] = ()
    for _ in range(_MAX_LEVELS):
        if not isinstance(node, Mapping) or node is pod.spec:
            return
        yield node, path
        for step in ("template", "jobTemplate", "spec"):
            inner = node.get(step)
            if isinstance(inner, Mapping):
                node, path = inner, (*path, step)
                break
        else:
            return


def _lacking(pod: PodObject, level: _Level, name: str, belongs: str) -> tuple[PodContainer, ...]:
    """The containers that would have the setting and don't say it."""
    if belongs != _CONTAINERS:
        return ()
    own = [container for container in pod.containers if container.node is level.node]
    return tuple(c for c in own or pod.containers if is_null(at(c.node, "securityContext", name)))


def _annotations(pod: PodObject, above: list[_Above]) -> Iterator[Misplaced]:
    """Profiles in the annotations of the object that makes the pod, which the pod doesn't get."""
    of_pod = at(pod.metadata, "annotations")
    own = of_pod.entries().keys() if isinstance(of_pod, Mapping) else set[str]()
    if of_pod is not None and of_pod.unknown:
        return
    for node, path in above:
        annotations = at(node, "metadata", "annotations")
        if not isinstance(annotations, Mapping) or annotations is of_pod or annotations.unknown:
            continue
        for name, (key, value) in annotations.entries().items():
            if name.startswith(_PROFILES) and name not in own and not key.unknown and not is_null(value):
                where = (
                    f"in the annotations of `{'.'.join(path)}`"
                    if path
                    else f"in the annotations of the {pod.object.kind} itself"
                )
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
