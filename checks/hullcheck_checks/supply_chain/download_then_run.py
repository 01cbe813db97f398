"""A downloaded file that is run or installed without being verified.

Between the server and the image nothing compares what arrived with what was meant: a hijacked release, a moved tag or a
poisoned mirror is executed in the build, or shipped as a program of the image.

To fix: compare a checksum that is written in the Dockerfile, or check a signature, before the file is used:

    RUN curl -fsSLo /usr/local/bin/tool https://example.com/v1.2.3/tool \\
     && echo "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  /usr/local/bin/tool" | sha256sum -c - \\
     && chmod +x /usr/local/bin/tool

or let the builder do it: `ADD --checksum=sha256:... https://example.com/v1.2.3/tool /usr/local/bin/tool`.

A file counts as run if a shell or an interpreter reads it, if it is made executable, or if `dpkg`, `rpm` or a package
manager installs it, in the same instruction or a later one of the stage. Any check of a checksum or signature in
between (`sha256sum -c`, `gpg --verify`, `cosign verify-blob`, ...) is taken to be about it.

See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
See https://docs.docker.com/reference/dockerfile/#add---checksum
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.dockerfile import Stage
from hullcheck.model.downloads import PRINTED, fetched, without_secrets
from hullcheck.model.extent import sources

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("scorecard:Pinned-Dependencies", "cis-docker:4.11"),
    cwe=(494, 345),
)


@check.on(Stage)
def unverified(stage: Stage) -> Iterator[Finding]:
    for file in fetched(stage).files:
        download = file.download
        if file.run_by is None or download.path == PRINTED:
            continue
        yield check.finding(
            stage,
            f"what `{download.command.name or 'PowerShell'}` downloads from `{without_secrets(download.url)}`"
            " is used without being verified",
            at=download.place,
            severity=None if stage.needed else Severity.LOW,
            evidence=(without_secrets(download.url),),
            extent=sources(without_secrets(download.url)),
            related=(Related(file.run_by.place(), "it is used here"),),
        )
