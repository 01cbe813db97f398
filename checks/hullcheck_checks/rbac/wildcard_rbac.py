"""A rule that allows everything.

`*` covers what is there today and whatever is installed tomorrow: Secrets, commands in pods, the rules of RBAC
themselves. Nobody who reviews the role can tell what it is for, and whoever takes over one pod that holds it has it
all.

To fix: list what the program asks for:

    rules:
      - apiGroups: [apps]
        resources: [deployments]
        verbs: [get, list, watch, patch]

Both verbs and resources are critical; resources alone high, or medium if they can only be read; verbs alone medium.
`pods/*` is no wildcard: it matches nothing. A wildcard over an operator's own API group is low.

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
        Alias("kube-linter:wildcard-in-rules", ("every resource", "every verb")),
        Alias("trivy:KSV-0044", "every group", "every resource", "every verb"),
        Alias("trivy:KSV-0045", "every verb", never=("every resource",)),
        Alias("trivy:KSV-0046", "ClusterRole", "every resource", never=("everything",)),
        Alias("trivy:KSV-0112", "Role", "every resource", never=("everything",)),
        Alias("checkov:CKV_K8S_49", ("every group", "every resource", "every verb")),
        "kubescape:C-0035",
        "kubescape:C-0187",
        "cis-k8s:5.1.3",
    ),
    cwe=(250, 732),
)


@check.on("Granted")
def everything(granted: Granted) -> Iterator[Finding]:
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
