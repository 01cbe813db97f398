"""A network between hosts whose traffic anybody on the way can read.

Swarm's overlay networks carry traffic between nodes in the clear unless they are told otherwise. `attachable` lets any
container of the cluster join.

To fix: encrypt it:

    networks:
      backend:
        driver: overlay
        driver_opts: {encrypted: ""}

See https://docs.docker.com/engine/network/drivers/overlay/#encrypt-traffic-on-an-overlay-network
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix, put
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("cis-docker:7.4",),
    cwe=(319,),
    fixable="unsafe",
)


@check.on("ComposeProject")
def clear(project: ComposeProject) -> Iterator[Finding]:
    for network in project.networks.values():
        option = network.driver_opts.get("encrypted")
        if network.driver.value != "overlay" or network.external.value:
            continue
        if option is None or (option.value or "").lower() in ("false", "0"):
            yield check.finding(
                network,
                f"the network `{network.key}` goes between hosts unencrypted",
                at=network.driver.location,
                evidence=(network.key,),
                fix=fix("encrypt it", put(network.location, ("driver_opts", "encrypted"), "true"), safe=False),
            )
