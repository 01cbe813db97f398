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

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.rbac import LegacyAccount

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("kube-linter:deprecated-service-account-field", "kubescape:C-0294"),
    cwe=(477,),
)


@check.on(LegacyAccount)
def old_name(account: LegacyAccount) -> Iterator[Finding]:
    differs = f", while `serviceAccountName` says `{account.other}`" if account.other else ""
    yield check.finding(
        account,
        f"{account.workload.described} names `{account.name}` by the deprecated `serviceAccount`{differs}",
        evidence=(account.name, account.other),
    )
