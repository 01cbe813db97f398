"""The Pod Security Standards, each control as the API server's admission evaluates it, at any version.

After k8s.io/pod-security-admission, `policy/`, up to its rules of v1.37. Every place is judged by itself: a bad value of
the pod violates a control even if each container overrides it, except where the control inherits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hullcheck.model.node import Mapping, Node, Scalar, as_bool, as_int, as_str, at, is_null, items
from hullcheck.model.unknowns import looked_up
from hullcheck.patterns import pattern
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

NEWEST = 37
"""The minor version of Kubernetes up to which the rules are known; later ones and `latest` use its rules."""

LEVELS = ("privileged", "baseline", "restricted")

_DEFAULT_CAPABILITIES = frozenset(
    (
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    )
)  # fmt: skip
_SELINUX_TYPES = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))
_VOLUMES = frozenset(
    (
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    )
)  # fmt: skip
_SYSCTLS = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
    "net.ipv4.tcp_slow_start_after_idle": 37,
    "net.ipv4.tcp_notsent_lowat": 37,
}
_APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_CONFINED = ("RuntimeDefault", "Localhost")
_VERSION = pattern(r"v?1\.(0|[1-9][0-9]*)")


class Container(NamedTuple):
    """A container of any of the three lists."""

    name: str
    node: Mapping

    @property
    def security(self) -> Node | None:
        return looked_up(self.node, "securityContext")

    @property
    def location(self) -> Location:
        name = self.node.get("name")
        return (name if isinstance(name, Scalar) else self.node).location


class Pod(NamedTuple):
    """What the controls look at, and the version whose rules hold."""

    spec: Mapping
    metadata: Node | None
    containers: tuple[Container, ...]
    version: int

    @property
    def security(self) -> Node | None:
        return looked_up(self.spec, "securityContext")

    @property
    def annotations(self) -> list[tuple[str, Scalar]]:
        node = at(self.metadata, "annotations")
        entries = node.entries() if isinstance(node, Mapping) else {}
        return [(key, value) for key, (_, value) in entries.items() if isinstance(value, Scalar)]

    @property
    def contexts(self) -> list[tuple[str, Node | None]]:
        """The pod's security context and each container's, with whose it is."""
        return [("pod", self.security), *((f"container `{c.name}`", c.security) for c in self.containers)]

    @property
    def windows(self) -> bool:
        return as_str(at(self.spec, "os", "name")) == "windows"

    @property
    def own_users(self) -> bool:
        """Does it have a user namespace of its own, at a version that relaxes controls for that?"""
        return self.version >= 35 and as_bool(self.spec.get("hostUsers")) is False


class Bad(NamedTuple):
    """A value that a control forbids: what it is, and where; for a missing one, where it is missing."""

    detail: str
    location: Location


class Violation(NamedTuple):
    """A control that a pod breaks. `reason` are the API server's own words."""

    control: str
    level: str
    reason: str
    bad: tuple[Bad, ...]


Function = Callable[[Pod], Iterator[Bad]]


class Control(NamedTuple):
    """A control from a minor version on; `overrides` are baseline controls that it stands in for."""

    id: str
    level: str
    reason: str
    function: Function
    since: int = 0
    overrides: tuple[str, ...] = ()


def minor(version: str) -> int | None:
    """The minor version in `latest`, `1.31` or `v1.31`; None if it is none of these."""
    if version == "latest":
        return NEWEST
    match = _VERSION.fullmatch(version)
    return min(int(match[1][:4]), NEWEST) if match else None


def violations(spec: Mapping, metadata: Node | None, level: str, version: int = NEWEST) -> list[Violation]:
    """The controls of a level that a pod breaks, at a minor version: baseline ones first, each group by name."""
    if level == "privileged":
        return []
    lists = (at(spec, key) for key in ("initContainers", "containers", "ephemeralContainers"))
    containers = tuple(
        Container(as_str(node.get("name")) or str(number), node)
        for found in lists
        for number, node in enumerate(items(found))
        if isinstance(node, Mapping)
    )
    pod = Pod(spec, metadata, containers, version)
    found = []
    for control in _active(level, version):
        bad = tuple(control.function(pod))
        if bad:
            found.append(Violation(control.id, control.level, control.reason, bad))
    return found


