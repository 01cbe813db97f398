"""Regular expressions of a repository's own, matched in time that grows with the text alone.

They are those of Go's library, which never goes back; Python's does, and can be kept busy for ever. So a pattern is
turned into states, all of which are followed at once. What few selectors use (named classes, word boundaries, flags)
isn't followed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

MAX_PATTERN = 1_000
MAX_STATES = 5_000
MAX_TEXT = 20_000
MAX_NESTED = 50
MAX_TIMES = 1_000

_SIMPLE = pattern(r"[A-Za-z0-9_/@: -]*")
_TIMES = pattern(r"\{(\d{1,4})(,(\d{0,4}))?\}")
_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": "\t\n\f\r "}


class PatternError(Exception):
    """The pattern is none, or has something that isn't followed."""


class _State(NamedTuple):
    """One step: `ranges` to read a character of (None: any, or a jump), `negated`, and where it leads."""

    kind: str  # "char", "split", "start", "end", "match"
    ranges: tuple[tuple[str, str], ...] | None = None
    negated: bool = False
    to: tuple[int, ...] = ()


@lru_cache(maxsize=512)
def compiled(pattern: str) -> "Pattern":
    """The pattern, ready to match; PatternError if it can't be followed."""
    return Pattern(pattern)


def is_word(pattern: str) -> bool:
    """Does the pattern match nothing but itself?"""
    return _SIMPLE.fullmatch(pattern) is not None


def matches_whole(pattern: str, text: str) -> bool:
    """Does the pattern match all of the text? An empty one matches anything."""
    if not pattern or _SIMPLE.fullmatch(pattern):
        return not pattern or pattern == text
    return compiled(f"^(?:{pattern})$").search(text)


class Pattern:
    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise PatternError("the pattern is too long")
        self._states: list[_State] = []
        parser = _Parser(pattern)
        tree = parser.alternatives()
        if parser.at < len(pattern):
            raise PatternError(f"unexpected `{pattern[parser.at]}`")
        self._start = self._emit(tree, self._add(_State("match")))

    def search(self, text: str) -> bool:
        """Does it match anywhere in the text?"""
        if len(text) > MAX_TEXT:
            raise PatternError("the text is too long")
        current: set[int] = set()
        for position in range(len(text) + 1):
            self._follow(self._start, position, len(text), current)
            if any(self._states[s].kind == "match" for s in current):
                return True
            if position == len(text):
                return False
            reached: set[int] = set()
            for number in current:
                state = self._states[number]
                if state.kind == "char" and _reads(state, text[position]):
                    self._follow(state.to[0], position + 1, len(text), reached)
            current = reached
        return False

    def _follow(self, number: int, position: int, end: int, into: set[int]) -> None:
        pending = [number]
        seen: set[int] = set()
        while pending:
            number = pending.pop()
            if number in into or number in seen:
                continue
            seen.add(number)
            state = self._states[number]
            if state.kind in ("char", "match"):
                into.add(number)
            elif (
                state.kind == "split"
                or (state.kind == "start" and position == 0)
                or (state.kind == "end" and position == end)
            ):
                pending += state.to

    def _add(self, state: _State) -> int:
        if len(self._states) >= MAX_STATES:
            raise PatternError("the pattern is too large")
        self._states.append(state)
        return len(self._states) - 1

    def _emit(self, tree: "_Tree", then: int) -> int:
        """Put the states of the tree before `then`; gives the first."""
        if tree.kind == "char":
            return self._add(_State("char", tree.ranges, tree.negated, (then,)))
        if tree.kind in ("start", "end"):
            return self._add(_State(tree.kind, to=(then,)))
        if tree.kind == "sequence":
            for part in reversed(tree.parts):
                then = self._emit(part, then)
            return then
        if tree.kind == "choice":
            return self._add(_State("split", to=tuple(self._emit(part, then) for part in tree.parts)))
        return self._emit_repeated(tree, then)

    def _emit_repeated(self, tree: "_Tree", then: int) -> int:
        part = tree.parts[0]
        if tree.most is None:
            loop = self._add(_State("split"))
            self._states[loop] = _State("split", to=(self._emit(part, loop), then))
            then = loop
        else:
            for _ in range(tree.most - tree.least):
                then = self._add(_State("split", to=(self._emit(part, then), then)))
        for _ in range(tree.least):
            then = self._emit(part, then)
        return then


