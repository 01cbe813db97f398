"""A network for the back, from which services can still connect to the internet.

Nothing on it is published, and a data store is on it: it is meant to be inside. Without `internal: true` whoever takes
over a service there has a way out, to fetch tools and to send the data away.

To fix: cut it off, and put services that do need the internet on a second network, too:

    networks:
      back:
        internal: true

See https://docs.docker.com/reference/compose-file/networks/#internal
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.edit import fix, put
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("owasp-docker:rule-5",),
    cwe=(923,),
    fixable="unsafe",
)


@check.on("ComposeUse")
def has_a_way_out(use: ComposeUse) -> Iterator[Finding]:
    if not use.project.complete:
        return
    from hullcheck.model.network.compose_review import open_backends

    for found in open_backends(use):
        network, data = use.project.networks[found.key], use.services[found.data]
        if network.declared:
            yield check.finding(
                network,
                f"network `{network.key}` carries `{data.name}` and nothing published, but isn't `internal`",
                related=(Related(data.location, f"`{data.name}` holds data"),),
                fix=fix("cut it off", put(network.location, ("internal",), True), safe=False),
            )
