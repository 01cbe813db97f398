"""A repository's key that apt trusts for everything.

A key that `apt-key add` takes, or that lies in `/etc/apt/trusted.gpg.d`, may sign any package of any repository: who
holds a small vendor's key can replace the distribution's own packages. `apt-key` is gone from current releases, too.

To fix: keep the key in a file of its own, and name it at the repository that it is for:

    RUN curl -fsSLo /usr/share/keyrings/example.asc https://example.com/key.asc \\
     && echo "deb [signed-by=/usr/share/keyrings/example.asc] https://example.com/apt stable main" \\
        > /etc/apt/sources.list.d/example.list

See https://manpages.debian.org/bookworm/apt/apt-key.8.en.html
See https://wiki.debian.org/DebianRepository/UseThirdParty
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.11",),
    cwe=(347, 1188),
)

TRUSTED = "/etc/apt/trusted.gpg"


@check.on("Stage")
def trusted(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for command in script.commands:
            place = _place(script, command)
            if place is not None:
                yield check.finding(
                    stage,
                    f"`{command.name}` makes apt trust a key for all repositories",
                    at=place,
                    evidence=(command.name,),
                )


def _place(script: Script, command: Command) -> Location | None:
    if command.name == "apt-key":
        if any(word.text.startswith("--keyring") for word in command.arguments):
            return None
        verbs = [word for word in command.arguments if word.text in ("add", "adv")]
        return command.place(verbs[0]) if verbs else None
    if command.name in ("gpg", "curl", "wget", "cp", "mv", "install", "tee"):
        for word in command.arguments:
            if word.text.startswith((TRUSTED, f"--output={TRUSTED}", f"gnupg-ring:{TRUSTED}")):
                return word.location
        for redirection in command.redirections:
            if redirection.writes and redirection.target and redirection.target.text.startswith(TRUSTED):
                return redirection.target.location
    return None
