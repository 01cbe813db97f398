"""A data store that every pod of the cluster can connect to.

What holds the data is what an attacker inside is after. If any pod can reach it, one broken service is enough, however
little it has to do with the data: what is left between the two is a password.

To fix: let in what uses it, on its port:

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: db
      namespace: shop
    spec:
      podSelector:
        matchLabels: {app: db}
      policyTypes: [Ingress]
      ingress:
        - from:
            - podSelector:
                matchLabels: {app: api}
          ports:
            - {port: 5432}

Data stores are known by their images, else by the ports that they declare; `datastores` in the configuration adds
more. Where there are no policies at all, it is shown on request only, since no-network-policies says the rest.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import Reach

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("kubescape:C-0260",),
    cwe=(923, 653),
)


@check.on("Reach")
def within_reach(reach: Reach) -> Iterator[Finding]:
    if not reach.endpoint.data or reach.endpoint.host_network or not reach.endpoint.complete:
        return
    for network, number in reach.places[:1]:
        others = len(network.endpoints) - 1
        from hullcheck.model.network.review import open_rules, reached_by_all

        if others < 2 or not reached_by_all(network, number):
            continue
        from hullcheck.model.network.policy import Direction

        rules = open_rules(network, number, Direction.INGRESS)
        if network.scope.approximate and not rules:  # what confines it may be in what isn't known
            continue
        why = f"`{rules[0].policy.object.name}` admits all" if rules else "no policy confines it"
        from hullcheck.model.network.extents import by_pods

        yield check.finding(
            reach,
            f"every pod can connect to `{reach.endpoint.name}` ({reach.endpoint.data}): {why}",
            severity=None if network.scope.policies else Severity.INFO,
            extent=by_pods(network, number),
            related=(Related(r.rule.location, f"this rule of `{r.policy.object.name}` admits all") for r in rules[:3]),
        )
        return
