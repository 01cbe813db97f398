"""A volume over a folder of the system.

`VOLUME /etc` or `VOLUME /root` makes each container start with a volume there: what later instructions write is lost,
and what a container writes (accounts, keys, the programs that root starts) outlives it, can be mounted by others, and
is kept when the image is replaced by a fixed one. A volume at the daemon's socket hides that somebody may mount it
there.

To fix: declare the folder of the data alone:

    VOLUME /var/lib/app

See https://docs.docker.com/reference/dockerfile/#volume
See https://docs.docker.com/build/building/best-practices/#volume
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("cis-docker:5.5",),
    cwe=(668, 732),
)

FOLDERS = frozenset(
    ("/", "/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/sbin", "/sys", "/usr", "/run/docker.sock",
     "/var/run/docker.sock", "/var/run", "/run")
)  # fmt: skip


@check.on("Stage")
def declared(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        if step.effective.keyword != "VOLUME" or step.fault:
            continue
        for word in step.effective.words:
            text = stage.expand(word.text, step).text
            path = posixpath.normpath(text) if text else ""
            if path.replace("//", "/") in FOLDERS:
                yield check.finding(
                    stage,
                    f"`VOLUME` lays a volume over `{path}`",
                    at=word.location,
                    severity=None if stage.ships else Severity.LOW,
                    evidence=(path,),
                )
