"""A binding for a namespace's default service account.

Every pod that doesn't say otherwise runs as `default`, so that every pod of the namespace has the right, also those
that are added later and know nothing of it.

To fix: give the program that needs it an account of its own:

    spec:
      serviceAccountName: collector

and bind that. A role with one of the powers that are reported by themselves (`rbac-exec`, `rbac-secrets-access`, ...)
makes it high.

See https://kubernetes.io/docs/concepts/security/service-accounts/
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
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
    aliases=("checkov:CKV_K8S_42", "kubescape:C-0225", "kubescape:C-0239", "cis-k8s:5.1.5"),
    cwe=(250, 276),
)


@check.on("Bound")
def for_default(bound: Bound) -> Iterator[Finding]:
    binding = bound.binding
    for subject in binding.subjects:
        account = subject.account
        if account is None or account[1] != "default":
            continue
        from hullcheck.model.powers import strongest
        from hullcheck.model.rbac import STRONG

        strong = binding.role_name in STRONG or strongest(bound) >= Severity.MEDIUM
        where = f" of namespace `{account[0]}`" if account[0] else ""
        from hullcheck.model import rights
        from hullcheck.model.rbac import held_by

        yield check.finding(
            bound,
            f"{binding.described} gives `{binding.role_name}` to the default service account{where}",
            at=subject.location,
            severity=None if strong else Severity.MEDIUM,
            evidence=(account[0], binding.role_name),
            related=held_by(bound.holders),
            extent=rights.whole(bound, subject.name),
        )
