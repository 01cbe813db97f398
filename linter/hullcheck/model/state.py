"""What a stage's instructions add up to: variables, user, folder, ports, as BuildKit applies them one by one."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterable
from operator import itemgetter

from hullcheck.model.expand import Growth, Value, because, expand
from hullcheck.model.instruction import Instruction, Pair
from hullcheck.model.text import Text
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TypeVar

T = TypeVar("T")

MAX_PATH = 4_096
"""Characters of a path; no file system of Linux makes a folder with a longer one."""

PLATFORM_ARGUMENTS = frozenset(
    side + part for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
"""Global arguments that the builder itself sets."""


class Arguments(NamedTuple):
    """The build arguments that are passed. A value of None is one that can't be known.

    `closed` is true if these are all there are; else somebody may pass others.
    """

    values: dict[str, str | None] = {}  # noqa: RUF012  never changed
    closed: bool = False

    def get(self, name: str) -> Value | None:
        """The value passed under that name; None if it isn't passed."""
        if name not in self.values:
            return None
        text = self.values[name]
        return Value(
            text, f"the build passes `{name}`, and what it is can't be known", shape="*" if text is None else text
        )


class Scope:
    """The variables that a stage's words can use, at each of its steps."""

    def __init__(self, inherited: dict[str, Value], base: dict[str, str | None], base_unknown: str) -> None:
        self.inherited = inherited
        self.base = base
        self.base_unknown = base_unknown  # why there may be more variables than the known ones; empty if there aren't
        self.changes: dict[str, list[tuple[int, Value]]] = {}

    def set(self, name: str, value: Value, step: int) -> None:
        self.changes.setdefault(name, []).append((step, value))

    def get(self, name: str, step: int | None = None) -> Value | None:
        """The value before `step`, or at the end; None if it is certain that there is none."""
        changes = self.changes.get(name)
        if changes is not None:
            found = len(changes) if step is None else bisect_left(changes, step, key=itemgetter(0))
            if found:
                return changes[found - 1][1]
        if name in self.inherited:
            return self.inherited[name]
        if name in self.base:
            text = self.base[name]
            return Value(text, "the base image sets it", shape="*" if text is None else text)
        if self.base_unknown:
            return Value(None, f"`{name}` may be set by {self.base_unknown}")
        return None

    def holds(self, name: str) -> bool:
        """Is the variable set by an instruction, or known to be set by the base image?"""
        return name in self.changes or name in self.inherited or name in self.base

    def final(self) -> dict[str, Value]:
        """All variables that are set by instructions, for the stages built on this one."""
        return {**self.inherited, **{name: values[-1][1] for name, values in self.changes.items()}}


class Said(NamedTuple):
    """What an instruction says, once its variables are expanded."""

    value: Value
    location: Location
    written: str
    instruction: Instruction


class Entry(NamedTuple):
    """A variable or label of the image."""

    value: Value
    name: Location
    location: Location


class Program(NamedTuple):
    """An ENTRYPOINT, CMD or HEALTHCHECK and the SHELL that was in force at it."""

    instruction: Instruction
    shell: tuple[str, ...]


