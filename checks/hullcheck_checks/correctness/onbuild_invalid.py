"""An `ONBUILD` trigger that can't be one.

`ONBUILD ONBUILD`, `ONBUILD FROM` and `ONBUILD MAINTAINER` are refused by the builder, so the image is never made.

To fix: name an instruction that may run in the next build:

    ONBUILD COPY . /app

See https://docs.docker.com/reference/dockerfile/#onbuild
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
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3043",
        "kics:408460f2-2a0f-21ab-ab37-4fb86ac3b5ce",
        "tally:hadolint/DL3043",
        "tally:tally/invalid-onbuild-trigger",
    ),
    cwe=(710,),
)


@check.on("Stage")
def trigger(stage: Stage) -> Iterator[Finding]:
    for instruction in stage.instructions:
        made = instruction.trigger
        if made is not None and made.keyword in ("ONBUILD", "FROM", "MAINTAINER"):
            yield check.finding(
                stage, f"`{made.keyword}` can't be a trigger", at=made.keyword_location, evidence=(made.keyword,)
            )
