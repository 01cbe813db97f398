"""`toYaml`: values written as Go's YAML library writes them, each scalar with its place."""

from __future__ import annotations

import math
from functools import cmp_to_key

from hullcheck.patterns import pattern
from hullcheck.render.helm.errors import TemplateError, UndecidedError
from hullcheck.render.helm.limits import check_depth, spend, spend_text
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.provenance import (
    MARKER,
    Run,
    Text,
    Unsure,
    only_origin,
    readable,
    runs_of,
    text,
    unknown_text,
)
from hullcheck.render.helm.scalars import is_plain_string
from hullcheck.render.helm.show import float_text
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Host, NilList, Value, is_list, kind
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import re

WIDTH = 80
MAX_KEY = 128

_ODD_ASCII = pattern(r"[^\n\x20-\x7e]")
_ODD = pattern(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_LINE_BREAKS = "\r\n\x85\u2028\u2029"
_ESCAPES = {
    "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e",
    '"': '"', "\\": "\\", "\x85": "N", "\xa0": "_", "\u2028": "L", "\u2029": "P",
}  # fmt: skip
_UNREADABLE = pattern("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
_RARE_BREAKS = "\x85\u2028\u2029"
_FIRST = frozenset("#,[]{}&*!|>'\"%@`")


def to_yaml(value: Value, indent_lists: bool = False) -> str:
    """The value as YAML, without a line break at the end."""
    writer = _Writer(indent_lists)
    writer.value(value, -2, 0)
    return writer.done()


def sorted_keys(value: dict[str, Value]) -> list[str]:
    """A map's keys in the order in which they are written: digits by their number, letters after the rest."""
    keys = list(value)
    if len(keys) < 2:
        return keys
    return sorted(keys, key=cmp_to_key(_compare))


def _compare(a: str, b: str) -> int:
    for at, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return _compare_at(a, b, at)
    return len(a) - len(b)


def _compare_at(a: str, b: str, at: int) -> int:
    x, y = a[at], b[at]
    if x.isalpha() and y.isalpha():
        return -1 if x < y else 1
    if x.isalpha() or y.isalpha():
        return -1 if y.isalpha() else 1
    lead = ""
    if "0" in (x, y):
        before = at - 1
        while before >= 0 and a[before].isdecimal():
            if a[before] != "0":
                lead = "1"
                break
            before -= 1
    first, second = _digits_at(a, at), _digits_at(b, at)
    one, two = int(lead + first or 0), int(lead + second or 0)
    if one != two:
        return one - two
    if len(first) != len(second):
        return len(first) - len(second)
    return -1 if x < y else 1


def _digits_at(value: str, at: int) -> str:
    end = at
    while end < len(value) and value[end].isdecimal() and end - at < 18:
        end += 1
    return value[at:end]


class _Writer:
    """Collects text and its runs, and knows the column, at which long lines are folded."""

    def __init__(self, indent_lists: bool) -> None:
        self.parts: list[str] = []
        self.runs: list[Run] = []
        self.column = 0
        self.extra = 2 if indent_lists else 0

    def put(self, value: str, origin: Origin | None = None) -> None:
        if not value:
            return
        self.parts.append(value)
        newline = value.rfind("\n")
        self.column = self.column + len(value) if newline < 0 else len(value) - newline - 1
        if self.runs and self.runs[-1][1] is origin and (origin is None or not origin.exact):
            length, _, shift, via = self.runs[-1]
            self.runs[-1] = (length + len(value), origin, shift, via)
        else:
            self.runs.append((len(value), origin, 0, None))

    def done(self) -> str:
        whole = "".join(self.parts)
        return whole if all(run[1] is None for run in self.runs) else text(whole, self.runs)

    def value(self, value: Value, indent: int, depth: int) -> None:
        """Write a value whose parent stands at `indent`; the cursor is where it starts."""
        spend()
        check_depth(depth)
        if isinstance(value, dict):
            self._map(value, indent, depth)
        elif is_list(value) and not isinstance(value, bytes | NilList):
            self._list(value, indent, depth)
        else:
            self._scalar(value, max(indent, 0) if indent >= 0 else 0)

    def _map(self, value: dict[str, Value], indent: int, depth: int) -> None:
        if not value:
            self.put("{}", only_origin(value))
            return
        for number, key in enumerate(sorted_keys(value)):
            if number:
                self.put("\n" + " " * (indent + 2))
            item = value[key]
            if self._key(key, indent + 2):
                self.put(" ")
                self.value(item, indent + 2, depth + 1)
            else:
                self._item(item, indent + 2, depth)

    def _key(self, key: str, indent: int) -> bool:
        """Write a key; whether it needed a `?`, and so a line of its own."""
        if "\n" in key or "\r" in key or len(key) > MAX_KEY or len(key.encode("utf-8", "surrogateescape")) > MAX_KEY:
            self.put("? ")
            self._string(key, indent)
            self.put("\n" + " " * indent + ":")
            return True
        origin = only_origin(key)
        self.put(_key_text(str(key)), origin)
        self.put(":", origin)
        return False

    def _item(self, item: Value, indent: int, depth: int) -> None:
        """The value behind a key that stands at `indent`."""
        if isinstance(item, dict) and item:
            self.put("\n" + " " * (indent + 2))
            self.value(item, indent, depth + 1)
        elif isinstance(item, list) and item:
            self.put("\n" + " " * (indent + self.extra))
            self.value(item, indent - 2 + self.extra, depth + 1)
        else:
            self.put(" ")
            self.value(item, indent, depth + 1)

    def _list(self, value: list[Value], indent: int, depth: int) -> None:
        if not value:
            self.put("[]", only_origin(value))
            return
        for number, item in enumerate(value):
            if number:
                self.put("\n" + " " * (indent + 2))
            self.put("- ")
            self.value(item, indent + 2, depth + 1)

    def _scalar(self, value: Value, indent: int) -> None:
        what = kind(value)
        if isinstance(value, Unknown):
            self._plain(unknown_text(value), MARKER)
        elif what == "string":
            self._string(value, indent)
        elif isinstance(value, bytes):
            import base64

            self._string(base64.b64encode(value).decode(), indent)
        elif isinstance(value, Host):
            self._string(value.show(), indent)
        else:
            self.put(plain_text(value, what), only_origin(value))

    def _string(self, value: str, indent: int) -> None:
        spend_text(len(value))
        origin = string_origin(value)
        plain = readable(str(value))
        if not plain.isascii() or "\x7f" in plain:
            _check(plain)
        style = _style(plain)
        if style == "|":
            self._literal(plain, indent + 2, origin)
        elif style == "":
            self._plain(value, _folded(plain, self.column, indent + 2))
        elif style == "'":
            folded = _folded(plain, self.column + 1, indent + 2)
            self.put("'" + folded.replace("'", "''") + "'", origin)
        else:
            self.put(_double(plain, self.column, indent + 2), origin)

    def _plain(self, value: str, written: str) -> None:
        """Text written as it is keeps all of its places, another one only the place of the whole."""
        if written == value and isinstance(value, Text):
            self.runs += runs_of(value)
            self.parts.append(written)
            self.column += len(written)
        else:
            self.put(written, string_origin(value))

    def _literal(self, value: str, indent: int, origin: Origin | None) -> None:
        hint = "2" if value[0] in " " + _LINE_BREAKS else ""
        chomp = "-" if value[-1] not in _LINE_BREAKS else ""
        if not chomp and (len(value) == 1 or value[-2] in _LINE_BREAKS):
            chomp = "+"
        pad = " " * indent
        lines = value.split("\n")
        if lines[-1] == "":
            lines.pop()
        spend_text(len(value) + len(lines) * indent)
        self.put(f"|{hint}{chomp}\n" + "\n".join(pad + line if line else "" for line in lines), origin)


def string_origin(value: str) -> Origin | None:
    """One place for a whole string; of several, the first that isn't known."""
    if isinstance(value, Unsure):
        return next(run[1] for run in value.runs if run[1] is not None and run[1].unknown)
    origin = only_origin(value)
    if origin is not None and origin.exact:
        shift = value.runs[0][2] if isinstance(value, Text) else 0
        return Origin(origin.source, origin.start + shift, origin.start + shift + len(value))
    return origin


def plain_text(value: Value, what: str) -> str:
    """A scalar that is no string, as YAML."""
    if value is None or isinstance(value, NilList):
        return "null"
    if what == "bool":
        return "true" if value else "false"
    if what == "float64":
        number = float(value)
        if not math.isfinite(number):
            raise TemplateError("a number that JSON can't hold")
        # It passes through JSON, whose digits are those of the float, and comes back as an integer if it fits.
        whole = number.is_integer() and -(2**63) <= number < 2**64
        return float_text(number or 0.0, upper=21 if whole else 6)
    return int.__repr__(value)


def _style(value: str) -> str:
    """Nothing for plain, or the quote or indicator that the string is written with."""
    odd = _odd(value).search(value) is not None
    if "\n" in value:
        return '"' if odd or " \n" in value or value[-1] == " " else "|"
    if odd or not is_plain_string(value):
        return '"'
    return "" if _plain_allowed(value) else "'"


def _odd(text: str) -> "re.Pattern[str]":
    """What isn't written as it is; to compile the expression for all of Unicode takes as long as to render a chart."""
    return _ODD_ASCII if text.isascii() else _ODD


def _plain_allowed(value: str) -> bool:
    if value[0] == " " or value[-1] == " " or value[:3] in ("---", "..."):
        return False
    if value[0] in _FIRST or (value[0] in "?:-" and (len(value) == 1 or value[1] in " \t")):
        return False
    if value.endswith(":") or ": " in value or ":\t" in value:
        return False
    return " #" not in value and "\t#" not in value


def _check(value: str) -> None:
    """The library reads what it has written as JSON, and YAML doesn't take every character there."""
    if _UNREADABLE.search(value):
        raise TemplateError("control characters are not allowed")
    if any(char in value for char in _RARE_BREAKS):
        raise UndecidedError("how line breaks other than CR and LF are written isn't supported")


def _key_text(key: str) -> str:
    """A key that is short enough for its line: never folded, never a block."""
    _check(key)
    style = _style(key)
    if style == '"':
        return _double(key, -(10**9), 0)
    return f"'{key.replace(chr(39), chr(39) * 2)}'" if style == "'" else key


def _folded(value: str, column: int, indent: int) -> str:
    """The text with line breaks where it is too long for one line."""
    if column + len(value) <= WIDTH or " " not in value:
        return value
    parts = []
    spaces = False
    for at, char in enumerate(value):
        if char == " ":
            after = value[at + 1] if at + 1 < len(value) else ""
            if not spaces and column > WIDTH and after and after != " " and at > 0:
                parts.append("\n" + " " * indent)
                column = indent
            else:
                parts.append(char)
                column += 1
            spaces = True
        else:
            parts.append(char)
            column += 1
            spaces = False
    return "".join(parts)


def _double(value: str, column: int, indent: int) -> str:
    parts = ['"']
    column += 1
    spaces = False
    for at, char in enumerate(value):
        if char == " " and not spaces and column > WIDTH and 0 < at < len(value) - 1:
            escape = "\\" if value[at + 1] == " " else ""
            parts.append("\n" + " " * indent + escape)
            column = indent + len(escape)
            spaces = True
            continue
        written = _escaped(char)
        parts.append(written)
        column += len(written)
        spaces = char == " "
    return "".join([*parts, '"'])


def _escaped(char: str) -> str:
    if char in _ESCAPES and (char in '"\\' or _odd(char).match(char) or char in _LINE_BREAKS):
        return "\\" + _ESCAPES[char]
    if not _odd(char).match(char):
        return char
    code = ord(char)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
