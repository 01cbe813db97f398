"""A `# syntax` line that hands the build to somebody else's program.

The first line of a Dockerfile names an image that reads the rest of it. Whatever it is, it decides what is built: it
can add steps, drop others, and see every secret and file that the build is given. The lines below it are only its
input.

To fix: use Docker's own, by a version:

    # syntax=docker/dockerfile:1

Docker's own frontend without a version (or `:latest`) is a note: what reads the file then changes by itself.

See https://docs.docker.com/build/buildkit/frontend/
See https://docs.docker.com/reference/dockerfile/#syntax
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent
from hullcheck.model.extent import words as named
from hullcheck.model.image import ImageRef
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Dockerfile

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.2",),
    cwe=(829, 494),
)

OWN = frozenset(("docker.io/docker/dockerfile", "docker.io/docker/dockerfile-upstream"))


@check.on("Dockerfile")
def foreign(dockerfile: Dockerfile) -> Iterator[Finding]:
    syntax = dockerfile.syntax
    words = syntax.text.split() if syntax is not None else []
    if syntax is None or not words:
        return
    place = syntax.at(0, len(words[0]))
    image = ImageRef.parse(words[0])
    if image is not None and image.name in OWN:
        if image.tag in ("", "latest", "master") and not image.digest:
            yield check.finding(
                dockerfile,
                f"the frontend `{words[0]}` is taken without a version",
                at=place,
                severity=Severity.INFO,
                evidence=(image.name,),
            )
        return
    mirrored = image is not None and image.repository.endswith(("docker/dockerfile", "docker/dockerfile-upstream"))
    yield check.finding(
        dockerfile,
        f"`{words[0]}` reads this file and decides what is built" + (": a copy of Docker's own" if mirrored else ""),
        at=place,
        severity=Severity.LOW if mirrored else None,
        evidence=(image.name if image else words[0],),
        extent=extent(registries=named((image.name if image else words[0],), "name")),
    )
