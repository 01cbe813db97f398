"""Objects on their way through a build: their tree, and every name they have had."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.parse.kustomization import RefusedError, UnknownError
from hullcheck.render.kustomize.kinds import cluster_scoped
from hullcheck.render.kustomize.pattern import is_word
from hullcheck.render.kustomize.scalars import is_null
from hullcheck.render.kustomize.tree import empty_mapping, put, spread
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

NO_NAMESPACE = "_non_namespaceable_"


class Gvk(NamedTuple):
    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def selected_by(self, selector: "Gvk") -> bool:
        """Does it have what the selector asks for? Empty parts ask for nothing."""
        return (
            (not selector.kind or selector.kind == self.kind)
            and (not selector.group or selector.group == self.group)
            and (not selector.version or selector.version == self.version)
        )


def gvk(api_version: str, kind: str) -> Gvk:
    group, slash, version = api_version.partition("/")
    return Gvk(group, version, kind) if slash else Gvk("", api_version, kind)


class Id(NamedTuple):
    """What an object is or was called. `namespace` is the effective one: `default` where unset."""

    gvk: Gvk
    name: str
    namespace: str

    def __str__(self) -> str:
        where = "" if self.namespace == NO_NAMESPACE else f" in namespace {self.namespace}"
        return f"{self.gvk.kind} `{self.name}`{where}"


_INTERNAL = "internal.config.kubernetes.io/"
_PREVIOUS = (_INTERNAL + "previousNames", _INTERNAL + "previousNamespaces", _INTERNAL + "previousKinds")
BUILD_ANNOTATIONS = frozenset(
    {
        *_PREVIOUS,
        *(
            _INTERNAL + name
            for name in (
                "prefixes", "suffixes", "allowNameChange", "allowKindChange", "refBy", "generatorBehavior",
                "needsHashSuffix", "path", "index", "seqindent", "id", "annotations-migration-resource-id",
                "helm-generated",
            )
        ),
        "config.kubernetes.io/path", "config.kubernetes.io/index", "config.k8s.io/id",
        "config.kubernetes.io/origin", "alpha.config.kubernetes.io/transformations",
    }
)  # fmt: skip
"""What a build notes on its objects for itself; it doesn't put them out."""


class Former(NamedTuple):
    """A name that an object had: before a prefix, in another namespace, as another kind."""

    name: str
    namespace: str
    kind: str


class Step(NamedTuple):
    """A kustomization that an object went through, what it did, and the step before."""

    path: str
    what: str
    before: "Step | None"

    def all(self) -> "list[Step]":
        """The steps up to this one, the first first."""
        found = []
        step: Step | None = self
        while step is not None:
            found.append(step)
            step = step.before
        return found[::-1]


class Resource:
    """An object. `node` is None once a patch has deleted it. `former` are its earlier names, the oldest first.

    `hashed` is true if its name is to get a hash of its content. `behavior` is a generator's. `variables` are the names
    of the vars that read it. `origin` is the file that it was read from, or the kustomization that made it and by what;
    `through` is the last of the kustomizations that it went through. `shares` is true if it has values that stand in several places as one.
    """

    __slots__ = (
        "_id", "_identity", "_looked_at", "_written",
        "behavior", "former", "hashed", "images", "node", "origin", "prefixes", "shares", "suffixes", "through", "variables",
    )  # fmt: skip

    def __init__(self, node: Mapping) -> None:
        self.node: Mapping | None = node
        self._looked_at: Mapping | None = None
        self._identity: tuple[object, ...] = ()
        self._id = Id(Gvk("", "", ""), "", "")
        self._written = ""
        self.former: tuple[Former, ...] = ()
        self.prefixes: tuple[str, ...] = ()
        self.suffixes: tuple[str, ...] = ()
        self.variables: tuple[str, ...] = ()
        self.hashed = False
        self.behavior = ""
        self.shares = False
        self.origin: tuple[str, ...] = ()
        self.through: Step | None = None
        self.images: tuple[Mapping, object, tuple[str, ...]] | None = None  # what was found in a tree

    def copy(self) -> "Resource":
        """Another one with the same tree; trees are never changed in place."""
        made = Resource.__new__(Resource)
        for slot in Resource.__slots__:
            setattr(made, slot, getattr(self, slot))
        return made

    @property
    def root(self) -> Mapping:
        assert self.node is not None
        return self.node

    def _look(self) -> Id:
        """What it is called now; looked up anew only where the tree's head has changed."""
        if self.node is not self._looked_at:
            entries = self.root.entries()
            identity = tuple(map(entries.get, ("apiVersion", "kind", "metadata")))
            if identity != self._identity or self._looked_at is None:
                self._identity = identity
                api_version, kind = word_at(self.node, "apiVersion"), word_at(self.node, "kind")
                self._written = word_at(self.node, "metadata", "namespace")
                namespace = NO_NAMESPACE if cluster_scoped(api_version, kind) else self._written or "default"
                self._id = Id(gvk(api_version, kind), word_at(self.node, "metadata", "name"), namespace)
            self._looked_at = self.node
        return self._id

    @property
    def id(self) -> Id:
        return self._look()

    @property
    def gvk(self) -> Gvk:
        return self._look().gvk

    @property
    def kind(self) -> str:
        return self._look().gvk.kind

    @property
    def api_version(self) -> str:
        return self._look().gvk.api_version

    @property
    def name(self) -> str:
        return self._look().name

    @property
    def namespace(self) -> str:
        """The written namespace, empty where unset."""
        self._look()
        return self._written

    @property
    def effective_namespace(self) -> str:
        return self._look().namespace

    @property
    def cluster(self) -> bool:
        """Is its kind known to be outside of namespaces?"""
        return self._look().namespace == NO_NAMESPACE

    @property
    def former_ids(self) -> list[Id]:
        own = self.gvk
        return [Id(Gvk(own.group, own.version, f.kind), f.name, f.namespace) for f in self.former]

    @property
    def first_id(self) -> Id:
        """What it was called when it was read."""
        return self.former_ids[0] if self.former else self.id

    def remember(self) -> None:
        """Note what it is called now, before that changes."""
        now = Former(self.name, self.effective_namespace, self.kind)
        if self.former[-1:] != (now,):
            self.former = (*self.former, now)

    def labels(self) -> dict[str, str]:
        return words_at(self.node, "metadata", "labels")

    def annotations(self) -> dict[str, str]:
        return words_at(self.node, "metadata", "annotations")

    def spread(self) -> None:
        """Let changes of values that stand in several places as one reach all of them."""
        if self.shares and self.node is not None:
            self.node = spread(self.node)

    def set_metadata(self, key: str, value: Node) -> None:
        metadata = self.root.get("metadata")
        inner = metadata if isinstance(metadata, Mapping) else empty_mapping(value)
        self.node = put(self.root, "metadata", put(inner, key, value))


