"""A file of credentials that is kept in the repository.

Taking the password from a file is right; keeping that file in the repository gives it to everyone who can read the
code, and to every fork and backup, for good: history keeps what a later commit removes.

To fix: change the credentials, take the file out of git, and commit an example in its place:

    git rm --cached db/password.txt
    echo 'db/password.txt' >> .gitignore

A file that git ignores is fine, as are encrypted files, empty ones, and files of variables without a credential among
them. Where all values are defaults that everybody tries first, it is a medium finding.

See https://docs.docker.com/compose/how-tos/use-secrets/
See https://docs.github.com/en/code-security/secret-scanning
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.repository import Committed

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes"),
    aliases=("owasp-docker:rule-12",),
    cwe=(538, 312),
)


@check.on("Committed")
def committed(file: Committed) -> Iterator[Finding]:
    holds = f" and holds `{file.key}`" if file.key else ""
    taken = "" if file.path.endswith(file.how.strip("`")) else f"{file.how}: "  # a `.env` is taken because it is one
    yield check.finding(
        file,
        f"{taken}`{file.path}` is kept in the repository{holds}",
        severity=Severity.MEDIUM if file.weak else None,
        evidence=(file.path,),
        related=file.related,
    )
