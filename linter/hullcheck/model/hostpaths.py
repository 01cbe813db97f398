"""Paths of the host that nobody should hand to a container, and what they give."""

from __future__ import annotations

from hullcheck.model.container import Mount
from hullcheck.model.extent import UNKNOWN, Extent, extent, words
from hullcheck.model.lazy import Lazy
from hullcheck.tuples import NamedTuple

_SOCKETS = frozenset(
    (
        "docker.sock", "docker.sock.raw", "docker.raw.sock", "containerd.sock", "crio.sock", "podman.sock",
        "cri-dockerd.sock", "dockershim.sock", "buildkitd.sock", "docker.proxy.sock",
    )
)  # fmt: skip
_SOCKET_FOLDERS = frozenset(
    (
        "", "containerd", "crio", "podman", "systemd", "docker", "dockershim", "k3s", "k3s/containerd", "user",
    )
)  # fmt: skip
_PIPES = ("docker_engine", "containerd-containerd", "podman")


def leads_to_runtime(path: str) -> str:
    """What a path of the host gives of a container runtime: its socket, or a folder that holds one; else empty."""
    if path.replace("\\", "/").lower().lstrip("/").startswith(tuple(f"./pipe/{name}" for name in _PIPES)):
        return "the pipe of the host's container engine"
    if path.startswith("../") and path.rpartition("/")[2] in _SOCKETS:
        return "the socket of the host's container runtime"
    if not path.startswith("/"):
        return ""
    run = _in_run(path)
    if path.rpartition("/")[2] in _SOCKETS or run == "systemd/private":
        return "the socket of the host's container runtime"
    if path in ("/", "/var") or run in _SOCKET_FOLDERS or _is_users(run):
        return "a folder that holds the socket of the host's container runtime"
    return ""


def _in_run(path: str) -> str | None:
    """The path below `/run`, which is also `/var/run`; None if it is elsewhere."""
    path = path.removeprefix("/var")
    return path[5:] if path == "/run" or path.startswith("/run/") else None


def _is_users(run: str | None) -> bool:
    """Is it the folder of one user's own services, such as a rootless engine?"""
    return run is not None and run.startswith("user/") and run[5:].isdecimal()


class Sensitive(NamedTuple):
    """What a path of the host is, and how bad it is that it can be written or read, from 0 to 3.

    3 takes the host, 2 takes much of it or its credentials, 1 weakens it or tells of it, 0 is nothing of note.
    """

    what: str
    write: int
    read: int


_NOTHING = Sensitive("", 0, 0)
_CREDENTIALS = (".ssh", ".aws", ".kube", ".docker", ".gnupg", ".azure", ".netrc", ".git-credentials", ".config/gcloud")
_FAR_ABOVE = Sensitive("a folder far above the repository, such as a home or the whole file system", 2, 2)
_STARTED = (
    ".bashrc", ".bash_profile", ".bash_login", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin",
    ".config/fish", ".config/autostart", ".config/systemd", ".config/environment.d", ".local/bin", ".pam_environment",
)  # fmt: skip

_EXACT = {
    "/": Sensitive("the host's whole file system", 3, 2),
    "/root": Sensitive("the home of the host's root", 3, 2),
    "/etc": Sensitive("the host's configuration and password hashes", 3, 2),
    "/home": Sensitive("the homes of the host's users", 2, 2),
    "/Users": Sensitive("the homes of the host's users", 2, 2),
    "~": Sensitive("the home of a user of the host", 2, 2),
    "/dev": Sensitive("all the host's devices", 3, 2),
    "/var": Sensitive("the state of the host's services", 3, 2),
    "/var/lib": Sensitive("the state of the host's services", 3, 2),
    "/usr": Sensitive("programs and libraries that the host runs", 3, 0),
    "/usr/local": Sensitive("programs and libraries that the host runs", 3, 0),
    "/var/lib/kubelet/plugins": Sensitive("storage drivers' sockets, and the volumes of all pods on the node", 2, 2),
}
"""These paths alone; what is below them is another matter."""


def _all(paths: str, sensitive: Sensitive) -> dict[str, Sensitive]:
    return dict.fromkeys(paths.split(), sensitive)


