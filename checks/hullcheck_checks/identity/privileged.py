"""A container that runs privileged.

It has every capability and every device of the host, and none of the kernel's confinement: whoever gets code to run in
it mounts the host's disk and is root there, in one command and without a bug.

To fix: leave it out, and give the one capability or device that is really needed:

    services:
      vpn:
        cap_add: [NET_ADMIN]
        devices: ["/dev/net/tun"]

Agents of a node, such as network and storage plugins, may need it: ignore the finding there, and say why. In a user
namespace of its own (`hostUsers: false`) the host is farther away, and it is high. Compose takes `yes`, `on` and
quoted values, too.

See https://kubernetes.io/docs/concepts/security/pod-security-standards/
See https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        "compose-lint:CL-0002",
        Alias("kics:ae5b6871-7f45-42e0-bb4c-ab300c4d2026", dialects=("compose",)),
        "semgrep:yaml.docker-compose.security.privileged-service.privileged-service",
        "kube-linter:privileged-container",
        "kube-score:container-security-context-privileged",
        "trivy:KSV-0017",
        "checkov:CKV_K8S_16",
        Alias("kics:dd29336b-fe57-445b-a26e-e6aa867ae609", dialects=("kubernetes",)),
        "polaris:runAsPrivileged",
        "kubescape:C-0057",
        "pss:privileged",
        "cis-docker:5.5",
        "cis-k8s:5.2.2",
    ),
    cwe=(250,),
    fixable="unsafe",
)


@check.on("Workload", needs="containers.privileged")
def privileged(workload: Workload) -> Iterator[Finding]:
    remapped = workload.host_users is not None and workload.host_users.value is False
    for container in workload.containers:
        field = container.privileged
        if field is not None and field.value:
            yield check.finding(
                container,
                f"{container.described} runs privileged{', in a user namespace of its own' if remapped else ''}",
                at=field.location,
                evidence=("true",),
                severity=Severity.HIGH if remapped else None,
                related=field.related,
                fix=fix("take `privileged` out", delete(field.location), safe=False),
            )
