"""A pull policy that keeps whatever a moving tag meant on the day of the first pull.

With `IfNotPresent` or `Never`, a node goes on running the image that it has. Under `latest`, or without a tag, that
is another one on every node: a fix that was pushed reaches the new nodes alone, and nobody can tell which code runs
where.

To fix: name the version, so that the policy doesn't matter:

    image: example/web:1.27.3
    imagePullPolicy: IfNotPresent

A fixed tag or a digest with `IfNotPresent`, the default, is right, and no finding.

See https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        "kube-score:container-image-pull-policy",
        "checkov:CKV_K8S_15",
        "polaris:pullPolicyNotAlways",
        "kubescape:C-0075",
    ),
    cwe=(1357,),
)


@check.on("Container")
def keeps_what_it_has(container: Container) -> Iterator[Finding]:
    policy = container.pull_policy
    image = container.image.image if container.image else None
    if container.dialect != "kubernetes" or policy is None or policy.value not in ("IfNotPresent", "Never"):
        return
    if image is None or image.digest or image.tag not in ("", "latest"):
        return
    tag = "`latest`" if image.tag else "no tag"
    yield check.finding(
        container,
        f"{container.described} pulls `{image.familiar}`, with {tag}, `{policy.value}`",
        at=policy.location,
        evidence=(policy.value, image.name),
    )
