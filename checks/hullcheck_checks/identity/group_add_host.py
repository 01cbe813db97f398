"""A container in a group that owns much of a host.

Group ids mean the same inside and outside. In the group `docker` a process may use the engine's socket, in `disk` it
may read and write disks, in group 0 all that root lets its group, wherever such a file is mounted.

To fix: use a group of the application's own, by number:

    services:
      web:
        user: "10001:10001"

In Kubernetes that is `runAsGroup`, `fsGroup` or `supplementalGroups` 0. Where no group is said the image decides, which
is no finding: images for OpenShift are made for group 0. For a container that is told to run as root, `root-user` says
enough.

See https://docs.docker.com/engine/install/linux-postinstall/
See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.container import Container, Root
from hullcheck.model.edit import delete, fix
from hullcheck.terms import Alias

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(Alias("kube-linter:run-as-non-root", ("0", "root")), Alias("trivy:KSV-0116", ("0", "root"))),
    cwe=(250,),
    fixable="unsafe",
)

_GROUPS = frozenset(("0", "root", "docker", "disk", "sudo", "wheel", "shadow", "kmem"))


@check.on("Container", needs="groups")
def member(container: Container) -> Iterator[Finding]:
    user = container.user
    for field in container.groups:
        name = (field.value or "").strip()
        name = name.lstrip("0") or "0" if name.isdecimal() else name
        if name not in _GROUPS or (user.root is Root.STATED and field.location == user.location):
            continue
        yield check.finding(
            container,
            f"{container.described} is in the group `{field.value}`",
            at=field.location,
            evidence=(name,),
            related=field.related,
            fix=None if field.location == user.location else fix("take it out", delete(field.location), safe=False),
        )
