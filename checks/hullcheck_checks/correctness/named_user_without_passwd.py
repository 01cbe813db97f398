"""A user by name in an image that knows no names.

An image that starts from `scratch` has no `/etc/passwd`. A name in `USER` or `--chown` can't be looked up there: the
build fails, or the container doesn't start.

To fix: use numbers:

    FROM scratch
    COPY --chown=10001:10001 app /app
    USER 10001:10001

Where `/etc/passwd` is copied in, from a stage or from the context, there is no finding.

See https://docs.docker.com/reference/dockerfile/#user
See https://docs.docker.com/reference/dockerfile/#copy---chown---chmod
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.text import Text

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("tally:tally/named-identity-in-passwdless-stage",),
    cwe=(710,),
)


@check.on("Stage")
def nameless(stage: Stage) -> Iterator[Finding]:
    if stage.chain[-1].base.text != "scratch" or any(_brings_names(part) for part in stage.chain):
        return
    for step in stage.instructions:
        instruction = step.effective
        owner = instruction.flag("chown")
        word: Text | None = instruction.text if instruction.keyword == "USER" else owner.value if owner else None
        text = stage.expand(word.text, step).text if word is not None else None
        name = next((n for n in (text or "").split(":") if n and not n.isdecimal()), "")
        if word is not None and re.match(r"[A-Za-z_]", name) and name != "root":
            yield check.finding(
                stage,
                f"nothing in this image says who `{name}` is",
                at=word.location,
                severity=None if stage.needed else Severity.LOW,
                evidence=(name,),
            )


def _brings_names(stage: Stage) -> bool:
    """Is a passwd file copied in, or may one be: a whole tree, an archive, a folder `/etc`?"""
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword in ("RUN", "ADD"):
            return True
        if instruction.keyword == "COPY" and len(instruction.words) > 1:
            target, sources = instruction.words[-1].text, [word.text for word in instruction.words[:-1]]
            if "passwd" in target or any("passwd" in s or s in ("/", ".", "/etc", "/etc/") for s in sources):
                return True
            if target in ("/", "./", ".", "/etc", "/etc/"):
                return True
    return False
