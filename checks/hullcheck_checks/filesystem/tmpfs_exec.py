"""A temporary file system from which programs can be run.

Docker mounts `tmpfs` so that nothing on it runs and no setuid bit counts. That is what makes a read-only container with
a writable `/tmp` safe; `exec` and `suid` take it away.

To fix: leave the option out:

    services:
      web:
        tmpfs: ["/tmp:size=64m"]

See https://docs.docker.com/engine/storage/tmpfs/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Mount

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("compose-lint:CL-0022",),
    cwe=(732,),
    fixable="unsafe",
)


@check.on("Container", needs="mounts")
def loose(container: Container) -> Iterator[Finding]:
    for mount in container.mounts:
        options = tuple(option for option in ("exec", "suid", "dev") if option in mount.options)
        if mount.kind == "tmpfs" and options:
            yield check.finding(
                container,
                f"{container.described} mounts `{mount.target.value}` in memory with {' and '.join(options)}",
                at=mount.location,
                evidence=(mount.target.value or "", *options),
                fix=_without(mount, options),
            )


def _without(mount: Mount, options: tuple[str, ...]) -> Fix | None:
    """The short form, without the options."""
    target, colon, said = mount.location.text.strip("\"'").partition(":")
    if not colon or target != mount.target.value or "$" in said:
        return None
    left = ",".join(option for option in said.split(",") if option not in options)
    return fix("leave the option out", replace(mount.location, f"{target}:{left}" if left else target), safe=False)
