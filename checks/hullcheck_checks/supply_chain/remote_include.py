"""A Compose file that is taken from somewhere else, and can change there.

`include` and `extends` may name a repository or a registry. Whoever may push there adds services to this project, with
any image, mount and privilege.

To fix: keep a copy in this repository, or name what can't change:

    include:
      - oci://registry.example/acme/base@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

A full commit or a digest is no finding.

See https://docs.docker.com/reference/compose-file/include/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import sources
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("cis-docker:4.2",),
    cwe=(494, 829),
)

_PINNED = pattern(r"@sha256:[0-9a-f]{64}$|#[0-9a-f]{40}(?:[0-9a-f]{24})?(?::|$)")


@check.on("ComposeProject")
def remotes(project: ComposeProject) -> Iterator[Finding]:
    for field in project.remotes:
        if field.value is not None and not _PINNED.search(field.value):
            shown = field.value.partition("?")[0]
            message = f"a Compose file is taken from `{shown}`, which can change"
            yield check.finding(project, message, at=field.location, evidence=(shown,), extent=sources(shown))
