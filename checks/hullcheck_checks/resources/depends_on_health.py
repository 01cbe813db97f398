"""A service that waits for the health of one that has no health check.

Compose waits for `service_healthy` until the other service says that it is. One without a health check never does, and
starting the project fails.

To fix: give the other service one:

    services:
      db:
        image: postgres:17
        healthcheck:
          test: ["CMD-SHELL", "pg_isready -U postgres"]

The image may bring a health check. It is known not to where the check is switched off, or for well-known images that
have none; others are not judged.

See https://docs.docker.com/compose/how-tos/startup-order/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.image import ImageRef
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("cis-docker:5.27",),
    cwe=(691,),
)

_WITHOUT = frozenset(
    (
        "alpine", "busybox", "debian", "golang", "httpd", "mariadb", "memcached", "mongo", "mysql", "nginx", "node",
        "php", "postgres", "python", "rabbitmq", "redis", "ruby", "traefik", "ubuntu",
    )
)  # fmt: skip
"""Official images of Docker Hub that bring no health check."""


@check.on("ComposeProject")
def waits(project: ComposeProject) -> Iterator[Finding]:
    containers = {workload.name: workload.containers[0] for workload in project.workloads}
    for service in project.services.values():
        for dependency in service.depends_on:
            other = containers.get(dependency.service)
            if dependency.condition.value != "service_healthy" or other is None or not _has_none(other):
                continue
            yield check.finding(
                service,
                f"service `{service.name}` waits for the health of `{other.name}`, which has no health check",
                at=dependency.condition.location,
                evidence=(other.name,),
                related=(Related(other.location, f"service `{other.name}`"),),
            )


def _has_none(container: Container) -> bool:
    """Is it known to have no health check? An image that is built here may bring one."""
    checks = [probe for probe in container.probes if probe.kind == "healthcheck"]
    if checks:
        return checks[0].how == "none"
    use = container.image
    if not container.complete or use is None or use.built_here or use.reference.value is None:
        return False
    image = ImageRef.parse(use.reference.value)
    return image is not None and image.registry == "docker.io" and image.repository.removeprefix("library/") in _WITHOUT
