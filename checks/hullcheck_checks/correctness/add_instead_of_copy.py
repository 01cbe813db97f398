"""`ADD` where nothing needs to be fetched or unpacked.

`ADD` does more than copy: it unpacks archives and fetches addresses. A file that one day is an archive, or a name that
comes from a variable, then lands in the image in another way than the reader thinks.

To fix: copy:

    COPY app.py /app/

Archives, addresses, repositories, variables and heredocs are no finding.

See https://docs.docker.com/build/building/best-practices/#add-or-copy
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3020",
        "trivy:DS-0005",
        "checkov:CKV_DOCKER_4",
        "kics:9513a694-aa0d-41d8-be61-3271e056f36b",
        "tally:hadolint/DL3020",
        "cis-docker:4.9",
    ),
    cwe=(710,),
    fixable="safe",
)

ARCHIVE = pattern(r"(?i)\.(?:tar|t?gz|bz2|tbz2?|lz|lzma|lzo|xz|txz|tlz|z|taz|taZ|tz2|tb2|zst|tzst|tpz)(?:[\"']?)$")


@check.on("Stage")
def needless(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword == "ADD" and _only_copies(instruction):
            copy = "copy" if instruction.keyword_location.text.islower() else "COPY"
            yield check.finding(
                stage,
                "`ADD` copies files here: `COPY` does nothing else",
                at=instruction.keyword_location,
                severity=None if stage.needed else Severity.INFO,
                evidence=tuple(word.text for word in instruction.words[:-1])[:3],
                fix=fix("use `COPY`", replace_word(instruction.keyword_location, copy), safe=True),
            )


def _only_copies(instruction: Instruction) -> bool:
    if instruction.heredocs or len(instruction.words) < 2:
        return False
    if any(flag.name in ("checksum", "keep-git-dir", "unpack") for flag in instruction.flags):
        return False
    return not any(_special(word.text) for word in instruction.words[:-1])


def _special(text: str) -> bool:
    """An archive, an address, a repository, or something that isn't known."""
    return (
        "$" in text
        or "*" in text.rpartition(".")[2]
        or "://" in text
        or text.startswith("git@")
        or ARCHIVE.search(text) is not None
    )
