"""A copy of the whole folder that takes credentials or the repository's history along.

`COPY . .` takes everything that lies in the build context, unless `.dockerignore` names it: the `.env` with the
passwords, the key beside the certificate, and `.git` with everything that was ever committed. Whoever can pull the
image has them.

To fix: name what must stay out, in `.dockerignore` at the context's root:

    .git
    .env*
    **/*.key

or copy only what is needed (`COPY src/ src/`).

The patterns are read as the builder reads them, which isn't as git does: `.env` there means the one at the root
alone. Only files that are really there count, and only if they hold credentials; those below folders of tests don't.
In a build stage that doesn't ship it is a low finding.

See https://docs.docker.com/build/concepts/context/#dockerignore-files
See https://docs.docker.com/reference/build-checks/copy-ignored-file/
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
    aliases=("buildkit:CopyIgnoredFile", "tally:buildkit/CopyIgnoredFile", "cis-docker:4.10"),
    cwe=(538, 552),
)

SHOWN = 3


@check.on("Copied")
def taken_along(source: Copied) -> Iterator[Finding]:
    if source.named or not (source.files or source.history):
        return
    taken = [*source.files, *([".git"] if source.history else [])]
    them = "them" if len(taken) > 1 else "it"
    kept = f"`{source.ignore}` doesn't exclude {them}" if source.ignore else "there is no `.dockerignore`"
    yield check.finding(
        source,
        f"copying `{source.text}` takes {_listed(taken)} into {'the image' if source.ships else 'a build stage'}: {kept}",
        severity=_severity(source),
        evidence=tuple(taken),
    )


def _severity(source: Copied) -> Severity:
    if not source.ships:
        return Severity.LOW
    return Severity.HIGH if source.files else Severity.MEDIUM


def _listed(paths: list[str]) -> str:
    more = len(paths) - SHOWN
    shown = ", ".join(f"`{path}`" for path in paths[:SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
