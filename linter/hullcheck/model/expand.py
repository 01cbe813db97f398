"""Variables in a Dockerfile's words, expanded as BuildKit does, with a third answer: it can't be known."""

from __future__ import annotations

import re
from collections.abc import Callable

from hullcheck.source import Location, Related
from hullcheck.tuples import NamedTuple

MAX_LENGTH = 32_768
"""Characters of an expanded word; a file of doubling variables would make gigabytes."""

MAX_GROWTH = 4 * 1024 * 1024
"""Characters that the words of a file's stages may become longer by, in all."""

SHORT = 256
"""Characters of an expanded word from there on."""

MAX_MISSING = 20
"""Variables that nothing sets, of those that a word is told to need."""

MAX_DEPTH = 40
"""Levels of `${a:-${b:-...}}`."""

_SPECIAL = "@*#?-$!0"


class Value(NamedTuple):
    """What a word or a variable comes to. `text` is None if that can't be known, and `why` says why.

    `related` are the places that decide it. `unset` is true for an ARG without a default: what it will be isn't known,
    and `${NAME:-x}` takes x. `missing` are variables that nothing sets. `shape` is the text with `*` for what isn't
    known. `refused` is true where the builder would stop.
    """

    text: str | None
    why: str = ""
    related: tuple[Related, ...] = ()
    unset: bool = False
    missing: tuple[str, ...] = ()
    shape: str = "*"
    refused: bool = False

    @property
    def known(self) -> bool:
        return self.text is not None


def because(value: Value, location: Location, message: str) -> Value:
    """The value, resting on one more place."""
    if len(value.related) > 7:
        return value
    return value._replace(related=(*value.related, Related(location, message)))


Lookup = Callable[[str], Value | None]
"""The value of a variable; None if it is certain that nothing sets it."""


class _RefusedError(Exception):
    """The builder would stop at this word."""


class Growth:
    """How much longer words have become by their variables: a few lines can make gigabytes."""

    def __init__(self, most: int = MAX_GROWTH) -> None:
        self.most = self.left = most

    @property
    def short(self) -> bool:
        """Is there none left, so that long words aren't expanded any more?"""
        return self.left < 0

    def expand(self, word: str, lookup: Lookup, escape: str) -> Value:
        """The expanded word, which counts."""
        if "$" not in word:
            return expand(word, lookup, escape)
        if self.short:
            value = expand(word, lookup, escape, SHORT)
            return value._replace(why="the file's variables grow too long", refused=False) if value.refused else value
        value = expand(word, lookup, escape)
        self.left -= max(0, len(value.shape) - len(word))
        return value


def expand(word: str, lookup: Lookup, escape: str = "\\", most: int = MAX_LENGTH) -> Value:
    """A word with its quotes taken away and its variables replaced; at most so many characters if it has any."""
    if "$" not in word and '"' not in word and "'" not in word and escape not in word:
        return Value(word, shape=word)
    expander = _Expander(word, lookup, escape, most + len(word) if most < MAX_LENGTH else most)
    try:
        return expander.until("")
    except _RefusedError as refused:
        return Value(None, f"the builder refuses `{word}`: {refused}", refused=True)


def names(word: str, escape: str = "\\") -> tuple[str, ...]:
    """The variables that a word uses."""
    used: list[str] = []

    def note(name: str) -> None:
        used.append(name)

    expand(word, note, escape)
    return tuple(dict.fromkeys(used))


def is_refused(word: str) -> bool:
    """Does the builder's lexer stop at it?"""
    return expand(word, lambda name: None).refused


