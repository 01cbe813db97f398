"""Values for charts, wherever they are given: in files of values, by Flux's and Argo CD's objects, for K3s's charts."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, items
from hullcheck.model.secrets import by_name, literal
from hullcheck.patterns import pattern
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import KubernetesObject

MAX_ENTRIES = 50_000
"""Values of one file or object that are looked at."""

MAX_DEPTH = 100


class ValuesFile(NamedTuple):
    """A file of values for a chart, other than the chart's own, which is judged by what its templates make of it."""

    location: Location
    root: Node
    owner: str = ""


class Entry(NamedTuple):
    """A value that is given: its keys, joined with dots, the last of them, and where it stands."""

    path: str
    name: str
    value: Scalar


def entries(root: Node | None) -> Iterator[Entry]:
    """All single values below a node, those of `{name: x, value: y}` by what is their name."""
    pending: list[tuple[Node, str, str]] = [(root, "", "")] if root is not None else []
    seen: set[int] = set()
    left = MAX_ENTRIES
    while pending and left:
        left -= 1
        node, path, name = pending.pop()
        if isinstance(node, Scalar):
            yield Entry(path, name, node)
        elif id(node) not in seen:
            seen.add(id(node))
            pending += reversed(list(_below(node, path, name)))


def _below(node: Node, path: str, name: str) -> Iterator[tuple[Node, str, str]]:
    if isinstance(node, Sequence):
        yield from ((item, path, name) for item in node.items)
    elif isinstance(node, Mapping):
        own = as_str(node.get("name")) or as_str(node.get("key"))
        for key, (_, value) in node.entries().items():
            called = own if own and key == "value" else key
            yield value, f"{path}.{called}".lstrip("."), called


def given(made: KubernetesObject) -> Iterator[Node]:
    """The values for a chart that an object gives."""
    if made.kind == "HelmRelease":
        yield from _there(at(made.node, "spec", "values"))
    elif made.kind == "HelmChartConfig" or (made.kind == "HelmChart" and made.api_version.startswith("helm.cattle.io")):
        yield from _there(at(made.node, "spec", "values"))
        yield from _there(at(made.node, "spec", "set"))
    elif made.kind in ("Application", "ApplicationSet"):
        spec = at(made.node, "spec") if made.kind == "Application" else at(made.node, "spec", "template", "spec")
        for source in (at(spec, "source"), *items(at(spec, "sources"))):
            yield from _there(at(source, "helm", "valuesObject"))
            yield from _there(at(source, "helm", "parameters"))


def texts(made: KubernetesObject) -> Iterator[Scalar]:
    """The values for a chart that an object gives as one text of YAML."""
    nodes: list[Node | None] = []
    if made.kind in ("HelmChart", "HelmChartConfig"):
        nodes = [at(made.node, "spec", "valuesContent")]
    elif made.kind in ("Application", "ApplicationSet"):
        spec = at(made.node, "spec") if made.kind == "Application" else at(made.node, "spec", "template", "spec")
        nodes = [at(each, "helm", "values") for each in (at(spec, "source"), *items(at(spec, "sources")))]
    yield from (node for node in nodes if isinstance(node, Scalar) and not node.unknown)


def _there(node: Node | None) -> Iterator[Node]:
    if node is not None:
        yield node


def laid_over(node: Node, over: Node, depth: int = 0) -> Node:
    """Values over others, as Helm lays them: mappings are merged, anything else is replaced."""
    if not isinstance(over, Mapping) or not isinstance(node, Mapping) or depth > MAX_DEPTH:
        return over
    entries = dict(node.entries())
    for name, (key, value) in over.entries().items():
        entries[name] = (key, laid_over(entries[name][1], value, depth + 1) if name in entries else value)
    return node.with_entries(entries)


def nested(path: str, value: Scalar, as_text: bool) -> Node:
    """A value under a dotted path, as `helm --set` has it, at the place where it was written."""
    style = value.style if value.style in ('"', "'") and as_text else '"' if as_text else ""
    node: Node = Scalar(value.source, value.start, value.end, "", value.text, style)
    for key in reversed([part.replace("\\.", ".") for part in _KEYS.findall(path)]):
        mapping = Mapping(value.source, value.start, value.end, "", False)
        mapping.items = [(Scalar(value.source, value.start, value.end, "", key, '"'), node)]
        node = mapping
    return node


_KEYS = pattern(r"(?:[^.\\]|\\.)+")


def holds_credential(entry: Entry) -> bool:
    """Is the value a credential, by its name? What is called a secret and is a plain word names an object instead."""
    name, text = entry.name.rpartition(".")[2], entry.value.text
    if entry.value.unknown or by_name(name) is None or not literal(name, text):
        return False
    named = name.lower().endswith(("secret", "secrets", "secretref", "credentials", "token"))
    return not (named and text.replace("-", "").isalpha() and text.islower())
