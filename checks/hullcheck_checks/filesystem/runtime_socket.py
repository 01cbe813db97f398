"""A way to the container runtime of the host.

Whoever can speak to the engine can start a privileged container that mounts the host's disk: the socket is root on the
host, and `:ro` doesn't change that, for a request is not a write to the file.

To fix: leave it out. What only needs to read should ask a proxy that lets nothing else through, in a network of its
own:

    services:
      dashboard:
        environment: {DOCKER_HOST: "tcp://socket-proxy:2375"}
        networks: [socket]
      socket-proxy:
        image: tecnativa/docker-socket-proxy:0.3
        volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
        networks: [socket]
    networks:
      socket: {internal: true}

That proxy is medium: someone has to hold the socket. A folder that holds one, such as `/run` or `/`, is the same as the
socket, and so are `use_api_socket`, a config or secret whose file it is, a volume that is bound to it, and a pipe on
Windows. `DOCKER_HOST` counts if it leads to an engine outside of the project, without TLS. Only the host's side of a
mount matters.

See https://docs.docker.com/engine/security/protect-access/
See https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.model.node import as_str
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject, Service
    from hullcheck.model.container import Container, Variable

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0001", never=("DOCKER_HOST",)),
        Alias("kics:d6355c88-1e8d-49e9-b2f2-f8a1ca12c75b", "*docker.sock", dialects=("compose",)),
        Alias(
            "semgrep:yaml.docker-compose.security.exposing-docker-socket-volume.exposing-docker-socket-volume",
            "*docker.sock",
        ),
        Alias("kube-linter:docker-sock", "*docker.sock"),
        Alias("trivy:KSV-0006", "/var/run/docker.sock"),
        Alias("checkov:CKV_K8S_27", "/var/run/docker.sock"),
        Alias("kics:a6f34658-fdfb-4154-9536-56d516f65828", "/var/run/docker.sock", dialects=("kubernetes",)),
        "kubescape:C-0074",
        "cis-docker:5.32",
    ),
    cwe=(250, 668),
    covered_by=(
        "sensitive-mount-write",
        "sensitive-mount-read",
    ),
)

_PROXIES = ("docker-socket-proxy", "socket-proxy", "docker-proxy", "dockerproxy", "docker-socket-protector")
_PORT = ":2375"


@check.on("ComposeProject")
def services(project: ComposeProject) -> Iterator[Finding]:
    for workload in project.workloads:
        for container in workload.containers:
            proxy = _is_proxy(container) and _is_kept_apart(project, project.services[workload.name])
            yield from _mounts(container, proxy=proxy)
            yield from _engine(container, project)


@check.on("Container", needs="mounts")
def pods(container: Container) -> Iterator[Finding]:
    if container.dialect in ("kubernetes", "devcontainer"):
        yield from _mounts(container, proxy=False)


def _mounts(container: Container, *, proxy: bool) -> Iterator[Finding]:
    for mount in container.mounts:
        path = mount.source.value
        if mount.kind not in ("bind", "npipe", "secret", "config") or path is None:
            continue
        from hullcheck.model.hostpaths import leads_to_runtime, mounted_path

        gives = leads_to_runtime(path)
        if gives:
            lowered = proxy and mount.read_only.value
            yield check.finding(
                container,
                f"{container.described} gets `{path}`, {gives}{' as a proxy' if lowered else ''}",
                at=mount.source.location,
                severity=Severity.MEDIUM if lowered else None,
                evidence=(path,),
                extent=mounted_path(mount),
                related=mount.source.related,
            )


def _is_proxy(container: Container) -> bool:
    image = container.image.image if container.image is not None else None
    return image is not None and image.repository.rpartition("/")[2] in _PROXIES


def _is_kept_apart(project: ComposeProject, service: Service) -> bool:
    networks = [project.networks[key] for key in service.networks if key in project.networks]
    return bool(networks) and all(network.internal.value for network in networks)


def _engine(container: Container, project: ComposeProject) -> Iterator[Finding]:
    for variable in container.environment:
        address = variable.value.value or ""
        if variable.name != "DOCKER_HOST" or not address.startswith("tcp://") or not address.endswith(_PORT):
            continue
        host = address.removeprefix("tcp://").removesuffix(_PORT)
        if host in project.services:
            yield from _through(container, variable, project.services[host])
        elif host not in ("localhost", "127.0.0.1", "[::1]") and not _is_alias(project, host):
            message = f"{container.described} controls the container engine at `{address}`, without TLS"
            yield check.finding(
                container,
                message,
                at=variable.value.location,
                severity=Severity.HIGH,
                evidence=("DOCKER_HOST", host),
                extent=extent(hosts=words((host,), "name")),
                related=variable.value.related,
            )


def _through(container: Container, variable: Variable, other: Service) -> Iterator[Finding]:
    """A service that speaks to the engine through a proxy of the project: worth knowing, and how it should be."""
    name = (other.image.value or "").partition("@")[0].rpartition("/")[2].partition(":")[0]
    if name in _PROXIES:
        yield check.finding(
            container,
            f"{container.described} asks the container engine through the proxy `{other.name}`",
            at=variable.value.location,
            severity=Severity.INFO,
            evidence=("DOCKER_HOST", other.name),
        )


def _is_alias(project: ComposeProject, host: str) -> bool:
    """Is that another name of a service of the project?"""
    return any(
        host == as_str(service.node.get("container_name")) or any(host in join.aliases for join in service.joins)
        for service in project.services.values()
    )
