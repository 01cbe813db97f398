"""Compose projects to networks, with the services of other projects that share one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.link.compose_containers import started_by
from hullcheck.model import compose
from hullcheck.model.compose import ComposeProject, Service
from hullcheck.model.container import Port
from hullcheck.model.image import ImageRef
from hullcheck.model.network.compose import Attached, ComposeNetwork, Published, Wire
from hullcheck.model.network.datastores import Hints, data_store, is_client
from hullcheck.model.network.endpoint import ContainerPort, Endpoint
from hullcheck.model.network.labels import Labels
from hullcheck.model.network.mentions import hosts_in
from hullcheck.model.network.network import Use
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange
from hullcheck.model.scoped import Scoped
from hullcheck.source import Field, Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import ComposeUse

_ICC = "com.docker.network.bridge.enable_icc"
_MAX_CHAIN = 20


class _Member(NamedTuple):
    """A service, and whose it is."""

    project: ComposeProject
    service: Service


def compose_parts(projects: Iterable[ComposeProject], datastores: tuple[str, ...] = ()) -> Iterator[ComposeUse]:
    """Each project with its network. `datastores` are more images that hold data."""
    projects = list(projects)
    shared = _by_network(projects)
    unused = _unused(projects)
    for project in projects:
        network, services = _network(project, shared, datastores)
        idle = tuple(n for n in project.networks.values() if n.declared and _declaration(n) in unused)
        judged = project._replace(complete=False) if project.guessed and project.overlay else project
        from hullcheck.model.network.parts import ComposeUse

        yield ComposeUse(judged, network, services, idle)  # how a project is cut up is told of the base alone


def network_parts(projects: Iterable[ComposeProject], datastores: tuple[str, ...] = ()) -> Iterator[Scoped]:
    """What the checks of networks look at in projects: each, and its network as a whole."""
    for use in compose_parts(projects, datastores):
        yield Scoped(use.project.scope, use)
        if not use.project.overlay and use.network.endpoints:
            from hullcheck.model.network.parts import NetworkUse

            yield Scoped(use.project.scope, NetworkUse(use.network))


def _by_network(projects: Iterable[ComposeProject]) -> dict[str, list[_Member]]:
    """The services on each network that is known by its real name, outside of any project."""
    found: dict[str, list[_Member]] = {}
    for project in projects:
        for service in project.services.values():
            for join in service.joins:
                network = project.networks.get(join.network)
                if network is not None and network.name.value and not project.overlay:
                    found.setdefault(network.name.value, []).append(_Member(project, service))
    return found


def _unused(projects: Iterable[ComposeProject]) -> set[tuple[str, str]]:
    """The networks that no service is on, in any of the projects that the file which declares them is part of."""
    used: dict[tuple[str, str], bool] = {}
    for project in projects:
        joined = {join.network for service in project.services.values() for join in service.joins}
        for network in project.networks.values():
            if network.declared:
                in_use = network.key in joined or not project.complete
                used[_declaration(network)] = used.get(_declaration(network), False) or in_use
    return {network for network, in_use in used.items() if not in_use}


def _declaration(network: compose.Network) -> tuple[str, str]:
    """Who a network is: the file that declares it, and its name there."""
    return network.location.path, network.key


def _network(
    project: ComposeProject, shared: dict[str, list[_Member]], datastores: tuple[str, ...]
) -> tuple[ComposeNetwork, tuple[Service, ...]]:
    own = [_Member(project, service) for service in project.services.values() if not service.provider]
    others: dict[int, _Member] = {}
    for network in project.networks.values():
        for member in shared.get(network.name.value or "", ()):
            if (member.project.folder, member.project.name) != (project.folder, project.name):
                others.setdefault(id(member.service), member)
    members = [*own, *others.values()]
    keys = {key: number for number, key in enumerate(project.networks)}
    wires = tuple(_wire(network) for network in project.networks.values())
    made = ComposeNetwork(
        project.scope,
        tuple(_endpoint(member, project, datastores) for member in members),
        tuple(_attached(member, project, keys) for member in members),
        wires,
        "" if project.complete else "it is a fragment of a project",
        tuple(dict.fromkeys(_uses(tuple(member.service for member in own)))),
    )
    return made, tuple(member.service for member in own)


def _uses(services: tuple[Service, ...]) -> Iterator[Use]:
    """Who depends on whom, links to it or names it in a variable."""
    numbers = {service.name: number for number, service in enumerate(services)}
    for source, service in enumerate(services):
        said = [(dependency.service, None, dependency.location) for dependency in service.depends_on]
        said += [(link.partition(":")[0], None, service.location) for link in service.links]
        found: list[tuple[str, int | None, Location]] = [*said]
        for variable in service.environment:
            for host, port in hosts_in(variable.value.value or ""):
                found.append((host, port, variable.value.location))
        for host, port, location in found:
            if host in numbers and numbers[host] != source:
                yield Use(source, numbers[host], "TCP", port, location)


def _wire(network: compose.Network) -> Wire:
    external = bool(network.external.value)
    internal = _known(network.internal)
    option = network.driver_opts.get(_ICC)
    apart = False if option is None else None if option.unknown else (option.value or "").lower() == "false"
    known = None if external and internal is False else internal
    from hullcheck.model.network.compose_review import unprotected

    return Wire(network.key, known, apart, external, unprotected(network) is not None)


def _known(field: Field[bool]) -> bool | None:
    return None if field.unknown else bool(field.value)


def _endpoint(member: _Member, project: ComposeProject, datastores: tuple[str, ...]) -> Endpoint:
    service = member.service
    space = "default" if member.project is project else member.project.name or member.project.folder or "default"
    ports = tuple(_container_ports(service))
    image = ImageRef.parse(service.image.value) if service.image.value else None
    images = (image.repository,) if image else ()
    return Endpoint(
        f"{space}/{service.name}[service]",
        service.owner,
        space,
        service.name,
        "service",
        service.location,
        Labels({}),
        ports,
        service.network_mode.value == "host",
        images=images,
        data=_data(member, images, ports, datastores),
        complete=service.complete,
    )


def _data(
    member: _Member, images: tuple[str, ...], ports: tuple[ContainerPort, ...], datastores: tuple[str, ...]
) -> str:
    """Which kind of data store the service is: a client of one, or what dumps it, is none."""
    service = member.service
    words = [word.value or "" for word in started_by(service)]
    if is_client(words):
        return ""
    variables = (variable.name for variable in service.environment if variable.source != "build argument")
    hints = Hints.of(service.name, *variables, *words[:1])
    return data_store(images, (port.number for port in ports), datastores, hints)


def _container_ports(service: Service) -> Iterator[ContainerPort]:
    for port in service.ports:
        protocol = port.protocol.upper()
        if port.number is not None and 1 <= port.number <= MAX_PORT and protocol in PROTOCOLS:
            yield ContainerPort("", protocol, port.number, port.location, port.published or 0)
    for text in service.expose:
        number, _, protocol = text.partition("/")
        if number.isdecimal() and 1 <= int(number[:9]) <= MAX_PORT and (protocol.upper() or "TCP") in PROTOCOLS:
            yield ContainerPort("", protocol.upper() or "TCP", int(number[:9]))


def _attached(member: _Member, project: ComposeProject, keys: dict[str, int]) -> Attached:
    """How a service is attached, as far as the networks of `project` go."""
    service, mode, seen = member.service, member.service.network_mode, 0
    while mode.value and mode.value.startswith("service:") and seen < _MAX_CHAIN:
        target = member.project.services.get(mode.value.removeprefix("service:"))
        if target is None:
            return Attached({}, "unknown")
        service, mode, seen = target, target.network_mode, seen + 1
    published = tuple(found for port in member.service.ports for found in _published(port))
    if mode.value == "none":
        return Attached({}, "none")
    if mode.value == "host":
        return Attached({}, "host")
    if mode.unknown or (mode.value and mode.value.startswith(("container:", "service:"))):
        return Attached({}, "unknown", published)
    return Attached(dict(_wires(member.project, service, project, keys)), "", published)


def _wires(
    own: ComposeProject, service: Service, project: ComposeProject, keys: dict[str, int]
) -> Iterator[tuple[int, Location]]:
    if own is project:
        yield from ((keys[join.network], join.location) for join in service.joins if join.network in keys)
        return
    names = {network.name.value: keys[key] for key, network in project.networks.items() if network.name.value}
    for join in service.joins:
        network = own.networks.get(join.network)
        if network is not None and network.name.value in names:
            yield names[network.name.value], join.location


def _published(port: Port) -> Iterator[Published]:
    protocol = port.protocol.upper()
    last = port.number if port.last is None else port.last
    if port.number is None or last is None or not 1 <= port.number <= last <= MAX_PORT or protocol not in PROTOCOLS:
        return
    host = port.host_ip
    address = "" if host is None else host.value or ""
    limited = (
        bool(address) and not port.public and not address.startswith("127.") and address not in ("::1", "localhost")
    )
    outside = True if limited else port.public
    span = PortRange(protocol, port.number, last)
    yield Published(span, port.location, outside, limited, port.published == 0)
