"""What a plain word means to kustomize: numbers, booleans and dates as its YAML library reads them.

It reads YAML 1.2 with remains of 1.1: `yes` and `on` are text, `010` and `0o10` are 8, a bare date becomes a time.
"""

from __future__ import annotations

import math

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.patterns import pattern
from hullcheck.typed import Any

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_WORDS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(_NULL, ("null", None)),
    **dict.fromkeys(("true", "True", "TRUE"), ("bool", True)),
    **dict.fromkeys(("false", "False", "FALSE"), ("bool", False)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", math.nan)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("float", math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("float", -math.inf)),
}
_BOOLEANS_11 = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), "true"),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), "false"),
}
_INTEGER = pattern(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIME = pattern(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9})\d*)?\s*(Z|[-+]\d{1,2}(?::?\d{2})?)?)?"
)
MAX_DIGITS = 400


def resolve(text: str) -> tuple[str, Any]:
    """The type and value of an unquoted word: "null", "bool", "int", "float", "time" or "str"."""
    if text in _WORDS:
        return _WORDS[text]
    if not text or text[0] not in "+-.0123456789" or len(text) > MAX_DIGITS:
        return "str", text
    if len(text) >= 8 and text[4] == "-" and (moment := _moment(text)):
        return "time", moment
    plain = text.replace("_", "")
    if (whole := _integer(plain)) is not None:
        return "int", whole
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        return ("float", value) if math.isfinite(value) else ("str", text)
    return "str", text


def _integer(plain: str) -> int | None:
    match = _INTEGER.fullmatch(plain)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal = match.groups()
    digits, base = next((d, b) for d, b in ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10)) if d is not None)
    value = int(digits, base) * (-1 if sign == "-" else 1)
    return value if -(2**63) <= value < 2**64 else None


def _moment(text: str) -> str | None:
    """A time as Go prints it, or None if it is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= _days(int(year), int(month))):
        return None
    if hour is None:
        return f"{year}-{int(month):02}-{int(day):02}T00:00:00Z"
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59 or (zone is None and "T" in text.upper()):
        return None
    fraction = (fraction or "").rstrip("0")
    clock = f"{int(hour):02}:{int(minute):02}:{int(second):02}{'.' + fraction if fraction else ''}"
    return f"{year}-{int(month):02}-{int(day):02}T{clock}{_zone(zone)}"


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _zone(zone: str | None) -> str:
    if zone is None or zone == "Z":
        return "Z"
    digits = zone[1:].replace(":", "").ljust(4, "0") if len(zone) > 3 else zone[1:].rjust(2, "0") + "00"
    return "Z" if digits == "0000" and zone[0] == "+" else f"{zone[0]}{digits[:2]}:{digits[2:]}"


def kind_of(scalar: Scalar) -> str:
    """The scalar's type, as written by a tag, else by quotes, else by the word itself."""
    if scalar.tag:
        tag = scalar.tag.rpartition("!")[2].rpartition(":")[2]
        if tag in ("str", "int", "float", "bool", "null"):
            return tag
    if scalar.style:
        return "str"
    return str(resolve(scalar.text)[0])


def value_of(scalar: Scalar) -> Any:
    """The scalar's value: text, number, boolean or None."""
    if kind_of(scalar) == "str":
        return refolded(scalar.text) if scalar.style == ">" else scalar.text
    return resolve(scalar.text)[1]


def refolded(text: str) -> str:
    """Folded text as it comes out of a build, which writes and reads it once more.

    kustomize's library puts a line break too many before a line that is indented further.
    """
    if not text or text.endswith((" ", "\t")):
        return text  # it is written in quotes then
    lines = _folded_lines(text)
    result, pending, blank = "", "", False
    held = ""
    for line in lines:
        if not line:
            pending += "\n"
            continue
        indented = line[0] in " \t"
        if held and not blank and not indented:
            result += "" if pending else " "
        else:
            result += held
        result += pending + line
        held, pending, blank = "\n", "", indented
    if not text.endswith("\n"):
        return result
    return result + held + (pending if text == "\n" or text.endswith("\n\n") else "")


def _folded_lines(text: str) -> list[str]:
    """The lines as which folded text is written: a line break of its own is written as two."""
    doubled = text.lstrip("\n")[:1] not in ("", " ", "\t")
    lines = text.split("\n")
    written: list[str] = []
    for line in lines[:-1]:
        written.append(line)
        if line and line[0] not in " \t" and doubled:
            written.append("")
    return [*written, lines[-1]] if lines[-1] else written


def is_null(node: Node | None) -> bool:
    """Is it absent, or null to kustomize?"""
    if node is None:
        return True
    if not isinstance(node, Scalar) or node.style:
        return False
    return kind_of(node) == "null" if node.tag else node.text in _NULL


def data(node: Node | None) -> Any:
    """The node as Python values, as they come out of the build."""
    if isinstance(node, Mapping):
        return {name: data(value) for name, (_, value) in node.entries().items()}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    return None if node is None else value_of(node) if isinstance(node, Scalar) else None


def as_yaml_11(scalar: Scalar) -> str:
    """The plain word as a reader of YAML 1.2 has to be told it: `yes` is `true`."""
    return scalar.text if scalar.style or scalar.tag else _BOOLEANS_11.get(scalar.text, scalar.text)


def style_for(text: str) -> str:
    """The style in which the text stays text: empty if it needs no quotes."""
    return "" if resolve(text)[0] == "str" else '"'
