"""Kubernetes objects, workloads and their containers, as the API server would understand them."""

from typing import Any, NamedTuple

from hullcheck.source import Field, Location


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


class KubernetesContainer(NamedTuple):
    """A container of a pod. `role` is "container", "init", "sidecar" or "ephemeral".

    `run_as_user` and `run_as_non_root` are effective: the container's own, else the pod's, with the deciding place.
    `host_users` is false if the pod has a user namespace of its own.
    """

    name: str
    owner: str
    role: str
    location: Location
    image: Field[str]
    run_as_user: Field[int]
    run_as_non_root: Field[bool]
    user_from_pod: bool
    windows: bool
    host_users: bool


class Workload(NamedTuple):
    """An object that makes pods. `pod_labels` are the template's, never the object's own.

    `namespace` is the one after rendering, empty where unset. `complete` is false for a fragment or an object known by
    its shape alone, about which nothing can be called missing. `patched` is true if an overlay changes it.
    """

    object: KubernetesObject
    pod_spec: Any
    pod_labels: dict[str, str]
    namespace: str
    host_network: bool
    containers: tuple[KubernetesContainer, ...]
    declares_port: bool
    complete: bool
    patched: bool = False

    @property
    def name(self) -> str:
        return self.object.name

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return f"{self.object.kind}/{self.namespace or 'default'}/{self.name}"

    @property
    def ends(self) -> bool:
        """Is it meant to run to an end, rather than to serve?"""
        return self.object.kind in ("Job", "CronJob", "ScaledJob")

    @property
    def labels_known(self) -> bool:
        return not any(is_template(text) for pair in self.pod_labels.items() for text in pair)


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
    its namespace; each absent where the world doesn't hold it.
    """

    world: str = ""
    namespace: KubernetesObject | None = None
    account: KubernetesObject | None = None
    limit_ranges: tuple[KubernetesObject, ...] = ()


class PodObject(NamedTuple):
    """An object as a maker of pods, in its own terms, for checks that need more than `Workload` says.

    `spec` is the pod's spec (a mapping), `metadata` that of the pod's template, which is the object's own for a Pod.
    `by_shape` is true if only the shape says that it makes pods: nothing may be called missing then. `complete` is
    false for that, for fragments and for kinds whose defaults aren't Kubernetes' own.
    """

    object: KubernetesObject
    spec: Any
    metadata: Any
    containers: tuple[PodContainer, ...]
    by_shape: bool = False
    complete: bool = True
    context: PodContext = PodContext()

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return self.object.owner


class World(NamedTuple):
    """Objects that are applied together, as rendered: an overlay, a chart, or plain manifests side by side.

    `name` is its folder, `kind` "kustomization", "chart" or "manifests". `workloads` are united ones (model/workload.py)
    in the order of their places. `approximate` says why it can't be known in full, such as a remote base: nothing may
    be called missing then. `files` are the paths that it is made of.
    """

    name: str
    kind: str
    objects: tuple[KubernetesObject, ...]
    workloads: tuple[Any, ...]
    approximate: str = ""
    files: frozenset[str] = frozenset()

    @property
    def location(self) -> Location:
        """Where it starts: the place of its first object."""
        location: Location = self.objects[0].location
        return location

    @property
    def owner(self) -> str:
        return self.name


class Reference(NamedTuple):
    """A path or address that a kustomization names, and where."""

    text: str
    location: Location

    @property
    def remote(self) -> bool:
        """Would it be fetched from elsewhere?"""
        return "://" in self.text or "?ref=" in self.text or self.text.startswith(("git@", "github.com/"))


class Patch(NamedTuple):
    """A patch in a kustomization: in the file at `path`, or inline as `text`. `kind` and `name` are its target's,
    empty where the patch itself says them or where anything will do."""

    location: Location
    path: str
    text: str
    kind: str
    name: str


class LabelRule(NamedTuple):
    """Labels that a kustomization adds, and whether selectors and pod templates get them."""

    labels: dict[str, str]
    selectors: bool
    templates: bool


class ImageRule(NamedTuple):
    """An entry of `images:`, which replaces the name, the tag or the digest of matching images."""

    name: str
    new_name: str
    new_tag: str
    digest: str
    location: Location


class Kustomization(NamedTuple):
    """A kustomization as written. `opaque` are directives that change objects in ways that aren't followed here."""

    path: str
    location: Location
    component: bool
    resources: tuple[Reference, ...]
    components: tuple[Reference, ...]
    patches: tuple[Patch, ...]
    namespace: str
    labels: tuple[LabelRule, ...]
    images: tuple[ImageRule, ...]
    opaque: tuple[str, ...]


def is_template(text: str) -> bool:
    """Is part of it decided elsewhere: a Go template, a shell-like variable, a kustomize or Tekton `$(NAME)`?"""
    return "{{" in text or "${" in text or "$(" in text
