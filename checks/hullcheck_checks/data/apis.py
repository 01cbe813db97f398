"""API versions that Kubernetes has stopped serving, or will: from its deprecation guide.

https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from __future__ import annotations

from hullcheck.tuples import NamedTuple


class OldApi(NamedTuple):
    """`deprecated` and `removed` are minor versions of Kubernetes 1; `removed` is None while it is served.

    `instead` is the API version to use, empty if there is none. `same` is true if its fields are the same.
    """

    deprecated: int
    removed: int | None
    instead: str
    same: bool = False


NEWEST = 37
"""The newest minor version that this table knows."""

_RBAC = "ClusterRole ClusterRoleBinding Role RoleBinding"
_HOOKS = "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
_FLOW = "FlowSchema PriorityLevelConfiguration"
_TABLE: tuple[tuple[str, str, OldApi], ...] = (
    ("extensions/v1beta1", "DaemonSet Deployment ReplicaSet", OldApi(8, 16, "apps/v1")),
    ("extensions/v1beta1", "NetworkPolicy", OldApi(9, 16, "networking.k8s.io/v1", True)),
    ("extensions/v1beta1", "PodSecurityPolicy", OldApi(11, 16, "")),
    ("extensions/v1beta1", "Ingress", OldApi(14, 22, "networking.k8s.io/v1")),
    ("apps/v1beta1", "Deployment StatefulSet ControllerRevision", OldApi(9, 16, "apps/v1")),
    ("apps/v1beta2", "DaemonSet Deployment ReplicaSet StatefulSet ControllerRevision", OldApi(9, 16, "apps/v1")),
    ("settings.k8s.io/v1alpha1", "PodPreset", OldApi(19, 20, "")),
    ("batch/v2alpha1", "CronJob", OldApi(19, 21, "batch/v1", True)),
    ("admissionregistration.k8s.io/v1beta1", _HOOKS, OldApi(16, 22, "admissionregistration.k8s.io/v1")),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", OldApi(16, 22, "apiextensions.k8s.io/v1")),
    ("apiregistration.k8s.io/v1beta1", "APIService", OldApi(19, 22, "apiregistration.k8s.io/v1", True)),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", OldApi(19, 22, "certificates.k8s.io/v1")),
    ("coordination.k8s.io/v1beta1", "Lease", OldApi(19, 22, "coordination.k8s.io/v1", True)),
    ("networking.k8s.io/v1beta1", "Ingress", OldApi(19, 22, "networking.k8s.io/v1")),
    ("networking.k8s.io/v1beta1", "IngressClass", OldApi(19, 22, "networking.k8s.io/v1", True)),
    ("rbac.authorization.k8s.io/v1alpha1", _RBAC, OldApi(17, 22, "rbac.authorization.k8s.io/v1")),
    ("rbac.authorization.k8s.io/v1beta1", _RBAC, OldApi(17, 22, "rbac.authorization.k8s.io/v1", True)),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", OldApi(14, 22, "scheduling.k8s.io/v1", True)),
    (
        "storage.k8s.io/v1beta1",
        "StorageClass CSIDriver CSINode VolumeAttachment",
        OldApi(19, 22, "storage.k8s.io/v1", True),
    ),
    ("batch/v1beta1", "CronJob", OldApi(21, 25, "batch/v1", True)),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", OldApi(21, 25, "discovery.k8s.io/v1")),
    ("events.k8s.io/v1beta1", "Event", OldApi(19, 25, "events.k8s.io/v1")),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", OldApi(22, 25, "autoscaling/v2")),
    ("policy/v1beta1", "PodDisruptionBudget", OldApi(21, 25, "policy/v1")),
    ("policy/v1beta1", "PodSecurityPolicy", OldApi(21, 25, "")),
    ("node.k8s.io/v1beta1", "RuntimeClass", OldApi(22, 25, "node.k8s.io/v1", True)),
    ("flowcontrol.apiserver.k8s.io/v1beta1", _FLOW, OldApi(23, 26, "flowcontrol.apiserver.k8s.io/v1")),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", OldApi(23, 26, "autoscaling/v2", True)),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", OldApi(24, 27, "storage.k8s.io/v1", True)),
    ("flowcontrol.apiserver.k8s.io/v1beta2", _FLOW, OldApi(26, 29, "flowcontrol.apiserver.k8s.io/v1")),
    ("flowcontrol.apiserver.k8s.io/v1beta3", _FLOW, OldApi(29, 32, "flowcontrol.apiserver.k8s.io/v1")),
    ("v1", "ComponentStatus", OldApi(19, None, "")),
    ("v1", "Endpoints", OldApi(33, None, "discovery.k8s.io/v1")),
)
_BY_KIND = {(version, kind): old for version, kinds, old in _TABLE for kind in kinds.split()}


def old_api(api_version: str, kind: str) -> OldApi | None:
    """What is known of an API version of a kind; None if it is served and will be."""
    return _BY_KIND.get((api_version, kind))
