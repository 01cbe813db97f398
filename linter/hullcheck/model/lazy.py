"""Expressions that cost nothing until they are used: most runs need few of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from hullcheck.patterns import compile_now
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import re


_METHODS = ("match", "fullmatch", "search", "finditer", "findall", "sub")


class Lazy:
    """A regular expression that is compiled at its first use."""

    def __init__(self, expression: str, flags: int = 0, *, most: int = 0) -> None:
        """`most` is the length beyond which a text is taken not to match, for an expression that takes its square."""
        self._expression = expression
        self._flags = flags
        self.most = most

    def __repr__(self) -> str:
        return f"Lazy({self._expression!r})"

    @cached_property
    def compiled(self) -> "re.Pattern[str]":
        compiled = compile_now(self._expression, self._flags)
        if not self.most:  # ours have nothing to add from now on
            self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return compiled

    def _long(self, text: str) -> bool:
        return bool(self.most) and len(text) > self.most

    def match(self, text: str, start: int = 0) -> "re.Match[str] | None":
        return None if self._long(text) else self.compiled.match(text, start)

    def fullmatch(self, text: str) -> "re.Match[str] | None":
        return None if self._long(text) else self.compiled.fullmatch(text)

    def search(self, text: str) -> "re.Match[str] | None":
        return None if self._long(text) else self.compiled.search(text)

    def finditer(self, text: str) -> "Iterator[re.Match[str]]":
        return iter(()) if self._long(text) else self.compiled.finditer(text)

    def findall(self, text: str) -> list[str]:
        found: list[str] = [] if self._long(text) else self.compiled.findall(text)
        return found

    def sub(self, replacement: "str | Callable[[re.Match[str]], str]", text: str, count: int = 0) -> str:
        return text if self._long(text) else self.compiled.sub(replacement, text, count=count)
