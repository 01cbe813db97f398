"""Workloads that are applied together without a single network policy.

Without policies every pod can reach every other pod of the cluster, and the world. Whoever breaks into one, by a fault
in the least important service, can try the database, the other tenants and the cloud's metadata address from there.

To fix: forbid everything in the namespace first, then allow what is needed:

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: default-deny
      namespace: shop
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]

`hullcheck map --policies` writes policies for what the repository shows to be used, as a start: a default deny, and
for each workload a policy that lets in whoever names its Service in a variable or a command line.

One finding stands for all workloads of a kustomization, or of manifests side by side. Policies of any kind count,
Cilium's and Calico's too. If policies are kept in another repository, say `policies-elsewhere: true` in the
configuration.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
See https://www.cisecurity.org/benchmark/kubernetes
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyScope

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=(
        "kubescape:C-0049",
        "kubescape:C-0054",
        "kubescape:C-0206",
        "cis-k8s:5.3.2",
    ),
    cwe=(653,),
    fixable="unsafe",
)


@check.on("PolicyScope")
def unconfined(scope: PolicyScope) -> Iterator[Finding]:
    if scope.policies or scope.approximate or not scope.workloads:
        return
    count = len(scope.workloads)
    subject = "1 workload has" if count == 1 else f"{count} workloads have"
    namespaces = ", ".join(f"`{namespace}`" for namespace in scope.namespaces[:3])
    more = len(scope.namespaces) - 3
    if more > 0:
        namespaces += f" and {more} more"
    elsewhere = f"; there are policies in {scope.policies_elsewhere}" if scope.policies_elsewhere else ""
    from hullcheck.model.network.suggest import fix, suggestions

    yield check.finding(
        scope,
        f"{subject} no network policy (namespace {namespaces}){elsewhere}",
        severity=Severity.INFO if scope.policies_elsewhere else None,
        evidence=(subject,),
        fix=fix(scope.network, scope.location, suggestions(scope.network)),
    )
