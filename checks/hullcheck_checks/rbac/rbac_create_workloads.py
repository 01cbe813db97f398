"""A role that can create or change what runs.

A pod can be given any service account of its namespace and any of its Secrets and volumes, so whoever can create one,
or change one, has what all of them have; without Pod Security, the node as well.

To fix: leave that to the deployer's account, and let a program that must restart others only do that:

    - apiGroups: [apps]
      resources: [deployments/scale]
      verbs: [patch]

Creating what an operator makes pods of counts, too: Argo's Workflows and Rollouts, Tekton's TaskRuns and PipelineRuns,
Knative's Services. Each names the service account that it runs as. Deleting alone isn't reported.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation
See https://kubernetes.io/docs/concepts/security/pod-security-admission/
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
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:access-to-create-pods",
        "trivy:KSV-0048",
        "kubescape:C-0188",
        "cis-k8s:5.1.4",
    ),
    cwe=(250, 269),
)


@check.on("Granted")
def runs_code(granted: Granted) -> Iterator[Finding]:
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
