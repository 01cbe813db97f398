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

from __future__ import annotations

from collections.abc import Callable, Iterator

from hullcheck.check import Check
from hullcheck.finding import Change, Finding, Part, Severity
from hullcheck.model import hardening
from hullcheck.model.edit import fix
from hullcheck.terms import Alias
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container
    from hullcheck.model.settings import Settings
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose", "kubernetes"),
    aliases=(
        Alias("trivy:KSV-0118", related=True),
        Alias("checkov:CKV_K8S_29", related=True),
        Alias("checkov:CKV_K8S_30", related=True),
        Alias("kics:8b36775e-183d-4d46-b0f7-96a6f34a723f", related=True),
        Alias("kics:a97a340a-0063-418e-b3a1-3028941d0995", related=True),
        Alias("polaris:linuxHardening", related=True),
        Alias("kubescape:C-0055", related=True),
        Alias("kubescape:C-0211", related=True),
        Alias("cis-k8s:5.7.3", related=True),
    ),
    cwe=(250, 693),
    fixable="safe",
    gathered="services and workloads lack hardening; `--profile strict` tells what each lacks",
)


_UNSAID = (Part(words=("unsaid",)),)


class _Item(NamedTuple):
    """A check that is told here, what it is told as, whether a container lacks it, and what that rests on."""

    check: str
    text: str
    lacks: Callable[[Container], bool]
    parts: Callable[[Container], tuple[Part, ...]] = lambda container: _UNSAID


_ITEMS = (
    _Item("root-user-implicit", "no user is set", hardening.may_run_as_root),
    _Item(
        "capabilities-not-dropped",
        "capabilities are kept",
        hardening.keeps_capabilities,
        hardening.capability_parts,
    ),
    _Item("privilege-escalation", "privileges may be gained", hardening.may_escalate_by_default),
    _Item("seccomp-not-set", "no seccomp profile", hardening.has_no_seccomp_profile),
    _Item("writable-root-fs", "the root file system is writable", hardening.has_writable_root),
    _Item("memory-limit-missing", "no memory limit", hardening.may_use_all_memory),
)


@check.on("Workload")
def missing(workload: Workload, settings: Settings) -> Iterator[Finding]:
    if not workload.complete or workload.namespace == "kube-system":
        return
    containers = [c for c in workload.containers if _is_judged(workload, c)]
    found: list[Part] = []
    for item in _ITEMS:
        lacking = [c for c in containers if item.lacks(c)] if settings.told_together(item.check) else []
        if not lacking:
            continue
        who = f" ({', '.join(c.name for c in lacking)})" if len(lacking) < len(containers) else ""
        changes = _changes(item.check, workload, lacking)
        parts = item.parts(lacking[0])
        if len(lacking) > 1:
            parts = tuple(dict.fromkeys(part for container in lacking for part in item.parts(container)))
        for part in parts:
            found.append(Part(item.check, item.text + who, part.words, item.check, part.place, changes))
            changes = ()
    if settings.told_together("token-automounted") and _mounts_default_token(workload):
        found.append(Part("token-automounted", "a token is mounted", (), "token-automounted"))
    if found:
        safe = tuple(change for part in found for change in part.changes)
        yield check.joint(
            workload,
            f"{workload.described} lacks hardening: ",
            found,
            properties={"items": tuple(dict.fromkeys(part.key for part in found))},
            fix=fix("add what keeps the behaviour", *safe, safe=True) if safe else None,
        )


def _is_judged(workload: Workload, container: Container) -> bool:
    """Is it there for long, or to be run again and again? Jobs are; what a pod starts with isn't."""
    job = workload.dialect == "kubernetes" and workload.ends
    return container.complete and container.role not in ("init", "ephemeral") and (job or not container.short_lived)


def _changes(name: str, workload: Workload, lacking: list[Container]) -> tuple[Change, ...]:
    """What of an item keeps the behaviour."""
    from hullcheck.model.cures import gains_privileges, no_escalation, seccomp

    if name == "privilege-escalation":
        denied = (no_escalation(container) for container in lacking if not gains_privileges(container))
        return tuple(change for change in denied if change is not None)
    if name == "seccomp-not-set":
        by_place = {(c.place, c.kind, c.path): c for container in lacking for c in [seccomp(workload, container)]}
        return tuple(by_place.values())
    return ()


def _mounts_default_token(workload: Workload) -> bool:
    """Does it get the token of the default account, which nobody has given rights to on purpose?"""
    account, token = workload.service_account, workload.automount_token
    if workload.dialect != "kubernetes" or token is None or token.unknown or token.value is False:
        return False
    return account is not None and (account.absent or account.value == "default")
