"""A binding that comes to nothing.

The role isn't there, or the account isn't, or the API server refuses the binding: whoever relies on it finds out when
something fails, and whoever creates the missing role later hands out rights that nobody reviewed together.

To fix: correct the name, or remove the binding:

    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: ClusterRole
      name: pod-reader

Built-in roles are known. A role that may come with a chart or an operator is a note, unless one of nearly that name
is here. An account counts as missing only if its namespace is declared here.

See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#hardening
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Bound

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("kube-linter:dangling-role-binding",),
    cwe=(732,),
)


@check.on("Bound")
def to_nothing(bound: Bound) -> Iterator[Finding]:
    if not bound.problem:
        return
    only_absent = bound.problem.endswith("isn't here")
    yield check.finding(
        bound,
        f"{bound.binding.described}: {bound.problem}",
        at=bound.binding.role_place if "isn't here" in bound.problem else None,
        severity=Severity.INFO if only_absent else None,
        evidence=(bound.problem,),
    )
