"""Commands that a build or a container runs, whichever shell reads them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import accumulate

from hullcheck.model.instruction import Instruction
from hullcheck.model.text import Text
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh", "mksh"))
POWERSHELLS = frozenset(("powershell", "pwsh"))


def shell_operands(texts: Iterable[str]) -> list[str]:
    """What a shell is given besides its options and their values: the script first, unless it is `-c` or its input.

    In a cluster of letters `o` takes the next word, wherever it stands: `bash -euo pipefail`.
    """
    words = list(texts)
    at = 0
    while at < len(words) and words[at][:1] in ("-", "+") and words[at] not in ("-", "--"):
        at += 2 if takes_value(words[at]) else 1
    return words[at + 1 :] if words[at : at + 1] == ["--"] else words[at:]


def takes_value(text: str) -> bool:
    """Is the next word the value of this option of a shell?"""
    if text.startswith("--"):
        return text in ("--rcfile", "--init-file")
    return text[:1] in ("-", "+") and not {"o", "O"}.isdisjoint(text)


def has_letter(text: str, letter: str) -> bool:
    """Is it an option of a shell, or several in one word, of which this letter is one?"""
    return text.startswith("-") and not text.startswith("--") and letter in text


class Word(NamedTuple):
    """A word of a command. `text` is without its quotes, with variables and substitutions as written.

    `literal` is true if there are none, so that the program gets exactly this. `raw` is the word as written.
    `plain` is the same as `text`, with the place of each character, and a substitution as one odd character.
    """

    text: str
    raw: Text
    literal: bool = True
    quoted: bool = False
    parts: tuple[tuple[str, int, int], ...] = ()

    @property
    def location(self) -> Location:
        return self.raw.location

    @property
    def plain(self) -> Text:
        return self.raw.pick(self.parts) if self.parts else self.raw

    def at(self, start: int, end: int) -> Location:
        """The place of some characters of `text`, where nothing is substituted in it; else of the whole word."""
        plain = self.plain
        return plain.at(start, end) if plain.text == self.text else self.location


class Redirection(NamedTuple):
    """`operator` without its number, the target's word, and for a heredoc or here-string what it feeds."""

    operator: str
    target: Word | None
    number: str = ""
    body: Text | None = None

    @property
    def writes(self) -> bool:
        """Does it write a file?"""
        return self.operator in (">", ">>", ">|", "&>", "&>>", "<>")


class Option(NamedTuple):
    """An option of a command: `-o` or `--output`, its value if it takes one, and the word that holds it."""

    name: str
    value: Word | None
    text: str  # the value, also where it is part of the option's own word
    word: Word


class Command(NamedTuple):
    """A simple command. `name` is the program's, without its folder; empty if it isn't known.

    `words` are the program and its arguments, without what it is wrapped in: `sudo -E env A=b curl x` is `curl x`, with
    `sudo` and `env` as `wrappers`. `operator` stands before it (`&&`, `||`, `;`, `|`, `&` or a line feed), `pipes` are
    the pipelines that it is part of, outermost first, each with its position. `within` names the enclosing constructs
    (`if`, `for`, `(`, `function`, `$(`, `-c`...). `inside` is the number of the command whose word runs it, and `how`
    says how: `$(`, `<(`, `-c`, `eval`, `-exec`, `<<`; `file` for what stands in a script that is written into a file.
    """

    name: str
    words: tuple[Word, ...]
    number: int
    operator: str = ""
    pipes: tuple[tuple[int, int], ...] = ()
    within: tuple[str, ...] = ()
    inside: int = -1
    how: str = ""
    wrappers: tuple[Word, ...] = ()
    assignments: tuple[Word, ...] = ()
    redirections: tuple[Redirection, ...] = ()
    shell: str = "sh"
    instruction: Instruction | None = None

    @property
    def location(self) -> Location:
        """The program's word, or what there is instead."""
        word = next(iter((*self.words, *self.wrappers, *self.assignments)), None)
        if word is not None:
            return word.location
        target = next((r.target for r in self.redirections if r.target), None)
        assert self.instruction is not None or target is not None
        return target.location if target else self.instruction.location  # type: ignore[union-attr]

    @property
    def arguments(self) -> tuple[Word, ...]:
        return self.words[1:]

    def place(self, last: Word | None = None) -> Location:
        """From the program's word to the last of its words, or to the given one."""
        start = self.location
        end = (last or self.words[-1]).location.end if self.words else start.end
        return start._replace(end=max(start.end, end))

    def parsed(
        self, valued: str = "", valued_long: Iterable[str] = ()
    ) -> "tuple[tuple[Option, ...], tuple[Word, ...]]":
        """Options and operands, as `getopt` takes them apart.

        `valued` are the letters of short options that take a value, `valued_long` the long ones that do.
        """
        return take_apart(self.arguments, valued, frozenset(valued_long))


