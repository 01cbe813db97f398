"""A password, key or token as the value of an environment variable or build argument.

What stands in the file is known to everyone who can read the repository, now and in its history. In a Dockerfile it
is part of the image as well: `docker history` and `docker inspect` show it to everyone who can pull the image,
whatever later instructions do. In a running container it is inherited by every process, and ends up in crash reports
and logs.

To fix: keep the value out of the file, and hand over a file at run time:

    services:
      db:
        environment:
          POSTGRES_PASSWORD_FILE: /run/secrets/db
        secrets: [db]

In a build, `RUN --mount=type=secret,id=token,env=TOKEN` shows the value to one command alone; in Kubernetes take it
with `secretKeyRef` from a Secret that isn't in the repository. Then change the credential: it has been published.

The name decides, by whole words; values that are empty, switches, paths, references (`${TOKEN}`, `/run/secrets/x`) or
something to fill in are no credentials, nor are names of objects that hold one (`WEBHOOK_SECRET: webhook-cert`),
rules for passwords, keys that every browser gets, and what only a build needs to be there (`dummy`). Names that could
mean something else (`APP_KEY`) count if the value looks generated. Where the name says nothing, options that the value
holds (`JAVA_OPTS: -Ddb.password=...`) and configuration in it (`CONFIG: '{"password": "..."}'`) are looked through.

A well-known default such as `changeme` is a medium finding, as is a ConfigMap's entry and a value in a build stage that
doesn't ship. So are words that ask to be replaced, and that a program asks for or signs with as they stand
(`JWT_SECRET: CHANGE_ME`), outside of examples; where such a service is published for everybody, the finding is high.
Values for charts count as well: those of files, of Flux's HelmReleases and of Argo CD's Applications.

See https://docs.docker.com/build/building/secrets/
See https://docs.docker.com/compose/how-tos/use-secrets/
See https://kubernetes.io/docs/concepts/configuration/secret/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.applied import APPLIED, applied, texts_beside
from hullcheck.model.configtext import in_config
from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.model.placeholders import asks, documented, for_build, weak
from hullcheck.model.repository import Place, is_for_tests
from hullcheck.model.secrets import (
    Grade,
    by_name,
    is_own,
    known_default,
    literal,
    names_file,
    narrowed,
    stands,
    written_at,
)
from hullcheck.patterns import pattern
from hullcheck.source import HOLE, Location
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.chart_values import Entry, ValuesFile
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.container import Container, Variable
    from hullcheck.model.dockerfile import Dockerfile, Pair, Stage
    from hullcheck.model.instruction import Instruction
    from hullcheck.model.kubernetes import KubernetesObject

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("hadolint:DL3064", ("ENV", "ARG")),
        Alias("buildkit:SecretsUsedInArgOrEnv", ("ENV", "ARG")),
        Alias("trivy:DS-0031", ("ENV", "ARG")),
        Alias("trivy:KSV-0109", "ConfigMap"),
        Alias("trivy:KSV-01010", "ConfigMap"),
        Alias("tally:buildkit/SecretsUsedInArgOrEnv", ("ENV", "ARG")),
        Alias("compose-lint:CL-0020", "environment"),
        Alias("kube-linter:env-var-secret", "environment", "*secret*"),
        Alias("polaris:sensitiveConfigmapContent", "ConfigMap"),
        Alias("polaris:sensitiveContainerEnvVar", "environment"),
        "kubescape:C-0012",
        "kubescape:C-0259",
        "cis-docker:4.10",
    ),
    cwe=(798, 526),
    covered_by=("secret-value",),
)

_OPTIONS = pattern(r"(?i)(?:^|[_a-z])(?:opts|options|args|arguments|flags|params|parameters)$")


@check.on("Container")
def in_container(container: Container) -> Iterator[Finding]:
    if container.dialect == "dockerfile":
        return
    for variable in (*container.environment, *container.labels):
        value = variable.value.value
        if variable.source not in ("env_file", "build argument", "label") and by_name(variable.name) is None:
            yield from _held_inside(container, variable)
        if variable.source in ("env_file", "build argument") or value is None or not _holds(variable.name, value):
            continue
        if not written_at(variable.value.location, variable.name, value):
            continue
        default = known_default(variable.name, value) and not literal(variable.name, value)
        if default and is_for_tests(variable.value.location.path):
            continue
        place = narrowed(variable.value.location, value)
        yield check.finding(
            container,
            f"{container.described}: {_what(variable)} `{variable.name}` holds {_held(variable.name, value)}",
            at=place,
            severity=_severity_of(container, variable, value),
            evidence=(variable.name,),
            kinds=("label" if variable.source == "label" else "environment",),
            related=variable.value.related,
            redact=(place,),
        )


def _held_inside(container: Container, variable: Variable) -> Iterator[Finding]:
    text = variable.value.value if variable.value.value is not None else variable.value.parts
    for name, value in _inside(variable.name, text):
        if HOLE in value or not written_at(variable.value.location, variable.name, value):
            continue
        place = narrowed(variable.value.location, value)
        yield check.finding(
            container,
            f"{container.described}: variable `{variable.name}` holds a literal credential in `{name}`",
            at=place,
            severity=Severity.MEDIUM if weak(value) else None,
            evidence=(variable.name, name),
            kinds=("environment",),
            related=variable.value.related,
            redact=(place,),
        )


def _inside(name: str, text: str) -> Iterator[tuple[str, str]]:
    """The credentials in a list of options, such as `JAVA_OPTS`, or in a configuration file's text: names and values."""
    if _OPTIONS.search(name) is not None:
        from hullcheck.model.argv import in_argv

        words = text.split()
        for said in in_argv(words):
            yield said.option, words[said.word][said.start : said.end]
    elif text.lstrip("'\" \t\n").startswith("{") or "\n" in text.strip():
        for found in in_config(text):
            yield found.name, found.value


