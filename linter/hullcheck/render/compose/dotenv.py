"""Files of variables, such as `.env`, as Compose reads them."""

from __future__ import annotations

import re

from hullcheck.patterns import pattern
from hullcheck.render.compose.interpolate import MAX_TEXT, BadTemplateError, Setting, Substitution, Variables
from hullcheck.render.compose.nodes import unmarked
from hullcheck.source import Source

_BLANK = pattern(r"\s*")
_KEY = pattern(r"(?:export[ \t\v\f\r]++)?+(?P<name>[\w.\-\[\] \t\v\f\r]*+)(?P<end>[=:\n]|\Z)")
_SPACE = pattern("[\t\v\f\r \x85\xa0]*")
_ESCAPE = pattern(r"""\\(?:[abcfnrtv$"\\]|0[0-7]{0,3})""")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


class BrokenError(ValueError):
    """The line can't be read; Compose refuses the whole file."""


def raw(source: Source, known: Variables) -> Variables:
    """The variables of a file whose values are taken as they are written; a name alone is that of `known`."""
    found: Variables = {}
    for number in range(1, source.line_count + 1):
        line = source.line(number).lstrip()
        name, equals, text = line.partition("=")
        if not line or line.startswith("#") or not name.strip():
            continue
        if equals:
            found[name.strip()] = Setting(text, source.at_line(number))
        elif name.strip() in known:
            found[name.strip()] = known[name.strip()]
    return found


def variables(source: Source, known: Variables, above: Variables | None = None) -> Variables:
    """The variables that a file sets. Values may use those of `known`, and earlier ones of the file.

    `above` are those that win over the file's own: all of `known`, unless it says otherwise. A line that Compose can't
    read ends the file: it refuses the rest, too.
    """
    above = known if above is None else above
    text = source.text
    found: Variables = {}
    at = 0
    while (at := _skipped(text, at)) < len(text):
        key = _KEY.match(text, at)
        if key is None:
            break
        name = key["name"].strip()
        at = key.end()
        if key["end"] in ("", "\n"):
            if name in known:
                found[name] = known[name]
            continue
        try:
            value, end = _value(text, _SPACE.match(text, at).end(), known | found | above)  # type: ignore[union-attr]
        except (BrokenError, BadTemplateError):
            break
        found[name] = Setting(value, source.at(key.start("name"), end))
        at = end
    return found


def _skipped(text: str, at: int) -> int:
    """Where the next line that says something starts."""
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if not text.startswith("#", at):
            return at
        newline = text.find("\n", at)
        at = len(text) if newline < 0 else newline


def _value(text: str, at: int, known: Variables) -> tuple[str, int]:
    quote = text[at : at + 1]
    if quote not in ("'", '"'):
        newline = text.find("\n", at)
        end = len(text) if newline < 0 else newline
        written = text[at:end].partition(" #")[0].rstrip()
        return _expanded(written, known), end
    written, end = _quoted(text, at, quote)
    return (_expanded(_ESCAPE.sub(_unescaped, written), known) if quote == '"' else written), end


def _quoted(text: str, at: int, quote: str) -> tuple[str, int]:
    found: list[str] = []
    start = at = at + 1
    while True:
        end = text.find(quote, at)
        if end < 0:
            raise BrokenError("unterminated quoted value")
        backslashes = end
        while backslashes > start and text[backslashes - 1] == "\\":
            backslashes -= 1
        if (end - backslashes) % 2 == 0:
            found.append(text[start:end])
            return "".join(found), end + 1
        found.append(text[start : end - 1] + quote)
        start = at = end + 1


def _unescaped(match: "re.Match[str]") -> str:
    code = match.group()[1:]
    if code == "$":
        return "$$"
    if code[0] == "0":
        return chr(int(code[1:], 8)) if len(code) == 4 and int(code[1:], 8) < 256 else match.group()
    return _ESCAPES.get(code, match.group())


def _expanded(text: str, known: Variables) -> str:
    if "$" not in text:
        return text
    return unmarked(Substitution(text[:MAX_TEXT], known).text)
