"""A policy that names a Service's port where the pods' port is needed.

A policy is asked after the Service has been resolved: what counts is the port that the container listens on, not the
one that the Service offers. A rule for the Service's port admits a port on which nothing listens, and denies the real
one.

To fix: write the `targetPort`, or the port's name:

    # Service
    ports:
      - {port: 80, targetPort: 8080}
    # NetworkPolicy
    ingress:
      - ports:
          - {port: 8080}

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Edit, Finding, Fix, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(684,),
    fixable="unsafe",
)


@check.on("PolicyUse")
def not_the_pods(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.review import service_ports

    for found in service_ports(use):
        text = f'"{found.target}"' if use.policy.plugin else str(found.target)
        edit = Edit(found.port.location, text)
        yield check.finding(
            use,
            f"port {found.port.first} is that of Service `{found.service}`; its pods listen on {found.target}",
            at=found.port.location,
            evidence=(found.direction.value, str(found.port.first)),
            related=(Related(found.workload.location, f"`{found.workload.name}` is behind that Service"),),
            fix=Fix(f"write the pods' port, {found.target}", (edit,), safe=False),
        )
