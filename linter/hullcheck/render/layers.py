"""Kustomizations put together: which objects each one builds, with its namespace, labels and images.

Patches are not applied: they mark what they change, and whatever they may change is then unknown. Where that reaches
labels, namespaces or policies, the whole build is approximate.
"""

import posixpath
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from hullcheck.model.kubernetes import (
    ImageRule,
    KubernetesContainer,
    Kustomization,
    LabelRule,
    Patch,
    Reference,
    Workload,
)
from hullcheck.model.network import Backend, Policy, Service
from hullcheck.model.problem import Problem
from hullcheck.parse.kubernetes import ManifestFile
from hullcheck.source import Field

MAX_DEPTH = 50
MAX_WORKLOADS = 50_000

_SHAPES_NETWORK = re.compile(r"labels|namespace|hostNetwork|NetworkPolicy|\$patch|selector", re.IGNORECASE)
_USER = re.compile(r"securityContext|runAs|hostUsers|containers/|containers:\s*\[")
_IMAGE = re.compile(r"\bimage\b")


class Build(NamedTuple):
    """What a kustomization builds, from which files; `approximate` says why that isn't known in full, if so."""

    workloads: tuple[Workload, ...] = ()
    policies: tuple[Policy, ...] = ()
    services: tuple[Service, ...] = ()
    backends: tuple[Backend, ...] = ()
    files: frozenset[str] = frozenset()
    approximate: str = ""

    def joined(self, other: "Build") -> "Build":
        if len(self.workloads) + len(other.workloads) > MAX_WORKLOADS:
            return self._replace(approximate="it builds too many objects")
        return Build(
            self.workloads + other.workloads,
            self.policies + other.policies,
            self.services + other.services,
            self.backends + other.backends,
            self.files | other.files,
            self.approximate or other.approximate,
        )


class Kustomizations:
    """All kustomizations of a repository, by directory, and how they refer to one another."""

    def __init__(self, files: dict[str, ManifestFile]) -> None:
        self.files = files
        self.layers = {posixpath.dirname(p): f.kustomization for p, f in files.items() if f.kustomization}
        self.problems: list[Problem] = []
        self.included: set[str] = set()
        self.resource_files: set[str] = set()
        self.patch_files: set[str] = set()
        self._builds: dict[str, Build] = {}
        for folder, layer in self.layers.items():
            self._note(folder, layer)

    def _note(self, folder: str, layer: Kustomization) -> None:
        for reference in (*layer.resources, *layer.components):
            path = _resolved(folder, reference.text)
            if reference.remote:
                continue
            if path in self.layers:
                self.included.add(path)
            elif path in self.files:
                self.resource_files.add(path)
            else:
                message = f"`{reference.text}` can't be read as manifests here"
                self.problems.append(Problem("not-analysed", message, reference.location))
        for patch in layer.patches:
            path = _resolved(folder, patch.path) if patch.path else None
            if path in self.files:
                self.patch_files.add(path)

    @property
    def only_patches(self) -> set[str]:
        """Files that are never whole objects."""
        return self.patch_files - self.resource_files

    @property
    def claimed(self) -> set[str]:
        """Files that belong to some kustomization, and so aren't free-standing manifests."""
        return self.patch_files | self.resource_files

    @property
    def roots(self) -> list[str]:
        """The directories of the kustomizations that no other includes; a component is no root."""
        return sorted(f for f, layer in self.layers.items() if f not in self.included and not layer.component)

    def build(self, folder: str, depth: int = 0) -> Build:
        """What the kustomization in that directory builds."""
        if folder in self._builds:
            return self._builds[folder]
        if depth > MAX_DEPTH:
            return Build(approximate="its bases include one another")
        self._builds[folder] = Build(approximate="its bases include one another")
        built = self._layer(self.layers[folder], folder, Build(), depth)
        self._builds[folder] = built
        return built

    def _layer(self, layer: Kustomization, folder: str, built: Build, depth: int) -> Build:
        """One layer's own steps, in kustomize's order: resources, components, patches, then the rest."""
        for reference in layer.resources:
            built = built.joined(self._resource(reference, folder, depth))
        for reference in layer.components:
            built = self._component(reference, folder, built, depth)
        built = self._patched(layer, folder, built)
        if layer.namespace:
            built = _in_namespace(built, layer.namespace)
        for rule in layer.labels:
            built = _labelled(built, rule)
        if layer.images:
            built = built._replace(workloads=tuple(_with_images(w, layer.images) for w in built.workloads))
        if layer.opaque and not built.approximate:
            built = built._replace(approximate=f"what `{layer.opaque[0]}` does isn't known")
        return built

    def _resource(self, reference: Reference, folder: str, depth: int) -> Build:
        path = _resolved(folder, reference.text)
        if reference.remote or path is None:
            return Build(approximate=f"`{reference.text}` isn't here")
        if path in self.layers:
            return self.build(path, depth + 1)
        file = self.files.get(path)
        if file is None or file.templated:
            return Build(approximate=f"`{reference.text}` can't be read")
        broken = "" if not file.problems else f"`{reference.text}` can't be read in full"
        return Build(file.workloads, file.policies, file.services, file.backends, frozenset((path,)), broken)

    def _component(self, reference: Reference, folder: str, built: Build, depth: int) -> Build:
        path = _resolved(folder, reference.text)
        if reference.remote or path not in self.layers or depth > MAX_DEPTH:
            return built._replace(approximate=built.approximate or f"`{reference.text}` isn't here")
        return self._layer(self.layers[path], path, built, depth + 1)

    def _patched(self, layer: Kustomization, folder: str, built: Build) -> Build:
        for patch in layer.patches:
            texts = self._texts(patch, folder)
            if not texts:
                built = built._replace(approximate=built.approximate or "a patch of it isn't here")
            for kind, name, text in texts:
                built = _touched(built, kind, name, text)
        return built

    def _texts(self, patch: Patch, folder: str) -> list[tuple[str, str, str]]:
        """What a patch changes: kind and name, empty for any, and the words of the change."""
        path = _resolved(folder, patch.path) if patch.path else None
        file = self.files.get(path) if path else None
        if file and file.objects and not (patch.kind or patch.name):
            return [(o.kind, o.name, o.node.location.text) for o in file.objects]
        text = file.source.text if file else patch.text
        if not text:
            # A JSON6902 patch file has no object in it, so it isn't among the manifests.
            return [(patch.kind, patch.name, "securityContext image")] if patch.kind or patch.name else []
        kind, name = (patch.kind, patch.name) if patch.kind or patch.name else _named_in(text)
        return [(kind, name, text)]


