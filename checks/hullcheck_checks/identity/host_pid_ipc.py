"""A container that shares the host's processes or its memory between processes.

In the host's process namespace it sees every process, their environment with its secrets, and may signal those of its
user; as root it enters them. In the host's IPC namespace it reads and writes the shared memory of others.

To fix: leave it out:

    services:
      web:
        image: acme/web:1

Sharing with one other container outside of the file (`pid: "container:NAME"`) is shown on request. Agents that watch a
node may need the host's processes: ignore the finding there, and say why.

See https://docs.docker.com/reference/compose-file/services/#pid
See https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Part, Related, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.model.node import as_str
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0010", ("processes", "shared memory")),
        Alias("kics:4f31dd9f-2cc3-4751-9b53-67e4af83dac0", "processes", dialects=("compose",)),
        Alias("kics:baa3890f-bed7-46f5-ab8f-1da8fc91c729", "shared memory", dialects=("compose",)),
        Alias("kube-linter:host-ipc", "shared memory"),
        Alias("kube-linter:host-pid", "processes"),
        Alias("trivy:KSV-0008", "shared memory"),
        Alias("trivy:KSV-0010", "processes"),
        Alias("checkov:CKV_K8S_17", "processes"),
        Alias("checkov:CKV_K8S_18", "shared memory"),
        Alias("kics:302736f4-b16c-41b8-befe-c0baffa0bd9d", "processes", dialects=("kubernetes",)),
        Alias("kics:cd290efd-6c82-4e9d-a698-be12ae31d536", "shared memory", dialects=("kubernetes",)),
        Alias("polaris:hostIPCSet", "shared memory"),
        Alias("polaris:hostPIDSet", "processes"),
        "kubescape:C-0038",
        Alias("kubescape:C-0275", "processes"),
        Alias("kubescape:C-0276", "shared memory"),
        "pss:hostNamespaces",
        Alias("cis-docker:5.16", "processes"),
        Alias("cis-docker:5.17", "shared memory"),
        Alias("cis-k8s:5.2.3", "processes"),
        Alias("cis-k8s:5.2.4", "shared memory"),
    ),
    cwe=(653,),
    fixable="unsafe",
)


@check.on("Workload", needs="host_pid host_ipc")
def shared(workload: Workload) -> Iterator[Finding]:
    pairs = (("processes", workload.host_pid), ("shared memory", workload.host_ipc))
    found = [(name, field) for name, field in pairs if field is not None and field.value]
    if not found:
        return
    parts = [
        Part(name, name, (name,), place=field.location, changes=(delete(field.location),)) for name, field in found
    ]
    others = tuple(Related(field.location, f"the host's {name}") for name, field in found[1:])
    first = found[0][1]
    yield check.joint(
        workload,
        f"{workload.described} shares the host's ",
        parts,
        " and ",
        at=first.location,
        related=(*first.related, *others),
        fix=fix("leave the host's namespaces", *(delete(field.location) for _, field in found), safe=False),
    )


@check.on("ComposeProject")
def joined(project: ComposeProject) -> Iterator[Finding]:
    for service in project.services.values():
        for key in ("pid", "ipc"):
            node = service.node.get(key)
            kind, _, name = (as_str(node) or "").partition(":")
            if node is None or node.unknown or kind != "container" or project.service_of(name) is not None:
                continue
            yield check.finding(
                service,
                f"service `{service.name}` shares the `{key}` namespace of `{name}`, which is not in this project",
                at=node.location,
                severity=Severity.INFO,
                evidence=(key, name),
            )
