"""An image that ends with a user by name.

Kubernetes can't tell from a name whether it is root: with `runAsNonRoot: true` and no `runAsUser` it refuses to start
the container. And a name means whatever `/etc/passwd` in the image says, which a later layer can change.

To fix: say the number:

    RUN useradd --uid 10001 app
    USER 10001

A manifest that runs such an image under `runAsNonRoot: true` is reported, too; there `runAsUser: 10001` does as well.

See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
See https://docs.docker.com/reference/dockerfile/#user
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Related, Severity
from hullcheck.model.base_images import lookup
from hullcheck.model.edit import fix, replace_word
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.users import NewUser
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "kubernetes"),
    aliases=("hadolint:DL3066", "tally:hadolint/DL3066"),
    cwe=(250,),
    fixable="unsafe",
    covered_by=("named-user-without-passwd",),
)


@check.on("Stage")
def named(stage: Stage) -> Iterator[Finding]:
    said = stage.state.user
    if said is None or stage.windows or not stage.is_final:
        return
    name = (said.value.text or "").partition(":")[0]
    if not re.fullmatch(r"[A-Za-z_][\w.-]*\$?", name) or name == "root":
        return
    from hullcheck.model.users import users

    made = next((user for user in users(stage) if user.name == name), None)
    yield check.finding(
        stage,
        f"{stage.described} ends with a user by name: `{name}`",
        at=said.location,
        severity=Severity.LOW,
        evidence=(name,),
        related=(*said.value.related, *((Related(made.place, f"`{name}` is made here"),) if made else ())),
        fix=_by_number(made, said.location) if said.written.partition(":")[0] == name else None,
    )


def _by_number(made: NewUser | None, place: Location) -> Fix | None:
    """Write the number that the user is made with; any group stays."""
    if made is None or not made.uid.isdecimal() or not made.uid.strip("0"):
        return None
    name = place._replace(end=place.start + len(made.name))
    return fix(f"say {made.uid}", replace_word(name, made.uid), safe=False)


@check.on("Container")
def refused(container: Container) -> Iterator[Finding]:
    """A container that must not run as root, whose image can't show that it doesn't."""
    non_root = container.non_root
    if container.dialect != "kubernetes" or non_root is None or not non_root.value or container.windows:
        return
    name, related = _image_user(container)
    if container.user.text or not name or name == "root" or not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
        return
    yield check.finding(
        container,
        f"{container.described} must not run as root, and its image's user is the name `{name}`, which can't be "
        "verified: it never starts",
        at=non_root.location,
        evidence=(name,),
        related=related,
    )


def _image_user(container: Container) -> tuple[str, tuple[Related, ...]]:
    """The user that the image says, without its group, and where that is known from."""
    if container.built is not None:
        user = container.built.user
        return user.text.partition(":")[0], (Related(user.location, f"its image's user: {user.why}"),)
    image = container.image.image if container.image else None
    base = lookup(image) if image else None
    return (base.user.partition(":")[0] if base else ""), ()
