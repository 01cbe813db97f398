"""An image named without a tag or digest.

A reference without a tag means `latest`: whatever the registry serves at the next pull. Two builds of one commit can
start from different images, nobody can tell afterwards which one is running, and whoever takes over the repository's
name in the registry is in the next build.

To fix: name the version that was tested, and its digest if builds are to be reproducible:

    FROM python:3.12-slim

A reference that nothing resolves (an `ARG` without a default, a template) is not reported, nor is a build stage,
`scratch`, or the name that a Compose service gives to the image it builds. `host:5000/app` has a port, not a tag. Names
that are given a tag at deploy are left out as for `latest-tag`, and so is the `auto` that Istio puts its proxy in for.

See https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
See https://kubernetes.io/docs/concepts/containers/images/#image-names
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.image import ImageUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        "hadolint:DL3006",
        "trivy:DS-0001",
        "trivy:KSV-0013",
        "checkov:CKV_DOCKER_7",
        "checkov:CKV_K8S_14",
        Alias("kics:9efb0b2d-89c9-41a3-91ca-dcc0aec911fd", dialects=("dockerfile",)),
        "tally:hadolint/DL3006",
        "compose-lint:CL-0004",
        "dclint:service-image-require-explicit-tag",
        "kube-linter:latest-tag",
        "kube-score:container-image-tag",
        "polaris:tagNotSpecified",
    ),
    cwe=(1357,),
)


@check.on("ImageUse")
def untagged(use: ImageUse) -> Iterator[Finding]:
    image = use.image or use.partial
    if image is None or image.tag or image.digest or use.built_here or use.tagged_later:
        return
    yield check.finding(
        use,
        f"{use.how} {use.shown} has neither tag nor digest, so it is whatever `latest` is at the time",
        evidence=(image.name,),
        extent=extent(registries=words((image.name,), "name")),
        related=use.origins,
    )
