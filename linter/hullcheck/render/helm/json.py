"""`toJson` and its relatives, as Go's encoder writes them."""

from __future__ import annotations

import math
import re

from hullcheck.patterns import pattern
from hullcheck.render.helm.emit import string_origin
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.limits import check_depth, spend, spend_text
from hullcheck.render.helm.provenance import from_one, joined, only_origin, readable, unknown_text
from hullcheck.render.helm.show import float_text
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Host, NilList, Value, kind

_ESCAPE = pattern(r'["\\\x00-\x1f\u2028\u2029]')
_ESCAPE_HTML = pattern(r'["\\\x00-\x1f\u2028\u2029<>&]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def to_json(value: Value, html: bool = True, pretty: bool = False) -> str:
    """The value as JSON: `html` escapes `<`, `>` and `&`, `pretty` indents by two."""
    parts: list[str] = []
    _write(parts, value, _ESCAPE_HTML if html else _ESCAPE, "\n" if pretty else "", 0)
    return joined(parts)


def _write(parts: list[str], value: Value, escape: re.Pattern[str], newline: str, depth: int) -> None:
    spend()
    check_depth(depth)
    if isinstance(value, dict):
        items = [(_string(key, escape) + (": " if newline else ":"), value[key]) for key in sorted(value)]
        _group(parts, "{}", items, escape, newline, depth)
    elif isinstance(value, list) and not isinstance(value, NilList):
        _group(parts, "[]", [("", item) for item in value], escape, newline, depth)
    else:
        parts.append(_scalar(value, escape))


def _group(
    parts: list[str], ends: str, items: list[tuple[str, Value]], escape: re.Pattern[str], newline: str, depth: int
) -> None:
    parts.append(ends[0])
    inner = newline + "  " * (depth + 1) if newline else ""
    for number, (key, item) in enumerate(items):
        parts += [("," if number else "") + inner, key]
        _write(parts, item, escape, newline, depth + 1)
    if items and newline:
        parts.append(newline + "  " * depth)
    parts.append(ends[1])


def _scalar(value: Value, escape: re.Pattern[str]) -> str:
    what = kind(value)
    if what == "string":
        origin = string_origin(value)
        return from_one(_string(value, escape), origin)
    if isinstance(value, Unknown):
        return joined(['"', unknown_text(value), '"'])
    if isinstance(value, bytes):
        import base64

        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, Host):
        return _string(value.show(), escape)
    return from_one(_plain(value, what), only_origin(value))


def _plain(value: Value, what: str) -> str:
    if value is None or isinstance(value, NilList):
        return "null"
    if what == "bool":
        return "true" if value else "false"
    if what == "float64":
        if not math.isfinite(value):
            raise TemplateError("a number that JSON can't hold")
        shown = float_text(float(value), upper=21, lower=-6)
        return re.sub(r"e-0(\d)$", r"e-\1", shown)
    return int.__repr__(value)


def _string(value: str, escape: re.Pattern[str]) -> str:
    spend_text(len(value))
    return '"' + escape.sub(lambda match: _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}", readable(value)) + '"'
