"""Shell scripts to simple commands that know their place: POSIX, and what bash adds to it.

It finds commands wherever they stand: in lists, pipelines, subshells, loops, functions, substitutions and heredocs. It
runs nothing and expands nothing. What it can't follow raises `UnknownError`, so that nobody concludes from silence.
"""

from __future__ import annotations

import re

from hullcheck.budget import tick
from hullcheck.model.command import Command, Redirection, Word
from hullcheck.model.instruction import Instruction
from hullcheck.model.text import Text
from hullcheck.parse.shell_words import (
    MAX_DEPTH,
    Context,
    Counter,
    TooDeepError,
    TooManyError,
    UnknownError,
    WordReader,
    program,
)
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

_BLANKS = pattern(r"(?:[ \t\r]+|\\\r?\n)+")
_COMMENT = pattern(r"#[^\n]*")
_OPERATOR = pattern(r"&&|\|\||;;&|;;|;&|\|&|[;&|]")
_REDIRECTION = pattern(r"(?P<number>[0-9]*|\{\w+\})(?P<operator>&>>|&>|<<<|<<-|<<|<>|<&|>&|>>|>\||<|>)")
_ASSIGNMENT = pattern(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]{0,500}\])?\+?=")
_EMPTY_BRACKETS = pattern(r"\([ \t]*\)")
_IN = pattern(r"in(?=[\s;])")
_ESAC = pattern(r"esac(?![\w-])")


class _Building:
    """A simple command while its words are read."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.words: list[Word] = []
        self.assignments: list[Word] = []
        self.redirections: list[Redirection] = []

    @property
    def empty(self) -> bool:
        return not (self.words or self.assignments or self.redirections)


class _Open(NamedTuple):
    """A compound command that isn't closed yet: its keyword, and the pipeline it is part of."""

    keyword: str
    pipeline: int
    position: int
    base: tuple[tuple[int, int], ...]
    within: tuple[str, ...]


class _Pending(NamedTuple):
    """A heredoc whose body comes behind the line: the command, and which of its redirections."""

    building: _Building
    which: int
    name: str
    chomp: bool
    expand: bool


_OPENING = frozenset(("if", "while", "until", "{", "for", "select", "case"))
_BETWEEN = frozenset(("then", "elif", "else", "do"))
_CLOSING = {"fi": ("if",), "done": ("while", "until", "for", "select"), "}": ("{",), "esac": ("case",)}


def parse(
    text: Text,
    counter: Counter | None = None,
    context: Context = Context(),  # noqa: B008  never changed
    heredocs: tuple[Text, ...] | list[Text] = (),
    instruction: Instruction | None = None,
) -> list[Command]:
    """The simple commands of a script. Raises UnknownError.

    `heredocs` are bodies that stand elsewhere, in order; those that are used are taken out of a list.
    """
    left = heredocs if isinstance(heredocs, list) else list(heredocs)
    parser = _Parser(text, counter or Counter(), context, left, instruction)
    try:
        parser.script("")
    except TooManyError as error:
        error.commands = parser.commands
        raise
    return parser.commands