def _active(level: str, version: int) -> list[Control]:
    known = [control for control in CONTROLS if control.since <= version]
    if level == "baseline":
        return [control for control in known if control.level == "baseline"]
    overridden = {name for control in known if control.level == "restricted" for name in control.overrides}
    return [control for control in known if control.id not in overridden]


def _known(node: Node | None) -> bool:
    """Is it written, with a value that can be known?"""
    return node is not None and not node.unknown and not is_null(node)


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _annotated(value: Scalar, allowed: tuple[str, ...]) -> bool:
    """Is an annotation's value one of these or a profile of the node, or not known?"""
    return bool(value.unknown) or value.text in allowed or value.text.startswith("localhost/")


def _app_armor(pod: Pod) -> Iterator[Bad]:
    for whose, context in pod.contexts:
        profile = at(context, "appArmorProfile")
        if _known(profile) and profile is not None:
            kind = at(profile, "type")
            if not (kind is not None and kind.unknown) and _text(kind) not in _CONFINED:
                yield Bad(f"{whose}: appArmorProfile {_text(kind) or 'without a type'}", (kind or profile).location)
    for key, value in pod.annotations:
        if key.startswith(_APPARMOR_ANNOTATION) and not _annotated(value, ("", "runtime/default")):
            yield Bad(f"annotation {key}: {value.text}", value.location)


def _capabilities_baseline(pod: Pod) -> Iterator[Bad]:
    yield from _added(pod, _DEFAULT_CAPABILITIES)


def _added(pod: Pod, allowed: frozenset[str]) -> Iterator[Bad]:
    for container in pod.containers:
        for item in items(at(container.security, "capabilities", "add")):
            if not item.unknown and _text(item) not in allowed:
                yield Bad(f"container `{container.name}` adds {_text(item)}", item.location)


def _capabilities_restricted(pod: Pod) -> Iterator[Bad]:
    if pod.windows and pod.version >= 25:
        return
    for container in pod.containers:
        written = looked_up(container.security, "capabilities", "drop")
        dropped = items(written)
        if (written is None or not written.unknown) and not any(
            _text(item) == "ALL" or item.unknown for item in dropped
        ):
            yield Bad(f"container `{container.name}` doesn't drop ALL", container.location)
    yield from _added(pod, frozenset(("NET_BIND_SERVICE",)))


def _host_namespaces(pod: Pod) -> Iterator[Bad]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        node = pod.spec.get(key)
        if node is not None and as_bool(node):
            yield Bad(f"{key}=true", node.location)


def _host_path(pod: Pod) -> Iterator[Bad]:
    for volume in items(pod.spec.get("volumes")):
        node = at(volume, "hostPath")
        if node is not None and not is_null(node):
            yield Bad(f"volume `{_text(at(volume, 'name'))}`", node.location)


def _host_ports(pod: Pod) -> Iterator[Bad]:
    shares_host = as_bool(pod.spec.get("hostNetwork")) is True
    for container in pod.containers:
        for port in items(container.node.get("ports")):
            node = at(port, "hostPort")
            if not _known(node) and shares_host:
                node = at(port, "containerPort")  # admission sees what the API server fills in
            if node is not None and _known(node) and as_int(node) != 0:
                yield Bad(f"container `{container.name}` uses hostPort {_text(node)}", node.location)


def _hosts_of(pod: Pod) -> Iterator[Bad]:
    places = (
        ("livenessProbe",), ("readinessProbe",), ("startupProbe",), ("lifecycle", "postStart"), ("lifecycle", "preStop"),
    )  # fmt: skip
    for container in pod.containers:
        for place in places:
            for handler in ("httpGet", "tcpSocket"):
                node = at(container.node, *place, handler, "host")
                if node is not None and _known(node) and _text(node):
                    yield Bad(f"container `{container.name}`: {'.'.join(place)} host {_text(node)}", node.location)


