"""A private key or a file of credentials that is copied into the image.

Everyone who can pull the image can read it, from its layer, even if a later instruction removes the file. Registries
are searched for such layers.

To fix: mount the file for the command that needs it, so that no layer holds it:

    RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci

    RUN --mount=type=ssh git clone git@github.com:example/app

The name decides (`id_ed25519`, `*.key`, `.env`, `.npmrc`, ...), unless the file is in the repository and holds no
credential: an `.npmrc` that only names a registry is fine, as are public keys, certificates, examples and templates.
In a build stage that doesn't ship it is a medium finding: the file stays in the build cache.

See https://docs.docker.com/build/building/secrets/
See https://docs.docker.com/reference/dockerfile/#run---mounttypesecret
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.repository import Copied

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.10",),
    cwe=(538, 312),
)


@check.on("Copied")
def copied(source: Copied) -> Iterator[Finding]:
    if source.named:
        yield check.finding(
            source,
            f"`{source.text}` looks like a file of credentials, and is copied into {_where(source)}",
            severity=None if source.ships else Severity.MEDIUM,
            evidence=(source.text,),
        )


def _where(source: Copied) -> str:
    return "the image" if source.ships else "a build stage"
