"""A binding to `cluster-admin`, or to a role that equals it.

Its subjects can do anything: read every Secret, run on every node, change what anybody else may do. One pod that runs
as such an account, taken over, is the cluster taken over.

To fix: bind a role that lists what is needed, in the namespace where it is:

    kind: RoleBinding
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: Role
      name: deployer

In one namespace alone, or bound to `admin` or `edit` in the whole cluster, it is high; so is a service account that is
given a role of the cluster's own programs that reads every Secret or may `escalate`, such as `system:node`. `admin`,
`edit` and `view` by a RoleBinding are what they are for, and fine.

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
    severity=Severity.CRITICAL,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:cluster-admin-role-binding",
        "trivy:KSV-0111",
        "polaris:clusterrolebindingClusterAdmin",
        "polaris:rolebindingClusterAdminClusterRole",
        "polaris:rolebindingClusterAdminRole",
        "kubescape:C-0035",
        "kubescape:C-0185",
        "cis-k8s:5.1.1",
    ),
    cwe=(250, 269),
)


@check.on("Bound")
def bound_to_everything(bound: Bound) -> Iterator[Finding]:
    binding = bound.binding
    name = binding.role_name
    from hullcheck.model.rbac import CLUSTER_ADMIN, OF_CONTROLLERS, held_by

    everything = (binding.role_kind == "ClusterRole" and name == CLUSTER_ADMIN) or (
        bound.role is not None and bound.role.everything
    )
    broad = binding.cluster and binding.role_kind == "ClusterRole" and name in ("admin", "edit")
    if binding.cluster and binding.role_kind == "ClusterRole" and name in OF_CONTROLLERS:
        broad = any(subject.account is not None for subject in binding.subjects)
    if not binding.subjects or not (everything or broad):
        return
    whom = ", ".join(subject.described for subject in binding.subjects[:3])
    where = "in the whole cluster" if binding.cluster else "in its namespace"
    from hullcheck.model import rights

    yield check.finding(
        bound,
        f"{binding.described} makes {whom} `{name}` {where}",
        at=binding.role_place,
        severity=None if everything and binding.cluster else Severity.HIGH,
        evidence=(name, *sorted(subject.name for subject in binding.subjects)),
        related=held_by(bound.holders),
        extent=rights.whole(bound),
    )
