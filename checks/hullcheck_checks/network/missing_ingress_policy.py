"""A workload that any pod can connect to, though policies confine others.

A pod is confined only if some policy selects it. One that was forgotten, or whose labels a policy misses by a letter,
accepts connections from every pod of the cluster: an attacker inside moves on to it first.

To fix: select it in a policy of its namespace, or all of the namespace at once, and allow what is needed:

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: api
      namespace: shop
    spec:
      podSelector:
        matchLabels: {app: api}
      policyTypes: [Ingress]
      ingress:
        - from:
            - podSelector:
                matchLabels: {app: web}

Selectors are compared with the labels of the pod template. Pods on the host's network are left out, since policies
don't reach them. Where no port is declared and no Service selects the workload, the finding is low.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import Isolation

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:non-isolated-pod",
        "kube-score:pod-networkpolicy",
        "checkov:CKV2_K8S_6",
        "kics:0401f71b-9c1e-4821-ab15-a955caa621be",
        "polaris:missingNetworkPolicy",
        "kubescape:C-0030",
        "kubescape:C-0260",
        "cis-k8s:5.3.2",
    ),
    cwe=(653,),
    fixable="unsafe",
)


@check.on("Isolation")
def open_to_all(isolation: Isolation) -> Iterator[Finding]:
    if isolation.ingress or isolation.uncertain or isolation.host_network:
        return
    if isolation.workload.ends or isolation.elsewhere:
        severity = Severity.INFO
    else:
        severity = Severity.MEDIUM if isolation.served else Severity.LOW
    elsewhere = f"; one in {isolation.elsewhere} might" if isolation.elsewhere else ""
    from hullcheck.model.network.suggest import fix, suggestions

    yield check.finding(
        isolation,
        f"`{isolation.workload.name}` accepts connections from every pod: no ingress policy selects it{elsewhere}",
        severity=severity,
        related=(Related(miss.policy.location, miss.why) for miss in isolation.near_misses if miss.policy.ingress),
        fix=fix(isolation.network, isolation.location, suggestions(isolation.network, [isolation.number])),
    )
