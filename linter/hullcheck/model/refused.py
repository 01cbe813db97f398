"""Values that the Kubernetes API refuses though their type may be right: words, formats, and a few types that matter.

What decides about security is looked at in every run: a setting that is refused protects nothing. See
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject, PodObject, is_template
from hullcheck.model.misplaced import CONTAINER_ONLY, OF_BOTH, OF_SPEC, POD_ONLY, is_kubernetes_own
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_int, as_str, at, is_null, items
from hullcheck.model.placeholders import placeholder
from hullcheck.patterns import pattern
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

PROFILE_TYPES = ("RuntimeDefault", "Localhost", "Unconfined")
_FLAGS = ("allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem", "runAsNonRoot")
_POD_FLAGS = ("automountServiceAccountToken", "hostIPC", "hostNetwork", "hostPID", "hostUsers", "shareProcessNamespace")
_NUMBERS = ("runAsUser", "runAsGroup", "fsGroup")
_WORDS = {"procMount": ("Default", "Unmasked")}
_CONTEXT = CONTAINER_ONLY | POD_ONLY | OF_BOTH

_LEVELS = ("privileged", "baseline", "restricted")
_PREFIX = "pod-security.kubernetes.io/"

_RESTARTS = {
    **dict.fromkeys(("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "ReplicationController"), ("Always",)),
    **dict.fromkeys(("Job", "CronJob"), ("OnFailure", "Never")),
}
_OF_PODS = ("Always", "OnFailure", "Never")
_PULLS = ("Always", "IfNotPresent", "Never")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_LEAST = {
    "initialDelaySeconds": 0,
    "timeoutSeconds": 0,
    "periodSeconds": 0,
    "successThreshold": 0,
    "failureThreshold": 0,
}
"""The least of a probe's numbers: 0 is taken as the default of each."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
_LABELLED = frozenset(("Namespace", "Service"))
_NAMED = frozenset(
    (
        "ConfigMap", "CronJob", "DaemonSet", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "LimitRange",
        "NetworkPolicy", "PersistentVolume", "PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "ReplicaSet",
        "ResourceQuota", "Secret", "ServiceAccount", "StatefulSet", "StorageClass",
    )
)  # fmt: skip
_OWN_GROUPS = frozenset(("", "apps", "batch", "autoscaling", "networking.k8s.io", "policy", "storage.k8s.io"))
MAX_SHOWN = 40


class Refused(NamedTuple):
    """A value, or a key, that the API refuses: its path, and why."""

    node: Node
    path: str
    why: str

    @property
    def location(self) -> Location:
        return self.node.location if isinstance(self.node, Scalar) else self.node.location.one_line()


_NO_NUMBER = pattern(r"\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF)")
_ENDING = pattern(r"\.(?:nan|NaN|NAN|inf|Inf|INF)(?!\w)")


def has_no_numbers(text: str) -> bool:
    """May a text have a value such as `.nan`? Nearly every one has `.info` somewhere."""
    likely = any(word in text for word in (".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF"))
    return likely and _ENDING.search(text) is not None


def no_numbers(made: KubernetesObject) -> Iterator[Refused]:
    """Values that YAML takes for a number and JSON doesn't have: no client can send such an object.

    See https://github.com/kubernetes-sigs/yaml
    """
    pending: list[tuple[Node, str]] = [(made.node, "")]
    seen: set[int] = set()
    while pending:
        node, path = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            pending += [(value, f"{path}.{key.text}" if path else key.text) for key, value in node.entries().values()]
        elif isinstance(node, Sequence):
            pending += [(item, f"{path}.{number}") for number, item in enumerate(node.items)]
        elif isinstance(node, Scalar) and not node.style and not node.unknown and _NO_NUMBER.fullmatch(node.text):
            yield Refused(node, path, f"`{node.text}` is no number that JSON has; quoted, it is a text")


def always(pod: PodObject, *, complete: bool) -> Iterator[Refused]:
    """What of a pod's security settings is refused, or dropped as no setting at all; of a fragment nothing is missing."""
    if not is_kubernetes_own(pod):
        return
    yield from _flags(pod.spec, "", _POD_FLAGS)
    yield from _context(at(pod.spec, "securityContext"), "securityContext", complete)
    for container in pod.containers:
        path = f"containers.{container.name}.securityContext"
        yield from _context(at(container.node, "securityContext"), path, complete)


def _context(context: Node | None, path: str, complete: bool) -> Iterator[Refused]:
    if context is None or context.unknown or is_null(context):
        return
    if not isinstance(context, Mapping):
        if not _is_open(context):
            what = "a list" if isinstance(context, Sequence) else "text"
            yield Refused(context, path, f"it must be a mapping, not {what}, and sets nothing")
        return
    yield from _flags(context, f"{path}.", _FLAGS)
    for key in _NUMBERS:
        node = context.get(key)
        if isinstance(node, Scalar) and not is_null(node) and as_int(node) is None and not _is_open(node):
            yield Refused(node, f"{path}.{key}", f"it must be an integer, not `{_clipped(node)}`")
    for key, allowed in _WORDS.items():
        yield from _word(context.get(key), f"{path}.{key}", allowed)
    for key in ("seccompProfile", "appArmorProfile"):
        yield from _profile(context.get(key), f"{path}.{key}", complete)
    for name, (written, _) in context.entries().items():
        if (
            name not in _CONTEXT
            and name not in OF_SPEC
            and not written.unknown
            and not is_template(name)
            and not name.startswith("$")
        ):
            from difflib import get_close_matches

            near = get_close_matches(name, _CONTEXT, n=1, cutoff=0.8) if len(name) < MAX_SHOWN else []
            meant = f"; did you mean `{near[0]}`?" if near else ""
            yield Refused(written, f"{path}.{name[:MAX_SHOWN]}", f"there is no such setting{meant}")


