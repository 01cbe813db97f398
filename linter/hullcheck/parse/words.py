"""How a Dockerfile's instructions take their arguments apart, as BuildKit's parser does."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from hullcheck.model.expand import is_refused
from hullcheck.model.instruction import Flag, Pair
from hullcheck.model.text import Text
from hullcheck.patterns import compile_now, pattern
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

BLANKS = "\t\v\f\r "
"""What separates words; other white space, such as a no-break space, is part of a word."""

_WORD = pattern(f"[^{BLANKS}]+")
_BETWEEN = pattern(f"[{BLANKS}]+")
_PLAIN_FLAG = pattern(rf"""--(?P<name>[^{BLANKS}'"\\=]*)(?:=(?P<value>[^{BLANKS}'"\\]*))?(?=[{BLANKS}]|$)""")
_STRING = pattern(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_JSON_PIECE = pattern(r'[^"\\]+|\\u(?P<code>[0-9a-fA-F]{4})|\\(?P<letter>.)')
_UNESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEREDOC = pattern(r"(?P<number>\d*)<<(?P<chomp>-?+)(?P<name>[^<]+)")


class Opener(NamedTuple):
    """A word that opens a heredoc; `expand` is false if its name is quoted, `chomp` true for `<<-`."""

    name: str
    expand: bool
    chomp: bool
    number: int
    location: Location


def blank_separated(text: Text) -> tuple[Text, ...]:
    """The words between blanks; quotes mean nothing here."""
    return tuple(text.slice(*match.span()) for match in _WORD.finditer(text.text))


def flags(text: Text) -> tuple[tuple[Flag, ...], Text]:
    """The `--name=value` words in front, quotes and backslashes taken away, and the rest; a `--` ends them."""
    found: list[Flag] = []
    at, end = 0, len(text)
    while True:
        while at < end and text.text[at] in BLANKS:
            at += 1
        if not text.text.startswith("--", at):
            return tuple(found), text.slice(at, end)
        match = _PLAIN_FLAG.match(text.text, at)
        if match is None:
            flag, at = _quoted_flag(text, at)
        else:
            if match[0] == "--":
                return tuple(found), text.slice(match.end(), end).strip()
            value = None if match["value"] is None else text.slice(*match.span("value"))
            flag, at = Flag(match["name"], value, text.at(*match.span())), match.end()
        found.append(flag)


def _quoted_flag(text: Text, start: int) -> tuple[Flag, int]:
    parts, at, quote = [], start, ""
    while at < len(text) and (quote or text.text[at] not in BLANKS):
        char = text.text[at]
        if char == "\\" and at + 1 < len(text):
            parts.append((text.text[at + 1], at + 1, at + 2))
            at += 1
        elif quote and char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        else:
            parts.append((char, at, at + 1))
        at += 1
    word = text.pick(parts)
    name, equals, _ = word.text.partition("=")
    value = word.slice(len(name) + 1, len(word)) if equals else None
    return Flag(name[2:], value, text.at(start, at)), at


@lru_cache(maxsize=4)
def _argument(escape: str) -> re.Pattern[str]:
    """A word of ENV, LABEL or ARG. (Few files need both escapes, and compiling takes longer than reading a file.)"""
    pattern = r"""(?:[^\s'"ESC]++|ESC(?:.|$)|'[^']*+'?|"(?:[^"ESC]++|ESC(?:.|$))*+"?)++"""
    return compile_now(pattern.replace("ESC", escape * 2 if escape == "\\" else escape), re.DOTALL)


@cache
def _opener() -> re.Pattern[str]:
    """A word of a line that may open heredocs."""
    return compile_now(
        r"""(?:<<[ \t]*+|[^\s'"\\<]++|<|\\.?|'[^']*+(?:'|(?P<open>))"""
        r"""|"(?:[^"\\]++|\\.)*+(?:"|(?P<open2>\\?)))++""",
        re.DOTALL,
    )


def json_words(text: Text) -> tuple[Text, ...] | None:
    """The strings of a JSON array, decoded; None if it isn't an array of strings, so that a shell reads it."""
    if not text.text.startswith("["):
        return None
    found: list[Text] = []
    at = _json_space(text.text, 1)
    while text.text[at : at + 1] != "]" or found:
        match = _STRING.match(text.text, at)
        if match is None:
            return None
        found.append(_decoded(text.slice(match.start() + 1, match.end() - 1)))
        at = _json_space(text.text, match.end())
        if text.text[at : at + 1] != ",":
            break
        at = _json_space(text.text, at + 1)
    closed = text.text[at : at + 1] == "]" and _json_space(text.text, at + 1) == len(text)
    return tuple(found) if closed else None


def _json_space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at


def _decoded(text: Text) -> Text:
    if "\\" not in text.text:
        return text
    parts = []
    for match in _JSON_PIECE.finditer(text.text):
        piece = match[0]
        if match["code"]:
            piece = chr(int(match["code"], 16))
        elif match["letter"]:
            piece = _UNESCAPED.get(match["letter"], match["letter"])
        parts.append((piece, *match.span()))
    return text.pick(_paired(parts))


def _paired(parts: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Surrogate pairs made one character, lone surrogates replaced, as Go's decoder does."""
    joined: list[tuple[str, int, int]] = []
    for piece, start, end in parts:
        last = joined[-1] if joined else ("", 0, 0)
        if "\udc00" <= piece <= "\udfff" and "\ud800" <= last[0] <= "\udbff":
            code = 0x10000 + ((ord(last[0]) - 0xD800) << 10) + ord(piece) - 0xDC00
            joined[-1] = (chr(code), last[1], end)
        else:
            joined.append((piece, start, end))
    return [("\ufffd" if "\ud800" <= p <= "\udfff" and len(p) == 1 else p, s, e) for p, s, e in joined]


def is_json_array(text: str) -> bool:
    """Is it a JSON array, of whatever? The builder refuses one that holds other things than strings."""
    return isinstance(_json(text), list)


def is_json_object(text: str) -> bool:
    return isinstance(_json(text), dict)


def _json(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def arguments(text: Text, escape: str) -> tuple[Text, ...]:
    """The words of ENV, LABEL and ARG: quotes hold blanks together, and stay."""
    return tuple(text.slice(*match.span()) for match in _argument(escape).finditer(text.text))


def pairs(text: Text, escape: str) -> tuple[tuple[Pair, ...], str]:
    """The pairs of ENV and LABEL, and why the builder refuses them, if it does."""
    words = arguments(text, escape)
    if not words:
        return (), "needs at least one argument"
    if "=" not in words[0].text:
        match = _BETWEEN.search(text.text)
        if match is None:
            return (), "needs a name and a value"
        return (Pair(text.slice(0, match.start()), text.slice(match.end(), len(text)), spaced=True),), ""
    found: list[Pair] = []
    for word in words:
        name, equals, _ = word.text.partition("=")
        if not equals:
            return tuple(found), f"has no `=` in `{word.text}`"
        if not name:
            return tuple(found), "has a blank name"
        found.append(Pair(word.slice(0, len(name)), word.slice(len(name) + 1, len(word))))
    return tuple(found), ""


def optional_pairs(text: Text, escape: str) -> tuple[tuple[Pair, ...], str]:
    """The pairs of ARG, whose values may be left out, and why the builder refuses them, if it does."""
    words = arguments(text, escape)
    if not words:
        return (), "needs at least one argument"
    found: list[Pair] = []
    for word in words:
        name, equals, _ = word.text.partition("=")
        if not name:
            return tuple(found), "has a blank name"
        found.append(Pair(word.slice(0, len(name)), word.slice(len(name) + 1, len(word)) if equals else None))
    return tuple(found), ""


def heredocs(text: Text) -> list[Opener]:
    """The words that open heredocs, in order; none where the builder's lexer gives up, for an open quote."""
    if "<<" not in text.text or ("$" in text.text and is_refused(text.text)):
        return []
    found = []
    for match in _opener().finditer(text.text):
        if match["open"] is not None or match["open2"] is not None:
            return []
        opener = _HEREDOC.fullmatch(match[0])
        if opener is None:
            continue
        name, quoted = _unquoted(opener["name"].lstrip() or opener["name"][-1])
        if name:
            number = int(opener["number"][:9] or 0)
            found.append(Opener(name, not quoted, bool(opener["chomp"]), number, text.at(*match.span())))
    return found


def _unquoted(name: str) -> tuple[str, bool]:
    plain = re.sub(r"\\(.)|['\"]", lambda match: match[1] or "", name)
    return plain, "'" in name or '"' in name
