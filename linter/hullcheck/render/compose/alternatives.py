"""Which of the two texts that `${X:+text}` can come to is the more dangerous one, where nothing says whether X is set."""

from __future__ import annotations

from hullcheck.render.compose.nodes import MARK

_OPENS = frozenset(
    (
        "privileged", "network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup", "cap_add", "devices", "group_add",
        "device_cgroup_rules", "use_api_socket", "ports", "command", "entrypoint", "environment", "sysctls", "gpus",
        "post_start", "pre_stop", "healthcheck", "credential_spec", "runtime", "cgroup_parent", "external_links",
    )
)  # fmt: skip
"""Keys of a service whose values give it more than it has without them."""


def is_worse(path: tuple[str, ...], without: str, taken: str) -> bool:
    """Does the text with what an unset variable may bring open more, at this path of a project, than the one without?

    `without` has a MARK for what may be there.
    """
    key = path[2] if path[:1] == ("services",) and len(path) > 2 else path[0] if path else ""
    if key == "user":
        return taken.partition(":")[0].strip() in ("root", "0")
    if key == "security_opt":
        return "no-new-privileges" not in taken or "false" in taken
    if key == "volumes":
        short = path[:1] == ("services",) and len(path) == 4
        return MARK in (without.partition(":")[0] if short else without) and path[-1] != "read_only"
    return key in _OPENS
