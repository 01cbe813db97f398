"""A pod that gets a service account's token which it has no use for.

Whoever reads files in the container can talk to the API server with it: find out what runs in the cluster, and try
what any later binding allows.

To fix: keep it from the pod, or from all pods of the account:

    spec:
      automountServiceAccountToken: false

Reported where nothing here binds the account, so that the token can do nothing for the pod. An account with a binding
probably talks to the API server. Unless it is selected, it is part of `hardening-missing`, and told there for the
account `default` alone: whoever gave a pod an account of its own may well bind it elsewhere.

See https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#reduce-token-distribution
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Related, Severity
from hullcheck.model.edit import fix, put
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Identity
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=(
        "trivy:KSV-0036",
        "checkov:CKV_K8S_38",
        "checkov:CKV_K8S_41",
        "polaris:automountServiceAccountToken",
        "kubescape:C-0034",
        "kubescape:C-0053",
        "kubescape:C-0190",
        "kubescape:C-0261",
        "cis-k8s:5.1.6",
    ),
    cwe=(276, 522),
    fixable="unsafe",
    grouped=True,
)


@check.on("Identity")
def for_nothing(identity: Identity) -> Iterator[Finding]:
    if not identity.workload.complete or not identity.mounts_token or identity.bound or not identity.certain:
        return
    decided = identity.token_place
    related = () if decided == identity.place else (Related(decided, "it is mounted because of this line"),)
    yield check.finding(
        identity,
        f"{identity.workload.described} gets the token of service account `{identity.account}`, which nothing here binds",
        at=identity.workload.location,
        evidence=(identity.account,),
        related=related,
        fix=_kept_out(identity.workload),
    )


def _kept_out(workload: Workload) -> Fix | None:
    from hullcheck.model.cures import pod_place

    place = pod_place(workload)
    return fix("don't mount it", put(place, ("automountServiceAccountToken",), False), safe=False) if place else None
