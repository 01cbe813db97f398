"""Two services with the same container name.

Names are unique on a host: the second service doesn't start.

To fix: leave the name out, and Compose makes one; or give each its own:

    services:
      web: {image: acme/web:1, container_name: acme-web}
      api: {image: acme/api:1, container_name: acme-api}

Services that no one set of profiles starts together are no finding.

See https://docs.docker.com/reference/compose-file/services/#container_name
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.node import as_str
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject, Service

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("dclint:no-duplicate-container-names",),
    cwe=(694,),
)


@check.on("ComposeProject")
def twice(project: ComposeProject) -> Iterator[Finding]:
    seen: dict[str, list[Service]] = {}
    for service in project.services.values():
        node = service.node.get("container_name")
        name = as_str(node)
        if node is None or node.unknown or not name:
            continue
        for other in seen.setdefault(name, []):
            if service.together(other):
                taken = other.node.get("container_name")
                assert taken is not None
                yield check.finding(
                    service,
                    f"the services `{other.name}` and `{service.name}` both want the container name `{name}`",
                    at=node.location,
                    evidence=(name, other.name),
                    related=(Related(taken.location, f"service `{other.name}` has it"),),
                )
                break
        seen[name].append(service)
