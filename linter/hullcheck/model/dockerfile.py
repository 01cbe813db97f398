"""A Dockerfile: its instructions, the graph of its stages, and what ships."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from hullcheck.budget import tick
from hullcheck.model import base_images
from hullcheck.model.command import POWERSHELLS, SHELLS, Command, Script
from hullcheck.model.expand import Growth, Value, expand
from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.model.instruction import Directive, Flag, Heredoc, Instruction, Pair
from hullcheck.model.official import official_images
from hullcheck.model.problem import Problem
from hullcheck.model.state import Arguments, Scope, State, global_scope
from hullcheck.model.text import Text
from hullcheck.source import HOLE, Field, Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

__all__ = [
    "Directive",
    "Dockerfile",
    "Flag",
    "Graph",
    "Heredoc",
    "Instruction",
    "Mount",
    "MountOption",
    "Pair",
    "Stage",
    "Value",
    "mounts",
]

MAX_COMMANDS = 3_000
"""Commands of one instruction that are read."""

MAX_ALL_COMMANDS = 10_000
"""Commands of a file that are read."""

MAX_INHERITED = 200_000
"""Variables, labels, ports and volumes that the stages of a file take over from those that they are built on."""

_RUNNING = frozenset(("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"))
SCRATCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Dockerfile:
    """A Dockerfile as read. `text` is its text in `source`, which holds other things too if it stands in YAML."""

    def __init__(
        self,
        source: Source,
        text: Text,
        instructions: tuple[Instruction, ...],
        directives: dict[str, Directive],
        escape: str,
        problems: list[Problem],
        template: bool,
        hidden_stages: bool,
        syntax: Text | None,
        script: Callable[[Instruction, str, int], Script],
    ) -> None:
        self.source = source
        self.text = text
        self.instructions = instructions
        self.directives = directives
        self.escape = escape
        self.problems = problems
        self.template = template
        self.hidden_stages = hidden_stages  # there may be stages of names that only the finished template tells
        self.syntax = syntax
        self._read_script = script
        self._graphs: dict[object, Graph] = {}
        self._scripts: dict[tuple[int, str], Script] = {}
        self._commands_left = MAX_ALL_COMMANDS

    def __repr__(self) -> str:
        return f"Dockerfile({self.source.path!r})"

    @property
    def location(self) -> Location:
        return self.text.location

    @property
    def owner(self) -> str:
        """A Dockerfile has no name of its own."""
        return ""

    def graph(
        self,
        build_args: dict[str, str | None] | None = None,
        targets: tuple[str | None, ...] = (None,),
        closed: bool = False,
        contexts: frozenset[str] = frozenset(),
    ) -> "Graph":
        """The stages as they are built with these arguments, to ship these targets (None is the last stage).

        `closed` says that no other arguments are passed. `contexts` are names that are given to further contexts.
        """
        arguments = Arguments(build_args or {}, closed)
        key = (tuple(sorted(arguments.values.items(), key=lambda item: item[0])), targets, closed, contexts)
        if key not in self._graphs:
            self._graphs[key] = Graph(self, arguments, targets, contexts)
        return self._graphs[key]

    def script(self, instruction: Instruction, kind: str) -> Script:
        """The commands of an instruction whose shell form is read by a shell of that kind."""
        key = (instruction.location.start, kind)
        if key not in self._scripts:
            most = min(MAX_COMMANDS, self._commands_left)
            script = self._read_script(instruction, kind, most)
            if script.unknown and most < MAX_COMMANDS and len(script.commands) >= most:
                script = script._replace(
                    unknown=f"the file runs more than {MAX_ALL_COMMANDS:,} commands", cause="limit"
                )
            self._commands_left -= len(script.commands)
            self._scripts[key] = script
        return self._scripts[key]

    @property
    def stages(self) -> "tuple[Stage, ...]":
        """The stages of a build without arguments."""
        return self.graph().stages

    def image_uses(self, build_args: dict[str, str | None] | None = None, closed: bool = False) -> Iterator[ImageUse]:
        """Every place that names an image from outside."""
        return self.graph(build_args, closed=closed).image_uses()


class Graph:
    """The stages of a Dockerfile under given build arguments, and how they rest on each other."""

    def __init__(
        self,
        dockerfile: Dockerfile,
        arguments: Arguments,
        targets: tuple[str | None, ...],
        contexts: frozenset[str] = frozenset(),
    ) -> None:
        self.dockerfile = dockerfile
        self.arguments = arguments
        self.targets = targets
        self.contexts = contexts
        groups = _groups(dockerfile.instructions)
        head = [i for i in groups[0][1] if i.keyword == "ARG" and not i.fault]
        self.growth = Growth()
        self.inherited = 0
        self.global_scope = global_scope(head, arguments, dockerfile.escape, self.growth)
        self.by_name: dict[str, Stage] = {}
        self.stages: tuple[Stage, ...] = tuple(self._stages(groups))

    def _stages(self, groups: "list[tuple[Instruction | None, list[Instruction]]]") -> "Iterator[Stage]":
        loose = [i for i in groups[0][1] if i.keyword != "ARG"]
        if loose:
            yield Stage(self, -1, None, tuple(groups[0][1]))
        for number, (start, instructions) in enumerate(groups[1:]):
            stage = Stage(self, number, start, tuple(instructions))
            if stage.name:
                self.by_name[stage.name.lower()] = stage
            yield stage

    @cached_property
    def built(self) -> "tuple[Stage, ...]":
        """The stages that start with FROM, by number."""
        return tuple(stage for stage in self.stages if stage.start is not None)

    def find(self, target: str | None) -> "Stage | None":
        """The stage that a target names, whatever the case, or by number; the last one for None."""
        if target is None:
            return self.stages[-1] if self.stages else None
        if target.lower() in self.by_name:
            return self.by_name[target.lower()]
        number = int(target) if target.isascii() and target.isdecimal() and len(target) < 6 else -1
        return self.built[number] if 0 <= number < len(self.built) else None

    @cached_property
    def final(self) -> "frozenset[Stage]":
        """The stages that are shipped as they are: the targets."""
        return frozenset(stage for target in self.targets if (stage := self.find(target)))

    @cached_property
    def shipping(self) -> "frozenset[Stage]":
        """The stages whose files and settings are in an image that ships: the targets and what they are built on."""
        return frozenset(stage for last in self.final for stage in last.chain)

    @cached_property
    def needed(self) -> "frozenset[Stage]":
        """The stages that are built at all: all that the targets rest on."""
        found: set[Stage] = set()
        waiting = list(self.final)
        while waiting:
            stage = waiting.pop()
            if stage not in found:
                found.add(stage)
                waiting += [stage.parent] if stage.parent else []
                waiting += [source for _, source in stage.copied_from]
        return frozenset(found)

    def image_uses(self) -> Iterator[ImageUse]:
        """Every place that names an image from outside the file."""
        syntax = self.dockerfile.syntax
        if syntax is not None:
            name = syntax.text.split()[0] if syntax.text.split() else ""
            yield ImageUse(Field(name, syntax.slice(0, len(name)).location), "frontend", "")
        for stage in self.stages:
            tick()
            yield from stage.image_uses()


def _is_open(word: str) -> bool:
    """Does a word of a template hold a placeholder?"""
    return any(mark in word for mark in ("{{", "{%", "<%", "@", "%%"))


def _groups(instructions: tuple[Instruction, ...]) -> list[tuple[Instruction | None, list[Instruction]]]:
    """The instructions before the first FROM, then each FROM with those behind it."""
    groups: list[tuple[Instruction | None, list[Instruction]]] = [(None, [])]
    for instruction in instructions:
        if instruction.keyword == "FROM":
            groups.append((instruction, []))
        else:
            groups[-1][1].append(instruction)
    return groups


class Stage:
    """A stage under given build arguments.

    `number` counts from 0; it is -1 for instructions that stand before any FROM, a part of a file that the builder
    would refuse. `name` is as written, or empty.
    """

    def __init__(
        self, graph: Graph, number: int, start: Instruction | None, instructions: tuple[Instruction, ...]
    ) -> None:
        self.graph = graph
        self.number = number
        self.start = start
        self.instructions = instructions
        self.name_word = self._name_word(start.words) if start is not None else None
        self.name = self.name_word.text if self.name_word else ""
        self.base = self._base()
        self.parent = self._parent()
        self.cut_off = False  # from what it is built on, for that is too much
        self.known: dict[str, Any] = {}  # what others worked out of it

    def __repr__(self) -> str:
        return f"Stage({self.owner!r})"

    def _name_word(self, words: tuple[Text, ...]) -> Text | None:
        """The word that names the stage; behind a placeholder there may be blanks, so a template has it at the end."""
        at = len(words) - 1 if self.dockerfile.template else 2
        named = 1 < at < len(words) and words[at - 1].text.lower() == "as"
        return words[at] if named and not (self.dockerfile.template and _is_open(words[at].text)) else None

    def _base(self) -> Value:
        """What is built on, expanded: an image, a stage, or `scratch`."""
        if self.start is None or not self.start.words:
            return Value(None, "there is no `FROM`")
        word = self.start.words[0].text
        if self.dockerfile.template and (
            _is_open(word) or (self._may_be_hidden(word) and word not in self.graph.by_name)
        ):
            return Value(None, "the file is a template")
        return expand(word, self.graph.global_scope.get, self.dockerfile.escape)

    def _may_be_hidden(self, name: str) -> bool:
        """May a name be that of a stage which only the finished template has?"""
        return self.dockerfile.hidden_stages and not any(mark in name for mark in "/:@")

    def _parent(self) -> "Stage | None":
        """The earlier stage of that name: as written, against names in lower case."""
        return self.graph.by_name.get(self.base.text or "")

    @property
    def dockerfile(self) -> Dockerfile:
        return self.graph.dockerfile

    @property
    def owner(self) -> str:
        """The name, or the number."""
        return self.name or str(max(self.number, 0))

    @property
    def described(self) -> str:
        return f"stage `{self.owner}`"

    @property
    def base_word(self) -> Text:
        """The word behind FROM; what stands at the file's start if there is none."""
        if self.start is not None and self.start.words:
            return self.start.words[0]
        return self.dockerfile.text.slice(0, 0)

    @cached_property
    def location(self) -> Location:
        """Where what is missing is reported: what FROM names."""
        return self.base_word.location

    @property
    def complete(self) -> bool:
        """Is it a whole stage, so that something can be called missing?"""
        return self.start is not None and not self.start.fault and not self.dockerfile.template

    @property
    def ships(self) -> bool:
        """Are its files and settings in an image that ships?"""
        return self in self.graph.shipping

    @property
    def is_final(self) -> bool:
        """Is it what ships, and not only what that is built on?"""
        return self in self.graph.final

    @property
    def needed(self) -> bool:
        """Is it built at all?"""
        return self in self.graph.needed

    @cached_property
    def chain(self) -> "tuple[Stage, ...]":
        """This stage and those it is built on, itself first."""
        found = [self]
        while found[-1].parent is not None:
            found.append(found[-1].parent)
        return tuple(found)

    @property
    def image(self) -> ImageRef | None:
        """The image from outside that it starts from, if that is known and isn't `scratch`."""
        text = self.base.text
        return ImageRef.parse(text) if text and text != "scratch" and self.parent is None else None

    @cached_property
    def known_base(self) -> base_images.BaseImage | None:
        """What is known of the image that the chain starts from."""
        image = self.chain[-1].image
        return base_images.lookup(image) if image else None

    @cached_property
    def windows(self) -> bool:
        """Is it an image for Windows?"""
        first = self.chain[-1]
        platform = first.start.flag("platform") if first.start else None
        if platform and platform.value and platform.value.text.startswith("windows"):
            return True
        image = first.image
        if image is None:
            return False
        name = f"{image.repository}:{image.tag}".lower()
        return any(word in name for word in ("windows", "nanoserver", "servercore", "dotnet/framework"))

    @cached_property
    def steps(self) -> tuple[Instruction, ...]:
        """What is run: the ONBUILD triggers of the stage it is built on, then its own instructions."""
        return (*self.inherited_triggers, *self.instructions)

    @property
    def inherited_triggers(self) -> tuple[Instruction, ...]:
        if self.parent is None:
            return ()
        return tuple(i.trigger for i in self.parent.instructions if i.keyword == "ONBUILD" and i.trigger is not None)

    @cached_property
    def state(self) -> State:
        """The image's configuration at the end of the stage."""
        waiting = [stage for stage in reversed(self.chain) if "state" not in stage.__dict__]
        for stage in waiting[:-1]:
            stage.state  # noqa: B018  the deepest first, so that no chain is too long for the stack
        parent = self.parent.state if self.parent else None
        if parent is not None:
            self.graph.inherited += parent.size
            if self.graph.inherited > MAX_INHERITED:
                self.cut_off = True
                return self._state(Scope({}, {}, f"stage `{self.parent.owner}`" if self.parent else ""))
        inherited = parent.inheritance() if parent else {}
        return self._state(Scope(inherited, *self._base_variables()), parent)

    def _state(self, scope: Scope, parent: State | None = None) -> State:
        graph = self.graph
        state = State(scope, graph.arguments, graph.global_scope, self.dockerfile.escape, graph.growth)
        if parent is not None:
            state.inherit(parent)
        state.run(self.steps)
        return state

    @property
    def unknown(self) -> Iterator[tuple[str, str, Location]]:
        """What can't be followed in it: by which cause of the coverage, why, and where."""
        graph = self.graph
        self.state  # noqa: B018  counts
        if self.cut_off:
            yield "limit", f"the stages inherit more than {MAX_INHERITED:,} settings", self.location
        if graph.growth.short:
            yield "limit", f"the file's variables come to more than {graph.growth.most:,} characters", self.location
        for script in self.scripts:
            for lost in script.lost:
                why = f"a part of this `{script.instruction.keyword}` isn't understood: {lost.why}"
                yield "shell", why, lost.text.location.one_line()
            if script.unknown and (not script.lost or script.cause != "shell"):
                yield script.cause, script.unknown, script.instruction.location.one_line()

    def _base_variables(self) -> tuple[dict[str, str | None], str]:
        """The variables of the image that the chain starts from, and why there may be others."""
        first = self.chain[-1]
        if first.base.text == "scratch":
            return {"PATH": SCRATCH_PATH}, ""
        known = self.known_base
        name = f"the base image `{first.image.familiar}`" if first.image else "the base image"
        if known is None:
            return {}, name
        return known.env, "" if known.env_complete else name

    @cached_property
    def scripts(self) -> tuple[Script, ...]:
        """The commands of its RUN, CMD, ENTRYPOINT and HEALTHCHECK, in order; an ONBUILD's where it is written.

        Those of scripts that it writes into files are among them: in a RUN, or as a heredoc of COPY.
        """
        found = []
        for step in self.instructions:
            tick()
            made = step.effective
            if (made.keyword in _RUNNING or (made.keyword in ("COPY", "ADD") and made.heredocs)) and not step.fault:
                found.append(self.dockerfile.script(step.effective, self.shell_kind(step)))
        return tuple(found)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """All commands of `scripts`."""
        return tuple(command for script in self.scripts for command in script.commands)

    def shell_words(self, instruction: Instruction) -> tuple[str, ...]:
        """The SHELL in force there; empty if none was set."""
        return self.state.shell_at(self._step(instruction))

    def shell_kind(self, instruction: Instruction) -> str:
        """What reads the shell form there: `sh`, `powershell`, `cmd`, or the name of another program."""
        words = self.shell_words(instruction)
        if not words:
            return "cmd" if self.windows else "sh"
        names = [word.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe") for word in words]
        for name in names:
            if name in SHELLS or name in POWERSHELLS or name == "cmd":
                return "sh" if name in SHELLS else "powershell" if name in POWERSHELLS else "cmd"
        return names[0]

    def expand(self, text: str, instruction: Instruction | None = None) -> Value:
        """A word with the variables as they are at one of its instructions, or at the end."""
        if "$" not in text:
            return expand(text, lambda name: None, self.dockerfile.escape)
        return self.state.expand(text, self._step(instruction))

    def variable(self, name: str, instruction: Instruction | None = None) -> Value | None:
        """A variable as it is at one of its instructions, or at the end; None if it is certain that there is none."""
        return self.state.scope.get(name, self._step(instruction))

    def _step(self, instruction: Instruction | None) -> int | None:
        return None if instruction is None else self._step_numbers.get(instruction.location.start)

    @cached_property
    def _step_numbers(self) -> dict[int, int]:
        """By the places of the instructions, and of what their ONBUILDs hold."""
        offset = len(self.inherited_triggers)
        steps = {i.location.start: offset + number for number, i in enumerate(self.instructions)}
        return steps | {i.trigger.location.start: steps[i.location.start] for i in self.instructions if i.trigger}

    def source_of(self, name: str) -> "Stage | None":
        """The stage that a `COPY --from` or a mount's `from=` names: any case, or a number; the last of that name.

        A later stage is found, too, and the builder then refuses it.
        """
        return self.graph.find(name) if name else None

    @cached_property
    def copied_from(self) -> "tuple[tuple[Text, Stage], ...]":
        """The stages that files are taken from, with the word that names each."""
        return tuple((word, stage) for word, _ in self.from_words if (stage := self.source_of(word.text)) is not None)

    @cached_property
    def from_words(self) -> tuple[tuple[Text, Instruction], ...]:
        """The words that name what files are taken from: `COPY --from`, `RUN --mount=from=`."""
        found = []
        for step in self.steps:
            tick()
            instruction = step.effective
            if instruction.keyword in ("COPY", "ADD"):
                flag = instruction.flag("from")
                if flag and flag.value:
                    found.append((flag.value, step))
            elif instruction.keyword == "RUN":
                found += [
                    (o.value, step) for m in mounts(instruction) for o in m.options if o.name == "from" and o.value
                ]
        return tuple(found)

    def image_uses(self) -> Iterator[ImageUse]:
        """The places in this stage that name an image from outside."""
        named = self.start is not None and bool(self.start.words) and self.parent is None
        if named and self.base.text != "scratch" and not self.is_context(self.base.text or ""):
            yield self._base_use()
        own = {instruction.location for instruction in self.instructions}
        for word, instruction in self.from_words:
            if instruction.location not in own or self.is_context(word.text):
                continue
            if self.source_of(word.text) is None and not word.text.isdecimal():
                how = "`COPY --from`" if instruction.effective.keyword == "COPY" else "`RUN --mount`"
                yield ImageUse(as_field(self._from_value(word, instruction), word.location), how, self.owner)

    def is_context(self, name: str) -> bool:
        """Does a build give that name to a context, so that it is no image?"""
        short = name.removeprefix("docker.io/").removeprefix("library/").removesuffix(":latest")
        return not self.graph.contexts.isdisjoint((name, short))

    def _from_value(self, word: Text, instruction: Instruction) -> Value:
        """An external image; the builder refuses variables in COPY.

        A bare name is an image if Docker Hub has one of that name, or else it must be a context that isn't known here.
        """
        value = self.expand(word.text, instruction) if instruction.effective.keyword == "RUN" else Value(word.text)
        if self._may_be_hidden(value.text or ""):
            return Value(None, "the file is a template")
        if value.text and not any(mark in value.text for mark in "/:@.") and value.text not in official_images():
            return Value(None, f"`{value.text}` may be a named build context")
        return value

    def _base_use(self) -> ImageUse:
        word = self.base_word
        written = word.text if self.base.text is not None and self.base.text != word.text else ""
        origin = self.base.related[-1] if self.base.related and written else None
        value = self.base
        if value.missing and (value.text is None or ImageRef.parse(value.text) is None):
            value = Value(None, f"nothing sets `{value.missing[0]}` before the first `FROM`")
        return ImageUse(as_field(value, word.location), "base image", self.owner, written, origin)


class MountOption(NamedTuple):
    """`name=value` of a mount; `value` is None for a bare `readonly`."""

    name: str
    value: Text | None


class Mount(NamedTuple):
    """A `RUN --mount`: its options, and where it stands. `kind` is `bind` where none is said."""

    kind: str
    options: tuple[MountOption, ...]
    location: Location

    def option(self, *names: str) -> Text | None:
        """The value of the first option of these names that is there."""
        return next((o.value for o in self.options if o.name in names and o.value is not None), None)


def mounts(instruction: Instruction) -> tuple[Mount, ...]:
    """The mounts of a RUN."""
    found = []
    for flag in instruction.flags_named("mount"):
        if flag.value is None:
            continue
        options = []
        at = 0
        for part in flag.value.text.split(","):
            name, equals, _ = part.partition("=")
            value = flag.value.slice(at + len(name) + 1, at + len(part)) if equals else None
            options.append(MountOption(name.strip().lower(), value))
            at += len(part) + 1
        kind = next((o.value.text for o in options if o.name == "type" and o.value), "bind")
        found.append(Mount(kind, tuple(options), flag.location))
    return tuple(found)


def as_field(value: Value, location: Location) -> Field[str]:
    """What a word comes to, as the model says it."""
    if value.text is not None:
        return Field(value.text, location, "", value.related)
    parts = value.shape.replace("*", HOLE)
    return Field(None, location, value.why, value.related, parts if parts.strip(HOLE) else "")
