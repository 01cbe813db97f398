"""A link between services, which does nothing that their network doesn't do.

Services of one network reach each other by name, on all ports. A link adds no permission and takes none away; readers
may think that it does. `external_links` reach containers of other projects.

To fix: delete it, and name the network that both are on:

    services:
      web: {image: acme/web:1, networks: [backend]}

See https://docs.docker.com/engine/network/links/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("compose",),
    aliases=("cis-docker:5.30",),
    cwe=(477,),
    fixable="unsafe",
)


@check.on("Service")
def legacy(service: Service) -> Iterator[Finding]:
    for name in ("links", "external_links"):
        key = service.node.key(name)
        if key is not None:
            message = f"service `{service.name}` has `{name}`"
            yield check.finding(service, message, at=key.location, evidence=(name,), fix=_without(key.location))


def _without(place: Location) -> Fix:
    return fix("delete it", delete(place), safe=False)
