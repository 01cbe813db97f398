"""A container whose confinement by the kernel is switched off.

Seccomp keeps a container from some three hundred system calls that it never needs and exploits do; AppArmor and
SELinux keep it from files of the host even as root. Docker has a profile for each by default: unconfined takes it
away.

To fix: leave it out, or name a profile that fits the program:

    services:
      web:
        security_opt: ["seccomp=profiles/web.json"]

and in Kubernetes:

    securityContext:
      seccompProfile: {type: RuntimeDefault}

A seccomp profile in the repository that allows what it doesn't list is no better: the kernel has more calls than any
list. `systempaths=unconfined` uncovers the parts of `/proc` and `/sys` that Docker hides. SELinux types other than
those of containers are medium, and so is any SELinux user or role; `spc_t` is no confinement at all.

See https://docs.docker.com/engine/security/seccomp/
See https://kubernetes.io/docs/tutorials/security/seccomp/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix, replace
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Profile

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0009", ("seccomp", "apparmor", "selinux"), ("unconfined", "disable")),
        Alias("kics:404fde2c-bc4b-4371-9747-7054132ac953", "seccomp", dialects=("compose",)),
        Alias(
            "semgrep:yaml.docker-compose.security.seccomp-confinement-disabled.seccomp-confinement-disabled", "seccomp"
        ),
        Alias(
            "semgrep:yaml.docker-compose.security.selinux-separation-disabled.selinux-separation-disabled",
            "selinux",
            "disable",
        ),
        Alias("trivy:KSV-0002", "apparmor"),
        Alias("trivy:KSV-0025", "selinux"),
        Alias("trivy:KSV-0104", "seccomp"),
        Alias("pss:appArmorProfile", "apparmor"),
        Alias("pss:seLinuxOptions", "selinux"),
        Alias("pss:seccompProfile_baseline", "seccomp"),
        Alias("cis-docker:5.2", "apparmor"),
        Alias("cis-docker:5.3", "selinux"),
        Alias("cis-docker:5.22", "seccomp"),
    ),
    cwe=(250, 693),
    fixable="unsafe",
)

_NAMES = {
    "seccomp": "without a seccomp profile",
    "apparmor": "without an AppArmor profile",
    "selinux": "without SELinux labels",
    "selinux-user": "with the SELinux user",
    "selinux-role": "with the SELinux role",
    "systempaths": "with the system paths of `/proc` and `/sys` uncovered",
}
_OFF = ("unconfined", "disable")
_CONTAINER_TYPES = ("container_t", "container_init_t", "container_kvm_t", "container_engine_t", "")


@check.on("Container", needs="profiles")
def unconfined(container: Container) -> Iterator[Finding]:
    for profile in container.profiles:
        severity = _severity(profile)
        if severity is None:
            continue
        value = profile.value.value or ""
        off = value in _OFF
        yield check.finding(
            container,
            f"{container.described} runs {_how(profile, value)}",
            at=profile.value.location,
            severity=min(severity, Severity.MEDIUM) if container.dialect == "devcontainer" else severity,
            evidence=(profile.kind, value),
            related=profile.value.related,
            fix=_confined(container, profile) if off else None,
        )


def _how(profile: Profile, value: str) -> str:
    if value in _OFF:
        return _NAMES[profile.kind]
    if profile.allows:
        return f"with the seccomp profile `{value.removeprefix('localhost/')}`, which allows {profile.allows}"
    return f"with the SELinux {profile.kind.partition('-')[2] or 'type'} `{value}`"


def _confined(container: Container, profile: Profile) -> Fix | None:
    """Docker's own profile, by saying nothing; in Kubernetes the runtime's."""
    place = profile.value.location
    if container.dialect != "kubernetes":
        return fix("take the default", delete(place), safe=False)
    if profile.kind.startswith("selinux"):
        return None
    default = "RuntimeDefault" if place.text.strip("\"'") == "Unconfined" else "runtime/default"
    return fix("take the runtime's own profile", replace(place, default), safe=False)


def _severity(profile: Profile) -> Severity | None:
    value = profile.value.value
    if value is None or profile.kind not in _NAMES:
        return None
    if profile.kind in ("selinux-user", "selinux-role"):
        return Severity.MEDIUM if value else None
    if value in (*_OFF, "spc_t") or profile.allows:
        return Severity.HIGH
    return Severity.MEDIUM if profile.kind == "selinux" and value not in _CONTAINER_TYPES else None
