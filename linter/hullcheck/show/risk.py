"""Which changes a reviewer has to see first: rights, ways in and out, privileges, tokens."""

from __future__ import annotations

from hullcheck.choices import IntEnum
from hullcheck.model.node import Mapping, Node, Sequence, as_str, at, items
from hullcheck.show.compare import Difference
from hullcheck.show.rendered import Thing


class Risk(IntEnum):
    """What a change is about, the gravest first."""

    RIGHTS = 0
    PRIVILEGES = 1
    WAYS = 2


_RIGHTS = frozenset((
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount", "CertificateSigningRequest",
    "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "APIService",
    "PodSecurityPolicy", "SecurityContextConstraints",
))  # fmt: skip
_WAYS = frozenset((
    "NetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy", "CiliumNetworkPolicy",
    "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy", "GlobalNetworkSet", "Ingress", "Gateway", "HTTPRoute",
    "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute", "ReferenceGrant", "Route", "IngressRoute", "IngressRouteTCP",
    "VirtualService", "AuthorizationPolicy", "PeerAuthentication", "ServiceEntry",
))  # fmt: skip
_SERVICE = frozenset((
    "type", "externalIPs", "loadBalancerIP", "loadBalancerClass", "loadBalancerSourceRanges", "externalName",
    "annotations", "selector", "ports", "nodePort",
))  # fmt: skip
_POD = frozenset((
    "securityContext", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace", "hostPort", "hostIP",
    "hostPath", "serviceAccountName", "serviceAccount", "automountServiceAccountToken", "serviceAccountToken",
    "procMount", "runtimeClassName", "volumeDevices",
))  # fmt: skip
_COMPOSE = frozenset((
    "privileged", "cap_add", "cap_drop", "security_opt", "devices", "device_cgroup_rules", "pid", "ipc", "uts", "userns_mode",
    "cgroup", "cgroup_parent", "user", "group_add", "read_only", "use_api_socket", "credential_spec", "sysctls", "runtime",
))  # fmt: skip
_COMPOSE_WAYS = frozenset(("ports", "network_mode", "networks", "internal", "expose", "extra_hosts"))
_GUARDED = ("pod-security.kubernetes.io/", "security.openshift.io/", "container.apparmor.security.beta.kubernetes.io/")


def risk(thing: Thing, path: tuple[str, ...], found: Difference) -> Risk | None:
    """What a difference is about, or None for what is about nothing of these."""
    if thing.kind == "compose":
        return _compose(path)
    if thing.kind == "image":
        return Risk.PRIVILEGES if path[:2] == ("config", "User") else None
    kind = thing.key[1]
    if kind in _RIGHTS:
        return Risk.RIGHTS
    if kind in _WAYS:
        return Risk.WAYS
    if kind == "Service":
        return Risk.WAYS if not path or not _SERVICE.isdisjoint(path) else None
    if any(step.startswith(_GUARDED) for step in path):
        return Risk.PRIVILEGES
    return Risk.PRIVILEGES if not _POD.isdisjoint(path) or _takes_the_host(path, found) else None


def _compose(path: tuple[str, ...]) -> Risk | None:
    if not _COMPOSE.isdisjoint(path[:1]):
        return Risk.PRIVILEGES
    return Risk.WAYS if not _COMPOSE_WAYS.isdisjoint(path[:1]) else None


def _takes_the_host(path: tuple[str, ...], found: Difference) -> bool:
    """Is it a volume of the host, or a new container that has more than others?"""
    if "volumes" not in path and not any(step.startswith("[") for step in path):
        return False
    return any(
        at(node, key) is not None for node in (found.before, found.after) for key in ("hostPath", "securityContext")
    )


def summary(thing: Thing) -> str:
    """What a new or gone object means, in a few words; empty where its name has to do."""
    if thing.kind in ("compose", "image"):
        return ""
    kind = thing.key[1]
    if kind in ("RoleBinding", "ClusterRoleBinding"):
        return _binding(thing.node)
    if kind in ("Role", "ClusterRole"):
        return "; ".join(_rule(rule) for rule in items(at(thing.node, "rules"))[:_MAX_NAMED])
    if kind == "Service":
        ports = ", ".join(_words(at(port, "port")) for port in items(at(thing.node, "spec", "ports"))[:_MAX_NAMED])
        return f"{as_str(at(thing.node, 'spec', 'type')) or 'ClusterIP'}{f', ports {ports}' if ports else ''}"
    if kind == "Ingress":
        return ", ".join(
            _words(at(rule, "host")) or "any host" for rule in items(at(thing.node, "spec", "rules"))[:_MAX_NAMED]
        )
    return ""


_MAX_NAMED = 6


def _binding(node: Mapping) -> str:
    subjects = []
    for subject in items(at(node, "subjects"))[:_MAX_NAMED]:
        space = as_str(at(subject, "namespace"))
        subjects.append(f"{_words(at(subject, 'kind'))} {f'{space}/' if space else ''}{_words(at(subject, 'name'))}")
    role = f"{_words(at(node, 'roleRef', 'kind'))} {_words(at(node, 'roleRef', 'name'))}"
    return f"{', '.join(subjects) or 'nobody'} may what {role} allows"


def _rule(rule: Node) -> str:
    verbs, resources = _words(at(rule, "verbs")), _words(at(rule, "resources")) or _words(at(rule, "nonResourceURLs"))
    names = _words(at(rule, "resourceNames"))
    return f"{verbs} of {resources}{f' ({names})' if names else ''}"


def _words(node: Node | None) -> str:
    if node is None:
        return ""
    if isinstance(node, Sequence):
        return ", ".join(map(_words, node.items[:_MAX_NAMED]))
    return "?" if node.unknown else as_str(node) or ""