def _privileged(pod: Pod) -> Iterator[Bad]:
    for container in pod.containers:
        node = at(container.security, "privileged")
        if node is not None and as_bool(node):
            yield Bad(f"container `{container.name}`", node.location)


def _proc_mount_baseline(pod: Pod) -> Iterator[Bad]:
    if not pod.own_users:
        yield from _proc_mount(pod)


def _proc_mount(pod: Pod) -> Iterator[Bad]:
    for container in pod.containers:
        node = at(container.security, "procMount")
        if node is not None and _known(node) and _text(node) != "Default":
            yield Bad(f"container `{container.name}`: procMount {_text(node)}", node.location)


def _selinux(pod: Pod) -> Iterator[Bad]:
    allowed = _SELINUX_TYPES | ({"container_engine_t"} if pod.version >= 31 else set())
    for whose, context in pod.contexts:
        options = at(context, "seLinuxOptions")
        for key in ("type", "user", "role"):
            node = at(options, key)
            if node is not None and _known(node) and _text(node) not in (allowed if key == "type" else ("",)):
                yield Bad(f"{whose}: {key} {_text(node)}", node.location)


def _seccomp_annotations(pod: Pod) -> Iterator[Bad]:
    names = {_SECCOMP_POD, *(_SECCOMP_CONTAINER + container.name for container in pod.containers)}
    for key, value in pod.annotations:
        if key in names and not _annotated(value, ("runtime/default", "docker/default")):
            yield Bad(f"annotation {key}: {value.text}", value.location)


def _seccomp_fields(pod: Pod) -> Iterator[Bad]:
    for whose, context in pod.contexts:
        profile = at(context, "seccompProfile")
        if profile is not None and _known(profile):
            kind = at(profile, "type")
            if not (kind is not None and kind.unknown) and _text(kind) not in _CONFINED:
                yield Bad(f"{whose}: seccompProfile {_text(kind) or 'without a type'}", (kind or profile).location)


def _seccomp_baseline(pod: Pod) -> Iterator[Bad]:
    yield from _seccomp_fields(pod) if pod.version >= 19 else _seccomp_annotations(pod)


def _seccomp_restricted(pod: Pod) -> Iterator[Bad]:
    if pod.windows and pod.version >= 25:
        return
    yield from _seccomp_fields(pod)
    if not is_null(looked_up(pod.security, "seccompProfile")):
        return
    for container in pod.containers:
        if is_null(looked_up(container.security, "seccompProfile")):
            yield Bad(f"container `{container.name}` has no seccompProfile", container.location)


def _sysctls(pod: Pod) -> Iterator[Bad]:
    for item in items(at(pod.security, "sysctls")):
        node = at(item, "name")
        if node is not None and _known(node) and _SYSCTLS.get(_text(node), NEWEST + 1) > pod.version:
            yield Bad(_text(node), node.location)


def _host_process(pod: Pod) -> Iterator[Bad]:
    for whose, context in pod.contexts:
        node = at(context, "windowsOptions", "hostProcess")
        if node is not None and as_bool(node):
            yield Bad(whose, node.location)


def _escalation(pod: Pod) -> Iterator[Bad]:
    if pod.windows and pod.version >= 25:
        return
    for container in pod.containers:
        node = looked_up(container.security, "allowPrivilegeEscalation")
        if as_bool(node) is not False and not (node is not None and node.unknown):
            place = container.location if node is None or is_null(node) else node.location
            yield Bad(f"container `{container.name}` doesn't set it to false", place)


def _restricted_volumes(pod: Pod) -> Iterator[Bad]:
    for volume in items(pod.spec.get("volumes")):
        if not isinstance(volume, Mapping) or volume.unknown:
            continue
        sources = [key for key, (_, node) in volume.entries().items() if key != "name" and not is_null(node)]
        name = _text(volume.get("name"))
        if any(key not in _VOLUMES for key in sources):  # without a source, the API server makes it an emptyDir
            bad = next(key for key in sources if key not in _VOLUMES)
            node = volume.key(bad) or volume
            yield Bad(f"volume `{name}` is of type {bad}", node.location)


