"""A password or token in an address.

Addresses are copied into logs, error messages, process lists and Git's own configuration, by programs that don't know
that a secret is in them. `git clone https://TOKEN@...` in a build leaves the token in `.git/config` and in the
image's history, also if a build argument brings it.

To fix: keep the address without the credential, and hand that over on its own:

    RUN --mount=type=secret,id=netrc,target=/root/.netrc git clone https://github.com/example/app

    environment:
      DATABASE_URL: postgres://app@db/app
      PGPASSFILE: /run/secrets/pgpass

Connection strings (`Server=db;Password=...`) count as addresses. A variable in the password's place is fine where the
container gets it when it starts, and reported in a Dockerfile, whose history keeps it. A default that everybody tries
first (`guest:guest`) is a medium finding.

See https://docs.docker.com/build/building/secrets/
See https://cwe.mitre.org/data/definitions/522.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.applied import APPLIED, applied, texts_beside
from hullcheck.model.container import Container
from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.model.placeholders import for_build, weak
from hullcheck.model.repository import Place, is_for_tests
from hullcheck.model.secrets import Login, in_pairs, in_url, names_file, narrowed, stands, written_at
from hullcheck.source import Field, Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.chart_values import ValuesFile
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction
    from hullcheck.model.kubernetes import KubernetesObject
    from hullcheck.model.text import Text

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=("compose-lint:CL-0021", "tally:secrets-in-code", "kics:a88baa34-e2ad-44ea-ad6f-8cac87bc7c71"),
    cwe=(522, 798),
)


@check.on("Container")
def in_container(container: Container) -> Iterator[Finding]:
    if container.dialect == "dockerfile":
        return
    variables = (v for v in (*container.environment, *container.labels) if v.source != "env_file")
    named = [(variable.name, variable.value) for variable in variables]
    words = [("command", word) for word in container.command]
    words += [(probe.kind, word) for probe in container.probes for word in probe.command]
    said = (
        *((name, field, container.dialect in ("compose", "devcontainer")) for name, field in named),
        *((*w, False) for w in words),
    )
    for name, field, plain in said:
        for login in _literal(field, plain):
            value = _text(field)[login.start : login.end]
            if not written_at(field.location, name, value) or _is_argument(container, field, value):
                continue
            yield _finding(container, name, value, narrowed(field.location, value), field.related)


def _is_argument(container: Container, field: Field[str], value: str) -> bool:
    """Is it what a command is handed by a script, `PASSWORD=x; run`, which is no address, and is told of as that?"""
    if "://" in _text(field):
        return False
    for words in (container.command, *(probe.command for probe in container.probes)):
        if any(word is field for word in words):
            from hullcheck.model.argv import in_argv

            texts = [_text(word) for word in words]
            return any(texts[said.word][said.start : said.end] == value for said in in_argv(texts))
    return False


def _text(field: Field[str]) -> str:
    return field.value if field.value is not None else field.parts


def _literal(field: Field[str], plain: bool = False) -> Iterator[Login]:
    text = _text(field)
    if text:
        yield from (login for login in in_url(text, plain=plain) if login.literal)
        yield from in_pairs(text)


def _finding(
    part: Container | KubernetesObject, name: str, value: str, place: Location, related: Iterable[Related]
) -> Finding:
    subject = part.described if isinstance(part, Container) else f"ConfigMap `{part.name}`"
    return check.finding(
        part,
        f"{subject}: an address in `{name}` holds a credential",
        at=place,
        severity=Severity.MEDIUM if weak(value) else None,
        evidence=(name,),
        related=related,
        redact=(place,),
    )


@check.on("ComposeProject")
def in_volume_options(project: ComposeProject) -> Iterator[Finding]:
    """`o: username=ada,password=...` of a volume that is a share."""
    for volume in project.volumes.values():
        for name, field in volume.driver_opts.items():
            for login in _literal(field):
                value = _text(field)[login.start : login.end]
                place = narrowed(field.location, value)
                if written_at(field.location, name, value):
                    yield check.finding(
                        volume,
                        f"volume `{volume.key}`: the option `{name}` holds a credential",
                        at=place,
                        evidence=(name,),
                        redact=(place,),
                    )


@check.on("KubernetesObject")
def in_config_map(made: KubernetesObject) -> Iterator[Finding]:
    data = made.node.get("data") if made.kind == "ConfigMap" else None
    for key, value in data.entries().values() if isinstance(data, Mapping) else ():
        if not isinstance(value, Scalar):
            continue
        made_of_others = not value.unknown and value.style in ("|", ">") and not stands(value)
        text = value.text if made_of_others or "://" not in value.location.text else value.location.text
        for login in in_url(text):
            said = text[login.start : login.end]
            place = Location(value.source, value.start + login.start, value.start + login.end)
            place = place if text is not value.text else narrowed(value.location, said)
            if login.literal:
                found = _finding(made, key.text, said, place, ())
                yield found._replace(redact=()) if names_file(value, said) else found


@check.on("KubernetesObject")
def in_applied_configuration(made: KubernetesObject) -> Iterator[Finding]:
    node = applied(made)
    if node is None or "://" not in node.text:
        return
    written, beside = node.location.text, texts_beside(made)
    for login in in_url(written):
        value = written[login.start : login.end]
        if login.literal and value not in beside:
            place = Location(node.source, node.start + login.start, node.start + login.end)
            yield check.finding(
                made,
                f"{made.kind} `{made.name}`: an address in its annotation `last-applied-configuration` holds a credential",
                at=place,
                severity=Severity.MEDIUM if weak(value) else None,
                evidence=(APPLIED,),
                redact=(place,),
            )


@check.on("ValuesFile")
def in_values_file(file: ValuesFile) -> Iterator[Finding]:
    if not is_for_tests(file.location.path):
        yield from _in_values(file.root, None)


@check.on("KubernetesObject")
def in_given_values(made: KubernetesObject) -> Iterator[Finding]:
    from hullcheck.model.chart_values import given

    for root in given(made):
        yield from _in_values(root, made)


def _in_values(root: Node, made: KubernetesObject | None) -> Iterator[Finding]:
    from hullcheck.model.chart_values import entries

    for entry in entries(root):
        text = entry.value.text
        for login in in_url(text) if "://" in text and not entry.value.unknown else ():
            value = text[login.start : login.end]
            place = narrowed(entry.value.location, value)
            if login.literal:
                subject = f"{made.kind} `{made.name}`" if made is not None else "values for a chart"
                yield check.finding(
                    made if made is not None else Place(place, ""),
                    f"{subject}: an address in `{entry.path}` holds a credential",
                    at=place,
                    severity=Severity.MEDIUM if weak(value) else None,
                    evidence=("values", entry.path),
                    redact=(place,),
                )


@check.on("Stage")
def in_stage(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        for text in (instruction.text, *(heredoc.body for heredoc in instruction.heredocs)):
            for login in in_url(text.text):
                if login.literal and for_build(text.text[login.start - 40 if login.start > 40 else 0 : login.end + 60]):
                    continue
                from hullcheck.model.dockerfile import mounts

                if login.literal or not any(mount.kind == "secret" for mount in mounts(instruction)):
                    yield _in_text(stage, instruction, text, login)


def _in_text(stage: Stage, instruction: Instruction, text: Text, login: Login) -> Finding:
    value = text.text[login.start : login.end]
    place = text.at(login.start, login.end)
    holds = "holds a credential" if login.literal else f"takes a credential from `{value}`, which stays in the image"
    lower = weak(value) if login.literal else not stage.ships
    return check.finding(
        stage,
        f"an address in `{instruction.keyword}` {holds}",
        at=place,
        severity=Severity.MEDIUM if lower else None,
        evidence=(instruction.keyword, "" if login.literal else value),
        redact=(place,) if login.literal else (),
    )
