"""A selector that is null, and so isn't there.

`namespaceSelector:` with nothing behind it is a null, which the API drops: the peer is then about pods of the policy's
own namespace. `namespaceSelector: {}` means all namespaces. The two are a pair of braces apart, and a policy that
seems to let in the monitoring of every namespace lets in nothing, or one that seems narrow isn't.

To fix: say which namespaces are meant, or take the key out:

    ingress:
      - from:
          - namespaceSelector: {}
            podSelector:
              matchLabels: {app: prometheus}

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
    aliases=("cyclonus:CheckSourceMissingNamespace",),
    cwe=(697,),
)

_MEANING = {
    "namespaceSelector": "only pods of the policy's own namespace are meant",
    "podSelector": "all pods of those namespaces are meant",
}


@check.on("PolicyUse")
def null(use: PolicyUse) -> Iterator[Finding]:
    from hullcheck.model.network.policy import Direction

    for direction in Direction:
        for rule in use.policy.rules(direction):
            for peer in rule.peers or ():
                for key in peer.nulls:
                    if key in _MEANING and (peer.pods is not None or peer.namespaces is not None):
                        yield check.finding(
                            use,
                            f"`{key}` of a peer in `{use.policy.object.name}` is null: {_MEANING[key]}",
                            at=peer.location,
                            severity=Severity.LOW if key == "podSelector" else None,
                            evidence=(direction.value, str(rule.number), key),
                        )
