"""A container that keeps the capabilities which its runtime gives to all.

Among them are changing the owner of any file, forging packets and making device nodes. Nearly no program needs one of
them, and an attacker who gets root in the container starts with all.

To fix: drop all, and add back the ones that are missed:

    services:
      web:
        cap_drop: [ALL]
        cap_add: [NET_BIND_SERVICE]

This is an item of `hardening-missing`, unless it is selected by its name. The capabilities of a privileged container
can't be dropped, and on Windows there are none.

See https://docs.docker.com/engine/security/#linux-kernel-capabilities
See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix, put
from hullcheck.model.hardening import capability_parts, keeps_capabilities
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
        Alias("compose-lint:CL-0006", "ALL"),
        Alias("kics:ce76b7d0-9e77-464d-b86f-c5c48e03e22d", dialects=("compose",)),
        Alias("kube-linter:drop-net-raw-capability", "NET_RAW"),
        Alias("trivy:KSV-0003", "ALL"),
        Alias("trivy:KSV-0004", "none dropped"),
        Alias("trivy:KSV-0106", "ALL"),
        Alias("checkov:CKV_K8S_28", "NET_RAW"),
        Alias("checkov:CKV_K8S_37", "ALL"),
        Alias("kics:268ca686-7fb7-4ae9-b129-955a2a89064e", "none dropped", dialects=("kubernetes",)),
        Alias("kics:dbbc6705-d541-43b0-b166-dd4be8208b54", "NET_RAW", dialects=("kubernetes",)),
        "polaris:insecureCapabilities",
        Alias("pss:capabilities_restricted", "ALL"),
        "cis-docker:5.4",
        Alias("cis-k8s:5.2.8", "NET_RAW"),
        Alias("cis-k8s:5.2.10", "ALL"),
    ),
    cwe=(250,),
    fixable="unsafe",
    grouped=True,
)

_PATHS = {"compose": ("cap_drop",), "kubernetes": ("securityContext", "capabilities", "drop")}


@check.on("Container")
def kept(container: Container) -> Iterator[Finding]:
    if keeps_capabilities(container):
        yield check.joint(
            container,
            f"{container.described} doesn't drop the capabilities that it is given",
            capability_parts(container),
            fix=fix("drop all capabilities", put(container.location, _PATHS[container.dialect], ("ALL",)), safe=False),
        )
