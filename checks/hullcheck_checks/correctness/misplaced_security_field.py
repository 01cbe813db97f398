"""A security setting at a level that doesn't have it, so that it has no effect.

A pod has some settings, a container has others, and only `runAsUser` and a few more are taken at both levels. What is
written at the wrong one is dropped, as are a `securityContext` beside `spec` or in `metadata`, and a profile in the
annotations of a Deployment rather than of its pods. The file looks hardened, and the pod isn't.

To fix: move it to where it is read:

    spec:
      template:
        spec:
          hostUsers: false
          securityContext:
            fsGroup: 10001
            runAsNonRoot: true
          containers:
            - name: web
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities: {drop: [ALL]}

It is low where nothing is lost: the setting would allow something, or each container says it for itself.

See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#security-context
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix, put
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.misplaced import Misplaced, misplaced, plain_value
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("kube-linter:schema-validation",),
    cwe=(693,),
    fixable="unsafe",
)


@check.on("Workload")
def without_effect(workload: Workload) -> Iterator[Finding]:
    pod = workload.part
    if not isinstance(pod, PodObject):
        return
    for found in misplaced(pod):
        name = found.key.text
        yield check.finding(
            workload,
            f"`{name}` has no effect {found.where}: it is read in `{found.belongs}` of the pod",
            at=found.location,
            severity=Severity.LOW if found.idle else None,
            evidence=("".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in found.path),),
            fix=_moved(found),
        )


def _moved(found: Misplaced) -> Fix | None:
    """The setting in each container that lacks it, where it is one of containers, and all are in the same file."""
    source = found.key.source
    if (
        not found.moves
        or found.idle
        or found.value.source is not source
        or source.text[found.key.start : found.key.end] != found.key.text
    ):
        return None
    if any(container.location.source is not source for container in found.moves):
        return None
    path = ("securityContext", found.key.text)
    value = plain_value(found.value)
    parts = [put(container.location, path, value) for container in found.moves]
    return fix(f"move `{found.key.text}` to the containers", delete(found.location), *parts, safe=False)
