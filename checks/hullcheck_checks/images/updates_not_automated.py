"""Images that no bot moves on.

A pinned image stays as it is, holes included, until somebody changes the line. Dependabot and Renovate open a pull
request for each new version or digest; without one of them, pinning means ageing.

To fix: let Dependabot look at the folders, in `.github/dependabot.yml`:

    version: 2
    updates:
      - package-ecosystem: docker
        directories: ["**/*"]
        schedule: {interval: weekly}

Renovate looks at everything by itself. Dependabot covers only the folders that an entry for `docker` or
`docker-compose` names. The finding stands at the first image that nobody moves, once for the repository; outside of
one (no `.git`, no `.github`, no `.gitlab`) there is none.

See https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference
See https://docs.renovatebot.com/docker/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.repository import Updates

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile", "compose", "kubernetes"),
    aliases=("scorecard:Dependency-Update-Tool",),
    cwe=(1104,),
)


@check.on("Updates")
def left_alone(updates: Updates) -> Iterator[Finding]:
    folders = [f"`{folder or '.'}`" for folder in updates.folders]
    shown = f"{', '.join(folders[:3])}{f' and {len(folders) - 3} more folders' if len(folders) > 3 else ''}"
    by = f"`{updates.by}` doesn't cover" if updates.by else "neither Dependabot nor Renovate moves"
    yield check.finding(
        updates,
        f"{by} the images in {shown}",
        evidence=(updates.by,),
    )
