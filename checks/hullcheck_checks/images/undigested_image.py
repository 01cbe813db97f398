"""An image with a tag but without a digest.

A tag can be pushed again with other content: by its owner, by whoever stole a token of theirs, by a mirror in
between. Only a digest says which bytes are meant, so that what was reviewed and scanned is what runs.

To fix: keep the tag for the reader and add the digest, and let Dependabot or Renovate move both:

    FROM python:3.12-slim@sha256:<64 hex digits>

A tag that moves by design is told by `rolling-tag`, `latest` by `latest-tag`.

See https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.terms import Alias

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        "checkov:CKV_K8S_43",
        "compose-lint:CL-0019",
        Alias("kics:7c81d34c-8e5a-402b-9798-9f442630e678", dialects=("kubernetes",)),
        "kubescape:C-0306",
        "scorecard:Pinned-Dependencies",
    ),
    cwe=(494,),
    covered_by=("rolling-tag",),
    gathered="images are not pinned to a digest; `--show-each` lists them",
)


LENGTHS = {"sha256": 64, "sha512": 128}


@check.on("ImageUse")
def cut_short(use: ImageUse) -> Iterator[Finding]:
    """A digest that lacks digits: Compose and manifests take it, and the pull fails."""
    name, at, digest = (use.reference.value or "").partition("@")
    algorithm, _, digits = digest.partition(":")
    if at and len(digits) != LENGTHS.get(algorithm, len(digits)) and ImageRef.parse(name) is not None:
        yield check.finding(
            use,
            f"{use.how} {use.shown} has a digest of {len(digits)} digits, where {algorithm} has {LENGTHS[algorithm]}",
            evidence=(name, "digest"),
            extent=extent(registries=words((name,), "name")),
            related=use.origins,
        )


@check.on("ImageUse")
def undigested(use: ImageUse) -> Iterator[Finding]:
    image = use.image
    if image is None or image.digest or not image.tag or image.tag.lower() == "latest" or use.built_here:
        return
    yield check.finding(
        use,
        f"{use.how} {use.shown} is not pinned to a digest",
        evidence=(image.name,),
        extent=extent(registries=words((image.name,), "name")),
        related=use.origins,
    )
