"""A pod that names its service account by the deprecated field.

`serviceAccount` is an old name of `serviceAccountName`. Where both are there and differ, one of them is what somebody
reads, and the other what the cluster does.

To fix: say it once, by the name that counts:

    spec:
      serviceAccountName: web

Both with the same value, as the API server itself writes them, are fine.

See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
See https://kubernetes.io/docs/concepts/security/service-accounts/#assign-to-pod
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix, replace
from hullcheck.model.kubernetes import PodObject
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import LegacyAccount

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("kube-linter:deprecated-service-account-field", "kubescape:C-0294"),
    cwe=(477,),
    fixable="safe",
)


@check.on("LegacyAccount")
def old_name(account: LegacyAccount) -> Iterator[Finding]:
    differs = f", while `serviceAccountName` says `{account.other}`" if account.other else ""
    yield check.finding(
        account,
        f"{account.workload.described} names `{account.name}` by the deprecated `serviceAccount`{differs}",
        evidence=(account.name, account.other),
        fix=_renamed(account),
    )


def _renamed(account: LegacyAccount) -> Fix | None:
    """Under the name that counts; taken out where that is said already."""
    pod = account.workload.part
    key = pod.spec.key("serviceAccount") if isinstance(pod, PodObject) else None
    if key is None:
        return None
    if account.other:
        return fix("take it out", delete(key.location), safe=True)
    return fix("call it `serviceAccountName`", replace(key.location, "serviceAccountName"), safe=True)
