"""File name patterns, matched in time linear in pattern times name: .helmignore's and those of `.Files.Glob`."""

from __future__ import annotations

from hullcheck.tuples import NamedTuple

MAX_PATTERN = 400
MAX_ALTERNATIVES = 64


class _Part(NamedTuple):
    """`what`: char, any (one character), star (any but `/`), deep (any), set."""

    what: str
    chars: str = ""
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False


def matches(pattern: str, name: str, deep: bool = False) -> bool | None:
    """Does the whole name match? None if the pattern is none. `deep`: with `**` and `{a,b}`, as in `.Files.Glob`."""
    if len(pattern) > MAX_PATTERN:
        return None
    alternatives = _alternatives(pattern) if deep else [pattern]
    if alternatives is None:
        return None
    parsed = [_parse(each, deep) for each in alternatives]
    if any(parts is None for parts in parsed):
        return None
    return any(_match(parts, name) for parts in parsed if parts is not None)


def _alternatives(pattern: str) -> list[str] | None:
    """The patterns that one with braces stands for."""
    found, pending = [], [pattern]
    while pending:
        each = pending.pop()
        start = _unescaped(each, "{", 0)
        if start < 0:
            found.append(each)
            continue
        end = _unescaped(each, "}", start)
        if end < 0 or len(found) + len(pending) > MAX_ALTERNATIVES:
            return None
        pending += [each[:start] + part + each[end + 1 :] for part in each[start + 1 : end].split(",")]
    return found


def _unescaped(text: str, char: str, start: int) -> int:
    at = text.find(char, start)
    while at > 0 and text[at - 1] == "\\":
        at = text.find(char, at + 1)
    return at


def _parse(pattern: str, deep: bool) -> list[_Part] | None:
    parts = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if deep and pattern[at : at + 1] == "*":
                at += 1
                parts.append(_Part("deep"))
            else:
                parts.append(_Part("star"))
        elif char == "?":
            parts.append(_Part("any"))
        elif char == "[":
            part, at = _set(pattern, at)
            if part is None:
                return None
            parts.append(part)
        elif char == "\\":
            if at >= len(pattern):
                return None
            parts.append(_Part("char", pattern[at]))
            at += 1
        else:
            parts.append(_Part("char", char))
    return parts


def _set(pattern: str, at: int) -> tuple[_Part | None, int]:
    negated = pattern[at : at + 1] in ("^", "!") and at < len(pattern)
    at += negated
    ranges: list[tuple[str, str]] = []
    while at < len(pattern) and (pattern[at] != "]" or not ranges):
        at += pattern[at] == "\\"
        low = high = pattern[at : at + 1]
        at += 1
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high = pattern[at + 1]
            at += 2
        ranges.append((low, high))
    if at >= len(pattern):
        return None, at
    return _Part("set", ranges=tuple(ranges), negated=negated), at + 1


def _match(parts: list[_Part], name: str) -> bool:
    states = _spread(parts, {0})
    for char in name:
        following = set()
        for state in states:
            if state == len(parts):
                continue
            part = parts[state]
            if part.what in ("star", "deep"):
                if part.what == "deep" or char != "/":
                    following.add(state)
            elif _takes(part, char):
                following.add(state + 1)
        states = _spread(parts, following)
        if not states:
            return False
    return len(parts) in states


def _spread(parts: list[_Part], states: set[int]) -> set[int]:
    """These states, and those that are reached without a character."""
    found = set(states)
    for state in states:
        while state < len(parts) and parts[state].what in ("star", "deep"):
            state += 1
            found.add(state)
    return found


def _takes(part: _Part, char: str) -> bool:
    if part.what == "char":
        return char == part.chars
    if char == "/":
        return False
    return part.what == "any" or any(low <= char <= high for low, high in part.ranges) != part.negated


class _Rule(NamedTuple):
    negated: bool
    folders: bool
    by_name: bool
    pattern: str
    how: str

    def fits(self, path: str) -> bool:
        name = path.rpartition("/")[2] if self.by_name else path
        if self.how == "plain":
            return name == self.pattern
        return name.endswith(self.pattern[1:]) if self.how == "end" else bool(matches(self.pattern, name))


def _how(rule: str, by_name: bool) -> str:
    """The cheapest way to match it: `plain` text, the `end` of a name, or the whole `pattern`."""
    if not any(char in rule for char in "*?[\\"):
        return "plain"
    return "end" if by_name and rule[:1] == "*" and not any(char in rule[1:] for char in "*?[\\") else "pattern"


class Ignore:
    """The rules of a .helmignore file: the first that matches decides; a negated one that doesn't match ignores."""

    def __init__(self, text: str) -> None:
        self.rules: list[_Rule] = []
        self.folders: dict[str, bool] = {}
        for line in [*text.split("\n"), "templates/.?*"]:
            rule = line.strip()
            if not rule or rule.startswith("#") or "**" in rule or matches(rule, "abc") is None:
                continue
            negated = rule.startswith("!")
            rule = rule[1:] if negated else rule
            folder = rule.endswith("/")
            rule = rule.removesuffix("/")
            by_name = "/" not in rule
            rule = rule.removeprefix("/")
            self.rules.append(_Rule(negated, folder, by_name, rule, _how(rule, by_name)))

    def ignores(self, path: str) -> bool:
        """Is the file ignored, or any folder that it is in?"""
        return self._ignores_folder(path.rpartition("/")[0]) or self._ignores(path, False)

    def _ignores_folder(self, path: str) -> bool:
        if not path:
            return False
        if path not in self.folders:
            above = path.rpartition("/")[0]
            self.folders[path] = self._ignores_folder(above) or self._ignores(path, True)
        return self.folders[path]

    def _ignores(self, path: str, is_folder: bool) -> bool:
        for rule in self.rules:
            if rule.negated:
                if (rule.folders and not is_folder) or not rule.fits(path):
                    return True
            elif (is_folder or not rule.folders) and rule.fits(path):
                return True
        return False
