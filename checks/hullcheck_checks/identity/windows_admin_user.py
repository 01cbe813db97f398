"""A Windows container that runs as an administrator.

`ContainerAdministrator` may change the image's system folders, install services and load drivers where isolation is by
process: whoever takes the application over has all of that. It is the default of Server Core images.

To fix: end the image with the user that every Windows image brings:

    USER ContainerUser

or say it in a manifest: `windowsOptions: {runAsUserName: ContainerUser}`. What needs an administrator belongs before
that line. Nano Server's default is `ContainerUser` already.

See https://learn.microsoft.com/virtualization/windowscontainers/manage-containers/container-security
See https://docs.docker.com/reference/dockerfile/#user
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "kubernetes"),
    aliases=("cis-docker:4.1",),
    cwe=(250,),
    fixable="unsafe",
)

ADMINISTRATORS = frozenset(("containeradministrator", "administrator", "nt authority/system", "system"))


@check.on("Container", needs="windows")
def administrator(container: Container) -> Iterator[Finding]:
    user = container.user
    name = user.text.replace("\\", "/").lower()
    in_image = container.role == "stage"
    if not container.windows or not (in_image or container.dialect == "kubernetes"):
        return
    if name in ADMINISTRATORS or name.rpartition("/")[2] in ADMINISTRATORS:
        from hullcheck.model.cures import end_with_user

        yield check.finding(
            container,
            f"{container.described} runs as an administrator: {user.why}",
            at=user.location,
            evidence=(name,),
            related=user.related,
            fix=end_with_user(container.built.stage, user.location) if container.built and in_image else None,
        )