_BELOW = {
    **_all("/run/dbus", Sensitive("the system's message bus, over which root has programs started", 2, 2)),
    **_all("/run/systemd/system /run/systemd/transient", Sensitive("services that the host starts", 3, 0)),
    **_all("/boot", Sensitive("the host's kernel", 3, 1)),
    **_all("/proc", Sensitive("the host's processes and kernel settings", 3, 2)),
    **_all("/sys", Sensitive("the host's kernel and devices", 3, 1)),
    **_all("/etc", Sensitive("configuration of the host", 1, 0)),
    **_all("/etc/shadow /etc/shadow- /etc/gshadow", Sensitive("the host's password hashes", 3, 2)),
    **_all("/etc/ssh /etc/ssl/private", Sensitive("the host's private keys", 3, 2)),
    **_all("/etc/kubernetes", Sensitive("the cluster's credentials on the host", 3, 2)),
    **_all(
        "/etc/passwd /etc/group /etc/sudoers /etc/sudoers.d /etc/cron.d /etc/cron.daily /etc/cron.hourly "
        "/etc/cron.weekly /etc/cron.monthly /etc/crontab /etc/ld.so.conf /etc/ld.so.conf.d /etc/ld.so.preload "
        "/etc/systemd /etc/init.d /etc/rc.local /etc/profile /etc/profile.d /etc/pam.d /etc/docker /etc/containerd "
        "/etc/cni /etc/udev /etc/modprobe.d /etc/environment /etc/security",
        Sensitive("configuration that the host runs by", 3, 0),
    ),
    **_all(
        "/var/lib/docker /var/lib/containerd /var/lib/containers /var/lib/crio /var/lib/rancher",
        Sensitive("the state of the host's containers", 3, 2),
    ),
    **_all("/var/lib/kubelet", Sensitive("the secrets and tokens of all pods on the node", 3, 2)),
    **_all(
        "/var/lib/kubelet/pki /var/lib/kubelet/kubeconfig /var/lib/kubelet/bootstrap-kubeconfig",
        Sensitive("the node's own credentials", 3, 2),
    ),
    **_all("/var/lib/kubelet/plugins", Sensitive("the sockets of a storage driver", 1, 0)),
    **_all("/var/lib/kubelet/plugins/kubernetes.io", Sensitive("the volumes of all pods on the node", 2, 2)),
    **_all(
        "/var/lib/kubelet/plugins_registry /var/lib/kubelet/device-plugins",
        Sensitive("where the kubelet finds drivers and devices for pods", 2, 0),
    ),
    **_all("/var/lib/kubelet/pod-resources", Sensitive("which devices the pods on the node have", 1, 0)),
    **_all("/var/lib/kubelet/seccomp", Sensitive("the seccomp profiles of pods on the node", 1, 0)),
    **_all("/var/lib/etcd", Sensitive("the state of the cluster", 3, 2)),
    **_all("/opt/cni", Sensitive("programs that the node runs as root", 3, 0)),
    **_all("/var/spool/cron", Sensitive("jobs that the host runs", 3, 0)),
    **_all(
        "/bin /sbin /lib /lib32 /lib64 /libx32 /usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libexec "
        "/usr/local/bin /usr/local/sbin /usr/local/lib",
        Sensitive("programs and libraries that the host runs", 3, 0),
    ),
    **_all(
        "/etc/localtime /etc/timezone /etc/machine-id /etc/hostname /etc/hosts /etc/resolv.conf /etc/os-release "
        "/etc/lsb-release /etc/nsswitch.conf /etc/ca-certificates /etc/ssl/certs /etc/pki/ca-trust /etc/pki/tls/certs "
        "/sys/class /sys/devices/virtual",
        _NOTHING,
    ),
}
"""These paths and all below them, as far as nothing nearer is said."""


_WINDOWS = Lazy(r"[A-Za-z]:[\\/](?:var[\\/]lib[\\/]kubelet|etc[\\/]kubernetes)(?![^\\/])")
"""Folders that nodes with Windows have as others do."""


