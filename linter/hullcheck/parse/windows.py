"""PowerShell and cmd scripts to commands, as far as downloads and what is done with them."""

from __future__ import annotations

import re

from hullcheck.model.command import Command, Redirection, Word
from hullcheck.model.instruction import Instruction
from hullcheck.model.text import Text
from hullcheck.parse.shell_words import MAX_DEPTH, ODD, Context, Counter, TooDeepError, TooManyError, UnknownError
from hullcheck.patterns import pattern

_TOKENS = {
    "powershell": pattern(
        r"""(?P<blank>[ \t\r]+|`\r?\n)|(?P<comment>\#[^\n]*|<\#(?:[^\#]++|\#(?!>))*+(?:\#>)?)|(?P<operator>&&|\|\||[;\n|]|&(?=\s*[^&\s]))"""
        r"""|(?P<open>[@$]?[({])|(?P<close>[)}])|(?P<redirect>[*0-9]?>>?(?:&[0-9])?)"""
        r"""|(?P<string>@?'(?:[^']|'')*'@?|@?"(?:[^"`]|`.|"")*"@?)|(?P<plain>(?:[^\s;|&(){}'"`>]|`.)+|.)""",
        re.DOTALL,
    ),
    "cmd": pattern(
        r"""(?P<blank>[ \t\r,=]+|\^\r?\n)|(?P<comment>(?!))|(?P<operator>&&|\|\||[&|\n])"""
        r"""|(?P<open>[(])|(?P<close>[)])|(?P<redirect>[0-9]?>>?(?:&[0-9])?)"""
        r"""|(?P<string>"[^"\n]*"?)|(?P<plain>(?:[^\s&|()"^>]|\^.)+|.)""",
        re.DOTALL,
    ),
}
_ALIASES = {
    "iwr": "invoke-webrequest",
    "irm": "invoke-restmethod",
    "iex": "invoke-expression",
    "start": "start-process",
    "saps": "start-process",
}


def parse(
    text: Text, kind: str, counter: Counter, context: Context, instruction: Instruction | None = None
) -> list[Command]:
    """The commands of a script. Names are in lower case, without `.exe`, aliases written out."""
    reader = _Reader(text, kind, counter, context, instruction)
    try:
        reader.script(0, context)
    except TooManyError as error:
        error.commands = reader.commands
        raise
    return reader.commands


class _Building:
    def __init__(self, number: int, pipeline: int, position: int, operator: str) -> None:
        self.number = number
        self.pipeline = pipeline
        self.position = position
        self.operator = operator
        self.words: list[Word] = []
        self.redirections: list[Redirection] = []
        self.brackets = False


