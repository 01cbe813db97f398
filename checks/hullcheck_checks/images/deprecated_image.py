"""An image that its owners have retired.

It may still be there to pull, but nobody rebuilds it when its base or its software is repaired, and a frozen registry
may be switched off. Names that are given up can be taken by someone else.

To fix: move to what its owners name instead, `eclipse-temurin` for `openjdk`, `registry.k8s.io` for `k8s.gcr.io`:

    FROM eclipse-temurin:21-jre

The list holds images whose name alone tells, each with its source; release lines that have ended are reported as
`eol-base-image`.

See https://github.com/docker-library/docs
See https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/
See https://github.com/bitnami/containers/issues/83267
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING
from hullcheck_checks.data.deprecated_images import retired

if TYPE_CHECKING:
    from hullcheck.model.image import ImageUse
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("trivy:KSV-0102", "*tiller*"),
        Alias("checkov:CKV_K8S_34", "*tiller*"),
        Alias("checkov:CKV_K8S_44", "*tiller*"),
        Alias("checkov:CKV_K8S_45", "*tiller*"),
        Alias("kubescape:C-0253", "k8s.gcr.io/*"),
        Alias("kubescape:C-0292", ("*ingress-nginx*", "*nginx-ingress-controller*")),
    ),
    cwe=(1104,),
    fixable="unsafe",
)


@check.on("ImageUse")
def given_up(use: ImageUse) -> Iterator[Finding]:
    image = use.image
    fate = retired(image) if image and not use.built_here else None
    if image is None or fate is None:
        return
    instead = f"; its place is taken by `{fate.instead}`" if fate.instead else ""
    yield check.finding(
        use,
        f"{use.how} {use.shown}: `{image.familiar}` {fate.fate}{instead}",
        evidence=(image.name,),
        related=use.origins,
        fix=_moved(use.location),
    )


def _moved(place: Location) -> Fix | None:
    """From the frozen registry of Kubernetes to the one that took its place."""
    start = place.start + (place.text[:1] in "\"'")
    registry = place._replace(start=start, end=start + len("k8s.gcr.io"))
    if not place.source.text.startswith("k8s.gcr.io/", start):
        return None
    return fix("take it from registry.k8s.io", replace_word(registry, "registry.k8s.io"), safe=False)
