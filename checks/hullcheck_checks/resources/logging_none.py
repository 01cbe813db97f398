"""A service whose output is thrown away.

Without logs nobody sees an attack while it happens, and nobody can tell afterwards what was taken.

To fix: keep them, with a limit of what they may take:

    services:
      web:
        logging:
          driver: json-file
          options: {max-size: 10m, max-file: "3"}

See https://docs.docker.com/engine/logging/configure/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.model.node import Mapping, as_str
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("compose-lint:CL-0014",),
    cwe=(778,),
    fixable="safe",
)


@check.on("Service", needs="node.logging")
def discarded(service: Service) -> Iterator[Finding]:
    logging = service.node.get("logging")
    driver = logging.get("driver") if isinstance(logging, Mapping) else None
    if driver is not None and as_str(driver) == "none":
        yield check.finding(
            service,
            f"the output of service `{service.name}` is thrown away",
            at=driver.location,
            fix=fix("take the default driver", delete(driver.location), safe=True),
        )
