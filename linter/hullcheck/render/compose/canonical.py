"""The long form of everything that Compose lets one write short, and the uniqueness it enforces in lists."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose import short
from hullcheck.render.compose.nodes import (
    MARK,
    Entries,
    Pairs,
    derived,
    is_nothing,
    items,
    literal,
    mapping,
    marked,
    part,
    sequence,
    text_of,
    value,
)
from hullcheck.render.compose.patterns import Places
from hullcheck.render.compose.short import RefusedError
from hullcheck.tuples import NamedTuple

Path = tuple[str, ...]
Transform = Callable[[Node], Node | None]


class Canonical(NamedTuple):
    """A tree in the long form, and what Compose refuses in it; what it refuses is left out."""

    root: Mapping
    problems: list[Problem]


def canonical(root: Mapping) -> Canonical:
    run = _Run()
    made = run.node(root, _TRANSFORMS, ())
    assert isinstance(made, Mapping)
    return Canonical(made, run.problems)


class _Run:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def node(self, node: Node, places: "Places[Transform]", path: Path) -> Node | None:
        if places.here is not None:
            try:
                made = places.here(node)
            except RefusedError as refused:
                self.refuse(node, path, str(refused))
                return None
            if made is None:
                return None
            node = made
        if not (places.keys or places.any):
            return node
        if isinstance(node, Mapping):
            return self._mapping(node, places, path)
        if isinstance(node, Sequence):
            return self._sequence(node, places, path)
        return node

    def _mapping(self, node: Mapping, places: "Places[Transform]", path: Path) -> Mapping:
        found: Entries = {}
        same = True
        for name, (key, child) in node.entries().items():
            below = places.below(name)
            new = child if below is None else self.node(child, below, (*path, name))
            same = same and new is child
            if new is not None:
                found[name] = (key, new)
        return node if same else mapping(node, found, type(node))

    def _sequence(self, node: Sequence, places: "Places[Transform]", path: Path) -> Sequence:
        below = places.below("[]")
        if below is None:
            return node
        made = []
        for number, child in enumerate(node.items):
            new = self.node(child, below, (*path, str(number)))
            if new is not None:
                made.append(new)
        return sequence(node, made)

    def refuse(self, node: Node, path: Path, message: str) -> None:
        text = f"Compose refuses `{'.'.join(path)}`: {message}"
        self.problems.append(Problem("invalid-object", text, node.location, ".".join(path[:2])))


def pairs(node: Node) -> Node | None:
    """A list of `key=value`, or a mapping: the mapping that both mean; null where there is no `=`."""
    if is_nothing(node):
        return None
    if not isinstance(node, Sequence):
        return node
    found: Entries = {}
    for item in node.items:
        if isinstance(item, Mapping):  # `- KEY: value`, which Compose refuses, and everybody means so
            found.update(item.entries())
        elif isinstance(item, Scalar) and not is_nothing(item):
            key, child = split_pair(item)
            found[key.text] = (key, child)
    return mapping(node, found, Pairs)


def split_pair(item: Scalar) -> tuple[Scalar, Node]:
    """`key=value` as its two parts; the value is null without `=`."""
    text = marked(item) if isinstance(value(item), str) else text_of(item) or ""
    name, equals, rest = text.partition("=")
    key = part(item, name, 0)
    if equals:
        return key, part(item, rest, len(name) + 1)
    return key, literal(item, "")


def _dependencies(node: Node) -> Node | None:
    if isinstance(node, Sequence):
        return named(node, dependency)
    if not isinstance(node, Mapping):
        return None
    found: Entries = {}
    for name, (key, child) in node.entries().items():
        if is_nothing(child):
            raise RefusedError(f"`{name}` has no condition")
        if isinstance(child, Mapping):
            found[name] = (key, mapping(child, dependency(child) | child.entries()))
    return mapping(node, found)


def dependency(at: Node) -> Entries:
    """What depending on a service means where nothing more is said."""
    return {
        "condition": (derived(at, "condition"), derived(at, "service_started")),
        "required": (derived(at, "required"), literal(at, "true")),
    }


def named(node: Sequence, of: Callable[[Node], Entries] | None = None) -> Mapping:
    """A list of names as a mapping to null, or to what `of` makes of each name."""
    found: Entries = {}
    for item in node.items:
        if isinstance(item, Scalar) and not is_nothing(item):
            name = text_of(item) or ""
            found[name] = (derived(item, name), mapping(item, of(item)) if of else literal(item, ""))
    return mapping(node, found)


def _names(node: Node) -> Node | None:
    return named(node) if isinstance(node, Sequence) else node


def _listed(node: Node) -> Node | None:
    return sequence(node, [node]) if isinstance(node, Scalar) and not is_nothing(node) else node


def _env_files(node: Node) -> Node | None:
    written = node.items if isinstance(node, Sequence) else [node]
    made: list[Node] = []
    for item in written:
        if isinstance(item, Mapping):
            required = (derived(item, "required"), literal(item, "true"))
            made.append(mapping(item, {"required": required} | item.entries()))
        elif not is_nothing(item):
            path = (derived(item, "path"), item)
            made.append(mapping(item, {"path": path, "required": (derived(item, "required"), literal(item, "true"))}))
    return sequence(node, made)


def _mount(node: Node) -> Node | None:
    return node if isinstance(node, Mapping) else mapping(node, {"source": (derived(node, "source"), node)})


def _volume(node: Node) -> Node | None:
    if isinstance(node, Scalar):
        if not isinstance(value(node), str):
            raise RefusedError("a volume must be a text or a mapping")
        return short.volume(node)
    return node


def _device(node: Node) -> Node | None:
    return short.device(node) if isinstance(node, Scalar) else node


def _ports(node: Node) -> Node | None:
    made: list[Node] = []
    for item in items(node):
        if isinstance(item, Scalar) and not is_nothing(item):
            text = value(item)
            made += short.ports(item if isinstance(text, str) else derived(item, text_of(item) or ""))
        elif isinstance(item, Mapping):
            made.append(item)
    return sequence(node, made)


def _build(node: Node) -> Node | None:
    if isinstance(node, Scalar) and not is_nothing(node):
        return mapping(node, {"context": (derived(node, "context"), node)})
    return node


def _text(node: Node) -> Node | None:
    return derived(node, text_of(node) or "") if isinstance(node, Scalar) and not isinstance(value(node), str) else node


def _ssh(node: Node) -> Node | None:
    return pairs(node)


def _gpus(node: Node) -> Node | None:
    if isinstance(node, Scalar) and not is_nothing(node):
        return sequence(node, [mapping(node, {"count": (derived(node, "count"), derived(node, "all"))})])
    return node


def _resource(node: Node) -> Node | None:
    external = node.get("external") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(external, Mapping):
        return node
    found = dict(node.entries())
    key = found["external"][0]
    found["external"] = (key, literal(key, "true"))
    name = external.key("name"), external.get("name")
    if name[0] is not None and name[1] is not None:
        known = node.get("name")
        if known is not None and text_of(known) != text_of(name[1]):
            raise RefusedError("`name` and `external.name` differ")
        found.setdefault("name", (name[0], name[1]))
    return mapping(node, found)


def _include(node: Node) -> Node | None:
    return mapping(node, {"path": (derived(node, "path"), node)}) if isinstance(node, Scalar) else node


_PAIRS = (
    "services.*.annotations", "services.*.build.args", "services.*.build.labels", "services.*.deploy.labels",
    "services.*.build.additional_contexts", "services.*.environment", "services.*.labels", "services.*.sysctls",
    "services.*.post_start.*.environment", "services.*.pre_stop.*.environment", "services.*.pre_start.*.environment",
    "services.*.develop.watch.*.exec.environment",
    "networks.*.labels", "volumes.*.labels", "secrets.*.labels", "configs.*.labels",
)  # fmt: skip

_TRANSFORMS: "Places[Transform]" = Places(
    {
        **dict.fromkeys(_PAIRS, pairs),
        "services.*.build.secrets.*": _mount,
        "services.*.build.provenance": _text,
        "services.*.build.sbom": _text,
        "services.*.depends_on": _dependencies,
        "services.*.env_file": _env_files,
        "services.*.label_file": _listed,
        "services.*.gpus": _gpus,
        "services.*.networks": _names,
        "services.*.models": _names,
        "services.*.volumes.*": _volume,
        "services.*.dns": _listed,
        "services.*.devices.*": _device,
        "services.*.secrets.*": _mount,
        "services.*.configs.*": _mount,
        "services.*.ports": _ports,
        "services.*.build": _build,
        "services.*.build.ssh": _ssh,
        "services.*.develop.watch.*.ignore": _listed,
        "services.*.develop.watch.*.include": _listed,
        "volumes.*": _resource,
        "networks.*": _resource,
        "secrets.*": _resource,
        "configs.*": _resource,
        "include.*": _include,
    }
)


def unique(root: Mapping) -> Mapping:
    """Lists without the entries that a later one replaces; the later one takes the earlier one's position."""
    made = _unique(root, _UNIQUE)
    assert isinstance(made, Mapping)
    return made


