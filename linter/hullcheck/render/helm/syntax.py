"""Go's template syntax: text to a tree. What is written where stays as offsets into the text."""

from __future__ import annotations

import re
from functools import lru_cache

from hullcheck.patterns import pattern
from hullcheck.render.helm.errors import SyntaxProblem
from hullcheck.render.helm.values import Value
from hullcheck.tuples import NamedTuple

MAX_NESTING = 100

_TOKEN = pattern(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<string>"(?:[^"\\\n]|\\[^\n])*")
    |(?P<raw>`[^`]*`)
    |(?P<char>'(?:[^'\\\n]|\\[^\n])+')
    |(?P<number>[+-]?(?:\d|\.\d)(?:(?<=[eE])(?<!0x.[eE])[+-]|[\w.])*)
    |(?P<field>\.[^\W\d]\w*)
    |(?P<variable>\$\w*)
    |(?P<word>[^\W\d]\w*)
    |(?P<declare>:=)
    |(?P<other>[=|(),.])""",
    re.VERBOSE,
)
_ESCAPE = pattern(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))")
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_KEYWORDS = frozenset(("block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"))
_KEYWORD = pattern(r"[ \t\r\n]*(block|break|continue|define|else|end|if|range|template|with)\b")
_ACTION = pattern(
    r"""\{\{(-(?=[ \t\r\n]))?
    (?:(?P<comment>[ \t\r\n]?/\*(?:[^*]|\*(?!/))*+\*/(?:[ \t\r\n](?P<after>-))?\}\})
    |(?P<code>(?:[^"`'}-]|"(?:[^"\\\n]|\\[^\n])*+"|`[^`]*+`|'(?:[^'\\\n]|\\[^\n])*+'|\}(?!\})|(?<![ \t\r\n])-|-(?!\}\}))*+)
     (?P<trim>-)?\}\})""",
    re.VERBOSE,
)
_DEFINE = pattern(
    r"\{\{-?[ \t\r\n]*(?:define|block)[ \t\r\n]+((?P<string>\"(?:[^\"\\\n]|\\[^\n])*\")|(?P<raw>`[^`]*`))"
)
_BLANK = " \t\r\n"


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


class Constant(NamedTuple):
    value: Value
    start: int
    end: int


class Dot(NamedTuple):
    start: int


class Nothing(NamedTuple):
    """The word `nil`."""

    start: int


class Field(NamedTuple):
    names: tuple[str, ...]
    start: int


class Variable(NamedTuple):
    name: str
    names: tuple[str, ...]
    start: int


class Function(NamedTuple):
    name: str
    start: int


class Chain(NamedTuple):
    """Fields of what parentheses or a function give."""

    operand: "Operand"
    names: tuple[str, ...]
    start: int


class Pipe(NamedTuple):
    """`names` are the variables that it sets: new ones if `declares`."""

    names: tuple[str, ...]
    declares: bool
    commands: "tuple[tuple[Operand, ...], ...]"
    start: int
    end: int


Operand = Constant | Dot | Nothing | Field | Variable | Function | Chain | Pipe


class Literal(NamedTuple):
    start: int
    end: int


class Line:
    """One action. What is in it becomes tokens only once they're asked for: much of a chart is never run."""

    __slots__ = ("_pipe", "at", "end", "high", "low", "start", "text", "tokens")

    def __init__(self, text: str, start: int, end: int, low: int, high: int) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.low = low
        self.high = high
        self.tokens: list[_Token] = []
        self.at = 0
        self._pipe: Pipe | None = None

    def take_word(self) -> str:
        """The keyword that the rest of it begins with, taken, or nothing."""
        match = _KEYWORD.match(self.text, self.low, self.high)
        if match is None:
            return ""
        self.low = match.end()
        return match[1]

    def take_string(self) -> str:
        """The string that the rest of it begins with."""
        match = _TOKEN.match(self.text, _after_blanks(self.text, self.low, self.high), self.high)
        if match is None or match.lastgroup not in ("string", "raw"):
            raise SyntaxProblem("a name is missing", self.low)
        self.low = match.end()
        return _unquoted(_Token(match.lastgroup, match[0], match.start()))

    def is_empty(self) -> bool:
        """Is nothing left?"""
        return _after_blanks(self.text, self.low, self.high) == self.high

    def finish(self) -> None:
        if not self.is_empty():
            raise SyntaxProblem("unexpected text in an action", self.low)

    def pipe(self, two: bool = False) -> Pipe:
        """The pipeline in it, with the variables it sets. Raises SyntaxProblem."""
        if self._pipe is None:
            self.tokens, self.at = self._lexed(), 0
            self._pipe = self._pipeline(assigns=True, two=two)
            if not self._done():
                self._refuse()
            self.tokens = []
        return self._pipe

    def _lexed(self) -> "list[_Token]":
        tokens: list[_Token] = []
        at, text, high = self.low, self.text, self.high
        match = _TOKEN.match
        while at < high:
            found = match(text, at, high)
            if found is None:
                raise SyntaxProblem(f"unexpected {text[at]!r} in an action", at)
            tokens.append(_Token(str(found.lastgroup), found[0], at))
            at = found.end()
        return tokens

    def _skip(self) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "space":
            self.at += 1

    def _done(self) -> bool:
        self._skip()
        return self.at >= len(self.tokens)

    def _refuse(self) -> None:
        token = self.tokens[self.at] if self.at < len(self.tokens) else _Token("", "}}", self.end - 2)
        raise SyntaxProblem(f"unexpected {token.text} in an action", token.start)

    def _pipeline(self, assigns: bool = False, two: bool = False, depth: int = 0) -> Pipe:
        """A pipeline, with the variables it sets if those are allowed here."""
        if depth > MAX_NESTING:
            raise SyntaxProblem(f"nested more than {MAX_NESTING} levels deep", self.start)
        self._skip()
        start = self.tokens[self.at].start if self.at < len(self.tokens) else self.end
        names, declares = self._names(two) if assigns else ((), False)
        commands = [self._command(depth)]
        while self._take("|") and not self._at_end():
            commands.append(self._command(depth))
        for command in commands[1:]:
            if isinstance(command[0], Constant | Dot | Nothing):
                raise SyntaxProblem("a value can't take what is piped into it", command[0].start)
        end = self.tokens[self.at - 1].start + len(self.tokens[self.at - 1].text)
        return Pipe(names, declares, tuple(commands), start, end)

    def _names(self, two: bool) -> tuple[tuple[str, ...], bool]:
        """The variables before `:=` or `=`, if that is what is here."""
        words = [token for token in self.tokens[self.at :] if token.kind != "space"][:4]
        kinds = [token.text if token.kind == "other" else token.kind for token in words]
        if kinds[:2] in (["variable", "declare"], ["variable", "="]):
            count = 2
        elif two and kinds[:4] in (["variable", ",", "variable", "declare"], ["variable", ",", "variable", "="]):
            count = 4
        else:
            return (), False
        for _ in range(count):
            self._skip()
            self.at += 1
        return tuple(token.text for token in words[:count:2]), kinds[count - 1] == "declare"

    def _at_end(self) -> bool:
        """A pipe may be followed by nothing."""
        return self._done() or self.tokens[self.at].text == ")"

    def _take(self, text: str) -> bool:
        self._skip()
        if self.at < len(self.tokens) and self.tokens[self.at].text == text:
            self.at += 1
            return True
        return False

    def _command(self, depth: int) -> tuple[Operand, ...]:
        operands = [self._operand(depth)]
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.text in ("|", ")"):
                break
            if token.kind != "space":
                self._refuse()
            self._skip()
            if self.at < len(self.tokens) and self.tokens[self.at].text not in ("|", ")"):
                operands.append(self._operand(depth))
        return tuple(operands)

    def _operand(self, depth: int) -> Operand:
        """A term, with the fields that follow it at once."""
        self._skip()
        term = self._term(depth)
        names = []
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "field":
            names.append(self.tokens[self.at].text[1:])
            self.at += 1
        if not names:
            return term
        if isinstance(term, Field):
            return Field((*term.names, *names), term.start)
        if isinstance(term, Variable):
            return Variable(term.name, tuple(names), term.start)
        if isinstance(term, Pipe | Function):
            return Chain(term, tuple(names), term.start)
        raise SyntaxProblem(f"unexpected .{names[0]} after a value", term.start)

    def _term(self, depth: int) -> Operand:
        if self.at >= len(self.tokens):
            raise SyntaxProblem("a value is missing", self.end - 2)
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "field":
            return Field((token.text[1:],), token.start)
        if token.kind == "variable":
            return Variable(token.text, (), token.start)
        if token.kind == "word":
            return self._word(token)
        if token.kind in ("string", "raw", "char", "number"):
            return Constant(_constant(token), token.start, token.start + len(token.text))
        if token.text == ".":
            return Dot(token.start)
        if token.text == "(":
            pipe = self._pipeline(depth=depth + 1)
            if not self._take(")"):
                raise SyntaxProblem("a parenthesis that isn't closed", token.start)
            return pipe
        self.at -= 1
        self._refuse()
        raise AssertionError

    def _word(self, token: _Token) -> Operand:
        if token.text in ("true", "false"):
            return Constant(token.text == "true", token.start, token.start + len(token.text))
        if token.text == "nil":
            return Nothing(token.start)
        if token.text in _KEYWORDS:
            self.at -= 1
            self._refuse()
        return Function(token.text, token.start)


