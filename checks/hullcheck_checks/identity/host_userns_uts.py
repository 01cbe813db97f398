"""A container that stays in the host's user, host name or cgroup namespace.

Where the engine maps root to another user, `userns_mode: host` takes that back: root in the container is root outside.
In the host's UTS namespace it can rename the host, in its cgroup namespace it sees all others.

To fix: leave it out, or in Kubernetes ask for a user namespace:

    spec:
      hostUsers: false

An absent `hostUsers` is no finding, and `hostUsers: true` in so many words, the default, is shown on request only.

See https://docs.docker.com/engine/security/userns-remap/
See https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Change, Finding, Severity
from hullcheck.model.edit import delete, fix, replace
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("kics:8af7162d-6c98-482f-868e-0d33fb675ca8", "users", dialects=("compose",)),
        Alias("kics:4d9f44c6-2f4a-4317-9bb5-267adbea0232", "cgroups", dialects=("compose",)),
        Alias("cis-docker:5.21", "host name"),
        Alias("cis-docker:5.25", "cgroups"),
        Alias("cis-docker:5.31", "users"),
    ),
    cwe=(653,),
    fixable="unsafe",
)


@check.on("Workload", needs="host_users host_uts host_cgroup")
def shared(workload: Workload) -> Iterator[Finding]:
    users = Severity.MEDIUM if workload.dialect != "kubernetes" else Severity.INFO
    for name, field, severity in (
        ("users", workload.host_users, users),
        ("host name", workload.host_uts, Severity.LOW),
        ("cgroups", workload.host_cgroup, Severity.LOW),
    ):
        if field is not None and field.value:
            yield check.finding(
                workload,
                f"{workload.described} shares the host's {name}",
                at=field.location,
                severity=severity,
                evidence=(name,),
                related=field.related,
                fix=fix(f"leave the host's {name}", _left(workload, field.location), safe=False),
            )


def _left(workload: Workload, place: Location) -> Change:
    return delete(place) if workload.dialect == "compose" else replace(place, "false")
