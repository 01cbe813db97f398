"""A working folder in a file system of the kernel.

`WORKDIR /proc/self/fd/8` is how CVE-2024-21626 leaves the container: a runtime that isn't repaired changes to a folder
of the host that it holds open, before the process is confined. Nobody has another use for such a line, so it is high.
`/proc`, `/sys`, `/dev` and `/boot` are no place for an application either; what is written there isn't in the image.
What a service or a manifest says instead (`working_dir`, `workingDir`) counts as `WORKDIR` does.

To fix: use a folder of its own:

    WORKDIR /app

See https://github.com/opencontainers/runc/security/advisories/GHSA-xr7r-f8xq-vfvv
See https://docs.docker.com/reference/dockerfile/#workdir
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes"),
    aliases=("trivy:DS-0030",),
    cwe=(668,),
)

_DESCRIPTORS = r"(?:/proc/(?:self|thread-self|[0-9]+)(?:/task/[0-9]+)?/(?:fd|cwd|root)|/dev/fd)(?:/|$)"
FOLDERS = ("/proc", "/sys", "/dev", "/boot")


_WAY_OUT = ", an open folder of the runtime: the way out of CVE-2024-21626"


@check.on("Stage")
def within(stage: Stage) -> Iterator[Finding]:
    own = {step.location for step in stage.instructions}
    for _, said in stage.state.workdirs:
        path = said.value.text if said is not None and said.instruction.location in own else None
        if said is not None and path and _is_kernels(path):
            yield check.finding(
                stage,
                f"`WORKDIR` is `{path}`{_WAY_OUT if _leads_out(path) else ''}",
                at=said.location,
                severity=None if _leads_out(path) else Severity.LOW,
                evidence=(path,),
                related=said.value.related,
            )


@check.on("Container", needs="workdir")
def started_in(container: Container) -> Iterator[Finding]:
    field = container.workdir
    path = posixpath.normpath(field.value) if field is not None and field.value else ""
    if field is not None and _is_kernels(path):
        yield check.finding(
            container,
            f"{container.described} starts in `{path}`{_WAY_OUT if _leads_out(path) else ''}",
            at=field.location,
            severity=None if _leads_out(path) else Severity.LOW,
            evidence=(path,),
            related=field.related,
        )


def _is_kernels(path: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in FOLDERS)


def _leads_out(path: str) -> bool:
    return re.match(_DESCRIPTORS, path) is not None
