"""The Kubernetes Dashboard, installed with a manifest.

The dashboard shows and changes the cluster in a browser with the rights of its own account, or of whoever signs in.
Clusters were taken over through dashboards that anybody could open; with `--enable-skip-login` nobody is even asked who
they are.

To fix: take it out, or use a client on your own machine:

    kubectl port-forward deployment/api 8080

With `--enable-skip-login` or `--enable-insecure-login` it is a medium finding, else a low one.

See https://kubernetes.io/docs/tasks/access-application-cluster/web-ui-dashboard/
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
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        "checkov:CKV_K8S_33",
        "kics:d2ad057f-0928-41ef-a83c-f59203bb855b",
        "kubescape:C-0014",
    ),
    cwe=(306,),
)

_IMAGES = ("kubernetesui/dashboard", "kubernetes-dashboard-amd64", "kubernetesui/dashboard-api", "kubernetes-dashboard")
_UNASKED = ("--enable-skip-login", "--enable-insecure-login")


@check.on("Container")
def installed(container: Container) -> Iterator[Finding]:
    image = container.image.image if container.image else None
    if container.dialect != "kubernetes" or image is None or not _is_dashboard(image.repository):
        return
    flag = next((word for word in container.command if (word.value or "").startswith(_UNASKED)), None)
    said = f" with `{flag.value}`" if flag else ""
    yield check.finding(
        container,
        f"{container.described} is the Kubernetes Dashboard{said}",
        at=flag.location if flag else container.image.location if container.image else None,
        severity=None if flag else Severity.LOW,
    )


def _is_dashboard(repository: str) -> bool:
    return any(repository == name or repository.endswith(f"/{name}") for name in _IMAGES)
