"""A role that can change namespaces.

The labels of a namespace decide what is admitted to it and who reaches it: Pod Security reads
`pod-security.kubernetes.io/enforce` there, and network policies select namespaces by label. Whoever can write them can
take the restriction off, and then run a privileged pod.

To fix: leave out `update` and `patch`, or name the namespaces:

    - apiGroups: [""]
      resources: [namespaces]
      verbs: [get, list, watch]

Creating and deleting aren't reported. A right in one namespace alone is about that namespace itself.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#namespace-modification
See https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K03",),
    cwe=(250, 269),
)


@check.on("Granted")
def changes_labels(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity),
            evidence=evidence(granted, power),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
