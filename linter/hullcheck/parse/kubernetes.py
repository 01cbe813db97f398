"""A manifest file to Kubernetes objects: YAML, JSON and JSON streams, lists, and custom resources by their shape."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from hullcheck.model.kubernetes import KubernetesContainer, KubernetesObject, Kustomization, Workload, is_template
from hullcheck.model.network import Backend, Policy, Service
from hullcheck.model.problem import Problem
from hullcheck.parse import yaml
from hullcheck.parse.layer import kustomization
from hullcheck.parse.network import at, backends, items, policy, service, text_map
from hullcheck.parse.yaml import Mapping, Node, Scalar, as_bool, as_int, as_str, is_null
from hullcheck.source import Field, Location, Source

T = TypeVar("T", int, bool)

MAX_NESTED_LISTS = 20

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_CONTROLLER = ("spec", "template")
_POD_AT: dict[str, tuple[str, ...]] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "ReplicationController": _CONTROLLER,
    "Deployment": _CONTROLLER,
    "ReplicaSet": _CONTROLLER,
    "StatefulSet": _CONTROLLER,
    "DaemonSet": _CONTROLLER,
    "Job": _CONTROLLER,
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Rollout": _CONTROLLER,  # Argo
    "DeploymentConfig": _CONTROLLER,  # OpenShift
    "Service": _CONTROLLER,  # Knative; the core Service has no template
    "Configuration": _CONTROLLER,  # Knative
    "ScaledJob": ("spec", "jobTargetRef", "template"),  # KEDA
}
_SHAPES: tuple[tuple[str, ...], ...] = (
    _CONTROLLER,
    ("spec", "jobTemplate", "spec", "template"),
    ("spec", "jobTemplate", "template"),
    ("spec", "podTemplate"),
    ("spec", "job", "template"),
    ("template",),
    (),
)
_NO_PODS = frozenset(("CustomResourceDefinition", "ConfigMap", "Secret", "PodSecurityPolicy"))
_POLICY_WORDS = re.compile(r"""kind["']?:\s*["']?[A-Za-z]*NetworkPolicy\b""")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)


class ManifestFile(NamedTuple):
    """What a file of manifests holds.

    `templated` is true for a Helm or Go template, of which nothing else is known. `mentions_policies` is true if the
    text has a network policy in it, be it in a template or in something that generates one.
    """

    source: Source
    objects: tuple[KubernetesObject, ...] = ()
    workloads: tuple[Workload, ...] = ()
    policies: tuple[Policy, ...] = ()
    services: tuple[Service, ...] = ()
    backends: tuple[Backend, ...] = ()
    problems: tuple[Problem, ...] = ()
    kustomization: Kustomization | None = None
    templated: bool = False
    mentions_policies: bool = False


def read(source: Source) -> ManifestFile:
    """Read a file; whatever it holds, this doesn't raise."""
    documents, problems = _documents(source)
    roots = [document.root for document in documents if isinstance(document.root, Mapping)]
    mentions = "NetworkPolicy" in source.text and _POLICY_WORDS.search(source.text) is not None
    if "{{" in source.text and (problems or any(_templated(root) for root in roots)):
        place = source.at(source.text.index("{{"))
        problem = Problem("not-analysed", "a template: what it becomes isn't known", place)
        return ManifestFile(source, problems=(problem,), templated=True, mentions_policies=mentions)
    layer = next((root for root in roots if _is_kustomization(source, root)), None)
    if layer is not None:
        made, unfollowed = kustomization(source, layer)
        return ManifestFile(source, problems=(*problems, *unfollowed), kustomization=made)
    objects = tuple(found for root in roots for found in _objects(root, "", "", 0))
    return ManifestFile(
        source,
        objects,
        tuple(w for w in map(workload, objects) if w is not None),
        tuple(p for p in map(policy, objects) if p is not None),
        tuple(s for s in map(service, objects) if s is not None),
        tuple(backend for found in objects for backend in backends(found)),
        tuple(problems),
        mentions_policies=mentions,
    )


def _documents(source: Source) -> yaml.Documents:
    found = yaml.parse(source)
    if found.problems and source.text.lstrip().startswith("{") and not source.text.lstrip().startswith("{{"):
        spans = list(_json_objects(source.text))
        if len(spans) > 1:
            return yaml.parse_parts(source, spans)
    return found


def _json_objects(text: str) -> Iterator[tuple[int, int]]:
    """Where the objects of a JSON stream stand."""
    depth = start = 0
    for token in _JSON_TOKEN.finditer(text):
        if token[0] == "{":
            start = start if depth else token.start()
            depth += 1
        elif token[0] == "}" and depth:
            depth -= 1
            if not depth:
                yield start, token.end()


def _templated(root: Node) -> bool:
    """Does it hold an unquoted `{{ ... }}`? To YAML that is a mapping whose key is a mapping."""
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            if any(isinstance(key, Mapping) and key.flow for key, _ in node.items):
                return True
            pending += [value for _, value in node.items]
        else:
            pending += items(node)
    return False


def _is_kustomization(source: Source, root: Mapping) -> bool:
    if posixpath.basename(source.path) in KUSTOMIZATION_NAMES:
        return True
    group = (as_str(root.get("apiVersion")) or "").partition("/")[0]
    return group == "kustomize.config.k8s.io" and as_str(root.get("kind")) in ("Kustomization", "Component")


def _objects(root: Node, api_version: str, kind: str, nested: int) -> Iterator[KubernetesObject]:
    """The object, or a list's items, which may leave kind and version to the list."""
    if not isinstance(root, Mapping) or nested > MAX_NESTED_LISTS:
        return
    api_version = as_str(root.get("apiVersion")) or api_version
    kind = as_str(root.get("kind")) or kind
    if not api_version or not kind:
        return
    members = root.get("objects" if kind == "Template" else "items")
    if kind == "Template" or (kind.endswith("List") and isinstance(members, yaml.Sequence)):
        item_kind = "" if kind in ("List", "Template") else kind.removesuffix("List")
        for member in items(members):
            yield from _objects(member, api_version if item_kind else "", item_kind, nested + 1)
        return
    metadata = root.get("metadata")
    name = at(metadata, "name")
    if as_str(name) is None:
        name = at(metadata, "generateName")
    place = name if isinstance(name, Scalar) and name.text else root.get("kind") or root
    yield KubernetesObject(
        api_version, kind, as_str(name) or "", as_str(at(metadata, "namespace")) or "", place.location.one_line(), root
    )


def workload(made: KubernetesObject) -> Workload | None:
    """The object as a maker of pods: by its kind, or by its shape if its kind isn't known."""
    if made.kind in _NO_PODS:
        return None
    known = made.kind in _POD_AT
    for path in (_POD_AT[made.kind],) if known else _SHAPES:
        template = at(made.node, *path)
        spec = at(template, "spec")
        if isinstance(spec, Mapping) and (known or _holds_containers(spec)):
            return _workload(made, spec, text_map(at(template, "metadata", "labels")), known)
    return None


def _holds_containers(spec: Mapping) -> bool:
    found = items(spec.get("containers"))
    return bool(found) and all(as_str(at(item, "name")) or as_str(at(item, "image")) for item in found)


def _workload(made: KubernetesObject, spec: Mapping, labels: dict[str, str], known: bool) -> Workload | None:
    containers = tuple(_containers(made, spec))
    if not containers and not known:
        return None
    regular = items(spec.get("containers"))
    return Workload(
        object=made,
        pod_spec=spec,
        pod_labels=labels,
        namespace=made.namespace,
        host_network=as_bool(spec.get("hostNetwork")) is True,
        containers=containers,
        declares_port=any(items(at(container, "ports")) for container in regular),
        complete=known and bool(made.name) and any(not is_null(at(item, "image")) for item in regular),
    )


def _containers(made: KubernetesObject, spec: Mapping) -> Iterator[KubernetesContainer]:
    for key, role in (("initContainers", "init"), ("containers", "container"), ("ephemeralContainers", "ephemeral")):
        for number, node in enumerate(items(spec.get(key))):
            if isinstance(node, Mapping):
                sidecar = role == "init" and as_str(node.get("restartPolicy")) == "Always"
                yield _container(made, spec, node, "sidecar" if sidecar else role, number)


def _container(made: KubernetesObject, spec: Mapping, node: Mapping, role: str, number: int) -> KubernetesContainer:
    named = node.get("name")
    name = as_str(named) or str(number)
    place = (named if isinstance(named, Scalar) and named.text else node).location.one_line()
    own, pod = at(node, "securityContext"), at(spec, "securityContext")
    user, from_pod = _inherited(at(own, "runAsUser"), at(pod, "runAsUser"))
    non_root, _ = _inherited(at(own, "runAsNonRoot"), at(pod, "runAsNonRoot"))
    return KubernetesContainer(
        name=name,
        owner=f"{made.owner}/{name}",
        role=role,
        location=place,
        image=_image(node.get("image"), place),
        run_as_user=_typed(user, as_int(user), "an integer", place),
        run_as_non_root=_typed(non_root, as_bool(non_root), "a boolean", place),
        user_from_pod=from_pod,
        windows=_windows(spec),
        host_users=as_bool(spec.get("hostUsers")) is not False,
    )


def _inherited(own: Node | None, pod: Node | None) -> tuple[Node | None, bool]:
    """The deciding node, and whether it is the pod's; an explicit null leaves it to the pod."""
    if not is_null(own):
        return own, False
    return (None, False) if is_null(pod) else (pod, True)


def _typed(node: Node | None, value: T | None, wanted: str, otherwise: Location) -> Field[T]:
    if node is None:
        return Field(None, otherwise)
    return Field(value, node.location.one_line(), "" if value is not None else f"it isn't {wanted}")


def _image(node: Node | None, otherwise: Location) -> Field[str]:
    text = as_str(node)
    if node is None or not text or not text.strip():
        return Field(None, otherwise)
    if is_template(text):
        return Field(None, node.location.one_line(), "a template decides it")
    return Field(text.strip(), node.location.one_line())


def _windows(spec: Mapping) -> bool:
    system = as_str(at(spec, "os", "name")) or as_str(at(spec, "nodeSelector", "kubernetes.io/os"))
    return system == "windows"
