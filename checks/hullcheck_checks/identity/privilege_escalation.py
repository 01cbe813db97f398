"""A container whose programs may gain more privileges than they were started with.

A setuid program such as `su`, `ping` or `mount` in the image then makes root of any user, so that running as nobody in
particular protects from little.

To fix: say that nothing may, which every container can say that has no setuid program to use:

    services:
      web:
        security_opt: ["no-new-privileges:true"]

and in Kubernetes:

    securityContext:
      allowPrivilegeEscalation: false

Where it is allowed in so many words this is medium. Where nothing is said it is allowed, too: that is an item of
`hardening-missing`, unless this check is selected by its name.

See https://docs.kernel.org/userspace-api/no_new_privs.html
See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace
from hullcheck.model.hardening import may_escalate_by_default
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container
    from hullcheck.model.settings import Settings
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose", "kubernetes", "devcontainer"),
    aliases=(
        "compose-lint:CL-0003",
        Alias("kics:27fcc7d6-c49b-46e0-98f1-6c082a6a2750", dialects=("compose",)),
        Alias("kics:610e266e-6c12-4bca-9925-1ed0cd29742b", "unsaid", dialects=("compose",)),
        "semgrep:yaml.docker-compose.security.no-new-privileges.no-new-privileges",
        "kube-linter:privilege-escalation-container",
        "trivy:KSV-0001",
        "checkov:CKV_K8S_20",
        Alias("kics:5572cc5e-1e4c-4113-92a6-7a8a3bd25e6d", dialects=("kubernetes",)),
        "polaris:privilegeEscalationAllowed",
        "kubescape:C-0016",
        "pss:allowPrivilegeEscalation",
        "cis-docker:5.26",
        "cis-k8s:5.2.6",
    ),
    cwe=(250, 269),
    fixable="safe",
)


@check.on("Container")
def escalation(container: Container, settings: Settings) -> Iterator[Finding]:
    field = container.escalation
    if field is None or container.windows:
        return
    said = "`no-new-privileges` is false" if container.dialect != "kubernetes" else "`allowPrivilegeEscalation` is true"
    if field.value:
        yield check.finding(
            container,
            f"{container.described} may gain privileges: {said}",
            at=field.location,
            evidence=("allowed",),
            related=field.related,
            fix=_deny(container, field.location),
        )
    elif may_escalate_by_default(container) and settings.told_alone("privilege-escalation"):
        yield check.finding(
            container,
            f"{container.described} may gain privileges: nothing says that it may not",
            severity=Severity.LOW,
            evidence=("unsaid",),
            fix=_say(container),
        )


def _deny(container: Container, place: Location) -> Fix | None:
    """The opposite of what is said; where the container is privileged, the API server would refuse it."""
    from hullcheck.model.cures import no_escalation

    denied = no_escalation(container)
    text = "no-new-privileges:true" if container.dialect == "compose" else "false"
    return fix("deny it", replace(place, text), safe=False) if denied else None


def _say(container: Container) -> Fix | None:
    """Say that nothing may; it changes nothing where no program of the image is known to gain any."""
    from hullcheck.model.cures import gains_privileges, no_escalation

    denied = no_escalation(container)
    return fix("deny it", denied, safe=not gains_privileges(container)) if denied else None
