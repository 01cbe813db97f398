"""A change after which no policy confines a workload that was confined.

A policy is deleted, its selector or the workload's labels change by a letter, `policyTypes` loses an entry: the
workload is open, and nothing that is left says so. What isn't there can't be seen in a review.

To fix: keep a policy that selects the workload:

    spec:
      podSelector:
        matchLabels: {app: api}     # the labels of the pod template
      policyTypes: [Ingress]

Reported only where a change is compared with its base (`--diff-base`), at the workload, with the policies that
confined it; once for all that the same policies confined. A policy that was turned into something of which nothing is
known, such as a kind or an API version that doesn't exist, confines for certain no more.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.changed import Doubtful
    from hullcheck.model.network.parts import IsolationLost

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(653,),
)


@check.on("IsolationLost")
def open_again(lost: IsolationLost) -> Iterator[Finding]:
    from hullcheck.model.network.policy import Direction

    ingress = lost.direction is Direction.INGRESS
    many = len(lost.endpoints) > 1
    names = ", ".join(f"`{endpoint.name}`" for endpoint in lost.endpoints[:3])
    names += f" and {len(lost.endpoints) - 3} more" if len(lost.endpoints) > 3 else ""
    verb = ("accept" if many else "accepts") + " connections from every pod" if ingress else "can connect to anywhere"
    gone = ", ".join(f"`{name}` ({place.path}:{place.line})" for name, place in lost.gone[:3])
    known = "" if lost.certain else " (as far as is known)"
    yield check.finding(
        lost,
        f"after this change {names} {verb}, confined by {gone} before{known}",
        evidence=(lost.direction.value, *(name for name, _ in lost.gone)),
        related=(Related(endpoint.location, f"`{endpoint.name}` is open, too") for endpoint in lost.endpoints[1:6]),
    )


@check.on("Doubtful")
def in_doubt(part: Doubtful) -> Iterator[Finding]:
    names = ", ".join(f"`{endpoint.name}`" for endpoint in part.endpoints[:3])
    names += f" and {len(part.endpoints) - 3} more" if len(part.endpoints) > 3 else ""
    gone = ", ".join(f"`{name}` ({place.path}:{place.line})" for name, place in part.gone[:3])
    now = ", ".join(f"`{name}`" for name, _ in part.now[:3])
    yield check.finding(
        part,
        f"before this change {gone} confined the {part.direction.value} of {names}; now nothing does for certain"
        f"{f': what {now} does is not known' if now else ''}",
        evidence=("doubtful", part.direction.value, *(name for name, _ in part.gone)),
        related=(Related(place, f"`{name}` may confine it") for name, place in part.now[:5]),
    )
