"""What Compose fills in once all files of a project are merged."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from hullcheck.model.node import Mapping, Node, Sequence
from hullcheck.render.compose.nodes import Entries, derived, items, mapping, sequence, text_of


def with_defaults(root: Mapping) -> Mapping:
    """The merged tree with Compose's defaults in every service."""
    services = root.get("services")
    if not isinstance(services, Mapping):
        return root
    found: Entries = {}
    for name, (key, service) in services.entries().items():
        found[name] = (key, _service_defaults(service) if isinstance(service, Mapping) else service)
    key = root.entries()["services"][0]
    return mapping(root, root.entries() | {"services": (key, mapping(services, found))})


def _service_defaults(service: Mapping) -> Mapping:
    changed: Entries = {}
    for name, fill in _DEFAULTS.items():
        entry = service.entries().get(name)
        if entry is not None:
            made = fill(entry[1])
            if made is not entry[1]:
                changed[name] = (entry[0], made)
    return mapping(service, service.entries() | changed) if changed else service


def _build_defaults(node: Node) -> Node:
    if not isinstance(node, Mapping) or node.get("context") is not None:
        return node
    return mapping(node, node.entries() | {"context": (derived(node, "context"), derived(node, "."))})


def _secret_defaults(node: Node) -> Node:
    made: list[Node] = []
    for item in items(node):
        if isinstance(item, Mapping) and item.get("target") is None:
            source = item.get("source")
            target = derived(source or item, f"/run/secrets/{text_of(source) or ''}")
            item = mapping(item, item.entries() | {"target": (derived(item, "target"), target)})
        made.append(item)
    return _as_list(node, made)


def _port_defaults(node: Node) -> Node:
    made: list[Node] = []
    for item in items(node):
        if isinstance(item, Mapping) and (item.get("protocol") is None or item.get("mode") is None):
            defaults: Entries = {
                "protocol": (derived(item, "protocol"), derived(item, "tcp")),
                "mode": (derived(item, "mode"), derived(item, "ingress")),
            }
            item = mapping(item, defaults | item.entries(), type(item))
        made.append(item)
    return _as_list(node, made)


def _gpu_defaults(node: Node) -> Node:
    made: list[Node] = []
    for item in items(node):
        if isinstance(item, Mapping) and item.get("count") is None and item.get("device_ids") is None:
            count: Entries = {"count": (derived(item, "count"), derived(item, "all"))}
            item = mapping(item, item.entries() | count)
        made.append(item)
    return _as_list(node, made)


def _as_list(node: Node, made: list[Node]) -> Node:
    return node if isinstance(node, Sequence) and all(map(is_, made, node.items)) else sequence(node, made)


def _deploy_defaults(node: Node) -> Node:
    keys = ("resources", "reservations", "devices")
    nodes: list[Node] = [node]
    for key in keys:
        child = nodes[-1].get(key) if isinstance(nodes[-1], Mapping) else None
        if child is None:
            return node
        nodes.append(child)
    last = nodes.pop()
    made = _gpu_defaults(last)
    if made is last:
        return node
    for key in reversed(keys):
        parent = nodes.pop()
        assert isinstance(parent, Mapping)
        made = mapping(parent, parent.entries() | {key: (parent.entries()[key][0], made)})
    return made


_DEFAULTS: dict[str, Callable[[Node], Node]] = {
    "build": _build_defaults,
    "secrets": _secret_defaults,
    "ports": _port_defaults,
    "gpus": _gpu_defaults,
    "deploy": _deploy_defaults,
}
