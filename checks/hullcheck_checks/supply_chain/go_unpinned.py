"""A Go program that is built from whatever version is newest.

`go install example.com/tool@latest` compiles what the newest tag, or a branch, holds when the image is built. Nobody
looked at it, and a build of last week can't be repeated.

To fix: say the version; the checksum database then vouches for its content:

    RUN go install golang.org/x/tools/cmd/stringer@v0.24.0

Packages of the module itself (`go install ./...`) are not reported, nor is `go run` of a package without a version:
that takes what `go.mod` says.

See https://go.dev/ref/mod#go-install
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.package_options import GO
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Word
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3062", "tally:hadolint/DL3062"),
    cwe=(1357, 494),
)


@check.on("Stage")
def unpinned(stage: Stage) -> Iterator[Finding]:
    for command in stage.commands:
        for word in _loose(command):
            yield check.finding(
                stage,
                f"`go {command.words[1].text}` takes `{word.text[:100]}`, which is no version",
                at=word.location,
                evidence=(word.text[:100],),
            )


def _loose(command: Command) -> Iterator[Word]:
    verb = command.words[1].text if command.name == "go" and len(command.words) > 1 else ""
    if verb not in ("install", "get", "run"):
        return
    words = command.words[2:]
    at_word = 0
    while (at_word := _next(words, at_word)) < len(words):
        word = words[at_word]
        at_word += 1
        path, at, version = word.text.partition("@")
        if re.match(r"[A-Za-z0-9$]", path) is None or "$" in version or (not at and not _is_remote(path)):
            if verb == "run":
                return
            continue
        if (not at and verb == "get") or version in ("latest", "upgrade", "patch", "master", "main", "HEAD", "develop"):
            yield word
        if verb == "run":
            return


def _next(words: tuple[Word, ...], at: int) -> int:
    """Where the next word is that is no option; go takes one dash or two."""
    while at < len(words) and words[at].text.startswith("-"):
        name = words[at].text.lstrip("-")
        at += 2 if f"--{name}" in GO.long else 1
    return at


def _is_remote(path: str) -> bool:
    """Does it name a package of another module, and not one of the standard library or of this one?"""
    return re.match(r"[a-z0-9-]+\.[a-z]+(?:\.[a-z]+)*/", path) is not None
