"""A binding for the group `system:masters`.

Whoever is in that group may do everything, past RBAC: the API server doesn't ask. A binding adds nothing, so it is
there because somebody means to use the group; membership comes with a client certificate that can't be taken back.

To fix: bind the people who need it, through a group of your own that can be emptied:

    subjects:
      - kind: Group
        name: platform-admins
        apiGroup: rbac.authorization.k8s.io

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
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
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("trivy:KSV-0123", "kubescape:C-0246", "cis-k8s:5.1.7"),
    cwe=(250,),
)


@check.on("Bound")
def for_masters(bound: Bound) -> Iterator[Finding]:
    for subject in bound.binding.subjects:
        if subject.kind == "Group" and subject.name == "system:masters":
            from hullcheck.model import rights

            yield check.finding(
                bound,
                f"{bound.binding.described} names the group `system:masters`, which may do everything without it",
                at=subject.location,
                evidence=(subject.name,),
                extent=rights.to(bound, subject.name),
            )
