"""A network policy that selects no workload.

A policy confines the pods whose labels it asks for. One whose selector no pod has confines nothing: what it was
written for is open, while everybody believes it closed. Mostly it is a letter, another key, or the wrong namespace.

To fix: ask for labels of the pod template:

    # Deployment
    template:
      metadata:
        labels: {app: api}
    # NetworkPolicy
    spec:
      podSelector:
        matchLabels: {app: api}

Selectors are compared with the workloads of the whole repository. Where nothing there is nearly right, pods may come
from elsewhere, such as an operator, and the finding is low.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import is_api_group
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:dangling-networkpolicy",
        "kube-score:networkpolicy-targets-pod",
        "trivy:KSV-0038",
        "kics:85ab1c5b-014e-4352-b5f8-d7dea3bb4fd3",
        "kubescape:C-0299",
    ),
    cwe=(653,),
)

_OWN_LABELS = ("kubernetes.io/", "helm.sh/")
_NO_LABELS = ("reserved:", "io.cilium.")
"""Keys by which Cilium's policies ask for something else than labels of pods."""


@check.on("PolicyUse")
def selects_nothing(use: PolicyUse) -> Iterator[Finding]:
    policy = use.policy
    from hullcheck.model.network.policy import Tier

    if policy.tier is not Tier.NAMESPACE or policy.opaque or policy.refused or policy.doubtful or not use.complete:
        return
    if any(requirement.key.startswith(_NO_LABELS) for requirement in policy.selector.requirements):
        return
    from hullcheck.model.network.review import selects_anything_anywhere

    if policy.selector.selects_all or not use.surroundings.endpoints or selects_anything_anywhere(use):
        return
    made_by_others = _may_be_made(use)
    space = None if policy.cluster_wide else policy.namespace or "default"
    near = "" if made_by_others else use.surroundings.neighbours.near(policy.selector, space)
    if use.surroundings.partial and not near:
        return
    made_by_others = made_by_others or any(
        "/" in r.key and not any(d in r.key for d in _OWN_LABELS) for r in policy.selector.requirements
    )
    lower = Severity.INFO if made_by_others else Severity.LOW
    yield check.finding(
        use,
        f"`{policy.object.name}` selects no workload (`{policy.selector}`){f': {near}' if near else ''}",
        at=policy.key_location("endpointSelector" if policy.plugin else "podSelector") if near else None,
        severity=None if near else lower,
    )


def _may_be_made(use: PolicyUse) -> bool:
    """Are there custom resources that make pods, whose labels nobody but their operator knows?

    One of the name that is asked for, such as a HelmRelease, surely does.
    """
    values = {value for r in use.policy.selector.requirements for value in r.values}
    makers = {name for network, _ in use.places for name in network.scope.makers}
    if any(value == name or value.startswith(f"{name}-") for value in values for name in makers):
        return True
    ends = (end for network, _ in use.places for end in network.endpoints)
    return any(not end.complete and end.object is not None and not is_api_group(end.object.group) for end in ends)
