"""What Compose refuses in a project that is put together, with its reason, at the line that is to blame."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose.nodes import (
    entries,
    get,
    is_nothing,
    items,
    marked,
    text_of,
    value,
)
from hullcheck.render.compose.short import is_address
from hullcheck.render.compose.units import float32, size
from hullcheck.typed import Any

Found = Iterator[tuple[Node, str]]

MAX_CIRCLES = 200
"""Circles of dependencies that are told; Compose stops at the first."""

MAX_SHOWN = 20
"""Services of a circle that are named."""

_UNIQUE = ("security_opt", "group_add", "external_links", "volumes_from", "device_cgroup_rules")
_WAITS = ("rebuild", "restart")


def refusals(root: Mapping, *, complete: bool, lost: Collection[str] = ()) -> list[Problem]:
    """What is refused in the normalised tree; of a fragment, and of services that are `lost` in part, only what no other
    file could make good.
    """
    found: list[Problem] = []
    for name, (key, service) in entries(root.get("services")).items():
        if isinstance(service, Mapping):
            for node, message in _service(root, key, name, service, complete and name not in lost):
                found.append(_problem(node, f"service `{name}` {message}", f"services.{name}"))
    for kind in ("secrets", "configs"):
        for name, (key, resource) in entries(root.get(kind)).items():
            for node, message in _file_object(key, kind, resource):
                found.append(_problem(node, f"{kind[:-1]} `{name}` {message}", f"{kind}.{name}"))
    for name, (_, volume) in entries(root.get("volumes")).items():
        for node, message in _volume(volume):
            found.append(_problem(node, f"volume `{name}` {message}", f"volumes.{name}"))
    if complete:
        found += _circles(root)
    return found


def dangling(root: Mapping) -> bool:
    """Does a service need another one, a network or the like that the project doesn't have?"""
    services = (service for _, service in entries(root.get("services")).values())
    return any(True for service in services if isinstance(service, Mapping) for _ in _references(root, service))


def _problem(node: Node, message: str, owner: str) -> Problem:
    return Problem("invalid-object", f"Compose refuses this: {message}", node.location, owner)


def _service(root: Mapping, key: Scalar, name: str, service: Mapping, complete: bool) -> Found:
    if complete and all(is_nothing(service.get(maker)) for maker in ("image", "build", "provider")):
        yield key, "has neither an image nor a build context specified"
    yield from _build(root, service, complete)
    yield from _modes(service)
    yield from _health(service)
    yield from _repeated(service)
    yield from _limits(service)
    yield from _scale(service)
    yield from _watch(service)
    yield from _targets(service)
    yield from _addresses(service)
    if complete:
        yield from _references(root, service)


def _build(root: Mapping, service: Mapping, complete: bool) -> Found:
    build = service.get("build")
    if not isinstance(build, Mapping):
        return
    inline = build.get("dockerfile_inline")
    if inline is not None and text_of(inline) and text_of(build.get("dockerfile")):
        yield inline, "declares both `dockerfile` and `dockerfile_inline`"
    platform, platforms = service.get("platform"), items(build.get("platforms"))
    known = isinstance(platform, Scalar) and not any(node.unknown for node in (platform, *platforms))
    if known and platforms and text_of(platform) not in [text_of(item) for item in platforms]:
        yield platform or build, f"runs on `{text_of(platform)}`, which its `build.platforms` don't include"
    if complete:
        yield from _contexts(root, build)


def _contexts(root: Mapping, build: Mapping) -> Found:
    services = entries(root.get("services"))
    for name, (_, node) in entries(build.get("additional_contexts")).items():
        text = text_of(node) or ""
        if node.unknown or not text.startswith("service:"):
            continue
        other = text.removeprefix("service:")
        if other not in services:
            yield node, f"declares the unknown service `{other}` as additional context `{name}`"
        elif get(services[other][1], "build") is None:
            yield node, f"declares service `{other}`, which is not built, as additional context `{name}`"
    secrets = entries(root.get("secrets"))
    for item in items(build.get("secrets")):
        source = get(item, "source")
        if source is not None and not source.unknown and text_of(source) not in secrets:
            yield source, f"refers to undefined build secret `{text_of(source)}`"


def _modes(service: Mapping) -> Found:
    mode = service.get("network_mode")
    if mode is not None and text_of(mode) and entries(service.get("networks")):
        yield mode, "declares mutually exclusive `network_mode` and `networks`"


def _health(service: Mapping) -> Found:
    test = get(service, "healthcheck", "test")
    if isinstance(test, Sequence) and test.items:
        first = test.items[0]
        if not first.unknown and text_of(first) not in ("CMD", "CMD-SHELL", "NONE"):
            yield first, "has a `healthcheck.test` that starts with none of `CMD`, `CMD-SHELL` and `NONE`"


def _repeated(service: Mapping) -> Found:
    for name in _UNIQUE:
        seen: set[object] = set()
        for item in items(service.get(name)):
            plain = value(item)
            if plain in seen and not item.unknown:
                yield item, f"has the same item twice in `{name}`"
            if plain is not None:
                seen.add(plain)


def _references(root: Mapping, service: Mapping) -> Found:
    services = entries(root.get("services"))
    networks = entries(root.get("networks"))
    for name, (key, _) in entries(service.get("networks")).items():
        if name not in networks:
            yield key, f"refers to undefined network `{name}`"
    for name, (key, _) in entries(service.get("depends_on")).items():
        if name not in services and not key.unknown:
            yield key, f"depends on undefined service `{name}`"
    models = entries(root.get("models"))
    for name, (key, _) in entries(service.get("models")).items():
        if name not in models:
            yield key, f"refers to undefined model `{name}`"
    for kind in ("configs", "secrets"):
        known = entries(root.get(kind))
        for item in items(service.get(kind)):
            source = get(item, "source")
            if source is not None and not source.unknown and text_of(source) not in known:
                yield source, f"refers to undefined {kind[:-1]} `{text_of(source)}`"
    volumes = entries(root.get("volumes"))
    for item in items(service.get("volumes")):
        source = get(item, "source")
        if source is None or source.unknown or text_of(get(item, "type")) != "volume" or not text_of(source):
            continue
        if text_of(source) not in volumes:
            yield source, f"refers to undefined volume `{text_of(source)}`"


