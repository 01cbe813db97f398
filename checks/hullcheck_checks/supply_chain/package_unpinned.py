"""A package of another manager that is installed without a version.

conda, composer, `dotnet tool`, R, Chocolatey, winget and PowerShell's gallery take the newest release, as pip and npm
do: code that nobody looked at gets into the image, among it the release that an attacker uploaded an hour ago, and a
build of last week can't be repeated.

To fix: say the version:

    RUN conda install --yes numpy=2.1.1
    RUN dotnet tool install --global dotnet-ef --version 8.0.8

Files that say the versions (`--file`, `environment.yml`, `packages.config`), paths and variables that aren't known are
not reported.

See https://docs.conda.io/projects/conda/en/stable/commands/install.html
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.command import Command, Option, Word
from hullcheck.model.package_options import CHOCO, COMPOSER, CONDA, DOTNET, Grammar
from hullcheck.model.packages import apart, verb_at
from hullcheck.model.text import Text
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("scorecard:Pinned-Dependencies",),
    cwe=(1357, 494),
)

Found = tuple[str, Word | Text]


@check.on("Stage")
def unpinned(stage: Stage) -> Iterator[Finding]:
    for command in stage.commands:
        reader = _READERS.get(command.name.lower())
        loose = list(reader(command)) if reader is not None else []
        if loose:
            names = ", ".join(f"`{name[:60]}`" for name, _ in loose[:5])
            yield check.finding(
                stage,
                f"`{command.name}` installs {names} without {'an exact' if '>' in names or '<' in names else 'a'} version"
                + (f" (and {len(loose) - 5} more)" if len(loose) > 5 else ""),
                at=loose[0][1].location,
                evidence=tuple(name[:60] for name, _ in loose),
            )


def _behind(command: Command, grammar: Grammar, *verbs: str) -> tuple[tuple[Option, ...], tuple[Word, ...]] | None:
    """The options and operands behind the words that say what to do; None if it does something else."""
    words = command.arguments
    taken: list[int] = []
    at = 0
    for verb in verbs:
        at = verb_at(words, grammar, at)
        if at >= len(words) or words[at].text not in verb.split("|"):
            return None
        taken.append(at)
        at += 1
    return apart(tuple(word for n, word in enumerate(words) if n not in taken), grammar)


def _plain(words: tuple[Word, ...]) -> Iterator[Found]:
    """Names that aren't variables, files or addresses."""
    for word in words:
        if re.match(r"[A-Za-z@][\w.@-]*(?:/[\w.-]+)?$", word.text) and not re.search(
            r"\.(?:tar|conda|nupkg|zip)", word.text
        ):
            yield word.text, word


def _conda(command: Command) -> Iterator[Found]:
    for verbs in (("install|update|upgrade|create",), ("env", "create|update")):
        found = _behind(command, CONDA, *verbs)
        if found is None:
            continue
        options, packages = found
        names = {option.name for option in options}
        if verbs[0] == "env" or (names & {"-f", "--file", "--clone", "--revision", "--offline"} and not packages):
            return
        for word in packages:
            name = word.text.rpartition("::")[2]
            if re.fullmatch(r"[A-Za-z][\w.-]*(?:[<>!].*|=?\*)?", name):
                yield name, word


def _composer(command: Command) -> Iterator[Found]:
    found = _behind(command, COMPOSER, "global", "require|req|r") or _behind(command, COMPOSER, "require|req|r")
    if found is None:
        return
    packages = found[1]
    for number, word in enumerate(packages):
        following = packages[number + 1].text if number + 1 < len(packages) else ""
        if re.fullmatch(r"[\w.-]+/[\w.-]+", word.text) and not re.match(r"[v~^<>=*\d]|dev-", following):
            yield word.text, word


def _dotnet(command: Command) -> Iterator[Found]:
    found = _behind(command, DOTNET, "tool", "install|update")
    if found is not None and not any(option.name in ("-v", "--version") for option in found[0]):
        yield from ((name, word) for name, word in _plain(found[1]) if "@" not in name)


def _choco(command: Command) -> Iterator[Found]:
    found = _behind(command, CHOCO, "install|upgrade")
    if found is None or any(option.name in ("--version", "-version") for option in found[0]):
        return
    yield from _plain(tuple(word for word in found[1] if not word.text.lower().endswith(".config")))


def _cinst(command: Command) -> Iterator[Found]:
    options, packages = apart(command.arguments, CHOCO)
    if not any(option.name in ("--version", "-version") for option in options):
        yield from _plain(packages)


def _winget(command: Command) -> Iterator[Found]:
    words = command.arguments
    texts = [word.text.lower() for word in words]
    if texts[:1] == ["install"] and not {"-v", "--version", "--import-file", "-m", "--manifest"} & set(texts):
        at = next((n + 1 for n, text in enumerate(texts) if text in ("--id", "-q", "--query", "--name")), 1)
        yield from _plain(words[at : at + 1])


_PINNED = ("-requiredversion", "-version", "-requiredresource", "-requiredresourcefile")


def _gallery(command: Command) -> Iterator[Found]:
    """`Install-Module`, `Install-PSResource`, `Install-Package` of PowerShell."""
    words = command.arguments
    texts = [word.text.lower() for word in words]
    if any(text.partition(":")[0] in _PINNED for text in texts):
        return
    at = next((n + 1 for n, text in enumerate(texts) if text == "-name"), 0)
    for word in words[at : at + 1]:
        for name in word.text.split(","):
            if re.fullmatch(r"[A-Za-z][\w.-]*", name.strip("'\"")):
                yield name.strip("'\""), word


_R_INSTALL = pattern(r"\binstall\.packages\(\s*+(?:c\(\s*+)?[\"'](?P<name>[A-Za-z][\w.]*+)[\"']")


def _r(command: Command) -> Iterator[Found]:
    """`R -e "install.packages('x')"`: it can't take a version; a snapshot of the repository can."""
    bodies = [redirection.body for redirection in command.redirections if redirection.body is not None]
    for text in (*(word.plain for word in command.arguments), *bodies):
        if re.search(r"packagemanager\.|/snapshot/|repos\s*=\s*NULL|mran\.", text.text):
            continue
        for match in _R_INSTALL.finditer(text.text):
            yield match["name"], text.slice(*match.span("name"))


def _install2(command: Command) -> Iterator[Found]:
    """`install2.r` and `installGithub.r` of littler."""
    options, packages = command.parsed("ldnmr", ("--libloc", "--deps", "--ncpus", "--method", "--repos"))
    if not any(re.search(r"packagemanager\.|/snapshot/|mran\.", option.text) for option in options):
        yield from _plain(packages)


_READERS = {
    **dict.fromkeys(("conda", "mamba", "micromamba"), _conda),
    "composer": _composer,
    "dotnet": _dotnet,
    "choco": _choco,
    "cinst": _cinst,
    "winget": _winget,
    **dict.fromkeys(("install-module", "install-psresource", "install-package", "install-script"), _gallery),
    **dict.fromkeys(("r", "rscript"), _r),
    "install2.r": _install2,
}
