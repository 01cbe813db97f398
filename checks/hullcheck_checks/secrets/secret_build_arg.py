"""A credential that is handed to a build as an argument.

`--build-arg` ends up where everybody who has the image can read it: in its history, and in the provenance that Buildx
attaches. It is in the build cache and often in the log, too. That the Dockerfile takes it is told at its `ARG`; this is
the line that hands it over.

To fix: mount it as a secret, for the one command that needs it:

    docker build --secret id=npm,env=NPM_TOKEN .

    RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci

`docker/build-push-action` has `secrets` beside `build-args`. Public values, such as a key that the browser gets, may be
ignored with that reason.

See https://docs.docker.com/build/building/secrets/
See https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.secrets import Grade, by_name
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.repository import BuildArgument

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("buildkit:SecretsUsedInArgOrEnv", "trivy:DS-0031", "cis-docker:4.10"),
    cwe=(538, 522),
)

_PUBLIC = pattern(r"(?i)(?:next_public|nuxt_public|react_app|vite|vue_app|expo_public|gatsby|public|ng_app)_")
_EXPRESSION = pattern(r"\$\{\{([^{}]*+)\}\}")
_VARIABLE = pattern(r"\$(?:\{\{[^{}]*\}\}|\{\w+\}|\w+|\(\w+\))")


@check.on("BuildArgument")
def handed_over(argument: BuildArgument) -> Iterator[Finding]:
    if _PUBLIC.match(argument.name) is not None:
        return
    named = by_name(argument.name) is Grade.STRONG
    if any(re.search(r"\bsecrets[.\[]", said) for said in _EXPRESSION.findall(argument.value)):
        what = "a secret of the pipeline"
    elif named and (not argument.value or _VARIABLE.fullmatch(argument.value) is not None):
        what = "a credential"
    else:
        return
    yield check.finding(
        argument,
        f"`{argument.how}` hands the build {what} as the argument `{argument.name}`, which the image's history shows",
        evidence=(argument.name,),
    )