class Action(NamedTuple):
    line: Line


class Branch(NamedTuple):
    """`kind` is if, with or range."""

    kind: str
    line: Line
    body: "Block"
    otherwise: "Block"


class Call(NamedTuple):
    """`{{template}}`: the line holds what is given to it, if anything."""

    name: str
    line: Line


class Leave(NamedTuple):
    """`break` or `continue`."""

    kind: str


Statement = Literal | Action | Branch | Call | Leave
Block = tuple[Statement, ...]


class Template(NamedTuple):
    name: str
    body: Block


def names(text: str) -> list[str]:
    """The names of templates that a text seems to define; a comment may fool it."""
    found = []
    for match in _DEFINE.finditer(text):
        try:
            found.append(_unquoted(_Token(str(match.lastgroup), match[1], match.start(1))))
        except SyntaxProblem:
            continue
    return found


def parse(name: str, text: str) -> list[Template]:
    """The templates that it defines, and last the template of this name. Raises SyntaxProblem."""
    defined, body = _parsed(text)
    return [*defined, Template(name, body)]


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[tuple[Template, ...], Block]:
    """What it defines, and its own body: kept, for many charts of a repository share a library's templates."""
    parser = _Parser(text)
    body, _, _ = parser.block(("",), 0)
    return tuple(parser.defined), body