def _limits(service: Mapping) -> Found:
    limits, reservations = ("deploy", "resources", "limits"), ("deploy", "resources", "reservations")
    for name, path, key in (
        ("cpus", limits, "cpus"),
        ("mem_limit", limits, "memory"),
        ("mem_reservation", reservations, "memory"),
        ("pids_limit", limits, "pids"),
    ):
        own, group = service.get(name), get(service, *path)
        other = get(group, key)
        if own is None or group is None or own.unknown or (other is not None and other.unknown):
            continue
        if not isinstance(group, Mapping):
            continue
        first, second = _amount(name, own), _amount(name, other)
        if first not in (None, 0) and second is not None and first != second:
            dotted = ".".join((*path, key))
            yield own, f"sets distinct values on `{name}` and `{dotted}`"


def _amount(name: str, node: Node | None) -> float | None:
    if node is None:
        return 0
    plain = value(node)
    try:
        if name.startswith("mem") and isinstance(plain, str):
            return size(plain)
        return float32(float(plain or 0))
    except ValueError:
        return None


def _scale(service: Mapping) -> Found:
    scale, replicas = service.get("scale"), get(service, "deploy", "replicas")
    counts = [(node, value(node)) for node in (scale, replicas) if node is not None and not node.unknown]
    if len(counts) == 2 and counts[0][1] != counts[1][1]:
        yield counts[0][0], "sets distinct values on `scale` and `deploy.replicas`"
    for node, count in counts:
        if isinstance(count, int) and count < 0:
            yield node, "has a negative scale"
    name = service.get("container_name")
    if counts and isinstance(counts[0][1], int) and counts[0][1] > 1 and name is not None and text_of(name):
        yield name, "is scaled and has a `container_name`, which must be unique"


def _watch(service: Mapping) -> Found:
    for item in items(get(service, "develop", "watch")):
        action = get(item, "action")
        if action is None or action.unknown or text_of(action) in _WAITS or text_of(get(item, "target")):
            continue
        yield action, "watches files without a `target` to copy them to"


def _targets(service: Mapping) -> Found:
    seen: set[str] = set()
    tmpfs = service.get("tmpfs")
    for item in [tmpfs] if isinstance(tmpfs, Scalar) else items(tmpfs):
        target = marked(item).partition(":")[0] if isinstance(item, Scalar) else ""
        if target in seen:
            yield item, f"mounts `{target}` twice"
        seen.add(target)
    for item in items(service.get("volumes")):
        node = get(item, "target")
        if isinstance(node, Scalar) and not node.unknown:
            if node.text in seen:
                yield node, f"mounts `{node.text}` twice"
            seen.add(node.text)


def _addresses(service: Mapping) -> Found:
    for item in items(service.get("ports")):
        address = get(item, "host_ip")
        if address is None or address.unknown or is_nothing(address) or is_address(text_of(address) or ""):
            continue
        yield address, f"publishes a port on the invalid address `{text_of(address)}`"


def _file_object(key: Scalar, kind: str, resource: Node) -> Found:
    if not isinstance(resource, Mapping):
        return
    choices = ("file", "environment", "content") if kind == "configs" else ("file", "environment")
    said = [name for name in choices if resource.get(name) is not None]
    if len(said) > 1:
        yield key, f"must have only one of {', '.join(f'`{name}`' for name in said)}"
    elif not said and resource.get("driver") is None and resource.get("external") is None:
        yield key, f"has none of {', '.join(f'`{name}`' for name in choices)}"


def _volume(volume: Node) -> Found:
    if not isinstance(volume, Mapping) or text_of(volume.get("external")) != "true":
        return
    for name, (key, _) in volume.entries().items():
        if name not in ("name", "external") and not name.startswith("x-"):
            yield key, f"is external, and has `{name}`"


def _circles(root: Mapping) -> Iterator[Problem]:
    """Services that depend on themselves through others: each circle once, at the dependency that closes it."""
    services = entries(root.get("services"))
    told = 0
    state: dict[str, int] = {}  # 1 while a service is being followed, 2 once it is done
    for start in services:
        if start in state:
            continue
        stack = [(start, iter(entries(get(services[start][1], "depends_on")).items()))]
        state[start] = 1
        while stack:
            name, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                state[name] = 2
                stack.pop()
                continue
            other, (key, _) = step
            if state.get(other) == 1:
                told += 1
                if told > MAX_CIRCLES:
                    yield _problem(key, "more circles of dependencies than are told", f"services.{name}")
                    return
                circle = ", ".join(f"`{known}`" for known in _since(stack, other))
                yield _problem(key, f"a circle of dependencies: {circle}", f"services.{name}")
            elif other in services and other not in state:
                state[other] = 1
                stack.append((other, iter(entries(get(services[other][1], "depends_on")).items())))


def _since(stack: list[tuple[str, Any]], name: str) -> list[str]:
    """The way from a service on; of a long one its ends."""
    way: list[str] = []
    for known, _ in reversed(stack):
        way.append(known)
        if known == name:
            break
        if len(way) > MAX_SHOWN:
            return [name, "...", *reversed(way)]
    return way[::-1]
