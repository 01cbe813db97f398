"""A published proxy that can connect to the data store past the service in between.

The proxy is what everybody talks to. If it shares a network with the database, a flaw in it, or a line of its
configuration, leads there directly, and the application's checks are passed by.

To fix: put the proxy and the data on networks of their own, and the application on both:

    services:
      proxy:
        networks: [front]
      app:
        networks: [front, back]
      db:
        networks: [back]
    networks:
      front:
      back:
        internal: true

See https://docs.docker.com/compose/how-tos/networking/#specify-custom-networks
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("cis-docker:5.30",),
    cwe=(653,),
)


@check.on("ComposeUse")
def past_the_application(use: ComposeUse) -> Iterator[Finding]:
    if not use.project.complete:
        return
    from hullcheck.model.network.compose_review import names, shortcuts, tempered

    for found in shortcuts(use):
        proxy, stores = use.services[found.proxy], [use.services[number] for number in found.data]
        past = f" past `{use.network.endpoints[found.between].name}`" if found.between is not None else " directly"
        networks = ", ".join(f"`{key}`" for key in found.wires)
        yield check.finding(
            proxy,
            f"`{proxy.name}`, which is published, can connect to {names(use, found.data)}{past}: they share {networks}",
            severity=tempered(check.severity, proxy.location.path),
            evidence=tuple(store.name for store in stores),
            extent=extent(stores=words((store.name for store in stores), "holder")),
            related=(Related(store.location, f"`{store.name}` holds data") for store in stores[:5]),
        )
