"""A working folder in a file system of the kernel.

`WORKDIR /proc/self/fd/...` was how CVE-2024-21626 left the container: the runtime changes to that folder before the
process is confined. `/sys`, `/dev` and `/boot` are no place for an application either; what is written there isn't in
the image. The former is high, the others are low; `workingDir` of a manifest counts as `WORKDIR` does.

To fix: use a folder of its own:

    WORKDIR /app

See https://github.com/opencontainers/runc/security/advisories/GHSA-xr7r-f8xq-vfvv
See https://docs.docker.com/reference/dockerfile/#workdir
"""

import posixpath
import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.container import Container
from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "kubernetes"),
    aliases=("trivy:DS-0030",),
    cwe=(668,),
)

_OPEN_FILE = re.compile(r"/proc/(?:self|thread-self|[0-9]+)/(?:fd|cwd|root|task)(?:/.*)?")
FOLDERS = ("/proc", "/sys", "/dev", "/boot")


@check.on(Stage)
def within(stage: Stage) -> Iterator[Finding]:
    own = {step.location for step in stage.instructions}
    for _, said in stage.state.workdirs:
        path = said.value.text if said is not None and said.instruction.location in own else None
        if said is not None and path and any(path == folder or path.startswith(f"{folder}/") for folder in FOLDERS):
            yield check.finding(
                stage, f"`WORKDIR` is `{path}`", at=said.location, severity=_severity(path), evidence=(path,),
                related=said.value.related,
            )  # fmt: skip


@check.on(Container)
def started_in(container: Container) -> Iterator[Finding]:
    field = container.workdir
    path = posixpath.normpath(field.value) if field is not None and field.value else ""
    if field is not None and any(path == folder or path.startswith(f"{folder}/") for folder in FOLDERS):
        yield check.finding(
            container, f"{container.described} starts in `{path}`", at=field.location, severity=_severity(path),
            evidence=(path,), related=field.related,
        )  # fmt: skip


def _severity(path: str) -> Severity:
    """Is it an open file of the runtime's, through which it leads out?"""
    return Severity.HIGH if _OPEN_FILE.fullmatch(path) else Severity.LOW
