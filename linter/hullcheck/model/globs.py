"""Patterns with stars, matched in time that grows with pattern times text: no pattern makes a matcher go back and forth.

What a pattern of one segment reads is found from its last star on alone: a star that was passed never has to take more,
since the text behind it could only begin later. The same holds for `**` among the segments of a path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial

from hullcheck.tuples import NamedTuple

MAX_PATTERN = 4_096
"""No system has longer paths, so a longer pattern names nothing."""

Test = Callable[[str], bool]
STAR = "*"
"""Any characters of a segment; a token is that, one character as it stands (with a `=` before it), or a test."""

Token = str | Test


def like(pattern: str, text: str) -> bool:
    """Does a pattern match all of a text? A star stands for any characters, everything else for itself."""
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == text
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def matches(tokens: Sequence[Token], text: str) -> bool:
    """Do the tokens match all of a text?"""
    at = number = 0
    star = back = -1
    while at < len(text):
        token = tokens[number] if number < len(tokens) else None
        if token == STAR:
            star, back = number, at
            number += 1
        elif token is not None and (token[1:] == text[at] if isinstance(token, str) else token(text[at])):
            number += 1
            at += 1
        elif star >= 0:
            back += 1
            number, at = star + 1, back
        else:
            return False
    return all(token == STAR for token in tokens[number:])


def among(segments: Sequence["Sequence[Token] | None"], parts: Sequence[str]) -> bool:
    """Do the segments of a pattern match all parts of a path? None stands for any number of parts."""
    at = number = 0
    deep = back = -1
    while at < len(parts):
        if number < len(segments):
            segment = segments[number]
            if segment is None:
                deep, back = number, at
                number += 1
                continue
            if matches(segment, parts[at]):
                number += 1
                at += 1
                continue
        if deep < 0:
            return False
        back += 1
        number, at = deep + 1, back
    return all(segment is None for segment in segments[number:])


class Rule(NamedTuple):
    """A line of a `.gitignore`: `segments` are None for a name anywhere; `negated` takes in again what others left out."""

    text: str
    negated: bool
    only_folders: bool
    tokens: tuple[Token, ...]
    segments: "tuple[tuple[Token, ...] | None, ...] | None"
    prefix: str = ""
    """What stands before `**` in one segment (`a**/b`): git cuts it off, and then takes the stars to stand alone."""
    literal: str = ""
    """What stands in everything that fits, as it is written: most paths need no more than a look for that."""

    def fits(self, path: str, name: str, folder: bool) -> bool:
        if self.only_folders and not folder:
            return False
        if self.literal not in (name if self.segments is None else path):
            return False
        if self.segments is None:
            return matches(self.tokens, name)
        return path.startswith(self.prefix) and among(self.segments, path[len(self.prefix) :].split("/"))


def rule(line: str) -> Rule | None:
    """The rule that a line of a `.gitignore` is; None for a comment, a blank line or one that can match nothing."""
    text = _trimmed(_bytes(line.removesuffix("\r")))
    if not text or text[0] == "#" or len(text) > MAX_PATTERN:
        return None
    pattern = text.removeprefix("!")
    only_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    whole = "/" in pattern
    tokens = _tokens(pattern.removeprefix("/"))
    if not pattern or tokens is None:
        return None
    literal = _literal(tokens)
    if not whole:
        return Rule(text, text[0] == "!", only_folders, tuple(tokens), None, literal=literal)
    prefix = _prefix(pattern.removeprefix("/"))
    segments = [_segment(part) for part in _split(tokens[len(prefix) :])]
    if segments[-1] is None:  # at the end it is what is in a folder, not the folder
        segments[-1:] = [(STAR,), None]
    return Rule(text, text[0] == "!", only_folders, tuple(tokens), tuple(segments), prefix, literal)


def _literal(tokens: Sequence[Token]) -> str:
    """The longest run of characters between stars, classes, question marks and slashes."""
    plain = (token[1:] if isinstance(token, str) and token != STAR else "/" for token in tokens)
    return max("".join(plain).split("/"), key=len)


def _prefix(pattern: str) -> str:
    plain = re.match(r"[^*?\[\\]*+(?=\*\*++(?:\\?/|\Z))", pattern)
    return plain[0] if plain and not plain[0].endswith("/") else ""


def _bytes(text: str) -> str:
    """Git compares bytes; here each is a character."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _trimmed(line: str) -> str:
    """The line without the spaces at its end, but for one that is escaped."""
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if escapes % 2 and len(bare) < len(line) else bare


def _segment(tokens: list[Token]) -> "tuple[Token, ...] | None":
    return None if len(tokens) > 1 and all(token == STAR for token in tokens) else tuple(_without_runs(tokens))


def _without_runs(tokens: list[Token]) -> Iterable[Token]:
    return (token for number, token in enumerate(tokens) if token != STAR or not number or tokens[number - 1] != STAR)