def sensitive(path: str, *, node: bool) -> Sensitive:
    """How sensitive a normalised path of the host is; `node` if that host is a node of a cluster."""
    if node and path[1:2] == ":" and _WINDOWS.match(path):
        path = path[2:].replace("\\", "/").rstrip("/")
    if path in _EXACT:
        return _EXACT[path]
    if path.startswith("../../..") and not path.strip("./"):
        return _FAR_ABOVE
    if path[1:] in (":", ":\\", ":/"):
        return Sensitive("the host's whole drive", 3, 2)
    home = _below_home(path)
    if home is not None:
        return _of_home(home)
    if node and (path == "/var/log" or path.startswith("/var/log/")):
        return Sensitive("the node's logs, where links can lead to any of its files", 2, 2)
    if path.startswith("/var/run/"):
        path = path.removeprefix("/var")
    if _is_user_bus(path):
        return Sensitive("the message bus of a user of the host, over which programs are started", 2, 2)
    while path:
        if path in _BELOW:
            return _BELOW[path]
        path = path.rpartition("/")[0]
    return _NOTHING


def _below_home(path: str) -> str | None:
    """The path below a user's home; None if it is elsewhere."""
    if path.startswith("~/"):
        return path[2:]
    pieces = path.split("/", 3)
    if path.startswith(("/home/", "/Users/")):
        return pieces[3] if len(pieces) > 3 else ""
    return path[6:] if path.startswith("/root/") else None


def _is_user_bus(path: str) -> bool:
    """Is it the session bus of a user, such as `/run/user/1000/bus`?"""
    first, _, rest = path.removeprefix("/run/user/").partition("/")
    return path.startswith("/run/user/") and first.isdecimal() and rest in ("bus", "systemd/private")


def _of_home(path: str) -> Sensitive:
    if not path:
        return _EXACT["~"]
    for folder in _CREDENTIALS:
        if path == folder or path.startswith(f"{folder}/"):
            return Sensitive("credentials of a user of the host", 3 if folder == ".ssh" else 2, 2)
    for name in _STARTED:
        if path == name or path.startswith(f"{name}/"):
            return Sensitive("what a user of the host runs at each login", 2, 0)
    return _NOTHING


_MEMORY = frozenset(("mem", "kmem", "port"))
_DISK = Lazy(
    r"(?:[sv]d|xvd)[a-z]{1,2}\d{0,3}|hd[a-z]\d{0,3}|nvme\d{1,4}(?:n\d{1,4}(?:p\d{1,4})?)?|mmcblk\d{1,4}(?:p\d{1,4}|boot\d)?"
    r"|md(?:\d{1,4}|_d\d{1,4})(?:p\d{1,4})?|dm-\d{1,4}|(?:loop|nbd|rbd|zd|sg|bcache|pmem|drbd)\d{1,4}(?:p\d{1,4})?"
    r"|mtd(?:block)?\d{1,4}|zfs"
)
"""Block devices of the kernel, and those that reach a disk past the block layer (admin-guide/devices)."""

_DISK_FOLDERS = ("mapper/", "disk/", "block/", "zvol/", "md/", "rbd/")


def device_gives(path: str) -> tuple[str, int]:
    """What a device of the host gives, and a tier as in `Sensitive`; nothing for those that are made to be shared."""
    if path == "/dev":
        return "all the host's devices", 3
    name = path.removeprefix("/dev/")
    if name == path:
        return "", 0
    if name in _MEMORY:
        return "the host's memory", 3
    if name.startswith(_DISK_FOLDERS) or _DISK.fullmatch(name):
        return "a disk of the host", 3
    if name.startswith("cpu/") and name.endswith("/msr"):
        return "the registers of the host's processors", 3
    return ("the kernel's log", 2) if name == "kmsg" else ("", 0)


_SHARED = (
    "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/shm", "/dev/net/tun", "/dev/dri", "/dev/fuse",
    "/dev/log",
)  # fmt: skip


def node_device(path: str) -> tuple[str, int]:
    """The same for a path of a cluster's node, where any device but those made to be shared is one too many."""
    gives, tier = device_gives(path)
    if not path.startswith("/dev/") or any(path == shared or path.startswith(f"{shared}/") for shared in _SHARED):
        return gives, tier
    return gives or "a device of the node", max(tier, 2)


def mounted_path(mount: Mount) -> Extent:
    """How far a mount of the host reaches: what is below its path, to be read or written, too."""
    write = () if mount.read_only.value else (UNKNOWN,) if mount.read_only.unknown else ("write",)
    path = UNKNOWN if mount.source.value is None else mount.source.value
    return extent(paths=words((path,), "path"), access=words(("read", *write), "name"))
