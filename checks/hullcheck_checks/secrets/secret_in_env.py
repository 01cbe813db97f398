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
something to fill in are no credentials. Names that could mean something else (`APP_KEY`) count if the value looks
generated. A well-known default such as `changeme` is a medium finding, as is a ConfigMap's entry and a value in a
build stage that doesn't ship.

See https://docs.docker.com/build/building/secrets/
See https://docs.docker.com/compose/how-tos/use-secrets/
See https://kubernetes.io/docs/concepts/configuration/secret/
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.compose import ComposeProject
from hullcheck.model.container import Container, Variable
from hullcheck.model.dockerfile import Dockerfile, Pair, Stage
from hullcheck.model.expand import names
from hullcheck.model.instruction import Instruction
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Scalar
from hullcheck.model.secrets import Grade, asks, by_name, in_properties, literal, narrowed, weak, written_at
from hullcheck.source import Location
from hullcheck.terms import Alias

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes"),
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


@check.on(Container)
def in_container(container: Container) -> Iterator[Finding]:
    if container.dialect == "dockerfile":
        return
    for variable in (*container.environment, *container.labels):
        value = variable.value.value
        if variable.source in ("env_file", "build argument") or value is None or not _holds(variable.name, value):
            continue
        if not written_at(variable.value.location, variable.name, value):
            continue
        place = narrowed(variable.value.location, value)
        yield check.finding(
            container,
            f"{container.described}: {_what(variable)} `{variable.name}` holds a literal credential",
            at=place,
            severity=Severity.MEDIUM if _replaceable(variable, value) else None,
            evidence=(variable.name,),
            kinds=("label" if variable.source == "label" else "environment",),
            related=variable.value.related,
            redact=(place,),
        )


def _holds(name: str, value: str) -> bool:
    return by_name(name) is not None and literal(name, value)


def _what(variable: Variable) -> str:
    return "label" if variable.source == "label" else "variable"


def _replaceable(variable: Variable, value: str) -> bool:
    """A default that everybody tries first, where the caller can give another, or is asked to."""
    return asks(value) or (weak(value) and variable.defaulted)


@check.on(ComposeProject)
def in_compose_config(project: ComposeProject) -> Iterator[Finding]:
    for config in project.configs.values():
        location = config.content.location
        for found in in_properties(location.text) if config.content.value else ():
            place = Location(location.source, location.start + found.start, location.start + found.end)
            yield check.finding(
                config,
                f"config `{config.key}`: `{found.name}` holds a literal credential",
                at=place,
                severity=Severity.MEDIUM,
                evidence=(found.name,),
                redact=(place,),
            )


@check.on(KubernetesObject)
def in_config_map(made: KubernetesObject) -> Iterator[Finding]:
    data = made.node.get("data") if made.kind == "ConfigMap" else None
    for key, value in data.entries().values() if isinstance(data, Mapping) else ():
        if not isinstance(value, Scalar):
            continue
        if _holds(key.text, value.text):
            yield _in_entry(made, key.text, narrowed(value.location, value.text))
        else:
            text = value.location.text
            for found in in_properties(text) if value.style in ("|", ">") or "\n" in value.text else ():
                place = Location(value.source, value.start + found.start, value.start + found.end)
                yield _in_entry(made, f"{key.text}: {found.name}", place)


def _in_entry(made: KubernetesObject, name: str, place: Location) -> Finding:
    return check.finding(
        made,
        f"ConfigMap `{made.name}`: `{name}` holds a literal credential",
        at=place,
        severity=Severity.MEDIUM,
        evidence=(name,),
        kinds=("ConfigMap",),
        redact=(place,),
    )


@check.on(Dockerfile)
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
            if _holds(pair.name.text, value):
                yield _found(stages[0], "ARG", pair, value)


@check.on(Stage)
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


def _in_written_files(stage: Stage, instruction: Instruction) -> Iterator[Finding]:
    """The files that a heredoc of COPY writes."""
    for heredoc in instruction.heredocs:
        for found in in_properties(heredoc.body.text):
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
        if literal(name, expanded):
            yield _found(stage, instruction.keyword, pair, expanded)
        return
    argument = next((used for used in names(pair.value.text) if _is_argument(stage, used, step)), "")
    if argument and grade is Grade.STRONG and instruction.keyword != "ARG":
        yield check.finding(
            stage,
            f"`{instruction.keyword} {name}` copies the build argument `{argument}` into the image",
            at=pair.value.location,
            severity=_severity(stage),
            evidence=(instruction.keyword, name),
        )


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
        f"`{keyword} {pair.name.text}` holds a literal credential",
        at=place,
        severity=_severity(stage),
        evidence=(keyword, pair.name.text),
        redact=(place, pair.value.location),
    )


def _severity(stage: Stage) -> Severity:
    return Severity.HIGH if stage.ships else Severity.MEDIUM
