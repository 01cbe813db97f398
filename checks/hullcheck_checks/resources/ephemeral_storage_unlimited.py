"""A container that may fill its node's disk.

An emptyDir without a size and no limit on ephemeral storage let a runaway process, or an attacker's, use up the node's
disk: the kubelet then evicts other pods.

To fix: bound one of them:

    volumes:
      - name: cache
        emptyDir: {sizeLimit: 500Mi}

See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#local-ephemeral-storage
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import Mapping, Node, as_str, at, is_null, items
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("kube-score:container-ephemeral-storage-request-and-limit",),
    cwe=(400,),
)


@check.on("Workload")
def unlimited(workload: Workload) -> Iterator[Finding]:
    pod = workload.part
    if not workload.complete or not isinstance(pod, PodObject):
        return
    unsized = {as_str(at(volume, "name")) for volume in items(at(pod.spec, "volumes")) if _unsized(volume)}
    for container in workload.containers:
        storage = container.limits.ephemeral_storage if container.limits else None
        mounted = [mount for mount in container.mounts if mount.name in unsized and mount.read_only.value is not True]
        if mounted and (storage is None or storage.absent):
            yield check.finding(
                container,
                f"{container.described} may fill the node's disk: `{mounted[0].name}` has no `sizeLimit`",
                evidence=(mounted[0].name,),
            )


def _unsized(volume: Node) -> bool:
    empty = at(volume, "emptyDir")
    return isinstance(empty, Mapping) and is_null(empty.get("sizeLimit")) and as_str(empty.get("medium")) != "Memory"
