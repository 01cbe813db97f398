"""A container that is told to run as root.

Root in a container is root to everything that is shared with the host: a writable mount, a kernel bug, a mistake in
the runtime's own checks. An attacker who gets code to run in the application starts with every default capability,
can write to the image's programs, and needs one step less to leave.

To fix: end the image with a user of its own, by number, so that Kubernetes can verify it:

    RUN useradd --uid 10001 --no-create-home app
    USER 10001

and in a manifest say `runAsNonRoot: true`, in a Compose file `user: "10001:10001"`.

What counts is the user of the stage that ships, with variables expanded and inherited through `FROM`; a builder
stage may be root. A program such as `gosu` or `su-exec` in the entry point gives root up again: then it is a note,
unless `command` in a manifest replaces that entry point. In a user namespace of its own (`hostUsers: false`) root is
nobody to the host, and it is a note, too.

See https://docs.docker.com/build/building/best-practices/#user
See https://kubernetes.io/docs/concepts/security/pod-security-standards/
See https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.container import Container, Root
from hullcheck.model.edit import fix, replace
from hullcheck.terms import Alias

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        "hadolint:DL3002",
        "trivy:DS-0002",
        "trivy:KSV-0105",
        "checkov:CKV_DOCKER_8",
        "checkov:CKV_K8S_23",
        Alias("kics:67fd0c4a-68cf-46d7-8c41-bc9fba7e40ae", dialects=("dockerfile",)),
        "tally:hadolint/DL3002",
        "compose-lint:CL-0018",
        "kube-linter:run-as-non-root",
        "polaris:runAsRootAllowed",
        "kubescape:C-0013",
        "pss:runAsUser",
        "cis-docker:4.1",
        "cis-k8s:5.2.7",
    ),
    cwe=(250,),
    fixable="unsafe",
)


@check.on("Container")
def root(container: Container) -> Iterator[Finding]:
    user = container.user
    if user.root is not Root.STATED or container.judged_elsewhere:
        return
    leaves = f", until `{user.drops_privileges}` gives root up" if user.drops_privileges else ""
    leaves += ", in a user namespace of its own" if container.remapped else ""
    yield check.finding(
        container,
        f"{container.described} runs as root: {user.why}{leaves}",
        at=user.location,
        severity=_severity(container),
        evidence=("root",),
        related=user.related,
        fix=_another(container),
    )


def _severity(container: Container) -> Severity | None:
    if container.user.drops_privileges or container.remapped:
        return Severity.INFO
    return Severity.LOW if container.dialect == "devcontainer" else None  # as most do: one works in it, nobody else


def _another(container: Container) -> Fix | None:
    """A user that isn't root, where the file says root itself and doesn't give it up later."""
    user = container.user
    if user.drops_privileges:
        return None
    from hullcheck.model.cures import NOBODY, end_with_user, run_as

    if container.dialect == "dockerfile":
        return end_with_user(container.built.stage, user.location) if container.built else None
    if container.dialect == "kubernetes" and user.location.text == user.text == "0":
        number = run_as(container.built.stage) if container.built else NOBODY
        uid = number if number.isdecimal() else NOBODY
        return fix(f"run as {uid}", replace(user.location, uid), safe=False)
    return None
