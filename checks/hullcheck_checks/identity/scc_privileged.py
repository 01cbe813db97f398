"""A security context constraint of OpenShift that lets pods be privileged.

Where OpenShift admits pods, an SCC says what they may be, and `use` on one who may be it. With `privileged`, a pod can
do everything to its node; a service account that may use it needs no other right.

To fix: use the one that is made for the need, for one account:

    - apiGroups: [security.openshift.io]
      resources: [securitycontextconstraints]
      resourceNames: [nonroot-v2]
      verbs: [use]

An own SCC with `allowPrivilegedContainer: true` is high, and so is `use` on every SCC, on `privileged`, and on those
that mount the host (`hostaccess`, `hostmount-anyuid`); `anyuid` and `hostnetwork` are medium. One level lower where
nothing here binds the role.

See https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html
See https://docs.kubelinter.io/#/generated/checks?id=scc-deny-privileged-container
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.node import as_bool
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import KubernetesObject
    from hullcheck.model.rbac import Bound, Granted, Rule

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("kube-linter:scc-deny-privileged-container",),
    cwe=(250, 269),
)

GROUP = "security.openshift.io"
ROLE = "system:openshift:scc:"
SEVERITIES = {
    "privileged": Severity.HIGH,
    "hostaccess": Severity.HIGH,
    "hostmount-anyuid": Severity.HIGH,
    "hostmount-anyuid-v2": Severity.HIGH,
    "anyuid": Severity.MEDIUM,
    "hostnetwork": Severity.MEDIUM,
    "hostnetwork-v2": Severity.MEDIUM,
}


@check.on("KubernetesObject")
def allows_it(made: KubernetesObject) -> Iterator[Finding]:
    allowed = made.node.get("allowPrivilegedContainer")
    if made.kind == "SecurityContextConstraints" and made.group == GROUP and as_bool(allowed):
        message = f"SecurityContextConstraints `{made.name}` lets pods be privileged"
        yield check.finding(made, message, at=allowed.location, evidence=(made.name,))


@check.on("Granted")
def may_use(granted: Granted) -> Iterator[Finding]:
    rule = granted.rule
    word = rule.grants(GROUP, ("securitycontextconstraints",), ("use",))
    severity = _severity(rule)
    if word is None or word.text == "*" or severity is None or not granted.role.reported:
        return
    from hullcheck.model.powers import Power, evidence, told

    power = Power(check.name, word, severity, "using security context constraints")
    from hullcheck.model import rights

    yield check.finding(
        granted,
        told(granted, power),
        at=word.location,
        severity=severity if granted.bindings else Severity(severity - 1),
        evidence=evidence(granted, power),
        related=granted.related,
        extent=rights.granted(granted, power),
    )


def _severity(rule: Rule) -> Severity | None:
    """How bad the worst of the SCCs is that may be used."""
    found = [SEVERITIES[word.text] for word in rule.names if word.text in SEVERITIES]
    return max(found, default=None) if rule.names else Severity.HIGH


@check.on("Bound")
def by_the_role_of_the_cluster(bound: Bound) -> Iterator[Finding]:
    binding = bound.binding
    name = binding.role_name.removeprefix(ROLE)
    if not binding.role_name.startswith(ROLE) or name not in SEVERITIES or not binding.subjects:
        return
    whom = ", ".join(subject.described for subject in binding.subjects[:3])
    from hullcheck.model import rights
    from hullcheck.model.rbac import held_by

    yield check.finding(
        bound,
        f"{binding.described} lets {whom} use the security context constraint `{name}`",
        at=binding.role_place,
        severity=SEVERITIES[name],
        evidence=(name, *sorted(subject.name for subject in binding.subjects)),
        related=held_by(bound.holders),
        extent=rights.whole(bound),
    )
