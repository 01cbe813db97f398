"""A role that can create persistent volumes.

A volume of type `hostPath` is a folder of the node. Whoever can create one, and a pod that claims it, reads and
writes the node's files, past the restriction on `hostPath` in pods.

To fix: let a provisioner make the volumes, and give others claims alone:

    - apiGroups: [""]
      resources: [persistentvolumeclaims]
      verbs: [get, list, create]

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation
See https://kubernetes.io/docs/concepts/storage/persistent-volumes/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "kubescape:C-0278",
        "cis-k8s:5.1.9",
    ),
    cwe=(250,),
)


@check.on("Granted")
def mounts_nodes(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity),
            evidence=evidence(granted, power),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
