"""A role that lets its holder give itself any right.

The API server refuses to let anyone hand out more than they have, unless they hold `escalate` (write any role) or
`bind` (bind any role). With either, one request makes them cluster admin.

To fix: take the verbs away, or name the roles that may be bound:

    - apiGroups: [rbac.authorization.k8s.io]
      resources: [clusterroles]
      verbs: [bind]
      resourceNames: [view]

Writing bindings without `bind` can only pass on what one has, and is a medium finding.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/
See https://kubernetes.io/docs/reference/access-authn-authz/rbac/
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
        Alias("trivy:KSV-0050", ("resource:roles", "resource:rolebindings"), ("escalate", "bind", "every verb")),
        Alias("trivy:KSV-0051", "rolebindings", "create"),
        Alias("trivy:KSV-0052", "clusterrolebindings", "create"),
        Alias("trivy:KSV-0055", "rolebindings", "get", "patch", "every group", never=("create",)),
        Alias("checkov:CKV2_K8S_1", ("resource:rolebindings", "resource:clusterrolebindings"), ("bind", "every verb")),
        Alias("checkov:CKV_K8S_157", ("resource:rolebindings", "resource:clusterrolebindings"), ("bind", "every verb")),
        Alias("checkov:CKV_K8S_158", ("resource:roles", "resource:clusterroles"), ("escalate", "every verb")),
        Alias("kubescape:C-0191", ("escalate", "bind", "every verb")),
        Alias("cis-k8s:5.1.8", ("escalate", "bind", "every verb")),
    ),
    cwe=(269, 250),
)


@check.on("Granted")
def any_right(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, kinds, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity, names_lower=not _names_all(granted)),
            evidence=evidence(granted, power),
            kinds=kinds(granted),
            related=granted.related,
            extent=rights.granted(granted, power),
        )


def _names_all(granted: Granted) -> bool:
    """Is it for a named role that is as good as all of them?"""
    from hullcheck.model.rbac import CLUSTER_ADMIN

    return any(word.text == CLUSTER_ADMIN for word in granted.rule.names)
