"""A password that is set while an image is built.

A password that is written in a Dockerfile is known to everybody who can read it, and its hash lies in the image. Where
a program asks for it (`su`, `sudo`, an SSH server), it opens every container that was ever started from that image. An
emptied password opens them without.

To fix: set none. A service needs no login; to look into a container there is `docker exec`:

    RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin app

A password that comes from elsewhere (a variable, a random one) is medium: it is the same in all containers still.

See https://docs.docker.com/build/building/secrets/
See https://manpages.debian.org/stable/passwd/chpasswd.8.en.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.source import Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("checkov:CKV2_DOCKER_17", "cis-docker:4.10"),
    cwe=(259, 798, 258),
)

Found = tuple[str, Location, bool, Location | None]
"""What happens, where, whether the password is written out, and where it then stands."""


@check.on("Stage")
def set_here(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        if script.instruction.keyword != "RUN":
            continue
        for command in script.commands:
            for message, place, literal, secret in _set(script, command):
                severity = Severity.HIGH if literal else Severity.MEDIUM
                yield check.finding(
                    stage,
                    message,
                    at=place,
                    severity=severity if stage.ships else Severity.LOW,
                    evidence=(command.name,),
                    redact=(secret,) if secret else (),
                )


def _set(script: Script, command: Command) -> Iterator[Found]:
    name, words = command.name, command.arguments
    texts = [word.text for word in words]
    if name == "chpasswd" or (name == "passwd" and "--stdin" in texts):
        secret = _given(script, command)
        yield f"`{name}` sets a password", command.location, secret is not None, secret
    elif name == "passwd" and any(re.fullmatch(r"-[a-ce-z]*d[a-z]*|--delete", text) for text in texts):
        yield "`passwd` empties a password", command.location, True, None
    elif name in ("useradd", "usermod"):
        for at, word in enumerate(words[:-1]):
            if word.text in ("-p", "--password"):
                value = words[at + 1]
                locked = re.fullmatch(r"[!*x]+", value.text) is not None
                if not locked:
                    yield (
                        f"`{name}` sets a password",
                        word.location,
                        value.literal,
                        value.location if value.literal else None,
                    )
    elif name == "openssl" and texts[:1] == ["passwd"]:
        operands = [word for word in words[1:] if not word.text.startswith("-")]
        literal = bool(operands) and operands[-1].literal
        yield "`openssl` makes a password's hash", command.location, literal, operands[-1].location if literal else None
    elif name in ("net", "net1") and texts[:1] == ["user"] and len(texts) > 2 and not texts[2].startswith("/"):
        yield "`net user` sets a password", command.location, words[2].literal, words[2].location


def _given(script: Script, command: Command) -> Location | None:
    """Where the password is written out that a command reads, if it is."""
    for other in script.before_in_pipe(command):
        if other.name in ("echo", "printf"):
            for word in other.arguments:
                if word.literal and re.search(r":.|^[^-]", word.text):
                    return word.location
    for redirection in command.redirections:
        body = redirection.body
        if body is not None and body.text.strip() and "$" not in body.text:
            return body.strip().location
    return None