def _reads(state: _State, character: str) -> bool:
    if state.ranges is None:
        return character != "\n"
    return any(low <= character <= high for low, high in state.ranges) != state.negated


class _Tree(NamedTuple):
    kind: str  # "char", "start", "end", "sequence", "choice", "repeat"
    parts: tuple["_Tree", ...] = ()
    ranges: tuple[tuple[str, str], ...] | None = None
    negated: bool = False
    least: int = 0
    most: int | None = None


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0

    def alternatives(self) -> _Tree:
        parts = [self._sequence()]
        while self._next("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _Tree("choice", tuple(parts))

    def _peek(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def _next(self, word: str) -> bool:
        if self.pattern.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def _sequence(self) -> _Tree:
        parts: list[_Tree] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return _Tree("sequence", tuple(parts))

    def _repeated(self, part: _Tree) -> _Tree:
        least, most = self._times()
        if (least, most) == (1, 1):
            return part
        self._next("?")  # lazy: what matches is the same
        if self._peek() in ("*", "+"):
            raise PatternError("a repetition of a repetition")
        return _Tree("repeat", (part,), least=least, most=most)

    def _times(self) -> tuple[int, int | None]:
        """How often the part before may stand: at least, and at most (None: any number)."""
        for word, times in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._next(word):
                return times
        match = _TIMES.match(self.pattern, self.at)
        if match is None:
            return 1, 1
        self.at = match.end()
        least = int(match[1])
        most = least if match[2] is None else int(match[3]) if match[3] else None
        if least > MAX_TIMES or (most is not None and not least <= most <= MAX_TIMES):
            raise PatternError("a repetition is out of bounds")
        return least, most

    def _atom(self) -> _Tree:
        character = self.pattern[self.at]
        self.at += 1
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape()
        if character == ".":
            return _Tree("char")
        if character in "^$":
            return _Tree("start" if character == "^" else "end")
        if character in "*+?":
            raise PatternError(f"nothing to repeat before `{character}`")
        return _Tree("char", ranges=((character, character),))

    def _group(self) -> _Tree:
        if self._next("?") and not self._next(":"):
            raise PatternError("names and flags of groups aren't followed")
        self.depth += 1
        if self.depth > MAX_NESTED:
            raise PatternError("groups are nested too deep")
        inner = self.alternatives()
        self.depth -= 1
        if not self._next(")"):
            raise PatternError("a group isn't closed")
        return inner

    def _escape(self) -> _Tree:
        if self.at >= len(self.pattern):
            raise PatternError("an escape at the end")
        character = self.pattern[self.at]
        self.at += 1
        if character.lower() in _CLASSES:
            return _Tree("char", ranges=_ranges(_CLASSES[character.lower()]), negated=character.isupper())
        if character in "Az":
            return _Tree("start" if character == "A" else "end")
        if character.isalnum():
            simple = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
            if character not in simple:
                raise PatternError(f"`\\{character}` isn't followed")
            character = simple[character]
        return _Tree("char", ranges=((character, character),))

    def _class(self) -> _Tree:
        negated = self._next("^")
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self._peek() != "]":
            if not self._peek() or self.pattern.startswith("[:", self.at):
                raise PatternError("a class isn't followed")
            first = False
            low = self._class_word(ranges)
            if low is None:
                continue
            if self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._class_word(ranges)
                if high is None or high < low:
                    raise PatternError("a range is upside down")
                ranges.append((low, high))
            else:
                ranges.append((low, low))
        self.at += 1
        return _Tree("char", ranges=tuple(ranges), negated=negated)

    def _class_word(self, ranges: list[tuple[str, str]]) -> str | None:
        """The next character of a class; None if it was a class itself, which is added."""
        character = self.pattern[self.at]
        self.at += 1
        if character != "\\":
            return character
        inner = self._escape()
        if inner.kind != "char" or inner.negated or inner.ranges is None:
            raise PatternError("a class isn't followed")
        if len(inner.ranges) == 1 and inner.ranges[0][0] == inner.ranges[0][1]:
            return inner.ranges[0][0]
        ranges += inner.ranges
        return None


def _ranges(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((a, b or a) for a, b in re.findall(r"(.)(?:-(.))?", text, re.DOTALL))
