"""A network policy that the API server refuses, or part of which it drops.

A refused policy doesn't exist: the pods that it was written for stay open, and nothing in the cluster says so but the
error of one `kubectl apply`. A field that the API doesn't know is refused by a strict client and silently dropped by a
lenient one, and a rule without its `from` admits everybody.

To fix: write the field as the API has it:

    spec:
      podSelector:
        matchLabels: {app: db, version: "1"}    # labels are text: quote numbers and booleans
      policyTypes: [Ingress]                    # not policyType
      ingress:
        - from:
            - ipBlock:
                cidr: 10.0.0.0/8
                except: [10.1.0.0/16]           # a part of the cidr
          ports:
            - {port: 5432, endPort: 5433}       # numbers from 1 to 65535, the second not smaller

The same holds for AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy, and for Cilium's kinds. Of
those the API accepts much that Cilium then doesn't enforce: a policy without a rule (`ingress: []` is none, `- {}` is
one that allows nothing), one with `fromEndpoints` and `fromCIDR` in the same rule.

See https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("kube-linter:schema-validation", "owasp-kubernetes:K07"),
    cwe=(1188, 653),
)


@check.on("PolicyUse")
def refused(use: PolicyUse) -> Iterator[Finding]:
    for fault in use.policy.faults:
        if fault.evidence == "removed-api":  # a check of its own
            continue
        effect = "the API refuses it" if fault.fatal else "it is refused or silently dropped"
        if use.policy.plugin:
            effect = f"{use.policy.plugin} doesn't enforce it" if fault.fatal else ""
        said = not effect or fault.message.endswith((effect, "the API refuses it"))
        message = fault.message if said else f"{fault.message}: {effect}"
        yield check.finding(
            use,
            f"policy `{use.policy.object.name}`: {message}",
            at=fault.location,
            severity=None if fault.fatal else Severity.MEDIUM,
            evidence=(fault.evidence,),
        )
