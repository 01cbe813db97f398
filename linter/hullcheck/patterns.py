"""Regular expressions that are compiled at their first use: most runs need a third of those that they come across."""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know this name; to import typing for it takes long

if TYPE_CHECKING:
    import re
    from typing import Any, AnyStr

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")


def pattern(expression: "AnyStr", flags: int = 0) -> "re.Pattern[AnyStr]":
    """The expression as `re.compile` gives it, but not before it is used."""
    made: Any = Pattern(expression, flags)
    return made  # type: ignore[no-any-return]


class Pattern:
    """What stands for a compiled expression, and hands its methods on."""

    def __init__(self, expression: "str | bytes", flags: int) -> None:
        self.pattern = expression
        self._flags = flags

    def __repr__(self) -> str:
        return f"pattern({self.pattern!r})"

    def __getattr__(self, name: str) -> "Any":
        import re

        compiled = re.compile(self.pattern, self._flags)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)  # and never again through here
        return getattr(compiled, name)