def take_apart(
    words: tuple[Word, ...], valued: str, valued_long: frozenset[str]
) -> tuple[tuple[Option, ...], tuple[Word, ...]]:
    """Options and operands among words; a `--` ends the options."""
    options: list[Option] = []
    operands: list[Word] = []
    left = iter(words)
    for word in left:
        text = word.text
        if text == "--":
            operands += left
        elif text.startswith("--"):
            options.append(_long(word, left, valued_long))
        elif len(text) > 1 and text[0] == "-":
            options += _short(word, left, valued)
        else:
            operands.append(word)
    return tuple(options), tuple(operands)


def _long(word: Word, left: Iterator[Word], valued: frozenset[str]) -> Option:
    name, equals, value = word.text.partition("=")
    if equals:
        return Option(name, None, value, word)
    if name in valued:
        following = next(left, None)
        return Option(name, following, following.text if following else "", word)
    return Option(name, None, "", word)


def _short(word: Word, left: Iterator[Word], valued: str) -> Iterator[Option]:
    """Letters in one word; the first that takes a value takes the rest of the word, or the next word."""
    for at, letter in enumerate(word.text[1:], 1):
        if letter in valued:
            rest = word.text[at + 1 :]
            following = None if rest else next(left, None)
            yield Option(f"-{letter}", following, rest or (following.text if following else ""), word)
            return
        yield Option(f"-{letter}", None, "", word)


class Lost(NamedTuple):
    """A piece of a script that isn't understood, and why."""

    text: Text
    why: str


class _Pipeline(NamedTuple):
    """The positions in a pipeline, ascending, and which of a script's commands stands at each."""

    positions: list[int]
    commands: list[int]
    in_order: bool

    @classmethod
    def of(cls, members: list[tuple[int, int]]) -> "_Pipeline":
        members.sort()
        commands = [at for _, at in members]
        return cls([position for position, _ in members], commands, commands == sorted(commands))

    def after(self, position: int) -> list[int]:
        """The commands behind a position, in the script's order."""
        found = self.commands[bisect_right(self.positions, position) :]
        return found if self.in_order else sorted(found)

    def before(self, position: int) -> list[int]:
        """The commands before a position, in the script's order."""
        found = self.commands[: bisect_left(self.positions, position)]
        return found if self.in_order else sorted(found)


class _ScriptFields(NamedTuple):
    instruction: Instruction
    commands: tuple[Command, ...]
    shell: str
    unknown: str = ""
    cause: str = ""
    lost: tuple[Lost, ...] = ()


