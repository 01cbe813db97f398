"""A download in a pipe whose failure nobody notices.

A pipe ends as its last command does. In `curl ... | tar -x` a download that breaks off, or an error page, can leave
half a folder, and the build goes on as if nothing were wrong.

To fix: let the pipe fail with any of its commands:

    SHELL ["/bin/bash", "-o", "pipefail", "-c"]
    RUN curl -fsSL https://example.com/tool.tar.gz | tar -xz -C /opt

What is piped into a shell is reported by `pipe-to-shell`. `set -o pipefail` in the instruction does it as well;
Alpine's `sh` knows it, Debian's doesn't.

See https://docs.docker.com/build/building/best-practices/#using-pipes
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL4006", "kics:efbf148a-67e9-42d2-ac47-02fa1c0d0b22", "tally:hadolint/DL4006"),
    cwe=(754,),
)


@check.on("Stage")
def unnoticed(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        if script.instruction.keyword != "RUN" or script.shell not in ("sh", "exec"):
            continue
        if any("pipefail" in word for word in stage.shell_words(script.instruction)) or _set(script):
            continue
        seen: set[int] = set()
        from hullcheck.model.downloads import PRINTED, downloads

        for download in downloads(stage, script):
            command = download.command
            if download.path != PRINTED or command.number in seen or "$(" in command.within:
                continue
            after = next(script.after_in_pipe(command), None)
            from hullcheck.model.command import SHELLS

            if after is not None and after.name not in SHELLS:
                seen.add(command.number)
                yield check.finding(
                    stage,
                    f"nobody notices if `{command.name}` fails: `{after.name or 'the next command'}` ends the pipe",
                    at=command.place(),
                    evidence=(command.name, after.name),
                )


def _set(script: Script) -> bool:
    """`set -o pipefail`, `set -euxo pipefail`, `bash -o pipefail -c`."""
    return any(_sets(command) for command in script.commands)


def _sets(command: Command) -> bool:
    return command.name in ("set", "bash", "sh", "zsh", "ksh", "shopt") and any(
        word.text == "pipefail" for word in command.arguments
    )
