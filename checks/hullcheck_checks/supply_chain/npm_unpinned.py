"""An npm package that is installed without a version.

Each build takes the newest release, and runs its install scripts as root. A release that an attacker uploaded with a
stolen token is in the image before anybody hears of it, and a build of last week can't be repeated.

To fix: say the version, or put the package into the project, where the lock file pins it:

    RUN npm install --global pm2@5.4.2

A tag such as `@latest` is no version. `npx` counts where it is told to download (`--yes`, `--package`); without, it may
run what is installed. Paths, archives and commits are not reported; a repository without a commit is.

See https://docs.npmjs.com/cli/commands/npm-install
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.packages import is_repository, names_commit, npm_installs
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script, Word
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3016", "kics:e36d8880-3f78-4546-b9a1-12f0745ca0d5", "tally:hadolint/DL3016"),
    cwe=(1357, 494),
)


@check.on("Stage")
def unpinned(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for command, packages in _installed(script):
            from hullcheck.model.variables import expanded

            said = [(word, expanded(stage, script, command, word)) for word in packages]
            loose = [(word, text) for word, text in said if _loose(text)]
            if loose:
                names = ", ".join(f"`{text[:60]}`" for _, text in loose[:5])
                yield check.finding(
                    stage,
                    f"`{command.name}` installs {names} without a version"
                    + (f" (and {len(loose) - 5} more)" if len(loose) > 5 else ""),
                    at=loose[0][0].location,
                    evidence=tuple(text[:60] for _, text in loose),
                )


def _installed(script: Script) -> Iterator[tuple[Command, tuple[Word, ...]]]:
    for install in npm_installs(script):
        yield install.command, install.packages
    for command in script.commands:
        words = command.arguments
        texts = [word.text for word in words]
        if command.name in ("pnpm", "yarn") and texts[:1] == ["dlx"]:
            yield command, words[1:2]
        elif command.name == "bunx":
            yield command, words[:1]
        elif command.name == "npx" or (command.name == "npm" and texts[:1] in (["exec"], ["x"])):
            named = [words[n + 1] for n, text in enumerate(texts[:-1]) if text in ("-p", "--package")]
            if named:
                yield command, tuple(named)
            elif {"-y", "--yes"} & set(texts):
                yield (
                    command,
                    tuple(word for word in words if not word.text.startswith("-") and word.text not in ("exec", "x"))[
                        :1
                    ],
                )


def _loose(text: str) -> bool:
    """Is it a package's name without a version, or with a tag's name?"""
    if is_repository(text) or re.fullmatch(r"[\w-][\w.-]*/[\w.-]+(?:#.*)?", text):
        return "$" not in text and not names_commit(text)
    if (
        "$" in text
        or "`" in text
        or re.match(r"[./~]|[\w+.-]+:", text)
        or text.lower().endswith((".tgz", ".tar.gz", ".tar"))
    ):
        return False
    name, at, version = text[1:].partition("@")
    if not name or not at:
        return bool(name)
    return re.fullmatch(r"[A-Za-z][\w.-]*", version) is not None and not re.match(r"v\d|x$", version)
