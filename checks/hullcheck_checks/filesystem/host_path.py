"""A folder of the node, mounted into a pod.

What the pod writes stays on that node, is seen by every other pod that mounts it, and survives the pod; what others put
there, the pod reads. A pod that moves to another node finds something else.

To fix: use storage that belongs to the workload:

    volumes:
      - name: data
        persistentVolumeClaim: {claimName: data}

Paths that take the node have checks of their own: `runtime-socket`, `sensitive-mount-write`, `sensitive-mount-read` and
`host-device`. A volume that nothing mounts is no finding. A PersistentVolume of the kind `hostPath` counts where a pod
mounts the claim that gets it, one of the kind `local` only where its path takes the node. In Compose mounting a folder
of the host is the normal way, and no finding.

See https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        Alias("kube-linter:writable-host-mount", "writable"),
        "trivy:KSV-0023",
        "kics:aa8f7a35-9923-4cad-bd61-a19b7f6aac91",
        "polaris:hostPathSet",
        "kubescape:C-0048",
        "pss:hostPathVolumes",
        "cis-k8s:5.2.12",
    ),
    cwe=(668,),
)


@check.on("Container", needs="mounts")
def mounted(container: Container) -> Iterator[Finding]:
    if container.dialect != "kubernetes":
        return
    for mount in container.mounts:
        path = mount.source.value
        local = "local" in mount.options
        if (
            mount.kind == "bind"
            and path is not None
            and not local
            and not _is_worse(path, read_only=bool(mount.read_only.value))
        ):
            from hullcheck.model.hostpaths import mounted_path

            yield check.finding(
                container,
                f"{container.described} mounts `{path}` of its node",
                at=mount.source.location,
                evidence=(path,),
                extent=mounted_path(mount),
                kinds=() if mount.read_only.value else ("writable",),
                related=mount.source.related,
            )


def _is_worse(path: str, *, read_only: bool) -> bool:
    """Does another check say more about it?"""
    from hullcheck.model.hostpaths import leads_to_runtime, node_device, sensitive

    found = sensitive(path, node=True)
    return bool(leads_to_runtime(path) or (found.read if read_only else found.write) or node_device(path)[1])
