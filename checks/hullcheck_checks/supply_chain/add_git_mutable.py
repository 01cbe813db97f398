"""A git repository that `ADD` takes by a name that can move.

A branch, and a tag too, can be moved to other content at any time by whoever owns the repository, or has taken it
over. Two builds of one commit then hold different sources.

To fix: name the commit, in full:

    ADD https://github.com/example/lib.git#4a1c8f2b7d9e3f6a5c0b8d7e6f5a4b3c2d1e0f9a /src

A `--checksum` of the commit does it as well.

See https://docs.docker.com/reference/dockerfile/#adding-files-from-a-git-repository
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import sources
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("scorecard:Pinned-Dependencies",),
    cwe=(494, 1357),
)


@check.on("Stage")
def mutable(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword != "ADD" or instruction.flag("checksum"):
            continue
        for word in instruction.words[:-1]:
            value = stage.expand(word.text, step)
            url = value.text or value.shape
            from hullcheck.model.downloads import is_git, without_secrets

            if not is_git(url):
                continue
            name = _reference(url)
            if "*" in name or re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", name):
                continue
            at = f"`{name}`, which can move" if name else "its default branch"
            yield check.finding(
                stage,
                f"`ADD` takes `{without_secrets(url)}` at {at}",
                at=word.location,
                severity=None if stage.needed else Severity.LOW,
                evidence=(without_secrets(url), name),
                extent=sources(without_secrets(url)),
            )


def _reference(url: str) -> str:
    """What is checked out: the part behind `#` before a colon, or `?ref=`, `?branch=`, `?tag=`, `?commit=`."""
    address, _, fragment = url.partition("#")
    if fragment:
        return fragment.partition(":")[0]
    match = re.search(r"[?&](?:ref|commit|checksum)=([^&]*)", address) or re.search(
        r"[?&](?:tag|branch)=([^&]*)", address
    )
    return match[1] if match else ""
