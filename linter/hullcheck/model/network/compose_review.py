"""What services of a Compose project are, and who can reach whom, for the checks of its networks."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.finding import Severity
from hullcheck.model.compose import Network, Service
from hullcheck.model.container import Port
from hullcheck.model.image import ImageRef
from hullcheck.model.network.datastores import PORTS
from hullcheck.model.network.labels import numbers_in
from hullcheck.source import Field
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import ComposeUse

_PROXIES = frozenset(
    (
        "nginx",
        "nginx-unprivileged",
        "nginx-proxy",
        "nginx-proxy-manager",
        "openresty",
        "traefik",
        "haproxy",
        "caddy",
        "caddy-docker-proxy",
        "envoy",
        "httpd",
        "apache",
        "swag",
        "kong",
        "varnish",
        "docker-nginx-certbot",
    )
)
_EXAMPLES = frozenset(
    (
        "test",
        "tests",
        "testing",
        "e2e",
        "example",
        "examples",
        "sample",
        "samples",
        "demo",
        "demos",
        "dev",
        ".devcontainer",
    )
)


def image_name(service: Service) -> str:
    """The last part of the image's repository, empty if it isn't known."""
    image = ImageRef.parse(service.image.value) if service.image.value else None
    return image.repository.rpartition("/")[2].lower() if image else ""


def is_proxy(service: Service) -> bool:
    """Is it a web server or proxy that stands before others?"""
    return image_name(service) in _PROXIES


_GATEWAY_MODES = tuple(f"com.docker.network.bridge.gateway_mode_ipv{version}" for version in (4, 6))


def unprotected(network: Network) -> Field[str] | None:
    """The option with which Docker opens all ports of a bridge's containers, published or not, if it has one."""
    found = (network.driver_opts.get(key) for key in _GATEWAY_MODES)
    return next((mode for mode in found if mode is not None and mode.value == "nat-unprotected"), None)


def holds_data(use: ComposeUse, number: int) -> str:
    """Which kind of data store the service is, empty if none."""
    return use.network.endpoints[number].data


def is_data_port(port: Port) -> bool:
    return port.number in PORTS


def is_for_trying(path: str) -> bool:
    """Is the file for development, tests or as an example, by its name or folders?"""
    *folders, name = path.lower().split("/")
    return bool(_EXAMPLES.intersection(folders)) or "dev" in name or "override" in name or "test" in name


def tempered(severity: Severity, path: str) -> Severity:
    """The severity, one step lower in files for development, tests or as examples."""
    return Severity(max(severity - 1, Severity.INFO)) if is_for_trying(path) else severity


def host_address(port: Port) -> str:
    """The address of the host that the port is bound to, as written; empty for all."""
    return (port.host_ip.value or "") if port.host_ip else ""


def is_bound_to_an_address(port: Port) -> bool:
    """Is it published on one address of the host that others can reach?"""
    address = host_address(port)
    loopback = address.startswith("127.") or address in ("::1", "localhost")
    return bool(address) and not loopback and port.public is False and port.published is not None


class Flat(NamedTuple):
    """A data store and a published service that share the project's only network."""

    data: int
    published: int
    others: tuple[int, ...]


def flat(use: ComposeUse) -> Flat | None:
    """The project's data store and front, if all of at least three services are on one network."""
    numbers = range(len(use.services))
    networks = {tuple(service.networks) for service in use.services}
    if len(use.services) < 3 or len(networks) != 1 or len(next(iter(networks))) != 1:
        return None
    data = [n for n in numbers if holds_data(use, n)]
    front = [n for n in numbers if not holds_data(use, n) and is_published(use, n)]
    if not data or not front:
        return None
    return Flat(data[0], front[0], tuple(n for n in numbers if n != data[0]))


def is_published(use: ComposeUse, number: int) -> bool:
    """Can some port of the service be reached from outside the host?"""
    return bool(use.network.doorways_of(number))


class Shortcut(NamedTuple):
    """A proxy that shares networks with data stores, and a service `between` that uses them, if it is known which."""

    proxy: int
    data: tuple[int, ...]
    wires: tuple[str, ...]
    between: int | None


def shortcuts(use: ComposeUse) -> Iterator[Shortcut]:
    """Published proxies that reach data stores past the service that is meant to stand between."""
    numbers = range(len(use.services))
    stores = [n for n in numbers if holds_data(use, n)]
    for proxy in numbers:
        if not is_proxy(use.services[proxy]) or not is_published(use, proxy):
            continue
        near = use.network.neighbours(proxy)
        reached = [(data, _between(use, near & use.network.neighbours(data), stores)) for data in stores]
        found = [(data, between) for data, between in reached if near >> data & 1 and between]
        if found:
            data = tuple(store for store, _ in found)
            keys = {key for store in data for key in use.services[store].networks}
            wires = tuple(key for key in use.services[proxy].networks if key in keys)
            yield Shortcut(proxy, data, wires, _user(use, data, [n for _, between in found for n in between]))


def _between(use: ComposeUse, both: int, stores: list[int]) -> list[int]:
    """The services that both can be reached by."""
    return [n for n in numbers_in(both) if n < len(use.services) and n not in stores]


def _user(use: ComposeUse, data: tuple[int, ...], between: list[int]) -> int | None:
    """One of the services that is known to use a data store; None if it isn't known who does."""
    using = {found.source for found in use.network.uses if found.target in data}
    return min((number for number in between if number in using), default=None)


class Backend(NamedTuple):
    """A network with a data store on it, from which nothing is published, and which has a way out."""

    key: str
    data: int


def open_backends(use: ComposeUse) -> Iterator[Backend]:
    """Networks behind everything that could be internal."""
    for wire, network in enumerate(use.project.networks.values()):
        if network.internal.value or network.internal.unknown or network.external.value or network.external.unknown:
            continue
        members = [n for n in use.network.on(wire) if n < len(use.services)]
        if len(members) < 2 or any(use.services[n].ports for n in members):
            continue
        data = next((n for n in members if holds_data(use, n)), None)
        if data is not None:
            yield Backend(network.key, data)


def names(use: ComposeUse, numbers: Iterator[int] | tuple[int, ...] | list[int]) -> str:
    """Services in words, at most four of them."""
    found = [f"`{use.network.endpoints[n].name}`" for n in numbers]
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
