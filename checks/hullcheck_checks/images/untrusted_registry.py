"""An image from a registry that isn't on the list.

Whoever runs a registry decides what its names mean. An organisation that scans, signs and mirrors what it runs knows
which registries that covers; a name from another one goes around all of it.

To fix: take the image from a registry on the list, or put it there in `.hullcheck.yaml`:

    trusted-registries: [docker.io, ghcr.io/example, "*.example.com"]

An entry is a registry, or a part of one: `ghcr.io/example` and `ghcr.io/example/*` mean all that is below it,
`registry.example.org/*` all of that registry. Without such a list nothing is reported. A name without a registry is
Docker Hub's, `docker.io`; `trusted-images` takes names of images, with `*`. Every place that names an image counts,
`COPY --from` and `# syntax=` too.

See https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image
See https://kubernetes.io/docs/concepts/security/supply-chain-security/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.image import ImageRef, ImageUse
    from hullcheck.model.settings import Settings

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        "hadolint:DL3026",
        "trivy:KSV-0032",
        "trivy:KSV-0033",
        "trivy:KSV-0034",
        "trivy:KSV-0035",
        "trivy:KSV-0125",
        "tally:hadolint/DL3026",
        "kics:d0b535a2-6fed-459a-8e08-2d6b5d5ee6cd",
        "kubescape:C-0001",
        "kubescape:C-0078",
        "cis-docker:4.2",
    ),
    cwe=(829, 494),
    covered_by=("untrusted-frontend",),
)


@check.on("ImageUse")
def elsewhere(use: ImageUse, settings: Settings) -> Iterator[Finding]:
    image = use.image
    listed = settings.trusted_registries or settings.trusted_images
    if image is None or not listed or use.built_here or _trusted(image, settings):
        return
    yield check.finding(
        use,
        f"{use.how} {use.shown} comes from `{image.registry}`, which isn't among the trusted registries",
        evidence=(image.name,),
        extent=extent(registries=words((image.name,), "name")),
        related=use.origins,
    )


def _trusted(image: ImageRef, settings: Settings) -> bool:
    """Is the registry on the list, or the part of one that holds the image, or the image itself?"""
    names = (image.name, image.familiar)
    if any(_fits(pattern, name) for pattern in settings.trusted_images for name in names):
        return True
    return any(_holds(pattern, image) for pattern in settings.trusted_registries)


def _holds(pattern: str, image: ImageRef) -> bool:
    """Does a pattern name the image's registry, or the part of it that holds the image?

    The registry and the path behind it are compared apart, so that no star reaches from one into the other.
    """
    registry, _, path = pattern.rstrip("/").partition("/")
    if not _fits(registry, image.registry):
        return False
    return not path or _fits(path, image.repository) or _fits(f"{path}/*", image.repository)


def _fits(pattern: str, name: str) -> bool:
    from hullcheck.model.globs import like

    return like(pattern.lower(), name.lower())
