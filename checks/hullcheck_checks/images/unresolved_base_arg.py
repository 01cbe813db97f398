"""A base image whose name nothing completes.

`FROM debian:${TAG}` sees only what `ARG` says before the first `FROM`. A variable that is declared later, or nowhere,
is empty there: the build fails, or takes another image than was meant.

To fix: declare it at the top, with the value that was tested:

    ARG TAG=12.6-slim
    FROM debian:${TAG}

An `ARG` without a default, which every build has to pass, is a note. A name that is whole without the variable
(`debian${SUFFIX}`) is no finding.

See https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact
See https://docs.docker.com/reference/build-checks/undefined-arg-in-from/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.image import ImageRef
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.expand import Value

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=(
        "buildkit:UndefinedArgInFrom",
        "buildkit:InvalidDefaultArgInFrom",
        "tally:buildkit/UndefinedArgInFrom",
        "tally:buildkit/InvalidDefaultArgInFrom",
    ),
    cwe=(1104, 457),
)


@check.on("Stage")
def incomplete(stage: Stage) -> Iterator[Finding]:
    word, scope = stage.base_word, stage.graph.global_scope
    if not stage.complete or "$" not in word.text or stage.parent is not None:
        return
    from hullcheck.model.expand import expand, names

    used = names(word.text, stage.dockerfile.escape)
    nowhere = [name for name in used if name not in scope]
    bare = [name for name in used if name in scope and scope[name].unset]
    if not nowhere and not bare:
        return

    def empty_if_unset(name: str) -> Value | None:
        value = scope.get(name)
        return None if value is None or value.unset else value

    found = expand(word.text, empty_if_unset, stage.dockerfile.escape)
    if found.text is None or ImageRef.parse(found.text) is not None or found.text == "scratch":
        return
    name = (nowhere or bare)[0]
    why = f"nothing sets `{name}` before the first `FROM`" if nowhere else f"`ARG {name}` has no default"
    yield check.finding(
        stage,
        f"`FROM {word.text}` is incomplete: {why}",
        at=word.location,
        severity=None if nowhere else Severity.INFO,
        evidence=(name,),
        related=() if nowhere else scope[name].related,
    )