def _split(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token == "=/":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _tokens(pattern: str) -> list[Token] | None:
    """The tokens of a pattern, slashes among them; None for one that git can't match: what it opens stays open."""
    if not any(special in pattern for special in "*?[\\"):
        return [f"={char}" for char in pattern]
    tokens: list[Token] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            tokens.append(STAR)
        elif char == "?":
            tokens.append(any_char)
        elif char == "[":
            end, test = _class(pattern, at)
            if test is None:
                return None
            tokens.append(test)
            at = end
        else:
            if char == "\\":
                char = pattern[at : at + 1]
                at += 1
                if not char:
                    return None
            tokens.append(f"={char}")
    return tokens


def any_char(char: str) -> bool:
    return char != "/"


def _class(pattern: str, at: int) -> tuple[int, Test | None]:
    """The test that a bracket is, and where it ends; `]` right behind the opening stands for itself."""
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    ranges: list[tuple[str, str]] = []
    before = ""
    first = True
    while first or pattern[at : at + 1] != "]":
        first = False
        char = pattern[at : at + 1]
        if not char:
            return at, None
        if char == "\\":
            at += 1
            char = pattern[at : at + 1]
            if not char:
                return at, None
            ranges.append((char, char))
        elif char == "-" and before and pattern[at + 1 : at + 2] not in ("", "]"):
            at += 1
            if pattern[at] == "\\":
                at += 1
            if at >= len(pattern):
                return at, None
            ranges.append((before, pattern[at]))
            char = ""
        elif char == "[" and pattern[at + 1 : at + 2] == ":":
            end = pattern.find("]", at + 2)
            if end < 0:
                return at, None
            if end - at - 2 > 0 and pattern[end - 1] == ":":
                named = CLASSES.get(pattern[at + 2 : end - 1])
                if named is None:
                    return at, None
                ranges += named
                at, char = end, ""
            else:
                ranges.append(("[", "["))
        else:
            ranges.append((char, char))
        before = char
        at += 1
    return at + 1, partial(_in_class, tuple(ranges), negated)


def _in_class(ranges: tuple[tuple[str, str], ...], negated: bool, char: str) -> bool:
    return char != "/" and any(low <= char <= high for low, high in ranges) != negated


CLASSES = {
    "alnum": [("0", "9"), ("A", "Z"), ("a", "z")],
    "alpha": [("A", "Z"), ("a", "z")],
    "blank": [(" ", " "), ("\t", "\t")],
    "cntrl": [("\0", "\x1f"), ("\x7f", "\x7f")],
    "digit": [("0", "9")],
    "graph": [("!", "~")],
    "lower": [("a", "z")],
    "print": [(" ", "~")],
    "punct": [("!", "/"), (":", "@"), ("[", "`"), ("{", "~")],
    "space": [(" ", " "), ("\t", "\r")],
    "upper": [("A", "Z")],
    "xdigit": [("0", "9"), ("A", "F"), ("a", "f")],
}
"""POSIX's classes of characters, by the names that they have in brackets."""


class GitIgnore:
    """The rules of a `.gitignore`, or of a list in its syntax; a later one wins. A path of a folder ends in a slash."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.rules = [made for line in lines if (made := _rule(line)) is not None]
        self._names: dict[str, list[int]] = {}
        self._paths: dict[str, list[int]] = {}
        self._endings: list[tuple[str, int]] = []
        self._others: list[int] = []
        for number, each in enumerate(self.rules):
            self._sort(number, each)
        self._ends = tuple({ending for ending, _ in self._endings})
        self._folders: dict[str, bool] = {}

    def _sort(self, number: int, each: Rule) -> None:
        """Most rules are a name, a path or an ending, which are found without trying each."""
        rest = each.tokens[1:] if each.tokens[:1] == (STAR,) and each.segments is None else each.tokens
        if not all(isinstance(token, str) and token != STAR for token in rest):
            self._others.append(number)
            return
        plain = "".join(token[1:] for token in rest if isinstance(token, str))
        if rest is not each.tokens:
            self._endings.append((plain, number))
        else:
            (self._names if each.segments is None else self._paths).setdefault(plain, []).append(number)

    def check(self, path: str) -> bool | None:
        """Does git leave it alone? None if no rule says. What is in a folder that is left out can't be taken in again."""
        return self._check(_bytes(path))

    def _check(self, path: str) -> bool | None:
        folder, _, _ = path.removesuffix("/").rpartition("/")
        return True if folder and self._left(folder) else self._verdict(path)

    def _left(self, folder: str) -> bool:
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._check(f"{folder}/") is True
        return known

    def match(self, path: str) -> bool:
        """Does the last rule that names the path, or a folder above it, take it in?"""
        number = self._deciding(path)
        return number >= 0 and not self.rules[number].negated

    def why(self, path: str) -> str:
        """The line that decides about the path, or a folder above it; empty if none does."""
        number = self._deciding(path)
        return self.rules[number].text if number >= 0 else ""

    def _deciding(self, path: str) -> int:
        path = _bytes(path)
        number = self._last(path)
        while path := path.removesuffix("/").rpartition("/")[0]:
            number = max(number, self._last(f"{path}/"))
        return number

    def _verdict(self, path: str) -> bool | None:
        number = self._last(path)
        return None if number < 0 else not self.rules[number].negated

    def _last(self, path: str) -> int:
        """The number of the last rule that fits, -1 if none does."""
        folder = path.endswith("/")
        path = path[:-1] if folder else path
        name = path.rpartition("/")[2]
        best = -1
        for number in self._names.get(name, ()):
            if folder or not self.rules[number].only_folders:
                best = number
        for number in self._paths.get(path, ()):
            if number > best and (folder or not self.rules[number].only_folders):
                best = number
        if name.endswith(self._ends):
            for ending, number in self._endings:
                if number > best and name.endswith(ending) and (folder or not self.rules[number].only_folders):
                    best = number
        for number in reversed(self._others):
            if number < best:
                break
            if self.rules[number].fits(path, name, folder):
                return number
        return best


_rule = lru_cache(maxsize=1_024)(rule)
