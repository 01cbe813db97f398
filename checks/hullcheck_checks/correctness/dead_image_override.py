"""An entry of a kustomization's `images` that changes no image.

It was written to pin a version or to take the image from another registry. As it fits no image, the overlay runs what
the base says: often a floating tag, from a registry that nobody chose. kustomize doesn't warn.

To fix: write the name as the base does, to the letter: with its registry and its path, without tag:

    # base: image: docker.io/library/redis:7
    images:
    - name: docker.io/library/redis
      newTag: 7.4.1

An entry of a component that changes an image in another overlay is no finding.

See https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.references import Dangling

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-k8s:K02",),
    cwe=(710,),
)


@check.on("Dangling")
def changes_nothing(dangling: Dangling) -> Iterator[Finding]:
    if dangling.kind != "image":
        return
    severity = None if dangling.near else Severity.INFO if dangling.doubtful else Severity.LOW
    yield check.finding(
        dangling, dangling.message, severity=severity, evidence=dangling.evidence, related=dangling.related
    )
