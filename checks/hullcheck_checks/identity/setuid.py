"""A program that runs as its owner, whoever starts it.

A file with the setuid bit that belongs to root is root for everybody: a fault in it, or an option that its author
didn't think of, makes the user that the container was given worth nothing. `no-new-privileges` stops it, where somebody
sets that.

To fix: leave the bit out; where a program needs one privilege, give it that capability alone:

    RUN setcap cap_net_bind_service=+ep /usr/local/bin/server

A setgid bit, which folders often have for good reasons, is low. Taking bits away (`chmod a-s`) is what should be done.

See https://docs.docker.com/engine/security/#linux-kernel-capabilities
See https://www.cisecurity.org/benchmark/docker
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.users import Mode

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.8",),
    cwe=(250, 269),
)


@check.on("Stage")
def given(stage: Stage) -> Iterator[Finding]:
    from hullcheck.model.users import modes

    for mode in modes(stage):
        bit = _bit(mode)
        if not bit or _only_folders(mode):
            continue
        severity = None if bit == "setuid" and stage.ships else Severity.LOW
        yield check.finding(
            stage,
            f"`{mode.by}` gives the {bit} bit: `{mode.text}`",
            at=mode.place,
            severity=severity,
            evidence=(mode.by, mode.text),
        )


def _bit(mode: Mode) -> str:
    from hullcheck.model.users import octal

    digits = octal(mode.text)
    if digits:
        special = int(digits[0]) if len(digits) == 4 else 0
        return "setuid" if special & 4 else "setgid" if special & 2 else ""
    for clause in mode.text.split(","):
        match = re.fullmatch(r"([ugoa]*)[+=]([rwxXst]+)", clause)
        if match and "s" in match[2]:
            return "setgid" if match[1] == "g" else "setuid"
    return ""


def _only_folders(mode: Mode) -> bool:
    """`find -type d -exec chmod g+s`, `mkdir -m 2775`."""
    if mode.command is None:
        return False
    if mode.command.name == "mkdir" or any(w.text in ("-d", "--directory") for w in mode.command.arguments):
        return True
    return (
        mode.command.how == "-exec" and "-type d" in mode.command.instruction.text.text
        if mode.command.instruction
        else False
    )
