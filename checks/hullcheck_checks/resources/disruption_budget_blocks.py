"""A PodDisruptionBudget that lets no pod go.

A drain waits for ever, so the node isn't updated: kernel and kubelet keep the holes that were to be closed. Somebody
then deletes pods by hand, or the budget, under pressure.

To fix: allow one pod at a time:

    spec:
      maxUnavailable: 1

See https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.availability import Availability, Budget

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:pdb-max-unavailable",
        "kube-linter:pdb-min-available",
        "kube-score:poddisruptionbudget-has-policy",
        "polaris:pdbDisruptionsIsZero",
        "polaris:pdbMinAvailableGreaterThanHPAMinReplicas",
    ),
    cwe=(400,),
)


@check.on("Budget")
def blocking(budget: Budget) -> Iterator[Finding]:
    name = f"PodDisruptionBudget `{budget.object.name}`"
    most, least = budget.max_unavailable, budget.min_available
    if most.value in ("0", "0%"):
        message = f"{name} lets no pod go: `maxUnavailable` is {most.value}"
        yield check.finding(budget, message, at=most.location, evidence=("maxUnavailable",))
    elif least.value == "100%":
        yield check.finding(
            budget, f"{name} lets no pod go: `minAvailable` is 100%", at=least.location, evidence=("minAvailable",)
        )
    elif least.value is not None and least.value.isdecimal():
        for workload in budget.workloads:
            if (count := _pods(workload)) is not None and int(least.value) >= count:
                yield check.finding(
                    budget,
                    f"{name} lets no pod of {workload.workload.described} go: `minAvailable` is {least.value} of {count}",
                    at=least.location,
                    evidence=("minAvailable", workload.owner),
                    related=(Related(workload.replicas.location, "so many pods there are"),),
                )


def _pods(available: Availability) -> int | None:
    """How many pods there are at least; None if that isn't known."""
    said = available.autoscaler.minimum if available.autoscaler else available.replicas
    return 1 if said.absent else said.value
