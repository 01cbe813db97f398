"""`.dockerignore`: which files a build context holds, by the rules of moby's pattern matcher.

They aren't git's: a pattern is anchored at the context's root, the last pattern that matches decides, and a pattern
that matches a folder decides about everything in it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from hullcheck.patterns import pattern
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

MAX_PATTERNS = 5_000
MAX_LENGTH = 1_000
MAX_WILDCARDS = 2
"""Of one expression: with more of them, matching is done character by character, so that it can't take forever."""


class Pattern(NamedTuple):
    """A line: what tells whether a whole path matches, whether it takes files in again (`!`), and where it stands."""

    text: str
    matches: Callable[[str], object]
    exception: bool
    location: Location


class Ignore:
    """The patterns of a file, in order. `refused` are lines that the builder would stop at."""

    def __init__(self, source: Source, patterns: list[Pattern], refused: list[Location]) -> None:
        self.source = source
        self.patterns = patterns
        self.refused = refused
        self._folders: dict[str, tuple[bool, ...]] = {"": (False,) * len(patterns)}

    def ignores(self, path: str) -> bool:
        """Is the file or folder, relative to the context, left out of it?"""
        inherited = self._matches(posixpath.dirname(path))
        ignored = False
        for number, line in enumerate(self.patterns):
            if line.exception == ignored and (inherited[number] or line.matches(path)):
                ignored = not line.exception
        return ignored

    def _matches(self, folder: str) -> tuple[bool, ...]:
        """For each pattern, whether it matches the folder or one above it."""
        missing = []
        while folder not in self._folders:
            missing.append(folder)
            folder = posixpath.dirname(folder)
        for below in reversed(missing):
            above = self._folders[posixpath.dirname(below)]
            own = (bool(pattern.matches(below)) for pattern in self.patterns)
            self._folders[below] = tuple(a or b for a, b in zip(above, own, strict=True))
        return self._folders[missing[0]] if missing else self._folders[folder]


def parse(source: Source) -> Ignore:
    """Read the patterns of a file."""
    patterns: list[Pattern] = []
    refused: list[Location] = []
    for number in range(1, min(source.line_count, MAX_PATTERNS) + 1):
        line = source.line(number)
        if line.startswith("#") or not line.strip():
            continue
        location = source.at_line(number)
        exception, cleaned = _cleaned(line.strip())
        if not cleaned:
            continue
        matches = _matcher(cleaned)
        if matches is None:
            refused.append(location)
        else:
            patterns.append(Pattern(cleaned, matches, exception, location))
    return Ignore(source, patterns, refused)


def _cleaned(line: str) -> tuple[bool, str]:
    """Is it an exception, and the pattern as Go's `filepath.Clean` leaves it, without the leading slash."""
    exception = line.startswith("!")
    text = line[1:].strip() if exception else line
    if not text:
        return exception, ""
    cleaned = posixpath.normpath(text)
    return exception, cleaned.lstrip("/") if len(cleaned) > 1 else cleaned


def _matcher(pattern: str) -> Callable[[str], object] | None:
    """What tells whether a whole path matches; None for a pattern that the builder refuses, or that is too long."""
    if len(pattern) > MAX_LENGTH:
        return None
    if pattern.startswith("**") and not re.search(r"[*?\[\]\\]", pattern[2:]):
        suffix = pattern[2:]
        return lambda path: path.endswith(suffix) or (suffix[:1] == "/" and path == suffix[1:])
    tokens = _tokens(pattern)
    try:
        if sum(token in _WILDCARDS for token in tokens) <= MAX_WILDCARDS:
            return re.compile("".join(tokens), re.DOTALL).fullmatch
        singles = [token if token in _WILDCARDS else re.compile(token, re.DOTALL).fullmatch for token in tokens]
    except re.error:
        return None
    return lambda path: _walk(singles, path)


_WITHIN, _FOLDERS, _REST = "[^/]*", "(?:.*/)?", ".*"
_WILDCARDS = (_WITHIN, _FOLDERS, _REST)
_TOKEN = pattern(r"\*\*/?|\\.|\[[^\]]*\]|.", re.DOTALL)


def _tokens(pattern: str) -> list[str]:
    """The pattern as parts of an expression: wildcards, and what matches one character."""
    tokens = []
    for match in _TOKEN.finditer(pattern):
        token = match[0]
        if token.startswith("**"):
            tokens.append(_REST if match.end() == len(pattern) else _FOLDERS)
        elif token in ("*", "?"):
            tokens.append(_WITHIN if token == "*" else "[^/]")
        elif token[0] in "[]":
            tokens.append(token)
        else:
            tokens.append(re.escape(token[-1]))
    return tokens


def _walk(tokens: Sequence[str | Callable[[str], object]], path: str) -> bool:
    """Follow all ways to match at once: the time is the path's length times the pattern's.

    A state is the number of the token that comes next; within a `**/` that has begun, it is that number's complement.
    """
    states = _reached(tokens, {0})
    for char in path:
        following = set()
        for state in states:
            number = state if state >= 0 else ~state
            token = tokens[number] if number < len(tokens) else ""
            if token == _FOLDERS:
                following |= {~number, number + 1} if char == "/" else {~number}
            elif token == _REST or (token == _WITHIN and char != "/"):
                following.add(number)
            elif callable(token) and token(char):
                following.add(number + 1)
        states = _reached(tokens, following)
    return len(tokens) in states


def _reached(tokens: Sequence[str | Callable[[str], object]], states: set[int]) -> set[int]:
    """These states, and those behind wildcards that match nothing more."""
    waiting = [state for state in states if state >= 0]
    while waiting:
        state = waiting.pop()
        if state < len(tokens) and tokens[state] in _WILDCARDS and state + 1 not in states:
            states.add(state + 1)
            waiting.append(state + 1)
    return states
