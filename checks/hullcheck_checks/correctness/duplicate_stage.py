"""Two stages of one name.

The later one wins: `COPY --from` and `--target` take files, or the whole image, from another stage than the reader of
the first one thinks. Names are compared without regard to case.

To fix: give each stage a name of its own:

    FROM golang:1.23 AS build-server
    FROM golang:1.23 AS build-worker

See https://docs.docker.com/reference/build-checks/duplicate-stage-name/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Dockerfile, Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3024",
        "buildkit:DuplicateStageName",
        "trivy:DS-0012",
        "checkov:CKV_DOCKER_11",
        "kics:f2daed12-c802-49cd-afed-fe41d0b82fed",
        "tally:buildkit/DuplicateStageName",
    ),
    cwe=(694,),
)


@check.on("Dockerfile")
def twice(dockerfile: Dockerfile) -> Iterator[Finding]:
    seen: dict[str, Stage] = {}
    for stage in dockerfile.stages:
        if stage.name_word is None:
            continue
        name = stage.name.lower()
        if name in seen:
            first = seen[name].name_word
            yield check.finding(
                stage,
                f"another stage is called `{stage.name}`, too",
                at=stage.name_word.location,
                evidence=(name,),
                related=(Related(first.location, "the first one"),) if first is not None else (),
            )
        seen.setdefault(name, stage)
