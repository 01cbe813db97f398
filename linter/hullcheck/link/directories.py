"""Which files of a folder an Application of Argo CD takes: `directory.include` and `directory.exclude`.

Their patterns know no folders: a star stands for slashes as well. See
https://argo-cd.readthedocs.io/en/stable/user-guide/directory/#includingexcluding-files
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from hullcheck.model.globs import MAX_PATTERN, Token, matches
from hullcheck.model.node import Node, as_str, at
from hullcheck.tuples import NamedTuple

MAX_ALTERNATIVES = 200
"""What `{a,b}` in one pattern stand for; with more, or where it can't be read, the pattern leaves nothing out."""


MAX_BRACES = 20


class Taken(NamedTuple):
    """The patterns of an Application, empty if it has none."""

    include: str = ""
    exclude: str = ""

    @classmethod
    def of(cls, directory: Node | None) -> Taken:
        return cls(as_str(at(directory, "include")) or "", as_str(at(directory, "exclude")) or "")

    def has(self, path: str) -> bool:
        """Is a file taken? Its path is relative to the folder."""
        if self.exclude and _fits(self.exclude, path, False):
            return False
        return not self.include or _fits(self.include, path, True)


ALL = Taken()


def _fits(pattern: str, path: str, unread: bool) -> bool:
    found = _read(pattern)
    return unread if found is None else any(matches(tokens, path) for tokens in found)


@lru_cache(maxsize=64)
def _read(pattern: str) -> tuple[tuple[Token, ...], ...] | None:
    """What the alternatives of a pattern read; None if it isn't understood."""
    if len(pattern) > MAX_PATTERN or pattern.count("{") > MAX_BRACES or any(char in pattern for char in "[]\\"):
        return None
    found: list[str] = []
    for text in _alternatives(pattern):
        if len(found) == MAX_ALTERNATIVES or "{" in text or "}" in text:
            return None
        found.append(text)
    return tuple(tuple("*" if c == "*" else _any if c == "?" else f"={c}" for c in text) for text in found)


def _any(char: str) -> bool:
    return True


def _alternatives(pattern: str) -> Iterator[str]:
    """The pattern with each choice of what stands in braces; braces inside of others stay."""
    start = pattern.find("{")
    end = pattern.find("}", start)
    if start < 0 or end < 0:
        yield pattern
        return
    for choice in pattern[start + 1 : end].split(","):
        if "{" in choice:
            yield choice
            return
        for rest in _alternatives(pattern[end + 1 :]):
            yield pattern[:start] + choice + rest
