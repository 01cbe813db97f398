"""A change after which no policy confines a workload that was confined.

A policy is deleted, its selector or the workload's labels change by a letter, `policyTypes` loses an entry: the
workload is open, and nothing that is left says so. What isn't there can't be seen in a review.

To fix: keep a policy that selects the workload:

    spec:
      podSelector:
        matchLabels: {app: api}     # the labels of the pod template
      policyTypes: [Ingress]

Reported only where a change is compared with its base (`--diff-base`), at the workload, with the policies that
confined it; once for all that the same policies confined. For a data store it is a high finding.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.network.parts import IsolationLost
from hullcheck.model.network.policy import Direction

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(653,),
)


@check.on(IsolationLost)
def open_again(lost: IsolationLost) -> Iterator[Finding]:
    ingress, first = lost.direction is Direction.INGRESS, lost.endpoints[0]
    many = len(lost.endpoints) > 1
    names = ", ".join(f"`{endpoint.name}`" for endpoint in lost.endpoints[:3])
    names += f" and {len(lost.endpoints) - 3} more" if len(lost.endpoints) > 3 else ""
    verb = ("accept" if many else "accepts") + " connections from every pod" if ingress else "can connect to anywhere"
    gone = ", ".join(f"`{name}` ({place.path}:{place.line})" for name, place in lost.gone[:3])
    known = "" if lost.certain else " (as far as is known)"
    yield check.finding(
        lost,
        f"after this change {names} {verb}, confined by {gone} before{known}",
        severity=None if ingress and first.data else Severity.MEDIUM if ingress else Severity.LOW,
        evidence=(lost.direction.value, *(name for name, _ in lost.gone)),
        related=(Related(endpoint.location, f"`{endpoint.name}` is open, too") for endpoint in lost.endpoints[1:6]),
    )
