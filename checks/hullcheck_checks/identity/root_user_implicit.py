"""A container that runs as root because nothing says otherwise.

Docker and Kubernetes run an image as root unless a line says who. Nobody decided it, and it is as good a start for an
attacker as root that was asked for: every default capability, and write access to the image's own programs.

To fix: give the image a user of its own, by number, so that Kubernetes can verify it:

    RUN useradd --uid 10001 --no-create-home app
    USER 10001

or say it where the image is run: `runAsNonRoot: true` and `runAsUser` in a manifest, `user:` in a Compose file.

Base images that are known to have a user of their own are not reported; where the entry point gives root up, or the
pod has a user namespace of its own (`hostUsers: false`), it is a note. `command` in a manifest replaces the entry
point, and with it what would have given root up; `args` don't. Where the image isn't known, the finding is low; in a
manifest it is an item of `hardening-missing`, unless this check is selected by its name.

See https://docs.docker.com/build/building/best-practices/#user
See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.container import Container, Root
from hullcheck.model.edit import Value, fix, put
from hullcheck.model.hardening import may_run_as_root
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.settings import Settings

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes"),
    aliases=(
        "trivy:DS-0002",
        "trivy:KSV-0012",
        "checkov:CKV_DOCKER_3",
        "checkov:CKV_K8S_23",
        Alias("kics:fd54f200-402c-4333-a5a4-36ef6709af2f", dialects=("dockerfile",)),
        "kube-linter:run-as-non-root",
        "polaris:runAsRootAllowed",
        "kubescape:C-0013",
        "pss:runAsNonRoot",
        "cis-docker:4.1",
        "cis-k8s:5.2.7",
    ),
    cwe=(250,),
    fixable="unsafe",
)


@check.on("Container")
def unlisted(container: Container, settings: Settings) -> Iterator[Finding]:
    """No user where nobody knows what the image runs as: an item of `hardening-missing`."""
    if settings.told_alone("root-user-implicit") and may_run_as_root(container):
        yield check.finding(
            container,
            f"{container.described} may run as root: nothing sets a user, and {container.user.why}",
            at=container.user.location,
            severity=Severity.LOW,
            evidence=("unsaid",),
            related=container.user.related,
            fix=_another(container),
        )


@check.on("Container")
def unsaid(container: Container) -> Iterator[Finding]:
    user = container.user
    unlisted = user.unlisted and container.dialect == "dockerfile"
    if not (user.root is Root.IMPLICIT or unlisted) or not container.complete or container.judged_elsewhere:
        return
    if user.drops_privileges or container.remapped:
        severity = Severity.INFO
    elif unlisted:
        severity = Severity.LOW
    else:
        severity = Severity.HIGH if container.dialect == "dockerfile" and container.serves else Severity.MEDIUM
    verb = "may run" if unlisted else "runs"
    yield check.finding(
        container,
        f"{container.described} {verb} as root: nothing sets a user, and {user.why}",
        at=user.location,
        severity=severity,
        related=user.related,
        fix=_another(container),
    )


def _another(container: Container) -> Fix | None:
    """A user of its own for the image, or for the container that is made of it."""
    if container.user.drops_privileges:
        return None
    from hullcheck.model.cures import NOBODY, end_with_user

    if container.dialect == "dockerfile":
        return end_with_user(container.built.stage, container.user.location) if container.built else None
    if container.dialect != "kubernetes":
        return None
    said: dict[str, Value] = {"runAsNonRoot": True, "runAsUser": int(NOBODY)}
    return fix(f"run as {NOBODY}", put(container.location, ("securityContext",), said), safe=False)
