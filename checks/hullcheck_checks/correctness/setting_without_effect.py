"""A setting of a service that nothing reads, so that it has no effect.

`docker stack deploy` reads Compose files and leaves out much of what they say: `security_opt`, `userns_mode`,
`network_mode`, `privileged`, `devices`, and the address in `127.0.0.1:5432:5432`. The file looks hardened, or bound
to the host alone, and what runs isn't: the port of a stack is open on every node. Compose itself leaves out the
`uid`, `gid` and `mode` of secrets and configs that are files, and whatever is published beside `network_mode: none`
or `host`.

To fix: in a stack, say what a swarm reads, and publish what others may reach only:

    services:
      web:
        image: ghcr.io/acme/web:1.4.2
        user: "10001"
        read_only: true
        cap_drop: [ALL]
        ports: ["443:8443"]

and for what it can't say, set the daemon (`"no-new-privileges": true` in `daemon.json`) or a firewall. A file that
Compose mounts keeps the owner and the mode that it has on the host: set them there.

It is low where nothing is lost: the setting would have allowed something.

See https://docs.docker.com/reference/cli/docker/stack/deploy/
See https://docs.docker.com/reference/compose-file/services/#secrets
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.node import Mapping, Node, Scalar, as_str, at, items
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject, Idle, Service

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("owasp-docker:rule-4",),
    cwe=(693,),
)

_LOOSE = ("unconfined", "disable", "false")
_ALWAYS_LOOSE = frozenset(
    (
        "cgroup_parent",
        "devices",
        "domainname",
        "external_links",
        "ipc",
        "links",
        "mac_address",
        "pid",
        "privileged",
        "shm_size",
    )
)
_OWNERSHIP = ("uid", "gid", "mode")


@check.on("ComposeProject")
def in_a_stack(project: ComposeProject) -> Iterator[Finding]:
    if project.stack is None:
        return
    said = Related(project.stack, "here it is deployed as a stack")
    for found in project.idle:
        service = project.services.get(found.service)
        if service is None:
            continue
        key = found.key.text
        what = f"the address `{as_str(found.value)}` of a port" if key == "host_ip" else f"`{key}`"
        outcome = ": it is open on every node" if key == "host_ip" else ""
        yield check.finding(
            service,
            f"{what} of service `{found.service}` has no effect in a stack{outcome}",
            at=found.location,
            severity=None if _protects(found) else Severity.LOW,
            evidence=(key, *([as_str(found.value) or ""] if key == "host_ip" else [])),
            related=(said,),
        )


def _protects(found: Idle) -> bool:
    """Would it take something away from the container, or from who can reach it?"""
    key, value = found.key.text, found.value
    if key == "security_opt":
        return any(not _is_loose(as_str(item) or "") for item in items(value))
    if key == "network_mode":
        return as_str(value) == "none"
    if key in ("userns_mode", "cgroup", "cgroupns_mode"):
        return as_str(value) == "private"
    return key not in _ALWAYS_LOOSE


def _is_loose(option: str) -> bool:
    return option.lower().replace(":", "=").rpartition("=")[2] in _LOOSE


@check.on("ComposeProject")
def in_compose(project: ComposeProject) -> Iterator[Finding]:
    if project.stack is not None and not project.also:
        return
    for service in project.services.values():
        yield from _of_files(project, service)
        yield from _ports(service)


def _of_files(project: ComposeProject, service: Service) -> Iterator[Finding]:
    for kind, known in (("secrets", project.secrets), ("configs", project.configs)):
        for item in items(service.node.get(kind)):
            name = as_str(at(item, "source")) or ""
            if name not in known or known[name].file.absent or not isinstance(item, Mapping):
                continue
            keys = [key for key in _OWNERSHIP if as_str(item.get(key)) is not None]
            if keys:
                first = item.key(keys[0]) or item
                words = " and ".join(f"`{key}`" for key in keys)
                yield check.finding(
                    service,
                    f"{words} of {kind[:-1]} `{name}` {'has' if len(keys) == 1 else 'have'} no effect: it is a file of the"
                    " host, whose own owner and mode count",
                    at=first.location,
                    severity=None if _narrows(item.get("mode")) else Severity.LOW,
                    evidence=(kind, name, *keys),
                )


def _narrows(mode: Node | None) -> bool:
    """Would it keep others in the container from reading it?"""
    text = as_str(mode) or "" if isinstance(mode, Scalar) else ""
    digits = text.removeprefix("0o")
    return bool(digits) and all(digit in "01234567" for digit in digits) and digits[-1] in "0123"


def _ports(service: Service) -> Iterator[Finding]:
    mode = service.network_mode.value
    if mode not in ("none", "host") or not service.ports:
        return
    bound = [
        port for port in service.ports if port.host_ip is not None and (port.host_ip.value or "").startswith("127.")
    ]
    why = "it is in the host's network" if mode == "host" else "it has no network"
    yield check.finding(
        service,
        f"`ports` of service `{service.name}` has no effect: {why}",
        at=service.ports[0].location,
        severity=None if bound and mode == "host" else Severity.LOW,
        evidence=("ports", mode),
        related=(Related(service.network_mode.location, "this is why"),),
    )
