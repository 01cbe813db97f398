"""A project in the form and order of `docker compose config`.

Every field has a kind that says what Compose reads there and how it prints it. What it refuses becomes a problem;
what isn't known stays unknown. Every node keeps the place that decided it.
"""

from __future__ import annotations

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose import kinds as of
from hullcheck.render.compose.nodes import Entries, derived, entries, items, mapping, sequence, text_of, value
from hullcheck.tuples import NamedTuple

MAX_PORTS = 70_000
"""Ports of a project that are written out, over all its ranges."""


class Resolved(NamedTuple):
    """A project as `docker compose config` prints it, and what Compose refuses in its values."""

    root: Mapping
    problems: list[Problem]


_FILE_MOUNT = of.struct(
    ("source", of.text), ("target", of.text), ("uid", of.text), ("gid", of.text), ("mode", of.mode)
)  # fmt: skip
_PORT = of.struct(
    ("name", of.text), ("mode", of.text), ("host_ip", of.text), ("target", of.integer), ("published", of.text),
    ("protocol", of.text), ("app_protocol", of.text),
)  # fmt: skip
_HOOK = (
    ("command", of.command), ("user", of.text), ("privileged", of.boolean), ("working_dir", of.text),
    ("environment", of.nullable),
)  # fmt: skip
_DEVICE_REQUEST = of.struct(
    ("capabilities", of.texts), ("driver", of.text), ("count", of.count), ("device_ids", of.texts),
    ("options", of.options)
)  # fmt: skip
_BUILD = of.struct(
    ("context", of.text), ("dockerfile", of.text), ("dockerfile_inline", of.text), ("entitlements", of.texts),
    ("args", of.arguments), ("provenance", of.text), ("sbom", of.text), ("ssh", of.ssh), ("labels", of.options),
    ("cache_from", of.texts_or_one), ("cache_to", of.texts_or_one), ("no_cache", of.boolean),
    ("no_cache_filter", of.texts_or_one), ("additional_contexts", of.options), ("pull", of.boolean),
    ("extra_hosts", of.hosts), ("isolation", of.text), ("network", of.text), ("target", of.text),
    ("secrets", of.listed(_FILE_MOUNT)), ("shm_size", of.size), ("tags", of.texts_or_one),
    ("ulimits", of.mapped(of.limit)),
    ("platforms", of.texts_or_one), ("privileged", of.boolean),
)  # fmt: skip
_DEVELOP = of.struct(
    ("watch", of.listed(of.struct(
        ("path", of.text), ("action", of.text), ("target", of.text), ("exec", of.struct(*_HOOK, keep_empty=False)),
        ("include", of.texts), ("ignore", of.texts), ("initial_sync", of.boolean),
    ))),
)  # fmt: skip
_THROTTLES = of.listed(of.struct(("path", of.text), ("rate", of.size)))
_BLOCK_IO = of.struct(
    ("weight", of.integer), ("weight_device", of.listed(of.struct(("path", of.text), ("weight", of.optional_integer)))),
    ("device_read_bps", _THROTTLES), ("device_read_iops", _THROTTLES), ("device_write_bps", _THROTTLES),
    ("device_write_iops", _THROTTLES),
)  # fmt: skip
_RESOURCE = of.struct(
    ("cpus", of.number), ("memory", of.size), ("pids", of.integer), ("devices", of.listed(_DEVICE_REQUEST)),
    ("generic_resources", of.listed(of.struct(
        ("discrete_resource_spec", of.struct(("kind", of.text), ("value", of.optional_integer))),
    ))),
)  # fmt: skip
_UPDATE = of.struct(
    ("parallelism", of.optional_integer), ("delay", of.duration), ("failure_action", of.text), ("monitor", of.duration),
    ("max_failure_ratio", of.number), ("order", of.text),
)  # fmt: skip
_DEPLOY = of.struct(
    ("mode", of.text), ("replicas", of.optional_integer), ("labels", of.options), ("update_config", _UPDATE),
    ("rollback_config", _UPDATE),
    ("resources", of.struct(("limits", _RESOURCE), ("reservations", _RESOURCE), keep_empty=False)),
    ("restart_policy", of.struct(
        ("condition", of.text), ("delay", of.optional_duration), ("max_attempts", of.optional_integer),
        ("window", of.optional_duration),
    )),
    ("placement", of.struct(
        ("constraints", of.texts), ("preferences", of.listed(of.struct(("spread", of.text)))),
        ("max_replicas_per_node", of.integer), keep_empty=False,
    )),
    ("endpoint_mode", of.text),
)  # fmt: skip
_VOLUME = of.struct(
    ("type", of.text), ("source", of.text), ("target", of.text), ("read_only", of.boolean), ("consistency", of.text),
    ("bind", of.struct(
        ("selinux", of.text), ("propagation", of.text), ("create_host_path", of.boolean), ("recursive", of.text)
    )),
    ("volume", of.struct(("labels", of.options), ("nocopy", of.boolean), ("subpath", of.text))),
    ("tmpfs", of.struct(("size", of.size), ("mode", of.integer))),
    ("image", of.struct(("subpath", of.text))),
)  # fmt: skip
_JOIN = of.struct(
    ("aliases", of.texts), ("driver_opts", of.options), ("gw_priority", of.integer), ("interface_name", of.text),
    ("ipv4_address", of.text), ("ipv6_address", of.text), ("link_local_ips", of.texts), ("mac_address", of.text),
    ("priority", of.integer), null=True,
)  # fmt: skip
_HEALTH = of.struct(
    ("test", of.test), ("timeout", of.optional_duration), ("interval", of.optional_duration),
    ("retries", of.optional_integer), ("start_period", of.optional_duration), ("start_interval", of.optional_duration),
    ("disable", of.boolean),
)  # fmt: skip