def _holds(name: str, value: str) -> bool:
    return by_name(name) is not None and (literal(name, value) or known_default(name, value))


def _held(name: str, value: str) -> str:
    return "a literal credential" if literal(name, value) else "a default that everybody knows"


def _what(variable: Variable) -> str:
    return "label" if variable.source == "label" else "variable"


def _severity_of(container: Container, variable: Variable, value: str) -> Severity | None:
    """A known default that can be replaced is one step lower, unless everybody can come and try it."""
    if not (
        asks(value) or documented(value) or (weak(value) and variable.defaulted) or not literal(variable.name, value)
    ):
        return None
    published = any(port.published is not None and port.public for port in container.ports)
    return None if published and is_own(variable.name) else Severity.MEDIUM


@check.on("ComposeProject")
def in_compose_config(project: ComposeProject) -> Iterator[Finding]:
    for config in project.configs.values():
        location = config.content.location
        for found in in_config(location.text) if config.content.value else ():
            place = Location(location.source, location.start + found.start, location.start + found.end)
            yield check.finding(
                config,
                f"config `{config.key}`: `{found.name}` holds a literal credential",
                at=place,
                severity=Severity.MEDIUM,
                evidence=(found.name,),
                redact=(place,),
            )


@check.on("KubernetesObject")
def in_config_map(made: KubernetesObject) -> Iterator[Finding]:
    data = made.node.get("data") if made.kind == "ConfigMap" else None
    for key, value in data.entries().values() if isinstance(data, Mapping) else ():
        if not isinstance(value, Scalar):
            continue
        if value.unknown:
            continue
        if _holds(key.text, value.text):
            place = narrowed(value.location, value.text)
            yield _in_entry(made, key.text, place, (place,))
        else:
            yield from _in_file(made, key.text, value)


def _in_file(made: KubernetesObject, key: str, value: Scalar) -> Iterator[Finding]:
    """The credentials in the text of an entry, each with its own place as far as the text stands there as it is."""
    block = value.style in ("|", ">") and stands(value)
    written = block or value.text in value.location.text
    start = 0 if block else value.location.text.find(value.text)
    for found in in_config(value.location.text if block else value.text):
        at = value.start + start + found.start
        place = Location(value.source, at, at + len(found.value)) if written else narrowed(value.location, found.value)
        yield _in_entry(made, f"{key}: {found.name}", place, () if names_file(value, found.value) else (place,))


