"""A port that is published on every interface of the host.

Without an address Docker publishes on all interfaces, IPv6 included, and its rules come before those of the host's
firewall: `ufw deny 8080` doesn't stop it. What was meant for the machine, or for a proxy on it, is open to the whole
network.

To fix: say which address of the host, if it isn't meant for everybody:

    services:
      app:
        ports:
          - "127.0.0.1:8080:8080"

The ports 80 and 443, and those of a web server or proxy, are how a site is served, and shown on request only. Data
stores have a check of their own. An override that adds the loopback form doesn't replace the base's entry: both are
published, unless it says `!override`.

See https://docs.docker.com/engine/network/port-publishing/
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.compose import Service
from hullcheck.model.container import Port
from hullcheck.model.network.compose_review import (
    holds_data,
    host_address,
    is_admin_tool,
    is_proxy,
    tempered,
)
from hullcheck.model.network.extents import published
from hullcheck.model.network.loopback import to_loopback
from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=(
        "compose-lint:CL-0005",
        "dclint:no-unbound-port-interfaces",
        "kics:451d79dc-0588-476a-ad03-3c7f0320abb3",
        "cis-docker:5.14",
    ),
    cwe=(668, 1327),
    fixable="unsafe",
    covered_by=(
        "debug-port",
        "ssh-port",
    ),
)

_WEB = (80, 443)


@check.on(ComposeUse)
def everywhere(use: ComposeUse) -> Iterator[Finding]:
    for number, service in enumerate(use.services):
        if holds_data(use, number) or is_admin_tool(service) or service.network_mode.value == "host":
            continue
        for port in service.ports:
            if port.public:
                yield _finding(service, port)


def _finding(service: Service, port: Port) -> Finding:
    span = f"{port.number}-{port.last}" if port.last and port.last != port.number else f"{port.number}"
    twin = any(host_address(other).startswith("127.") and other.number == port.number for other in service.ports)
    web = port.published in _WEB or is_proxy(service)
    return check.finding(
        service,
        f"`{service.name}` publishes port {span} on every interface of the host"
        f"{', beside an entry for the host alone' if twin else ''}",
        at=port.location,
        severity=Severity.INFO if web else tempered(check.severity, port.location.path),
        evidence=(span, port.protocol),
        extent=published(port),
        fix=to_loopback(port),
    )
