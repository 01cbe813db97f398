"""A second `HEALTHCHECK` in one stage.

Only the last one counts; the earlier ones do nothing. Whoever reads the first, or changes it, is mistaken about what
runs.

To fix: keep one:

    HEALTHCHECK CMD ["app", "--check"]

See https://docs.docker.com/reference/dockerfile/#healthcheck
See https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.edit import delete_instruction, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3012",
        "buildkit:MultipleInstructionsDisallowed",
        "trivy:DS-0023",
        "kics:1c2d47bd-eec6-6485-7ed7-3d0650e960a4",
        "tally:buildkit/MultipleInstructionsDisallowed",
    ),
    cwe=(561,),
    fixable="unsafe",
)


@check.on("Stage")
def dead(stage: Stage) -> Iterator[Finding]:
    said = [instruction for instruction in stage.instructions if instruction.keyword == "HEALTHCHECK"]
    for instruction in said[:-1]:
        yield check.finding(
            stage,
            "this `HEALTHCHECK` does nothing: a later one takes its place",
            at=instruction.keyword_location,
            evidence=("HEALTHCHECK",),
            related=(Related(said[-1].keyword_location, "the one that counts"),),
            fix=fix("take it out", delete_instruction(instruction.location), safe=False),
        )
