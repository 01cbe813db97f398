"""Several files that are copied to what isn't a folder.

With more than one source the destination must be a folder, and end in a slash. The builder refuses anything else.

To fix: end it in a slash:

    COPY package.json package-lock.json /app/

See https://docs.docker.com/reference/dockerfile/#copy
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction
    from hullcheck.model.text import Text

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3021",
        "trivy:DS-0011",
        "kics:6db6e0c2-32a3-4a2e-93b5-72c35f4119db",
        "tally:hadolint/DL3021",
    ),
    cwe=(710,),
    fixable="safe",
)


@check.on("Stage")
def no_folder(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword not in ("COPY", "ADD") or len(instruction.words) < 3:
            continue
        target = instruction.words[-1]
        text = stage.expand(target.text, step).text
        if text is None or text.endswith(("/", "\\", "/.")) or text in (".", ".."):
            continue
        yield check.finding(
            stage,
            f"`{instruction.keyword}` has {len(instruction.words) - 1} sources,"
            f" and `{target.text}` doesn't end in a slash",
            at=target.location,
            evidence=(target.text,),
            fix=_with_slash(instruction, target),
        )


def _with_slash(instruction: Instruction, target: Text) -> Fix | None:
    written = target.location.text
    if written != target.text or any(mark in written for mark in "\"'$\\"):
        return None
    return fix("end it in a slash", replace_word(target.location, f"{written}/"), safe=True)
