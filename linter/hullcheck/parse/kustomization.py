"""A kustomization file as kustomize reads it: field names without case, the last of two, YAML 1.1, strict types."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_int, as_str, is_null
from hullcheck.patterns import pattern
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_FIELDS = frozenset(
    word.lower()
    for word in [
        "apiVersion",
        "kind",
        "metadata",
        "openapi",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "commonLabels",
        "labels",
        "commonAnnotations",
        "patchesStrategicMerge",
        "patchesJson6902",
        "patches",
        "images",
        "imageTags",
        "replacements",
        "replicas",
        "vars",
        "sortOptions",
        "resources",
        "components",
        "crds",
        "bases",
        "configMapGenerator",
        "secretGenerator",
        "helmGlobals",
        "helmCharts",
        "helmChartInflationGenerator",
        "generatorOptions",
        "configurations",
        "generators",
        "transformers",
        "validators",
        "buildMetadata",
    ]
)
_NUMBER = pattern(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.nan")


class RefusedError(Exception):
    """kustomize refuses to build this; says why and where."""

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(message)
        self.message = message
        self.location = location


class UnknownError(RefusedError):
    """kustomize may build this, but what comes out can't be known here."""


class Layer(NamedTuple):
    """A kustomization as written. `fields` are its top-level fields by their names in lower case."""

    source: Source
    root: Mapping
    fields: dict[str, tuple[Scalar, Node]]

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    @property
    def component(self) -> bool:
        return as_str(self.node("kind")) == "Component"

    def node(self, name: str) -> Node | None:
        """The field's value, or None if it is absent or null."""
        entry = self.fields.get(name.lower())
        return None if entry is None or is_null(entry[1]) else entry[1]

    def place(self, name: str) -> Location:
        """Where the field is written, else the file's start."""
        entry = self.fields.get(name.lower())
        return entry[0].location if entry else self.source.at(self.root.start)

    def list(self, *names: str) -> list[Node]:
        """The items of these fields, one field after the other."""
        return [item for name in names for item in sequence(self.node(name), name)]

    def text(self, name: str) -> str:
        return text(self.node(name), name)


def layer(source: Source, root: Mapping) -> Layer:
    """The kustomization; raises RefusedError for what kustomize wouldn't read."""
    found = Layer(source, root, {name.lower(): entry for name, entry in root.entries().items()})
    for name, (key, _) in found.fields.items():
        if name not in _FIELDS:
            raise RefusedError(f"unknown field `{key.text}`", key.location)
    kind = text(found.node("kind"), "kind") or "Kustomization"
    if kind not in ("Kustomization", "Component"):
        raise RefusedError("kind should be Kustomization or Component", found.place("kind"))
    version = text(found.node("apiVersion"), "apiVersion")
    wanted = f"kustomize.config.k8s.io/{'v1alpha1' if kind == 'Component' else 'v1beta1'}"
    if version and version != wanted:
        raise RefusedError(f"apiVersion for {kind} should be {wanted}", found.place("apiVersion"))
    if not set(found.fields) - {"apiversion", "kind"}:
        raise RefusedError("the kustomization is empty", source.at(root.start))
    return found


def sequence(node: Node | None, what: str) -> list[Node]:
    """A list's items; raises RefusedError for anything else."""
    if node is None or is_null(node):
        return []
    if not isinstance(node, Sequence):
        raise RefusedError(f"`{what}` must be a list", node.location)
    return node.items


def text(node: Node | None, what: str) -> str:
    """A string, empty if absent or null; raises RefusedError for what YAML 1.1 takes for something else."""
    if node is None or is_null(node):
        return ""
    if not isinstance(node, Scalar):
        raise RefusedError(f"`{what}` must be text", node.location)
    if not node.style and not node.tag.endswith("str"):
        if as_bool(node) is not None:
            raise RefusedError(f"`{what}` must be text, and `{node.text}` is a boolean", node.location)
        if as_int(node) is not None or _NUMBER.fullmatch(node.text):
            raise RefusedError(f"`{what}` must be text, and `{node.text}` is a number", node.location)
    return node.text


def flag(node: Node | None, what: str) -> bool:
    """A boolean, false if absent or null."""
    if node is None or is_null(node):
        return False
    value = as_bool(node)
    if value is None:
        raise RefusedError(f"`{what}` must be true or false", node.location)
    return value


def number(node: Node | None, what: str) -> int:
    """An integer, 0 if absent or null."""
    if node is None or is_null(node):
        return 0
    value = as_int(node)
    if value is None:
        raise RefusedError(f"`{what}` must be a number", node.location)
    return value


def texts(node: Node | None, what: str) -> Iterator[Scalar]:
    """The strings of a list, with their places."""
    for item in sequence(node, what):
        text(item, what)
        if isinstance(item, Scalar):
            yield item


def text_map(node: Node | None, what: str) -> dict[str, tuple[Scalar, Scalar]]:
    """A mapping of strings, such as labels: keys and values with their places, sorted by key."""
    if node is None or is_null(node):
        return {}
    if not isinstance(node, Mapping):
        raise RefusedError(f"`{what}` must be a mapping", node.location)
    found = {}
    for name, (key, value) in sorted(node.entries().items()):
        text(value, f"{what}.{name}")
        found[name] = (key, value if isinstance(value, Scalar) else key)
    return found


def struct(node: Node | None, what: str, names: str) -> dict[str, Node]:
    """The fields of a mapping, without nulls; raises RefusedError for a field not among `names`, which ignore case."""
    if node is None or is_null(node):
        return {}
    if not isinstance(node, Mapping):
        raise RefusedError(f"`{what}` must be a mapping", node.location)
    known = {name.lower(): name for name in names.split()}
    found: dict[str, Node] = {}
    for name, (key, value) in node.entries().items():
        if name.lower() not in known:
            raise RefusedError(f"unknown field `{name}` in `{what}`", key.location)
        if not is_null(value):
            found[known[name.lower()]] = value
    return found
