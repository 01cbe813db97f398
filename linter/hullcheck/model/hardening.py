"""What a container lacks of the hardening that nearly every container can have.

Each item is a check of its own, and all are told together by `hardening-missing`: both ask here.
"""

from __future__ import annotations

from hullcheck.finding import Part
from hullcheck.model.capabilities import bare_name
from hullcheck.model.container import Container, Root
from hullcheck.source import Field


def _lacks(field: "Field[bool] | None", good: bool) -> bool:
    """Is it known that the field doesn't have the good value?"""
    return field is not None and not field.unknown and field.value is not good


def keeps_capabilities(container: Container) -> bool:
    """Does it keep the runtime's own capabilities? Those of a privileged one can't be dropped."""
    if not _judged(container) or (container.privileged is not None and container.privileged.value):
        return False
    dropped = container.capabilities_dropped
    return not any(name.unknown or (name.value or "").upper() == "ALL" for name in dropped)


def capability_parts(container: Container) -> tuple[Part, ...]:
    """What it keeps of the runtime's own capabilities, as far as that can be accepted apart: NET_RAW, and all others."""
    dropped = {bare_name(name.value or "") for name in container.capabilities_dropped}
    others = Part(words=("ALL",) if dropped else ("ALL", "none dropped"))
    return (others,) if "NET_RAW" in dropped else (others, Part(words=("NET_RAW",)))


def may_escalate_by_default(container: Container) -> bool:
    """May its programs gain privileges, because nothing says that they may not?"""
    escalation = container.escalation
    return _judged(container) and escalation is not None and escalation.absent


def has_writable_root(container: Container) -> bool:
    return _judged(container) and not _ends(container) and _lacks(container.read_only_root, True)


def has_no_seccomp_profile(container: Container) -> bool:
    """Does nothing say a seccomp profile? Docker has one by default, Kubernetes doesn't."""
    if not _judged(container) or container.dialect != "kubernetes":
        return False
    return not any(profile.kind == "seccomp" for profile in container.profiles)


def may_run_as_root(container: Container) -> bool:
    """Does nothing say a user, and isn't the image known to run as one either?"""
    user = container.user
    return _judged(container) and container.dialect == "kubernetes" and user.root is Root.UNKNOWN and user.unlisted


def may_use_all_memory(container: Container) -> bool:
    limits = container.limits
    return container.complete and not _ends(container) and limits is not None and limits.memory.absent


def _judged(container: Container) -> bool:
    return container.complete and not container.windows and container.role != "stage"


def _ends(container: Container) -> bool:
    return container.short_lived or container.role in ("init", "ephemeral")
