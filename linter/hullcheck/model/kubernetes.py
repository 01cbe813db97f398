"""Kubernetes objects, workloads and their containers, as the API server would understand them."""

from __future__ import annotations

from hullcheck.model.lazy import Lazy
from hullcheck.source import HOLE, Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class KubernetesObject(NamedTuple):
    """An object of any kind. `namespace` is empty where unset; `node` is its parsed mapping.

    `location` is the name's place, else the kind's.
    """

    api_version: str
    kind: str
    name: str
    namespace: str
    location: Location
    node: Any

    @property
    def group(self) -> str:
        """The API group, empty for the core one."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def owner(self) -> str:
        return f"{self.kind}/{self.namespace or 'default'}/{self.name}"


class PodContainer(NamedTuple):
    """A container of a pod, as written or rendered. `role` is "container", "init", "sidecar" or "ephemeral".

    `location` is its name's place, else its own. `node` is its mapping.
    """

    role: str
    name: str
    location: Location
    node: Any


class PodContext(NamedTuple):
    """What else of the same world bears on a pod: what the cluster fills in, and what it is admitted by.

    `namespace` is the Namespace object it is deployed into, `account` its ServiceAccount, `limit_ranges` are those of
    its namespace; each absent where the world doesn't hold it. `claims` (model/claims.py) says which of its claims are
    folders of a node; None if none is.
    """

    world: str = ""
    namespace: KubernetesObject | None = None
    account: KubernetesObject | None = None
    limit_ranges: tuple[KubernetesObject, ...] = ()
    claims: Any = None


class PodObject(NamedTuple):
    """An object as a maker of pods, in its own terms, for checks that need more than `Workload` says.

    `spec` is the pod's spec (a mapping), `metadata` that of the pod's template, which is the object's own for a Pod.
    `by_shape` is true if only the shape says that it makes pods: nothing may be called missing then. `complete` is
    false for that, for fragments and for kinds whose defaults aren't Kubernetes' own. `default_account` is false where
    an account that isn't said is said by whoever runs it.
    """

    object: KubernetesObject
    spec: Any
    metadata: Any
    containers: tuple[PodContainer, ...]
    by_shape: bool = False
    complete: bool = True
    context: PodContext = PodContext()
    default_account: bool = True

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return self.object.owner


class World(NamedTuple):
    """Objects that are applied together, as rendered: an overlay, a chart, or plain manifests side by side.

    `name` is its folder, or its files where that isn't enough: no other world has it. `kind` is "kustomization", "chart"
    or "manifests". `workloads` are united ones (model/workload.py) in the order of their places. `approximate` says why
    it can't be known in full, such as a remote base: nothing may be called missing then. `files` are the paths that it is made of, `folder` the one that holds all files of plain
    manifests. `by` are the objects that deploy it.
    """

    name: str
    kind: str
    objects: tuple[KubernetesObject, ...]
    workloads: tuple[Any, ...]
    approximate: str = ""
    files: frozenset[str] = frozenset()
    folder: str = ""
    by: tuple[KubernetesObject, ...] = ()

    @property
    def location(self) -> Location:
        """Where it starts: the place of its first object."""
        location: Location = self.objects[0].location
        return location

    @property
    def owner(self) -> str:
        return self.name


_API_GROUPS = frozenset(
    (
        "", "apps", "autoscaling", "batch", "extensions", "policy", "admissionregistration.k8s.io", "apiextensions.k8s.io",
        "apiregistration.k8s.io", "apiserver.config.k8s.io", "audit.k8s.io", "authentication.k8s.io",
        "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
        "flowcontrol.apiserver.k8s.io", "gateway.networking.k8s.io", "imagepolicy.k8s.io",
        "internal.apiserver.k8s.io", "metrics.k8s.io", "networking.k8s.io", "node.k8s.io", "policy.networking.k8s.io",
        "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "snapshot.storage.k8s.io",
        "storage.k8s.io", "storagemigration.k8s.io",
    )
)  # fmt: skip
"""The API groups of Kubernetes itself, and of its own extensions that make no pods."""


def is_api_group(group: str) -> bool:
    """Is it a group of Kubernetes' own, rather than of a custom resource?"""
    return group in _API_GROUPS


_PLACEHOLDER = Lazy(r"\{\{[^{}\n]*+\}\}|\$\{[^{}\n]*+\}|\$\([^()\n]*+\)")


def template_parts(text: str) -> str:
    """What is known of a text that is a template, with a HOLE for each placeholder; empty if that is nothing."""
    parts = _PLACEHOLDER.compiled.sub(HOLE, text)
    known = parts.strip(HOLE) and not any(mark in parts for mark in ("{{", "}}", "${", "$("))
    return parts if known else ""


def is_template(text: str) -> bool:
    """Is part of it decided elsewhere: a Go template, a shell-like variable, a kustomize or Tekton `$(NAME)`?"""
    return "{{" in text or "${" in text or "$(" in text
