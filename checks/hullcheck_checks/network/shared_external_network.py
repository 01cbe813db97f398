"""A data store on a network that other projects are on, too.

An `external` network belongs to no project: mostly it is the one of a proxy that every application of the host joins.
A database on it can be reached, on all ports, from each of them.

To fix: keep the data store on a network of the project, and only what the proxy must reach on the shared one:

    services:
      app:
        networks: [proxy, back]
      db:
        networks: [back]
    networks:
      proxy:
        external: true
      back:
        internal: true

See https://docs.docker.com/reference/compose-file/networks/#external
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
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("owasp-docker:rule-5",),
    cwe=(653, 668),
)


@check.on("ComposeUse")
def shared(use: ComposeUse) -> Iterator[Finding]:
    for number, service in enumerate(use.services):
        from hullcheck.model.network.compose_review import holds_data

        kind = holds_data(use, number)
        for join in service.joins if kind else ():
            network = use.project.networks.get(join.network)
            if network is not None and network.external.value:
                yield check.finding(
                    service,
                    f"`{service.name}` ({kind}) is on `{network.name.value or network.key}`, which other projects use",
                    at=join.location,
                    evidence=(network.key,),
                    related=(Related(network.location, f"`{network.key}` is external"),),
                )