def _run_as_non_root(pod: Pod) -> Iterator[Bad]:
    if pod.own_users:
        return
    node = looked_up(pod.security, "runAsNonRoot")
    said = as_bool(node)
    if said is False and node is not None:
        yield Bad("pod: runAsNonRoot=false", node.location)
    for container in pod.containers:
        own = looked_up(container.security, "runAsNonRoot")
        if as_bool(own) is False and own is not None:
            yield Bad(f"container `{container.name}`: runAsNonRoot=false", own.location)
        elif is_null(own) and not said and not (node is not None and node.unknown):
            yield Bad(f"container `{container.name}` doesn't set it, nor does the pod", container.location)


def _run_as_user(pod: Pod) -> Iterator[Bad]:
    if pod.own_users:
        return
    for whose, context in pod.contexts:
        node = at(context, "runAsUser")
        if node is not None and as_int(node) == 0:
            yield Bad(f"{whose}: runAsUser=0", node.location)


CONTROLS = (
    Control("appArmorProfile", "baseline", "forbidden AppArmor profile", _app_armor),
    Control("capabilities_baseline", "baseline", "non-default capabilities", _capabilities_baseline),
    Control("hostNamespaces", "baseline", "host namespaces", _host_namespaces),
    Control("hostPathVolumes", "baseline", "hostPath volumes", _host_path),
    Control("hostPorts", "baseline", "hostPort", _host_ports),
    Control("hostProbesAndHostLifecycle", "baseline", "probe or lifecycle host", _hosts_of, since=34),
    Control("privileged", "baseline", "privileged", _privileged),
    Control("procMount", "baseline", "procMount", _proc_mount_baseline),
    Control("seLinuxOptions", "baseline", "seLinuxOptions", _selinux),
    Control("seccompProfile_baseline", "baseline", "seccompProfile", _seccomp_baseline),
    Control("sysctls", "baseline", "forbidden sysctls", _sysctls),
    Control("windowsHostProcess", "baseline", "hostProcess", _host_process),
    Control("allowPrivilegeEscalation", "restricted", "allowPrivilegeEscalation != false", _escalation, since=8),
    Control(
        "capabilities_restricted", "restricted", "unrestricted capabilities", _capabilities_restricted, 22,
        ("capabilities_baseline",),
    ),
    Control("procMount_restricted", "restricted", "procMount", _proc_mount, 35, ("procMount",)),
    Control("restrictedVolumes", "restricted", "restricted volume types", _restricted_volumes, 0, ("hostPathVolumes",)),
    Control("runAsNonRoot", "restricted", "runAsNonRoot != true", _run_as_non_root),
    Control("runAsUser", "restricted", "runAsUser=0", _run_as_user, since=23),
    Control(
        "seccompProfile_restricted", "restricted", "seccompProfile", _seccomp_restricted, 19,
        ("seccompProfile_baseline",),
    ),
)  # fmt: skip
"""All controls, in the order in which the API server names them."""


class Expectation(NamedTuple):
    """What a namespace's labels ask of its pods: `mode` is "enforce", "audit" or "warn"; `version` a minor one."""

    mode: str
    level: str
    version: int
    label: Location


def expectations(labels: Node | None, default_version: int = NEWEST) -> Iterator[Expectation]:
    """What the `pod-security.kubernetes.io/...` labels of a Namespace ask for.

    An unknown level counts as restricted for `enforce`, as nothing for the others; an unknown version as the newest.
    """
    for mode in ("enforce", "audit", "warn"):
        node = at(labels, f"pod-security.kubernetes.io/{mode}")
        if not isinstance(node, Scalar) or node.unknown:
            continue
        level = node.text if node.text in LEVELS else "restricted" if mode == "enforce" else "privileged"
        said = at(labels, f"pod-security.kubernetes.io/{mode}-version")
        version = minor(_text(said)) if isinstance(said, Scalar) and not said.unknown else default_version
        yield Expectation(mode, level, NEWEST if version is None else version, node.location)
