"""A probe or hook that makes the kubelet call another host.

The kubelet does the calling, from the node's own network, past every network policy. With a `host` in it a probe
reaches what the pod can't: the cloud's metadata address, services that listen on the node's loopback, the API server.
What comes back shows in the pod's status and events.

To fix: leave `host` out; the pod's own address is asked then:

    readinessProbe:
      httpGet: {path: /healthz, port: 8080}

A header `Host` does what is mostly meant by it.

See https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("pss:hostProbesAndHostLifecycle",),
    cwe=(918,),
    fixable="unsafe",
)


@check.on("Container", needs="probes.host")
def elsewhere(container: Container) -> Iterator[Finding]:
    for probe in container.probes:
        host = probe.host
        if container.dialect != "kubernetes" or host is None or not host.value:
            continue
        yield check.finding(
            container,
            f"the {probe.kind} {'hook' if probe.kind.startswith('p') else 'probe'} of {container.described} "
            f"makes the kubelet call `{host.value}`",
            at=host.location,
            severity=None if _is_inside(host.value) else Severity.LOW,
            evidence=(probe.kind, host.value),
            fix=fix("ask the pod itself", delete(host.location), safe=False),
        )


def _is_inside(host: str) -> bool:
    """Is it an address of the node or of its network?"""
    if host.lower().rstrip(".") == "localhost":
        return True
    from ipaddress import ip_address

    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local
