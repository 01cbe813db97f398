"""The Pod Security Standards: each control on what it forbids, what it allows, and since which version."""

import pytest

from hullcheck.model.node import Mapping, at
from hullcheck.model.pod_security import NEWEST, expectations, minor, violations
from hullcheck.parse.yaml import parse
from hullcheck.source import Source

HARDENED = """\
metadata: {}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: web
      image: web
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""


def pod(text: str) -> Mapping:
    root = parse(Source("pod.yaml", text.encode())).documents[0].root
    assert isinstance(root, Mapping)
    return root


def broken(text: str, level: str, version: int = NEWEST) -> list[str]:
    root = pod(text)
    spec = at(root, "spec")
    assert isinstance(spec, Mapping)
    return [v.control for v in violations(spec, at(root, "metadata"), level, version)]


def of(spec: str = "", container: str = "", annotations: str = "{}", kind: str = "containers") -> str:
    """A pod with these settings, each a flow mapping's inside."""
    comma = ", " if container else ""
    return f"metadata: {{annotations: {annotations}}}\nspec: {{{spec}{', ' if spec else ''}{kind}: [{{name: web{comma}{container}}}]}}\n"


@pytest.mark.parametrize(
    ("control", "text"),
    [
        ("appArmorProfile", of("securityContext: {appArmorProfile: {type: Unconfined}}")),
        ("appArmorProfile", of("securityContext: {appArmorProfile: {localhostProfile: x}}")),
        ("appArmorProfile", of(container="securityContext: {appArmorProfile: {type: ''}}")),
        ("appArmorProfile", of(annotations="{container.apparmor.security.beta.kubernetes.io/gone: unconfined}")),
        ("capabilities_baseline", of(container="securityContext: {capabilities: {add: [NET_RAW]}}")),
        ("capabilities_baseline", of(container="securityContext: {capabilities: {add: [CAP_CHOWN]}}")),
        ("capabilities_baseline", of(container="securityContext: {capabilities: {add: [chown]}}")),
        ("hostNamespaces", of("hostPID: true")),
        ("hostNamespaces", of("hostIPC: true")),
        ("hostPathVolumes", of("volumes: [{name: a, hostPath: {}}]")),
        ("hostPorts", of(container="ports: [{containerPort: 80, hostPort: 80}]")),
        ("hostProbesAndHostLifecycle", of(container="livenessProbe: {httpGet: {host: localhost}}")),
        ("hostProbesAndHostLifecycle", of(container="lifecycle: {preStop: {tcpSocket: {host: db}}}")),
        ("privileged", of(container="securityContext: {privileged: true}", kind="ephemeralContainers")),
        ("privileged", of(container="securityContext: {privileged: true}", kind="initContainers")),
        ("procMount", of(container="securityContext: {procMount: Unmasked}")),
        ("seLinuxOptions", of("securityContext: {seLinuxOptions: {type: spc_t}}")),
        ("seLinuxOptions", of("securityContext: {seLinuxOptions: {user: system_u}}")),
        ("seccompProfile_baseline", of("securityContext: {seccompProfile: {type: Unconfined}}")),
        ("seccompProfile_baseline", of(container="securityContext: {seccompProfile: {}}")),
        ("sysctls", of("securityContext: {sysctls: [{name: kernel.msgmax}]}")),
        ("sysctls", of("securityContext: {sysctls: [{name: kernel/shm_rmid_forced}]}")),
        ("windowsHostProcess", of("securityContext: {windowsOptions: {hostProcess: true}}")),
    ],
)
def test_baseline_forbids(control: str, text: str) -> None:
    assert broken(text, "baseline") == [control]
    assert broken(text, "privileged") == []


@pytest.mark.parametrize(
    "text",
    [
        of(),
        of("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: x}}"),
        of(annotations="{container.apparmor.security.beta.kubernetes.io/web: localhost/x}"),
        of(annotations="{container.apparmor.security.beta.kubernetes.io/web: ''}"),
        of(annotations="{seccomp.security.alpha.kubernetes.io/pod: unconfined}"),
        of(container="securityContext: {capabilities: {add: [CHOWN, NET_BIND_SERVICE, SYS_CHROOT]}}"),
        of("hostNetwork: false, hostPID: null"),
        of("volumes: [{name: a, emptyDir: {}}, {name: b, hostPath: null}]"),
        of(container="ports: [{containerPort: 80, hostPort: 0}]"),
        of(container="livenessProbe: {httpGet: {host: ''}}, readinessProbe: {grpc: {port: 1}}"),
        of("hostUsers: false", "securityContext: {procMount: Unmasked}"),
        of("securityContext: {seLinuxOptions: {type: container_engine_t}}"),
        of("securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat}]}"),
    ],
)
def test_baseline_allows(text: str) -> None:
    assert broken(text, "baseline") == []


@pytest.mark.parametrize(
    ("control", "text", "before", "since"),
    [
        ("hostProbesAndHostLifecycle", of(container="livenessProbe: {httpGet: {host: x}}"), 33, 34),
        ("seccompProfile_baseline", of("securityContext: {seccompProfile: {type: Unconfined}}"), 18, 19),
    ],
)
def test_a_control_starts_with_a_version(control: str, text: str, before: int, since: int) -> None:
    assert control not in broken(text, "baseline", before)
    assert control in broken(text, "baseline", since)


