"""A project whose services, the data store and the published front among them, all share one network.

Whoever breaks into the service that is open to everybody can try the database, and every other service, on all ports.
Networks cost nothing in Compose, and are the only walls between containers of one host.

To fix: give each pair that must talk a network, and the data store none that the front is on:

    services:
      web:
        networks: [front]
      app:
        networks: [front, back]
      db:
        networks: [back]
    networks:
      front:
      back:
        internal: true

Reported once for a project of at least three services.

See https://docs.docker.com/compose/how-tos/networking/#specify-custom-networks
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("kics:ce14a68b-1668-41a0-ab7d-facd9f784742", "cis-docker:5.30"),
    cwe=(653,),
)


@check.on("ComposeUse")
def one_network(use: ComposeUse) -> Iterator[Finding]:
    from hullcheck.model.network.compose_review import flat, names, tempered

    found = flat(use) if use.project.complete else None
    if found is None:
        return
    data, front = use.services[found.data], use.services[found.published]
    yield check.finding(
        data,
        f"`{data.name}` can be reached on all ports by {names(use, found.others)}: the project has one network for all",
        severity=tempered(check.severity, data.location.path),
        related=(Related(front.location, f"`{front.name}` is published"),),
    )
