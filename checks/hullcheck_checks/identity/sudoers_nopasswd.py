"""A user of the image who may become root without a password.

A line with `NOPASSWD` in `sudoers` makes the user that the image ends with root in all but name: whoever takes the
application over asks `sudo`, and is root.

To fix: leave the line out. What needs root at start belongs in the entry point, which then leaves it:

    ENTRYPOINT ["/usr/bin/setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "/app"]

A user in the group `sudo`, `wheel` or `docker` can do the same once he has a password, or the daemon's socket: then the
finding is medium.

See https://www.sudo.ws/docs/man/sudoers.man/
See https://docs.docker.com/engine/install/linux-postinstall/#manage-docker-as-a-non-root-user
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script, Word
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.text import Text
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.1",),
    cwe=(250, 269),
)

SUDOERS = "/etc/sudoers"
GROUPS = frozenset(("sudo", "wheel", "docker", "admin"))


@check.on("Stage")
def granted(stage: Stage) -> Iterator[Finding]:
    lower = None if stage.ships else Severity.LOW
    for place in _lines(stage):
        yield check.finding(
            stage, "`sudoers` lets a user become root without a password", at=place, severity=lower, evidence=("line",)
        )
    for command in stage.commands:
        for user, group, place in _added(command):
            yield check.finding(
                stage,
                f"`{stage.expand(user, command.instruction).text or user}` is put into the group `{group}`",
                at=place,
                severity=Severity.MEDIUM if stage.ships else Severity.LOW,
                evidence=(user, group),
            )


def _lines(stage: Stage) -> Iterator[Location]:
    """Where a line with NOPASSWD is written to `sudoers`."""
    for step in stage.instructions:
        instruction = step.effective
        if (
            instruction.keyword in ("COPY", "ADD")
            and instruction.words
            and instruction.words[-1].text.startswith(SUDOERS)
        ):
            for heredoc in instruction.heredocs:
                yield from _in_text(heredoc.body)
    for script in stage.scripts:
        for command in script.commands:
            found = [w.location for w in command.arguments if "NOPASSWD" in w.text]
            for redirection in command.redirections:
                if redirection.body is not None:
                    found += _in_text(redirection.body)
            if found and _writes_sudoers(script, command):
                yield from found


def _in_text(body: Text) -> Iterator[Location]:
    for match in re.finditer(r"(?m)^[^#\n]*NOPASSWD[^\n]*", body.text) if "NOPASSWD" in body.text else ():
        yield body.at(*match.span())


def _writes_sudoers(script: Script, command: Command) -> bool:
    if any(path.startswith(SUDOERS) for path in script.written_to(command)):
        return True
    if any(other.name == "visudo" for other in script.after_in_pipe(command)):
        return True
    return command.name in ("sed", "tee", "perl") and any(word.text.startswith(SUDOERS) for word in command.arguments)


def _added(command: Command) -> Iterator[tuple[str, str, Location]]:
    """Users that are put into a group that leads to root."""
    from hullcheck.model.users import created

    made = created(command)
    if made is not None:
        for group in made.groups:
            if group in GROUPS:
                yield made.name, group, made.place
        return
    if command.name not in ("adduser", "addgroup", "gpasswd", "usermod"):
        return
    operands = [word for word in command.arguments if not word.text.startswith("-")]
    pair: tuple[Word, str] | None = None
    if command.name in ("adduser", "addgroup") and len(operands) == 2:
        pair = operands[0], operands[1].text
    elif command.name == "gpasswd" and len(operands) > 1 and any(w.text in ("-a", "--add") for w in command.arguments):
        pair = operands[0], operands[-1].text
    elif command.name == "usermod" and len(operands) > 1:
        options, users = command.parsed("cdefgGlLpsuUvVwWZ", ("--groups", "--gid", "--uid", "--shell", "--home"))
        groups = ",".join(o.text for o in options if o.name in ("-G", "--groups"))
        for group in groups.split(","):
            if users and group in GROUPS:
                yield users[-1].text, group, users[-1].location
    if pair is not None and pair[1] in GROUPS:
        yield pair[0].text, pair[1], pair[0].location
