"""A container that sees all of `/proc`.

Runtimes hide the parts of `/proc` through which a container could read the host's secrets or change its kernel.
`procMount: Unmasked` uncovers them.

To fix: leave it out:

    securityContext:
      procMount: Default

It is made for containers within containers, and there only for pods in a user namespace of their own (`hostUsers:
false`): then it is shown on request.

See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#proc-access
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:unsafe-proc-mount",
        "trivy:KSV-0027",
        "kics:f922827f-aab6-447c-832a-e1ff63312bd3",
        "polaris:procMount",
        "pss:procMount",
        "pss:procMount_restricted",
    ),
    cwe=(250, 668),
    fixable="safe",
)


@check.on("Workload", needs="containers.proc_mount")
def unmasked(workload: Workload) -> Iterator[Finding]:
    remapped = workload.host_users is not None and workload.host_users.value is False
    for container in workload.containers:
        field = container.proc_mount
        if field is not None and field.value == "Unmasked":
            yield check.finding(
                container,
                f"{container.described} sees all of `/proc`",
                at=field.location,
                evidence=("Unmasked",),
                severity=Severity.INFO if remapped else None,
                related=field.related,
                fix=None if remapped else fix("mask it", delete(field.location), safe=True),
            )
