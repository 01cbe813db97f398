"""Instructions to the commands that they run: the form, the shell that reads it, and what commands are wrapped in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hullcheck.budget import tick
from hullcheck.model.command import (
    POWERSHELLS,
    SHELLS,
    Command,
    Lost,
    Redirection,
    Script,
    Word,
    has_letter,
    shell_operands,
    takes_value,
)
from hullcheck.model.dockerfile import MAX_COMMANDS
from hullcheck.model.instruction import Heredoc, Instruction
from hullcheck.model.text import Text, join
from hullcheck.parse import shell
from hullcheck.parse.shell_words import (
    MAX_DEPTH,
    ODD,
    Context,
    Counter,
    TooDeepError,
    TooManyError,
    UnknownError,
    program,
)
from hullcheck.patterns import pattern

MAX_PAIRS = 5_000
"""Pairs of commands in the pipelines of a script, of which one reads what the other prints."""

IN_FILE = "file"
"""How a command is run that stands in a script which the instruction writes into a file."""

_BARE_HEREDOC = pattern(r"\d*<<-?\s*(?:[^<\s'\"]+|'[^']*'|\"[^\"]*\")")
_SHEBANG = pattern(r"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-S[ \t]+)?)?(?P<program>[^/\s]+)")
_DURATION = pattern(r"[0-9.]+[smhd]?")


def script(instruction: Instruction, kind: str, most: int = MAX_COMMANDS) -> Script:
    """The commands of RUN, CMD, ENTRYPOINT or HEALTHCHECK, whose shell form is read by a shell of that kind.

    No more than `most` are read; the script is unknown then.
    """
    reader = _Reader(instruction, kind, most)
    why = cause = ""
    try:
        reader.read()
        kind = reader.kind
    except UnknownError as unknown:
        why, cause = str(unknown), unknown.cause
    lost = tuple(reader.lost)
    if lost and not why:
        why, cause = lost[0].why, "shell"
    return _bounded(Script(instruction, tuple(reader.commands), kind, why, cause, lost))


def _bounded(made: Script) -> Script:
    """The script without its pipelines, if they are too long to be followed."""
    if len(made.commands) < 2 or made.pipe_pairs <= MAX_PAIRS:
        return made
    commands = tuple(command._replace(pipes=()) for command in made.commands)
    why = "its pipelines are too long to be followed"
    return made._replace(commands=commands, unknown=made.unknown or why, cause=made.cause or "limit")


class UnknownShellError(UnknownError):
    """A shell whose language nobody here knows."""

    cause = "shell"

    def __init__(self, shell: str) -> None:
        super().__init__(f"nobody knows how `{shell}` reads it")


class _Reader:
    """Collects the commands of an instruction, unwrapped."""

    def __init__(self, instruction: Instruction, kind: str, most: int) -> None:
        self.instruction = instruction
        self.kind = kind
        self.counter = Counter(most)
        self.commands: list[Command] = []
        self.lost: list[Lost] = []

    def read(self) -> None:
        instruction = self.instruction
        if instruction.json:
            self.kind = "exec"
            self._exec_form()
        elif instruction.keyword in ("COPY", "ADD"):
            for heredoc in instruction.heredocs:
                if is_script(heredoc.body.text, " ".join(word.text for word in instruction.words)):
                    self._script(heredoc.body, "sh", Context(how=IN_FILE, within=(IN_FILE,)))
        elif instruction.heredocs and _BARE_HEREDOC.fullmatch(instruction.text.text):
            self._heredoc_script(instruction.heredocs[0])
        elif instruction.text:
            self._script(instruction.text, self.kind, Context(), tuple(h.body for h in instruction.heredocs))

    def _exec_form(self) -> None:
        words = tuple(Word(word.text, word, quoted=True) for word in self.instruction.words)
        if words:
            name = program(words[0])
            number = self.counter.next()
            command = Command(name, words, number, pipes=((self.counter.next(), 0),), shell="exec")
            self._add(command._replace(instruction=self.instruction), Context())

    def _heredoc_script(self, heredoc: Heredoc) -> None:
        """A heredoc that is all of a RUN: its first line may say what reads it."""
        match = _SHEBANG.match(heredoc.body.text)
        if match is None or match["program"] in SHELLS:
            self._script(heredoc.body, "sh" if match else self.kind, Context(how="<<"))
            return
        word = Word(match["program"], heredoc.body.slice(*match.span("program")))
        number = self.counter.next()
        self._add(
            Command(
                match["program"],
                (word,),
                number,
                pipes=((self.counter.next(), 0),),
                how="<<",
                redirections=(Redirection("<<", None, body=heredoc.body),),
                shell="exec",
                instruction=self.instruction,
            ),
            Context(),
        )

    def _script(
        self,
        text: Text,
        kind: str,
        context: Context,
        heredocs: tuple[Text, ...] = (),
        outer: tuple[tuple[int, int], ...] = (),
    ) -> None:
        """Add a script's commands; `outer` are the pipelines that all of it is part of."""
        if context.depth > MAX_DEPTH:
            raise TooDeepError
        too_many = None
        try:
            if kind == "sh":
                found = self._posix(text, context, heredocs)
            elif kind in ("powershell", "cmd"):
                from hullcheck.parse import windows

                found = windows.parse(text, kind, self.counter, context, self.instruction)
            else:
                raise UnknownShellError(kind)
        except TooManyError as error:
            found, too_many = error.commands, error
        for command in found:
            tick()
            self._add(command._replace(pipes=(*outer, *command.pipes)) if outer else command, context)
        for command, body in _printed_scripts(found):
            inner = Context(command.number, "<<", (*command.within, "<<"), context.depth + 1)
            self._script(body, "sh", inner)
        if too_many is not None:
            raise too_many

    def _posix(self, text: Text, context: Context, heredocs: tuple[Text, ...]) -> list[Command]:
        left = self.counter.left
        try:
            return shell.parse(text, self.counter, context, heredocs, self.instruction)
        except TooManyError:
            raise
        except UnknownError as unknown:
            from hullcheck.parse import shell_pieces

            self.counter.left = left
            found, lost = shell_pieces.read(text, self.counter, context, heredocs, self.instruction)
            self.lost += lost or [Lost(text, str(unknown))]
            return found

    def _add(self, command: Command, context: Context) -> None:
        """Add a command without what it is wrapped in, and then the commands that stand in its words."""
        command = unwrapped(command)
        self.commands.append(command)
        inner = Context(command.number, "", command.within, context.depth + 1)
        for how, kind, text in _scripts(command):
            outer = command.pipes if how != IN_FILE else ()
            self._script(text, kind, inner._replace(how=how, within=(*command.within, how)), (), outer)
        for words in _found(command):
            number = self.counter.next()
            self.counter.count()
            if inner.depth > MAX_DEPTH:
                raise TooDeepError
            made = command._replace(
                name=program(words[0]),
                words=words,
                number=number,
                within=(*command.within, "-exec"),
                inside=command.number,
                how="-exec",
                wrappers=(),
                assignments=(),
                redirections=(),
            )
            self._add(made, inner)


