"""A data store with an address in the local network.

On a `macvlan` or `ipvlan` network a container is a machine of its own on the LAN: no port has to be published, and no
rule of the host's firewall is asked.

To fix: put the data store on a network of the project, with those that use it:

    networks:
      data:
        internal: true

See https://docs.docker.com/engine/network/drivers/macvlan/
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.network.compose_review import holds_data
from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("cis-docker:5.30",),
    cwe=(653, 668),
)


@check.on(ComposeUse)
def attached(use: ComposeUse) -> Iterator[Finding]:
    for number, service in enumerate(use.services):
        if not holds_data(use, number):
            continue
        for join in service.joins:
            network = use.project.networks.get(join.network)
            driver = network.driver.value if network is not None else None
            if network is not None and driver in ("macvlan", "ipvlan"):
                yield check.finding(
                    service,
                    f"the data store `{service.name}` has an address in the local network, on `{join.network}`",
                    at=join.location,
                    evidence=(join.network,),
                    related=(Related(network.driver.location, "the network's driver"),),
                )
