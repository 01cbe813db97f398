"""A service that has a name for its host.

`host-gateway` lets a container reach what listens on the host's own interfaces, past the networks of the project: a
database for developers, the metadata service of a cloud.

To fix: run in the project what the service needs:

    services:
      app: {image: acme/app:1, networks: [backend]}
      db: {image: "postgres:17", networks: [backend]}

See https://docs.docker.com/reference/compose-file/services/#extra_hosts
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("compose",),
    aliases=("cis-docker:5.30",),
    cwe=(653,),
)


@check.on("Service", needs="node.extra_hosts")
def reaches(service: Service) -> Iterator[Finding]:
    for node in _addresses(service.node.get("extra_hosts")):
        if isinstance(node, Scalar) and node.text.endswith("host-gateway"):
            yield check.finding(
                service, f"service `{service.name}` has a name for its host", at=node.location, evidence=(node.text,)
            )


def _addresses(hosts: Node | None) -> Iterator[Node]:
    if isinstance(hosts, Sequence):
        yield from hosts.items
    elif isinstance(hosts, Mapping):
        for _, child in hosts.entries().values():
            yield from child.items if isinstance(child, Sequence) else [child]
