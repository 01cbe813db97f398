"""A stage that copies from itself.

`COPY --from` takes files from another stage that is complete. From the stage itself, or in a circle of stages, there
is nothing to take: the builder refuses it.

To fix: copy from the stage that makes the file, or, within one stage, with a command:

    RUN cp /app/config.default /app/config

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
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3023",
        "trivy:DS-0006",
        "kics:cdddb86f-95f6-4fc4-b5a1-483d9afceb2b",
        "tally:hadolint/DL3023",
        "tally:tally/circular-stage-deps",
    ),
    cwe=(710,),
)


@check.on("Stage")
def itself(stage: Stage) -> Iterator[Finding]:
    for word, source in stage.copied_from:
        if source is stage:
            message = f"{stage.described} copies from itself"
        elif source.number > stage.number and stage in _needs(source):
            message = f"{stage.described} and {source.described} copy from each other"
        else:
            continue
        yield check.finding(stage, message, at=word.location, evidence=(word.text.lower(),))


def _needs(stage: Stage) -> set[Stage]:
    """All stages that one rests on."""
    found: set[Stage] = set()
    waiting = [stage]
    while waiting:
        each = waiting.pop()
        for other in (each.parent, *(source for _, source in each.copied_from)):
            if other is not None and other not in found:
                found.add(other)
                waiting.append(other)
    return found