def _printed_scripts(commands: list[Command]) -> Iterator[tuple[Command, Text]]:
    """Each `cat` that prints a heredoc into a shell which reads it, with what it prints."""
    printing = [
        (command, redirection.body)
        for command in commands
        if command.name == "cat" and all(word.text == "-" for word in command.arguments)
        for redirection in command.redirections
        if redirection.operator == "<<" and redirection.body is not None
    ]
    places = {place: command for command in commands for place in command.pipes} if printing else {}
    for command, body in printing:
        reader = next((places[pipe, at + 1] for pipe, at in command.pipes if (pipe, at + 1) in places), None)
        if reader is not None and (reader := unwrapped(reader)).name in SHELLS:
            texts = [word.text for word in reader.arguments]
            operands = shell_operands(texts)
            options = texts[: len(texts) - len(operands)]
            reads = not operands or operands[0] == "-" or any(has_letter(text, "s") for text in options)
            if reads and not any(has_letter(text, "c") for text in options):
                yield command, body


def is_script(text: str, names: str) -> bool:
    """Is a file that is written here a script of a shell, by its first line or by what it is called?"""
    match = _SHEBANG.match(text)
    if match is not None:
        return match["program"] in SHELLS
    return re.search(r"\.(?:sh|bash)[\"']?(?:\s|$)", names) is not None


