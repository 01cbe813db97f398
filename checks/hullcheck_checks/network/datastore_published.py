"""A data store or a broker, published to the network that the host is on.

Docker publishes on every interface unless an address is given, and its rules come before those of the host's
firewall. So the database of a server listens to the internet, and is found within hours. Other services of the
project don't need the port to be published: they reach it by the service's name.

To fix: take `ports` out, or bind them to the host itself:

    services:
      db:
        image: postgres:16
        ports:
          - "127.0.0.1:5432:5432"

Known by the image, else by the container's port if the name, a variable or the command says the same. One level lower
in files for development, tests and examples.

See https://docs.docker.com/engine/network/port-publishing/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.network.loopback import to_loopback
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service
    from hullcheck.model.container import Port
    from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose",),
    aliases=(
        "compose-lint:CL-0005",
        "dclint:no-unbound-port-interfaces",
        "kics:451d79dc-0588-476a-ad03-3c7f0320abb3",
        "cis-docker:5.14",
    ),
    cwe=(668, 1327),
    fixable="unsafe",
)


@check.on("ComposeUse")
def published(use: ComposeUse) -> Iterator[Finding]:
    for number, service in enumerate(use.services):
        from hullcheck.model.network.compose_review import holds_data, is_bound_to_an_address

        kind = holds_data(use, number)
        if not kind or service.network_mode.value == "host":
            continue
        for port in service.ports:
            if port.public or is_bound_to_an_address(port):
                yield _finding(service, port, kind)


def _finding(service: Service, port: Port, kind: str) -> Finding:
    from hullcheck.model.network.compose_review import host_address, is_bound_to_an_address, tempered

    where = f"on {host_address(port)}" if is_bound_to_an_address(port) else "on every interface of the host"
    from hullcheck.model.network.extents import published as reach_of

    what = "" if kind == service.name else f" ({kind})"
    return check.finding(
        service,
        f"`{service.name}`{what} is published {where}: port {port.shown if port.number is None else port.number}",
        at=port.location,
        severity=tempered(check.severity, port.location.path),
        evidence=(str(port.number), port.protocol),
        extent=reach_of(port),
        fix=to_loopback(port),
    )
