"""`--set a.b[0]=c,d={e,f}`: values given on the command line."""

from __future__ import annotations

from hullcheck.patterns import pattern
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.values import Int64, List, Map, Value

MAX_INDEX = 65_536
MAX_DEPTH = 30

_INDEX = pattern(r"\[([0-9]{1,6})\]")
_INT = pattern(r"-?(?:0|[1-9][0-9]{0,18})")


def apply_set(values: Map, text: str) -> None:
    """Change `values` as one `--set` says. Raises TemplateError where Helm refuses it."""
    at = 0
    while at < len(text):
        path, at = _path(text, at)
        value, at = _value(text, at)
        _put(values, path, value)


def _path(text: str, at: int) -> tuple[list[str | int], int]:
    """Keys and indexes up to the `=`, and the offset behind it."""
    path: list[str | int] = []
    while len(path) < MAX_DEPTH:
        key, at = _word(text, at, ".[=,")
        if not key:
            break
        path.append(key)
        while match := _INDEX.match(text, at):
            path.append(int(match[1]))
            at = match.end()
        stop = text[at : at + 1]
        at += 1
        if stop == "=":
            return path, at
        if stop != ".":
            break
    raise TemplateError(f"`{text[:100]}` isn't of the form key=value")


def _word(text: str, at: int, stops: str) -> tuple[str, int]:
    """The text up to one of `stops` that isn't escaped."""
    chars = []
    while at < len(text) and text[at] not in stops:
        at += text[at] == "\\" and at + 1 < len(text)
        chars.append(text[at])
        at += 1
    return "".join(chars), at


def _value(text: str, at: int) -> tuple[Value, int]:
    if not text.startswith("{", at):
        word, at = _word(text, at, ",")
        return _typed(word), at + 1
    items = List()
    while not text.startswith("}", at):
        word, at = _word(text, at + 1, ",}")
        if at >= len(text):
            raise TemplateError("a list in a --set that isn't closed")
        items.append(_typed(word))
    return items, at + 2


def _typed(word: str) -> Value:
    if word in ("true", "false"):
        return word == "true"
    if word == "null":
        return None
    if _INT.fullmatch(word) and -(2**63) <= int(word) < 2**63 and word != "-0":
        return Int64(word)
    return word


def _put(values: Value, path: list[str | int], value: Value) -> None:
    for at, step in enumerate(path):
        last = at == len(path) - 1
        if isinstance(step, int):
            values = _grown(values, step)
        current = value if last else _below(values, step, path[at + 1])
        values[step] = current
        values = current


def _grown(items: Value, index: int) -> Value:
    if index > MAX_INDEX:
        raise TemplateError("an index in a --set that is too large")
    items.extend([None] * (index + 1 - len(items)))
    return items


def _below(values: Value, step: str | int, following: str | int) -> Value:
    """What is there already, or a new list or map."""
    kind = List if isinstance(following, int) else Map
    old = values[step] if isinstance(step, int) else values.get(step)
    if old is None:
        return kind()
    if not isinstance(old, list if kind is List else dict):
        raise TemplateError(f"`{step}` in a --set is something else already")
    return old
