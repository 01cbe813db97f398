"""A downloaded file that is run or installed without being verified.

Between the server and the image nothing compares what arrived with what was meant: a hijacked release, a moved tag or a
poisoned mirror is executed in the build, or shipped as a program of the image.

To fix: compare a checksum that is written in the Dockerfile, or check a signature, before the file is used:

    RUN curl -fsSLo /usr/local/bin/tool https://example.com/v1.2.3/tool \\
     && echo "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  /usr/local/bin/tool" | sha256sum -c - \\
     && chmod +x /usr/local/bin/tool

or let the builder do it: `ADD --checksum=sha256:... https://example.com/v1.2.3/tool /usr/local/bin/tool`.

A file counts as run if a shell or an interpreter reads it, if it is made executable, if `dpkg`, `rpm` or a package
manager installs it, or if it is what the image starts. It is followed over archives (`unzip a.zip && ./a/install`),
moves, later instructions, and into the stages that are built on this one or copy from it. A package manager that is
given an address (`rpm -i https://...`, `pip install https://....whl`) does both at once. Any check of a checksum or
signature in between (`sha256sum -c`, `gpg --verify`, `cosign verify-blob`, ...) is taken to be about it.

See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
See https://docs.docker.com/reference/dockerfile/#add---checksum
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import sources
from hullcheck.model.packages import Install, is_repository, npm_installs, pip_installs
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Word
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "devcontainer"),
    aliases=("scorecard:Pinned-Dependencies", "cis-docker:4.11"),
    cwe=(494, 345),
)


@check.on("Stage")
def unverified(stage: Stage) -> Iterator[Finding]:
    from hullcheck.model.flow import fetched

    for file in fetched(stage).files:
        if file.run_by is None:
            continue
        from hullcheck.model.downloads import without_secrets

        url = without_secrets(file.url)
        where = f", in stage `{file.elsewhere}`" if file.elsewhere else ""
        yield check.finding(
            stage,
            f"what `{file.by}` downloads from `{url}` is used without being verified",
            at=file.place,
            severity=None if stage.needed else Severity.LOW,
            evidence=(url,),
            extent=sources(url),
            related=(Related(file.run_by, f"it is used here{where}"),),
        )


@check.on("Stage")
def installed(stage: Stage) -> Iterator[Finding]:
    """What a package manager fetches from an address by itself; nothing says what that should be."""
    for script in stage.scripts:
        taken = [(install.command, word) for install in pip_installs(script) for word in _named(install)]
        taken += [(install.command, word) for install in npm_installs(script) for word in install.packages]
        taken += [(command, word) for command in script.commands for word in _packages(command)]
        for command, word in taken:
            from hullcheck.model.variables import expanded

            url = expanded(stage, script, command, word).rpartition(" @ ")[2].strip()
            if re.match(r"(?i)(?:https?|ftp)://", url) and not is_repository(url) and "#sha" not in url:
                from hullcheck.model.downloads import without_secrets

                yield check.finding(
                    stage,
                    f"`{command.name}` installs what `{without_secrets(url)}` serves, and nothing verifies it",
                    at=word.location,
                    severity=None if stage.needed else Severity.LOW,
                    evidence=(without_secrets(url),),
                    extent=sources(without_secrets(url)),
                )


def _named(install: Install) -> Iterator[Word]:
    """What pip is given by name or address, and the lists of what to install."""
    yield from install.packages
    for option in install.options:
        if option.name in ("-r", "--requirement", "--requirements", "-e", "--editable") and option.value is not None:
            yield option.value


_LOCAL = frozenset(("yum", "dnf", "dnf5", "microdnf", "tdnf"))


def _packages(command: Command) -> Iterator[Word]:
    """The packages of rpm and its like: dnf checks the signatures of its repositories, and not those of such files."""
    texts = [word.text for word in command.arguments]
    operands = [word for word in command.arguments if not word.text.startswith("-")]
    if command.name == "rpm" and any(re.match(r"-\w*[iUF]|--install|--upgrade", text) for text in texts):
        yield from operands
    elif (
        command.name in _LOCAL and operands and operands[0].text in ("install", "localinstall", "reinstall", "upgrade")
    ):
        yield from operands[1:]
