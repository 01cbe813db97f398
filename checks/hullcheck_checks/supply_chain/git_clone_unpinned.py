"""A git repository that the build clones without naming a commit.

`git clone` takes what the default branch, or a branch or tag by name, points at when the image is built. Whoever can
push there, or takes the repository over, changes what the image holds, and no build can be repeated.

To fix: check out a commit, by its full hash:

    RUN git clone https://github.com/example/lib.git /src \\
     && git -C /src checkout 4a1c8f2b7d9e3f6a5c0b8d7e6f5a4b3c2d1e0f9a

or let the builder fetch it: `ADD https://github.com/example/lib.git#COMMIT /src`. A commit in a variable is fine where
its value is one, or isn't known here.

See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
See https://docs.docker.com/reference/dockerfile/#adding-files-from-a-git-repository
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import sources
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script, Word
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("scorecard:Pinned-Dependencies", "tally:tally/prefer-add-git"),
    cwe=(494, 1357),
)

_VALUED = frozenset(
    ("--branch", "--depth", "--origin", "--config", "--reference", "--jobs", "--separate-git-dir", "--shallow-since",
     "--upload-pack", "--template", "--filter", "--server-option", "--revision", "--recurse-submodules")
)  # fmt: skip


@check.on("Stage")
def unpinned(stage: Stage) -> Iterator[Finding]:
    scripts = [script for script in stage.scripts if script.instruction.keyword == "RUN"]
    for number, script in enumerate(scripts):
        for command in script.commands:
            word = _cloned(command)
            if word is None or _pinned(stage, script, command, scripts[number:]):
                continue
            from hullcheck.model.variables import expanded

            url = expanded(stage, script, command, word)
            if not re.match(r"(?:https?|git|ssh)://|git@|github\.com|gitlab\.com", url):
                continue
            from hullcheck.model.downloads import without_secrets

            yield check.finding(
                stage,
                f"`git clone` takes `{without_secrets(url)}` without naming a commit",
                at=word.location,
                evidence=(without_secrets(url),),
                extent=sources(without_secrets(url)),
            )


def _cloned(command: Command) -> Word | None:
    """The address that a command clones."""
    words = command.arguments
    at = next((n for n, word in enumerate(words) if word.text == "clone"), None)
    if command.name != "git" or at is None:
        return None
    texts = iter(words[at + 1 :])
    for word in texts:
        if word.text in _VALUED - {"--recurse-submodules"} or word.text in ("-b", "-c", "-o", "-j", "-u"):
            next(texts, None)
        elif not word.text.startswith("-"):
            return word
    return None


def _pinned(stage: Stage, script: Script, clone: Command, scripts: list[Script]) -> bool:
    """Is a commit checked out later, or something of which that isn't known?"""
    if any(word.text.startswith("--revision") for word in clone.arguments) or script.unknown:
        return True
    for position, each in enumerate(scripts):
        for command in each.commands:
            if command.name != "git" or (position == 0 and command.number <= clone.number):
                continue
            if not any(
                w.text in ("checkout", "reset", "switch", "fetch", "worktree", "rev-parse") for w in command.words
            ):
                continue
            for word in command.arguments:
                from hullcheck.model.variables import expanded

                text = expanded(stage, each, command, word)
                if re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", text) or ("$" in text and not word.literal):
                    return True
    return False