_SERVICE = of.struct(
    ("profiles", of.texts), ("annotations", of.options), ("attach", of.optional_boolean), ("build", _BUILD),
    ("develop", _DEVELOP), ("blkio_config", _BLOCK_IO), ("cap_add", of.texts), ("cap_drop", of.texts),
    ("cgroup_parent", of.text), ("cgroup", of.text), ("cpu_count", of.integer), ("cpu_percent", of.number),
    ("cpu_period", of.integer), ("cpu_quota", of.integer), ("cpu_rt_period", of.integer),
    ("cpu_rt_runtime", of.integer),
    ("cpus", of.number), ("cpuset", of.text), ("cpu_shares", of.integer), ("command", of.command),
    ("configs", of.listed(_FILE_MOUNT)), ("container_name", of.text),
    ("credential_spec", of.struct(("config", of.text), ("file", of.text), ("registry", of.text))),
    ("depends_on", of.mapped(of.struct(("condition", of.text), ("restart", of.boolean),
    ("required", of.optional_boolean)))),
    ("deploy", _DEPLOY), ("device_cgroup_rules", of.texts),
    ("devices", of.listed(of.struct(("source", of.text), ("target", of.text), ("permissions", of.text)))),
    ("dns", of.texts_or_one), ("dns_opt", of.texts), ("dns_search", of.texts_or_one), ("dockerfile", of.text),
    ("domainname", of.text), ("entrypoint", of.command),
    ("provider", of.struct(("type", of.text), ("options", of.multiple))),
    ("environment", of.nullable), ("expose", of.as_texts), ("external_links", of.texts), ("extra_hosts", of.hosts),
    ("group_add", of.texts), ("gpus", of.listed(_DEVICE_REQUEST)), ("hostname", of.text), ("healthcheck", _HEALTH),
    ("image", of.text), ("init", of.optional_boolean), ("ipc", of.text), ("isolation", of.text), ("labels", of.options),
    ("links", of.texts), ("logging", of.struct(("driver", of.text), ("options", of.options))), ("log_driver", of.text),
    ("log_opt", of.options), ("mem_limit", of.size), ("mem_reservation", of.size), ("memswap_limit", of.size),
    ("mem_swappiness", of.size), ("mac_address", of.text),
    ("models", of.mapped(of.struct(("endpoint_var", of.text), ("model_var", of.text), null=True))), ("net", of.text),
    ("network_mode", of.text), ("networks", of.mapped(_JOIN)), ("oom_kill_disable", of.boolean),
    ("oom_score_adj", of.integer),
    ("pid", of.text), ("pids_limit", of.integer), ("platform", of.text), ("ports", of.ports(_PORT)),
    ("privileged", of.boolean),
    ("pull_policy", of.text), ("read_only", of.boolean), ("restart", of.text), ("runtime", of.text),
    ("scale", of.optional_integer), ("secrets", of.listed(_FILE_MOUNT)), ("security_opt", of.texts),
    ("shm_size", of.size),
    ("stdin_open", of.boolean), ("stop_grace_period", of.optional_duration), ("stop_signal", of.text),
    ("storage_opt", of.options), ("sysctls", of.options), ("tmpfs", of.texts_or_one), ("tty", of.boolean),
    ("ulimits", of.mapped(of.limit)), ("use_api_socket", of.boolean), ("user", of.text), ("userns_mode", of.text),
    ("uts", of.text),
    ("volume_driver", of.text), ("volumes", of.listed(_VOLUME)), ("volumes_from", of.texts), ("working_dir", of.text),
    ("post_start", of.listed(of.struct(*_HOOK))), ("pre_stop", of.listed(of.struct(*_HOOK))),
    ("pre_start", of.listed(of.struct(("image", of.text), *_HOOK))),
)  # fmt: skip
_POOL = of.struct(
    ("subnet", of.text), ("gateway", of.text), ("ip_range", of.text), ("aux_addresses", of.options)
)  # fmt: skip
_NETWORK = of.struct(
    ("name", of.text), ("driver", of.text), ("driver_opts", of.options),
    ("ipam", of.struct(("driver", of.text), ("config", of.listed(_POOL)), keep_empty=False)), ("external", of.boolean),
    ("internal", of.boolean), ("attachable", of.boolean), ("labels", of.options), ("enable_ipv4", of.optional_boolean),
    ("enable_ipv6", of.optional_boolean),
)  # fmt: skip
_NAMED_VOLUME = of.struct(
    ("name", of.text), ("driver", of.text), ("driver_opts", of.options), ("external", of.boolean),
    ("labels", of.options)
)  # fmt: skip
_FILE_OBJECT = (
    ("name", of.text), ("file", of.text), ("environment", of.text), ("content", of.text), ("external", of.boolean),
    ("labels", of.options), ("driver", of.text), ("driver_opts", of.options), ("template_driver", of.text),
)  # fmt: skip
_MODEL = of.struct(
    ("name", of.text), ("model", of.text), ("context_size", of.integer), ("runtime_flags", of.texts)
)  # fmt: skip