def _in_entry(made: KubernetesObject, name: str, place: Location, redact: tuple[Location, ...]) -> Finding:
    """The finding; `redact` is empty where the place only names the file that the value is in."""
    return check.finding(
        made,
        f"ConfigMap `{made.name}`: `{name}` holds a literal credential",
        at=place,
        severity=Severity.MEDIUM,
        evidence=(name,),
        kinds=("ConfigMap",),
        redact=redact,
    )


@check.on("KubernetesObject")
def in_applied_configuration(made: KubernetesObject) -> Iterator[Finding]:
    """What kubectl keeps of an object beside it, but for what the object holds itself: that is told there."""
    node = applied(made)
    if node is None:
        return
    beside = texts_beside(made)
    for name, value in _applied(node.text):
        if value not in beside:
            yield check.finding(
                made,
                f"{made.kind} `{made.name}`: its annotation `last-applied-configuration` holds the value of `{name}`",
                at=narrowed(node.location, value),
                severity=Severity.MEDIUM if asks(value) or documented(value) else None,
                evidence=(APPLIED, name),
                redact=(narrowed(node.location, value),),
            )


def _applied(text: str) -> Iterator[tuple[str, str]]:
    """The credentials of the object that the annotation is, by name."""
    try:
        pending = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    told: set[str] = set()
    while pending:
        value = pending.pop()
        pairs = list(value.items()) if isinstance(value, dict) else []
        if isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("value"), str):
            pairs.append((value["name"], value["value"]))
        for name, held in pairs:
            if isinstance(held, str) and name not in told and _holds(name, held):
                told.add(name)
                yield name, held
        pending += [held for _, held in pairs] if pairs else value if isinstance(value, list) else []


@check.on("ValuesFile")
def in_values_file(file: ValuesFile) -> Iterator[Finding]:
    if not is_for_tests(file.location.path):
        yield from _in_values(file.root, lambda entry: Place(entry.value.location, ""), "values for a chart")


@check.on("KubernetesObject")
def in_given_values(made: KubernetesObject) -> Iterator[Finding]:
    from hullcheck.model.chart_values import given, texts

    for root in given(made):
        yield from _in_values(root, lambda entry: made, f"{made.kind} `{made.name}`")
    for text in texts(made):
        for found in in_config(text.location.text):
            place = Location(text.source, text.start + found.start, text.start + found.end)
            yield _value_given(made, f"{made.kind} `{made.name}`", found.name, found.value, place)


def _in_values(root: Node, part: Callable[[Entry], Place | KubernetesObject], subject: str) -> Iterator[Finding]:
    from hullcheck.model.chart_values import entries, holds_credential

    for entry in entries(root):
        if holds_credential(entry):
            place = narrowed(entry.value.location, entry.value.text)
            yield _value_given(part(entry), subject, entry.path, entry.value.text, place)


def _value_given(part: Place | KubernetesObject, subject: str, path: str, value: str, place: Location) -> Finding:
    return check.finding(
        part,
        f"{subject}: `{path}` holds a literal credential",
        at=place,
        severity=Severity.MEDIUM if asks(value) or documented(value) or weak(value) else None,
        evidence=("values", path),
        redact=(place,),
    )


@check.on("Dockerfile")
def before_the_first_stage(dockerfile: Dockerfile) -> Iterator[Finding]:
    stages = dockerfile.stages
    first = stages[0].start if stages else None
    if not stages:
        return  # nothing is built
    for instruction in dockerfile.instructions:
        if instruction is first:
            return
        for pair in instruction.pairs if instruction.keyword == "ARG" else ():
            value = pair.value.text.strip("'\"") if pair.value else ""
            if by_name(pair.name.text) is not None and literal(pair.name.text, value) and not for_build(value):
                yield _found(stages[0], "ARG", pair, value)


