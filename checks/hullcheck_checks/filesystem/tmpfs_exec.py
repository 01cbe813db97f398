"""A temporary file system from which programs can be run.

Docker mounts `tmpfs` so that nothing on it runs and no setuid bit counts. That is what makes a read-only container with
a writable `/tmp` safe; `exec` and `suid` take it away.

To fix: leave the option out:

    services:
      web:
        tmpfs: ["/tmp:size=64m"]

See https://docs.docker.com/engine/storage/tmpfs/
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("compose-lint:CL-0022",),
    cwe=(732,),
)


@check.on(Container)
def loose(container: Container) -> Iterator[Finding]:
    for mount in container.mounts:
        options = tuple(option for option in ("exec", "suid", "dev") if option in mount.options)
        if mount.kind == "tmpfs" and options:
            yield check.finding(
                container,
                f"{container.described} mounts `{mount.target.value}` in memory with {' and '.join(options)}",
                at=mount.location,
                evidence=(mount.target.value or "", *options),
            )
