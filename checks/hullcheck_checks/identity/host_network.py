"""A container in the network of its host.

It hears and sends on every interface of the host, reaches what listens on `localhost` only, and no network policy and
no Docker network keeps it apart from anything.

To fix: leave it out, and publish the ports that are needed:

    services:
      web:
        ports: ["127.0.0.1:8080:8080"]

A Compose service is there, too, through an external network whose name is `host`. Agents of a node, such as network
plugins and exporters, may need it: ignore the finding there, and say why.

See https://docs.docker.com/engine/network/drivers/host/
See https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        "compose-lint:CL-0008",
        Alias("kics:071a71ff-f868-47a4-ac0b-3c59e4ab5443", dialects=("compose",)),
        "kube-linter:host-network",
        "trivy:KSV-0009",
        "checkov:CKV_K8S_19",
        Alias("kics:6b6bdfb3-c3ae-44cb-88e4-7405c1ba2c8a", dialects=("kubernetes",)),
        "polaris:hostNetworkSet",
        "kubescape:C-0041",
        "pss:hostNamespaces",
        "cis-docker:5.10",
        "cis-k8s:5.2.5",
    ),
    cwe=(653,),
    fixable="unsafe",
)


@check.on("Workload", needs="host_network")
def shared(workload: Workload) -> Iterator[Finding]:
    field = workload.host_network
    if field is not None and field.value:
        yield check.finding(
            workload,
            f"{workload.described} uses the host's network",
            at=field.location,
            severity=Severity.MEDIUM if workload.dialect == "devcontainer" else None,
            evidence=("host",),
            related=field.related,
            fix=_leave(workload, field.location),
        )


def _leave(workload: Workload, place: Location) -> Fix | None:
    """Take the line out; not where a network of the project is the host's, and not where Windows needs it."""
    windows = workload.host_process is not None and workload.host_process.value
    if windows or (workload.dialect == "compose" and workload.part.network_mode.location != place):
        return None
    return fix("leave the host's network", delete(place), safe=False)
