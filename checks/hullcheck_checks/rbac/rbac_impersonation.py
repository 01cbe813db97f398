"""A role that lets its holder act as somebody else.

Whoever may impersonate groups can be in `system:masters`, which is everything; whoever may impersonate users or
service accounts has all of their rights together. The audit log shows both names, but nothing stops it.

To fix: name those who may be impersonated:

    - apiGroups: [""]
      resources: [serviceaccounts]
      verbs: [impersonate]
      resourceNames: [deployer]

`verbs: ["*"]` on `serviceaccounts` includes it. Named ones are a medium finding, but for `system:masters`, and so is
`impersonate:user-info`, which is limited to what `impersonate-on` rules allow. Users and groups have no namespace:
the right to be one, granted in one namespace alone, allows nothing.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb
See https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/5284-constrained-impersonation
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
    severity=Severity.CRITICAL,
    dialects=("kubernetes",),
    aliases=(
        Alias("trivy:KSV-0043", "resource:groups"),
        Alias("checkov:CKV2_K8S_3", ("resource:users", "resource:groups", "resource:serviceaccounts")),
        "kubescape:C-0065",
        "kubescape:C-0191",
        "cis-k8s:5.1.8",
    ),
    cwe=(269, 290),
)


@check.on("Granted")
def as_others(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, kinds, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity, names_lower=not power.full),
            evidence=evidence(granted, power),
            kinds=kinds(granted),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
