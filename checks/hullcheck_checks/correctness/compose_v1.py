"""A Compose file in the format's first version, which Compose refuses.

Services at the top level were read by `docker-compose` 1, which gets no more fixes, those of security holes among them.
Whoever runs this file runs that.

To fix: put the services below `services:`

    services:
      web:
        build: .

What such a file says is checked all the same, as what it would be today.

See https://docs.docker.com/compose/releases/migrate/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("dclint:invalid-schema",),
    cwe=(477,),
)


@check.on("ComposeProject")
def old(project: ComposeProject) -> Iterator[Finding]:
    for location in project.v1:
        yield check.finding(project, "a Compose file of version 1, which Compose refuses", at=location)
