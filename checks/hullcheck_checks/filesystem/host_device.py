"""A device of the host that gives its disks, its memory or all of its hardware.

A disk is read and written past all file permissions: every file of the host, and of every other container, is in it.
Memory devices show what all programs hold.

To fix: give the one device that is needed:

    services:
      player:
        devices: ["/dev/dri/renderD128"]

Devices that are made to be shared, such as graphics cards, serial ports, `/dev/net/tun` and those of the Container
Device Interface, are no finding. In Kubernetes any other `hostPath` of a device is high.

See https://docs.docker.com/reference/compose-file/services/#devices
See https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.container import Container, Device, Mount
from hullcheck.model.extent import extent, words
from hullcheck.terms import Alias

_DISKS = (
    "/dev/sd*", "/dev/nvme*", "/dev/vd*", "/dev/xvd*", "/dev/mmcblk*", "/dev/md*", "/dev/disk/*", "/dev/loop*", "/dev/dm-*",
    "/dev/mapper/*", "/dev/zfs", "/dev/rbd*", "/dev/kmsg",
)  # fmt: skip

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0016", "device", _DISKS),
        Alias("compose-lint:CL-0013", "mount", "/dev*"),
        "cis-docker:5.18",
    ),
    cwe=(250, 668),
)

_SEVERITIES = (None, None, Severity.HIGH, Severity.CRITICAL)


@check.on("Container", needs="devices mounts")
def devices(container: Container) -> Iterator[Finding]:
    for device in container.devices:
        path = device.source.value
        if path is None:
            continue
        from hullcheck.model.hostpaths import device_gives

        gives, tier = _rule(path) if device.rule else device_gives(path)
        severity = _SEVERITIES[tier]
        if severity is not None:
            yield _finding(container, device, path, gives, severity)
    for mount in container.mounts:
        if mount.kind == "bind" and mount.source.value is not None:
            yield from _mounted(container, mount, mount.source.value)


def _rule(text: str) -> tuple[str, int]:
    """What a rule such as `b *:* rwm` gives."""
    kind, _, rest = text.strip().partition(" ")
    return ("all devices of the host", 3) if kind in ("a", "b") and rest.split(" ")[0] in ("*:*", "*") else ("", 0)


def _mounted(container: Container, mount: Mount, path: str) -> Iterator[Finding]:
    on_node = container.dialect == "kubernetes"
    from hullcheck.model.hostpaths import device_gives, node_device

    gives, tier = node_device(path) if on_node else device_gives(path)
    if on_node and {"BlockDevice", "CharDevice"}.intersection(mount.options) and not path.startswith("/dev/"):
        gives, tier = "a device of the node", 2
    severity = _SEVERITIES[tier]
    if severity is not None:
        yield _finding(container, mount, path, gives, severity)


def _finding(container: Container, part: Device | Mount, path: str, gives: str, severity: Severity) -> Finding:
    return check.finding(
        container,
        f"{container.described} gets `{path}`: {gives}",
        at=part.source.location,
        severity=severity,
        evidence=(path,),
        kinds=("mount" if isinstance(part, Mount) else "device",),
        extent=extent(paths=words((path,), "path")),
        related=part.source.related,
    )