class _Expander:
    def __init__(self, word: str, lookup: Lookup, escape: str, most: int) -> None:
        self.word = word
        self.most = most
        self.lookup = lookup
        self.escape = escape
        self.at = 0
        self.depth = 0

    def until(self, stop: str, raw_escapes: bool = False) -> Value:
        """Everything up to the character `stop`, which is taken as well; up to the end if it is empty."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _RefusedError("it is nested too deep")
        parts = _Parts(self.most)
        while self.at < len(self.word):
            char = self.word[self.at]
            if char == stop:
                self.at += 1
                self.depth -= 1
                return parts.value()
            if char == "'":
                parts.add(self._single_quoted())
            elif char == '"':
                self._double_quoted(parts, raw_escapes)
            elif char == "$":
                parts.put(self._dollar())
            else:
                parts.add(self._plain(raw_escapes))
        if stop:
            raise _RefusedError(f"`{stop}` is missing")
        self.depth -= 1
        return parts.value()

    def _plain(self, raw_escapes: bool) -> str:
        char = self.word[self.at]
        if char == self.escape:
            following = self.word[self.at + 1 : self.at + 2]
            self.at += 2
            return (char if raw_escapes else "") + following
        start = self.at
        while self.at < len(self.word) and self.word[self.at] not in "'\"$/}" and self.word[self.at] != self.escape:
            self.at += 1
        if self.at == start:
            self.at += 1
        return self.word[start : self.at]

    def _single_quoted(self) -> str:
        end = self.word.find("'", self.at + 1)
        if end < 0:
            raise _RefusedError("a quote stays open")
        text = self.word[self.at + 1 : end]
        self.at = end + 1
        return text

    def _double_quoted(self, parts: "_Parts", raw_escapes: bool) -> None:
        self.at += 1
        while self.at < len(self.word):
            char = self.word[self.at]
            if char == '"':
                self.at += 1
                parts.add("")
                return
            if char == "$":
                parts.put(self._dollar())
                continue
            if char == self.escape:
                following = self.word[self.at + 1 : self.at + 2]
                self.at += 1
                if raw_escapes:
                    parts.add(char)
                if not following:
                    continue
                if following in ('"', "$", self.escape):
                    char = following
                    self.at += 1
            else:
                self.at += 1
            parts.add(char)
        raise _RefusedError("a quote stays open")

    def _dollar(self) -> Value:
        self.at += 1
        if self.word[self.at : self.at + 1] != "{":
            name = self._name()
            return self._plain_value(name) if name else Value("$", shape="$")
        self.at += 1
        if self.word[self.at : self.at + 1] in ("", "{", "}", ":"):
            raise _RefusedError("bad substitution")
        name = self._name()
        modifier = self.word[self.at : self.at + 1]
        self.at += 1
        if modifier == "}":
            return self._plain_value(name)
        if modifier == "/":
            return self._replaced(name)
        empty_is_unset = modifier == ":"
        if empty_is_unset:
            modifier = self.word[self.at : self.at + 1]
            self.at += 1
        if not modifier or modifier not in ("+-?" if empty_is_unset else "+-?#%"):
            raise _RefusedError(f"the modifier `{modifier}` isn't known")
        word = self.until("}", raw_escapes=modifier in "#%")
        return self._modified(name, modifier, word, empty_is_unset)

    def _name(self) -> str:
        start = self.at
        first = self.word[start : start + 1]
        if first.isdecimal():
            while self.word[self.at : self.at + 1].isdecimal():
                self.at += 1
        elif first and first in _SPECIAL:
            self.at += 1
        else:
            while self.word[self.at : self.at + 1].isalnum() or self.word[self.at : self.at + 1] == "_":
                self.at += 1
        return self.word[start : self.at]

    def _plain_value(self, name: str) -> Value:
        value = self.lookup(name)
        return Value("", missing=(name,)) if value is None else value

    def _modified(self, name: str, modifier: str, word: Value, empty_is_unset: bool) -> Value:
        value = self.lookup(name)
        unset = value is None or value.unset or (empty_is_unset and value.text == "")
        if modifier in "#%":
            return self._trimmed(name, modifier, word)
        if value is not None and value.text is None and not value.unset:
            return value if modifier != "+" else Value(None, value.why, value.related, shape="*")
        if modifier == "-":
            return word if unset or value is None else value
        if modifier == "+":
            return Value("") if unset else word
        if value is not None and not unset:
            return value
        if value is not None and value.unset:
            return value
        raise _RefusedError(f"`{name}` must be set")

    def _trimmed(self, name: str, modifier: str, word: Value) -> Value:
        value = self._plain_value(name)
        if value.text is None or word.text is None:
            return _unknown(value, word)
        pattern, greedy = word.text, word.text.startswith(modifier)
        if greedy:
            pattern = pattern[1:]
        text = _trim(value.text, pattern, modifier == "#", greedy)
        return value._replace(text=text, shape=text)

    def _replaced(self, name: str) -> Value:
        everywhere = self.word[self.at : self.at + 1] == "/"
        self.at += everywhere
        pattern = self.until("/", raw_escapes=True)
        replacement = self.until("}", raw_escapes=True)
        value = self._plain_value(name)
        if value.text is None or pattern.text is None or replacement.text is None:
            return _unknown(value, pattern, replacement)
        text = _replace(value.text, pattern.text, replacement.text, everywhere)
        return value._replace(text=text, shape=text)


def _unknown(*values: Value) -> Value:
    first = next(value for value in values if value.text is None)
    return Value(None, first.why, first.related, shape="*")


class _Parts:
    """Pieces of a word, some of which may not be known. A variable that is all of the word keeps its nature."""

    def __init__(self, most: int) -> None:
        self.values: list[Value] = []
        self.length = 0
        self.most = most

    def add(self, text: str) -> None:
        if text:
            self.put(Value(text, shape=text))

    def put(self, value: Value) -> None:
        self.length += len(value.text or "")
        if self.length > self.most:
            raise _RefusedError(f"it comes to more than {self.most:,} characters")
        self.values.append(value)

    def value(self) -> Value:
        if len(self.values) == 1:
            only = self.values[0]
            return only if only.text is None else only._replace(shape=only.text)
        related = tuple(dict.fromkeys(place for value in self.values for place in value.related))[:8]
        missing = tuple(dict.fromkeys(name for value in self.values for name in value.missing))[:MAX_MISSING]
        shape = "".join("*" if value.text is None else value.text for value in self.values)
        unknown = next((value for value in self.values if value.text is None), None)
        if unknown is not None:
            return Value(None, unknown.why, related, missing=missing, shape=shape)
        return Value(shape, related=related, missing=missing, shape=shape)


def _segments(glob: str) -> list[re.Pattern[str]]:
    """The parts of a pattern between its stars; a backslash takes its meaning from a star, `?`, `}` and `/`."""
    segments = [""]
    at = 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            segments.append("")
            continue
        if char == "\\":
            char = glob[at : at + 1]
            at += 1
            if char not in ("*", "?", "\\", "}", "/"):
                raise _RefusedError("its pattern holds an invalid escape")
            segments[-1] += re.escape(char)
        else:
            segments[-1] += "." if char == "?" else re.escape(char)
    return [re.compile(segment, re.DOTALL) for segment in segments]


def _find(
    segments: list[re.Pattern[str]], text: str, start: int, anchored: bool, greedy: bool
) -> tuple[int, int] | None:
    """The first match of a pattern: as long as it can be if `greedy`, else as short."""
    first = segments[0].match(text, start) if anchored else segments[0].search(text, start)
    if first is None:
        return None
    end = first.end()
    for number, segment in enumerate(segments[1:], 2):
        match = segment.search(text, end)
        if match is None:
            return None
        if greedy and number == len(segments):
            match = _last(segment, text, match)
        end = match.end()
    return first.start(), end


def _last(segment: re.Pattern[str], text: str, match: re.Match[str]) -> re.Match[str]:
    length = match.end() - match.start()
    for start in range(len(text) - length, match.start(), -1):
        later = segment.match(text, start)
        if later:
            return later
    return match


def _trim(text: str, glob: str, front: bool, greedy: bool) -> str:
    """The text without the part at its front, or at its end, that a pattern matches."""
    if not front:
        tokens = re.findall(r"\\.|.", glob, re.DOTALL)
        return _trim(text[::-1], "".join(reversed(tokens)), True, greedy)[::-1]
    found = _find(_segments(glob), text, 0, True, greedy)
    return text[found[1] :] if found else text


def _replace(text: str, glob: str, replacement: str, everywhere: bool) -> str:
    segments = _segments(glob)
    out: list[str] = []
    length = at = 0
    while (found := _find(segments, text, at, False, True)) is not None:
        start, end = found
        step = end if end > start else start + 1
        out += [text[at:start], replacement, text[end:step]]
        length += len(replacement)
        if length > MAX_LENGTH:
            raise _RefusedError(f"it comes to more than {MAX_LENGTH:,} characters")
        at = step
        if not everywhere or at > len(text):
            break
    return "".join(out) + text[at:]