class _Reader:
    def __init__(
        self, text: Text, kind: str, counter: Counter, context: Context, instruction: Instruction | None
    ) -> None:
        self.whole = text
        self.text = text.text
        self.kind = kind
        self.token = _TOKENS[kind]
        self.counter = counter
        self.instruction = instruction
        self.commands: list[Command] = []

    def script(self, at: int, context: Context, stop: str = "") -> int:
        """Read commands from `at` up to a closing bracket, or to the end; where it is."""
        if context.depth > MAX_DEPTH:
            raise TooDeepError
        building = self._new("", self.counter.next(), 0)
        while at < len(self.text):
            match = self.token.match(self.text, at)
            if match is None:
                raise UnknownError("a quote stays open")
            kind, at = match.lastgroup, match.end()
            if kind == "close":
                if stop:
                    self._finish(building, context)
                    return at
            elif kind == "operator":
                self._finish(building, context)
                piped = match[0] == "|"
                pipeline = building.pipeline if piped else self.counter.next()
                building = self._new(match[0], pipeline, building.position + 1 if piped else 0)
            elif kind == "open":
                at = self._bracket(match.start(), at, building, context)
            elif kind == "redirect":
                at = self._redirect(match[0], at, building)
            elif kind in ("string", "plain"):
                at = self._word(match.start(), building)
        if stop:
            raise UnknownError("a bracket stays open")
        self._finish(building, context)
        return at

    def _new(self, operator: str, pipeline: int, position: int) -> _Building:
        return _Building(self.counter.next(), pipeline, position, operator)

    def _bracket(self, start: int, at: int, building: _Building, context: Context) -> int:
        """A bracket's content as commands of their own, within the command that it is a word of."""
        how = "{" if self.text[at - 1] == "{" else "("
        inner = Context(building.number, how, (*context.within, how), context.depth + 1)
        end = self.script(at, inner, ")")
        building.brackets = True
        building.words.append(
            Word(self.text[start:end], self.whole.slice(start, end), False, False, ((ODD, 0, end - start),))
        )
        return end

    def _redirect(self, operator: str, at: int, building: _Building) -> int:
        match = re.compile(r"[ \t]*").match(self.text, at)
        at = match.end() if match else at
        if operator[-1].isdecimal():
            return at
        token = self.token.match(self.text, at)
        if token is None or token.lastgroup not in ("string", "plain"):
            return at
        end = token.end()
        building.redirections.append(Redirection(operator.lstrip("*0123456789"), self._made(at, end)))
        return end

    def _word(self, start: int, building: _Building) -> int:
        """Pieces that stand together: `-Uri:"x"`, `$env:A"b"`."""
        at = start
        while at < len(self.text):
            match = self.token.match(self.text, at)
            if match is None or match.lastgroup not in ("string", "plain"):
                break
            at = match.end()
        building.words.append(self._made(start, at))
        return at

    def _made(self, start: int, end: int) -> Word:
        raw = self.whole.slice(start, end)
        parts = tuple(_unquoted(self.text[start:end], self.kind))
        text = "".join(piece for piece, _, _ in parts)
        variable = "%" in text if self.kind == "cmd" else "$" in text and not raw.text.startswith("'")
        return Word(text, raw, not variable, text != raw.text, parts if text != raw.text else ())

    def _finish(self, building: _Building, context: Context) -> None:
        if not building.words:
            return
        first = building.words[0]
        assigned: tuple[Word, ...] = ()
        if self.kind == "powershell" and len(building.words) > 2 and building.words[1].text in ("=", "+="):
            assigned, building.words = (first,), building.words[2:]
            first = building.words[0]
        folder, _, base = first.text.replace("\\", "/").rpartition("/")
        name = (base if folder else base.lstrip("@")).lower().removesuffix(".exe")
        known = first.literal or (bool(folder) and not {"%", "$"} & set(base))
        if self.kind == "powershell" and first.quoted and building.operator != "&":
            name = ""  # a string is a value here, unless `&` calls it
        self.counter.count()
        self.commands.append(
            Command(
                name=_ALIASES.get(name, name) if known else "",
                words=tuple(building.words),
                number=building.number,
                operator=building.operator,
                pipes=((building.pipeline, building.position),),
                within=context.within,
                inside=context.inside,
                how=context.how,
                assignments=assigned,
                redirections=tuple(building.redirections),
                shell=self.kind,
                instruction=self.instruction,
            )
        )


def _unquoted(raw: str, kind: str) -> list[tuple[str, int, int]]:
    """The word without quotes and escapes, piece by piece."""
    escape = "`" if kind == "powershell" else "^"
    parts: list[tuple[str, int, int]] = []
    quote = ""
    at = 0
    while at < len(raw):
        char = raw[at]
        if char == escape and quote != "'" and at + 1 < len(raw) and (kind == "powershell" or not quote):
            parts.append((raw[at + 1], at, at + 2))
            at += 2
            continue
        if quote and char == quote:
            if kind == "powershell" and raw[at + 1 : at + 2] == quote:
                parts.append((quote, at, at + 2))
                at += 2
                continue
            quote = ""
        elif not quote and char in ("'\"" if kind == "powershell" else '"'):
            quote = char
        elif parts and parts[-1][2] == at and parts[-1][2] - parts[-1][1] == len(parts[-1][0]):
            parts[-1] = (parts[-1][0] + char, parts[-1][1], at + 1)
        else:
            parts.append((char, at, at + 1))
        at += 1
    return parts
