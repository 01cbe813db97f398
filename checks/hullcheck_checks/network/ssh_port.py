"""An SSH server in a container.

Containers are entered with `docker exec` or `kubectl exec`, which ask the platform who you are. An SSH server asks
nobody but its own files: keys and passwords that are in the image, the same in each copy, and a port that scanners try
first.

To fix: take the server and the port out. In a Dockerfile:

    # EXPOSE 22
    EXPOSE 8080

`EXPOSE` opens nothing by itself, so it is a low finding, as is a declared container port. A port 22 that Compose
publishes on every interface is a medium one. Servers of git repositories speak SSH for a reason, and are shown on
request only.

See https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete_instruction, delete_word, fix
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Port

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "compose", "kubernetes"),
    aliases=(
        "trivy:DS-0004",
        "checkov:CKV_DOCKER_1",
        Alias("kics:5907595b-5b6d-4142-b173-dbb0e73fbff8", dialects=("dockerfile",)),
        "kube-linter:ssh-port",
        "kubescape:C-0042",
        "cis-docker:5.7",
    ),
    cwe=(1188, 668),
    fixable="unsafe",
)

_GIT = ("gitea", "gitlab", "forgejo", "gogs", "gitolite", "soft-serve", "bitbucket", "sftp", "openssh-server")


@check.on("Container", needs="ports")
def listens(container: Container) -> Iterator[Finding]:
    for port in container.ports:
        if port.protocol.lower() in ("tcp", "") and _is_ssh(port):
            from hullcheck.model.network.extents import published

            yield check.finding(
                container,
                f"{container.described} {_does(container, port)} port 22, that of SSH",
                at=port.location,
                severity=_severity(container, port),
                evidence=("22",),
                extent=published(port),
                fix=_closed(container, port),
            )


def _closed(container: Container, port: Port) -> Fix | None:
    """Without the word of `EXPOSE`, if that is about no other port."""
    if container.role != "stage" or container.built is None or port.last not in (None, port.number):
        return None
    for step in container.built.stage.instructions:
        if step.keyword == "EXPOSE" and any(word.location == port.location for word in step.words):
            only = len(step.words) == 1
            return fix(
                "take it out",
                delete_instruction(step.location) if only else delete_word(port.location),
                safe=False,
            )
    return None


def _is_ssh(port: Port) -> bool:
    last = port.number if port.last is None else port.last
    return port.number is not None and last is not None and port.number <= 22 <= last


def _does(container: Container, port: Port) -> str:
    if container.role == "stage":
        return "exposes"
    return "publishes" if port.published is not None else "declares"


def _severity(container: Container, port: Port) -> Severity | None:
    image = container.image.image if container.image else None
    if image is not None and any(word in image.repository for word in _GIT):
        return Severity.INFO
    if container.role == "stage":
        runs = any("sshd" in (word.value or "") for word in container.command)
        return None if runs else Severity.LOW
    return None if port.public and container.dialect == "compose" else Severity.LOW
