"""A container without the hardening that nearly every container can have.

None of this is a hole by itself. Each item takes away something that an attacker needs after the first step: a
capability, a system call, a setuid program, a place to write a tool to, the memory of all others.

To fix: start from this, and give back what the program misses:

    services:
      web:
        cap_drop: [ALL]
        security_opt: ["no-new-privileges:true"]
        read_only: true
        tmpfs: [/tmp]
        mem_limit: 512m

and in Kubernetes:

    securityContext:
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
      readOnlyRootFilesystem: true
      runAsNonRoot: true
      seccompProfile: {type: RuntimeDefault}

There is one such finding for each service or workload. The items are checks with names of their own: one that is
selected by name is told by itself, one that is ignored is left out here, and `--profile strict` tells each by itself.
Fragments, such as overrides and patches, are not judged, nor is what an override adds.

Of Jobs and CronJobs the user, capabilities, privileges, the seccomp profile and the token are told: what a Job writes
to its own files is gone with it, and what it may use is for its scheduler to say. Init and ephemeral containers are
left out, and services of Compose that end.

See https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html
See https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Callable, Iterator

from hullcheck.check import Check
from hullcheck.finding import Change, Finding, Fix, Severity
from hullcheck.model import hardening
from hullcheck.model.container import Container
from hullcheck.model.cures import gains_privileges, no_escalation, seccomp
from hullcheck.model.edit import fix
from hullcheck.model.settings import Settings
from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose", "kubernetes"),
    aliases=(
        "kics:610e266e-6c12-4bca-9925-1ed0cd29742b",
        "trivy:KSV-0118",
        "checkov:CKV_K8S_29",
        "checkov:CKV_K8S_30",
        "kics:8b36775e-183d-4d46-b0f7-96a6f34a723f",
        "kics:a97a340a-0063-418e-b3a1-3028941d0995",
        "polaris:linuxHardening",
        "kubescape:C-0055",
        "kubescape:C-0211",
        "cis-k8s:5.7.3",
    ),
    cwe=(250, 693),
    fixable="safe",
)

_ITEMS: tuple[tuple[str, str, Callable[[Container], bool]], ...] = (
    ("root-user-implicit", "no user is set", hardening.may_run_as_root),
    ("capabilities-not-dropped", "capabilities are kept", hardening.keeps_capabilities),
    ("privilege-escalation", "privileges may be gained", hardening.may_escalate_by_default),
    ("seccomp-not-set", "no seccomp profile", hardening.has_no_seccomp_profile),
    ("writable-root-fs", "the root file system is writable", hardening.has_writable_root),
    ("memory-limit-missing", "no memory limit", hardening.may_use_all_memory),
)


@check.on(Workload)
def missing(workload: Workload, settings: Settings) -> Iterator[Finding]:
    if not workload.complete or workload.namespace == "kube-system":
        return
    containers = [c for c in workload.containers if _is_judged(workload, c)]
    found: list[tuple[str, str, str]] = []
    for name, what, lacks in _ITEMS:
        lacking = [container.name for container in containers if settings.told_together(name) and lacks(container)]
        if lacking:
            found.append((name, what, f" ({', '.join(lacking)})" if len(lacking) < len(containers) else ""))
    if settings.told_together("token-automounted") and _mounts_default_token(workload):
        found.append(("token-automounted", "a token is mounted", ""))
    if found:
        items = ", ".join(what + who for _, what, who in found)
        names = tuple(name for name, _, _ in found)
        yield check.finding(
            workload,
            f"{workload.described} lacks hardening: {items}",
            evidence=names,
            properties={"items": names},
            fix=_safe_parts(workload, containers, names),
        )


def _is_judged(workload: Workload, container: Container) -> bool:
    """Is it there for long, or to be run again and again? Jobs are; what a pod starts with isn't."""
    job = workload.dialect == "kubernetes" and workload.ends
    return container.complete and container.role not in ("init", "ephemeral") and (job or not container.short_lived)


def _safe_parts(workload: Workload, containers: list[Container], names: tuple[str, ...]) -> Fix | None:
    """What of it keeps the behaviour."""
    changes: list[Change] = []
    for container in containers:
        if "privilege-escalation" in names and hardening.may_escalate_by_default(container):
            denied = None if gains_privileges(container) else no_escalation(container)
            changes += [denied] if denied else []
    seen = set()
    for container in containers:
        if "seccomp-not-set" in names and hardening.has_no_seccomp_profile(container):
            change = seccomp(workload, container)
            where = change.place, change.kind, change.path
            changes += [change] if where not in seen else []
            seen.add(where)
    return fix("add what keeps the behaviour", *changes, safe=True) if changes else None


def _mounts_default_token(workload: Workload) -> bool:
    """Does it get the token of the default account, which nobody has given rights to on purpose?"""
    account, token = workload.service_account, workload.automount_token
    if workload.dialect != "kubernetes" or token is None or token.unknown or token.value is False:
        return False
    return account is not None and (account.absent or account.value == "default")
