"""Where credentials stand in a text that is to be shown: by the detectors of the checks, whatever runs.

A check looks at values that it knows the meaning of. What is shown may be more than that: a line of a file that can't
be read, a value of which a part isn't known, the neighbour of a fault. So a text as a whole is read here as all that it
may be at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from hullcheck.model.argv import PROGRAMS, in_argv, in_script
from hullcheck.model.configtext import in_config
from hullcheck.model.lazy import Lazy
from hullcheck.model.secrets import by_name, in_pairs, in_url, is_password, literal
from hullcheck.model.tokens import by_value
from hullcheck.patterns import pattern

Span = tuple[int, int]

_ASSIGNED = pattern(r"(?P<name>[A-Za-z_][A-Za-z0-9_.]{0,80})=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'`;,&]+)")
_ENTRY = Lazy(
    r"\bname[\"']?:[ \t]*+[\"']?(?P<name>[A-Za-z_][\w.-]{0,80})[\"']?(?:,[ \t]*+|[ \t]*+\r?\n[ \t]*+)[\"']?value[\"']?:[ \t]++"
    r"(?P<value>\"[^\"\n]*+\"|'[^'\n]*+'|[^\s\"',}][^\n,}]*+)"
)
_OPTION = pattern(r"(?<![\w-])-(?:[\w.-]{0,40}?(?:pass|secret|token|key|auth|cred|pwd|pat\b)|[apPuUwW])", re.IGNORECASE)
_WORD = Lazy(
    r"(?P<end>\|\||&&|[;|]|(?<=[\w\"']):(?=[ \t\n]))|(?P<newline>\r?\n[ \t]*+(?P<item>-[ \t]++)?)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)*+)\"?|'(?P<single>[^'\n]*+)'|(?P<plain>[^\s\"'\[\]{},;|&:]++(?::[^\s\"'\[\]{},;|&:]++)*+)"
)
_MAX_WORDS = 400
"""Words of a command that are looked at together."""


def spans(text: str) -> Iterator[Span]:
    """The credentials in the text of a file of any kind, as half-open offsets; they may overlap."""
    for secret in by_value(text):
        yield secret.start, secret.end
    for login in in_url(text):
        if login.literal:
            yield login.start, login.end
    for login in in_pairs(text):
        yield login.start, login.end
    for held in in_config(text):
        if _tells(held.name, held.value):
            yield held.start, held.end
    for written, part in ((_ASSIGNED, "="), (_ENTRY, "value")):
        if part in text:
            yield from _assigned(written, text)
    yield from _commands(text)


def in_message(text: str) -> Iterator[Span]:
    """The credentials in a sentence: in what it quotes, of which nothing is known but the text."""
    for match in _QUOTED.finditer(text):
        shift = match.start("quoted")
        for start, end in in_quoted(match["quoted"]):
            yield shift + start, shift + end
    for secret in by_value(text):
        yield secret.start, secret.end
    yield from ((login.start, login.end) for login in in_url(text) if login.literal)


_QUOTED = pattern(r"`(?P<quoted>[^`\n]+)`")


@lru_cache(maxsize=512)
def in_quoted(text: str) -> tuple[Span, ...]:
    """The credentials in what a sentence quotes: messages quote the same names and values again and again."""
    return (
        *((login.start, login.end) for login in in_pairs(text)),
        *(_assigned(_ASSIGNED, text) if "=" in text else ()),
        *((said.start, said.end) for said in in_script(text)),
    )


def _assigned(pattern: "re.Pattern[str] | Lazy", text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        name, value = match["name"], match["value"].strip("\"'")
        if value and by_name(name) and literal(name, value) and _tells(name, value):
            start = match.start("value") + match["value"].find(value)
            yield start, start + len(value)


def _tells(name: str, value: str) -> bool:
    """Would a reader learn anything but a word of the language?"""
    return is_password(name) or unlikely_a_word(value)


def unlikely_a_word(text: str) -> bool:
    """Is it a text that stands for itself wherever it is found, rather than a name or a word?"""
    return len(text) >= 6 and any(char.isalpha() for char in text) and not text.isalpha()


def _commands(text: str) -> Iterator[Span]:
    """The credentials on what may be command lines: a shell's, a list in JSON, or in YAML, one item a line."""
    if _OPTION.search(text) is None and not any(program in text for program in PROGRAMS):
        return
    line = _Line()
    for start, end in _likely(text):
        for match in _WORD.compiled.finditer(text, start, end):
            group = match.lastgroup or ""
            if group in ("double", "single", "plain"):
                word, at = match[group], match.start(group)
                if group != "plain" and " " in word:
                    yield from ((at + said.start, at + said.end) for said in in_script(word))
                if word == "\\":
                    continue
                if word.rpartition("/")[2] in PROGRAMS or len(line.words) >= _MAX_WORDS:
                    yield from line.ended()
                line.words.append(word)
                line.places.append(at)
            elif group == "end" or not (match["item"] or _goes_on(text, match.start())):
                yield from line.ended()
        yield from line.ended()


