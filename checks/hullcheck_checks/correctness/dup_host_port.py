"""Two services that publish the same port of the host.

A port can be bound once: the second service doesn't start, or, after a restart in another order, the first doesn't.

To fix: publish one of them on another port:

    services:
      web: {image: acme/web:1, ports: ["127.0.0.1:8080:80"]}
      api: {image: acme/api:1, ports: ["127.0.0.1:8081:80"]}

The same port on different addresses of the host is fine, and so are TCP and UDP, and a range for one port of the
container, of which the engine takes one that is free. Services that no one set of profiles
starts together are no finding.

See https://docs.docker.com/reference/compose-file/services/#ports
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject, Service
    from hullcheck.model.container import Port

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("dclint:no-duplicate-exported-ports",),
    cwe=(694,),
)

_EVERYWHERE = ("", "0.0.0.0", "::")


@check.on("ComposeProject")
def twice(project: ComposeProject) -> Iterator[Finding]:
    seen: dict[tuple[int, str], list[tuple[Service, Port]]] = {}
    for service in project.services.values():
        for port in service.ports:
            if (
                not port.published
                or _is_choice(port)
                or service.network_mode.value == "host"
                or (port.host_ip and port.host_ip.unknown)
            ):
                continue
            key = (port.published, port.protocol)
            for other, taken in seen.setdefault(key, []):
                if other is not service and service.together(other) and _same_address(port, taken):
                    yield _finding(service, port, other, taken)
                    break
            seen[key].append((service, port))


def _finding(service: Service, port: Port, other: Service, taken: Port) -> Finding:
    return check.finding(
        service,
        f"the services `{other.name}` and `{service.name}` both publish port {port.published} of the host",
        at=port.location,
        evidence=(str(port.published), port.protocol, other.name),
        related=(Related(taken.location, f"service `{other.name}` publishes it"),),
    )


def _is_choice(port: Port) -> bool:
    """Is it a range of the host's ports for one of the container's?"""
    return port.until is not None and port.until != port.published and port.number == port.last


def _same_address(port: Port, other: Port) -> bool:
    one, two = (_address(port), _address(other))
    return one == two or one in _EVERYWHERE or two in _EVERYWHERE


def _address(port: Port) -> str:
    return (port.host_ip.value or "") if port.host_ip is not None else ""
