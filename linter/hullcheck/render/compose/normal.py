"""What Compose adds to a project once it is put together: the default network, real names, implied dependencies."""

from __future__ import annotations

from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.render.compose.interpolate import SET, Variables
from hullcheck.render.compose.nodes import (
    Entries,
    derived,
    entries,
    is_nothing,
    items,
    literal,
    mapping,
    sequence,
    text_of,
)
from hullcheck.render.compose.short import clean

_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")


def normalised(root: Mapping, name: str, variables: Variables) -> Mapping:
    """The project's tree as Compose would start it, under the project name `name`."""
    found = dict(root.entries())
    at = found.get("name", (derived(root, "name"), root))
    found["name"] = (at[0], derived(at[1], name))
    services = found.get("services")
    if services is not None and isinstance(services[1], Mapping):
        made: Entries = {
            key: (at, _service(service, variables))
            for key, (at, service) in services[1].entries().items()
            if isinstance(service, Mapping)
        }
        found["services"] = (services[0], mapping(services[1], made))
        _add_default_network(found, made)
    for kind in ("networks", "volumes", "configs", "secrets"):
        if kind in found:
            key, resources = found[kind]
            found[kind] = (key, _named(resources, name))
    return mapping(root, found)


def _service(service: Mapping, variables: Variables) -> Mapping:
    found = dict(service.entries())
    if text_of(service.get("pull_policy")) == "if_not_present":
        found["pull_policy"] = (found["pull_policy"][0], derived(found["pull_policy"][1], "missing"))
    if "build" in found:
        found["build"] = (found["build"][0], _build(found["build"][1], variables))
    if "environment" in found:
        key, environment = found["environment"]
        found["environment"] = (key, passed_through(environment, variables))
    dependencies = dict(entries(service.get("depends_on")))
    for node, needed, restart in _implied(service):
        dependencies.setdefault(needed, (derived(node, needed), _dependency(node, restart)))
    if dependencies:
        at = found["depends_on"] if "depends_on" in found else next(iter(dependencies.values()))
        found["depends_on"] = (derived(at[0], "depends_on"), mapping(at[1], dependencies))
    if "provider" not in found and "network_mode" not in found and not entries(service.get("networks")):
        where = service.get("networks") or service
        joined: Entries = {"default": (derived(where, "default"), literal(where, ""))}
        found["networks"] = (derived(where, "networks"), mapping(where, joined))
    if "volumes" in found:
        key, volumes = found["volumes"]
        found["volumes"] = (key, sequence(volumes, [_clean_target(item) for item in items(volumes)]))
    return mapping(service, found)


def _build(build: Node, variables: Variables) -> Node:
    if not isinstance(build, Mapping):
        return build
    found = dict(build.entries())
    found.setdefault("context", (derived(build, "context"), derived(build, ".")))
    if is_nothing(build.get("dockerfile")) and is_nothing(build.get("dockerfile_inline")):
        found["dockerfile"] = (derived(build, "dockerfile"), derived(build, "Dockerfile"))
    if "args" in found:
        found["args"] = (found["args"][0], passed_through(found["args"][1], variables))
    return mapping(build, found)


def passed_through(node: Node, variables: Variables) -> Node:
    """Variables without a value take the caller's: that of a variable that is set here, else it isn't known."""
    if not isinstance(node, Mapping):
        return node
    found: Entries = {}
    for name, (key, child) in node.entries().items():
        if is_nothing(child) and isinstance(child, Scalar):
            setting = variables.get(name)
            if setting is not None:
                child = derived(child, setting.text)
                child.because = f"`{name}` {SET}"
            else:
                child = literal(child, "")
                child.unknown = f"`{name}` comes from the caller"
        found[name] = (key, child)
    return mapping(node, found, type(node))


def _implied(service: Mapping) -> "list[tuple[Node, str, bool]]":
    """Services that this one depends on without saying so, the node that says it, and whether it restarts with them."""
    found: list[tuple[Node, str, bool]] = []
    for item in items(service.get("links")):
        pieces = (text_of(item) or "").split(":")
        found.append((item, pieces[0] if len(pieces) == 2 else ":".join(pieces), True))
    for namespace in _NAMESPACES:
        node = service.get(namespace)
        text = text_of(node) or ""
        if node is not None and text.startswith("service:"):
            found.append((node, text.removeprefix("service:"), True))
    for item in items(service.get("volumes_from")):
        text = text_of(item) or ""
        if not text.startswith("container:"):
            found.append((item, text.split(":")[0], False))
    return [entry for entry in found if entry[1]]


def _dependency(at: Node, restart: bool) -> Mapping:
    return mapping(
        at,
        {
            "condition": (derived(at, "condition"), derived(at, "service_started")),
            "restart": (derived(at, "restart"), literal(at, "true" if restart else "false")),
            "required": (derived(at, "required"), literal(at, "true")),
        },
    )


def _clean_target(item: Node) -> Node:
    target = item.get("target") if isinstance(item, Mapping) else None
    text = text_of(target)
    if not isinstance(item, Mapping) or target is None or target.unknown or not text or clean(text) == text:
        return item
    key = item.entries()["target"][0]
    return mapping(item, item.entries() | {"target": (key, derived(target, clean(text)))})


def _add_default_network(found: Entries, services: Entries) -> None:
    user = next((key for key, node in services.values() if "default" in entries(_networks(node))), None)
    if user is None:
        return
    key, networks = found.get("networks", (derived(user, "networks"), mapping(user, {})))
    if "default" not in entries(networks):
        default: Entries = {"default": (derived(user, "default"), literal(user, ""))}
        found["networks"] = (key, mapping(networks, entries(networks) | default))


def _networks(service: Node) -> Node | None:
    return service.get("networks") if isinstance(service, Mapping) else None


def _named(resources: Node, project: str) -> Node:
    found: Entries = {}
    for key, (at, resource) in entries(resources).items():
        known = dict(entries(resource))
        if is_nothing(known["name"][1] if "name" in known else None):
            external = text_of(known["external"][1]) if "external" in known else None
            name = key if external in ("true", "1", "t", "T", "TRUE", "True") else f"{project}_{key}"
            known["name"] = (derived(at, "name"), derived(at, name))
        found[key] = (at, mapping(resource, known))
    return mapping(resources, found)
