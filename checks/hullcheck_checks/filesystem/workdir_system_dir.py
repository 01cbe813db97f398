"""A working folder in a file system of the kernel.

`WORKDIR /proc/self/fd/8` is how CVE-2024-21626 leaves the container: a runtime that isn't repaired changes to a folder
of the host that it holds open, before the process is confined. Nobody has another use for such a line, so it is high.
`/proc`, `/sys`, `/dev` and `/boot` are no place for an application either; what is written there isn't in the image.

To fix: use a folder of its own:

    WORKDIR /app

See https://github.com/opencontainers/runc/security/advisories/GHSA-xr7r-f8xq-vfvv
See https://docs.docker.com/reference/dockerfile/#workdir
"""

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("trivy:DS-0030",),
    cwe=(668,),
)

_DESCRIPTORS = r"(?:/proc/(?:self|thread-self|[0-9]+)(?:/task/[0-9]+)?/fd|/dev/fd)(?:/|$)"
FOLDERS = ("/proc", "/sys", "/dev", "/boot")


@check.on(Stage)
def within(stage: Stage) -> Iterator[Finding]:
    own = {step.location for step in stage.instructions}
    for _, said in stage.state.workdirs:
        path = said.value.text if said is not None and said.instruction.location in own else None
        if said is not None and path and any(path == folder or path.startswith(f"{folder}/") for folder in FOLDERS):
            leaves = re.match(_DESCRIPTORS, path) is not None
            yield check.finding(
                stage,
                f"`WORKDIR` is `{path}`"
                + (", an open folder of the runtime: the way out of CVE-2024-21626" if leaves else ""),
                at=said.location,
                severity=None if leaves else Severity.LOW,
                evidence=(path,),
                related=said.value.related,
            )
