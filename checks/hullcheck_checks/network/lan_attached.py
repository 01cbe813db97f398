"""A data store with an address in the local network.

On a `macvlan` or `ipvlan` network a container is a machine of its own on the LAN: no port has to be published, and no
rule of the host's firewall is asked. So it is on a bridge whose `gateway_mode` is `nat-unprotected`: whoever has a
route to it, as every machine on the LAN may have, reaches all of its ports.

To fix: put the data store on a network of the project, with those that use it:

    networks:
      data:
        internal: true

See https://docs.docker.com/engine/network/drivers/macvlan/
See https://docs.docker.com/engine/network/packet-filtering-firewalls/
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
    aliases=("cis-docker:5.30",),
    cwe=(653, 668),
)


@check.on("ComposeUse")
def attached(use: ComposeUse) -> Iterator[Finding]:
    for number, service in enumerate(use.services):
        from hullcheck.model.network.compose_review import holds_data, unprotected

        if not holds_data(use, number):
            continue
        for join in service.joins:
            network = use.project.networks.get(join.network)
            if network is None:
                continue
            if network.driver.value in ("macvlan", "ipvlan"):
                yield check.finding(
                    service,
                    f"the data store `{service.name}` has an address in the local network, on `{join.network}`",
                    at=join.location,
                    evidence=(join.network,),
                    related=(Related(network.driver.location, "the network's driver"),),
                )
            elif (mode := unprotected(network)) is not None:
                yield check.finding(
                    service,
                    f"all ports of the data store `{service.name}` are open to the local network, on `{join.network}`",
                    at=join.location,
                    evidence=(join.network,),
                    related=(Related(mode.location, "Docker protects no port of this network"),),
                )