@pytest.mark.parametrize(
    ("control", "text", "last", "allowed_since"),
    [
        ("sysctls", of("securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports}]}"), 26, 27),
        ("sysctls", of("securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time}]}"), 28, 29),
        ("sysctls", of("securityContext: {sysctls: [{name: net.ipv4.tcp_rmem}]}"), 31, 32),
        ("sysctls", of("securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat}]}"), 36, 37),
        ("seLinuxOptions", of("securityContext: {seLinuxOptions: {type: container_engine_t}}"), 30, 31),
        ("procMount", of("hostUsers: false", "securityContext: {procMount: Unmasked}"), 34, 35),
        (
            "seccompProfile_baseline",
            of(annotations="{container.seccomp.security.alpha.kubernetes.io/web: unconfined}"),
            18,
            19,
        ),
    ],
)
def test_a_control_is_relaxed_by_a_version(control: str, text: str, last: int, allowed_since: int) -> None:
    assert broken(text, "baseline", last) == [control]
    assert broken(text, "baseline", allowed_since) == []


def test_an_annotation_of_no_container_is_no_seccomp_profile() -> None:
    text = of(annotations="{container.seccomp.security.alpha.kubernetes.io/gone: unconfined}")
    assert broken(text, "baseline", 18) == []


def test_a_hardened_pod_is_restricted_at_every_version() -> None:
    for version in range(NEWEST + 1):
        assert broken(HARDENED, "restricted", version) == []


def test_an_empty_pod_breaks_what_restricted_wants() -> None:
    assert broken(of(), "restricted") == [
        "allowPrivilegeEscalation",
        "capabilities_restricted",
        "runAsNonRoot",
        "seccompProfile_restricted",
    ]
    assert broken(of(), "restricted", 7) == ["runAsNonRoot"]
    assert broken(of(), "restricted", 18) == ["allowPrivilegeEscalation", "runAsNonRoot"]


@pytest.mark.parametrize(
    ("old", "new", "control"),
    [
        ("runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"),
        ("runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0", "runAsUser"),
        ("allowPrivilegeEscalation: false", "runAsNonRoot: false, allowPrivilegeEscalation: false", "runAsNonRoot"),
        ("drop: [ALL]", "drop: [all]", "capabilities_restricted"),
        ("drop: [ALL]", "drop: [ALL], add: [CHOWN]", "capabilities_restricted"),
        ("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "allowPrivilegeEscalation"),
        ("drop: [ALL]}", "drop: [ALL]}, seccompProfile: {}", "seccompProfile_restricted"),
        ("spec:\n", "spec:\n  volumes: [{name: n, nfs: {server: x, path: /}}]\n", "restrictedVolumes"),
        ("spec:\n", "spec:\n  volumes: [{name: n, hostPath: {path: /}}]\n", "restrictedVolumes"),
        ("drop: [ALL]}", "drop: [ALL]}, procMount: Unmasked", "procMount_restricted"),
    ],
)
def test_restricted_forbids(old: str, new: str, control: str) -> None:
    assert broken(HARDENED.replace(old, new), "restricted") == [control]


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("runAsNonRoot: true, ", "", 35),
        ("runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0", 35),
    ],
)
def test_a_user_namespace_relaxes_who_runs(old: str, new: str, first: int) -> None:
    text = HARDENED.replace(old, new).replace("spec:\n", "spec:\n  hostUsers: false\n")
    assert broken(text, "restricted", first - 1)
    assert broken(text, "restricted", first) == []


def test_windows_pods_are_exempt_from_what_linux_does() -> None:
    text = of("os: {name: windows}, securityContext: {runAsNonRoot: true}")
    assert broken(text, "restricted", 24) == [
        "allowPrivilegeEscalation",
        "capabilities_restricted",
        "seccompProfile_restricted",
    ]
    assert broken(text, "restricted", 25) == []


def test_a_volume_without_a_source_becomes_an_empty_one() -> None:
    assert broken(HARDENED.replace("spec:\n", "spec:\n  volumes: [{name: n}]\n"), "restricted") == []


def test_the_host_network_makes_every_port_one_of_the_host() -> None:
    assert broken(of("hostNetwork: true", "ports: [{containerPort: 80}]"), "baseline") == [
        "hostNamespaces",
        "hostPorts",
    ]


def test_restricted_checks_capabilities_as_baseline_did_before_it_had_its_own() -> None:
    text = HARDENED.replace("drop: [ALL]", "add: [NET_RAW]")
    assert broken(text, "restricted", 21) == ["capabilities_baseline"]
    assert broken(text, "restricted", 22) == ["capabilities_restricted"]


def test_versions_are_minor_ones() -> None:
    assert minor("latest") == NEWEST
    assert minor("v1.31") == 31
    assert minor("1.9") == 9
    assert minor("v1.99") == NEWEST
    assert minor("v1.031") is None
    assert minor("2.0") is None


def test_labels_say_what_is_expected() -> None:
    labels = pod(
        "pod-security.kubernetes.io/enforce: strictest\n"
        "pod-security.kubernetes.io/audit: strictest\n"
        "pod-security.kubernetes.io/warn: baseline\n"
        "pod-security.kubernetes.io/warn-version: v1.30\n"
    )
    assert [(e.mode, e.level, e.version) for e in expectations(labels)] == [
        ("enforce", "restricted", NEWEST),
        ("audit", "privileged", NEWEST),
        ("warn", "baseline", 30),
    ]