def _pieces(text: str) -> list[Literal | Line]:
    """Literal text and actions, with the white space that trim markers take away gone."""
    pieces: list[Literal | Line] = []
    at, trim = 0, False
    while (start := text.find("{{", at)) >= 0:
        match = _ACTION.match(text, start)
        if match is None:
            raise SyntaxProblem("an action that isn't closed", start)
        _add_literal(pieces, text, at, start, trim, match[1] is not None)
        if match["comment"] is None:
            pieces.append(Line(text, start, match.end(), *match.span("code")))
        at, trim = match.end(), bool(match["trim"] or match["after"])
    _add_literal(pieces, text, at, len(text), trim, False)
    return pieces


def _add_literal(
    pieces: list[Literal | Line], text: str, start: int, end: int, trim_start: bool, trim_end: bool
) -> None:
    while trim_end and end > start and text[end - 1] in _BLANK:
        end -= 1
    if trim_start:
        start = _after_blanks(text, start, end)
    if start < end:
        pieces.append(Literal(start, end))


def _after_blanks(text: str, start: int, end: int) -> int:
    while start < end and text[start] in _BLANK:
        start += 1
    return start


class _Parser:
    """Takes the pieces one by one; templates that are defined inside go to `defined`."""

    def __init__(self, text: str) -> None:
        self.pieces = _pieces(text)
        self.length = len(text)
        self.at = 0
        self.defined: list[Template] = []
        self.loops = 0

    def block(self, ends: tuple[str, ...], depth: int) -> tuple[Block, Line | None, str]:
        """Statements up to one of these words, "" being the end of the text; the line with that word, and the word."""
        if depth > MAX_NESTING:
            raise SyntaxProblem(f"nested more than {MAX_NESTING} levels deep", self.length)
        body: list[Statement] = []
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            if isinstance(piece, Literal):
                body.append(piece)
                continue
            word = piece.take_word()
            if word in ends and word:
                return tuple(body), piece, word
            self._statement(body, word, piece, depth)
        if "" not in ends:
            raise SyntaxProblem("a block without its end", self.length)
        return tuple(body), None, ""

    def _statement(self, body: list[Statement], word: str, line: Line, depth: int) -> None:
        if not word:
            body.append(Action(line))
        elif word in ("if", "with", "range"):
            body.append(self._branch(word, line, depth))
        elif word == "define":
            self._define(line, depth)
        elif word in ("template", "block"):
            body.append(self._call(word, line, depth))
        elif word in ("break", "continue"):
            if not self.loops:
                raise SyntaxProblem(f"{word} outside of range", line.start)
            line.finish()
            body.append(Leave(word))
        else:
            raise SyntaxProblem(f"unexpected {word}", line.start)

    def _branch(self, word: str, line: Line, depth: int) -> Branch:
        self.loops += word == "range"
        body, last, end = self.block(("end", "else"), depth + 1)
        self.loops -= word == "range"
        assert last is not None
        otherwise: Block = ()
        chained = last.take_word() if end == "else" else ""
        if chained:
            if chained != word or word == "range":
                raise SyntaxProblem(f"unexpected {chained} after else", last.start)
            otherwise = (self._branch(chained, last, depth + 1),)
        else:
            last.finish()
            if end == "else":
                otherwise = self._ended(depth)
        return Branch(word, line, body, otherwise)

    def _ended(self, depth: int) -> Block:
        """Statements up to `end`."""
        body, last, _ = self.block(("end",), depth + 1)
        assert last is not None
        last.finish()
        return body

    def _define(self, line: Line, depth: int) -> None:
        name = line.take_string()
        line.finish()
        if depth:
            raise SyntaxProblem("unexpected define in a block", line.start)
        loops, self.loops = self.loops, 0
        self.defined.append(Template(name, self._ended(depth)))
        self.loops = loops

    def _call(self, word: str, line: Line, depth: int) -> Call:
        name = line.take_string()
        if word == "block":
            self.defined.append(Template(name, self._ended(depth)))
        return Call(name, line)


