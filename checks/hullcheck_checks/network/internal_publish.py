"""A port published from a network that is cut off.

On a network with `internal: true` nothing is published, whatever `ports` says: Docker makes no rule for it. Either the
service can't be reached where somebody counts on it, or the entry is left over and will open the port on the day that
the network changes.

To fix: take `ports` out, or put the service on a second network:

    services:
      admin:
        networks: [back, front]
        ports:
          - "127.0.0.1:9000:9000"

See https://docs.docker.com/reference/compose-file/networks/#internal
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
    aliases=("owasp-docker:rule-5",),
    cwe=(684,),
)


@check.on("ComposeUse")
def to_nobody(use: ComposeUse) -> Iterator[Finding]:
    for service in use.services:
        networks = [use.project.networks[key] for key in service.networks if key in use.project.networks]
        if not service.ports or not networks or not all(network.internal.value for network in networks):
            continue
        port = service.ports[0]
        yield check.finding(
            service,
            f"`{service.name}` publishes port {port.shown if port.number is None else port.number}, but is only on internal networks: nobody can reach it",
            at=port.location,
            related=(Related(network.location, f"`{network.key}` is internal") for network in networks),
        )
