"""A file that `ADD` takes from the network without a checksum.

The builder copies whatever the server answers into the image. Nothing says what it should have been, so a changed or
replaced file goes unnoticed, and two builds of one commit may differ.

To fix: say the checksum, and the builder refuses anything else:

    ADD --checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 \\
        https://example.com/v1.2.3/tool.tar.gz /tmp/

With `http://` anybody on the way can change the file, too: then the finding is high, as it is where the file is run,
made executable or installed later, and nothing verifies it. Git repositories are the matter of `add-git-mutable`.

See https://docs.docker.com/reference/dockerfile/#add---checksum
See https://docs.docker.com/build/building/best-practices/#add-or-copy
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import sources
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("checkov:CKV_DOCKER_4", "kics:4b410d24-1cbe-4430-a632-62c9a931cf1c", "scorecard:Pinned-Dependencies"),
    cwe=(494, 345),
)


@check.on("Stage")
def unverified(stage: Stage) -> Iterator[Finding]:
    for number, step in enumerate(stage.instructions):
        instruction = step.effective
        if instruction.keyword != "ADD" or instruction.flag("checksum"):
            continue
        for word in instruction.words[:-1]:
            url = stage.expand(word.text, step).text or word.text
            from hullcheck.model.downloads import is_git, is_url, without_secrets

            if not is_url(url) or is_git(url):
                continue
            plain = url.lower().startswith(("http://", "ftp://"))
            target = stage.expand(instruction.words[-1].text, step).text or instruction.words[-1].text
            from hullcheck.model.flow import added

            fate = added(stage, number, url, target, word.location)
            severity = Severity.HIGH if plain or fate.run_by else Severity.MEDIUM
            yield check.finding(
                stage,
                f"`ADD` takes `{without_secrets(url)}` without a checksum"
                + (", over plain http" if plain else "")
                + (", and it is run" if fate.run_by else ""),
                at=word.location,
                severity=severity if stage.needed else Severity.LOW,
                evidence=(without_secrets(url),),
                extent=sources(without_secrets(url)),
                related=(Related(fate.run_by, "it is run here"),) if fate.run_by else (),
            )
