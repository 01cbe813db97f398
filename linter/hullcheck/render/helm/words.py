"""Texts split into words: `snakecase`, `kebabcase` and `camelcase`, for ASCII as the library splits it."""

from __future__ import annotations

import re

from hullcheck.patterns import pattern
from hullcheck.render.helm.functions import go
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Value

_WORD = pattern(
    r"(?P<gap>[-_\s]+)"
    r"|(?P<mark>[!\"#%&'()*,./:;?@\[\]{}\\][-_!\"#%&'()*,./:;?@\[\]{}\\]*)"
    r"|(?P<upper>[A-Z]+(?=[A-Z][a-z])|[A-Z]{2,}|[A-Z][a-z]*)"
    r"|(?P<lower>[a-z]+)"
    r"|(?P<number>[0-9]+)"
    r"|(?P<other>[^-_\sA-Za-z0-9!\"#%&'()*,./:;?@\[\]{}\\]+)"
)
_CAPITALS = pattern(r"(?<![^-_\s])([A-Z])([A-Z]+)")
_GAP = pattern(r"[-_\s]")


@go("snakecase", "string")
def snakecase(value: str) -> Value:
    return _Lowered(value, "_").text() if value.isascii() else _unsupported(value)


@go("kebabcase", "string")
def kebabcase(value: str) -> Value:
    return _Lowered(value, "-").text() if value.isascii() else _unsupported(value)


def _unsupported(value: str) -> Unknown:
    return Unknown("how a text that isn't ASCII is split into words isn't supported", "string", bool(value))


class _Lowered:
    """The words in lower case with a connector between them; a number belongs to letters before it, or after it."""

    def __init__(self, value: str, connector: str) -> None:
        self.words = [(str(match.lastgroup), match[0]) for match in _WORD.finditer(value)]
        self.connector = connector
        self.at = 0
        self.parts: list[str] = []

    @property
    def kind(self) -> str:
        """The kind of the word that comes next, "" at the end."""
        return self.words[self.at][0] if self.at < len(self.words) else ""

    def text(self) -> str:
        while self.at < len(self.words) - 1:
            before = self.kind
            self._take()
            if before == "number":
                self._take_all("lower", "number")
                self._connect()
            elif before not in ("gap", "mark"):
                self._after_letters()
        while self.kind:
            self._take()
        return "".join(self.parts)

    def _after_letters(self) -> None:
        if self.kind != "number":
            self._connect()
        elif self.at + 1 < len(self.words):
            if self.words[self.at + 1][0] == "lower":
                self.parts.append(self.connector)
                self._take_all("lower", "number")
            else:
                self._take()
            self._connect()

    def _take(self) -> None:
        kind, word = self.words[self.at]
        self.at += 1
        self.parts.append(_GAP.sub(self.connector, word.lower()) if kind in ("gap", "upper") else word)

    def _take_all(self, *kinds: str) -> None:
        while self.kind in kinds:
            self._take()

    def _connect(self) -> None:
        if self.kind not in ("", "gap", "mark"):
            self.parts.append(self.connector)


@go("camelcase", "string")
def camelcase(value: str) -> Value:
    """Each word with one capital; gaps vanish but at the start and the end, and of several characters all but one."""
    if not value.isascii():
        return _unsupported(value)
    value = _CAPITALS.sub(lambda match: match[1] + match[2].lower(), value)
    start = len(value) - len(re.sub(r"^[-_\s]+", "", value))
    if start == len(value):
        return value + value[-1:]
    parts = [value[:start]]
    last = value[start].upper()
    for char in value[start + 1 :]:
        if _GAP.match(last) and _GAP.match(char):
            parts.append(last)
        elif _GAP.match(last):
            char = char.upper()
        else:
            parts.append(last)
        last = char
    return "".join([*parts, last])
