"""A capability that opens the host, or its other containers, to the one that gets it.

Capabilities are root's power in pieces. SYS_ADMIN, SYS_MODULE and SYS_RAWIO each are enough to leave the container;
others reach the network, processes or kernel of the host.

To fix: leave out the capability; if a program needs it, find the smallest that does, and drop all others:

    services:
      vpn:
        cap_drop: [ALL]
        cap_add: [NET_BIND_SERVICE]

Critical are those that take the host, high those that reach beyond the container, medium the rest of what isn't in the
runtime's own set. That set itself is no finding; NET_RAW is in Docker's, but the Pod Security Standards exclude it. The
`CAP_` in front and the case don't matter.

In a user namespace of its own (`hostUsers: false`) a capability is one over that namespace, and a note.

See https://man7.org/linux/man-pages/man7/capabilities.7.html
See https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.capabilities import GIVES, Tier, bare_name, tier
from hullcheck.model.edit import delete, fix
from hullcheck.model.extent import extent, words
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0011", ("NET_ADMIN", "BPF", "SYS_BOOT")),
        Alias("compose-lint:CL-0024", ("ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO")),
        Alias("compose-lint:CL-0027", ("SYS_PTRACE", "DAC_READ_SEARCH")),
        Alias("compose-lint:CL-0028", ("PERFMON", "SYS_TIME")),
        Alias("compose-lint:CL-0029", ("SYS_NICE", "IPC_LOCK", "LEASE")),
        Alias("compose-lint:CL-0030", "SYSLOG"),
        Alias("kics:ce76b7d0-9e77-464d-b86f-c5c48e03e22d", dialects=("compose",)),
        Alias("trivy:KSV-0005", "SYS_ADMIN"),
        Alias("trivy:KSV-0022", never=("SYS_ADMIN", "SYS_MODULE", "NET_RAW")),
        Alias("trivy:KSV-0119", "NET_RAW"),
        Alias("trivy:KSV-0120", "SYS_MODULE"),
        Alias("checkov:CKV_K8S_25", never=("SYS_ADMIN",)),
        Alias("checkov:CKV_K8S_39", "SYS_ADMIN"),
        Alias("kics:19ebaa28-fc86-4a58-bcfa-015c9e22fe40", never=("SYS_ADMIN",), dialects=("kubernetes",)),
        Alias("kics:235236ee-ad78-4065-bd29-61b061f28ce0", "SYS_ADMIN", dialects=("kubernetes",)),
        Alias("kube-linter:drop-net-raw-capability", "NET_RAW"),
        Alias("polaris:dangerousCapabilities", ("ALL", "SYS_ADMIN", "NET_ADMIN")),
        "kubescape:C-0046",
        "pss:capabilities_baseline",
        "cis-docker:5.4",
        "cis-k8s:5.2.9",
    ),
    cwe=(250,),
    fixable="unsafe",
)

_SEVERITIES = {Tier.HOST: Severity.CRITICAL, Tier.NEIGHBOURS: Severity.HIGH, Tier.SOME: Severity.MEDIUM}


@check.on("Container", needs="capabilities_added")
def added(container: Container) -> Iterator[Finding]:
    for field in container.capabilities_added:
        if field.value is None:
            continue
        name = bare_name(field.value)
        severity = _SEVERITIES.get(tier(name, docker=container.dialect != "kubernetes"))
        if severity is not None:
            severity = Severity.INFO if container.remapped else severity
            if container.dialect == "devcontainer" and name == "SYS_PTRACE":
                severity = Severity.LOW  # debuggers need it, and processes of others aren't in sight
            own = ", in a user namespace of its own" if container.remapped else ""
            gives = f": {GIVES[name]}" if name in GIVES else ""
            yield check.finding(
                container,
                f"{container.described} gets the capability `{name}`{gives}{own}",
                at=field.location,
                severity=severity,
                evidence=(name,),
                extent=extent(capabilities=words(("*" if name == "ALL" else name,))),
                related=field.related,
                fix=fix(f"don't add {name}", delete(field.location), safe=False),
            )
