"""A network that is declared, and that no service is on.

Somebody meant to separate services, and the separation isn't there: without `networks` a service is on the project's
`default`, with all the others.

To fix: put the services on it, or take it out:

    services:
      db:
        networks: [back]
    networks:
      back:

See https://docs.docker.com/reference/compose-file/networks/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("owasp-docker:rule-5",),
    cwe=(1164,),
)


@check.on("ComposeUse")
def without_services(use: ComposeUse) -> Iterator[Finding]:
    for network in use.idle:
        if network.key != "default":
            yield check.finding(network, f"no service is on network `{network.key}`")
