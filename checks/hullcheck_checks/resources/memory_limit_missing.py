"""A container that may use all of its host's memory.

One leak, or one request that makes it grow, and the kernel kills whatever it finds: the database next to it, the agent
that would have raised the alarm.

To fix: limit it to some times what it needs:

    services:
      web:
        mem_limit: 512m

and in Kubernetes:

    resources:
      limits: {memory: 512Mi}

A limit of 0 is none, and a reservation is no limit. This is an item of `hardening-missing`, unless it is selected by
its name. Init containers and what runs to an end are left out.

See https://docs.docker.com/engine/containers/resource_constraints/
See https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.hardening import may_use_all_memory
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose", "kubernetes"),
    aliases=(
        "compose-lint:CL-0026",
        Alias("kics:bb9ac4f7-e13b-423d-a010-c74a1bfbe492", dialects=("compose",)),
        "kube-linter:unset-memory-requirements",
        "kube-score:container-resources",
        "trivy:KSV-0018",
        "checkov:CKV_K8S_13",
        Alias("kics:b14d1bc4-a208-45db-92f0-e21f8e2588e9", dialects=("kubernetes",)),
        "polaris:memoryLimitsMissing",
        "kubescape:C-0004",
        "kubescape:C-0009",
        "kubescape:C-0271",
        "cis-docker:5.11",
    ),
    cwe=(400, 770),
    grouped=True,
)


@check.on("Container")
def unlimited(container: Container) -> Iterator[Finding]:
    if may_use_all_memory(container):
        yield check.finding(container, f"{container.described} has no memory limit")
