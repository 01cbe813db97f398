"""A Service that can be reached from outside the cluster.

A LoadBalancer and a NodePort put pods where everybody can try them. For a front end that is its purpose, so it is shown
on request only. `externalIPs` is another matter: whoever may write a Service can claim any address with it, and gets
the cluster's traffic for that address (CVE-2020-8554).

To fix: use `ClusterIP`, and let an Ingress or a Gateway lead to what is meant to be public:

    apiVersion: v1
    kind: Service
    metadata:
      name: api
    spec:
      type: ClusterIP
      selector: {app: api}
      ports:
        - {port: 80, targetPort: 8080}

Data stores and consoles that are exposed have checks of their own.

See https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import addresses, extent
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import ServiceUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        Alias("kube-linter:exposed-services", ("LoadBalancer", "NodePort")),
        Alias("kube-score:service-type", "NodePort"),
        Alias("trivy:KSV-0108", "externalIPs"),
        Alias("kics:845acfbe-3e10-4b8e-b656-3b404d36dfb2", "NodePort"),
        Alias("kics:26763a1c-5dda-4772-b507-5fca7fb5f165", "LoadBalancer"),
        "kubescape:C-0021",
        "kubescape:C-0256",
        "kubescape:C-0266",
    ),
    cwe=(668,),
)


@check.on("ServiceUse")
def from_outside(use: ServiceUse) -> Iterator[Finding]:
    service = use.service
    if service.external_ips:
        yield check.finding(
            use,
            f"Service `{service.object.name}` claims the addresses {', '.join(service.external_ips[:3])}",
            at=service.external_ips_location,
            evidence=("externalIPs",),
            extent=extent(addresses=addresses(service.external_ips)),
        )
    if service.type not in ("LoadBalancer", "NodePort"):
        return
    limited = service.internal or any(span not in ("0.0.0.0/0", "::/0") for span in service.ranges)
    from hullcheck.model.network.extents import offered

    yield check.finding(
        use,
        f"Service `{service.object.name}` is of type {service.type}{', limited to some addresses' if limited else ''}",
        at=service.type_location,
        severity=Severity.INFO,
        evidence=(service.type,),
        extent=offered(service),
    )
