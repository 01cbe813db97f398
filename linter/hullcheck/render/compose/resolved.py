"""A project in the form and order of `docker compose config`.

Every field has a kind that says what Compose reads there and how it prints it. What it refuses becomes a problem;
what isn't known stays unknown. Every node keeps the place that decided it.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose import units
from hullcheck.render.compose.nodes import (
    Entries,
    derived,
    entries,
    is_nothing,
    items,
    literal,
    mapping,
    marked,
    sequence,
    show,
    shown,
    text_of,
    value,
)
from hullcheck.render.compose.short import PortRange

MAX_PORTS = 70_000
"""Ports of a project that are written out, over all its ranges."""


class Resolved(NamedTuple):
    """A project as `docker compose config` prints it, and what Compose refuses in its values."""

    root: Mapping
    problems: list[Problem]


Kind = Callable[["Printer", Node], Node | None]
"""Gives the printed node, or None where Compose prints nothing; ValueError for what it refuses."""

Fields = tuple[tuple[str, Kind], ...]


class Printer:
    """Prints nodes by their kinds, and collects what is refused."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.path: list[str] = []
        self.ports = 0

    def fields(self, node: Mapping, fields: Fields) -> Mapping:
        """The fields that are printed, in their order, then what starts with `x-`."""
        written = node.entries()
        found: Entries = {}
        for name, kind in fields:
            entry = written.get(name)
            if entry is None:
                continue
            made = self.field(name, entry[1], kind)
            if made is not None:
                found[name] = (entry[0], made)
        extensions = [name for name in written if name.startswith("x-")]
        for name in sorted(extensions, key=units.key_order):
            found[name] = (written[name][0], _any(self, written[name][1]) or written[name][1])
        return mapping(node, found)

    def field(self, name: str, node: Node, kind: Kind) -> Node | None:
        self.path.append(name)
        try:
            return kind(self, node)
        except ValueError as error:
            if node.unknown:
                return node
            path = ".".join(self.path)
            message = f"Compose refuses `{path}`: {error}"
            self.problems.append(Problem("invalid-object", message, node.location, ".".join(self.path[:2])))
            return None
        finally:
            self.path.pop()


def _text(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, str):
        return node if plain else None
    if isinstance(plain, int) and not isinstance(plain, bool):
        return derived(node, show(plain))
    if plain is None and isinstance(node, Scalar):
        return None
    raise ValueError("must be a text")


def _boolean(run: Printer, node: Node) -> Node | None:
    made = _optional_boolean(run, node)
    return None if made is not None and not made.unknown and value(made) is False else made


_WORDS = {"true": "true", "y": "true", "yes": "true", "on": "true"}
_WORDS |= {"false": "false", "n": "false", "no": "false", "off": "false"}


def _optional_boolean(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, bool):
        return literal(node, show(plain))
    if plain is None:
        return None
    word = _WORDS.get(plain.lower()) if isinstance(plain, str) else None
    if word is None:
        raise ValueError(f"`{show(plain)}` is no boolean")
    return literal(node, word)


def _integer(run: Printer, node: Node) -> Node | None:
    made = _optional_integer(run, node)
    return None if made is not None and not made.unknown and value(made) == 0 else made