class State:
    """The image's configuration as it grows."""

    def __init__(
        self, scope: Scope, arguments: Arguments, global_scope: dict[str, Value], escape: str, growth: Growth
    ) -> None:
        self.scope = scope
        self.arguments = arguments
        self.global_scope = global_scope
        self.escape = escape
        self.growth = growth
        self.environment: dict[str, Entry] = {}
        self.labels: dict[str, Entry] = {}
        self.user: Said | None = None
        self.workdir: Said | None = None
        self.shell: tuple[str, ...] = ()
        self.shells: list[tuple[int, tuple[str, ...]]] = []
        self.users: list[tuple[int, Said | None]] = []
        self.workdirs: list[tuple[int, Said | None]] = []
        self.entrypoint: Program | None = None
        self.command: Program | None = None
        self.health: Program | None = None
        self.exposed: list[Said] = []
        self.volumes: list[Said] = []
        self._expanded: dict[tuple[str, int], Value] = {}

    def inherit(self, parent: "State") -> None:
        """Start from the configuration of another stage."""
        self.environment = dict(parent.environment)
        self.labels = dict(parent.labels)
        self.user, self.workdir, self.shell = parent.user, parent.workdir, parent.shell
        self.entrypoint, self.command, self.health = parent.entrypoint, parent.command, parent.health
        self.exposed, self.volumes = list(parent.exposed), list(parent.volumes)

    @property
    def size(self) -> int:
        """How much a stage built on this one takes over."""
        variables = len(self.scope.inherited) + len(self.scope.changes) + len(self.environment)
        return variables + len(self.labels) + len(self.exposed) + len(self.volumes)

    def inheritance(self) -> dict[str, Value]:
        """The variables of a stage built on this one: at its start, the image's own win over arguments once more."""
        return {**self.scope.final(), **{name: entry.value for name, entry in self.environment.items()}}

    def run(self, steps: Iterable[Instruction]) -> None:
        """Apply the instructions in order."""
        self.users.append((-1, self.user))
        self.workdirs.append((-1, self.workdir))
        self.shells.append((-1, self.shell))
        own_command = False
        for step, instruction in enumerate(steps):
            if instruction.fault:
                continue
            if instruction.keyword == "ENTRYPOINT" and not own_command:
                self.command = None
            own_command = own_command or instruction.keyword == "CMD"
            self._apply(instruction, step)

    def expand(self, text: str, step: int | None = None) -> Value:
        """A word with the variables of that step, or of the end."""
        if "$" not in text:
            return expand(text, lambda name: None, self.escape)
        if step is None:
            return self.growth.expand(text, self.scope.get, self.escape)
        key = (text, step)
        if key not in self._expanded:
            self._expanded[key] = self.growth.expand(text, lambda name: self.scope.get(name, step), self.escape)
        return self._expanded[key]

    def shell_at(self, step: int | None) -> tuple[str, ...]:
        """The SHELL in force at a step, or at the end; empty if none was set."""
        return _at(self.shells, step)

    def user_at(self, step: int | None) -> Said | None:
        """The USER in force at a step, or at the end."""
        return _at(self.users, step)

    def workdir_at(self, step: int | None) -> Said | None:
        """The WORKDIR in force at a step, or at the end."""
        return _at(self.workdirs, step)

    def _apply(self, instruction: Instruction, step: int) -> None:
        match instruction.keyword:
            case "ARG":
                for pair in instruction.pairs:
                    self._argument(pair, step)
            case "ENV":
                self._environment(instruction, step)
            case "LABEL":
                for pair in instruction.pairs:
                    name, value = self._pair(pair, step)
                    self.labels[name] = Entry(value, pair.name.location, _place(pair))
            case "USER":
                self.user = self._said(instruction, instruction.text, step)
                self.users.append((step, self.user))
            case "WORKDIR":
                self._change_folder(instruction, step)
            case "SHELL":
                self.shell = tuple(word.text for word in instruction.words)
                self.shells.append((step, self.shell))
            case "ENTRYPOINT":
                self.entrypoint = Program(instruction, self.shell)
            case "CMD":
                self.command = Program(instruction, self.shell)
            case "HEALTHCHECK":
                self.health = Program(instruction, self.shell)
            case "EXPOSE":
                self.exposed += [self._said(instruction, word, step) for word in instruction.words]
            case "VOLUME":
                self.volumes += [self._said(instruction, word, step) for word in instruction.words]

    def _said(self, instruction: Instruction, word: Text, step: int) -> Said:
        return Said(self.expand(word.text, step), word.location, word.text, instruction)

    def _pair(self, pair: Pair, step: int) -> tuple[str, Value]:
        name = self.expand(pair.name.text, step).text or pair.name.text
        return name, self.expand(pair.value.text, step) if pair.value else Value("", shape="")

    def _environment(self, instruction: Instruction, step: int) -> None:
        """Every value of the line sees the variables as they were before the line."""
        for pair in instruction.pairs:
            name, value = self._pair(pair, step)
            self.environment[name] = Entry(value, pair.name.location, _place(pair))
            self.scope.set(name, because(value, pair.location, f"`{name}` is set here"), step)

    def _argument(self, pair: Pair, step: int) -> None:
        """`--build-arg` beats the own default, that beats the global one, and a bare ARG keeps what there is."""
        name = pair.name.text
        value = self.arguments.get(name)
        if value is None and pair.value is not None:
            value = because(self.expand(pair.value.text), pair.location, f"`{name}` gets its default here")
        if value is None:
            value = self.global_scope.get(name)
            value = None if value is not None and value.unset else value
        if value is None:
            if self.arguments.closed or self.scope.holds(name):
                return
            value = no_default(name, pair)
        self.scope.set(name, value, step)

    def _change_folder(self, instruction: Instruction, step: int) -> None:
        said = self._said(instruction, instruction.text, step)
        path = said.value.text
        if path is not None and not re.match(r"/|\\|[A-Za-z]:", path):
            before = self.workdir.value if self.workdir else Value("/", shape="/")
            path = None if before.text is None else posixpath.join(before.text, path)
            if path is not None and len(path) > MAX_PATH:
                before, path = Value(None, f"its path is longer than {MAX_PATH:,} characters"), None
            said = said._replace(value=before if path is None else said.value._replace(text=path))
        if path is not None and path.startswith("/"):
            path = "/" + posixpath.normpath(path).lstrip("/")
            said = said._replace(value=said.value._replace(text=path, shape=path))
        self.workdir = said
        self.workdirs.append((step, said))


def _at(history: list[tuple[int, T]], step: int | None) -> T:
    """What was last set before a step."""
    found = len(history) if step is None else bisect_left(history, step, key=itemgetter(0))
    return history[max(found, 1) - 1][1]


def no_default(name: str, pair: Pair) -> Value:
    """What an ARG is whose value nobody in sight gives."""
    return because(Value(None, f"`ARG {name}` has no default", unset=True), pair.location, f"`{name}` is declared here")


def global_scope(
    instructions: Iterable[Instruction], arguments: Arguments, escape: str, growth: Growth
) -> dict[str, Value]:
    """The arguments that stand before the first FROM."""
    scope: dict[str, Value] = {}
    for name in PLATFORM_ARGUMENTS:
        scope[name] = arguments.get(name) or Value(None, f"`{name}` depends on the platform that is built for")
    for instruction in instructions:
        for pair in instruction.pairs:
            name = pair.name.text
            value = arguments.get(name)
            if value is None and pair.value is not None:
                value = growth.expand(pair.value.text, scope.get, escape)
                value = because(value, pair.location, f"`{name}` gets its default here")
            if value is not None:
                scope[name] = value
            elif name not in scope and not arguments.closed:
                scope[name] = no_default(name, pair)
    return scope


def _place(pair: Pair) -> Location:
    return pair.value.location if pair.value is not None else pair.name.location
