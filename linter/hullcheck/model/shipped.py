"""What a Dockerfile's stage makes: the configuration of an image, and who it runs as."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.container import Port, Probe, User, Variable
from hullcheck.model.dockerfile import Dockerfile, Stage, as_field
from hullcheck.model.ports import exposed_port
from hullcheck.model.privileges import dropper, effective_user
from hullcheck.model.state import Entry, Program
from hullcheck.source import Field
from hullcheck.tuples import NamedTuple


class Shipped(NamedTuple):
    """The image that a stage makes: what its configuration says, with places.

    `chain` are the stages that it is made of, itself first. `command` is the entry point and its arguments as words.
    """

    stage: Stage
    chain: tuple[Stage, ...]
    user: User
    ports: tuple[Port, ...]
    environment: tuple[Variable, ...]
    labels: tuple[Variable, ...]
    entrypoint: tuple[Field[str], ...]
    cmd: tuple[Field[str], ...]
    workdir: Field[str]
    health: Probe | None
    volumes: tuple[Field[str], ...]
    serves: bool

    @property
    def drops_privileges(self) -> str:
        return self.user.drops_privileges

    @property
    def command(self) -> tuple[Field[str], ...]:
        return (*self.entrypoint, *self.cmd)


def shipped(
    dockerfile: Dockerfile,
    target: str | None = None,
    build_args: dict[str, str | None] | None = None,
    closed: bool = False,
) -> Shipped | None:
    """What ships: what the last stage makes, or the one of that name or number; None if there is none."""
    stage = dockerfile.graph(build_args, (target,), closed).find(target)
    return made_by(stage) if stage is not None else None


def made_by(stage: Stage) -> Shipped:
    """What a stage makes."""
    state = stage.state
    entrypoint, cmd = _words(state.entrypoint), _words(state.command)
    workdir = state.workdir
    return Shipped(
        stage=stage,
        chain=stage.chain,
        user=effective_user(stage, dropper(stage)),
        ports=tuple(port for said in state.exposed for port in exposed_port(said)),
        environment=tuple(_variables(state.environment, "ENV")),
        labels=tuple(_variables(state.labels, "label")),
        entrypoint=entrypoint,
        cmd=cmd,
        workdir=as_field(workdir.value, workdir.location) if workdir else Field(None, stage.location),
        health=_health(state.health),
        volumes=tuple(as_field(said.value, said.location) for said in state.volumes),
        serves=bool(state.exposed or state.entrypoint or state.command),
    )


def _variables(entries: dict[str, Entry], kind: str) -> Iterator[Variable]:
    for name, entry in entries.items():
        yield Variable(name, as_field(entry.value, entry.location), entry.name, source=kind)


def _words(program: Program | None) -> tuple[Field[str], ...]:
    """The words that are started: those of the JSON form, or the shell with the text as one word."""
    if program is None:
        return ()
    instruction = program.instruction
    said = tuple(Field(word.text, word.location) for word in instruction.words)
    if instruction.json:
        return said
    shell = program.shell or ("/bin/sh", "-c")
    return (*(Field(word, instruction.keyword_location) for word in shell), *said)


def _health(program: Program | None) -> Probe | None:
    if program is None:
        return None
    instruction = program.instruction
    if instruction.mode == "NONE":
        return Probe("healthcheck", "none", instruction.location)
    return Probe("healthcheck", "exec", instruction.location, _words(program))
