"""A working folder in a file system of the kernel.

`WORKDIR /proc/self/fd/...` was how CVE-2024-21626 left the container: the runtime changes to that folder before the
process is confined. `/sys`, `/dev` and `/boot` are no place for an application either; what is written there isn't in
the image.

To fix: use a folder of its own:

    WORKDIR /app

See https://github.com/opencontainers/runc/security/advisories/GHSA-xr7r-f8xq-vfvv
See https://docs.docker.com/reference/dockerfile/#workdir
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("trivy:DS-0030",),
    cwe=(668,),
)

FOLDERS = ("/proc", "/sys", "/dev", "/boot")


@check.on(Stage)
def within(stage: Stage) -> Iterator[Finding]:
    own = {step.location for step in stage.instructions}
    for _, said in stage.state.workdirs:
        path = said.value.text if said is not None and said.instruction.location in own else None
        if said is not None and path and any(path == folder or path.startswith(f"{folder}/") for folder in FOLDERS):
            yield check.finding(
                stage, f"`WORKDIR` is `{path}`", at=said.location, evidence=(path,), related=said.value.related
            )