class _Parser(WordReader):
    def __init__(
        self, text: Text, counter: Counter, context: Context, heredocs: list[Text], instruction: Instruction | None
    ) -> None:
        super().__init__(text, counter, context, heredocs, instruction)
        self.base: tuple[tuple[int, int], ...] = ()
        self.pipeline = 0
        self.position = 0
        self.operator = ""
        self.building: _Building | None = None
        self.open: list[_Open] = []
        self.function = ""
        self.pending: list[_Pending] = []

    # lists and compound commands

    def script(self, stop: str) -> None:
        """Read commands up to `stop`, a closing bracket that nothing here opens, or to the end."""
        self._new_pipeline("")
        while True:
            self._blanks()
            if self.at >= len(self.text):
                break
            char = self.text[self.at]
            if char == "\n":
                self._line_end()
            elif char == ")" and not any(entry.keyword == "(" for entry in self.open):
                if stop != ")":
                    raise UnknownError("a bracket closes that nothing opened")
                self._finish()
                self._no_heredoc_left()
                return
            elif not self._operator() and not self._redirection():
                self._word_or_keyword()
        if stop:
            raise UnknownError("a bracket stays open")
        self._finish()
        self._no_heredoc_left()
        if self.open:
            raise UnknownError(f"`{self.open[-1].keyword}` stays open")

    def _blanks(self) -> None:
        while self.at < len(self.text):
            tick()
            match = _BLANKS.match(self.text, self.at) or (
                _COMMENT.match(self.text, self.at) if self.text[self.at] == "#" else None
            )
            if match is None:
                return
            self.at = match.end()

    def _new_pipeline(self, operator: str) -> None:
        self.pipeline = self.counter.next()
        self.position = 0
        self.operator = operator

    def _line_end(self) -> None:
        self._finish()
        self.at += 1
        self._read_heredocs()
        if self.operator not in ("|", "|&", "&&", "||"):
            self._new_pipeline("\n")

    def _operator(self) -> bool:
        char = self.text[self.at]
        if char == "(":
            self._open_bracket()
            return True
        if char == ")":
            self._finish()
            self.at += 1
            self._close(("(",))
            return True
        match = _OPERATOR.match(self.text, self.at)
        if match is None or self.text.startswith("&>", self.at):
            return False
        self.at = match.end()
        self._finish()
        if match[0] in ("|", "|&"):
            self.position += 1
            self.operator = match[0]
        else:
            self._new_pipeline(match[0])
        if match[0] in (";;", ";&", ";;&") and self.open and self.open[-1].keyword == "case":
            self._patterns()
        return True

    def _open_bracket(self) -> None:
        building = self.building
        if building is not None and building.words and self._is_list(building.words):
            self._array(building.number)
            return
        if building is not None and [word.text for word in building.words] in (["time"], ["time", "-p"], ["coproc"]):
            self.building = building = None
        if building is not None and len(building.words) == 1 and not building.assignments:
            match = _EMPTY_BRACKETS.match(self.text, self.at)
            if match is None:
                raise UnknownError("a bracket stands behind a word")
            self.at = match.end()
            self.building = None
            self.function = building.words[0].text
            self._newlines()
            return
        if building is not None and not building.empty:
            raise UnknownError("a bracket stands behind a word")
        if self.text.startswith("((", self.at) and self._skip_arithmetic():
            self.building = None
            return
        self.at += 1
        self._push("(")

    def _is_list(self, words: list[Word]) -> bool:
        """Does a list begin here, as in `declare -a names=(a b)`?"""
        declared = words[0].text in ("declare", "typeset", "local", "export", "readonly")
        return declared and len(words) > 1 and words[-1].text.endswith("=") and self.text[self.at - 1] == "="

    def _push(self, keyword: str) -> None:
        self.open.append(_Open(keyword, self.pipeline, self.position, self.base, self.within))
        self.base = (*self.base, (self.pipeline, self.position))
        self.within = (*self.within, "function", keyword) if self.function else (*self.within, keyword)
        if len(self.within) > MAX_DEPTH:
            raise TooDeepError
        self.function = ""
        self.building = None
        self._new_pipeline("")

    def _close(self, keywords: tuple[str, ...]) -> None:
        if not self.open or self.open[-1].keyword not in keywords:
            raise UnknownError("what closes isn't what was opened")
        entry = self.open.pop()
        self.pipeline, self.position, self.base, self.within = entry[1:]
        self.building = _Building(-1)  # what follows can only be redirections of the whole

    def _newlines(self) -> None:
        self._blanks()
        while self.at < len(self.text) and self.text[self.at] == "\n":
            self.at += 1
            self._read_heredocs()
            self._blanks()

    def _word_or_keyword(self) -> None:
        start = self.at
        building = self.building
        if building is None:
            building = self.building = _Building(self.counter.next())
        self.argument = not building.empty
        word = self._word(building.number)
        if building.empty and building.number >= 0 and not word.quoted and self._keyword(word.text):
            return
        if building.number < 0:
            self._after_compound(word, start)
            return
        if not building.words and word.text[:1] != "=" and _ASSIGNMENT.match(self.text, start):
            if word.text.endswith("=") and self.text[self.at : self.at + 1] == "(":
                self._array(building.number)
            building.assignments.append(word)
            return
        if not building.words and word.text == "[[" and not word.quoted:
            self._test(building, word)
            return
        building.words.append(word)

    def _after_compound(self, word: Word, start: int) -> None:
        """`fi`, `done` or `}` right behind another closing: `{ (a) }`, `if (a) then`."""
        if not word.quoted and (word.text in _CLOSING or word.text in _BETWEEN):
            self.building = None
            self._keyword(word.text)
            return
        raise UnknownError(f"`{word.text}` stands behind a closed construct")

    def _keyword(self, text: str) -> bool:
        if text in _BETWEEN:
            self.building = None
            self._new_pipeline("")
        elif text in _CLOSING:
            if text == "}" and not any(entry.keyword == "{" for entry in self.open):
                return False
            self.building = None
            self._close(_CLOSING[text])
        elif text == "!":
            self.building = None
        elif text == "function":
            self.building = None
            self._function()
        elif text in ("for", "select"):
            self.building = None
            self._for(text)
        elif text == "case":
            self.building = None
            self._case()
        elif text in _OPENING:
            self._push(text)
        else:
            return False
        return True

    def _function(self) -> None:
        self._blanks()
        self.function = self._word(-1).text
        self._blanks()
        match = _EMPTY_BRACKETS.match(self.text, self.at)
        if match:
            self.at = match.end()
        self._newlines()

    def _for(self, keyword: str) -> None:
        """The header of a loop, as a command of that name with the words that are looped over."""
        self._push(keyword)
        building = _Building(self.counter.next())
        start = self.at
        self._blanks()
        if self.text.startswith("((", self.at) and self._skip_arithmetic():
            return
        building.words.append(self._made(start - len(keyword), start, keyword, True, False, ()))
        building.words.append(self._word(building.number))
        self._newlines()
        if _IN.match(self.text, self.at):
            self.at += 2
            self._blanks()
            while self.at < len(self.text) and self.text[self.at] not in "\n;&|":
                building.words.append(self._word(building.number))
                self._blanks()
        self._emit(building)
        self._new_pipeline("")

    def _case(self) -> None:
        self._push("case")
        self._newlines()
        self._word(-1)
        self._newlines()
        if not _IN.match(self.text, self.at):
            raise UnknownError("`case` without `in`")
        self.at += 2
        self._patterns()

    def _patterns(self) -> None:
        """Skip the patterns of a case's branch, up to the bracket that ends them; nothing before `esac`."""
        self._newlines()
        if _ESAC.match(self.text, self.at):
            return
        if self.text[self.at : self.at + 1] == "(":
            self.at += 1
        while self.at < len(self.text):
            self._newlines()
            char = self.text[self.at : self.at + 1]
            if char == ")":
                self.at += 1
                self._new_pipeline("")
                return
            if char == "|":
                self.at += 1
            else:
                self._word(-1)
        raise UnknownError("a pattern stays open")

    def _array(self, number: int) -> None:
        """Skip `(a b c)` of an assignment; commands in it count."""
        self.at += 1
        while True:
            self._newlines()
            if self.at >= len(self.text):
                raise UnknownError("a list stays open")
            if self.text[self.at] == ")":
                self.at += 1
                return
            self._word(number)

    def _test(self, building: _Building, word: Word) -> None:
        """`[[ ... ]]`, in which brackets and operators are words."""
        building.words.append(word)
        while True:
            self._newlines()
            if self.at >= len(self.text):
                raise UnknownError("`[[` stays open")
            if self.text[self.at] in "&|<>();":
                self.at += 1
                continue
            word = self._word(building.number)
            building.words.append(word)
            if word.text == "]]":
                return

    # simple commands

    def _finish(self) -> None:
        building, self.building = self.building, None
        if building is not None and building.number >= 0 and not building.empty:
            self._emit(building)

    def _emit(self, building: _Building) -> None:
        self.counter.count()
        name = building.words[0] if building.words else None
        self.commands.append(
            Command(
                name=program(name) if name else "",
                words=tuple(building.words),
                number=building.number,
                operator=self.operator,
                pipes=(*self.base, (self.pipeline, self.position)),
                within=self.within,
                inside=self.context.inside,
                how=self.context.how,
                assignments=tuple(building.assignments),
                redirections=tuple(building.redirections),
                instruction=self.instruction,
            )
        )

    def _redirection(self) -> bool:
        match = _REDIRECTION.match(self.text, self.at)
        if match is None or self._is_process(match):
            return False
        self.at = match.end()
        self._blanks()
        building = self.building
        if building is None:
            building = self.building = _Building(self.counter.next())
        operator = match["operator"]
        start = self.at
        target = self._word(building.number)
        if operator in ("<<", "<<-"):
            redirection = Redirection("<<", target, match["number"], self._external_body(building, operator, target))
        elif operator == "<<<":
            redirection = Redirection(operator, target, match["number"], target.plain)
        else:
            redirection = Redirection(operator, target, match["number"])
        if self.at == start:
            raise UnknownError("a redirection has no target")
        building.redirections.append(redirection)
        return True

    def _is_process(self, match: re.Match[str]) -> bool:
        """Is it `<(...)` or `>(...)`, a word?"""
        return (
            match["operator"] in ("<", ">") and not match["number"] and self.text[match.end() : match.end() + 1] == "("
        )

    def _external_body(self, building: _Building, operator: str, target: Word) -> Text | None:
        """The body that stands elsewhere, if it does; else it is read behind the line."""
        expand = not target.quoted and "\\" not in target.raw.text
        if self.heredocs:
            body = self.heredocs.pop(0)
            if expand:
                self._substitutions(body, building.number)
            return body
        self.pending.append(_Pending(building, len(building.redirections), target.text, operator == "<<-", expand))
        return None

    def _read_heredocs(self) -> None:
        """The bodies of the heredocs that the line opened; the commands that have them are made anew."""
        pending, self.pending = self.pending, []
        for entry in pending:
            start = self.at
            body = None
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.at : stop].rstrip("\r")
                if (line.lstrip("\t") if entry.chomp else line) == entry.name:
                    body = self.whole.slice(start, self.at)
                    self.at = min(stop + 1, len(self.text))
                    break
                self.at = stop + 1
            if body is None:
                raise UnknownError(f"the heredoc `{entry.name}` isn't terminated")
            if entry.expand:
                self._substitutions(body, entry.building.number)
            self._attach(entry, body)

    def _attach(self, entry: _Pending, body: Text) -> None:
        redirection = entry.building.redirections[entry.which]._replace(body=body)
        entry.building.redirections[entry.which] = redirection
        for number in range(len(self.commands) - 1, -1, -1):
            if self.commands[number].number == entry.building.number:
                made = self.commands[number]._replace(redirections=tuple(entry.building.redirections))
                self.commands[number] = made
                return

    def _no_heredoc_left(self) -> None:
        if self.pending:
            raise UnknownError(f"the heredoc `{self.pending[0].name}` has no body")

    def _substitutions(self, body: Text, number: int) -> None:
        """The commands that stand in an unquoted heredoc's body."""
        if "$(" not in body.text and "`" not in body.text:
            return
        context = self.context._replace(depth=self.context.depth + 1, within=self.within)
        inner = self._another(body, context, [])
        inner.heredoc_body(number)
        self.commands += inner.commands
