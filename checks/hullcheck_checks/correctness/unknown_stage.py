"""A stage that is copied from, and isn't there.

A number without such a stage, or the name of a stage that comes later, is refused by the builder. A bare name that is
no stage is taken for a context that the build is given, or for an image of that name.

To fix: name the stage, or the image in full:

    COPY --from=build /app /app
    COPY --from=docker.io/library/busybox:1.36 /bin/busybox /bin/

A bare name that nothing here gives to a build as a context (`--build-context`, `additional_contexts`) is a note. One of
Docker's official images, such as `busybox`, is told as an image without a tag.

See https://docs.docker.com/reference/dockerfile/#copy---from
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.official import official_images
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.text import Text

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3022", "kics:68a51e22-ae5a-4d48-8e87-b01a323605c9", "tally:hadolint/DL3022"),
    cwe=(710, 829),
    covered_by=("self-copy-from",),
)


@check.on("Stage")
def missing(stage: Stage) -> Iterator[Finding]:
    own = {instruction.location for instruction in stage.instructions}
    for word, step in stage.from_words:
        message, severity = _wrong(stage, word)
        if message and step.location in own:
            yield check.finding(stage, message, at=word.location, severity=severity, evidence=(word.text.lower(),))


def _wrong(stage: Stage, word: Text) -> tuple[str, Severity | None]:
    name = word.text
    source = stage.source_of(name)
    if source is not None:
        later = source.number > stage.number >= 0
        return (f"`{name}` is a stage that comes later", None) if later else ("", None)
    if name.isdecimal():
        return f"there is no stage with the number {name}", None
    bare = name and not any(mark in name for mark in "/:@.$") and not stage.is_context(name)
    if bare and name not in official_images():
        return f"`{name}` is no stage, and no context that is known here", Severity.INFO
    return "", None