Index = Callable[[Node], object]


def _unique(node: Node, places: "Places[Index]") -> Node:
    if isinstance(node, Mapping):
        found: Entries = {}
        same = True
        for name, (key, child) in node.entries().items():
            below = places.below(name)
            new = child if below is None else _unique(child, below)
            same = same and new is child
            found[name] = (key, new)
        return node if same else mapping(node, found, type(node))
    if not isinstance(node, Sequence) or places.here is None:
        return node
    kept: dict[object, Node] = {}
    for item in node.items:
        index = places.here(item)
        kept[index if index is not None else id(item)] = item
    return node if len(kept) == len(node.items) else sequence(node, list(kept.values()))


def _known(text: str) -> object:
    """The text as an index; None, which equals nothing, if a part of it isn't known."""
    return None if MARK in text else text


def _by_key(node: Node) -> object:
    return _known(marked(node).partition("=")[0]) if isinstance(node, Scalar) else None


def _by_text(node: Node) -> object:
    return _known(marked(node)) if isinstance(node, Scalar) else None


def _by_path(node: Node) -> object:
    return _by_text(node.get("path") or node) if isinstance(node, Mapping) else _by_text(node)


def _by_volume_target(node: Node) -> object:
    if isinstance(node, Mapping):
        return _by_text(node.get("target") or node)
    return _known(short.volume_target(node)) if isinstance(node, Scalar) else None


