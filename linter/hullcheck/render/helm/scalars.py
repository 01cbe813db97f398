"""What a plain YAML scalar is to Go's YAML 1.1 reader, which reads values and writes what templates print."""

from __future__ import annotations

import math
import re

from hullcheck.patterns import pattern

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_SPECIAL = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT = pattern(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INT = pattern(r"[-+]?(?:0|[1-9][0-9]*|0[0-7]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)")
_OCTAL = pattern(r"([-+]?)0([0-7]+)")
_TIME = pattern(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"(?:[Tt]\d{1,2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})|[Tt ]\d{1,2}:\d{2}:\d{2}(?:\.\d+)?|)"
)
_SIXTY = pattern(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")

Plain = str | bool | int | float | None


def resolve(text: str) -> Plain:
    """The value of a plain scalar: a string stays as it is, a date too."""
    if text in _NULL:
        return None
    first = text[0]
    if first in "yYnNtTfFoO":
        return True if text in _TRUE else False if text in _FALSE else text
    if first == "." or first in "+-" or first.isdecimal():
        if text in _SPECIAL:
            return _SPECIAL[text]
        return _number(text)
    return text


def _number(text: str) -> Plain:
    if is_time(text) or len(text) > 400:
        return text
    plain = text.replace("_", "")
    if plain[:1] != "." and _INT.fullmatch(plain):
        value = int(octal[1] + octal[2], 8) if (octal := _OCTAL.fullmatch(plain)) else int(plain, 0)
        if -(2**63) <= value < 2**64:
            return value
    if _FLOAT.fullmatch(plain if text[0] != "." else text) and math.isfinite(number := float(plain)):
        return number
    return text


def is_time(text: str) -> bool:
    """Would it be read as a point in time?"""
    if not text[:4].isdecimal() or _TIME.fullmatch(text) is None:
        return False
    month, day = re.split(r"[-Tt ]", text)[1:3]
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def is_plain_string(text: str) -> bool:
    """Can the text be written without quotes and still be read as a string?"""
    if _SIXTY.fullmatch(text) or is_time(text):
        return False
    return isinstance(resolve(text), str)
