"""A password, key or token that a build gets as an argument.

Build arguments are no secret place: the value stands in the image's history beside every `RUN` that could see it, in
the build's attestation and in the cache. A file that was written with it stays in its layer, even if a later layer
removes it.

To fix: mount the secret for the one command that needs it:

    RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci

and pass it with `docker build --secret id=npm,env=NPM_TOKEN`, or in Compose:

    build:
      context: .
      secrets: [npm]

A `devcontainer.json` has no such key, but `"options": ["--secret=id=npm,env=NPM_TOKEN"]` in its `build`.

A variable that the command itself reads from a secret mount is fine. A stage that doesn't ship is a medium finding:
its history isn't in the image, but in the attestation and the cache. So is what a development container hands on from
the environment of whoever opens it: its image stays there, as a rule.

See https://docs.docker.com/build/building/secrets/
See https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.secrets import Grade, by_name, literal, narrowed
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.devcontainer import DevContainer
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction
    from hullcheck.model.node import Mapping
    from hullcheck.model.text import Text
    from hullcheck.model.workload import Workload
    from hullcheck.source import Field, Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "devcontainer"),
    aliases=("trivy:DS-0031", "tally:require-secret-mounts", "cis-docker:4.10"),
    cwe=(538, 532),
)

_USED = pattern(r"\$(?:\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)[^}\s]*\}?|(?P<plain>[A-Za-z_][A-Za-z0-9_]*))")


@check.on("Stage")
def used(stage: Stage) -> Iterator[Finding]:
    declared = _arguments(stage)
    if not declared:
        return
    reported: set[str] = set()
    for step in stage.instructions:
        instruction = step.effective
        for name, place in _uses(instruction) if instruction.keyword == "RUN" else ():
            if name in declared and name not in reported and not _brought(instruction, name):
                reported.add(name)
                yield _finding(stage, name, place, declared[name])


def _arguments(stage: Stage) -> dict[str, Location]:
    """The build arguments of this stage and those it is built on whose names say that they are credentials."""
    return {
        pair.name.text: pair.name.location
        for part in reversed(stage.chain)
        for step in part.instructions
        if step.effective.keyword == "ARG"
        for pair in step.effective.pairs
        if by_name(pair.name.text) is Grade.STRONG
    }


def _uses(instruction: Instruction) -> Iterator[tuple[str, Location]]:
    texts: list[Text] = [instruction.text, *(heredoc.body for heredoc in instruction.heredocs)]
    for text in texts:
        for match in _USED.finditer(text.text):
            yield match["braced"] or match["plain"], text.at(*match.span())


def _brought(instruction: Instruction, name: str) -> bool:
    """Does a secret mount set the variable, or the command itself?"""
    from hullcheck.model.dockerfile import mounts

    if any(mount.kind == "secret" and _option(mount.option("env")) == name for mount in mounts(instruction)):
        return True
    return re.search(rf"(?:^|[\s;&(]){name}=|(?<![\w-])read (?:-\w+ )*{name}\b", instruction.text.text) is not None


def _option(value: Text | None) -> str:
    return value.text if value else ""


def _finding(stage: Stage, name: str, place: Location, declared: Location) -> Finding:
    return check.finding(
        stage,
        f"`RUN` uses the build argument `{name}`: its value stays in the image's history",
        at=place,
        severity=Severity.HIGH if stage.ships else Severity.MEDIUM,
        evidence=(name,),
        related=(Related(declared, "declared here"),),
    )


@check.on("Workload")
def passed(workload: Workload) -> Iterator[Finding]:
    from hullcheck.model.compose import Service

    if not isinstance(workload.part, Service) or workload.part.build is None:
        return
    for name, field in workload.part.build.args.items():
        if by_name(name) is Grade.STRONG and (field.value is None or _given(name, field)):
            place = narrowed(field.location, field.value or "")
            yield check.finding(
                workload,
                f"{workload.described} passes `{name}` to its build as an argument, which the image's history shows",
                at=place,
                evidence=(name,),
                redact=(place,) if field.value else (),
            )


@check.on("DevContainer")
def developed(container: DevContainer) -> Iterator[Finding]:
    from hullcheck.model.node import Mapping

    build = container.root.get("build")
    for name, value, place in _build_arguments(build) if isinstance(build, Mapping) else ():
        if by_name(name) is Grade.STRONG and (literal(name, value) or "$" in value):
            yield check.finding(
                container,
                f"{container.described} passes `{name}` to its build as an argument, which the image's history shows",
                at=place,
                severity=Severity.HIGH if literal(name, value) else Severity.MEDIUM,
                evidence=(name,),
                redact=(place,),
            )


def _build_arguments(build: Mapping) -> Iterator[tuple[str, str, Location]]:
    """The arguments in `args`, and those of the options for `docker build`: names, values and where these stand."""
    from hullcheck.model.node import Mapping, Scalar, items

    args = build.get("args")
    for name, (_, node) in args.entries().items() if isinstance(args, Mapping) else ():
        if isinstance(node, Scalar):
            yield name, node.text, narrowed(node.location, node.text)
    before = ""
    for node in items(build.get("options")):
        text = node.text if isinstance(node, Scalar) else ""
        given = text if before == "--build-arg" else text.removeprefix("--build-arg=") if "=" in text else ""
        before = text
        name, equals, value = given.partition("=")
        if equals and not name.startswith("-"):
            yield name, value, narrowed(node.location, value)


def _given(name: str, field: Field[str]) -> bool:
    """A literal, or a variable that brings the credential from elsewhere; not a path, a switch or nothing."""
    return literal(name, field.value or "") or "$" in field.location.text
