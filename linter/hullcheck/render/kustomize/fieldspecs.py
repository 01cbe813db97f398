"""The places of each kind that hold names, labels and the like: kustomize's own, and those that a repository adds.

The tables are kustomize 5.8.1's (api/internal/konfig/builtinpluginconsts), put in fewer words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from hullcheck.model.node import Node
from hullcheck.parse.kustomization import RefusedError, flag, sequence, struct, text
from hullcheck.render.kustomize.resources import Gvk
from hullcheck.render.kustomize.tree import split_path
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class FieldSpec(NamedTuple):
    """A path of fields in objects of a kind; `create` is true if it is made where it is missing."""

    gvk: Gvk
    path: str
    create: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return _parts(self.path)


@lru_cache(maxsize=1_024)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(split_path(path))


class Referrers(NamedTuple):
    """The fields that name an object of that kind."""

    gvk: Gvk
    fields: tuple[FieldSpec, ...]


class Config(NamedTuple):
    """All places, by what they hold."""

    name_prefix: tuple[FieldSpec, ...]
    name_suffix: tuple[FieldSpec, ...]
    namespace: tuple[FieldSpec, ...]
    common_labels: tuple[FieldSpec, ...]
    labels: tuple[FieldSpec, ...]
    template_labels: tuple[FieldSpec, ...]
    common_annotations: tuple[FieldSpec, ...]
    name_reference: tuple[Referrers, ...]
    var_reference: tuple[FieldSpec, ...]
    images: tuple[FieldSpec, ...]
    replicas: tuple[FieldSpec, ...]


_FIELDS = {
    "namePrefix": "name_prefix",
    "nameSuffix": "name_suffix",
    "namespace": "namespace",
    "commonLabels": "common_labels",
    "labels": "labels",
    "templateLabels": "template_labels",
    "commonAnnotations": "common_annotations",
    "nameReference": "name_reference",
    "varReference": "var_reference",
    "images": "images",
    "replicas": "replicas",
}


def _gvk(word: str) -> Gvk:
    """A kind as the tables write it: `Kind`, `Kind.group`, `Kind@version` or `Kind@version.group`."""
    head, _, group = word.partition(".")
    kind, _, version = head.partition("@")
    return Gvk(group, version, kind)


def _specs(kinds: str, paths: str, *, create: bool = False) -> Iterator[FieldSpec]:
    for kind in kinds.split():
        for path in paths.split():
            yield FieldSpec(_gvk("" if kind == "*" else kind), path, create)


_IN_ORDER = (
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy",
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service",
    "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob",
    "PodDisruptionBudget",
)  # fmt: skip
_LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
KIND_ORDER = {
    **{kind: number - len(_IN_ORDER) for number, kind in enumerate(_IN_ORDER)},
    **{kind: number + 1 for number, kind in enumerate(_LAST)},
}
"""The order in which kinds are put out; others come in the middle."""


def kind_rank(gvk: Gvk) -> tuple[int, str]:
    """Where the kind stands among others."""
    return KIND_ORDER.get(gvk.kind, 0), f"{gvk.group or '~G'}_{gvk.version or '~V'}_{gvk.kind or '~K'}"


_TEMPLATE = "spec/template/metadata"
_JOB = "spec/jobTemplate"
_METADATA_LABELS = (
    *_specs("*", "metadata/labels", create=True),
    *_specs("ReplicationController@v1 Deployment ReplicaSet DaemonSet", f"{_TEMPLATE}/labels", create=True),
    *_specs("StatefulSet.apps", f"{_TEMPLATE}/labels spec/volumeClaimTemplates[]/metadata/labels", create=True),
    *_specs("Job.batch", f"{_TEMPLATE}/labels", create=True),
    *_specs("CronJob.batch", f"{_JOB}/metadata/labels {_JOB}/{_TEMPLATE}/labels", create=True),
)
_AFFINITY = " ".join(
    f"spec/template/spec/affinity/{which}/{how}"
    for which in ("podAffinity", "podAntiAffinity")
    for how in (
        "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
        "requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    )
)
_SPREAD = "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels"
_COMMON_LABELS = (
    *_specs("Service@v1 ReplicationController@v1", "spec/selector", create=True),
    *_specs("Deployment ReplicaSet DaemonSet StatefulSet.apps", "spec/selector/matchLabels", create=True),
    *_specs("Deployment.apps StatefulSet.apps", f"{_AFFINITY} {_SPREAD}"),
    *_specs("Job.batch PodDisruptionBudget.policy", "spec/selector/matchLabels"),
    *_specs("CronJob.batch", f"{_JOB}/spec/selector/matchLabels"),
    *_specs(
        "NetworkPolicy.networking.k8s.io",
        "spec/podSelector/matchLabels spec/ingress/from/podSelector/matchLabels spec/egress/to/podSelector/matchLabels",
    ),
    *_METADATA_LABELS,
)
_ANNOTATIONS = (
    *_specs("*", "metadata/annotations", create=True),
    *_specs(
        "ReplicationController@v1 Deployment ReplicaSet DaemonSet StatefulSet Job.batch",
        f"{_TEMPLATE}/annotations",
        create=True,
    ),
    *_specs("CronJob.batch", f"{_JOB}/metadata/annotations {_JOB}/{_TEMPLATE}/annotations", create=True),
)
_NAMESPACE = (
    *_specs("Namespace", "metadata/name", create=True),
    *_specs("APIService.apiregistration.k8s.io", "spec/service/namespace", create=True),
    *_specs("CustomResourceDefinition.apiextensions.k8s.io", "spec/conversion/webhook/clientConfig/service/namespace"),
)
_IMAGES = tuple(
    FieldSpec(_gvk(""), f"{where}/{path}", create=True)
    for where in ("spec", "spec/template/spec")
    for path in ("containers[]/image", "initContainers[]/image", "volumes[]/image/reference")
)
_REPLICAS = tuple(_specs("Deployment ReplicationController ReplicaSet StatefulSet", "spec/replicas", create=True))

_TEMPLATED = "Deployment ReplicaSet DaemonSet StatefulSet Job"
_POD_PATHS = (
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    *((kind, "spec/template/spec") for kind in _TEMPLATED.split()),
    ("CronJob", f"{_JOB}/spec/template/spec"),
)


def _in_pods(kinds: Iterable[tuple[str, str]], paths: str) -> Iterator[FieldSpec]:
    for kind, where in kinds:
        yield from _specs(kind, " ".join(f"{where}/{path}" for path in paths.split()))


_CONFIG_PATHS = (
    "volumes/configMap/name containers/env/valueFrom/configMapKeyRef/name "
    "initContainers/env/valueFrom/configMapKeyRef/name containers/envFrom/configMapRef/name "
    "initContainers/envFrom/configMapRef/name volumes/projected/sources/configMap/name"
)
_SECRET_PATHS = (
    "volumes/secret/secretName containers/env/valueFrom/secretKeyRef/name "
    "initContainers/env/valueFrom/secretKeyRef/name containers/envFrom/secretRef/name "
    "initContainers/envFrom/secretRef/name imagePullSecrets/name volumes/projected/sources/secret/name"
)
_VERSIONED_PODS = (("Pod@v1", "spec"), *_POD_PATHS[1:])
_ACCOUNT_PODS = (
    ("Pod", "spec"),
    *((kind, "spec/template/spec") for kind in ("StatefulSet", "Deployment", "ReplicationController")),
    ("CronJob", f"{_JOB}/spec/template/spec"),
    *((kind, "spec/template/spec") for kind in ("Job", "DaemonSet")),
)
_WEBHOOKS = "ValidatingWebhookConfiguration.admissionregistration.k8s.io MutatingWebhookConfiguration.admissionregistration.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_SCALED = tuple(_specs("HorizontalPodAutoscaler", "spec/scaleTargetRef/name"))


def _name_references() -> Iterator[Referrers]:
    for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"):
        yield Referrers(_gvk(kind), _SCALED)
    yield Referrers(
        _gvk("ConfigMap@v1"),
        (
            *_in_pods(_VERSIONED_PODS, _CONFIG_PATHS),
            *_specs("Node", "spec/configSource/configMap"),
            *_specs("Role ClusterRole", "rules/resourceNames"),
            *_specs("Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"),
        ),
    )
    yield Referrers(
        _gvk("Secret@v1"),
        (
            *_in_pods(_VERSIONED_PODS, _SECRET_PATHS),
            *_specs(
                "Ingress",
                r"spec/tls/secretName metadata/annotations/ingress.kubernetes.io\/auth-secret "
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret "
                r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
            ),
            *_specs("ServiceAccount", "imagePullSecrets/name"),
            *_specs(
                "StorageClass",
                "parameters/secretName parameters/adminSecretName parameters/userSecretName parameters/secretRef",
            ),
            *_specs("Role ClusterRole", "rules/resourceNames"),
            *_specs("Service@v1.serving.knative.dev", "spec/template/spec/containers/env/valueFrom/secretKeyRef/name"),
            *_specs("PersistentVolume", "spec/azureFile/secretName"),
        ),
    )
    yield Referrers(
        _gvk("Service@v1"),
        (
            *_specs("StatefulSet.apps", "spec/serviceName"),
            *_specs(
                "Ingress",
                "spec/rules/http/paths/backend/serviceName spec/backend/serviceName "
                "spec/rules/http/paths/backend/service/name spec/defaultBackend/service/name",
            ),
            *_specs("APIService.apiregistration.k8s.io", "spec/service/name"),
            *_specs(_WEBHOOKS, "webhooks/clientConfig/service"),
        ),
    )
    yield Referrers(_gvk(f"Role.{_RBAC}"), tuple(_specs(f"RoleBinding.{_RBAC}", "roleRef/name")))
    bindings = f"RoleBinding.{_RBAC} ClusterRoleBinding.{_RBAC}"
    yield Referrers(_gvk(f"ClusterRole.{_RBAC}"), tuple(_specs(bindings, "roleRef/name")))
    yield Referrers(
        _gvk("ServiceAccount@v1"),
        (*_specs(bindings, "subjects"), *_in_pods(_ACCOUNT_PODS, "serviceAccountName")),
    )
    yield Referrers(
        _gvk("PersistentVolumeClaim@v1"), tuple(_in_pods(_ACCOUNT_PODS, "volumes/persistentVolumeClaim/claimName"))
    )
    yield Referrers(
        _gvk("PersistentVolume@v1"),
        (*_specs("PersistentVolumeClaim", "spec/volumeName"), *_specs("ClusterRole", "rules/resourceNames")),
    )
    yield Referrers(
        _gvk("StorageClass@v1.storage.k8s.io"),
        (
            *_specs("PersistentVolume PersistentVolumeClaim", "spec/storageClassName"),
            *_specs("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
        ),
    )
    yield Referrers(_gvk("PriorityClass@v1.scheduling.k8s.io"), tuple(_in_pods(_ACCOUNT_PODS, "priorityClassName")))
    yield Referrers(
        Gvk("networking.k8s.io/v1", "v1", "IngressClass"), tuple(_specs("Ingress", "spec/ingressClassName"))
    )
    yield Referrers(
        _gvk("ValidatingAdmissionPolicy.admissionregistration.k8s.io"),
        tuple(_specs("ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io", "spec/policyName")),
    )


_VARIABLE_PATHS = " ".join(
    f"{which}/{path}"
    for which in ("containers", "initContainers")
    for path in ("args", "command", "env/value", "volumeMounts/mountPath")
)
_VARIABLES = (
    *_in_pods((p for p in _POD_PATHS if p[0] != "PodTemplate"), _VARIABLE_PATHS),
    *_specs("CronJob", f"{_JOB}/spec/template/volumes/nfs/server"),
    *_specs("DaemonSet Deployment Job ReplicaSet", "spec/template/spec/volumes/nfs/server"),
    *_specs("Pod", "spec/volumes/nfs/server"),
    *_specs("Deployment", f"{_TEMPLATE}/annotations"),
    *_specs("Ingress", "spec/rules/host spec/tls/hosts spec/tls/secretName"),
    *_specs("Service", "spec/ports/port spec/ports/targetPort"),
    *_specs("StatefulSet", "spec/volumeClaimTemplates/spec/nfs/server"),
    *_specs("PersistentVolume", "spec/nfs/server"),
    *_specs("*", "metadata/labels metadata/annotations"),
)


def _sorted(specs: Iterable[FieldSpec]) -> tuple[FieldSpec, ...]:
    return tuple(sorted(specs, key=lambda spec: kind_rank(spec.gvk)))


DEFAULT = Config(
    name_prefix=tuple(_specs("*", "metadata/name")),
    name_suffix=tuple(_specs("*", "metadata/name")),
    namespace=_sorted(_NAMESPACE),
    common_labels=_sorted(_COMMON_LABELS),
    labels=(),
    template_labels=_sorted(_METADATA_LABELS),
    common_annotations=_sorted(_ANNOTATIONS),
    name_reference=tuple(sorted(_name_references(), key=lambda r: kind_rank(r.gvk))),
    var_reference=_sorted(_VARIABLES),
    images=_IMAGES,
    replicas=_sorted(_REPLICAS),
)


def joined(own: Config, other: Config, place: Location) -> Config:
    """Both together; raises RefusedError where one makes a field that the other doesn't."""
    if other is own or other is DEFAULT:
        return own
    merged: dict[str, object] = {}
    for name in Config._fields:
        mine, theirs = getattr(own, name), getattr(other, name)
        if name == "name_reference":
            merged[name] = _joined_referrers(mine, theirs, place)
        else:
            merged[name] = _sorted(with_all(mine, theirs, place))
    return Config(**merged)  # type: ignore[arg-type]


