"""A `version` key, which means nothing any more.

Compose ignores it, and says so at each call. It misleads readers about which features there are.

To fix: delete it:

    services:
      web: {image: "acme/web:1"}

See https://docs.docker.com/reference/compose-file/version-and-name/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("compose",),
    aliases=("dclint:no-version-field",),
    cwe=(477,),
    fixable="safe",
)


@check.on("ComposeProject")
def obsolete(project: ComposeProject) -> Iterator[Finding]:
    for location in project.versions:
        yield check.finding(
            project,
            "the `version` key is obsolete",
            at=location,
            evidence=(location.path,),
            fix=fix("delete it", delete(location), safe=True),
        )