def _resolved(folder: str, text: str) -> str | None:
    """The path below the repository's root, or None if it leads out of it."""
    path = posixpath.normpath(posixpath.join(folder, text))
    if path == "." or not path:
        return ""
    return None if path.startswith(("/", "../")) or path == ".." else path


def _named_in(text: str) -> tuple[str, str]:
    kind = re.search(r"^kind:\s*([A-Za-z]+)", text, re.MULTILINE)
    name = re.search(r"^\s+name:\s*[\"']?([\w.-]+)", text, re.MULTILINE)
    return kind[1] if kind else "", name[1] if kind and name else ""


def _touched(built: Build, kind: str, name: str, text: str) -> Build:
    """Mark the workloads that a patch changes; what it mentions is no longer known."""
    workloads = tuple(_patched(w, text) if _is_target(w, kind, name) else w for w in built.workloads)
    changed = built._replace(workloads=workloads)
    said = re.sub(r"^metadata:(?:\n[ \t]+.*)*", "", text, flags=re.MULTILINE)
    if kind.endswith("NetworkPolicy") or (not kind and not name) or _SHAPES_NETWORK.search(said):
        return changed._replace(approximate=built.approximate or "a patch changes labels, namespaces or policies")
    return changed


def _is_target(workload: Workload, kind: str, name: str) -> bool:
    """`kind` and `name` of a target are anchored patterns; prefixes may have been added, so the end counts."""
    return _fits(kind, workload.object.kind) and (_fits(name, workload.name) or name.endswith(workload.name))


def _fits(pattern: str, text: str) -> bool:
    if not pattern or pattern in (text, ".*"):
        return True
    return any(c in pattern for c in "*+?|[(.")  # a pattern of the repository's is never run


def _patched(workload: Workload, text: str) -> Workload:
    why = "a patch may change it"
    containers = workload.containers
    if _USER.search(text):
        containers = tuple(_user_unknown(container, why) for container in containers)
    if _IMAGE.search(text):
        containers = tuple(c._replace(image=Field(None, c.image.location, why)) for c in containers)
    return workload._replace(patched=True, containers=containers)


def _user_unknown(container: KubernetesContainer, why: str) -> KubernetesContainer:
    return container._replace(
        run_as_user=Field(None, container.run_as_user.location, why),
        run_as_non_root=Field(None, container.run_as_non_root.location, why),
    )


def _in_namespace(built: Build, namespace: str) -> Build:
    return built._replace(
        workloads=_moved(built.workloads, namespace),
        policies=_moved(built.policies, namespace),
        services=_moved(built.services, namespace),
        backends=_moved(built.backends, namespace),
    )


def _moved(parts: Iterable[Any], namespace: str) -> tuple[Any, ...]:
    return tuple(part._replace(namespace=namespace) for part in parts)


def _labelled(built: Build, rule: LabelRule) -> Build:
    """Selectors that ask for labels ask for these, too; one that selects everything still does."""
    if not rule.templates:
        return built
    workloads = tuple(w._replace(pod_labels={**w.pod_labels, **rule.labels}) for w in built.workloads)
    if not rule.selectors:
        return built._replace(workloads=workloads)
    return built._replace(
        workloads=workloads,
        policies=tuple(_narrowed(policy, rule.labels) for policy in built.policies),
        services=tuple(s._replace(selector=s.selector.narrowed(rule.labels)) for s in built.services),
    )


def _narrowed(policy: Policy, labels: dict[str, str]) -> Policy:
    if policy.opaque or not any(requirement.written for requirement in policy.selector.requirements):
        return policy
    return policy._replace(selector=policy.selector.narrowed(labels))


def _with_images(workload: Workload, rules: tuple[ImageRule, ...]) -> Workload:
    containers = []
    for container in workload.containers:
        for rule in rules:
            container = container._replace(image=_replaced(container.image, rule))
        containers.append(container)
    return workload._replace(containers=tuple(containers))


def _replaced(image: Field[str], rule: ImageRule) -> Field[str]:
    """The image after one entry of `images:`, at that entry's place."""
    match = re.fullmatch(r"(.+?)(:[a-zA-Z0-9_.{}-]*)?(@\S+)?", image.value or "")
    if match is None or match[1] != rule.name:
        return image
    if not (rule.new_name or rule.new_tag or rule.digest):
        return image
    name, tag, digest = rule.new_name or match[1], match[2] or "", match[3] or ""
    if rule.new_tag or rule.digest:
        tag = f":{rule.new_tag}" if rule.new_tag else ""
        digest = f"@{rule.digest}" if rule.digest else ""
    return Field(f"{name}{tag}{digest}", rule.location)