def with_all(specs: tuple[FieldSpec, ...], more: Iterable[FieldSpec], place: Location) -> tuple[FieldSpec, ...]:
    """The places with more of them; one that is covered already isn't added."""
    for spec in more:
        specs = with_one(specs, spec, place)
    return specs


def with_one(specs: tuple[FieldSpec, ...], new: FieldSpec, place: Location) -> tuple[FieldSpec, ...]:
    """The places with one more; raises RefusedError if it is to be made by one and not by the other."""
    for known in specs:
        if known.path == new.path and known.gvk.selected_by(new.gvk):
            if known.create != new.create:
                raise RefusedError(f"`{new.path}` is to be made by one rule, and not by another", place)
            return specs
    return (*specs, new)


def _joined_referrers(
    own: tuple[Referrers, ...], other: tuple[Referrers, ...], place: Location
) -> tuple[Referrers, ...]:
    result = {referrers.gvk: referrers for referrers in own}
    for theirs in other:
        mine = result.get(theirs.gvk)
        fields = with_all(mine.fields, theirs.fields, place) if mine else theirs.fields
        result[theirs.gvk] = Referrers(theirs.gvk, fields)
    return tuple(sorted(result.values(), key=lambda r: kind_rank(r.gvk)))


def configured(base: Config, node: Node) -> Config:
    """The places with those of a file that `configurations` names."""
    found: dict[str, object] = dict.fromkeys(Config._fields, ())
    for name, value in struct(node, "configurations", " ".join(_FIELDS)).items():
        if name == "nameReference":
            found["name_reference"] = tuple(_referrers(item) for item in sequence(value, name))
        else:
            found[_FIELDS[name]] = _sorted(field_spec(item) for item in sequence(value, name))
    return joined(base, Config(**found), node.location.one_line())  # type: ignore[arg-type]


def _referrers(node: Node) -> Referrers:
    fields = struct(node, "nameReference", "group version kind fieldSpecs")
    gvk = Gvk(*(text(fields.get(name), name) for name in ("group", "version", "kind")))
    return Referrers(gvk, tuple(field_spec(item) for item in sequence(fields.get("fieldSpecs"), "fieldSpecs")))


def field_spec(node: Node) -> FieldSpec:
    """One place, as a repository writes it."""
    fields = struct(node, "fieldSpecs", "group version kind path create")
    gvk = Gvk(*(text(fields.get(name), name) for name in ("group", "version", "kind")))
    return FieldSpec(gvk, text(fields.get("path"), "path"), flag(fields.get("create"), "create"))
