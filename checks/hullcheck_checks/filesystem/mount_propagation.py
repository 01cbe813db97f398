"""A mount that passes on what is mounted below it, out to the host.

With shared propagation a mount that the container makes appears on the host and in all other containers that share the
folder: a way to lay a file over one of the host's.

To fix: leave the option out; if the container has to see mounts that the host makes later, one way is enough:

    volumes: ["/mnt:/mnt:rslave"]

In Kubernetes `Bidirectional` also needs a privileged container: high. In Compose it is low, and the one-way forms are
shown on request.

See https://docs.docker.com/engine/storage/bind-mounts/#configure-bind-propagation
See https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix, replace
from hullcheck.model.extent import extent, words
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Mount
    from hullcheck.source import Field

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        "compose-lint:CL-0017",
        Alias("kics:baa452f0-1f21-4a25-ace5-844e7a5f410d", dialects=("compose",)),
        "cis-docker:5.20",
    ),
    cwe=(668,),
    fixable="unsafe",
)

_SEVERITIES = {
    "Bidirectional": Severity.HIGH,
    "shared": Severity.LOW,
    "rshared": Severity.LOW,
    "HostToContainer": Severity.INFO,
    "slave": Severity.INFO,
    "rslave": Severity.INFO,
}


@check.on("Container", needs="mounts")
def propagated(container: Container) -> Iterator[Finding]:
    for mount in container.mounts:
        field = mount.propagation
        severity = _SEVERITIES.get(field.value) if field is not None and field.value is not None else None
        if field is None or severity is None:
            continue
        path = mount.source.value or mount.target.value or ""
        out = "from the host" if severity is Severity.INFO else "to the host"
        yield check.finding(
            container,
            f"{container.described} passes mounts below `{path}` on {out}",
            at=field.location,
            severity=severity,
            evidence=(path, field.value or ""),
            extent=extent(paths=words((path,), "path")),
            related=field.related,
            fix=_private(mount, field),
        )


def _private(mount: Mount, said: Field[str]) -> Fix | None:
    """Without the option, in the short form and in the long one."""
    written = said.location.text.strip("\"'")
    if written == said.value:
        return fix("leave the option out", delete(said.location), safe=False)
    bare, _, mode = mount.location.text.strip("\"'").rpartition(":")
    options = mode.split(",")
    if not bare or said.value not in options:
        return None
    left = ",".join(option for option in options if option != said.value)
    return fix("leave the option out", replace(mount.location, f"{bare}:{left}" if left else bare), safe=False)
