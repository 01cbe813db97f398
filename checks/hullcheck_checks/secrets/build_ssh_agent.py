"""A build that lends the caller's SSH agent to sources from elsewhere, or to a server that it doesn't know.

With the agent a build clones private repositories and logs into servers in the name of whoever starts it. If the
context is fetched from elsewhere, somebody else decides what it does with that; if any server's key is accepted,
whoever answers in the server's place delivers the sources.

To fix: build from the repository itself or from a commit that was read, and give the servers' keys with the build:

    COPY known_hosts /etc/ssh/ssh_known_hosts
    RUN --mount=type=ssh git clone git@github.com:example/lib.git

In Compose, a context in the repository is fine, as what it does can be reviewed here; so is a pinned commit:

    build:
      context: https://github.com/example/app.git#9f3a7c1e5b8d2046f7a9c3e1b5d802649f3a7c1e
      ssh: [default]

In a Dockerfile, a stage with `RUN --mount=type=ssh` is reported for `StrictHostKeyChecking no`, and for what
`ssh-keyscan` hears while building, unless its fingerprint is compared.

See https://docs.docker.com/reference/compose-file/build/#ssh
See https://docs.docker.com/reference/dockerfile/#run---mounttypessh
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.workload import Workload
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "compose"),
    aliases=("cis-docker:4.10",),
    cwe=(522, 829),
)

REMOTE = pattern(r"[a-z+]+://.*|git@.*|github\.com/.*")
COMMIT = pattern(r".*#[0-9a-f]{40}(?:[0-9a-f]{24})?(?::.*)?", re.DOTALL)


@check.on("Workload")
def lent(workload: Workload) -> Iterator[Finding]:
    service = workload.part
    from hullcheck.model.compose import Service

    if not isinstance(service, Service) or service.build is None:
        return
    agent = service.build.node.get("ssh")
    context = service.build.context
    text = context.value or ""
    if agent is None or not REMOTE.fullmatch(text) or COMMIT.fullmatch(text):
        return
    yield check.finding(
        workload,
        f"{workload.described} lends the caller's SSH agent to a build from `{text}`",
        at=agent.location,
        evidence=(text,),
        related=(Related(context.location, "what is built comes from there"),),
    )


ANY_KEY = pattern(r"(?i)stricthostkeychecking[\s=\"']+(?:no|off|false)\b")


@check.on("Stage")
def any_server(stage: Stage) -> Iterator[Finding]:
    lent = _lent(stage)
    if lent is None:
        return
    for place, what in _unknown_servers(stage):
        yield check.finding(
            stage,
            f"{stage.described} uses the caller's SSH agent, and {what}",
            at=place,
            severity=None if stage.needed else Severity.LOW,
            evidence=(what,),
            related=(Related(lent, "the agent is lent here"),),
        )


def _lent(stage: Stage) -> Location | None:
    for instruction in stage.instructions:
        from hullcheck.model.dockerfile import mounts

        for mount in mounts(instruction.effective) if instruction.effective.keyword == "RUN" else ():
            if mount.kind == "ssh":
                return mount.location
    return None


def _unknown_servers(stage: Stage) -> Iterator[tuple[Location, str]]:
    accepts = "accepts any server's key"
    from hullcheck.model.variables import settings

    for setting in settings(stage):
        if setting.name == "GIT_SSH_COMMAND" and ANY_KEY.search(setting.value):
            yield setting.place, accepts
    for script in stage.scripts:
        for command in script.commands:
            place = _any_key(command)
            if place is not None:
                yield place, accepts
            elif command.name == "ssh-keyscan" and not _compared(script, command):
                yield command.place(), "takes a server's key as it comes over the network"


def _any_key(command: Command) -> Location | None:
    for word in command.arguments if command.name != "export" else ():
        if ANY_KEY.search(word.text):
            return word.location
    for redirection in command.redirections:
        found = ANY_KEY.search(redirection.body.text) if redirection.body is not None else None
        if found is not None and redirection.body is not None:
            return redirection.body.at(found.start(), found.end())
    return None


def _compared(script: Script, scan: Command) -> bool:
    """Is what it hears compared with something that the file says: by its fingerprint, a checksum, or the key itself?"""
    for command in script.commands:
        if command.number <= scan.number:
            continue
        texts = [word.text for word in command.arguments]
        if command.name == "ssh-keygen" and any(re.match(r"-\w*l", text) for text in texts):
            return True
        if command.name in ("cmp", "diff") or re.fullmatch(r"sha\d+sum|shasum|md5sum", command.name):
            return True
        if command.name in ("grep", "egrep", "fgrep") and any(re.search("AAAA|SHA256:", text) for text in texts):
            return True
    return False
