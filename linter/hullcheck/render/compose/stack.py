"""What `docker stack deploy` makes of a project: keys that it takes note of, and leaves out.

See `UnsupportedProperties` in https://github.com/docker/cli/blob/master/cli/compose/types/types.go, and for the addresses
of ports `ConvertPortToPortConfig` in https://github.com/docker/cli/blob/master/opts/port.go. `restart` is among them and is
taken all the same, where `deploy.restart_policy` isn't said; `cap_add`, `cap_drop`, `sysctls`, `user` and `read_only` are
handed on (since Docker 20.10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.compose import Idle
from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.patterns import pattern
from hullcheck.render.compose.nodes import Entries, entries, get, is_nothing, items, mapping, sequence, text_of

IGNORED = frozenset(
    (
        "cgroupns_mode", "cgroup", "cgroup_parent", "devices", "domainname", "external_links", "ipc", "links",
        "mac_address", "network_mode", "pid", "privileged", "security_opt", "shm_size", "userns_mode",
    )
)  # fmt: skip
"""Keys of a service that a stack leaves out. `build` is among them, too: what it makes is pushed before."""

_NAMED = pattern(r"(?:^|[._-])stack(?:[._-]|$)", re.IGNORECASE)
_OF_SWARM = ("placement", "update_config", "rollback_config", "endpoint_mode")


def named_stack(path: str) -> bool:
    """Does the file's name say that it is a stack?"""
    return _NAMED.search(path.rpartition("/")[2]) is not None


def of_swarm(root: Mapping) -> Node | None:
    """What only a swarm makes something of, if there is anything."""
    for _, service in entries(root.get("services")).values():
        deploy = get(service, "deploy")
        for name in _OF_SWARM:
            if isinstance(deploy, Mapping) and not is_nothing(deploy.get(name)):
                return deploy.key(name)
        if text_of(get(deploy, "mode")) in ("global", "global-job", "replicated-job"):
            return get(deploy, "mode")
    for _, network in entries(root.get("networks")).values():
        if text_of(get(network, "driver")) == "overlay":
            return get(network, "driver")
    return None


def matters(root: Mapping) -> bool:
    """Does a file, as it is written, say something that a stack leaves out?"""
    for _, service in entries(root.get("services")).values():
        if isinstance(service, Mapping):
            ports = (text_of(port) or "" for port in items(service.get("ports")))
            if not IGNORED.isdisjoint(service.entries()) or any("." in port or "[" in port for port in ports):
                return True
    return next(idle(root), None) is not None


def idle(root: Mapping) -> Iterator[Idle]:
    """What services say and a stack leaves out."""
    for name, (_, service) in entries(root.get("services")).items():
        if not isinstance(service, Mapping):
            continue
        for key, (at, value) in service.entries().items():
            if key in IGNORED and not is_nothing(value) and not _says_nothing(value):
                yield Idle(f"services.{name}", name, at, value)
        for port in items(service.get("ports")):
            address = get(port, "host_ip")
            if isinstance(address, Scalar) and not address.unknown and address.text not in ("", "0.0.0.0", "::"):
                yield Idle(
                    f"services.{name}", name, Scalar(port.source, port.start, port.end, "", "host_ip", ""), address
                )


def _says_nothing(value: Node) -> bool:
    """Is it what is so without it?"""
    return (isinstance(value, Scalar) and value.text.lower() == "false") or (
        not isinstance(value, Scalar) and not (entries(value) or items(value))
    )


def deployed(root: Mapping) -> Mapping:
    """The project without what a stack leaves out."""
    top = root.entries()
    if "services" not in top:
        return root
    made: Entries = {}
    for name, (key, service) in entries(top["services"][1]).items():
        made[name] = (key, _kept(service) if isinstance(service, Mapping) else service)
    return mapping(root, top | {"services": (top["services"][0], mapping(top["services"][1], made))})


def _kept(service: Mapping) -> Mapping:
    found = {name: entry for name, entry in service.entries().items() if name not in IGNORED}
    if "ports" in found:
        key, ports = found["ports"]
        anywhere: list[Node] = [_everywhere(port) if isinstance(port, Mapping) else port for port in items(ports)]
        found["ports"] = (key, sequence(ports, anywhere))
    return mapping(service, found)


def _everywhere(port: Mapping) -> Mapping:
    """The port without the address that it is bound to."""
    if port.get("host_ip") is None:
        return port
    made = mapping(port, {name: entry for name, entry in port.entries().items() if name != "host_ip"}, type(port))
    if hasattr(port, "count"):
        made.count = port.count  # type: ignore[attr-defined]
    return made
