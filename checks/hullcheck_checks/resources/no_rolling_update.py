"""A Deployment behind a Service that is stopped before its next version starts.

With the strategy `Recreate` there is nothing to serve requests during each update, so security updates wait for a quiet
hour.

To fix: let the new pods start first:

    strategy:
      type: RollingUpdate

Where a volume can be mounted by one pod only, `Recreate` is right and not reported.

See https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.availability import Availability

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:no-rolling-update-strategy",
        "kube-score:deployment-strategy",
        "kubescape:C-0305",
    ),
    cwe=(400,),
)


@check.on("Availability")
def stopped(available: Availability) -> Iterator[Finding]:
    if available.strategy.value != "Recreate" or available.served is None or available.claims:
        return
    yield check.finding(
        available.workload,
        f"{available.workload.described} is behind a Service and is stopped before each update",
        at=available.strategy.location,
        related=(Related(available.served, "this Service sends it traffic"),),
    )
