"""A shell script that can't be followed as a whole, taken apart at the operators that are certain.

Where a construct isn't understood, the commands around it still run. A piece that can't be read itself is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.command import Command, Lost
from hullcheck.model.instruction import Instruction
from hullcheck.model.text import Text
from hullcheck.parse import shell
from hullcheck.parse.shell_words import Context, Counter, TooManyError, UnknownError
from hullcheck.patterns import pattern

_TOKEN = pattern(
    r"(?P<quote>'[^']*+'?|\"(?:[^\"\\]|\\.)*+\"?|\\.)|(?P<operator>&&|\|\||;;?|\n|(?<![<>&|])&(?![>&]))"
    r"|(?P<heredoc><<-?(?!<)[ \t]*+(?P<mark>[\"']?)(?P<name>[\w.-]+)(?P=mark))|(?P<comment>(?<![^\s;&|()])\#[^\n]*+)"
    r"|(?P<open>[({])|(?P<close>[)}])|[^'\"\\&|;\n<\#(){}]++|.",
    re.DOTALL,
)
_BEFORE = pattern(
    r"(?:\s|(?:if|then|elif|else|while|until|do|!|time)(?=\s)|[({](?=\s)|\((?!\()|case\s+\S{1,200}\s+in(?=\s)"
    r"|[\w*?|.\"'-]{1,200}\)(?=\s))++"
)
_AFTER = frozenset(("fi", "done", "esac", ")", "}"))
_ONLY = pattern(
    r"\s*+(?:(?:fi|done|esac|then|else|do|[(){}])\s*+)*+(?:(?:for|select)\s++\w++(?:\s++in\s[^;\n]*+)?+\s*+)?+"
)
MAX_PIECES = 3_000


def read(
    text: Text,
    counter: Counter,
    context: Context,
    heredocs: tuple[Text, ...],
    instruction: Instruction | None,
) -> tuple[list[Command], list[Lost]]:
    """The commands of the pieces that can be read, and the others."""
    left = list(heredocs)
    commands: list[Command] = []
    lost: list[Lost] = []
    for number, (operator, piece) in enumerate(_pieces(text)):
        if number >= MAX_PIECES:
            lost.append(Lost(piece, f"it has more than {MAX_PIECES:,} commands"))
            break
        if _ONLY.fullmatch(piece.text):
            continue
        try:
            found = _read(piece, counter, context, left, instruction)
        except TooManyError as error:
            error.commands = [*commands, *error.commands]
            raise
        except UnknownError as unknown:
            lost.append(Lost(piece.strip(), str(unknown)))
            continue
        if found and not found[0].operator:
            found[0] = found[0]._replace(operator=operator)
        commands += found
    return commands, lost


def _read(
    piece: Text, counter: Counter, context: Context, heredocs: list[Text], instruction: Instruction | None
) -> list[Command]:
    """A piece by itself, or without what it opens and closes of a construct around it."""
    try:
        return shell.parse(piece, counter, context, heredocs, instruction)
    except TooManyError:
        raise
    except UnknownError:
        before = _BEFORE.match(piece.text)
        start, end = before.end() if before else 0, len(piece.text.rstrip())
        while end > start and (last := piece.text[max(0, end - 8) : end].split()[-1]) in _AFTER:
            end = len(piece.text[: end - len(last)].rstrip())
        if not 0 <= start < end or (start, end) == (0, len(piece)):
            raise
        return shell.parse(piece.slice(start, end), counter, context, heredocs, instruction)


def _pieces(text: Text) -> Iterator[tuple[str, Text]]:
    """What stands between operators outside of quotes and brackets, each with the operator before it."""
    depth = start = at = 0
    before = ""
    waiting: list[tuple[str, bool]] = []
    while at < len(text.text):
        match = _TOKEN.match(text.text, at)
        assert match is not None
        at = match.end()
        kind = match.lastgroup if match.lastgroup not in ("mark", "name") else "heredoc"
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif match["heredoc"] is not None:
            waiting.append((match["name"], match["heredoc"].startswith("<<-")))
        elif kind == "operator":
            if match[0] == "\n" and waiting:
                at = _behind(text.text, at, waiting)
                waiting = []
            if depth == 0:
                yield before, text.slice(start, at if match[0] == "\n" else match.start())
                before, start = match[0], at
    if start < len(text.text):
        yield before, text.slice(start, len(text.text))


def _behind(text: str, at: int, waiting: list[tuple[str, bool]]) -> int:
    """Where the bodies of heredocs that start here end."""
    for name, chomp in waiting:
        while at < len(text):
            stop = text.find("\n", at)
            stop = len(text) if stop < 0 else stop
            line = text[at:stop].rstrip("\r")
            at = min(stop + 1, len(text))
            if (line.lstrip("\t") if chomp else line) == name:
                break
    return at
