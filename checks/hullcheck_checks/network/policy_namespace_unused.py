"""A policy of a namespace in which nothing of the repository runs.

A policy is about pods of its own namespace only. One that stands in another, because `metadata.namespace` was left out
or copied, does nothing for the pods that it was written for.

To fix: put it where the pods are:

    metadata:
      name: api
      namespace: shop

Repositories that keep the policies of a whole platform are the exception; the finding is shown on request only.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
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
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("kube-linter:dangling-networkpolicy", "kubescape:C-0299"),
    cwe=(653,),
)


@check.on("PolicyUse")
def elsewhere(use: PolicyUse) -> Iterator[Finding]:
    around = use.surroundings
    if use.policy.cluster_wide or use.policy.refused or around.partial or not around.namespaces:
        return
    spaces = {policy.namespace or "default" for _, policy in use.places}
    if spaces.isdisjoint(around.namespaces) and not any(not policy.namespace for _, policy in use.places):
        found = ", ".join(f"`{name}`" for name in sorted(around.namespaces)[:3])
        yield check.finding(
            use,
            f"`{use.policy.object.name}` is in namespace `{min(spaces)}`, where nothing here runs; the workloads are in "
            f"{found}",
        )
