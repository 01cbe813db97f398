"""An instruction that looks like JSON, and isn't.

The exec form must be a JSON array of strings in double quotes. Anything else is handed to a shell as it stands: `CMD
['app']` asks the shell for a program called `[app]`, and the container, or its health check, never starts as meant.

To fix: write JSON:

    CMD ["app", "--port", "8080"]

A test of the shell (`RUN [ -f x ]`) is no finding.

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
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("tally:tally/invalid-json-form", "buildkit:JSONArgsRecommended"),
    cwe=(710,),
    fixable="unsafe",
)

FORMS = frozenset(("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "COPY", "ADD", "VOLUME"))


@check.on("Stage")
def broken(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword in FORMS and not instruction.json and _looks_like_json(instruction):
            place = instruction.text.location.one_line()
            yield check.finding(
                stage,
                f"`{instruction.keyword}` looks like JSON, but isn't: a shell reads it as it stands",
                at=place,
                evidence=(instruction.keyword,),
                fix=_with_double_quotes(instruction, place),
            )


def _looks_like_json(instruction: Instruction) -> bool:
    text = instruction.text.text
    if not text.startswith("[") or not text.rstrip().endswith("]"):
        return False
    inner = text.rstrip()[1:-1].strip()
    if instruction.keyword == "RUN" and re.search(r"^!?\s*-\w\s|\s(?:=|==|!=|-\w\w)\s|\$\(|&&|\|\||;", inner):
        return False
    quoted = re.match(r"""['"\u2018\u201c]""", inner) is not None
    return quoted or re.fullmatch(r"[\w./-]+(?:\s*,\s*[\w./=-]+)+,?", inner) is not None


def _with_double_quotes(instruction: Instruction, place: Location) -> Fix | None:
    """The same with double quotes, where single ones are all that is wrong."""
    text = place.text
    if text != instruction.text.text or not re.fullmatch(r"\[\s*'[^'\"\\\\]*'(?:\s*,\s*'[^'\"\\\\]*')*\s*\]", text):
        return None
    return fix("write it in double quotes", replace_word(place, text.replace("'", '"')), safe=False)
