"""A data store that can be reached from outside the cluster.

A LoadBalancer, a NodePort, an external address, a host port or an Ingress in front of a database puts it where scanners
find it within hours. From then on it is as safe as its password and its newest flaw.

To fix: keep it inside, and connect from inside, or through a tunnel that asks who you are:

    apiVersion: v1
    kind: Service
    metadata:
      name: db
    spec:
      type: ClusterIP
      selector: {app: db}
      ports:
        - {port: 5432}

Where a policy lets nobody in from outside, it isn't reported. An internal load balancer or one with
`loadBalancerSourceRanges` is a low finding, the web interface of a store behind an Ingress a medium one.

See https://owasp.org/www-project-kubernetes-top-ten/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.network import Doorway
    from hullcheck.model.network.parts import Reach

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "kubescape:C-0256",
        "kubescape:C-0266",
        Alias("kics:26763a1c-5dda-4772-b507-5fca7fb5f165", "LoadBalancer"),
        Alias("kics:845acfbe-3e10-4b8e-b656-3b404d36dfb2", "NodePort"),
        Alias("kics:69bbc5e3-0818-4150-89cc-1e989b48f23b", "Ingress"),
    ),
    cwe=(668, 923),
)

_WITH_A_WEB_INTERFACE = frozenset(
    [
        "minio",
        "vault",
        "consul",
        "rabbitmq",
        "elasticsearch",
        "influxdb",
        "neo4j",
        "couchdb",
        "weaviate",
        "qdrant",
        "clickhouse",
    ]
)


@check.on("Reach")
def from_outside(reach: Reach) -> Iterator[Finding]:
    if not reach.endpoint.data:
        return
    seen = set()
    for network, doorway in reach.doorways():
        key = (doorway.kind, doorway.via, doorway.location)
        admitted = network.admitted(doorway) & network.data_ports(doorway.workload)
        if doorway.kind == "hostNetwork" or not admitted or key in seen:
            continue
        seen.add(key)
        connections = network.universe.ports.text(admitted) + network.as_known(doorway.workload)
        from hullcheck.model.network.extents import let_in

        yield check.finding(
            reach,
            f"`{reach.endpoint.name}` ({reach.endpoint.data}) can be reached from outside by {doorway.via}: {connections}",
            at=doorway.location,
            severity=_severity(reach, doorway),
            evidence=(doorway.kind, doorway.via),
            extent=let_in(network, doorway, admitted),
            related=(Related(reach.endpoint.location, f"`{reach.endpoint.name}` holds data"),),
        )


def _severity(reach: Reach, doorway: Doorway) -> Severity | None:
    if doorway.limited:
        return Severity.LOW
    web = doorway.by_controller and reach.endpoint.data in _WITH_A_WEB_INTERFACE
    return Severity.MEDIUM if web else None
