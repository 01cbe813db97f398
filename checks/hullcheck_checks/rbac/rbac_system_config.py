"""A role that can write the cluster's own configuration.

`aws-auth` says which users of the cloud account are whom in the cluster, `coredns` where names lead,
`extension-apiserver-authentication` whose certificates are trusted.

To fix: keep these for the cluster's operators:

    - apiGroups: [""]
      resources: [configmaps]
      verbs: [get, update]
      resourceNames: [example-settings]

Writing other ConfigMaps, such as a leader's lock, is fine.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        Alias("trivy:KSV-0049", never=("aws-auth",)),
        Alias("trivy:KSV-0115", "aws-auth"),
        Alias("kubescape:C-0037", "coredns"),
    ),
    cwe=(250,),
)


@check.on("Granted")
def writes_configuration(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, kinds, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity, names_lower=False),
            evidence=evidence(granted, power),
            kinds=kinds(granted),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