def word_at(node: Node | None, *path: str) -> str:
    """The text of the scalar down that path, empty if there is none."""
    for key in path:
        if not isinstance(node, Mapping):
            return ""
        node = node.get(key)
    return node.text if isinstance(node, Scalar) and not is_null(node) else ""


def words_at(node: Node | None, *path: str) -> dict[str, str]:
    """The scalars of the mapping down that path, as text."""
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping):
        return {}
    return {name: value.text for name, (_, value) in node.entries().items() if isinstance(value, Scalar)}


def read(node: Mapping, path: str) -> Resource:
    """An object of a file. What an earlier build has noted on it is as if this build had noted it."""
    made = Resource(node)
    made.origin = (path,)
    notes = made.annotations()
    if BUILD_ANNOTATIONS.isdisjoint(notes):
        return made
    previous = [notes.get(name, "").split(",") for name in _PREVIOUS]
    if _PREVIOUS[0] in notes and len({len(names) for names in previous}) == 1:
        made.former = tuple(Former(*each) for each in zip(*previous, strict=True))
    if _INTERNAL + "prefixes" in notes:
        made.prefixes = tuple(notes[_INTERNAL + "prefixes"].split(","))
    if _INTERNAL + "suffixes" in notes:
        made.suffixes = tuple(notes[_INTERNAL + "suffixes"].split(","))
    made.hashed = notes.get(_INTERNAL + "needsHashSuffix") == "enabled"
    return made


MAX_WORK = 1_000_000
"""What all builds of a repository may cost together, in steps of some microseconds; an object takes twenty or so."""


class Work:
    """What builds have cost so far: each entry of a kustomization is held against each object."""

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, steps: int, place: Location) -> None:
        """Count some steps; raises UnknownError if there are none left."""
        tick()
        self.left -= steps
        if self.left < 0:
            raise UnknownError("the kustomizations of this repository change too many objects too often", place)


class Resources:
    """The objects of a build, in their order; no two may be called the same. `work` is what changing them costs."""

    def __init__(self, items: Iterable[Resource] = (), work: Work | None = None) -> None:
        self.items = list(items)
        self.work = work or Work()
        self._ids: set[Id] | None = None
        self._by_name: dict[str, list[Resource]] | None = None
        self._unique = False

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def renamed(self) -> None:
        """Something may be called otherwise now: look names up anew."""
        self._ids = self._by_name = None
        self._unique = False

    def append(self, resource: Resource) -> None:
        if self._ids is None:
            self._ids = {known.id for known in self.items}
        own = resource.id
        if own in self._ids:
            raise RefusedError(f"{own} is there twice", resource.root.location.one_line())
        self._ids.add(own)
        self.items.append(resource)
        if self._by_name is not None:
            for word in names(resource):
                self._by_name.setdefault(word, []).append(resource)

    def replace(self, old: Resource, new: Resource) -> None:
        """Put one in the place of another that is called the same."""
        self.items[self.items.index(old)] = new
        if self._by_name is None or old.id != new.id or old.former != new.former:
            self.renamed()
            return
        for word in names(new):
            self._by_name[word] = [new if each is old else each for each in self._by_name[word]]

    def drop_deleted(self) -> None:
        if any(resource.node is None for resource in self.items):
            self.items = [resource for resource in self.items if resource.node is not None]
            self.renamed()

    def check_unique(self) -> None:
        """Raise RefusedError if two are called the same."""
        if self._unique:
            return
        again = Resources()
        for resource in self.items:
            again.append(resource)
        self._unique = True

    def named(self, name: str) -> list[Resource]:
        """Those that are or were called so, in their order."""
        if self._by_name is None:
            self._by_name = {}
            for resource in self.items:
                if resource.node is not None:
                    for word in names(resource):
                        self._by_name.setdefault(word, []).append(resource)
        return self._by_name.get(name, [])

    def maybe_named(self, pattern: str) -> list[Resource]:
        """Those that may be or have been called what the pattern fits, in their order; all if it is no plain word."""
        return list(self.named(pattern) if pattern and is_word(pattern) else self.items)

    def known_as(self, wanted: Id) -> list[Resource]:
        """Those that are or were called exactly so."""
        return [r for r in self.named(wanted.name) if wanted == r.id or wanted in r.former_ids]

    def matching(self, name: str, accept: Callable[[Id], bool]) -> list[Resource]:
        """Those of that name, now or before, any of whose ids is accepted."""
        return [r for r in self.named(name) if any(accept(i) for i in (*r.former_ids, r.id))]


def names(resource: Resource) -> set[str]:
    """What it is and was called."""
    return {resource.name, *(former.name for former in resource.former)}
