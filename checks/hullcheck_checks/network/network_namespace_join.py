"""A service in the network of another container.

It has that one's addresses and networks, and reaches what listens on its `localhost`. A container outside of the file
(`container:NAME`) brings networks that nobody reading the file can know.

To fix: join the networks themselves, where that is enough:

    services:
      app: {image: acme/app:1, networks: [backend]}

Behind a VPN container it is how it should be: then it is worth knowing, and no more.

See https://docs.docker.com/reference/compose-file/services/#network_mode
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
    severity=Severity.INFO,
    dialects=("compose",),
    aliases=("cis-docker:5.30",),
    cwe=(653,),
)


@check.on("ComposeProject")
def joined(project: ComposeProject) -> Iterator[Finding]:
    for service in project.services.values():
        mode = service.network_mode
        kind, _, name = (mode.value or "").partition(":")
        if kind not in ("service", "container") or not name:
            continue
        outside = kind == "container" and project.service_of(name) is None
        yield check.finding(
            service,
            f"service `{service.name}` is in the network of {kind} `{name}`"
            f"{', which is not in this project' if outside else ''}",
            at=mode.location,
            evidence=(mode.value or "",),
            related=mode.related,
        )