def _flags(holder: Node | None, path: str, keys: tuple[str, ...]) -> Iterator[Refused]:
    for key in keys:
        node = at(holder, key)
        if isinstance(node, Scalar) and not is_null(node) and as_bool(node) is None and not _is_open(node):
            kind = f"the text `{_clipped(node)}`" if node.style else f"`{_clipped(node)}`"
            yield Refused(node, f"{path}{key}", f"it must be a boolean, not {kind}")


def _profile(profile: Node | None, path: str, complete: bool) -> Iterator[Refused]:
    if profile is None or profile.unknown or is_null(profile):
        return
    if not isinstance(profile, Mapping):
        if not _is_open(profile):
            yield Refused(profile, path, "it must be a mapping with a `type`, and sets nothing")
        return
    kind = profile.get("type")
    if is_null(kind) and complete:
        yield Refused(profile, path, "it has no `type`, and sets nothing")
    yield from _word(kind, f"{path}.type", PROFILE_TYPES)
    if complete and as_str(kind) == "Localhost" and is_null(profile.get("localhostProfile")):
        yield Refused(profile, path, "`Localhost` needs a `localhostProfile`")


def _word(node: Node | None, path: str, allowed: tuple[str, ...]) -> Iterator[Refused]:
    if isinstance(node, Scalar) and not is_null(node) and node.text not in allowed and not _is_open(node):
        listed = ", ".join(f"`{word}`" for word in allowed)
        only = f"be one of {listed}" if len(allowed) > 1 else f"be {listed}"
        yield Refused(node, path, f"it must {only}, not `{_clipped(node)}`")


def _is_open(node: Node) -> bool:
    """Is it to be filled in: not known, a template or a placeholder?"""
    return bool(node.unknown) or (isinstance(node, Scalar) and (is_template(node.text) or placeholder(node.text)))


def _clipped(node: Scalar) -> str:
    text = node.text if len(node.text) <= MAX_SHOWN else f"{node.text[:MAX_SHOWN]}..."
    return text.replace("`", "'").replace("\n", " ")


def labels(namespace: KubernetesObject) -> Iterator[Refused]:
    """Labels of Pod Security whose values it doesn't know.

    See https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces
    """
    said = at(namespace.node, "metadata", "labels")
    for mode in ("enforce", "audit", "warn"):
        yield from _word(at(said, f"{_PREFIX}{mode}"), f"{_PREFIX}{mode}", _LEVELS)
        node = at(said, f"{_PREFIX}{mode}-version")
        right = isinstance(node, Scalar) and re.fullmatch(r"latest|v1\.[0-9]{1,3}", node.text)
        if isinstance(node, Scalar) and not right and not _is_open(node):
            why = f"it must be `latest` or a version such as `v1.34`, not `{_clipped(node)}`"
            yield Refused(node, f"{_PREFIX}{mode}-version", why)


def strictly(pod: PodObject) -> Iterator[Refused]:
    """What else of a pod the API refuses by its word or its format."""
    if not is_kubernetes_own(pod):
        return
    yield from _word(pod.spec.get("restartPolicy"), "restartPolicy", _RESTARTS.get(pod.object.kind, _OF_PODS))
    for container in pod.containers:
        path = f"containers.{container.name}"
        yield from _word(at(container.node, "imagePullPolicy"), f"{path}.imagePullPolicy", _PULLS)
        yield from _name(at(container.node, "name"), f"{path}.name", label=True)
        for probe in _PROBES:
            for key, least in _LEAST.items():
                node = at(container.node, probe, key)
                number = as_int(node)
                if node is not None and number is not None and number < least:
                    yield Refused(node, f"{path}.{probe}.{key}", f"it must be at least {least}")
    for volume in items(pod.spec.get("volumes")):
        yield from _name(at(volume, "name"), "volumes.name", label=True)


def names(made: KubernetesObject) -> Iterator[Refused]:
    """A name that no object of its kind may have."""
    if made.group in _OWN_GROUPS and (made.kind in _NAMED or made.kind in _LABELLED):
        yield from _name(at(made.node, "metadata", "name"), "metadata.name", label=made.kind in _LABELLED)
        yield from _name(at(made.node, "metadata", "namespace"), "metadata.namespace", label=True)


def _name(node: Node | None, path: str, *, label: bool) -> Iterator[Refused]:
    if not isinstance(node, Scalar) or is_null(node) or node.unknown or len(node.text) > 2_000:
        return
    if is_template(node.text) or node.text.strip("<>%@[]_") != node.text:
        return  # to be filled in
    parts, most = ([node.text], 63) if label else (node.text.split("."), 253)
    if len(node.text) > most or not all(map(_is_label, parts)):
        more = "and `-`" if label else "`-` and `.`"
        why = f"`{_clipped(node)}` is no name: lower-case letters, digits {more}, at most {most}"
        yield Refused(node, path, why)


def _is_label(text: str) -> bool:
    return bool(text) and not text.strip(_LETTERS) and text[0] != "-" and text[-1] != "-"
