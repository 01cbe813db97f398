"""A binding for everybody who has any account.

`system:authenticated` is every user and every pod's service account, in some clouds everyone with an account of the
provider; `system:serviceaccounts` is every pod. What the role allows, the least program in the cluster can do.

To fix: name the accounts:

    subjects:
      - kind: ServiceAccount
        name: collector
        namespace: monitoring

Critical if the role can write or read Secrets, else high; one level lower for the service accounts of one namespace,
or by a RoleBinding. The roles for discovery that every cluster has are fine.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Bound, Rule

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("kubernetes",),
    aliases=("trivy:KSV-01011", "kubescape:C-0265"),
    cwe=(284, 732),
)

GROUPS = ("system:authenticated", "system:serviceaccounts")
DISCOVERY = frozenset(
    (
        "system:discovery", "system:basic-user", "system:public-info-viewer", "system:service-account-issuer-discovery",
        "system:scope-impersonation",
    )
)  # fmt: skip
WRITERS = frozenset(("cluster-admin", "admin", "edit"))


@check.on("Bound")
def for_everybody(bound: Bound) -> Iterator[Finding]:
    binding = bound.binding
    if binding.role_name in DISCOVERY:
        return
    for subject in binding.subjects:
        one_namespace = subject.name.startswith("system:serviceaccounts:")
        if subject.kind != "Group" or not (subject.name in GROUPS or one_namespace):
            continue
        level = Severity.CRITICAL if _is_strong(bound) else Severity.HIGH
        narrow = one_namespace or not binding.cluster
        from hullcheck.model import rights
        from hullcheck.model.rbac import held_by

        yield check.finding(
            bound,
            f"{binding.described} gives `{binding.role_name}` to everybody in {subject.described}",
            at=subject.location,
            severity=Severity(level - 1) if narrow else level,
            evidence=(subject.name, binding.role_name),
            related=held_by(bound.holders),
            extent=rights.whole(bound, subject.name),
        )


def _is_strong(bound: Bound) -> bool:
    """Can it write anything, or read Secrets?"""
    if bound.binding.role_kind == "ClusterRole" and bound.binding.role_name in WRITERS:
        return True
    role = bound.role
    return role is not None and role.remembered("strong", lambda: any(map(_is_strong_rule, role.rules)))


def _is_strong_rule(rule: Rule) -> bool:
    from hullcheck.model.powers import of
    from hullcheck.model.rbac import READS

    return any(word.text not in READS for word in rule.verbs) or any(of(rule, "rbac-secrets-access"))
