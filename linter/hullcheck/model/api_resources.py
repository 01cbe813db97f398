"""The resources of Kubernetes' own API groups, and whether a request for one has a namespace.

From the API reference of Kubernetes 1.34, and what the API server authorizes besides: users, groups and signers.
See https://kubernetes.io/docs/reference/kubernetes-api/
"""

from __future__ import annotations

from hullcheck.choices import Enum


class Extent(Enum):
    """Does a request for it name a namespace?"""

    CLUSTER = "cluster"
    NAMESPACE = "namespace"


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLUSTER = {
    "": _split("nodes namespaces persistentvolumes componentstatuses users groups"),
    "admissionregistration.k8s.io": _split(
        "mutatingwebhookconfigurations validatingwebhookconfigurations validatingadmissionpolicies"
        " validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings"
    ),
    "apiextensions.k8s.io": _split("customresourcedefinitions"),
    "apiregistration.k8s.io": _split("apiservices"),
    "authentication.k8s.io": _split("tokenreviews selfsubjectreviews users groups uids userextras nodes"),
    "authorization.k8s.io": _split("subjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews"),
    "certificates.k8s.io": _split("certificatesigningrequests clustertrustbundles signers"),
    "flowcontrol.apiserver.k8s.io": _split("flowschemas prioritylevelconfigurations"),
    "internal.apiserver.k8s.io": _split("storageversions"),
    "metrics.k8s.io": _split("nodes"),
    "networking.k8s.io": _split("ingressclasses ipaddresses servicecidrs"),
    "node.k8s.io": _split("runtimeclasses"),
    "rbac.authorization.k8s.io": _split("clusterroles clusterrolebindings"),
    "resource.k8s.io": _split("deviceclasses resourceslices devicetaintrules"),
    "scheduling.k8s.io": _split("priorityclasses"),
    "storage.k8s.io": _split("storageclasses volumeattachments csidrivers csinodes volumeattributesclasses"),
    "storagemigration.k8s.io": _split("storageversionmigrations"),
}

_NAMESPACED = {
    "": _split(
        "bindings configmaps endpoints events limitranges persistentvolumeclaims pods podtemplates replicationcontrollers"
        " resourcequotas secrets serviceaccounts services"
    ),
    "apps": _split("controllerrevisions daemonsets deployments replicasets statefulsets"),
    "authentication.k8s.io": _split("serviceaccounts"),
    "authorization.k8s.io": _split("localsubjectaccessreviews"),
    "autoscaling": _split("horizontalpodautoscalers"),
    "batch": _split("cronjobs jobs"),
    "certificates.k8s.io": _split("podcertificaterequests"),
    "coordination.k8s.io": _split("leases leasecandidates"),
    "discovery.k8s.io": _split("endpointslices"),
    "events.k8s.io": _split("events"),
    "metrics.k8s.io": _split("pods"),
    "networking.k8s.io": _split("ingresses networkpolicies"),
    "policy": _split("poddisruptionbudgets"),
    "rbac.authorization.k8s.io": _split("roles rolebindings"),
    "resource.k8s.io": _split("resourceclaims resourceclaimtemplates"),
    "storage.k8s.io": _split("csistoragecapacities"),
}

_GROUPS: dict[str, list[str]] = {}
for _names in (_CLUSTER, _NAMESPACED):
    for _group, _resources in _names.items():
        for _resource in _resources:
            _GROUPS.setdefault(_resource, []).append(_group)

_OWN_NAMESPACE = frozenset(("get", "update", "patch", "delete", "*"))
"""What can be done to one Namespace by name: such a request counts as made in that namespace."""


def extent(group: str, resource: str) -> Extent | None:
    """That of a resource of a group, the part behind a `/` aside; None if it isn't known. `*` is any group."""
    name = resource.partition("/")[0]
    if group == "*":
        found = {extent(each, name) for each in _GROUPS.get(name, ())}
        return found.pop() if len(found) == 1 else None
    if name in _CLUSTER.get(group, ()):
        return Extent.CLUSTER
    return Extent.NAMESPACE if name in _NAMESPACED.get(group, ()) else None


def is_cluster_wide(group: str, kind: str) -> bool:
    """Do objects of that kind stand outside of namespaces? Of kinds that aren't known, those that say so in their names."""
    name = kind.lower()
    plurals = (f"{name}s", f"{name}es", f"{name[:-1]}ies")
    known = _CLUSTER.get(group, ()) if group in _CLUSTER or group in _NAMESPACED else None
    return kind.startswith("Cluster") if known is None else any(plural in known for plural in plurals)


def works_in_namespace(group: str, resource: str, verbs: frozenset[str]) -> bool:
    """Can a right to it, granted in one namespace alone, allow any request?

    A Namespace is in itself, and `bind` is asked for in the namespace of the new binding: both work there.
    See https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/rbac/escalation_check.go
    """
    if extent(group, resource) is not Extent.CLUSTER:
        return True
    name = resource.partition("/")[0]
    if name == "namespaces":
        return not verbs.isdisjoint(_OWN_NAMESPACE)
    return name == "clusterroles" and not verbs.isdisjoint(("bind", "*"))


def groups_of(resource: str) -> list[str]:
    """The groups that have a resource of that name."""
    return _GROUPS.get(resource, [])


def is_known(group: str) -> bool:
    """Are all resources of the group known?"""
    return group in _CLUSTER or group in _NAMESPACED


def meant(resource: str) -> str:
    """What a name is that is spelt unlike any resource, in upper case or in the singular; empty if nothing."""
    if resource in _GROUPS:
        return ""
    name = resource.lower()
    plurals = (name, f"{name}s", f"{name}es", f"{name[:-1]}ies")
    return next((plural for plural in plurals if plural in _GROUPS), "")
