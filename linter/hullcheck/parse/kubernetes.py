"""A manifest file to Kubernetes objects: YAML, JSON and JSON streams, lists, templates of OpenShift."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, at_key, items
from hullcheck.model.problem import Problem
from hullcheck.parse import yaml
from hullcheck.parse.openshift import filled_in
from hullcheck.source import Source

MAX_NESTED_LISTS = 20

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_POLICY_WORDS = re.compile(r"""kind["']?:\s*["']?[A-Za-z]*NetworkPolicy\b""")
_TEMPLATE = re.compile(r"\{\{|\{%")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}]', re.DOTALL)


class ManifestFile(NamedTuple):
    """What a file of manifests holds.

    `documents` are the roots of all documents that could be read, in order, whatever they are. `templated` is true for
    a Helm or Go template, of which nothing else is known. `mentions_policies` is true if the text has a network policy
    in it, be it in a template or in something that generates one.
    """

    source: Source
    objects: tuple[KubernetesObject, ...] = ()
    problems: tuple[Problem, ...] = ()
    templated: bool = False
    mentions_policies: bool = False
    documents: tuple[Node, ...] = ()
    layer: Mapping | None = None  # a kustomization's own mapping


def read(source: Source, parsed: yaml.Documents | None = None) -> ManifestFile:
    """Read a file; whatever it holds, this doesn't raise. `parsed` are its documents, if they have been read already.

    Objects beside a kustomization in one file are objects: `kubectl apply -f` takes them.
    """
    found, problems = documents(source) if parsed is None else parsed
    roots = [document.root for document in found if document.root is not None]
    mentions = "NetworkPolicy" in source.text and _POLICY_WORDS.search(source.text) is not None
    template = _TEMPLATE.search(source.text)
    if template and (problems or any(_templated(root) for root in roots)):
        place = source.at(template.start())
        problem = Problem("not-analysed", "a template: what it becomes isn't known", place)
        return ManifestFile(source, problems=(problem,), templated=True, mentions_policies=mentions)
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
    api_version = as_str(root.get("apiVersion")) or api_version
    kind = as_str(root.get("kind")) or kind
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


def _objects(root: Node, api_version: str, kind: str, nested: int) -> Iterator[KubernetesObject]:
    """The object, or a list's items, which may leave kind and version to the list."""
    if not isinstance(root, Mapping) or nested > MAX_NESTED_LISTS:
        return
    made = object_of(root, api_version, kind)
    if made is None:
        return
    if made.kind == "Template" and made.group in ("", "template.openshift.io"):
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