def _by_device_target(node: Node) -> object:
    if isinstance(node, Mapping):
        return _by_text(node.get("target") or node)
    if not isinstance(node, Scalar):
        return None
    pieces = marked(node).split(":")
    return _known(pieces[1] if len(pieces) > 1 else pieces[0])


def _by_port(node: Node) -> object:
    if not isinstance(node, Mapping):
        return _by_text(node)
    number, published = node.get("target"), node.get("published")
    if any(part is not None and part.unknown for part in (number, published, node.get("host_ip"))):
        return None
    address, protocol = text_of(node.get("host_ip")), text_of(node.get("protocol"))
    host = (marked(published), type(value(published))) if isinstance(published, Scalar) else None
    return (address or "0.0.0.0", host, text_of(number), protocol or "tcp")


def _by_mount(folder: str) -> Index:
    def index(node: Node) -> object:
        if isinstance(node, Mapping):
            target = node.get("target")
            if isinstance(target, Scalar):
                return _known(marked(target))
            node = node.get("source") or node
        return _known(f"{folder}/{marked(node)}") if isinstance(node, Scalar) else None

    return index


_UNIQUE: "Places[Index]" = Places(
    {
        "services.*.build.tags": _by_key,
        "services.*.cap_add": _by_key,
        "services.*.cap_drop": _by_key,
        "services.*.devices": _by_device_target,
        "services.*.configs": _by_mount(""),
        "services.*.dns": _by_key,
        "services.*.dns_opt": _by_key,
        "services.*.dns_search": _by_key,
        "services.*.env_file": _by_path,
        "services.*.expose": _by_text,
        "services.*.links": _by_key,
        "services.*.networks.*.aliases": _by_key,
        "services.*.networks.*.link_local_ips": _by_key,
        "services.*.ports": _by_port,
        "services.*.profiles": _by_key,
        "services.*.secrets": _by_mount("/run/secrets"),
        "services.*.tmpfs": _by_key,
        "services.*.volumes": _by_volume_target,
    }
)
