"""A health check that is switched off.

The image brings one, or might, and the file takes it away: a service that hangs, or that somebody has broken, goes on
being called healthy and getting requests.

To fix: leave it on, or write one that fits:

    services:
      web:
        healthcheck:
          test: ["CMD", "curl", "-f", "http://localhost:8080/health"]

Having none at all is no finding: many images bring their own.

See https://docs.docker.com/reference/compose-file/services/#healthcheck
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
    aliases=("kics:698ed579-b239-4f8f-a388-baa4bcb13ef8", "cis-docker:5.27"),
    cwe=(778,),
)


@check.on("Container")
def disabled(container: Container) -> Iterator[Finding]:
    for probe in container.probes:
        if probe.kind == "healthcheck" and probe.how == "none" and container.dialect == "compose":
            yield check.finding(
                container, f"the health check of {container.described} is switched off", at=probe.location
            )
