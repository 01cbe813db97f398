"""A role that can talk to the kubelets through the API server.

`nodes/proxy` reaches every endpoint of the kubelet, among them the one that runs commands in any pod of the node.
What is done there is neither admitted nor written to the audit log.

To fix: metrics need less:

    - apiGroups: [""]
      resources: [nodes/metrics, nodes/stats]
      verbs: [get]

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes
See https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix, replace
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted, Word

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "trivy:KSV-0047",
        "checkov:CKV2_K8S_2",
        "kubescape:C-0279",
        "cis-k8s:5.1.10",
    ),
    cwe=(250, 269),
    fixable="unsafe",
)


@check.on("Granted")
def past_the_audit(granted: Granted) -> Iterator[Finding]:
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
            fix=_less(granted, power.word),
        )


def _less(granted: Granted, word: Word) -> Fix | None:
    """What metrics need."""
    if word.text != "nodes/proxy":
        return None
    if any(other.text == "nodes/metrics" for other in granted.rule.resources):
        return fix("leave it out", delete(word.location), safe=False)
    return fix("grant nodes/metrics instead", replace(word.location, "nodes/metrics"), safe=False)
