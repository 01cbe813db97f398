"""A container that may write everywhere in its own file system.

An attacker's second step is to put a tool somewhere and run it, or to change a script that is run again. With a
read-only root file system that works only where writing was meant.

To fix: make it read-only, and name the folders that are written:

    services:
      web:
        read_only: true
        tmpfs: [/tmp, /run]

This is an item of `hardening-missing`, unless it is selected by its name. Init containers and jobs, which are there to
change things and are soon gone, are left out, and so is Windows.

See https://docs.docker.com/reference/compose-file/services/#read_only
See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix, put
from hullcheck.model.hardening import has_writable_root
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
        "compose-lint:CL-0007",
        "semgrep:yaml.docker-compose.security.writable-filesystem-service.writable-filesystem-service",
        "kube-linter:no-read-only-root-fs",
        "kube-score:container-security-context-readonlyrootfilesystem",
        "trivy:KSV-0014",
        "checkov:CKV_K8S_22",
        Alias("kics:a9c2f49d-0671-4fc9-9ece-f4e261e128d0", dialects=("kubernetes",)),
        "polaris:notReadOnlyRootFilesystem",
        "kubescape:C-0017",
        "cis-docker:5.13",
    ),
    cwe=(732,),
    fixable="unsafe",
    grouped=True,
)

_PATHS = {"compose": ("read_only",), "kubernetes": ("securityContext", "readOnlyRootFilesystem")}


@check.on("Container")
def writable(container: Container) -> Iterator[Finding]:
    if has_writable_root(container):
        yield check.finding(
            container,
            f"the root file system of {container.described} is writable",
            fix=fix("make it read-only", put(container.location, _PATHS[container.dialect], True), safe=False),
        )
