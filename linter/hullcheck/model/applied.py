"""What kubectl keeps of an object beside it, in a manifest that was taken from a cluster.

See https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes
"""

from __future__ import annotations

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Scalar, Sequence, at

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def applied(made: KubernetesObject) -> Scalar | None:
    """The annotation, if the object has it."""
    node = at(made.node, "metadata", "annotations", APPLIED)
    return node if isinstance(node, Scalar) and not node.unknown else None


def texts_beside(made: KubernetesObject) -> str:
    """All texts of the object but for the annotation: what stands there is judged there."""
    kept = applied(made)
    found: list[str] = []
    pending, seen = [made.node], set()
    while pending:
        node = pending.pop()
        if node is kept or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            pending += [value for _, value in node.items]
        elif isinstance(node, Sequence):
            pending += node.items
        elif isinstance(node, Scalar):
            found.append(node.text)
    return "\0".join(found)
