"""A role that can approve certificates for the cluster.

A certificate that is signed for the API server's clients says who its holder is: any user, in any group,
`system:masters` among them. It can't be revoked.

To fix: name the signer, so that only certificates of one use can be approved:

    - apiGroups: [certificates.k8s.io]
      resources: [signers]
      verbs: [approve]
      resourceNames: [example.com/serving]

Both halves are needed: `approve` on signers, and writing `certificatesigningrequests/approval`. Neither has a
namespace: granted in one alone, they allow nothing.

See https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#csrs-and-certificate-issuing
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
    aliases=("checkov:CKV_K8S_156", "kubescape:C-0280", "cis-k8s:5.1.11"),
    cwe=(250, 295),
    covered_by=("wildcard-rbac",),
)


@check.on("Granted")
def approves(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import approval, told

    for rule, power in approval(granted.role.rules) if granted.role.reported else ():
        if rule is granted.rule:
            from hullcheck.model import rights

            yield check.finding(
                granted,
                told(granted, power),
                at=power.word.location,
                severity=granted.severity(power.severity),
                evidence=("signers", *sorted(word.text for word in rule.names)),
                related=granted.related,
                extent=rights.granted(granted, power),
            )
