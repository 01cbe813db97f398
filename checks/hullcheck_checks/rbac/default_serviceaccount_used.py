"""A pod that gets rights which were given to the default service account.

It doesn't name an account, its token is mounted, and a binding here gives `default` a role: perhaps nobody meant this
pod.

To fix: give the pod an account of its own, or keep the token from it:

    spec:
      serviceAccountName: web
      automountServiceAccountToken: false

A default account that nothing binds can do nothing of its own, and is fine.

See https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
See https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import together
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Identity

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("kube-linter:default-service-account", "kubescape:C-0189", "cis-k8s:5.1.5"),
    cwe=(276,),
)


@check.on("Identity")
def by_accident(identity: Identity) -> Iterator[Finding]:
    bound = [b for b in identity.bound if any(s.account is not None for s in b.binding.subjects)]
    if identity.account != "default" or not identity.mounts_token or not bound:
        return
    roles = sorted({b.binding.role_name for b in bound})
    from hullcheck.model import rights

    yield check.finding(
        identity,
        f"{identity.workload.described} runs as the default service account, which has the role `{roles[0]}` here",
        evidence=tuple(roles),
        extent=together([rights.whole(b) for b in bound]),
        related=tuple(
            Related(b.location, f"{b.binding.described} gives it `{b.binding.role_name}`") for b in bound[:3]
        ),
    )
