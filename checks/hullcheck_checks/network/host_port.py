"""A container port that is opened on the node itself.

With `hostPort` the node listens on the port for the pod, on all of its interfaces, past Services and often past
network policies. Whoever can reach the node can reach the pod, and only one such pod fits on a node.

To fix: take `hostPort` out, and offer the port by a Service:

    containers:
      - name: web
        ports:
          - containerPort: 8080     # no hostPort

A port bound to the node alone (`hostIP: 127.0.0.1`) is a low finding. Pods on the host's network have a check of
their own.

See https://kubernetes.io/docs/concepts/configuration/overview/#services
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Port
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "trivy:KSV-0024",
        "checkov:CKV_K8S_26",
        "kics:2b1836f1-dcce-416e-8e16-da8c71920633",
        "polaris:hostPortSet",
        "kubescape:C-0044",
        "pss:hostPorts",
        "cis-k8s:5.2.13",
    ),
    cwe=(668,),
    fixable="unsafe",
)


@check.on("Workload", needs="containers.ports")
def on_the_node(workload: Workload) -> Iterator[Finding]:
    if workload.dialect != "kubernetes" or (workload.host_network and workload.host_network.value):
        return
    for container in workload.containers:
        for port in container.ports:
            if port.published:
                from hullcheck.model.network.extents import published

                yield check.finding(
                    container,
                    f"`{container.name}` opens port {port.published} on the node",
                    at=port.location,
                    severity=Severity.LOW if _is_loopback(port) else None,
                    evidence=(str(port.published), port.protocol),
                    extent=published(port),
                    fix=fix("take `hostPort` out", delete(port.location), safe=False),
                )


def _is_loopback(port: Port) -> bool:
    return bool(port.host_ip and port.host_ip.value and port.host_ip.value.startswith("127."))
