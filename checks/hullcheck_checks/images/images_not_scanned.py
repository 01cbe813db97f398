"""Images that are built in a pipeline and never scanned for known holes.

What is installed in the image is known to nobody but the package database in it. A scanner reads that and compares it
with the published holes, before the image is pushed and again when new ones are found.

To fix: scan after the build, and let a critical hole stop the job:

    - uses: aquasecurity/trivy-action@<commit>
      with:
        image-ref: example/app:${{ github.sha }}
        severity: CRITICAL
        exit-code: "1"

The finding stands at the first step that builds an image, in a repository where no pipeline names a scanner (Trivy,
Grype, Snyk, Docker Scout, Clair, ...). Registries that scan by themselves can't be seen from here: a note only.

See https://docs.docker.com/scout/
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#vulnerabilities
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.repository import Pipeline

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.4",),
    cwe=(1104,),
    precision="medium",
)


@check.on("Pipeline")
def never_scanned(pipeline: Pipeline) -> Iterator[Finding]:
    yield check.finding(
        pipeline,
        f"`{pipeline.tool}` builds an image, and no pipeline here scans images",
        evidence=(pipeline.tool,),
    )
