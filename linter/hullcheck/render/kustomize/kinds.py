"""Which kinds stand outside of namespaces, and which lists of an object are merged by a key.

Both are those of Kubernetes 1.21, whose OpenAPI document kustomize 5 carries: a kind of a later version is unknown to
it, so that its lists are replaced as a whole and it counts as one that has a namespace.
"""

from __future__ import annotations

from hullcheck.tuples import NamedTuple

_CLUSTER = {
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1beta1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiextensions.k8s.io/v1beta1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "apiregistration.k8s.io/v1beta1": "APIService",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "certificates.k8s.io/v1beta1": "CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1beta1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IngressClass",
    "networking.k8s.io/v1beta1": "IngressClass",
    "node.k8s.io/v1": "RuntimeClass",
    "node.k8s.io/v1beta1": "RuntimeClass",
    "policy/v1beta1": "PodSecurityPolicy",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding",
    "rbac.authorization.k8s.io/v1beta1": "ClusterRole ClusterRoleBinding",
    "scheduling.k8s.io/v1": "PriorityClass",
    "scheduling.k8s.io/v1beta1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment",
    "storage.k8s.io/v1beta1": "CSIDriver CSINode StorageClass VolumeAttachment",
    "v1": "ComponentStatus Namespace Node NodeProxyOptions PersistentVolume",
}
_CLUSTER_SCOPED = frozenset((version, kind) for version, kinds in _CLUSTER.items() for kind in kinds.split())


def cluster_scoped(api_version: str, kind: str) -> bool:
    """Is the kind known to stand outside of namespaces? A kind that isn't known counts as having one."""
    return (api_version, kind) in _CLUSTER_SCOPED


class Merged(NamedTuple):
    """How a field is merged: `type` names the fields below it, `keys` are a list's, None where it is replaced.

    A list of plain values that is merged has no keys. `types` are those of a schema that the repository brings along,
    None for kustomize's own.
    """

    type: str
    keys: tuple[str, ...] | None = None
    types: "Types | None" = None


class Types(NamedTuple):
    """A schema: the type of each kind, and how the fields of each type are merged."""

    kinds: dict[tuple[str, str], str]
    fields: dict[str, dict[str, Merged]]


_POD = Merged("PodTemplate")
_CONDITIONS = {"conditions": Merged("", ("type",))}
_TYPES: dict[str, dict[str, Merged]] = {
    "Object": {"metadata": Merged("Metadata")},
    "Metadata": {"finalizers": Merged("", ()), "ownerReferences": Merged("", ("uid",))},
    "Conditions": _CONDITIONS,
    "WithConditions": {"metadata": Merged("Metadata"), "status": Merged("Conditions")},
    "Workload": {
        "metadata": Merged("Metadata"),
        "spec": Merged("WorkloadSpec"),
        "status": Merged("Conditions"),
    },
    "WorkloadSpec": {"template": _POD},
    "CronJob": {"metadata": Merged("Metadata"), "spec": Merged("CronJobSpec")},
    "CronJobSpec": {"jobTemplate": Merged("JobTemplate")},
    "JobTemplate": {"metadata": Merged("Metadata"), "spec": Merged("WorkloadSpec")},
    "PodTemplates": {"metadata": Merged("Metadata"), "template": _POD},
    "PodTemplate": {"metadata": Merged("Metadata"), "spec": Merged("PodSpec")},
    "Pod": {"metadata": Merged("Metadata"), "spec": Merged("PodSpec"), "status": Merged("PodStatus")},
    "PodStatus": {**_CONDITIONS, "podIPs": Merged("", ("ip",))},
    "PodSpec": {
        "containers": Merged("Container", ("name",)),
        "initContainers": Merged("Container", ("name",)),
        "ephemeralContainers": Merged("EphemeralContainer", ("name",)),
        "volumes": Merged("Volume", ("name",)),
        "imagePullSecrets": Merged("", ("name",)),
        "hostAliases": Merged("", ("ip",)),
        "topologySpreadConstraints": Merged("", ("topologyKey", "whenUnsatisfiable")),
    },
    "EphemeralContainer": {
        "env": Merged("", ("name",)),
        "volumeMounts": Merged("", ("mountPath",)),
        "volumeDevices": Merged("", ("devicePath",)),
    },
    "Container": {
        "env": Merged("", ("name",)),
        "volumeMounts": Merged("", ("mountPath",)),
        "volumeDevices": Merged("", ("devicePath",)),
        "ports": Merged("", ("containerPort", "protocol")),
    },
    "Volume": {"ephemeral": Merged("EphemeralVolume")},
    "EphemeralVolume": {"volumeClaimTemplate": Merged("Object")},
    "Service": {
        "metadata": Merged("Metadata"),
        "spec": Merged("ServiceSpec"),
        "status": Merged("Conditions"),
    },
    "ServiceSpec": {"ports": Merged("", ("port", "protocol"))},
    "ServiceAccount": {"metadata": Merged("Metadata"), "secrets": Merged("", ("name",))},
    "Webhooks": {"metadata": Merged("Metadata"), "webhooks": Merged("", ("name",))},
    "Node": {"metadata": Merged("Metadata"), "spec": Merged("NodeSpec"), "status": Merged("NodeStatus")},
    "NodeSpec": {"podCIDRs": Merged("", ())},
    "NodeStatus": {**_CONDITIONS, "addresses": Merged("", ("type",))},
    "ComponentStatus": {"metadata": Merged("Metadata"), **_CONDITIONS},
    "CSINode": {"metadata": Merged("Metadata"), "spec": Merged("CSINodeSpec")},
    "CSINodeSpec": {"drivers": Merged("", ("name",))},
}

