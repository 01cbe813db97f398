"""Two peers where one was meant: pods *or* a namespace, instead of pods *in* a namespace.

Each dash of a `from` or `to` list is a peer of its own, and either will do. A namespace behind one dash and pods behind
the next admit every pod of that namespace, and pods of the policy's own namespace, of which here there are none.

To fix: make one peer of the two, by taking out the second dash:

    ingress:
      - from:
          - namespaceSelector:
              matchLabels: {kubernetes.io/metadata.name: monitoring}
            podSelector:
              matchLabels: {app: prometheus}

Reported only where the pods are not in the policy's own namespace and are in the other one.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(697, 653),
)


@check.on("PolicyUse")
def either(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.review import split_peers

    for found in split_peers(use):
        spaces, pods = (found.first, found.second) if found.first.namespaces else (found.second, found.first)
        yield check.finding(
            use,
            f"`{use.policy.object.name}` admits every pod of namespaces with `{spaces.namespaces}`, not only "
            f"`{pods.pods}` in them: these are two peers",
            at=found.second.location,
            evidence=(found.direction.value, str(found.rule.number), str(pods.pods)),
            related=(Related(found.example.location, f"`{found.example.name}` is what both peers together select"),),
        )
