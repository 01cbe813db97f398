"""A second `CMD` in one stage.

Only the last one counts; the earlier ones do nothing. Whoever reads the first, or changes it, is mistaken about what
runs.

To fix: keep one:

    CMD ["app", "--serve"]

See https://docs.docker.com/reference/dockerfile/#cmd
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
        "hadolint:DL4003",
        "buildkit:MultipleInstructionsDisallowed",
        "trivy:DS-0016",
        "kics:41c195f4-fc31-4a5c-8a1b-90605538d49f",
        "tally:buildkit/MultipleInstructionsDisallowed",
    ),
    cwe=(561,),
    fixable="unsafe",
)


@check.on("Stage")
def dead(stage: Stage) -> Iterator[Finding]:
    said = [instruction for instruction in stage.instructions if instruction.keyword == "CMD"]
    for instruction in said[:-1]:
        yield check.finding(
            stage,
            "this `CMD` does nothing: a later one takes its place",
            at=instruction.keyword_location,
            evidence=("CMD",),
            related=(Related(said[-1].keyword_location, "the one that counts"),),
            fix=fix("take it out", delete_instruction(instruction.location), safe=False),
        )
