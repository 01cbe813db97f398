"""A stage's whole file system that is copied into another.

`COPY --from=build / /` brings everything that the stage ever held: sources, caches, keys, setuid programs. What the
second stage was for, to leave that behind, is undone.

A stage that starts from `scratch` and holds only what is to be copied is no finding.

To fix: copy what is needed:

    COPY --from=build /app/bin/server /usr/local/bin/

See https://docs.docker.com/build/building/multi-stage/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3067", "tally:hadolint/DL3067"),
    cwe=(1125,),
)

WHOLE = frozenset(("/", "/.", "/*", "./", "."))


@check.on("Stage")
def copied(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        source = instruction.flag("from")
        if instruction.keyword != "COPY" or source is None or source.value is None or len(instruction.words) < 2:
            continue
        *sources, target = instruction.words
        stage_copied = stage.source_of(source.value.text)
        if not stage.ships or (stage_copied and stage_copied.chain[-1].base.text == "scratch"):
            continue
        said = {word.location: stage.expand(word.text, step).text for word in instruction.words}
        whole = next((word for word in sources if said[word.location] in WHOLE - {"."}), None)
        if whole is not None and said[target.location] in ("/", "/."):
            yield check.finding(
                stage,
                f"`COPY` takes the whole file system of `{source.value.text}`",
                at=whole.location,
                evidence=(source.value.text,),
            )
