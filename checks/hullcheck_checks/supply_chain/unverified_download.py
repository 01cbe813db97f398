"""A downloaded archive that is unpacked without being verified.

What an archive holds ends up in the image. Where nothing compares it with what was meant, a hijacked release or a
poisoned mirror decides what that is.

To fix: compare a checksum that is written in the Dockerfile before unpacking:

    RUN curl -fsSLO https://example.com/tool-1.2.3.tar.gz \\
     && echo "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  tool-1.2.3.tar.gz" | sha256sum -c - \\
     && tar -xzf tool-1.2.3.tar.gz

Many projects publish no checksums, and most images hold such an archive: this check is off unless it is selected. What
is run directly is reported by `download-then-run`.

See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
See https://docs.docker.com/reference/dockerfile/#add---checksum
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
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("scorecard:Pinned-Dependencies", "tally:tally/prefer-add-unpack"),
    cwe=(494, 345),
    default=False,
)


@check.on("Stage")
def unpacked(stage: Stage) -> Iterator[Finding]:
    from hullcheck.model.flow import fetched

    for file in fetched(stage).files:
        if file.unpacked_by is None or file.verified or file.run_by is not None:
            continue
        from hullcheck.model.downloads import without_secrets

        url = without_secrets(file.url)
        yield check.finding(
            stage,
            f"the archive from `{url}` is unpacked without being verified",
            at=file.place,
            evidence=(url,),
            extent=sources(url),
            related=(Related(file.unpacked_by, "it is unpacked here"),),
        )
