"""A service that is made by a program of the host.

For a service with a `provider` Compose runs a program of that name, found on the host's path, with the caller's rights.
What it does is in no file of this repository.

To fix: nothing, if that is what is meant; see that the program comes from where it should:

    services:
      database:
        provider: {type: awesomecloud, options: {type: mysql}}

It is no container, so no other check judges it.

See https://docs.docker.com/compose/how-tos/provider-services/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.node import Mapping, as_str
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("compose",),
    aliases=("cis-docker:4.2",),
    cwe=(829,),
)


@check.on("Service")
def made(service: Service) -> Iterator[Finding]:
    provider = service.node.get("provider")
    kind = provider.get("type") if isinstance(provider, Mapping) else None
    if service.provider and kind is not None:
        message = f"service `{service.name}` is made by the program `{as_str(kind)}` of the host"
        yield check.finding(service, message, at=kind.location, evidence=(as_str(kind) or "",))
