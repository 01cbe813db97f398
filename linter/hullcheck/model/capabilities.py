"""Linux capabilities: what each gives a container that gets it on top of its runtime's own."""

from __future__ import annotations

from hullcheck.choices import IntEnum


class Tier(IntEnum):
    """How much a capability gives."""

    NONE = 0  # the runtime gives it anyway
    SOME = 1
    NEIGHBOURS = 2  # other containers, or much of the kernel
    HOST = 3


_DEFAULT = frozenset(
    (
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    )
)  # fmt: skip
"""What Docker and containerd give every container, without NET_RAW: what the Pod Security Standards allow, too."""

_HOST = frozenset(("ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO"))
_NEIGHBOURS = frozenset(
    (
        "BPF", "DAC_READ_SEARCH", "IPC_LOCK", "LEASE", "NET_ADMIN", "PERFMON", "SYSLOG", "SYS_BOOT", "SYS_NICE",
        "SYS_PTRACE", "SYS_TIME",
    )
)  # fmt: skip
_SOME = frozenset(
    (
        "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "CHECKPOINT_RESTORE", "IPC_OWNER", "LINUX_IMMUTABLE",
        "MAC_ADMIN", "MAC_OVERRIDE", "NET_BROADCAST", "NET_RAW", "SYS_PACCT", "SYS_RESOURCE", "SYS_TTY_CONFIG",
        "WAKE_ALARM",
    )
)  # fmt: skip

GIVES = {
    "ALL": "every capability there is",
    "SYS_ADMIN": "mounts, namespaces and most other ways out of a container",
    "SYS_MODULE": "loading code into the host's kernel",
    "SYS_RAWIO": "the host's memory and devices, past the kernel",
    "BPF": "programs in the host's kernel",
    "DAC_READ_SEARCH": "reading any file, of the host too",
    "IPC_LOCK": "locking the host's memory",
    "LEASE": "leases on any file",
    "NET_ADMIN": "changing addresses, routes and firewall rules of its network",
    "NET_RAW": "forging packets to its neighbours",
    "PERFMON": "watching the whole host's processors",
    "SYSLOG": "the kernel's log and addresses",
    "SYS_BOOT": "restarting the host",
    "SYS_NICE": "the priority of any process",
    "SYS_PTRACE": "reading and changing other processes",
    "SYS_TIME": "the host's clock",
}
"""What a capability gives, in a few words."""


def bare_name(text: str) -> str:
    """The capability without its prefix, in capitals: `cap_net_admin` is `NET_ADMIN`."""
    name = text.strip().upper()
    return name.removeprefix("CAP_") if name != "CAP_ALL" else name


def tier(name: str, *, docker: bool) -> Tier:
    """The tier of a bare name. NET_RAW is among Docker's own; an unknown name is refused, and gives nothing."""
    if name in _HOST:
        return Tier.HOST
    if name in _NEIGHBOURS:
        return Tier.NEIGHBOURS
    if name in _SOME and not (docker and name == "NET_RAW"):
        return Tier.SOME
    return Tier.NONE
