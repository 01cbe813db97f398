"""A change after which a namespace holds its pods to less than before.

The label `enforce` is what makes a cluster refuse a privileged pod. Taken off, or set to a lower level, it is a line in
a manifest that nobody works on, and from then on any workload of the namespace may ask for the node.

To fix: keep the label, and give what needs more a namespace of its own:

    metadata:
      name: shop
      labels:
        pod-security.kubernetes.io/enforce: restricted

Reported only where a change is compared with its base (`--diff-base`): at the label, at the namespace where it is gone,
or at a workload where the namespace's manifest is.

See https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, level
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.changed import Relaxed

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("cis-k8s:5.2.1",),
    cwe=(250, 1188),
)

_LEVELS = ("restricted", "baseline", "privileged")


@check.on("Relaxed")
def relaxed(part: Relaxed) -> Iterator[Finding]:
    after = part.after if part.after in _LEVELS else "privileged"
    yield check.finding(
        part,
        f"after this change namespace `{part.namespace}` enforces {_named(part.after)}, `{part.before}` before "
        f"({part.place.path}:{part.place.line})",
        evidence=("relaxed", part.before, part.after),
        extent=extent(level=level(after, _LEVELS)),
    )


def _named(text: str) -> str:
    return text if text == "nothing" else f"`{text}`"
