"""Regular expressions that are compiled at their first use: most runs need a third of those that they come across.

What was compiled is kept in the bundle (`bundle.py`), so that a short run compiles none, and doesn't need the compiler:
in a process of hullcheck's own, `re` is a module whose body runs when something is asked of it that isn't kept.
"""

from __future__ import annotations

import sys

from hullcheck.deferred import fill

TYPE_CHECKING = False  # type checkers know this name; to import typing for it takes long

if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, AnyStr

    Key = tuple[bool, int, str | bytes]
    """Whether it is of bytes, its flags, and the expression: bytes and text are never compared."""

    Kept = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]
    """All flags, the code, the number of groups, and their names: what the interpreter makes the expression of."""

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
_FUNCTIONS = ("compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer")

_FLAGS = {
    "A": 256, "ASCII": 256, "I": 2, "IGNORECASE": 2, "M": 8, "MULTILINE": 8, "S": 16, "DOTALL": 16, "X": 64, "VERBOSE": 64
}  # fmt: skip

MOST = 4096
"""Expressions that are kept; the sources have fewer than half as many."""

kept: dict[Key, Kept] = {}
missed: set[Key] = set()
"""Expressions of the sources that had to be compiled."""
_real: dict[str, Any] = {}
_MOST_STRANGE = 256
_strange = 0
_compiled: dict[Key, re.Pattern[Any]] = {}


def pattern(expression: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The expression as `re.compile` gives it, but not before it is used."""
    made: Any = Pattern(expression, flags)
    return made  # type: ignore[no-any-return]


class Pattern:
    """What stands for a compiled expression, and hands its methods on."""

    def __init__(self, expression: str | bytes, flags: int) -> None:
        self.pattern = expression
        self._flags = flags

    def __repr__(self) -> str:
        return f"pattern({self.pattern!r})"

    def __getattr__(self, name: str) -> Any:
        compiled: Any = _compile(self.pattern, self._flags)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)  # and never again through here
        return getattr(compiled, name)


def compile_now(expression: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """An expression that stands in the sources, compiled; it may be kept."""
    key = isinstance(expression, bytes), int(flags), expression
    found: re.Pattern[AnyStr] | None = _compiled.get(key)
    if found is None:
        found = _compiled[key] = _compile(expression, flags)
    return found


def stands_in(word: str, text: str) -> bool:
    """Does the word stand in the text by itself, with no letter, digit, `_`, `.` or `-` on either side?"""
    at = text.find(word)
    while at >= 0:
        beside = text[max(at - 1, 0) : at] + text[at + len(word) : at + len(word) + 1]
        if not any(char.isalnum() or char in "_.-" for char in beside):
            return True
        at = text.find(word, at + 1)
    return False


def _compile(expression: Any, flags: int) -> Any:
    key = isinstance(expression, bytes), int(flags), expression
    known = kept.get(key)
    if known is not None:
        try:
            return _made(expression, known)
        except (RuntimeError, TypeError, ValueError, OverflowError):
            del kept[key]  # it was spoilt
    missed.add(key)
    return _of_re()["compile"](expression, flags)


def _made(expression: Any, known: Kept) -> Any:
    import _sre  # type: ignore[import-not-found]

    making: Any = _sre
    flags, code, groups, index, names = known
    return making.compile(expression, flags, list(memoryview(code).cast("I")), groups, index, names)


def to_keep(key: Key) -> Kept | None:
    """What an expression is made of; None where this Python makes it in another way than is known here."""
    import re

    _, flags, expression = key
    try:
        import re._compiler as compiler  # type: ignore[import-not-found]
        import re._parser as parser  # type: ignore[import-not-found]

        parsed = parser.parse(expression, flags)
        code = b"".join(word.to_bytes(4, sys.byteorder) for word in compiler._code(parsed, flags))
        state = parsed.state
        names = [None] * state.groups
        for name, number in state.groupdict.items():
            names[number] = name
        known = flags | state.flags, code, state.groups - 1, state.groupdict, tuple(names)
        return known if _made(expression, known) == re.compile(expression, flags) else None
    except (ImportError, AttributeError, TypeError, ValueError, OverflowError, RuntimeError):
        return None


def stand_ins() -> dict[str, object]:
    """What answers for the module `re` as long as all that is asked of it is kept."""
    return {**_FLAGS, **{name: _served(name) for name in _FUNCTIONS}}


def _of_re() -> dict[str, Any]:
    """The functions of the module `re`, its body having run; what stands in for them stays, to learn what else is asked."""
    import re

    before = {name: getattr(re, name) for name in _FUNCTIONS}
    fill("re")
    if not _real:
        _real.update((name, getattr(re, name)) for name in _FUNCTIONS)
        re.__dict__.update(before)
    return _real


def _served(name: str) -> Callable[..., Any]:
    """A function of `re`, which takes an expression that is kept from there."""
    count = {"compile": 0, "sub": 2}.get(name, 1)

    def function(expression: Any, *arguments: Any, **named: Any) -> Any:
        rest = arguments[count:]
        flags = named.get("flags", rest[0] if rest else 0)
        is_plain = isinstance(expression, (str, bytes)) and (not rest or name not in ("sub", "split"))
        compiled = _constant(expression, flags, sys._getframe(1)) if is_plain else None
        if compiled is None:
            return _of_re()[name](expression, *arguments, **named)
        named.pop("flags", None)
        return getattr(compiled, name)(*arguments[:count], **named) if count else compiled

    return function


def _constant(expression: str | bytes, flags: int, caller: FrameType) -> re.Pattern[Any] | None:
    """The expression, compiled, if it stands in the source that asks for it: what is made of an input isn't kept."""
    key = isinstance(expression, bytes), int(flags), expression
    found = _compiled.get(key)
    if found is None and (key in kept or _is_constant(expression, caller)):
        found = _compiled[key] = _compile(expression, flags)
    return found


def _is_constant(expression: str | bytes, caller: FrameType) -> bool:
    """Does it stand in the source? Of those that don't, so many are looked for, and then no more are."""
    global _strange
    if _strange >= _MOST_STRANGE:
        return False
    is_one = any(expression is constant for constant in (*caller.f_code.co_consts, *caller.f_globals.values()))
    _strange += not is_one
    return is_one
