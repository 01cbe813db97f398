"""Label selectors, network policies, Services and Ingresses, from their nodes."""

from collections.abc import Iterator

from hullcheck.model.kubernetes import KubernetesObject, is_template
from hullcheck.model.network import Backend, LabelSelector, Operator, Policy, Requirement, Service
from hullcheck.parse.yaml import Mapping, Node, Scalar, Sequence, as_str, is_null

_UNKNOWN = LabelSelector(known=False)
_OPERATORS = {operator.value: operator for operator in Operator}


def at(node: Node | None, *path: str) -> Node | None:
    """The node down a path of keys, or None."""
    for key in path:
        if not isinstance(node, Mapping):
            return None
        node = node.get(key)
    return node


def items(node: Node | None) -> list[Node]:
    """A sequence's items; empty for anything else."""
    return node.items if isinstance(node, Sequence) else []


def text_map(node: Node | None) -> dict[str, str]:
    """A mapping of scalars, such as labels, as text."""
    if not isinstance(node, Mapping):
        return {}
    return {key: value.text for key, (_, value) in node.entries().items() if isinstance(value, Scalar)}


def selector(node: Node | None) -> LabelSelector:
    """The label selector; absent and null are like `{}`, which selects everything."""
    if is_null(node):
        return LabelSelector()
    labels, expressions = at(node, "matchLabels"), at(node, "matchExpressions")
    if not isinstance(node, Mapping) or not _shaped(labels, Mapping) or not _shaped(expressions, Sequence):
        return _UNKNOWN
    requirements = list(LabelSelector.of(text_map(labels)).requirements)
    for item in items(expressions):
        requirement = _requirement(item)
        if requirement is None:
            return _UNKNOWN
        requirements.append(requirement)
    known = not any(is_template(text) for r in requirements for text in (r.key, *r.values))
    return LabelSelector(tuple(requirements), known)


def _shaped(node: Node | None, kind: type[Node]) -> bool:
    return is_null(node) or isinstance(node, kind)


def _requirement(node: Node) -> Requirement | None:
    key, operator = as_str(at(node, "key")), _OPERATORS.get(as_str(at(node, "operator")) or "")
    if not key or operator is None:
        return None
    values = frozenset(item.text for item in items(at(node, "values")) if isinstance(item, Scalar))
    return Requirement(key, operator, values)


def policy(made: KubernetesObject) -> Policy | None:
    """The object as a policy, if its kind is one that can isolate pods."""
    if not made.kind.endswith("NetworkPolicy") or made.kind.startswith("Staged"):
        return None
    if made.group in ("networking.k8s.io", "extensions") and made.kind == "NetworkPolicy":
        return _network_policy(made)
    cluster_wide = any(word in made.kind for word in ("Cluster", "Global", "Admin"))
    return Policy(made, made.namespace, LabelSelector(), True, True, opaque=True, cluster_wide=cluster_wide)


def _network_policy(made: KubernetesObject) -> Policy:
    spec = at(made.node, "spec")
    if not isinstance(spec, Mapping):
        return Policy(made, made.namespace, _UNKNOWN, True, True)
    types = [item.text for item in items(spec.get("policyTypes")) if isinstance(item, Scalar)]
    chosen = selector(spec.get("podSelector"))
    if any(is_template(word) for word in types):
        chosen = _UNKNOWN
    # The API server's default: ingress, and egress only if there is an egress rule; `egress: []` is none.
    ingress = "Ingress" in types or not types
    egress = "Egress" in types if types else bool(items(spec.get("egress")))
    return Policy(made, made.namespace, chosen, ingress, egress)


def service(made: KubernetesObject) -> Service | None:
    """The object as a Service; None for other kinds and for Services that select no pods."""
    if (made.kind, made.group) != ("Service", ""):
        return None
    labels = text_map(at(made.node, "spec", "selector"))
    if not labels:
        return None
    public = as_str(at(made.node, "spec", "type")) in ("LoadBalancer", "NodePort")
    public = public or bool(items(at(made.node, "spec", "externalIPs")))
    return Service(made, made.namespace, LabelSelector.of(labels), public)


def backends(made: KubernetesObject) -> Iterator[Backend]:
    """The Services that an Ingress names, in today's spelling and in the one before 1.19."""
    if made.kind != "Ingress":
        return
    spec = at(made.node, "spec")
    found = [at(spec, "defaultBackend"), at(spec, "backend")]
    for rule in items(at(spec, "rules")):
        found += [at(path, "backend") for path in items(at(rule, "http", "paths"))]
    for backend in found:
        name = as_str(at(backend, "service", "name")) or as_str(at(backend, "serviceName"))
        if name:
            yield Backend(made.namespace, name)
