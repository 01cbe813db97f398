"""A volume that the node fills by `git clone`.

The kubelet runs git on the node as root, and a repository brings hooks with it: whoever writes the repository, or the
manifest, runs commands on the node (CVE-2024-10220). From Kubernetes 1.33 it is off unless somebody turns it on.

To fix: clone in an init container, without the node's rights:

    initContainers:
      - name: source
        image: alpine/git:2.49.1
        args: [clone, --depth=1, "https://example.com/app.git", /source]
        volumeMounts:
          - {name: source, mountPath: /source}
    volumes:
      - name: source
        emptyDir: {}

See https://github.com/kubernetes/kubernetes/issues/128885
See https://kubernetes.io/docs/concepts/storage/volumes/#gitrepo
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import Mapping, as_str, at, is_null, items
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("pss:restrictedVolumes",),
    cwe=(94, 250),
)


@check.on("Workload")
def cloned_by_the_node(workload: Workload) -> Iterator[Finding]:
    spec = workload.part.spec if isinstance(workload.part, PodObject) else None
    for volume in items(at(spec, "volumes")):
        source = at(volume, "gitRepo")
        if isinstance(volume, Mapping) and source is not None and not is_null(source):
            name = as_str(volume.get("name")) or ""
            key = volume.key("gitRepo") or volume
            yield check.finding(
                workload,
                f"volume `{name}` of {workload.described} is cloned by the node, as root",
                at=key.location,
                evidence=(name,),
            )
