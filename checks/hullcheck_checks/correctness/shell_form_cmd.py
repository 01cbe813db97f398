"""A container that is started through a shell.

`CMD app` runs `/bin/sh -c "app"`: the shell is process 1, gets the signal to stop and doesn't pass it on, so the
application is killed when its time is up. And the image needs a shell, that an attacker can use as well.

To fix: write JSON, and the program is started itself:

    CMD ["app", "--port", "8080"]

Where a shell is needed, start the program with `exec`; that is no finding, and neither is a `SHELL` that was chosen.

See https://docs.docker.com/reference/build-checks/json-args-recommended/
See https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3025",
        "buildkit:JSONArgsRecommended",
        "kics:b86987e1-6397-4619-81d5-8807f2387c79",
        "tally:buildkit/JSONArgsRecommended",
    ),
    cwe=(710,),
    fixable="unsafe",
    default=False,
)


@check.on("Stage")
def through_shell(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword not in ("CMD", "ENTRYPOINT") or instruction.json or not instruction.text:
            continue
        if instruction.text.text.startswith(("exec ", "[")) or stage.state.shell_at(None):
            continue
        yield check.finding(
            stage,
            f"`{instruction.keyword}` is started through a shell",
            at=instruction.keyword_location,
            evidence=(instruction.keyword,),
            fix=_as_json(instruction),
        )


def _as_json(instruction: Instruction) -> Fix | None:
    """The words as JSON, where a shell would do nothing with them."""
    text = instruction.text.text
    place = instruction.text.location
    if place.text != text or not re.fullmatch(r"[\w@%+=:,./ -]+", text) or "=" in text.split()[0]:
        return None
    words = ", ".join(f'"{word}"' for word in text.split())
    return fix("write it as JSON", replace_word(place, f"[{words}]"), safe=False)
