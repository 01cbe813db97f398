"""Policies of network plugins. Their rules aren't read, only which pods they may confine, and in which directions."""

from __future__ import annotations

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.labels import LabelSelector, Operator, Requirement
from hullcheck.model.network.policy import Policy
from hullcheck.model.node import Node, as_str, at, is_null, items
from hullcheck.parse.labels import is_unknown
from hullcheck.patterns import pattern

_EQUALS = pattern(r"""^\s*([\w./-]+)\s*==\s*(["'])([\w.-]*)\2\s*$""")
_HAS = pattern(r"^\s*has\(\s*([\w./-]+)\s*\)\s*$")
_SECONDARY = ("MultiNetworkPolicy",)
"""Policies for networks other than the cluster's."""


def opaque_policies(made: KubernetesObject) -> list[Policy]:
    """What the object may confine; nothing for kinds that confine none."""
    if made.kind.startswith("Staged") or made.kind in _SECONDARY:
        return []
    if made.group.endswith("projectcalico.org"):
        return [_calico(made, at(made.node, "spec"))]
    return [_opaque(made, LabelSelector(known=False), True, True)]


def _opaque(made: KubernetesObject, chosen: LabelSelector, ingress: bool, egress: bool) -> Policy:
    wide = any(word in made.kind for word in ("Cluster", "Global", "Admin"))
    namespace = "" if wide else made.namespace
    plugin = "Calico" if made.group.endswith("projectcalico.org") else made.group
    return Policy(made, namespace, chosen, ingress, egress, opaque=True, cluster_wide=wide, plugin=plugin)


def _calico(made: KubernetesObject, spec: Node | None) -> Policy:
    types = [as_str(item) for item in items(at(spec, "types"))]
    has_egress = not is_null(at(spec, "egress"))
    # Calico's default: egress only where there are egress rules, ingress unless there are only those.
    ingress = "Ingress" in types if types else not is_null(at(spec, "ingress")) or not has_egress
    egress = "Egress" in types if types else has_egress
    unclear = any(not is_null(at(spec, key)) for key in ("namespaceSelector", "serviceAccountSelector"))
    chosen = LabelSelector(known=False) if unclear else _expression(at(spec, "selector"))
    return _opaque(made, chosen, ingress, egress)


def _expression(node: Node | None) -> LabelSelector:
    """Calico's selector, where it is a conjunction of equalities; others aren't known."""
    if is_null(node) or is_unknown(node):
        return LabelSelector(known=not is_unknown(node))
    requirements = []
    for part in (as_str(node) or "").split("&&"):
        equals, has = _EQUALS.match(part), _HAS.match(part)
        if equals:
            requirements.append(Requirement(equals[1], Operator.IN, frozenset((equals[3],))))
        elif has:
            requirements.append(Requirement(has[1], Operator.EXISTS))
        elif part.strip() != "all()":
            return LabelSelector(known=False)
    return LabelSelector(tuple(requirements))
