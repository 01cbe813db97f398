"""A Secret that a container gets as environment variables.

Variables are inherited by every process that the container starts, shown by debuggers and error pages, and stay as
they were when the Secret changes. A mounted file can be read by the one process that needs it, and follows the
change.

To fix: mount it:

    volumeMounts:
      - {name: db, mountPath: /run/secrets/db, readOnly: true}
    volumes:
      - name: db
        secret: {secretName: db}

Most charts do it, and it is much better than a value in the manifest: off unless it is selected.

See https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
See https://kubernetes.io/docs/concepts/security/secrets-good-practices/
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
        "kube-linter:read-secret-from-env-var",
        "checkov:CKV_K8S_35",
        "kubescape:C-0207",
        "cis-k8s:5.4.1",
    ),
    cwe=(526,),
    default=False,
)


@check.on("Container")
def taken(container: Container) -> Iterator[Finding]:
    for variable in container.environment:
        if variable.source == "Secret":
            what = f"the variable `{variable.name}`" if variable.name else "variables"
            yield check.finding(
                container,
                f"{container.described} gets a Secret as {what}",
                at=variable.value.location,
                evidence=(variable.name,),
            )
