"""A password, key or token on a command line.

Every user of the machine can read the arguments of a running process, and so can every container that shares its
process namespace. They end up in audit logs and shell histories. In a build they stand in the image's history, in a
manifest in everyone's clone of the repository.

To fix: pass a file, or let the program read a variable that isn't in the repository:

    command: ["mysqladmin", "--defaults-extra-file=/run/secrets/my.cnf", "ping"]

    RUN --mount=type=secret,id=token TOKEN="$(cat /run/secrets/token)" ./fetch

Options are recognised by whole words (`--password`, `--api-key`), short ones by their program (`-p` of `mysql`, `-a`
of `redis-cli`, `-u` of `curl`), headers and assignments by their names. Values from variables are fine.

See https://docs.docker.com/compose/how-tos/use-secrets/
See https://cwe.mitre.org/data/definitions/214.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.argv import Said, in_argv, in_script
from hullcheck.model.placeholders import for_build, weak
from hullcheck.model.secrets import narrowed, written_at
from hullcheck.model.tokens import random
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction
    from hullcheck.source import Field, Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=("tally:secrets-in-code",),
    cwe=(214, 798),
    covered_by=("secret-value",),
)


@check.on("Container", needs="command probes.command")
def in_container(container: Container) -> Iterator[Finding]:
    if container.dialect == "dockerfile":
        return
    yield from _in_words(container, "command", container.command)
    for probe in container.probes:
        yield from _in_words(container, probe.kind, probe.command)


def _in_words(container: Container, where: str, fields: Sequence[Field[str]]) -> Iterator[Finding]:
    words = [field.value if field.value is not None else field.parts or "$UNKNOWN" for field in fields]
    for said in in_argv(words):
        value = words[said.word][said.start : said.end]
        if not written_at(fields[said.word].location, where, value):
            continue
        place = narrowed(fields[said.word].location, value)
        yield check.finding(
            container,
            f"{container.described}: {where} passes a literal credential with `{said.option}`",
            at=place,
            severity=Severity.MEDIUM if weak(value) else None,
            evidence=(where, said.option),
            redact=(place,),
        )


@check.on("Stage")
def in_stage(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            for said, value, place in _said(instruction):
                if instruction.keyword == "RUN" and _for_build(instruction, said, value):
                    continue
                yield check.finding(
                    stage,
                    f"{_subject(stage, instruction)} passes a literal credential with `{said.option}`",
                    at=place,
                    severity=Severity.MEDIUM if weak(value) else None,
                    evidence=(instruction.keyword, said.option),
                    redact=(place,),
                )


def _subject(stage: Stage, instruction: Instruction) -> str:
    developed = stage.dockerfile.source.path.endswith("devcontainer.json")  # whose commands are no instructions
    return "a command" if developed else f"`{instruction.keyword}`"


_BUILDS = pattern(
    r"assets:precompile|collectstatic|compilemessages|manage\.py\s+compress|\b(?:npm|yarn|pnpm|bun)\s+(?:run\s+)?build\b"
    r"|\b(?:next|vite|nuxt|webpack)\s+build\b"
)


def _for_build(instruction: Instruction, said: Said, value: str) -> bool:
    """Does a build only need it to be there? Programs that make a site's files want all settings, and use few."""
    return for_build(value) or (
        not said.option.startswith("-") and not random(value) and _BUILDS.search(instruction.text.text) is not None
    )


def _said(instruction: Instruction) -> Iterator[tuple[Said, str, Location]]:
    if instruction.json:
        words = instruction.words
        for said in in_argv([word.text for word in words]):
            word = words[said.word]
            yield said, word.text[said.start : said.end], word.at(said.start, said.end)
        return
    for text in (instruction.text, *(heredoc.body for heredoc in instruction.heredocs)):
        for said in in_script(text.text):
            yield said, text.text[said.start : said.end], text.at(said.start, said.end)
