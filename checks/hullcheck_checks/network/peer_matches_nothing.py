"""A rule that lets in, or out to, pods that there are none of.

A peer whose labels no pod has allows nothing. The connection that it was written for is denied, and the usual cure in
a hurry is a rule that is too wide.

To fix: ask for labels of the other side's pod template, in its namespace:

    ingress:
      - from:
          - namespaceSelector:
              matchLabels: {kubernetes.io/metadata.name: shop}
            podSelector:
              matchLabels: {app: web}

Only peers are looked at whose namespace has workloads in the repository. What clusters have anyway, such as DNS,
monitoring and ingress controllers, isn't expected to be there. A peer that nearly matches is a medium finding.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("kube-linter:dangling-networkpolicypeer-podselector",),
    cwe=(653,),
)


@check.on("PolicyUse")
def nobody(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.review import unmatched_peers

    for found in unmatched_peers(use):
        wanted = " in namespaces with ".join(
            f"`{s}`" for s in (found.peer.pods, found.peer.namespaces) if s is not None
        )
        yield check.finding(
            use,
            f"a peer of `{use.policy.object.name}` selects no workload: {found.near or wanted}",
            at=found.peer.location,
            severity=None if found.near else Severity.LOW,
            evidence=(found.direction.value, wanted),
        )
