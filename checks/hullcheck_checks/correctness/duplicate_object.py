"""The same object twice in what is applied together.

The later one counts, field by field what it says, and after the next change of the order it is the other. A review of
the first says nothing about what runs.

To fix: keep one, or give the second a name or namespace of its own.

Copies of an application in folders of their own, and overlays of one base, are applied one at a time and are no
finding.

See https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.references import Repeated

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-k8s:K01",),
    cwe=(694,),
)


@check.on("Repeated")
def again(repeated: Repeated) -> Iterator[Finding]:
    kind, _, name = repeated.owner.partition("/")
    same = ", and says the same" if repeated.equal else ""
    yield check.finding(
        repeated,
        f"{kind} `{name.rpartition('/')[2]}` is there a second time{same}",
        severity=Severity.INFO if repeated.equal else None,
        related=(Related(repeated.first, "the first"),),
    )
