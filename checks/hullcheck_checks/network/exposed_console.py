"""An interface that runs code, or shows everything, within the reach of others.

Some programs are made to do what they are told: a notebook, a job queue, a browser for tests, a model server, an
engine for workflows, a console for a database. Many ask nobody who they are, and those that do are one guessed or
leaked password away. Ray's dashboard, Selenium and Flink are searched for, and used, within hours of being published.

To fix: publish it on the machine alone and come through a tunnel, or put a proxy before it that asks:

    services:
      ray:
        image: rayproject/ray:2.49.0
        ports:
          - "127.0.0.1:8265:8265"

High where it asks nobody and can be reached from everywhere, and for consoles of data stores and container engines;
one level lower if it asks for a login by itself, shows no more than measurements, or is limited to some addresses. A
product is known by its image or its command, and its ports are those of its documentation; settings that make it ask,
such as `REGISTRY_AUTH` or `--api-key`, count. In a Dockerfile `EXPOSE` opens nothing: shown on request. Data stores
have checks of their own.

See https://owasp.org/www-project-top-ten-ci-cd-security-risks/
See https://docs.ray.io/en/latest/ray-security/index.html
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service
    from hullcheck.model.container import Container, Port
    from hullcheck.model.network.consoles import Console
    from hullcheck.model.network.network import Doorway
    from hullcheck.model.network.parts import ComposeUse, Reach

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes"),
    aliases=("compose-lint:CL-0005", "kubescape:C-0021", "owasp-docker:rule-5"),
    cwe=(306, 668, 749),
    fixable="unsafe",
)

_LOWER = ("shows all that is measured",)
_ALWAYS = ("shows and changes data", "controls the container engine")
_ASKING = ("auth-url", "auth-type", "auth-tls-secret", "auth-signin", "auth-secret", "oauth2")
"""Parts of annotations by which ingress controllers ask for a login."""


@check.on("ComposeUse")
def on_the_host(use: "ComposeUse") -> Iterator[Finding]:
    from hullcheck.model.compose import Service
    from hullcheck.model.network.compose_review import holds_data
    from hullcheck.model.network.consoles import consoles

    numbers = {service.name: number for number, service in enumerate(use.services)}
    for workload in use.project.workloads:
        service, number = workload.part, numbers.get(workload.name)
        if not isinstance(service, Service) or number is None or holds_data(use, number):
            continue
        for container in workload.containers:
            for console in consoles(container):
                yield from _published(service, console)


def _published(service: "Service", console: "Console") -> Iterator[Finding]:
    from hullcheck.model.network.compose_review import host_address, is_bound_to_an_address, tempered
    from hullcheck.model.network.extents import published
    from hullcheck.model.network.loopback import to_loopback

    for port in service.ports:
        limited = is_bound_to_an_address(port)
        if not _is_its(console, port) or not (port.public or limited) or service.network_mode.value == "host":
            continue
        where = f"on {host_address(port)}" if limited else "on every interface of the host"
        yield check.finding(
            service,
            f"`{service.name}` is {_described(console)}, published {where}: port {port.number}",
            at=port.location,
            severity=tempered(_severity(console, limited=limited), port.location.path),
            evidence=(console.name, str(port.number)),
            extent=published(port),
            fix=to_loopback(port),
        )


@check.on("Reach")
def from_outside(reach: "Reach") -> Iterator[Finding]:
    if reach.endpoint.data:
        return
    from hullcheck.model.network.extents import let_in

    seen = set()
    for console in reach.endpoint.consoles:
        for network, doorway in reach.doorways():
            own = sum(network.universe.ports.bits("TCP", port, port) for port in console.ports)
            admitted = network.admitted(doorway) & (own if console.ports else network.universe.ports.all)
            key = (console.name, doorway.kind, doorway.via)
            if not admitted or key in seen:
                continue
            seen.add(key)
            limited = doorway.limited or doorway.kind == "hostNetwork"
            asked = console._replace(asks=console.asks or _asks(doorway))
            yield check.finding(
                reach,
                f"`{reach.endpoint.name}` is {_described(asked)}, reached from outside by {doorway.via}: "
                f"{network.universe.ports.text(admitted)}{network.as_known(doorway.workload)}",
                at=doorway.location,
                severity=_severity(asked, limited=limited or _asks(doorway)),
                evidence=(console.name, doorway.kind, doorway.via),
                extent=let_in(network, doorway, admitted),
            )


def _asks(doorway: "Doorway") -> bool:
    """Does what brings connections in ask for a login, by its annotations?"""
    from hullcheck.model.node import Mapping, at

    annotations = at(doorway.entrance.object.node, "metadata", "annotations") if doorway.entrance is not None else None
    names = annotations.entries() if isinstance(annotations, Mapping) else ()
    return any(word in name.lower() for name in names for word in _ASKING)


@check.on("Container")
def in_an_image(container: Container) -> Iterator[Finding]:
    if container.role != "stage" or not container.ports:
        return
    from hullcheck.model.network.consoles import consoles

    for console in consoles(container):
        for port in container.ports:
            if not console.asks and _is_its(console, port):
                yield check.finding(
                    container,
                    f"{container.described} ships {_described(console)}",
                    at=port.location,
                    severity=Severity.INFO,
                    evidence=(console.name, str(port.number)),
                )


def _is_its(console: "Console", port: Port) -> bool:
    if port.number is None or port.protocol.lower() not in ("tcp", ""):
        return False
    return not console.ports or any(port.number <= own <= (port.last or port.number) for own in console.ports)


def _described(console: "Console") -> str:
    return f"{console.name}, which {console.gives}{'' if console.asks else ' and asks nobody who they are'}"


def _severity(console: "Console", *, limited: bool) -> Severity:
    level = Severity.HIGH - (console.gives in _LOWER) - (console.asks and console.gives not in _ALWAYS) - limited
    return Severity(max(level, Severity.INFO))
