"""A Python package that is installed without a version.

Each build takes the newest release. Code that nobody looked at gets into the image, among it the release that an
attacker uploaded with a stolen token an hour ago, and a build of last week can't be repeated.

To fix: say the version, or install from a file that does, best with hashes:

    RUN pip install flask==3.0.3
    RUN pip install --require-hashes -r requirements.txt

A range such as `flask>=3` takes the newest release, too; `flask~=3.0.2` takes the newest fix of one version, and is a
note. Files (`-r`), constraints (`-c`), paths, archives and commits are not reported, nor is what comes from a folder
(`--no-index --find-links=/wheels`) or a variable that isn't known. `uvx` and `uv run --with` count, too.

See https://pip.pypa.io/en/stable/topics/repeatable-installs/
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.environment import in_force
from hullcheck.model.package_options import UV
from hullcheck.model.packages import Install, apart, is_address, is_repository, names_commit, pip_installs, verb_at
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Script
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3013", "kics:02d9c71f-3ee8-4986-9c27-1a20d0d19bfc", "tally:hadolint/DL3013"),
    cwe=(1357, 494),
)


@check.on("Stage")
def unpinned(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for install in (*pip_installs(script), *_runs(script)):
            if install.has("-c", "--constraint", "--constraints", "--require-hashes") or _from_here(
                stage, script, install
            ):
                continue
            from hullcheck.model.variables import expanded

            said = [(word, expanded(stage, script, install.command, word)) for word in install.packages]
            loose = [(word, text) for word, text in said if _loose(text)]
            if loose:
                names = ", ".join(f"`{text[:60]}`" for _, text in loose[:5])
                ranged = any(re.search(r"[<>~!=]", text) for _, text in loose)
                yield check.finding(
                    stage,
                    f"`{install.command.name}` installs {names} without {'an exact' if ranged else 'a'} version"
                    + (f" (and {len(loose) - 5} more)" if len(loose) > 5 else ""),
                    at=loose[0][0].location,
                    severity=Severity.INFO if all(_narrow(text) for _, text in loose) else None,
                    evidence=tuple(text[:60] for _, text in loose),
                )


def _runs(script: Script) -> Iterator[Install]:
    """`uvx ruff`, `uv tool run --from x y`, `uv run --with x y`, `pipx run x`: what is fetched for one run."""
    for command in script.commands:
        if command.name not in ("uv", "uvx", "pipx"):
            continue
        words = command.arguments
        if command.name != "uvx":
            verbs = [word.text for word in words[verb_at(words, UV) :][:2]]
            taken = 2 if verbs == ["tool", "run"] else 1 if verbs[:1] == ["run"] else 0
            if not taken:
                continue
            at = verb_at(words, UV)
            words = (*words[:at], *words[at + taken :])
        own = words[: verb_at(words, UV) + 1]  # what stands behind belongs to the program
        options, programs = apart(own, UV)
        from hullcheck.model.command import Word

        named = tuple(
            option.value or Word(option.text, option.word.raw)
            for option in options
            if option.name in ("--with", "--from", "--spec") or (option.name == "-w" and command.name != "pipx")
        )
        instead = any(option.name in ("--from", "--spec") for option in options)
        if command.name == "uv" and words is not command.arguments and "tool" not in verbs:
            programs = ()
        yield Install(command, options, named if instead else (*named, *programs))


def _from_here(stage: Stage, script: Script, install: Install) -> bool:
    """Does it take what lies in a folder, and nothing from an index?"""

    def said(name: str) -> str:
        return in_force(stage, script, install.command, name) or ""

    alone = install.has("--no-index", "--offline") or said("PIP_NO_INDEX").lower() in ("1", "true", "yes", "on")
    links = [*install.values("-f", "--find-links"), *said("PIP_FIND_LINKS").split()]
    return alone and bool(links) and not any(map(is_address, links))


def _narrow(text: str) -> bool:
    """Does it take nothing but fixes of one version?"""
    return re.search(r"~=\s*[0-9]+\.[0-9]+\.[0-9]", text) is not None


def _loose(text: str) -> bool:
    """Is it a package's name without a version?"""
    if is_repository(text) or re.search(r" @ *[a-z]+\+", text):
        return "$" not in text and not names_commit(text.partition(" @ ")[2].strip() or text)
    if "$" in text or re.search(r"={2,3}[^=]| @ ", text):
        return False
    if re.fullmatch(r"[\w.-]+(?:\[[\w,.-]*\])?@v?[0-9][\w.!+-]*", text):
        return False  # as uv has it
    if re.search(r"^[./~\\]|[/\\]|\.(?:whl|zip|tar\.\w+|tgz)$|^\w+://", text) or "`" in text:
        return False
    return re.match(r"[A-Za-z0-9]", text) is not None
