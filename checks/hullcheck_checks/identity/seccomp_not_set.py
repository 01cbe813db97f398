"""A pod for which nothing says a seccomp profile.

Unlike Docker, Kubernetes runs containers without any by default, so that all of the kernel's system calls are open to
them, those of most container escapes too.

To fix: take the runtime's own profile, for all containers of the pod:

    spec:
      securityContext:
        seccompProfile: {type: RuntimeDefault}

This is an item of `hardening-missing`, unless it is selected by its name. A kubelet with `seccompDefault` supplies the
profile by itself, which no manifest tells. `Localhost` profiles are fine, and on Windows there are none.

See https://kubernetes.io/docs/tutorials/security/seccomp/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix
from hullcheck.model.hardening import has_no_seccomp_profile
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=(
        "kube-score:container-seccomp-profile",
        "trivy:KSV-0030",
        "trivy:KSV-0104",
        "checkov:CKV_K8S_31",
        "kics:f377b83e-bd07-4f48-a591-60c82b14a78b",
        "kubescape:C-0055",
        "kubescape:C-0210",
        "pss:seccompProfile_restricted",
        "cis-k8s:5.7.2",
    ),
    cwe=(693,),
    fixable="safe",
    grouped=True,
)


@check.on("Workload")
def unset(workload: Workload) -> Iterator[Finding]:
    for container in workload.containers:
        if has_no_seccomp_profile(container):
            from hullcheck.model.cures import seccomp

            yield check.finding(
                container,
                f"{container.described} has no seccomp profile",
                fix=fix("take the runtime's own profile", seccomp(workload, container), safe=True),
            )
