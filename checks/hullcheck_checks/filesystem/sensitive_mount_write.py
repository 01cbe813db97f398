"""A path of the host that takes the host, mounted so that it can be written.

Who may write `/etc`, a program folder or the state of the container engine needs no exploit to become root on the host:
a line in a cron table or a key in `authorized_keys` is enough.

To fix: mount what is needed and no more, and mount it read-only:

    services:
      exporter:
        volumes: ["/proc:/host/proc:ro"]

Paths are judged as they are on the host, wherever they are mounted: with `..`, doubled slashes and `subPath` worked
out, through named volumes that are bound to a path or are a file system of the kernel's (`type: proc`), through a
claim that gets a PersistentVolume of the kind `hostPath` or `local`, and through `volumes_from`. An application's
own folder below `/etc` is medium, and so are the sockets of one storage driver in the kubelet's folder. Files such
as `/etc/localtime` are no finding.

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
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0001", ("/", "/var", "/run", "/var/run")),
        Alias("compose-lint:CL-0013", below("/sys", "/dev", "/home", "~", "/run", "/var/run")),
        Alias(
            "compose-lint:CL-0025",
            (*below("/etc", "/root", "/boot", "/proc", "/var/lib/docker", "/var/lib/containerd"), "/var/lib"),
            never=("/etc/localtime", "/etc/timezone"),
        ),
        Alias("kics:1c1325ff-831d-43a1-973e-839ae57dfcc0", dialects=("compose",)),
        Alias("kube-linter:sensitive-host-mounts", ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr")),
        Alias("kube-linter:writable-host-mount", never=("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr")),
        Alias("trivy:KSV-0121", ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/var/lib/docker")),
        Alias("kics:b7652612-de4e-4466-a0bf-1cd81f0c6063", dialects=("kubernetes",)),
        "kubescape:C-0045",
        "cis-docker:5.6",
    ),
    cwe=(250, 732),
    fixable="unsafe",
    covered_by=("host-device",),
)

_SEVERITIES = (None, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)


@check.on("Container", needs="mounts")
def writable(container: Container) -> Iterator[Finding]:
    for mount in container.mounts:
        path = mount.source.value
        if mount.kind != "bind" or path is None or mount.read_only.value or mount.read_only.unknown:
            continue
        from hullcheck.model.hostpaths import mounted_path, sensitive

        found = sensitive(path, node=container.dialect == "kubernetes")
        severity = _SEVERITIES[found.write]
        if severity is not None:
            from hullcheck.model.cures import read_only

            yield check.finding(
                container,
                f"{container.described} may write `{path}` of the host: {found.what}",
                at=mount.source.location,
                severity=severity,
                evidence=(path,),
                extent=mounted_path(mount),
                related=mount.source.related,
                fix=read_only(container, mount),
            )