_KINDS: dict[str, dict[str, str]] = {
    "admissionregistration.k8s.io/v1": {"Webhooks": "MutatingWebhookConfiguration ValidatingWebhookConfiguration"},
    "admissionregistration.k8s.io/v1beta1": {"Webhooks": "MutatingWebhookConfiguration ValidatingWebhookConfiguration"},
    "apiextensions.k8s.io/v1": {"Object": "CustomResourceDefinition"},
    "apiextensions.k8s.io/v1beta1": {"Object": "CustomResourceDefinition"},
    "apiregistration.k8s.io/v1": {"WithConditions": "APIService"},
    "apiregistration.k8s.io/v1beta1": {"WithConditions": "APIService"},
    "apps/v1": {"Workload": "DaemonSet Deployment ReplicaSet StatefulSet", "Object": "ControllerRevision"},
    "authentication.k8s.io/v1": {"Object": "TokenRequest TokenReview"},
    "authentication.k8s.io/v1beta1": {"Object": "TokenReview"},
    "authorization.k8s.io/v1": {
        "Object": "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
    },
    "authorization.k8s.io/v1beta1": {
        "Object": "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
    },
    "autoscaling/v1": {"Object": "HorizontalPodAutoscaler Scale"},
    "autoscaling/v2beta1": {"Object": "HorizontalPodAutoscaler"},
    "autoscaling/v2beta2": {"Object": "HorizontalPodAutoscaler"},
    "batch/v1": {"Workload": "Job", "CronJob": "CronJob"},
    "batch/v1beta1": {"CronJob": "CronJob"},
    "certificates.k8s.io/v1": {"Object": "CertificateSigningRequest"},
    "certificates.k8s.io/v1beta1": {"Object": "CertificateSigningRequest"},
    "coordination.k8s.io/v1": {"Object": "Lease"},
    "coordination.k8s.io/v1beta1": {"Object": "Lease"},
    "discovery.k8s.io/v1": {"Object": "EndpointSlice"},
    "discovery.k8s.io/v1beta1": {"Object": "EndpointSlice"},
    "events.k8s.io/v1": {"Object": "Event"},
    "events.k8s.io/v1beta1": {"Object": "Event"},
    "extensions/v1beta1": {"Object": "Ingress"},
    "flowcontrol.apiserver.k8s.io/v1beta1": {"Object": "FlowSchema PriorityLevelConfiguration"},
    "networking.k8s.io/v1": {"Object": "Ingress IngressClass NetworkPolicy"},
    "networking.k8s.io/v1beta1": {"Object": "Ingress IngressClass"},
    "node.k8s.io/v1": {"Object": "RuntimeClass"},
    "node.k8s.io/v1beta1": {"Object": "RuntimeClass"},
    "policy/v1": {"WithConditions": "PodDisruptionBudget"},
    "policy/v1beta1": {"WithConditions": "PodDisruptionBudget", "Object": "Eviction PodSecurityPolicy"},
    "rbac.authorization.k8s.io/v1": {"Object": "ClusterRole ClusterRoleBinding Role RoleBinding"},
    "rbac.authorization.k8s.io/v1beta1": {"Object": "ClusterRole ClusterRoleBinding Role RoleBinding"},
    "scheduling.k8s.io/v1": {"Object": "PriorityClass"},
    "scheduling.k8s.io/v1beta1": {"Object": "PriorityClass"},
    "storage.k8s.io/v1": {"Object": "CSIDriver StorageClass VolumeAttachment", "CSINode": "CSINode"},
    "storage.k8s.io/v1beta1": {
        "Object": "CSIDriver CSIStorageCapacity StorageClass VolumeAttachment",
        "CSINode": "CSINode",
    },
    "v1": {
        "Pod": "Pod",
        "PodTemplates": "PodTemplate",
        "Workload": "ReplicationController",
        "Service": "Service",
        "ServiceAccount": "ServiceAccount",
        "Node": "Node",
        "ComponentStatus": "ComponentStatus",
        "WithConditions": "Namespace PersistentVolumeClaim",
        "Object": "Binding ConfigMap Endpoints Event LimitRange PersistentVolume ResourceQuota Secret",
    },
}
_TYPE_OF = {
    (version, kind): name
    for version, types in _KINDS.items()
    for name, kinds in types.items()
    for kind in kinds.split()
}


_OWN = Types(_TYPE_OF, _TYPES)


def type_of(api_version: str, kind: str, types: Types | None) -> str | None:
    """The name of the kind's type, or None if it isn't known: then every list is replaced."""
    return (types or _OWN).kinds.get((api_version, kind))


def field_of(parent: Merged, field: str) -> Merged | None:
    """How that field of the parent is merged, or None if that isn't known."""
    return (parent.types or _OWN).fields.get(parent.type, {}).get(field) if parent.type else None
