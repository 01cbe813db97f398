"""Which parts of an object aren't known, and whether what could stand there is worth telling."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.source import HOLE

_QUIET = frozenset(
    (
        "metadata", "labels", "annotations", "selector", "matchLabels", "matchExpressions", "labelSelector", "affinity",
        "nodeSelector", "tolerations", "topologySpreadConstraints", "status", "imagePullSecrets", "updateStrategy",
        "strategy",
    )
)  # fmt: skip
"""Keys below which nothing is dangerous."""

_COLLECTIONS = frozenset(
    (
        "spec", "template", "jobTemplate", "volumeClaimTemplates", "containers", "initContainers", "ephemeralContainers",
        "securityContext", "capabilities", "volumes", "volumeMounts", "env", "envFrom", "hostPath", "lifecycle",
        "livenessProbe", "readinessProbe", "startupProbe", "rules", "subjects", "roleRef", "ports", "ingress", "egress",
        "webhooks", "items",
    )
)  # fmt: skip
"""Keys whose values are mappings or lists that checks look into."""

_DANGEROUS = frozenset(
    ("privileged", "hostNetwork", "hostPID", "hostIPC", "allowPrivilegeEscalation", "runAsUser", "procMount")
)
"""Keys of single values that decide about the host."""

_TEXTS = frozenset(
    ("verbs", "resources", "apiGroups", "hosts", "drop", "add", "resourceNames", "accessModes", "args", "command")
)


def blocks(root: Node) -> Iterator[Node]:
    """What isn't known and is more than any value: entries, items, collections, and what decides about the host."""
    seen: set[int] = set()
    pending: list[tuple[Node, str]] = [(root, "spec")]
    while pending:
        node, key = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            if node.unknown and (key in _COLLECTIONS or key in _DANGEROUS):
                yield node
        elif isinstance(node, Sequence):
            yield from (item for item in node.items if isinstance(item, Scalar) and item.unknown and key not in _TEXTS)
            pending += [(item, "") for item in reversed(node.items) if not isinstance(item, Scalar)]
        elif isinstance(node, Mapping):
            yield from (name for name, _ in node.items if name.unknown)
            for name, value in reversed(node.items):
                if isinstance(name, Scalar) and name.text not in _QUIET:
                    pending.append((value, "hostPath" if (key, name.text) == ("hostPath", "path") else name.text))


_MARKER = "UNKNOWN"
"""Stands in the text of a scalar of a template for what isn't known."""


def parts(node: Scalar) -> str:
    """What is known of a scalar of which a part isn't, with a HOLE for each that isn't; empty if that is nothing."""
    text = node.text.replace(_MARKER, HOLE) if _MARKER in node.text else ""
    return text if text.strip(HOLE + " ") else ""


def looked_up(node: Node | None, *path: str) -> Node | None:
    """The node down a path of keys; unknown if it isn't there, and may be in a part that isn't known."""
    for key in path:
        holder = node
        node = node.get(key) if isinstance(node, Mapping) else None
        if node is None:
            return _unknown(holder) if holder is not None and holder.unknown else None
    return node


def _unknown(holder: Node) -> Scalar:
    made = Scalar(holder.source, holder.start, holder.end, "", "UNKNOWN", "")
    made.unknown = holder.unknown
    return made


def known_in_full(node: Node | None) -> bool:
    """Can something be called missing in a mapping or list: is all that it holds known?"""
    if node is None:
        return True
    if isinstance(node, Sequence):
        return not node.unknown and not any(isinstance(item, Scalar) and item.unknown for item in node.items)
    return not node.unknown
