"""What a Tiltfile builds: the calls of `docker_build` and its like, with the arguments that are plain texts.

See https://docs.tilt.dev/api.html#api.docker_build
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from hullcheck.model.lazy import Lazy
from hullcheck.tuples import NamedTuple

MAX_CALLS = 200
MAX_TOKENS = 2_000
"""Of one call."""

_CALL = Lazy(r"(?<![\w.])(?:docker_build|docker_build_with_restart|podman_build)[ \t]*+\(")
_TOKEN = Lazy(
    r"(?:\s++|#[^\n]*+)*+(?:r?(?P<string>\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+')"
    r"|(?P<name>[A-Za-z_]\w*+)[ \t]*+=(?!=)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|(?P<colon>:)|(?P<other>[^\s\"'()\[\]{},:#]++))"
)

Said = str | dict[str, str | None] | None
"""A text, or a mapping of texts; None is what isn't known."""


class Call(NamedTuple):
    """A call, where it stands, its arguments by name; those without are named as the function does.

    `inline` is where the text of a Dockerfile stands that the call holds itself.
    """

    start: int
    end: int
    said: dict[str, Said]
    inline: tuple[int, int] | None = None


def calls(text: str) -> Iterator[Call]:
    """The calls that build an image from a Dockerfile."""
    if "_build" in text:
        for match in islice(_CALL.finditer(text), MAX_CALLS):
            found = _call(text, match.start(), match.end())
            if found is not None:
                yield found


def _call(text: str, start: int, at: int) -> Call | None:
    said: dict[str, Said] = {}
    inline = None
    name, number, depth = "", 0, 1
    values: list[str | None] = []
    pairs: dict[str, str | None] = {}
    mapping = False
    for _ in range(MAX_TOKENS):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        kind = match.lastgroup
        if kind == "close":
            depth -= 1
        if (kind == "comma" and depth == 1) or (kind == "close" and depth == 0):
            if values or mapping:
                key = name or ("ref", "context")[number] if name or number < 2 else ""
                said[key] = pairs if mapping else values[0] if len(values) == 1 else None
            number += 1
            name, values, pairs, mapping = "", [], {}, False
            if depth == 0:
                said.pop("", None)
                return Call(start, at, said, inline if isinstance(said.get("dockerfile_contents"), str) else None)
        elif kind == "name" and depth == 1 and not values:
            name = match["name"]
        elif kind == "open":
            depth += 1
            mapping = mapping or (match["open"] == "{" and depth == 2 and not values)
            if depth == 2 and not mapping:
                values.append(None)
        elif mapping:
            if kind == "string" and depth == 2:
                values.append(_unquoted(match["string"]))
            elif kind in ("other", "name"):
                values.append(None)
            if kind == "colon" or len(values) < 2:
                continue
            word, values = values[-2], values[:-2]
            if word is not None:
                pairs[word] = _plain_value(match)
            elif pairs:  # the value before goes on: `'a' + b`
                pairs[next(reversed(pairs))] = None
        elif kind == "string":
            values.append(_unquoted(match["string"]))
            if name == "dockerfile_contents":
                quotes = 3 if match["string"][:3] in ('"""', "'''") else 1
                inline = (match.start("string") + quotes, match.end("string") - quotes)
        elif kind in ("other", "name"):
            values.append(None)
    return None


def _plain_value(match: "re.Match[str]") -> str | None:
    string: str | None = match["string"]
    return _unquoted(string) if string is not None else None


def _unquoted(literal: str) -> str | None:
    """A literal's text, if it holds nothing that stands for something else."""
    quotes = 3 if literal[:3] in ('"""', "'''") else 1
    inner = literal[quotes:-quotes]
    return None if "\\" in inner and quotes == 1 else inner
