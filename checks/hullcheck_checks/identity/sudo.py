"""A program that is run through `sudo` in an image.

A build runs as root unless it says otherwise, so `sudo` gains nothing there, and hides which steps need root. In a
container that runs, it is a way back to root: whoever takes the application over tries it first.

To fix: switch the user where root is needed, and back:

    USER root
    RUN apt-get update && apt-get install -y --no-install-recommends curl
    USER 10001

To start a program as another user, `gosu` or `setpriv` leave nothing behind that could be used again.

See https://docs.docker.com/build/building/best-practices/#user
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Edit, Finding, Fix, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Word
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3004",
        "trivy:DS-0010",
        "checkov:CKV2_DOCKER_1",
        "kics:8ada6e80-0ade-439e-b176-0b28f6bce35a",
        "tally:hadolint/DL3004",
    ),
    cwe=(250,),
    fixable="unsafe",
)


@check.on("Stage")
def used(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for command in script.commands:
            for word in _sudo(command):
                program = command.name if command.name != "sudo" else ""
                yield check.finding(
                    stage,
                    f"`{script.instruction.keyword}` runs " + (f"`{program}` through `sudo`" if program else "`sudo`"),
                    at=word.location,
                    severity=None if stage.needed else Severity.INFO,
                    evidence=(script.instruction.keyword, program),
                    fix=_without(command, word) if _is_root(stage, script.instruction) else None,
                )


def _sudo(command: Command) -> Iterator[Word]:
    words = (*command.wrappers, *(command.words[:1] if command.name == "sudo" else ()))
    yield from (word for word in words if word.text.rpartition("/")[2] == "sudo")


def _is_root(stage: Stage, instruction: Instruction) -> bool:
    """Is it known that the instruction runs as root anyhow?"""
    ends = instruction.keyword != "RUN"
    said = [
        s for s in stage.instructions if s.keyword == "USER" and (ends or s.location.start < instruction.location.start)
    ]
    if said:
        user = stage.expand(said[-1].text.text, said[-1]).text
    elif stage.parent is not None:
        inherited = stage.parent.state.user
        user = inherited.value.text if inherited else "root"
    else:
        user = (stage.known_base.user or "root") if stage.known_base else None if stage.image is None else "root"
    return user is not None and user.partition(":")[0] in ("root", "0")


def _without(command: Command, sudo: Word) -> Fix | None:
    """Take the word out, where it has no options and wraps a program directly."""
    start, end = sudo.location, command.location
    if not command.wrappers or command.wrappers[-1] is not sudo or command.shell == "exec":
        return None
    between = start.source.text[start.end : end.start]
    if between.strip(" ") or end.start <= start.end:
        return None
    return Fix("run it without `sudo`", (Edit(start._replace(end=end.start), ""),), safe=False)