def unwrapped(command: Command) -> Command:
    """The command that is run in the end: without `sudo`, `env A=b`, `timeout 5` and their like."""
    words, wrappers, assignments = command.words, list(command.wrappers), list(command.assignments)
    name = command.name
    while name in _WRAPPERS and len(wrappers) < MAX_DEPTH:
        at = _WRAPPERS[name](words)
        if at is None or at >= len(words):
            break
        wrappers.append(words[0])
        if name in ("env", "sudo", "doas"):
            while at < len(words) and re.match(r"[A-Za-z_]\w*=", words[at].text):
                assignments.append(words[at])
                at += 1
            if at >= len(words):
                break
        words = words[at:]
        name = program(words[0])
    if len(wrappers) == len(command.wrappers):
        return command
    return command._replace(name=name, words=words, wrappers=tuple(wrappers), assignments=tuple(assignments))


def _options(valued: str = "", valued_long: tuple[str, ...] = (), operands: int = 0) -> Callable[..., int | None]:
    """Where the wrapped command starts: behind the options, and behind some operands of the wrapper's own."""

    def find(words: tuple[Word, ...]) -> int | None:
        at = 1
        while at < len(words):
            text = words[at].text
            if text == "--":
                at += 1
                break
            if not text.startswith("-") or text == "-":
                break
            if text.startswith("--"):
                at += 2 if text in valued_long else 1
            else:
                at += 2 if text[-1] in valued and not any(letter in valued for letter in text[1:-1]) else 1
        return at + operands

    return find


def _env(words: tuple[Word, ...]) -> int | None:
    at = _options("uC", ("--unset", "--chdir"))(words)
    while at is not None and at < len(words) and words[at].text == "-":
        at += 1
    return at


def _command(words: tuple[Word, ...]) -> int | None:
    """`command -v x` only asks."""
    if len(words) > 1 and words[1].text in ("-v", "-V"):
        return None
    return _options()(words)


def _timeout(words: tuple[Word, ...]) -> int | None:
    """Busybox once took the time as `-t 5`."""
    at = _options("kst", ("--kill-after", "--signal"))(words)
    if at is not None and at < len(words) and _DURATION.fullmatch(words[at].text):
        at += 1
    return at


def _nice(words: tuple[Word, ...]) -> int | None:
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        at += 2 if words[at].text in ("-n", "--adjustment") else 1
    return at


def _runuser(words: tuple[Word, ...]) -> int | None:
    """`runuser -u app -- x` runs x; with `-c`, or without `-u`, it is like `su`."""
    if any(word.text in ("-u", "--user") for word in words[1:4]):
        return _options("ugG", ("--user", "--group", "--supp-group"))(words)
    return None


_WRAPPERS: dict[str, Callable[[tuple[Word, ...]], int | None]] = {
    "sudo": _options(
        "ughpCrtTUDR", ("--user", "--group", "--host", "--prompt", "--chdir", "--chroot", "--role", "--type")
    ),
    "doas": _options("uC"),
    "env": _env,
    "exec": _options("a"),
    "time": _options("fo", ("--format", "--output")),
    "nice": _nice,
    "ionice": _options("cnp", ("--class", "--classdata")),
    "nohup": _options(),
    "setsid": _options(),
    "stdbuf": _options("oei", ("--output", "--error", "--input")),
    "command": _command,
    "builtin": _options(),
    "timeout": _timeout,
    "xargs": _options(
        "IEdaLnPs",
        ("--replace", "--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-lines", "--max-chars"),
    ),
    "gosu": _options(operands=1),
    "su-exec": _options(operands=1),
    "chroot": _options(operands=1),
    "setpriv": _options(),
    "runuser": _runuser,
    "busybox": _options(),
    "tini": _options("peo"),
    "dumb-init": _options("r"),
    "fakeroot": _options(),
    "eatmydata": _options(),
    "unbuffer": _options(),
    "catchsegv": _options(),
    "chronic": _options(),
}


