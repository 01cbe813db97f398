"""A role that can make tokens of service accounts.

`serviceaccounts/token` returns a token of any account it covers, with all of that account's rights: in `kube-system`
those of the controllers that run the cluster.

To fix: name the account:

    - apiGroups: [""]
      resources: [serviceaccounts/token]
      verbs: [create]
      resourceNames: [deployer]

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request
See https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
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
        "kubescape:C-0282",
        "cis-k8s:5.1.13",
    ),
    cwe=(250, 269),
)


@check.on("Granted")
def makes_tokens(granted: Granted) -> Iterator[Finding]:
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
