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

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model import rights
from hullcheck.model.powers import evidence, of, told
from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:access-to-secrets",
        "trivy:KSV-0041",
        "trivy:KSV-0113",
        "checkov:CKV2_K8S_5",
        "kubescape:C-0015",
        "kubescape:C-0186",
        "cis-k8s:5.1.2",
    ),
    cwe=(250, 522),
)


@check.on(Granted)
def reads_secrets(granted: Granted) -> Iterator[Finding]:
    for power in of(granted.rule, check.name) if granted.role.reported else ():
        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity),
            evidence=evidence(granted, power),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
