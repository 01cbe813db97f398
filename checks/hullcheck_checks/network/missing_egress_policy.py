"""A workload that can connect to anywhere, though its neighbours can't.

Whoever takes over a pod needs a way out: to fetch tools, to send data away, to reach the next victim or the cloud's
metadata address. Where policies close that way for some pods of a namespace, the one that was left out is the exit.

To fix: restrict what it may reach, and don't forget DNS:

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: web-egress
      namespace: shop
    spec:
      podSelector:
        matchLabels: {app: web}
      policyTypes: [Egress]
      egress:
        - to:
            - podSelector:
                matchLabels: {app: api}
        - ports:
            - {protocol: UDP, port: 53}

Reported only where some other workload of the namespace is restricted: many teams never restrict egress. `egress: []`
without `policyTypes` restricts nothing. A workload that is reached from outside the cluster is a medium finding.

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
        "kube-score:pod-networkpolicy",
        "polaris:missingNetworkPolicy",
        "kubescape:C-0030",
        "cis-k8s:5.3.2",
    ),
    cwe=(653,),
    fixable="unsafe",
)


@check.on("Isolation")
def unrestricted(isolation: Isolation) -> Iterator[Finding]:
    if isolation.egress or not isolation.namespace_restricts_egress:
        return
    if isolation.uncertain or isolation.host_network:
        return
    severity = Severity.INFO if isolation.elsewhere else Severity.MEDIUM if isolation.exposed else Severity.LOW
    elsewhere = f"; one in {isolation.elsewhere} might" if isolation.elsewhere else ""
    from hullcheck.model.network.suggest import fix, suggestions

    yield check.finding(
        isolation,
        f"`{isolation.workload.name}` can connect to anywhere: no egress policy selects it{elsewhere}",
        severity=severity,
        related=(Related(miss.policy.location, miss.why) for miss in isolation.near_misses if miss.policy.egress),
        fix=fix(isolation.network, isolation.location, suggestions(isolation.network, [isolation.number])),
    )
