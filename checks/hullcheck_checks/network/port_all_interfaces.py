"""A port that is published on every interface of the host.

Without an address Docker publishes on all interfaces, IPv6 included, and its rules come before those of the host's
firewall: `ufw deny 8080` doesn't stop it. What was meant for the machine, or for a proxy on it, is open to the whole
network.

To fix: say which address of the host, if it isn't meant for everybody:

    services:
      app:
        ports:
          - "127.0.0.1:8080:8080"

The ports 80 and 443, those of a web server or proxy, and those of protocols that exist to be reached by everybody
(mail, names, private networks, telephony, chat, games) are shown on request only. Data stores and consoles have
checks of their own. An override that adds the loopback form doesn't replace the base's entry: both are published,
unless it says `!override`.

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
    from hullcheck.model.container import Container, Port
    from hullcheck.model.network.parts import ComposeUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose", "devcontainer"),
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
        "exposed-console",
        "ssh-port",
    ),
)

_PUBLIC = {
    "tcp": frozenset(
        (
            25, 53, 110, 143, 465, 587, 853, 993, 995, 1194, 1935, 3478, 4190, 5060, 5061, 5222, 5223, 5269,
            5349, 6514, 6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 8333, 8448, 8883, 22000, 25565,
            27015, 30303, 51413, 64738,
        )
    ),
    "udp": frozenset(
        (
            53, 123, 443, 500, 514, 853, 1194, 2456, 2457, 2458, 3478, 3479, 4500, 5060, 5349, 6881, 6882, 6883, 6884,
            6885, 6886, 6887, 6888, 6889, 7777, 8211, 9987, 10000, 19132, 19133, 21027, 22000, 27015, 27016, 30303,
            34197, 51413, 51820, 64738,
        )
    ),
}  # fmt: skip
"""Ports of protocols that exist to be reached by everybody: the web, mail, names, time, private networks, telephony and
video, chat, file sharing and games (IANA's registry, and the projects' own pages)."""


@check.on("ComposeUse")
def everywhere(use: ComposeUse) -> Iterator[Finding]:
    for number, service in enumerate(use.services):
        from hullcheck.model.network.compose_review import holds_data

        if holds_data(use, number) or service.network_mode.value == "host":
            continue
        for port in service.ports:
            if port.public:
                yield _finding(service, port)


@check.on("Container")
def in_development(container: Container) -> Iterator[Finding]:
    for port in container.ports if container.dialect == "devcontainer" else ():
        if port.public:
            from hullcheck.model.network.extents import published

            yield check.finding(
                container,
                f"{container.described} publishes port {port.shown} on every interface of the host",
                at=port.location,
                severity=Severity.LOW,
                evidence=(port.shown, port.protocol),
                extent=published(port),
            )


def _finding(service: Service, port: Port) -> Finding:
    span = port.shown
    from hullcheck.model.network.compose_review import host_address, is_proxy, tempered

    twin = any(host_address(other).startswith("127.") and other.number == port.number for other in service.ports)
    known = _PUBLIC.get(port.protocol or "tcp", frozenset())
    meant = (
        is_proxy(service) or port.published in (80, 443) or (port.number in known and port.last in (None, port.number))
    )
    inside = "" if port.published in (None, 0, port.number) else f" as {port.published}"
    from hullcheck.model.network.extents import published

    return check.finding(
        service,
        f"`{service.name}` publishes port {span}{inside} on every interface of the host"
        f"{', beside an entry for the host alone' if twin else ''}",
        at=port.location,
        severity=Severity.INFO if meant else tempered(check.severity, port.location.path),
        evidence=(span, port.protocol),
        extent=published(port),
        fix=to_loopback(port),
    )
