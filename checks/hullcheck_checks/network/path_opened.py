"""A change that opens a way to a data store, or from outside.

A line more in a policy, another type of a Service, a network more in a Compose file: each is easily read over in a
review, and each may be the line that lets everybody in. What can be reached is compared before and after the change.

To fix: if it isn't meant, narrow the line that opened it:

    ingress:
      - from:
          - podSelector:
              matchLabels: {app: api}
        ports:
          - {port: 5432}

Reported only where a change is compared with its base (`--diff-base`), at the line that opened the way, or at the
workload where a policy is gone. A way in that is limited to some addresses is a low finding, a workload more that
reaches a data store a medium one. Reaching further counts, too: a load balancer that isn't internal any more, a list of
addresses that is taken away, a rule that has come to admit every pod. A workload that may connect to more addresses is
a low finding, to all of them a medium one.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.changed import FurtherOut
    from hullcheck.model.network.parts import Opened

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes"),
    aliases=("owasp-kubernetes:K07", "owasp-docker:rule-5"),
    cwe=(923, 668),
)


@check.on("Opened")
def newly_open(opened: Opened) -> Iterator[Finding]:
    name = f"`{opened.endpoint.name}`{f' ({opened.endpoint.data})' if opened.endpoint.data else ''}"
    does = f"opens {name} to the outside" if opened.outside else f"lets {opened.sources} connect to {name}"
    known = "" if opened.certain else " (as far as is known)"
    yield check.finding(
        opened,
        f"this change {does}: {opened.connections}{f', {opened.why}' if opened.why else ''}{known}",
        severity=_severity(opened),
        evidence=(opened.sources, opened.endpoint.id, opened.connections),
        related=(Related(opened.endpoint.location, f"`{opened.endpoint.name}` is what it leads to"),),
    )


@check.on("FurtherOut")
def further_out(part: FurtherOut) -> Iterator[Finding]:
    known = "" if part.certain else " (as far as is known)"
    yield check.finding(
        part,
        f"this change lets `{part.endpoint.name}` connect to {part.whom}: {part.connections}, {part.why}{known}",
        severity=Severity.MEDIUM if part.everybody else Severity.LOW,
        evidence=("egress", part.whom, part.endpoint.id, part.connections),
        related=(Related(part.endpoint.location, f"`{part.endpoint.name}` is what may connect"),),
    )


def _severity(opened: Opened) -> Severity | None:
    if opened.limited:
        return Severity.LOW
    if opened.outside:
        return None if opened.endpoint.data else Severity.MEDIUM
    return None if opened.everyone and opened.endpoint.data else Severity.MEDIUM
