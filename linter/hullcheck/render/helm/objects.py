"""What templates find beside their values: `.Files`, `.Capabilities`, `.Release`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hullcheck.render.helm.emit import to_yaml
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.glob import matches
from hullcheck.render.helm.limits import spend_text
from hullcheck.render.helm.values import Host, StringList, StringMap, Value

KUBE_VERSION = "v1.37.0"
"""What `helm template` assumes where nothing else is said."""

API_VERSIONS = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
]
"""The default of Helm 4.3: which API versions its client library knows, whatever the version of Kubernetes."""


class Files(Host):
    """A chart's files that are no templates, by name; read only when they're asked for."""

    kind = "map"
    type_name = "engine.files"

    def __init__(self, files: Mapping[str, Callable[[], bytes]]) -> None:
        self.files = files

    def __len__(self) -> int:
        return len(self.files)

    def truth(self) -> bool:
        return bool(self.files)

    def field(self, name: str) -> Value:
        if name == "AsConfig":
            return to_yaml(StringMap(self._named(lambda data: data.decode("utf-8", "surrogateescape"))))
        if name == "AsSecrets":
            import base64

            return to_yaml(StringMap(self._named(lambda data: base64.b64encode(data).decode())))
        if name in ("Get", "GetBytes", "Glob", "Lines"):
            raise TemplateError(f"wrong number of args for {name}: want 1 got 0")
        return self._bytes(name) if name in self.files else b""

    def _named(self, convert: Callable[[bytes], str]) -> dict[str, str]:
        return {path.rpartition("/")[2]: convert(self._bytes(path)) for path in sorted(self.files)}

    def call(self, name: str, args: list[Value]) -> Value:
        if name == "range":
            return [(path, self._bytes(path)) for path in sorted(self.files)]
        if len(args) != 1 or not isinstance(args[0], str):
            raise TemplateError(f"wrong arguments for .Files.{name}")
        wanted = str(args[0])
        if name == "Glob":
            return Files(
                {path: data for path, data in self.files.items() if matches(wanted, path, deep=True) in (True, None)}
            )
        data = self._bytes(wanted) if wanted in self.files else b""
        if name in ("GetBytes", "index"):
            return data
        text = data.decode("utf-8", "surrogateescape")
        if name == "Get":
            return text
        if name == "Lines":
            return StringList(text.removesuffix("\n").split("\n") if text else [])
        return super().call(name, args)

    def _bytes(self, path: str) -> bytes:
        data = self.files[path]()
        spend_text(len(data))
        return data


class KubeVersion(Host):
    """The version of Kubernetes that is rendered for."""

    type_name = "common.KubeVersion"

    def __init__(self, version: str) -> None:
        self.version = version if version.startswith("v") else f"v{version}"
        numbers = self.version[1:].split("-")[0].split("+")[0].split(".")
        self.major, self.minor = numbers[0], numbers[1] if len(numbers) > 1 else "0"
        self.plain = "v" + ".".join(numbers[:3])

    def show(self) -> str:
        return self.plain

    def field(self, name: str) -> Value:
        found = {
            "Version": self.version,
            "GitVersion": self.version,
            "String": self.plain,
            "Major": self.major,
            "Minor": self.minor,
        }
        return found[name] if name in found else super().field(name)


class Capabilities(Host):
    """`.Capabilities`."""

    kind = "ptr"
    type_name = "*common.Capabilities"

    def __init__(self, version: str, more: tuple[str, ...] = ()) -> None:
        number = KubeVersion(version)
        recent = number.minor.isdecimal() and int(number.minor) >= KINDS_SINCE
        self.fields: dict[str, Value] = {
            "KubeVersion": number,
            "APIVersions": ApiVersions((*API_VERSIONS, *more), KINDS if recent else {}),
            "HelmVersion": HelmVersion(),
        }

    def field(self, name: str) -> Value:
        return self.fields[name] if name in self.fields else super().field(name)


KINDS = {
    "v1": "ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate"
    " ReplicationController ResourceQuota Secret Service ServiceAccount",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy"
    " ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "events.k8s.io/v1": "Event",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "resource.k8s.io/v1": "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass",
}
"""Kinds of the stable versions. `helm template` has no cluster to ask and knows versions alone; one that installs is
told the kinds, too, so that a chart which asks for `policy/v1/PodDisruptionBudget` gets it.

See https://helm.sh/docs/chart_template_guide/builtin_objects/
"""


KINDS_SINCE = 34
"""The minor version of Kubernetes from which on all of them are there."""


class ApiVersions(Host):
    """`.Capabilities.APIVersions`."""

    kind = "slice"
    type_name = "common.VersionSet"

    def __init__(self, versions: tuple[str, ...], kinds: Mapping[str, str]) -> None:
        self.versions = versions
        self.kinds = kinds

    def __len__(self) -> int:
        return len(self.versions)

    def call(self, name: str, args: list[Value]) -> Value:
        if name == "Has" and len(args) == 1 and isinstance(args[0], str):
            version, _, kind = str(args[0]).rpartition("/")
            known = version in self.versions and kind in self.kinds.get(version, "").split()
            return known or str(args[0]) in self.versions
        return super().call(name, args)

    def show(self) -> str:
        return f"[{' '.join(self.versions)}]"


class HelmVersion(Host):
    """`.Capabilities.HelmVersion`."""

    type_name = "version.BuildInfo"

    def field(self, name: str) -> Value:
        found = {"Version": "v4.3.1", "GitTreeState": "clean", "KubeClientVersion": "v1.37"}
        return found[name] if name in found else super().field(name)
