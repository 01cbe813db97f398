"""A service that may start any number of processes.

A fork bomb, or a bug that behaves like one, uses up the host's process ids, and then nothing on the host can start.

To fix: limit them:

    services:
      web:
        pids_limit: 200

`-1` says in so many words that there is no limit: low. Where nothing is said it is shown on request.

See https://docs.docker.com/reference/compose-file/services/#pids_limit
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("kics:221e0658-cb2a-44e3-b08a-db96a341d6fa", "cis-docker:5.29"),
    cwe=(400, 770),
)


@check.on("Container")
def unlimited(container: Container) -> Iterator[Finding]:
    field = container.limits.pids if container.limits is not None and container.dialect == "compose" else None
    if field is None:
        return
    if field.value is not None and field.value.strip().startswith("-"):
        message = f"{container.described} is told to have no limit of processes"
        yield check.finding(container, message, at=field.location, evidence=("-1",), related=field.related)
    elif field.absent and container.complete and not container.short_lived:
        message = f"{container.described} has no limit of processes"
        yield check.finding(container, message, severity=Severity.INFO, evidence=("unsaid",))
