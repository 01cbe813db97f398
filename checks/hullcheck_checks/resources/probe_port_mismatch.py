"""A probe that asks a port the container doesn't have.

The kubelet can't resolve a port's name that no container port carries, so the probe fails for ever: the pod is never
ready, or is restarted in a loop. A number that isn't among the declared ports is legal, since those are for information
alone, and a note.

To fix: name one of the container's own ports:

    ports:
      - {name: http, containerPort: 8080}
    readinessProbe:
      httpGet: {path: /ready, port: http}

See https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Probe

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:liveness-port",
        "kube-linter:readiness-port",
        "kube-linter:startup-port",
    ),
    cwe=(1188,),
)


@check.on("Container")
def unanswered(container: Container) -> Iterator[Finding]:
    if container.dialect != "kubernetes" or not container.complete:
        return
    for probe in container.probes:
        port = probe.port.value if probe.port else None
        if port is not None and probe.port is not None and not _carries(container, port):
            number = port.isdecimal()
            yield check.finding(
                container,
                f"{_described(probe)} of {container.described} asks port `{port}`, which it doesn't declare",
                at=probe.port.location,
                severity=Severity.INFO if number else None,
                evidence=(probe.kind, port),
            )


def _described(probe: Probe) -> str:
    return f"the {probe.kind} probe" if probe.kind in ("liveness", "readiness", "startup") else f"the {probe.kind} hook"


def _carries(container: Container, port: str) -> bool:
    """Does the container declare the port? By number, only one that declares any can lack it."""
    if port.isdecimal():
        return not container.ports or any(p.number is None or p.number == int(port) for p in container.ports)
    return any(declared.name == port for declared in container.ports)
