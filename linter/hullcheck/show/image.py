"""An image's configuration in the names of the OCI image specification, with what it is built on."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.container import Port, Variable
from hullcheck.model.dockerfile import Dockerfile, Stage
from hullcheck.model.instruction import Instruction
from hullcheck.model.node import Mapping, Node
from hullcheck.model.shipped import Shipped, shipped
from hullcheck.patterns import pattern
from hullcheck.show.build import mapping, plain, said, sequence, text, unknown

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PERIODS = (
    ("interval", "Interval"), ("timeout", "Timeout"), ("start-period", "StartPeriod"),
    ("start-interval", "StartInterval"), ("retries", "Retries"),
)  # fmt: skip
_PART = pattern(r"(?<![0-9.])([0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(ns|us|µs|ms|s|m|h)")
_DURATION = pattern(rf"(?:{_PART.pattern})+")
_MAX_PORTS = 65_536
_UNITS = {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}


def image(dockerfile: Dockerfile, target: str | None, arguments: dict[str, str | None]) -> Mapping | None:
    """What the stage of that name or number makes, the last one for None; None if there is none.

    `arguments` are the build's, and taken to be all there are.
    """
    made = shipped(dockerfile, target, arguments, bool(arguments))
    return described(made) if made else None


def described(made: Shipped) -> Mapping:
    """The base image, the stages and the configuration."""
    stage, place = made.stage, made.stage.location
    entries: list[tuple[str, Node]] = [
        ("base", _base(made.chain[-1])),
        ("stages", sequence((text(s.owner, s.location) for s in made.chain), place)),
        ("config", mapping(_config(made), place)),
    ]
    return mapping([("stage", text(stage.owner, place)), *entries], place)


def _base(stage: Stage) -> Node:
    base = stage.base
    if base.text is None:
        return unknown(base.why, stage.location)
    return text(base.text, stage.location)


def _config(made: Shipped) -> Iterator[tuple[str, Node]]:
    place = made.stage.location
    user = made.stage.state.user
    if user is not None:
        if user.value.text is None:
            yield "User", unknown(user.value.why, user.location)
        else:
            yield "User", text(user.value.text, user.location)
    if made.ports:
        yield "ExposedPorts", mapping(_ports(made.ports), place)
    environment = list(map(_variable, made.environment))
    if made.chain[-1].base.text == "scratch" and not any(variable.name == "PATH" for variable in made.environment):
        environment.insert(0, text(f"PATH={_PATH}", place, "BuildKit's default"))
    if environment:
        yield "Env", sequence(environment, place)
    for name, words in (("Entrypoint", made.entrypoint), ("Cmd", made.cmd)):
        if words:
            yield name, sequence(map(said, words), words[0].location)
    if made.volumes:
        yield "Volumes", mapping(((f.value or "", mapping((), f.location)) for f in made.volumes), place)
    if not made.workdir.absent:
        yield "WorkingDir", said(made.workdir)
    if made.stage.state.health is not None:
        yield "Healthcheck", _health(made.stage.state.health.instruction)
    if made.labels:
        yield "Labels", mapping(((label.name, said(label.value)) for label in made.labels), place)


def _health(instruction: Instruction) -> Node:
    at = instruction.location
    if instruction.mode == "NONE":
        return mapping([("Test", sequence([text("NONE", at)], at))], at)
    how = "CMD" if instruction.json else "CMD-SHELL"
    words = [text(how, at), *(text(word.text, word.location) for word in instruction.words)]
    entries: list[tuple[str, Node]] = [("Test", sequence(words, at))]
    for flag, name in _PERIODS:
        found = instruction.flag(flag)
        if found is not None and found.value is not None:
            number = nanoseconds(found.value.text) if name != "Retries" else found.value.text
            entries.append(
                (name, unknown("no number", found.location) if number is None else plain(number, found.location))
            )
    return mapping(entries, at)


def nanoseconds(duration: str) -> str | None:
    """A duration of Go, such as `1m30s`, in nanoseconds; None if it is none."""
    if not _DURATION.fullmatch(duration):
        return None
    made = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(duration))
    return str(round(made)) if made < 2**63 else None


def _variable(variable: Variable) -> Node:
    value = variable.value
    if value.value is None:
        return mapping([(variable.name, unknown(value.unknown, value.location))], value.location)
    return text(f"{variable.name}={value.value}", value.location)


def _ports(ports: tuple[Port, ...]) -> Iterator[tuple[str, Node]]:
    left = _MAX_PORTS
    for port in ports:
        if port.number is None:
            yield "?", unknown("the port isn't known", port.location)
            continue
        last = port.last or port.number
        if last >= _MAX_PORTS or last - port.number >= left:
            why = "there is no such port" if last >= _MAX_PORTS else "too many ports to list"
            yield f"{port.number}-{last}/{port.protocol}", unknown(why, port.location)
            continue
        left -= max(last - port.number + 1, 1)
        for number in range(port.number, last + 1):
            yield f"{number}/{port.protocol}", mapping((), port.location)