def _scripts(command: Command) -> Iterator[tuple[str, str, Text]]:
    """The scripts that a command is given: how, the kind of shell that reads them, and their text."""
    name, words = command.name, command.words
    if name in ("cat", "tee"):
        targets = [r.target.text for r in command.redirections if r.writes and r.target]
        targets += [word.text for word in command.arguments if name == "tee"]
        for redirection in command.redirections:
            body = redirection.body
            if body is not None and redirection.operator == "<<" and is_script(body.text, " ".join(targets)):
                yield IN_FILE, "sh", body
    elif name in SHELLS:
        yield from _of_shell(command)
    elif name in ("su", "runuser"):
        for at, word in enumerate(words[1:-1], 1):
            if word.text in ("-c", "--command", "-lc"):
                yield "-c", "sh", words[at + 1].plain
    elif name == "eval" and len(words) > 1 and command.shell != "exec":
        yield "eval", "sh", join([word.plain for word in words[1:]], " ")
    elif name == "trap" and len(words) > 2 and not words[1].text.startswith("-"):
        yield "trap", "sh", words[1].plain
    elif name.lower() in POWERSHELLS:
        yield from _of_powershell(words)
    elif name.lower() == "cmd":
        at = next((n for n, word in enumerate(words) if word.text.lower() in ("/c", "/k")), len(words))
        if at + 1 < len(words):
            yield "/c", "cmd", join([word.plain for word in words[at + 1 :]], " ")


def _of_shell(command: Command) -> Iterator[tuple[str, str, Text]]:
    """`sh -ec SCRIPT`, and a heredoc that a shell reads because it is given no file."""
    words = command.words
    at = 1
    while at < len(words) and words[at].text[:1] in ("-", "+") and words[at].text != "-":
        text = words[at].text
        if text.startswith("-") and not text.startswith("--") and "c" in text:
            at += 2 if takes_value(text) else 1
            while at < len(words) - 1 and words[at].text.startswith(("-", "+")):
                at += 2 if takes_value(words[at].text) else 1
            if at < len(words) and words[at].plain.text.strip(ODD + " "):
                yield "-c", "sh", words[at].plain
            return
        at += 2 if takes_value(text) else 1
    reads_input = at >= len(words) or words[at].text == "-" or any(has_letter(w.text, "s") for w in words[1:at])
    for redirection in command.redirections:
        if redirection.body is not None and reads_input:
            yield redirection.operator, "sh", redirection.body


def _of_powershell(words: tuple[Word, ...]) -> Iterator[tuple[str, str, Text]]:
    """`powershell -NoProfile -Command ...`; without `-Command` or `-File`, Windows PowerShell takes it for one."""
    at = 1
    while at < len(words) and words[at].text.startswith("-") and words[at].text != "-":
        text = words[at].text.lower()
        if text == "-" + "command"[: len(text) - 1] and len(text) > 1:
            at += 1
            break
        if text.startswith(("-f", "-enc", "-e")) and not text.startswith("-ex"):
            return
        at += 2 if text.startswith(("-ex", "-ep", "-v", "-w", "-inputf", "-o", "-config", "-ps")) else 1
    if at < len(words):
        yield "-c", "powershell", join([word.plain for word in words[at:]], " ")


def _found(command: Command) -> Iterator[tuple[Word, ...]]:
    """The commands that `find` runs."""
    if command.name != "find":
        return
    words = command.words
    at = 0
    while at < len(words):
        if words[at].text in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((n for n in range(at + 1, len(words)) if words[n].text in (";", "+")), len(words))
            if end > at + 1:
                yield words[at + 1 : end]
            at = end
        at += 1