def _optional_integer(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if plain is None:
        return None
    if isinstance(plain, str):
        plain = int(plain) if plain.lstrip("+-").isdigit() and len(plain) < 20 else plain
    if isinstance(plain, (bool, str)) or plain != plain // 1:
        raise ValueError(f"`{show(plain)}` is no whole number")
    return literal(node, str(int(plain)))


def _number(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, str):
        try:
            plain = float(plain.replace("_", "x"))
        except ValueError:
            raise ValueError(f"`{plain}` is no number") from None
    if plain is None or plain == 0:
        return None
    return literal(node, show(units.float32(float(plain))))


def _size(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    number = units.size(plain) if isinstance(plain, str) else int(plain or 0)
    return derived(node, str(number)) if number else None


def _duration(run: Printer, node: Node) -> Node | None:
    made = _optional_duration(run, node)
    return None if made is not None and not made.unknown and value(made) == "0s" else made


def _optional_duration(run: Printer, node: Node) -> Node | None:
    if node.unknown:
        return node
    if is_nothing(node):
        return None
    return derived(node, units.show_duration(units.duration(shown(node))))


def _mode(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, str):
        number = int(plain, 8)
    elif isinstance(plain, int):
        number = plain
    else:
        return None
    return derived(node, f"0{number:o}")


def _texts(run: Printer, node: Node) -> Node | None:
    made: list[Node] = []
    for number, item in enumerate(items(node)):
        text = run.field(str(number), item, _text)
        made.append(derived(item, "") if text is None else text)
    return sequence(node, made) if made else None


def _texts_or_one(run: Printer, node: Node) -> Node | None:
    if isinstance(node, Scalar):
        return None if is_nothing(node) else sequence(node, [node])
    return _texts(run, node)


def _as_texts(run: Printer, node: Node) -> Node | None:
    """A list of texts and numbers, each printed as a text."""
    made: list[Node] = [_as_text(item) for item in (items(node) if isinstance(node, Sequence) else [node])]
    return sequence(node, made) if made else None


def _as_text(node: Node) -> Node:
    """Whatever a scalar is, as a text."""
    return node if isinstance(value(node), str) or node.unknown else derived(node, shown(node))


def _sorted(found: Entries) -> Entries:
    return {name: found[name] for name in sorted(found, key=units.key_order)}


def _options(run: Printer, node: Node) -> Node | None:
    """A mapping to texts; null is the empty text."""
    found = {name: (key, _as_text(child)) for name, (key, child) in entries(node).items()}
    return mapping(node, _sorted(found)) if found else None


def _nullable(run: Printer, node: Node) -> Node | None:
    """A mapping to texts in which null stays null."""
    found = {
        name: (key, child if is_nothing(child) else _as_text(child)) for name, (key, child) in entries(node).items()
    }
    return mapping(node, _sorted(found)) if found else None


def _arguments(run: Printer, node: Node) -> Node | None:
    """Build arguments: those that come from the caller aren't printed."""
    found = {name: entry for name, entry in entries(node).items() if not is_nothing(entry[1])}
    return _nullable(run, mapping(node, found))


def _command(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if isinstance(node, Sequence):
        return sequence(node, [_as_text(item) for item in node.items])
    if node.unknown:
        return node
    if not isinstance(plain, str):
        return None
    return sequence(node, [derived(node, word) for word in units.words(plain)])


def _test(run: Printer, node: Node) -> Node | None:
    if isinstance(node, Scalar) and not is_nothing(node):
        return sequence(node, [derived(node, "CMD-SHELL"), _as_text(node)])
    return _texts(run, node)


def _hosts(run: Printer, node: Node) -> Node | None:
    found: list[Scalar] = []
    if isinstance(node, Mapping):
        for host, (_, child) in node.entries().items():
            for address in child.items if isinstance(child, Sequence) else [child]:
                found.append(_host(address, host, marked(address) if isinstance(address, Scalar) else ""))
    else:
        for item in items(node):
            if not isinstance(item, Scalar):
                continue
            text = marked(item)
            separator = "=" if "=" in text else ":"
            host, cut, addresses = text.partition(separator)
            if not cut:
                raise ValueError(f"`{item.text}` has no address")
            found += [_host(item, host, address) for address in addresses.split(",")]
    return sequence(node, [*sorted(found, key=marked)]) if found else None


def _host(node: Node, host: str, address: str) -> Scalar:
    if not host or ":" in host or "=" in host:
        raise ValueError(f"bad host name `{host}`")
    if len(address) > 2 and address[0] == "[" and address[-1] == "]":
        address = address[1:-1]
    return derived(node, f"{host}={address}")


def _limit(run: Printer, node: Node) -> Node | None:
    if isinstance(node, Mapping):
        zero = literal(node, "0")
        found = {name: node.entries().get(name, (derived(node, name), zero)) for name in ("soft", "hard")}
        return mapping(node, {name: (key, _as_integer(child)) for name, (key, child) in found.items()})
    if value(node) == 0:
        both: Entries = {name: (derived(node, name), literal(node, "0")) for name in ("soft", "hard")}
        return mapping(node, both)
    return _as_integer(node)


def _as_integer(node: Node) -> Node:
    plain = value(node)
    return literal(node, str(plain)) if isinstance(plain, int) and not node.unknown else node


def _count(run: Printer, node: Node) -> Node | None:
    text = text_of(node) or ""
    return literal(node, "-1") if text.lower() == "all" else _integer(run, node)


def _any(run: Printer, node: Node) -> Node | None:
    """An extension: anything, with sorted keys."""
    if isinstance(node, Mapping):
        found: Entries = {}
        for name, (key, child) in _sorted(node.entries()).items():
            found[name] = (key, _any(run, child) or child)
        return mapping(node, found)
    if isinstance(node, Sequence):
        made = []
        for item in node.items:
            made.append(_any(run, item) or item)
        return sequence(node, made)
    return node


def _struct(*fields: tuple[str, Kind], keep_empty: bool = True, null: bool = False) -> Kind:
    """A mapping of these fields; an empty one is printed only if `keep_empty`, null only if `null`."""

    def kind(run: Printer, node: Node) -> Node | None:
        if not isinstance(node, Mapping):
            return node if null and is_nothing(node) else None
        made = run.fields(node, fields)
        return made if keep_empty or made.entries() else None

    return kind


def _list(of: Kind) -> Kind:
    def kind(run: Printer, node: Node) -> Node | None:
        made: list[Node] = []
        for number, item in enumerate(items(node)):
            found = run.field(str(number), item, of)
            if found is not None:
                made.append(found)
        return sequence(node, made) if made else None

    return kind


def _map(of: Kind) -> Kind:
    def kind(run: Printer, node: Node) -> Node | None:
        found: Entries = {}
        for name, (key, child) in _sorted(entries(node)).items():
            made = run.field(name, child, of)
            if made is not None:
                found[name] = (key, made)
        return mapping(node, found) if found else None

    return kind


def _multiple(run: Printer, node: Node) -> Node | None:
    """A mapping to lists of texts."""
    found: Entries = {}
    for name, (key, child) in _sorted(entries(node)).items():
        found[name] = (key, _as_texts(run, child) or sequence(child, []))
    return mapping(node, found) if found else None


def _ssh(run: Printer, node: Node) -> Node | None:
    made: list[Node] = []
    for name, (key, child) in _sorted(entries(node)).items():
        text = text_of(child)
        made.append(derived(key, name) if text is None else derived(child, f"{name}: {text}"))
    return sequence(node, made) if made else None


def _ports(run: Printer, node: Node) -> Node | None:
    written: list[Node] = []
    for item in items(node):
        written += _expanded(run, item) if isinstance(item, PortRange) else [item]
    return _list(_PORT)(run, sequence(node, written))


def _expanded(run: Printer, item: PortRange) -> Iterator[Mapping]:
    first, published = text_of(item.get("target")), text_of(item.get("published"))
    count = min(item.count, MAX_PORTS - run.ports)
    run.ports += count
    for offset in sorted(range(count), key=lambda number: f"{number + int(first or 0)}/"):
        found = dict(item.entries())
        found["target"] = (found["target"][0], literal(item, str(int(first or 0) + offset)))
        if published is not None:
            found["published"] = (found["published"][0], derived(item, str(int(published) + offset)))
        yield mapping(item, found)


_FILE_MOUNT = _struct(
    ("source", _text), ("target", _text), ("uid", _text), ("gid", _text), ("mode", _mode)
)  # fmt: skip
_PORT = _struct(
    ("name", _text), ("mode", _text), ("host_ip", _text), ("target", _integer), ("published", _text),
    ("protocol", _text), ("app_protocol", _text),
)  # fmt: skip
_HOOK = (
    ("command", _command), ("user", _text), ("privileged", _boolean), ("working_dir", _text),
    ("environment", _nullable),
)  # fmt: skip
_DEVICE_REQUEST = _struct(
    ("capabilities", _texts), ("driver", _text), ("count", _count), ("device_ids", _texts), ("options", _options)
)  # fmt: skip
_BUILD = _struct(
    ("context", _text), ("dockerfile", _text), ("dockerfile_inline", _text), ("entitlements", _texts),
    ("args", _arguments), ("provenance", _text), ("sbom", _text), ("ssh", _ssh), ("labels", _options),
    ("cache_from", _texts_or_one), ("cache_to", _texts_or_one), ("no_cache", _boolean),
    ("no_cache_filter", _texts_or_one), ("additional_contexts", _options), ("pull", _boolean),
    ("extra_hosts", _hosts), ("isolation", _text), ("network", _text), ("target", _text),
    ("secrets", _list(_FILE_MOUNT)), ("shm_size", _size), ("tags", _texts_or_one), ("ulimits", _map(_limit)),
    ("platforms", _texts_or_one), ("privileged", _boolean),
)  # fmt: skip
_DEVELOP = _struct(
    ("watch", _list(_struct(
        ("path", _text), ("action", _text), ("target", _text), ("exec", _struct(*_HOOK, keep_empty=False)),
        ("include", _texts), ("ignore", _texts), ("initial_sync", _boolean),
    ))),
)  # fmt: skip
_THROTTLES = _list(_struct(("path", _text), ("rate", _size)))
_BLOCK_IO = _struct(
    ("weight", _integer), ("weight_device", _list(_struct(("path", _text), ("weight", _optional_integer)))),
    ("device_read_bps", _THROTTLES), ("device_read_iops", _THROTTLES), ("device_write_bps", _THROTTLES),
    ("device_write_iops", _THROTTLES),
)  # fmt: skip
_RESOURCE = _struct(
    ("cpus", _number), ("memory", _size), ("pids", _integer), ("devices", _list(_DEVICE_REQUEST)),
    ("generic_resources", _list(_struct(
        ("discrete_resource_spec", _struct(("kind", _text), ("value", _optional_integer))),
    ))),
)  # fmt: skip
_UPDATE = _struct(
    ("parallelism", _optional_integer), ("delay", _duration), ("failure_action", _text), ("monitor", _duration),
    ("max_failure_ratio", _number), ("order", _text),
)  # fmt: skip
_DEPLOY = _struct(
    ("mode", _text), ("replicas", _optional_integer), ("labels", _options), ("update_config", _UPDATE),
    ("rollback_config", _UPDATE),
    ("resources", _struct(("limits", _RESOURCE), ("reservations", _RESOURCE), keep_empty=False)),
    ("restart_policy", _struct(
        ("condition", _text), ("delay", _optional_duration), ("max_attempts", _optional_integer),
        ("window", _optional_duration),
    )),
    ("placement", _struct(
        ("constraints", _texts), ("preferences", _list(_struct(("spread", _text)))),
        ("max_replicas_per_node", _integer), keep_empty=False,
    )),
    ("endpoint_mode", _text),
)  # fmt: skip
_VOLUME = _struct(
    ("type", _text), ("source", _text), ("target", _text), ("read_only", _boolean), ("consistency", _text),
    ("bind", _struct(
        ("selinux", _text), ("propagation", _text), ("create_host_path", _boolean), ("recursive", _text)
    )),
    ("volume", _struct(("labels", _options), ("nocopy", _boolean), ("subpath", _text))),
    ("tmpfs", _struct(("size", _size), ("mode", _integer))),
    ("image", _struct(("subpath", _text))),
)  # fmt: skip
_JOIN = _struct(
    ("aliases", _texts), ("driver_opts", _options), ("gw_priority", _integer), ("interface_name", _text),
    ("ipv4_address", _text), ("ipv6_address", _text), ("link_local_ips", _texts), ("mac_address", _text),
    ("priority", _integer), null=True,
)  # fmt: skip
_HEALTH = _struct(
    ("test", _test), ("timeout", _optional_duration), ("interval", _optional_duration),
    ("retries", _optional_integer), ("start_period", _optional_duration), ("start_interval", _optional_duration),
    ("disable", _boolean),
)  # fmt: skip

_SERVICE = _struct(
    ("profiles", _texts), ("annotations", _options), ("attach", _optional_boolean), ("build", _BUILD),
    ("develop", _DEVELOP), ("blkio_config", _BLOCK_IO), ("cap_add", _texts), ("cap_drop", _texts),
    ("cgroup_parent", _text), ("cgroup", _text), ("cpu_count", _integer), ("cpu_percent", _number),
    ("cpu_period", _integer), ("cpu_quota", _integer), ("cpu_rt_period", _integer), ("cpu_rt_runtime", _integer),
    ("cpus", _number), ("cpuset", _text), ("cpu_shares", _integer), ("command", _command),
    ("configs", _list(_FILE_MOUNT)), ("container_name", _text),
    ("credential_spec", _struct(("config", _text), ("file", _text), ("registry", _text))),
    ("depends_on", _map(_struct(("condition", _text), ("restart", _boolean), ("required", _optional_boolean)))),
    ("deploy", _DEPLOY), ("device_cgroup_rules", _texts),
    ("devices", _list(_struct(("source", _text), ("target", _text), ("permissions", _text)))),
    ("dns", _texts_or_one), ("dns_opt", _texts), ("dns_search", _texts_or_one), ("dockerfile", _text),
    ("domainname", _text), ("entrypoint", _command),
    ("provider", _struct(("type", _text), ("options", _multiple))),
    ("environment", _nullable), ("expose", _as_texts), ("external_links", _texts), ("extra_hosts", _hosts),
    ("group_add", _texts), ("gpus", _list(_DEVICE_REQUEST)), ("hostname", _text), ("healthcheck", _HEALTH),
    ("image", _text), ("init", _optional_boolean), ("ipc", _text), ("isolation", _text), ("labels", _options),
    ("links", _texts), ("logging", _struct(("driver", _text), ("options", _options))), ("log_driver", _text),
    ("log_opt", _options), ("mem_limit", _size), ("mem_reservation", _size), ("memswap_limit", _size),
    ("mem_swappiness", _size), ("mac_address", _text),
    ("models", _map(_struct(("endpoint_var", _text), ("model_var", _text), null=True))), ("net", _text),
    ("network_mode", _text), ("networks", _map(_JOIN)), ("oom_kill_disable", _boolean), ("oom_score_adj", _integer),
    ("pid", _text), ("pids_limit", _integer), ("platform", _text), ("ports", _ports), ("privileged", _boolean),
    ("pull_policy", _text), ("read_only", _boolean), ("restart", _text), ("runtime", _text),
    ("scale", _optional_integer), ("secrets", _list(_FILE_MOUNT)), ("security_opt", _texts), ("shm_size", _size),
    ("stdin_open", _boolean), ("stop_grace_period", _optional_duration), ("stop_signal", _text),
    ("storage_opt", _options), ("sysctls", _options), ("tmpfs", _texts_or_one), ("tty", _boolean),
    ("ulimits", _map(_limit)), ("use_api_socket", _boolean), ("user", _text), ("userns_mode", _text), ("uts", _text),
    ("volume_driver", _text), ("volumes", _list(_VOLUME)), ("volumes_from", _texts), ("working_dir", _text),
    ("post_start", _list(_struct(*_HOOK))), ("pre_stop", _list(_struct(*_HOOK))),
    ("pre_start", _list(_struct(("image", _text), *_HOOK))),
)  # fmt: skip
_POOL = _struct(
    ("subnet", _text), ("gateway", _text), ("ip_range", _text), ("aux_addresses", _options)
)  # fmt: skip
_NETWORK = _struct(
    ("name", _text), ("driver", _text), ("driver_opts", _options),
    ("ipam", _struct(("driver", _text), ("config", _list(_POOL)), keep_empty=False)), ("external", _boolean),
    ("internal", _boolean), ("attachable", _boolean), ("labels", _options), ("enable_ipv4", _optional_boolean),
    ("enable_ipv6", _optional_boolean),
)  # fmt: skip
_NAMED_VOLUME = _struct(
    ("name", _text), ("driver", _text), ("driver_opts", _options), ("external", _boolean), ("labels", _options)
)  # fmt: skip
_FILE_OBJECT = (
    ("name", _text), ("file", _text), ("environment", _text), ("content", _text), ("external", _boolean),
    ("labels", _options), ("driver", _text), ("driver_opts", _options), ("template_driver", _text),
)  # fmt: skip
_MODEL = _struct(
    ("name", _text), ("model", _text), ("context_size", _integer), ("runtime_flags", _texts)
)  # fmt: skip

_PROJECT: Fields = (
    ("name", _text), ("services", _map(_SERVICE)), ("networks", _map(_NETWORK)), ("volumes", _map(_NAMED_VOLUME)),
    ("secrets", _map(_struct(*_FILE_OBJECT))), ("configs", _map(_struct(*_FILE_OBJECT))), ("models", _map(_MODEL)),
)  # fmt: skip


def resolved(root: Mapping) -> Resolved:
    """The normalised tree of a project as `docker compose config` prints it, whatever its profiles."""
    run = Printer()
    return Resolved(run.fields(root, _PROJECT), run.problems)


def started(root: Mapping, profiles: tuple[str, ...]) -> Mapping:
    """The tree without services of other profiles, and without what only they use."""
    found = dict(root.entries())
    if "services" not in found:
        return root
    key, services = found["services"]
    kept = {
        name: (at, _scaled(service))
        for name, (at, service) in entries(services).items()
        if _has_profile(service, profiles)
    }
    found["services"] = (key, mapping(services, kept))
    used = _used([service for _, service in kept.values()])
    for kind, names in used.items():
        if kind in found:
            at, resources = found[kind]
            left = {name: entry for name, entry in entries(resources).items() if name in names}
            found[kind] = (at, mapping(resources, left))
    return mapping(root, found)


def _scaled(service: Node) -> Node:
    """The service with its `scale` in `deploy`, too, if it has both."""
    scale = service.entries().get("scale") if isinstance(service, Mapping) else None
    deploy = service.get("deploy") if isinstance(service, Mapping) else None
    if not isinstance(service, Mapping) or not isinstance(deploy, Mapping) or scale is None:
        return service
    scaled = mapping(deploy, deploy.entries() | {"replicas": scale})
    return mapping(service, service.entries() | {"deploy": (service.entries()["deploy"][0], scaled)})


def _has_profile(service: Node, profiles: tuple[str, ...]) -> bool:
    own = [text_of(item) for item in items(service.get("profiles"))] if isinstance(service, Mapping) else []
    return not own or "*" in profiles or any(name in profiles for name in own)


def _used(services: list[Node]) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = {
        kind: set() for kind in ("networks", "volumes", "secrets", "configs", "models")
    }
    for service in services:
        if not isinstance(service, Mapping):
            continue
        found["networks"] |= set(entries(service.get("networks")))
        found["models"] |= set(entries(service.get("models")))
        build = service.get("build")
        for kind, mounts in (
            ("volumes", items(service.get("volumes"))),
            ("secrets", items(service.get("secrets"))),
            ("configs", items(service.get("configs"))),
            ("secrets", items(build.get("secrets")) if isinstance(build, Mapping) else []),
        ):
            found[kind] |= {text_of(item.get("source")) for item in mounts if isinstance(item, Mapping)}
    return found


def to_plain(node: Node) -> object:
    """A printed tree as Python values; what isn't known is `{"$unknown": reason}`."""
    if node.unknown:
        return {"$unknown": node.unknown}
    if isinstance(node, Mapping):
        found = {}
        for name, (_, child) in node.entries().items():
            found[name] = to_plain(child)
        return found
    if isinstance(node, Sequence):
        made = []
        for item in node.items:
            made.append(to_plain(item))
        return made
    return value(node)