_PROJECT: of.Fields = (
    ("name", of.text), ("services", of.mapped(_SERVICE)), ("networks", of.mapped(_NETWORK)),
    ("volumes", of.mapped(_NAMED_VOLUME)),
    ("secrets", of.mapped(of.struct(*_FILE_OBJECT))), ("configs", of.mapped(of.struct(*_FILE_OBJECT))),
    ("models", of.mapped(_MODEL)),
)  # fmt: skip


def resolved(root: Mapping, *, ports: int = MAX_PORTS) -> Resolved:
    """The normalised tree of a project as `docker compose config` prints it, whatever its profiles.

    `ports` is how many of the ports in long ranges are written out.
    """
    run = of.Printer(ports)
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


def escaped(node: Node) -> Node:
    """The printed tree as a file that Compose could read again: a `$` is written `$$`."""
    if isinstance(node, Mapping):
        found: Entries = {}
        for name, (key, child) in node.entries().items():
            found[name] = (key, escaped(child))
        return mapping(node, found)
    if isinstance(node, Sequence):
        made = []
        for item in node.items:
            made.append(escaped(item))
        return sequence(node, made)
    if isinstance(node, Scalar) and "$" in node.text and not node.unknown:
        return derived(node, node.text.replace("$", "$$"))
    return node


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
