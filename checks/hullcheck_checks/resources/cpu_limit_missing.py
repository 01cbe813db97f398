"""A container that may use all of its host's processor time.

Others on the host get slower while it works. It isn't stopped, and neither are they: that is why many teams leave
processors to the scheduler's shares, and why this check is off.

To fix: limit it:

    services:
      web:
        cpus: 1.5

and in Kubernetes:

    resources:
      limits: {cpu: "1"}

In Kubernetes a limit throttles even on an idle node; a request alone already gives each its share.

See https://docs.docker.com/engine/containers/resource_constraints/
See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("compose", "kubernetes"),
    aliases=(
        "compose-lint:CL-0026",
        Alias("kics:6b610c50-99fb-4ef0-a5f3-e312fd945bc3", dialects=("compose",)),
        "kube-score:container-resources",
        "trivy:KSV-0011",
        "checkov:CKV_K8S_11",
        Alias("kics:4ac0e2b7-d2d2-4af7-8799-e8de6721ccda", dialects=("kubernetes",)),
        "polaris:cpuLimitsMissing",
        "kubescape:C-0009",
        "kubescape:C-0050",
        "kubescape:C-0270",
        "cis-docker:5.12",
    ),
    cwe=(400, 770),
    default=False,
)


@check.on("Container")
def unlimited(container: Container) -> Iterator[Finding]:
    limits = container.limits
    ends = container.short_lived or container.role in ("init", "ephemeral")
    if container.complete and not ends and limits is not None and limits.cpu.absent:
        yield check.finding(container, f"{container.described} has no CPU limit")