class Script(_ScriptFields):
    """The commands of an instruction, in the order in which they start. `shell` is what reads it.

    `unknown` says why some of it couldn't be understood, and `cause` by which cause of the coverage: nothing may be
    concluded from what isn't there. `lost` are the pieces that it is about, where the others are here.
    """

    def by_number(self, number: int) -> Command | None:
        """The command of that number."""
        return self._numbered.get(number)

    @cached_property
    def _numbered(self) -> dict[int, Command]:
        return {command.number: command for command in reversed(self.commands)}

    def inner(self, command: Command) -> tuple[Command, ...]:
        """The commands that run within a word of that command."""
        return tuple(self._inner.get(command.number, ()))

    @cached_property
    def _inner(self) -> dict[int, list[Command]]:
        found: dict[int, list[Command]] = {}
        for command in self.commands:
            found.setdefault(command.inside, []).append(command)
        return found

    def written_to(self, command: Command) -> Iterator[str]:
        """The files that what a command prints is written to, by a redirection or by `tee`."""
        yield from (r.target.text for r in command.redirections if r.writes and r.target)
        for other in self.after_in_pipe(command):
            if other.name == "tee":
                yield from (word.text for word in other.arguments if not word.text.startswith("-"))
            yield from (r.target.text for r in other.redirections if r.writes and r.target)

    def after_in_pipe(self, command: Command) -> Iterator[Command]:
        """The commands that what it prints flows to, in any of its pipelines."""
        return self._in_pipe(command, lambda members, position: members.after(position))

    def before_in_pipe(self, command: Command) -> Iterator[Command]:
        """The commands that print what flows to it, in any of its pipelines."""
        return self._in_pipe(command, lambda members, position: members.before(position))

    def _in_pipe(self, command: Command, others: "Callable[[_Pipeline, int], list[int]]") -> Iterator[Command]:
        if not self._pipelines:
            return
        found = [
            others(members, position)
            for pipeline, position in dict(command.pipes).items()
            if (members := self._pipelines.get(pipeline))
        ]
        in_order: Iterable[int] = found[0] if found else ()
        if len(found) > 1:
            from heapq import merge

            in_order = merge(*found)
        last = -1
        for at in in_order:
            if at != last:
                yield self.commands[at]
            last = at

    @property
    def pipe_pairs(self) -> int:
        """How many pairs of commands there are, of which one prints what flows to the other."""
        return sum(
            len(members.commands) - bisect_right(members.positions, position)
            for members in self._pipelines.values()
            for position in members.positions
        )

    @cached_property
    def _pipelines(self) -> "dict[int, _Pipeline]":
        """Those of several commands."""
        found: dict[int, list[tuple[int, int]]] = {}
        for at, command in enumerate(self.commands):
            for pipeline, position in command.pipes:
                found.setdefault(pipeline, []).append((position, at))
        return {pipeline: _Pipeline.of(members) for pipeline, members in found.items() if len(members) > 1}

    def value(self, name: str, before: Command) -> str | None:
        """The literal that a variable is certain to hold at a command; raises LookupError if nothing sets it before.

        None stands for one that is set more than once, to different literals: in the branches of a `case`, for one.
        """
        first, text, changed = self._assigned[name]
        reached = bisect_left(self._highest, before.number)
        if first >= reached:
            raise LookupError(name)
        return text if changed >= reached else None

    @cached_property
    def _highest(self) -> list[int]:
        """The highest number of the commands up to each."""
        return list(accumulate((command.number for command in self.commands), max))

    @cached_property
    def _assigned(self) -> dict[str, tuple[int, str, int]]:
        """For each variable which command first sets it to a literal, to what, and which first to another."""
        found: dict[str, tuple[int, str, int]] = {}
        for at, command in enumerate(self.commands):
            for name, text in _assignments(command):
                first, known, changed = found.setdefault(name, (at, text, len(self.commands)))
                if known != text and changed == len(self.commands):
                    found[name] = (first, known, at)
        return found


def _assignments(command: Command) -> Iterator[tuple[str, str]]:
    """The variables that a command sets to literals: `A=b`, `export A=b`, `for A in b`."""
    words = command.assignments if not command.words else ()
    if command.name in ("export", "local", "declare", "readonly", "typeset"):
        words = command.arguments
    for word in words:
        name, equals, text = word.text.partition("=")
        if equals and word.literal:
            yield name, text
    if command.name == "for" and len(command.words) == 3 and command.words[2].literal:
        yield command.words[1].text, command.words[2].text