@check.on("Stage")
def in_stage(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword in ("COPY", "ADD"):
            yield from _in_written_files(stage, instruction)
        if instruction.keyword not in ("ENV", "ARG", "LABEL"):
            continue
        for pair in instruction.pairs:
            grade = by_name(pair.name.text)
            if grade is not None:
                yield from _in_pair(stage, instruction, pair, grade, step)
            elif instruction.keyword == "ENV" and pair.value is not None:
                yield from _inside_pair(stage, pair)


def _inside_pair(stage: Stage, pair: Pair) -> Iterator[Finding]:
    assert pair.value is not None
    for name, value in _inside(pair.name.text, pair.value.text):
        place = narrowed(pair.value.location, value)
        yield check.finding(
            stage,
            f"`ENV {pair.name.text}` holds a literal credential in `{name}`",
            at=place,
            severity=Severity.MEDIUM if weak(value) else _severity(stage),
            evidence=("ENV", pair.name.text, name),
            redact=(place,),
        )


@check.on("Stage")
def in_machine(stage: Stage) -> Iterator[Finding]:
    """What Windows keeps in the image: `setx`, and .NET's own call for it."""
    for command in stage.commands:
        from hullcheck.model.environment import kept_by_windows

        for name, text in kept_by_windows(command):
            if _holds(name, text.text):
                yield check.finding(
                    stage,
                    f"`{command.name.rpartition(':')[2]}` keeps a literal credential in `{name}`",
                    at=text.location,
                    severity=_severity(stage),
                    evidence=("setx", name),
                    redact=(text.location,),
                )


def _in_written_files(stage: Stage, instruction: Instruction) -> Iterator[Finding]:
    """The files that a heredoc of COPY writes."""
    for heredoc in instruction.heredocs:
        for found in in_config(heredoc.body.text):
            place = heredoc.body.at(found.start, found.end)
            yield check.finding(
                stage,
                f"`{instruction.keyword}` writes a file in which `{found.name}` is a literal credential",
                at=place,
                severity=_severity(stage),
                evidence=(instruction.keyword, found.name),
                redact=(place,),
            )


def _in_pair(stage: Stage, instruction: Instruction, pair: Pair, grade: Grade, step: Instruction) -> Iterator[Finding]:
    name = pair.name.text
    if pair.value is None:
        if grade is Grade.STRONG:
            yield _asked(stage, pair)
        return
    expanded = stage.expand(pair.value.text, step).text
    if expanded is not None:
        if _in_image(instruction.keyword, name, expanded):
            yield _found(stage, instruction.keyword, pair, expanded)
        return
    from hullcheck.model.expand import names

    argument = next((used for used in names(pair.value.text) if _is_argument(stage, used, step)), "")
    if argument and grade is Grade.STRONG and instruction.keyword != "ARG":
        yield check.finding(
            stage,
            f"`{instruction.keyword} {name}` copies the build argument `{argument}` into the image",
            at=pair.value.location,
            severity=_severity(stage),
            evidence=(instruction.keyword, name),
        )


def _in_image(keyword: str, name: str, value: str) -> bool:
    """Is it a credential there, or a default that what ships runs with, rather than what a build needs to be there?"""
    if for_build(value):
        return False
    return literal(name, value) or (keyword == "ENV" and known_default(name, value))


def _is_argument(stage: Stage, name: str, step: Instruction) -> bool:
    value = stage.variable(name, step)
    return value is not None and value.unset


def _asked(stage: Stage, pair: Pair) -> Finding:
    return check.finding(
        stage,
        f"`ARG {pair.name.text}` takes a credential as a build argument, which the image's history shows",
        at=pair.name.location,
        severity=Severity.MEDIUM if stage.ships else Severity.LOW,
        evidence=("ARG", pair.name.text),
    )


def _found(stage: Stage, keyword: str, pair: Pair, value: str) -> Finding:
    assert pair.value is not None
    place = narrowed(pair.value.location, value)
    return check.finding(
        stage,
        f"`{keyword} {pair.name.text}` holds {_held(pair.name.text, value)}",
        at=place,
        severity=Severity.MEDIUM if asks(value) or documented(value) else _severity(stage),
        evidence=(keyword, pair.name.text),
        redact=(place, pair.value.location),
    )


def _severity(stage: Stage) -> Severity:
    return Severity.HIGH if stage.ships else Severity.MEDIUM
