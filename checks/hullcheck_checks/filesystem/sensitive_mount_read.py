"""A path of the host that holds credentials, mounted so that it can be read.

Password hashes, private keys, cloud credentials, the tokens of other pods, the memory of other processes: reading them
is enough to become somebody else.

To fix: give the one file that is needed, or a secret instead:

    services:
      backup:
        secrets: [ssh_key]
    secrets:
      ssh_key:
        file: ./secrets/ssh_key

`:ro` is the reason that this isn't `sensitive-mount-write`. Paths are judged as they are on the host; those that tell
of the kernel and the hardware, such as `/sys`, are low. Agents that watch a node, such as exporters and log shippers,
may need one: ignore the finding there, and say why.

See https://docs.docker.com/engine/storage/bind-mounts/
See https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.terms import Alias, below
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Mount

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0001", ("/", "/var", "/run", "/var/run")),
        Alias(
            "compose-lint:CL-0013",
            (
                *below(
                    "/etc",
                    "/root",
                    "/boot",
                    "/proc",
                    "/var/lib/docker",
                    "/var/lib/containerd",
                    "/sys",
                    "/dev",
                    "/home",
                    "~",
                    "/run",
                    "/var/run",
                ),
                "/var/lib",
            ),
        ),
        Alias("kics:1c1325ff-831d-43a1-973e-839ae57dfcc0", dialects=("compose",)),
        Alias("kube-linter:sensitive-host-mounts", ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr")),
        Alias("trivy:KSV-0121", ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/var/lib/docker")),
        Alias("kics:5308a7a8-06f8-45ac-bf10-791fe21de46e", dialects=("kubernetes",)),
        "kubescape:C-0020",
        "cis-docker:5.6",
    ),
    cwe=(200, 522),
    covered_by=("host-device",),
)


_SEVERITIES = (None, Severity.LOW, Severity.HIGH, Severity.HIGH)


@check.on("Container", needs="mounts")
def readable(container: Container) -> Iterator[Finding]:
    for mount in container.mounts:
        path = mount.source.value
        if path is None or not _only_read(mount):
            continue
        from hullcheck.model.hostpaths import mounted_path, sensitive

        found = sensitive(path, node=container.dialect == "kubernetes")
        severity = _SEVERITIES[found.read]
        if severity is not None:
            yield check.finding(
                container,
                f"{container.described} may read `{path}` of the host: {found.what}",
                at=mount.source.location,
                severity=severity,
                evidence=(path,),
                extent=mounted_path(mount),
                related=mount.source.related,
            )


def _only_read(mount: Mount) -> bool:
    """Is a path of the host mounted so that it can be read, and isn't known to be writable?"""
    known = mount.read_only.value or bool(mount.read_only.unknown)
    return mount.kind in ("bind", "secret", "config") and known
