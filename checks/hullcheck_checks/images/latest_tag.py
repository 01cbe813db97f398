"""An image taken by its `latest` tag.

`latest` is a name that moves. The next build or the next restart may run other code than was tested, with other
vulnerabilities, and a rollback brings back the same tag with new content. Whoever can push to the repository decides
what runs.

To fix: name the version that was tested:

    image: nginx:1.27.3

With a digest (`nginx:latest@sha256:...`) the tag decides nothing, and there is no finding. Nor is there where the tag
is set at deploy: by `kustomize edit set image` in a pipeline, by Flux where its marker stands behind the image, by Argo
CD's image updater, or for what Skaffold, Tilt, DevSpace and werf build.

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
        "hadolint:DL3007",
        "trivy:DS-0001",
        "trivy:KSV-0013",
        "checkov:CKV_DOCKER_7",
        "checkov:CKV_K8S_14",
        Alias("kics:f45ea400-6bbe-4501-9fc7-1c3d75c32067", dialects=("dockerfile",)),
        "tally:hadolint/DL3007",
        "compose-lint:CL-0004",
        "dclint:service-image-require-explicit-tag",
        "kube-linter:latest-tag",
        "kube-score:container-image-tag",
        "polaris:tagNotSpecified",
    ),
    cwe=(1357,),
)


@check.on("ImageUse")
def latest(use: ImageUse) -> Iterator[Finding]:
    image = use.image or use.partial
    if image is None or image.tag.lower() != "latest" or image.digest or use.built_here or use.tagged_later:
        return
    yield check.finding(
        use,
        f"{use.how} {use.shown} is taken by its `latest` tag",
        evidence=(image.name,),
        extent=extent(registries=words((image.name,), "name")),
        related=use.origins,
    )
