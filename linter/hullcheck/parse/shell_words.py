"""The words of a shell script: quotes, variables and substitutions, each character at its place."""

from __future__ import annotations

import re

from hullcheck.model.command import Command, Word
from hullcheck.model.instruction import Instruction
from hullcheck.model.text import Text
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

MAX_DEPTH = 40

_PLAIN = pattern(r"[^\s;&|<>()'\"\\$`]+")
_NAME = pattern(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_DOUBLE_QUOTED = pattern(r'[^"\\$`]+')
_ANSI_QUOTED = pattern(r"(?:[^'\\]+|\\.)*+'", re.DOTALL)
_IN_BRACES = pattern(r"[^}'\"\\$`]+")
_BACKTICKED = pattern(r"[^`\\]+|\\.", re.DOTALL)
_HEREDOC_PLAIN = pattern(r"[^\\$`]+")
_ARITHMETIC_LIMIT = 4_000

ODD = "\ufffc"
"""What a substitution is in a word's `plain` text: nobody knows what it prints."""

Parts = list[tuple[str, int, int]]
"""Pieces of a word: what each says, and where it stands."""


class UnknownError(Exception):
    """A construct that can't be followed; by which cause of the coverage."""

    cause = "shell"


class TooDeepError(UnknownError):
    """More levels than are read."""

    cause = "limit"

    def __init__(self) -> None:
        super().__init__("it is nested too deep")


class Context(NamedTuple):
    """Where a script stands: the command that it runs inside of, how, and what encloses it."""

    inside: int = -1
    how: str = ""
    within: tuple[str, ...] = ()
    depth: int = 0


class TooManyError(UnknownError):
    """More commands than are read; `commands` are those up to there."""

    cause = "limit"

    def __init__(self, most: int) -> None:
        super().__init__(f"it runs more than {most:,} commands")
        self.commands: list[Command] = []


class Counter:
    """Numbers for commands and pipelines, unique in an instruction; at most so many commands."""

    def __init__(self, most: int = 3_000) -> None:
        self.value = 0
        self.most = self.left = most

    def next(self) -> int:
        self.value += 1
        return self.value

    def count(self) -> None:
        """One more command; raises TooManyError if it is one too many."""
        self.left -= 1
        if self.left < 0:
            raise TooManyError(self.most)


class WordReader:
    """Reads words off a text from `at` on; commands within them go to `commands`."""

    def __init__(
        self, text: Text, counter: Counter, context: Context, heredocs: list[Text], instruction: Instruction | None
    ) -> None:
        if context.depth > MAX_DEPTH:
            raise TooDeepError
        self.whole = text
        self.text = text.text
        self.counter = counter
        self.context = context
        self.heredocs = heredocs
        self.instruction = instruction
        self.commands: list[Command] = []
        self.within = context.within
        self.argument = False
        self.at = 0

    def script(self, stop: str) -> None:
        """Read commands up to `stop`, a closing bracket that nothing here opens, or to the end."""
        raise NotImplementedError

    def _another(self, text: Text, context: Context, heredocs: list[Text]) -> "WordReader":
        return type(self)(text, self.counter, context, heredocs, self.instruction)

    def heredoc_body(self, number: int) -> None:
        """Read a heredoc's body for its substitutions, which run for the command of that number."""
        parts: Parts = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self.at += 2
            elif char in "$`":
                self._expansion(number, parts)
            else:
                match = _HEREDOC_PLAIN.match(self.text, self.at)
                self.at = match.end() if match else self.at + 1

    def _skip_arithmetic(self) -> bool:
        """Skip `((...))`; False if it isn't arithmetic but two subshells."""
        depth = 0
        for at in range(self.at, min(len(self.text), self.at + _ARITHMETIC_LIMIT)):
            char = self.text[at]
            depth += (char == "(") - (char == ")")
            if depth == 1 and char == ")" and self.text[at + 1 : at + 2] != ")":
                return False
            if depth == 0:
                self.at = at + 1
                return True
        return False

    def _made(
        self, start: int, end: int, text: str, literal: bool, quoted: bool, parts: tuple[tuple[str, int, int], ...]
    ) -> Word:
        return Word(text, self.whole.slice(start, end), literal, quoted, parts)

    def _word(self, number: int) -> Word:
        """The word that starts here; raises UnknownError if none does."""
        start = self.at
        match = _PLAIN.match(self.text, start)
        if match and (match.end() == len(self.text) or self.text[match.end()] in " \t\r\n;|)"):
            self.at = match.end()
            return self._made(start, self.at, match[0], True, False, ())
        parts: Parts = []
        literal, quoted = True, False
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self._escape(parts)
                quoted = True
            elif char in "'\"":
                literal = self._quoted(number, parts) and literal
                quoted = True
            elif char == "$" and self.text[self.at + 1 : self.at + 2] in ("'", '"'):
                self.at += 1
                literal = self._quoted(number, parts) and literal
                quoted = True
            elif char in "$`":
                literal = self._expansion(number, parts) and literal
            elif char in "<>" and self.text[self.at + 1 : self.at + 2] == "(":
                self._substitution(number, f"{char}(", parts)
                literal = False
            elif char == "(" and self.at > start and self.text[self.at - 1] in "?*+@!" and self._is_pattern(start):
                self._pattern(number, parts)
            else:
                match = _PLAIN.match(self.text, self.at)
                if match is None:
                    break
                parts.append((match[0], self.at, match.end()))
                self.at = match.end()
        if self.at == start:
            raise UnknownError("a word is missing")
        text = "".join(self.text[s:e] if piece == ODD else piece for piece, s, e in parts)
        shifted = tuple((piece, s - start, e - start) for piece, s, e in parts)
        return self._made(start, self.at, text, literal, quoted, shifted if quoted or not literal else ())

    def _is_pattern(self, start: int) -> bool:
        """Is a bracket behind `?*+@!` a pattern of bash, `!(a|b)`, and not a subshell that is negated?"""
        return self.text[start : self.at] != "!" or self.argument

    def _pattern(self, number: int, parts: Parts) -> None:
        """`!(a|b)`: a pattern that may hold others, in which nothing runs but substitutions."""
        start, depth = self.at, 0
        ignored: Parts = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "()":
                depth += 1 if char == "(" else -1
                self.at += 1
                if depth == 0:
                    parts.append((self.text[start : self.at], start, self.at))
                    return
            elif char == "\\":
                self.at += 2
            elif char in "'\"":
                self._quoted(number, ignored)
            elif char in "$`":
                self._expansion(number, ignored)
            else:
                self.at += 1
        raise UnknownError("a pattern stays open")

    def _escape(self, parts: Parts) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following and following != "\n":
            parts.append((following, self.at, self.at + 2))
        self.at += 2 if following else 1

    def _quoted(self, number: int, parts: Parts) -> bool:
        """A quoted part; False if it holds something that will be expanded."""
        if self.text[self.at] == "'":
            end = self.text.find("'", self.at + 1)
            if self.text[self.at - 1 : self.at] == "$":
                match = _ANSI_QUOTED.match(self.text, self.at + 1)
                end = match.end() - 1 if match else -1
            if end < 0:
                raise UnknownError("a quote stays open")
            parts.append((self.text[self.at + 1 : end], self.at + 1, end))
            self.at = end + 1
            return True
        self.at += 1
        literal = True
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return literal
            if char in "$`":
                literal = self._expansion(number, parts) and literal
            elif char == "\\":
                following = self.text[self.at + 1 : self.at + 2]
                if following in ("$", "`", '"', "\\"):
                    parts.append((following, self.at, self.at + 2))
                elif following != "\n":
                    parts.append((char + following, self.at, self.at + 2))
                self.at += 2
            else:
                match = _DOUBLE_QUOTED.match(self.text, self.at)
                end = match.end() if match else self.at + 1
                parts.append((self.text[self.at : end], self.at, end))
                self.at = end
        raise UnknownError("a quote stays open")

    def _expansion(self, number: int, parts: Parts) -> bool:
        """A variable or a substitution; True if it is neither, but a lone dollar sign."""
        start = self.at
        if self.text[start] == "`":
            self._backticks(number, parts)
            return False
        following = self.text[start + 1 : start + 2]
        if self.text.startswith("$((", start):
            self.at += 1
            if self._skip_arithmetic():
                self._within_arithmetic(number, start)
                parts.append((ODD, start, self.at))
                return False
            self.at = start
        if following == "(":
            self._substitution(number, "$(", parts)
        elif following == "{":
            self.at += 2
            self._braces(number)
            parts.append((self.text[start : self.at], start, self.at))
        else:
            match = _NAME.match(self.text, start)
            self.at = match.end() if match else start + 1
            parts.append((self.text[start : self.at], start, self.at))
            return match is None
        return False

    def _within_arithmetic(self, number: int, start: int) -> None:
        """The commands in an arithmetic expansion that was skipped."""
        if "$(" in self.text[start + 3 : self.at] or "`" in self.text[start + 3 : self.at]:
            inner = self._another(self.whole.slice(start + 3, self.at - 2), self._inner(number, "$("), [])
            inner.heredoc_body(number)
            self.commands += inner.commands

    def _braces(self, number: int) -> None:
        """Skip `${...}`; commands in it count."""
        self._deeper()
        ignored: Parts = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "}":
                self.at += 1
                self._deeper(-1)
                return
            if char == "\\":
                self.at += 2
            elif char in "'\"":
                if char == "'" and self.text.find("'", self.at + 1) < 0:
                    self.at += 1
                else:
                    self._quoted(number, ignored)
            elif char in "$`":
                self._expansion(number, ignored)
            else:
                match = _IN_BRACES.match(self.text, self.at)
                self.at = match.end() if match else self.at + 1
        raise UnknownError("`${` stays open")

    def _deeper(self, by: int = 1) -> None:
        self.context = self.context._replace(depth=self.context.depth + by)
        if self.context.depth > MAX_DEPTH:
            raise TooDeepError

    def _substitution(self, number: int, how: str, parts: Parts) -> None:
        """`$(...)`, `<(...)` or `>(...)`: read on in the same text, as a script of its own."""
        start = self.at
        self.at += 2
        inner = self._another(self.whole, self._inner(number, how), self.heredocs)
        inner.at = self.at
        inner.script(")")
        self.commands += inner.commands
        self.at = inner.at + 1
        parts.append((ODD, start, self.at))

    def _inner(self, number: int, how: str) -> Context:
        return Context(number, how, (*self.within, how), self.context.depth + 1)

    def _backticks(self, number: int, parts: Parts) -> None:
        start = self.at
        self.at += 1
        pieces = []
        while self.at < len(self.text) and self.text[self.at] != "`":
            match = _BACKTICKED.match(self.text, self.at)
            if match is None:
                raise UnknownError("a backtick stays open")
            piece = match[0][1:] if match[0][0] == "\\" and match[0][1] in "`\\$" else match[0]
            pieces.append((piece, *match.span()))
            self.at = match.end()
        if self.at >= len(self.text):
            raise UnknownError("a backtick stays open")
        self.at += 1
        script = self.whole.pick(pieces)
        inner = self._another(script, self._inner(number, "$("), [])
        inner.script("")
        self.commands += inner.commands
        parts.append((ODD, start, self.at))


def program(word: Word) -> str:
    """The name of the program that a word starts, without folder; empty if it isn't known."""
    if not word.literal:
        return ""
    name = word.text.rpartition("/")[2]
    return name.removesuffix(".exe")
