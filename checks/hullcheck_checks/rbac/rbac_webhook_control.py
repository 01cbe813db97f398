"""A role that can change what every request goes through.

A webhook sees each object as it is created, Secrets included, and a mutating one can change it: add a container, take
away a restriction. Removing one switches a policy off. An APIService says who answers the requests for a whole API
group: whoever can write one can put their own server there.

To fix: name the configuration that the program keeps:

    - apiGroups: [admissionregistration.k8s.io]
      resources: [validatingwebhookconfigurations]
      verbs: [get, patch]
      resourceNames: [example-webhook]

Writing ValidatingAdmissionPolicies or their bindings can take a restriction away and nothing more, and is medium.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks
See https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
See https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
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
        "trivy:KSV-0114",
        "checkov:CKV_K8S_155",
        "kubescape:C-0281",
        "cis-k8s:5.1.12",
    ),
    cwe=(250, 269),
    covered_by=("wildcard-rbac",),
)


@check.on("Granted")
def changes_requests(granted: Granted) -> Iterator[Finding]:
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
