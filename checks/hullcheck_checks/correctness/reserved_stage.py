"""A stage with a name that means something else.

`scratch` is the empty image, and `context` the build context: a stage of that name can't be built on or copied from,
or is refused.

To fix: call it something else:

    FROM scratch AS empty

See https://docs.docker.com/reference/build-checks/reserved-stage-name/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3063", "buildkit:ReservedStageName", "tally:buildkit/ReservedStageName"),
    cwe=(694,),
)


@check.on("Stage")
def reserved(stage: Stage) -> Iterator[Finding]:
    if stage.name_word is not None and stage.name.lower() in ("scratch", "context"):
        yield check.finding(
            stage, f"`{stage.name}` is reserved", at=stage.name_word.location, evidence=(stage.name.lower(),)
        )
