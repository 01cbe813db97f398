"""A manifest file to Kubernetes objects: YAML, JSON and JSON streams, lists, templates of OpenShift."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from hullcheck.model.coverage import Gap
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, at_key, has_plain_keys, items
from hullcheck.model.problem import Problem
from hullcheck.parse import yaml
from hullcheck.patterns import pattern
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.parse.literal import Literal

MAX_NESTED_LISTS = 20

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_POLICY_WORDS = pattern(r"""kind["']?:\s*["']?[A-Za-z]*NetworkPolicy\b""")
_TEMPLATE = pattern(r"\{\{|\{%")
_CHART_WORDS = pattern(r"\.(?:Values|Release|Chart|Capabilities)\b|\b(?:include|template|define|toYaml)\b")
_MARKER = "UNKNOWN"
_GROUPS = {
    kind: version
    for version, kinds in (
        ("apps/v1", "Deployment StatefulSet DaemonSet ReplicaSet"),
        ("batch/v1", "Job CronJob"),
        ("networking.k8s.io/v1", "NetworkPolicy Ingress IngressClass"),
        ("rbac.authorization.k8s.io/v1", "Role ClusterRole RoleBinding ClusterRoleBinding"),
        ("policy/v1", "PodDisruptionBudget"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration MutatingWebhookConfiguration"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("storage.k8s.io/v1", "StorageClass"),
        (
            "v1",
            "Pod Service ServiceAccount Secret ConfigMap Namespace PersistentVolume PersistentVolumeClaim LimitRange",
        ),
    )
    for kind in kinds.split()
}
"""The API version of kinds whose version a template decides."""

_JSON_TOKEN = pattern(r'"(?:[^"\\]++|\\.)*+"?|[{}]', re.DOTALL)


class ManifestFile(NamedTuple):
    """What a file of manifests holds.

    `documents` are the roots of all documents that could be read, in order, whatever they are. `templated` is true for
    a template: its objects are what stands literally in it, and `documents` is empty. One that looks like a chart's is
    `deferred`: it is read so only if no chart renders it, by `read_literally`. `mentions_policies` is true if the text has a network policy
    in it, be it in a template or in something that generates one.
    """

    source: Source
    objects: tuple[KubernetesObject, ...] = ()
    problems: tuple[Problem, ...] = ()
    templated: bool = False
    mentions_policies: bool = False
    documents: tuple[Node, ...] = ()
    layer: Mapping | None = None  # a kustomization's own mapping
    deferred: bool = False


def read(source: Source, parsed: yaml.Documents | None = None) -> ManifestFile:
    """Read a file; whatever it holds, this doesn't raise. `parsed` are its documents, if they have been read already.

    Objects beside a kustomization in one file are objects: `kubectl apply -f` takes them.
    """
    found, problems = documents(source) if parsed is None else parsed
    roots = [document.root for document in found if document.root is not None]
    mentions = "NetworkPolicy" in source.text and _POLICY_WORDS.search(source.text) is not None
    template = _TEMPLATE.search(source.text)
    if template and (problems or any(_templated(root) for root in roots)):
        if not _of_chart(source):
            return read_literally(source)
        problem = _not_known(source.at(template.start()))
        return ManifestFile(source, problems=(problem,), templated=True, mentions_policies=mentions, deferred=True)
    if problems and not template:
        from hullcheck.parse import literal

        if literal.SUBSTITUTED.search(source.text) and (said := literal.read(source, substituted=True)).complete:
            return read_literally(source, said)
    layer = next((root for root in roots if isinstance(root, Mapping) and is_kustomization(source, root)), None)
    objects = tuple(made for made in objects_in(roots) if not _is_kustomization(made, layer))
    return ManifestFile(
        source,
        objects,
        tuple(problems),
        mentions_policies=mentions,
        documents=tuple(roots),
        layer=layer,
    )


def read_literally(source: Source, found: Literal | None = None) -> ManifestFile:
    """What stands literally in a template: objects in which some values aren't known. `found` is it, if it is known."""
    from hullcheck.model.unknowns import blocks
    from hullcheck.parse import literal

    found = found or literal.read(source)
    mentions = "NetworkPolicy" in source.text and _POLICY_WORDS.search(source.text) is not None
    unknown = next((node for root in found.roots for node in blocks(root)), None)
    problems = []
    if found.lost is not None:
        problems.append(_not_known(source.at(found.lost)))
    elif unknown is not None:
        problems.append(_not_known(unknown.location.one_line()))
    objects = tuple(told_apart(objects_in(found.roots)))
    return ManifestFile(source, objects, tuple(problems), templated=True, mentions_policies=mentions)


def told_apart(objects: Iterable[KubernetesObject]) -> Iterator[KubernetesObject]:
    """The objects of a file; those whose names aren't known, with names that say which of its objects they are."""
    counts: dict[str, int] = {}
    for made in objects:
        name = at(made.node, "metadata", "name")
        if not isinstance(name, Scalar) or not name.unknown:
            yield made
            continue
        shown = f"{name.text.replace(_MARKER, '*')}@{made.location.path.replace('/', ':')}"
        counts[f"{made.kind} {shown}"] = number = counts.get(f"{made.kind} {shown}", 0) + 1
        yield made._replace(name=shown if number == 1 else f"{shown}:{number}")


def _of_chart(source: Source) -> bool:
    """Does it look like a chart's template?"""
    return "templates" in source.path.split("/")[:-1] and _CHART_WORDS.search(source.text) is not None


def _not_known(place: Location) -> Problem:
    gap = Gap("template", "template", "what it becomes isn't known")
    return Problem("not-analysed", "a template: what it becomes isn't known", place, gap=gap)


def documents(source: Source) -> yaml.Documents:
    """Every document of the file, and what is wrong with those that can't be read."""
    found = yaml.parse(source)
    if found.problems and source.text.lstrip().startswith("{") and not source.text.lstrip().startswith("{{"):
        spans = list(_json_objects(source.text))
        if len(spans) > 1:
            return yaml.parse_parts(source, spans)
    return found


def objects_in(roots: Iterable[Node]) -> Iterator[KubernetesObject]:
    """The objects that the documents are, those in lists one by one."""
    for root in roots:
        yield from _objects(root, "", "", 0)


def is_kustomization(source: Source, root: Mapping) -> bool:
    """Is the document a kustomization or component, by the file's name? No other file is taken for one."""
    return posixpath.basename(source.path) in KUSTOMIZATION_NAMES


def _is_kustomization(made: KubernetesObject, layer: Mapping | None) -> bool:
    """Is the object one for kustomize itself, which no cluster takes?"""
    if made.kind not in ("Kustomization", "Component"):
        return False
    return made.node is layer or made.group == "kustomize.config.k8s.io"


def object_of(root: Mapping, api_version: str = "", kind: str = "") -> KubernetesObject | None:
    """The mapping as an object, or None if it says no kind; a list's items may leave both to the list.

    Its place is where its name was first written, whatever was made of the name since.
    """
    version = root.get("apiVersion")
    api_version = as_str(version) or api_version
    kind = as_str(root.get("kind")) or kind
    if version is not None and version.unknown:
        api_version = _GROUPS.get(kind, api_version)
    if not api_version or not kind:
        return None
    metadata = root.get("metadata")
    name = at(metadata, "name")
    if as_str(name) is None:
        name = at(metadata, "generateName")
    place: Node = name if isinstance(name, Scalar) and name.text else root.get("kind") or root
    while place.before is not None:
        place = place.before
    place = at_key(metadata, "name", place)
    namespace = as_str(at(metadata, "namespace")) or ""
    return KubernetesObject(api_version, kind, as_str(name) or "", namespace, place.location.one_line(), root)


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
        if id(node) in seen or has_plain_keys(node):
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            if any(isinstance(key, Mapping) and key.flow for key, _ in node.items):
                return True
            pending += [value for _, value in node.items]
        else:
            pending += items(node)
    return False


def _objects(root: Node, api_version: str, kind: str, nested: int) -> Iterator[KubernetesObject]:
    """The object, or a list's items, which may leave kind and version to the list."""
    if not isinstance(root, Mapping) or nested > MAX_NESTED_LISTS:
        return
    made = object_of(root, api_version, kind)
    if made is None:
        return
    if made.kind == "Template" and made.group in ("", "template.openshift.io"):
        from hullcheck.parse.openshift import filled_in

        for member in filled_in(root):
            yield from _objects(member, "", "", nested + 1)
        return
    members = root.get("items")
    if made.kind.endswith("List") and isinstance(members, Sequence):
        item_kind = made.kind.removesuffix("List")
        for member in members.items:
            yield from _objects(member, made.api_version if item_kind else "", item_kind, nested + 1)
        return
    yield made
