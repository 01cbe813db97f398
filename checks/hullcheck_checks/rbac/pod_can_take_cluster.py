"""A pod whose service account can take over the cluster.

The account has a right that is as good as all of them: `cluster-admin`, `escalate` or `bind`, impersonation, every
Secret, the kubelets, any account's token, the admission webhooks. Whoever gets to run code in the pod, through a hole
in the program or in a library, has the cluster.

To fix: see which of the lines below can go: the rule, the binding, or the account of this pod:

    spec:
      serviceAccountName: web
      automountServiceAccountToken: false

Operators that manage the cluster do need such rights: run them alone, and say so in a suppression. The finding names
the binding, the role and the rule. It is critical where the pod is privileged, too, or runs as root, else high.

See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
See https://kubernetes.io/docs/concepts/security/service-accounts/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.container import Root
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Binding, Bound, Identity
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("kubernetes",),
    aliases=("kubescape:C-0267", "kubescape:C-0272"),
    cwe=(250, 269),
)


@check.on("Identity")
def headline(identity: Identity) -> Iterator[Finding]:
    if identity.mounts_token is False and not identity.projected:
        return
    granting = [bound for bound in identity.bound if _reaches_far(bound)]
    first = next((way for bound in granting for way in _ways(bound)), None)
    if first is None:
        return
    what, related = first
    from hullcheck.model.powers import taking

    number = sum(_is_strong(bound.binding) + len(taking(bound)) for bound in granting)
    more = f" (and {number - 1} more)" if number > 1 else ""
    names = {_named(bound.binding) for bound in granting if _is_strong(bound.binding)}
    roles = {(id(bound.role), bound.binding.cluster): bound for bound in granting}
    names |= {power.what for bound in roles.values() for power in taking(bound)}
    yield check.finding(
        identity,
        f"{identity.workload.described} can take the cluster with its service account `{identity.account}`: {what}{more}",
        severity=None if _is_weak(identity.workload) else Severity.HIGH,
        evidence=(identity.account, *sorted(names)),
        related=related,
        extent=extent(rights=words(names, "name")),
    )


def _reaches_far(bound: Bound) -> bool:
    return bound.binding.cluster or bound.binding.namespace == "kube-system"


def _is_strong(binding: Binding) -> bool:
    from hullcheck.model.rbac import STRONG

    return binding.role_kind == "ClusterRole" and binding.role_name in STRONG


def _named(binding: Binding) -> str:
    return f"the role `{binding.role_name}`"


def _ways(bound: Bound) -> Iterator[tuple[str, tuple[Related, ...]]]:
    """The rights through a binding that are as good as all, with the lines that make them."""
    binding = bound.binding
    granting = Related(binding.location, f"{binding.described} grants `{binding.role_name}`")
    if _is_strong(binding):
        yield _named(binding), (granting,)
    from hullcheck.model.powers import taking

    for power in taking(bound):
        assert bound.role is not None
        role = Related(bound.role.location, f"{bound.role.described}")
        yield power.what, (granting, role, Related(power.word.location, "this rule allows it"))


def _is_weak(workload: Workload) -> bool:
    """Is it easily left: privileged, or running as root?"""
    return any((c.privileged and c.privileged.value) or c.user.root is Root.STATED for c in workload.containers)
