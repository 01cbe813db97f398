"""A kernel parameter that isn't known to be safe for the host and its other containers.

Parameters outside a namespace are the host's own: what one container sets, all get. Those of a namespace can still
weaken it, or use up the kernel's memory.

To fix: set what the host needs on the host, and leave to the container what is its own:

    securityContext:
      sysctls:
        - {name: net.ipv4.ip_unprivileged_port_start, value: "80"}

In Kubernetes the safe ones are those of the Pod Security Standards, and a kubelet refuses all others unless it was told
to allow them. In Compose all of `net.` are the container's own, unless it is in the host's network; others than those
for messages and shared memory are refused or reach the host: low. `/` and `.` between the parts are equal.

A value with a `+` in it, such as `1+kernel.core_pattern=|/x`, was how CVE-2022-0811 set the host's parameters.

See https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
See https://docs.docker.com/reference/cli/docker/container/run/#sysctl
See https://github.com/cri-o/cri-o/security/advisories/GHSA-6x2m-w449-qwx7
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete_item, fix
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        "kube-linter:unsafe-sysctls",
        "trivy:KSV-0026",
        Alias("kics:9127f0d9-2310-42e7-866f-5fd9d20dcbad", dialects=("kubernetes",)),
        "pss:sysctls",
    ),
    cwe=(250, 668),
    fixable="unsafe",
)

_SAFE = frozenset(
    (
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_rmem", "net.ipv4.tcp_slow_start_after_idle",
        "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
    )
)  # fmt: skip
_OWN = frozenset(
    (
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.domainname", "kernel.hostname",
    )
)  # fmt: skip
"""What Docker sets in a container's own IPC and UTS namespaces."""


@check.on("Workload", needs="sysctls")
def unsafe(workload: Workload) -> Iterator[Finding]:
    for sysctl in workload.sysctls:
        name = sysctl.name.replace("/", ".")
        if workload.dialect == "kubernetes" and (sysctl.value.value or "").strip("+-").count("+"):
            yield check.finding(
                workload,
                f"{workload.described} sets another kernel parameter in the value of `{name}`",
                at=sysctl.value.location,
                evidence=(name, "value"),
                related=sysctl.value.related,
            )
            continue
        severity = _in_compose(workload, name) if workload.dialect != "kubernetes" else _in_pod(name)
        if severity is not None:
            yield check.finding(
                workload,
                f"{workload.described} sets the kernel parameter `{name}`",
                at=sysctl.location,
                severity=severity,
                evidence=(name,),
                related=sysctl.value.related,
                fix=fix("take it out", delete_item(sysctl.location), safe=False),
            )


def _in_pod(name: str) -> Severity | None:
    if name in _SAFE:
        return None
    return Severity.MEDIUM if name.startswith("net.") else Severity.HIGH


def _in_compose(workload: Workload, name: str) -> Severity | None:
    shared = workload.host_network is not None and workload.host_network.value
    if name.startswith("net."):
        return Severity.LOW if shared else None
    return None if name in _OWN or name.startswith("fs.mqueue.") else Severity.LOW
