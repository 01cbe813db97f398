"""A role that can read every Secret.

Secrets hold the passwords of databases, the keys of certificates and the tokens of service accounts: who reads those
has the rights of all of them. `list` and `watch` return the contents as well as `get`.

To fix: name the ones that are needed:

    - apiGroups: [""]
      resources: [secrets]
      verbs: [get]
      resourceNames: [db]

A rule with names is fine. Writing without reading is low.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets
See https://kubernetes.io/docs/concepts/security/secrets-good-practices/
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
        Alias(
            "kube-linter:access-to-secrets",
            "resource:secrets",
            ("get", "list", "delete", "create", "watch", "every verb"),
        ),
        Alias("trivy:KSV-0041", "ClusterRole", "resource:secrets"),
        Alias("trivy:KSV-0046", "ClusterRole", "every resource"),
        Alias("trivy:KSV-0112", "Role", "every resource"),
        Alias("trivy:KSV-0113", "Role", "resource:secrets"),
        Alias("checkov:CKV2_K8S_5", ("get", "list", "watch", "every verb")),
        "kubescape:C-0015",
        "kubescape:C-0186",
        Alias("cis-k8s:5.1.2", ("get", "list", "watch", "every verb")),
    ),
    cwe=(250, 522),
    covered_by=("wildcard-rbac",),
)


@check.on("Granted")
def reads_secrets(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, kinds, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity),
            evidence=evidence(granted, power),
            kinds=kinds(granted),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