def _likely(text: str) -> Iterator[Span]:
    """The lines that may hold a command with a credential, with the line break before them and those that they go on in."""
    end = 0
    for at in sorted(_hints(text)):
        if at < end:
            continue
        start = text.rfind("\n", 0, at)
        while start > end and (_ITEM.match(text, start + 1) or _goes_on(text, _before_break(text, start))):
            start = text.rfind("\n", 0, start)
        stop = text.find("\n", at)
        while stop >= 0 and (_ITEM.match(text, stop + 1) or _goes_on(text, _before_break(text, stop))):
            stop = text.find("\n", stop + 1)
        start, end = max(start, end, 0), len(text) if stop < 0 else stop + 1
        yield start, end


_ITEM = pattern(r"(?<=\n)[ \t]*+-[ \t]++")


def _before_break(text: str, at: int) -> int:
    return at - 1 if text.startswith("\r", max(at - 1, 0)) else at


def _hints(text: str) -> Iterator[int]:
    """Where a word stands that a command with a credential has one of."""
    plain = (text if text.isascii() else text.encode("ascii", "replace").decode()).lower()
    for hint in _HINTS:
        at = plain.find(hint)
        while at >= 0:
            if hint not in PROGRAMS or not (
                plain[at - 1 : at].isalnum() or plain[at + len(hint) : at + len(hint) + 1].isalnum()
            ):
                yield at
            at = plain.find(hint, at + len(hint))
    yield from (match.start() for match in _SHORT.finditer(text))


_HINTS = (
    *("pass", "secret", "token", "key", "auth", "cred", "pwd", "pat", "machine ", "args", "command", "cmd"),
    *sorted(PROGRAMS),
)
_SHORT = pattern(r"(?<![\w-])-[apPuUwW]")


class _Line:
    """The words of what may be a command, up to where it ends."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.places: list[int] = []
        self.program = ""

    def ended(self) -> Iterator[Span]:
        """The credentials among the words; the next ones are another command, unless a key says that they go on."""
        for said in in_argv(self.words) if len(self.words) > 1 else ():
            value = self.words[said.word][said.start : said.end]
            if len(value) > 4 or not (value.isalpha() and value.islower()):
                at = self.places[said.word]
                yield at + said.start, at + said.end
        if self.words and self.words[0].rpartition("/")[2] in PROGRAMS:
            self.program = self.words[0]
        goes_on = self.words[-1:] in (["command"], ["args"], ["Cmd"]) and self.program
        self.words = [self.program] if goes_on else []
        self.places = [0] if goes_on else []


def _goes_on(text: str, newline: int) -> bool:
    """Is the line that ends here continued, or followed by another item?"""
    before = text[max(newline - 2, 0) : newline].rstrip("\r")[-1:]
    return before in ("\\", ",", "[", "`", "^")


def merged(found: Iterable[Span]) -> Iterator[Span]:
    """The spans in order, those that overlap or touch as one."""
    first, last = -1, -1
    for start, end in sorted(found):
        if start > last:
            if first >= 0:
                yield first, last
            first, last = start, end
        else:
            last = max(last, end)
    if first >= 0:
        yield first, last