def _constant(token: _Token) -> Value:
    if token.kind in ("string", "raw"):
        return _unquoted(token)
    if token.kind == "char":
        value = _unescaped(token.text[1:-1], token.start)
        if len(value) != 1:
            raise SyntaxProblem("a character constant of more than one character", token.start)
        return ord(value)
    return _number(token)


def _number(token: _Token) -> Value:
    text = token.text.replace("_", "")
    digits = text.lstrip("+-").lower()
    try:
        if len(text) > 400:
            raise ValueError
        if re.fullmatch("0[0-7]+", digits):
            return int(text, 8)
        if digits.isdecimal() or (digits[:2] in ("0x", "0b", "0o") and "p" not in digits and "." not in digits):
            return int(text, 0)
        return float.fromhex(text) if digits[:2] == "0x" else float(text)
    except (ValueError, OverflowError):
        raise SyntaxProblem(f"bad number {token.text[:40]}", token.start) from None


def _unquoted(token: _Token) -> str:
    if token.kind == "raw":
        return token.text[1:-1].replace("\r", "")
    return _unescaped(token.text[1:-1], token.start)


def _unescaped(text: str, start: int) -> str:
    if "\\" not in text:
        return text
    parts = []
    at = 0
    while (found := text.find("\\", at)) >= 0:
        match = _ESCAPE.match(text, found)
        if match is None:
            raise SyntaxProblem("a bad escape in a string", start)
        parts += [text[at:found], _escaped(match)]
        at = match.end()
    return "".join([*parts, text[at:]])


def _escaped(match: re.Match[str]) -> str:
    if match[1]:
        return _SIMPLE.get(match[1], match[1])
    code = int(match[2] or match[3] or match[4] or match[5], 8 if match[5] else 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "�"
