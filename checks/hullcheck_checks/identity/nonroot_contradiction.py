"""A container that must not run as root, and does.

`runAsNonRoot: true` makes the kubelet refuse a container whose user is 0. The pod is created and never starts, and what
was running before goes on.

To fix: say a user by number, here or in the image:

    securityContext:
      runAsNonRoot: true
      runAsUser: 10001

What the image runs as counts where it is built here or known to the table of base images, and no `runAsUser` says
otherwise.

See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.base_images import lookup
from hullcheck.model.container import Container, Root

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("kube-linter:run-as-non-root", "owasp-k8s:K01"),
    cwe=(710,),
)


@check.on("Container", needs="non_root")
def never_starts(container: Container) -> Iterator[Finding]:
    non_root = container.non_root
    if container.dialect != "kubernetes" or non_root is None or not non_root.value or container.windows:
        return
    user = container.user
    rule = Related(non_root.location, "`runAsNonRoot` is true")
    if user.text == "0":
        message = f"{container.described} is told to run as 0 and not to run as root: it never starts"
        yield check.finding(container, message, at=user.location, evidence=("0",), related=(rule, *user.related))
    elif not user.text and (why := _image_refuses(container)):
        message = f"{container.described} must not run as root, and {why[0]}: it never starts"
        yield check.finding(container, message, at=non_root.location, evidence=(why[1],), related=why[2])


def _image_refuses(container: Container) -> tuple[str, str, tuple[Related, ...]] | None:
    """Why the image's own user is refused: in words, as evidence, and where it is said."""
    if container.built is not None:
        user = container.built.user
        if user.drops_privileges or user.root not in (Root.STATED, Root.IMPLICIT):
            return None
        related = (Related(user.location, f"its image's user: {user.why}"), *user.related)
        return "its image, built here, runs as root", "root", related
    image = container.image.image if container.image else None
    base = lookup(image) if image else None
    if base is None or image is None or base.user.partition(":")[0] not in ("", "0", "root"):
        return None
    return f"`{image.familiar}` runs as root", "root", ()
