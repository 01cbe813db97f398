"""How Go prints values: `%v` and the rest of printf, `%q`, numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from hullcheck.patterns import pattern
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.limits import check_depth, spend
from hullcheck.render.helm.provenance import cut, from_one, joined, only_origin, reshaped, unknown_text
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Host, Value, kind, type_name

MAX_WIDTH = 1_000_000

_VERB = pattern(r"%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:\[(\d+)\])?(.)?", re.DOTALL)
_QUOTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_PLAIN = pattern(r"[ !#-\[\]-~]*")


def float_text(value: float, upper: int = 6, lower: int = -4) -> str:
    """A float with the fewest digits that tell it apart; an exponent outside of 10^lower to 10^upper."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = _digits(float(value))
    if exponent < lower or exponent >= upper:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    rest = digits[exponent + 1 :]
    return f"{sign}{whole}{'.' + rest if rest else ''}"


def _digits(value: float) -> tuple[str, str, int]:
    """Sign, shortest digits, and the exponent of the first of them."""
    shown = float.__repr__(value)
    sign = "-" if shown.startswith("-") else ""
    mantissa, _, exponent = shown.lstrip("-").partition("e")
    whole, _, rest = mantissa.partition(".")
    digits = (whole + rest).lstrip("0")
    if not digits:
        return sign, "0", 0
    lead = len(whole) - 1 if whole.strip("0") else -1 - (len(rest) - len(rest.lstrip("0")))
    return sign, digits.rstrip("0") or "0", lead + int(exponent or 0)


def show(value: Value, depth: int = 0) -> str:
    """`%v`. A text that is nothing but the value keeps the value's place."""
    what = kind(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Unknown):
        return unknown_text(value)
    if isinstance(value, dict | list) and value:
        return _show(value, what, depth)
    return from_one(_show(value, what, depth), only_origin(value))


def _show(value: Value, what: str, depth: int) -> str:
    if value is None:
        return "<nil>"
    if what == "bool":
        return "true" if value else "false"
    if what in ("int", "int64"):
        return int.__repr__(value)
    if what == "float64":
        return float_text(value)
    if isinstance(value, Host):
        return value.show()
    check_depth(depth)
    spend()
    if isinstance(value, dict):
        parts = [joined([key, ":", show(value[key], depth + 1)]) for key in sorted(value)]
        return joined(["map[", *_spaced(parts), "]"])
    if isinstance(value, bytes):
        return f"[{' '.join(map(str, value))}]"
    return joined(["[", *_spaced([show(item, depth + 1) for item in value]), "]"])


def _spaced(parts: list[str]) -> list[str]:
    return [piece for part in parts for piece in (" ", part)][1:]


def quoted(value: str) -> str:
    """`%q`: a Go string literal, which keeps the place of a text that it needn't change."""
    if _PLAIN.fullmatch(value):
        return joined(['"', value, '"'])
    spelled = "".join(map(_escape, value))
    return joined(['"', reshaped(value, spelled), '"'])


def _escape(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in _QUOTED:
        return _QUOTED[char]
    if " " <= char <= "~" or (char > "\x7f" and char.isprintable()):
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printf(template: str, arguments: list[Value]) -> str:
    """Go's Sprintf; parts that are printed as they are keep their places."""
    parts: list[str] = []
    at = used = 0
    while (found := template.find("%", at)) >= 0:
        match = _VERB.match(template, found)
        assert match is not None
        parts.append(template[at:found])
        at = match.end()
        text, used = _directive(match, arguments, used)
        parts.append(text)
    parts.append(template[at:])
    if used < len(arguments):
        extra = ", ".join(f"{type_name(a)}={show(a)}" if a is not None else "<nil>" for a in arguments[used:])
        parts.append(f"%!(EXTRA {extra})")
    return joined(parts)


def _directive(match: re.Match[str], arguments: list[Value], used: int) -> tuple[str, int]:
    flags, width, precision, index, verb = match.groups()
    if not verb:
        return "%!(NOVERB)", used
    if verb == "%":
        return "%", used
    if index:
        raise TemplateError("argument indexes in printf aren't supported")
    numbers: list[int | None] = []
    for given in (width, precision):
        if given == "*":
            value: Value = arguments[used] if used < len(arguments) else None
            used += 1
            if kind(value) not in ("int", "int64"):
                raise TemplateError("a printf width that is no integer")
            numbers.append(int(value))
        else:
            numbers.append(int(given[:9]) if given else None)
    if used >= len(arguments):
        return f"%!{verb}(MISSING)", used
    has_point = "." in match[0][1 + len(flags) :]
    layout = _Layout(flags, numbers[0], (numbers[1] or 0) if has_point else None)
    return layout.format(verb, arguments[used]), used + 1


class _Layout:
    def __init__(self, flags: str, width: int | None, precision: int | None) -> None:
        self.minus = "-" in flags or (width or 0) < 0
        self.plus = "+" in flags
        self.sharp = "#" in flags
        self.space = " " in flags
        self.zero = "0" in flags and not self.minus
        self.width = abs(width or 0)
        self.precision = precision
        if self.width > MAX_WIDTH or (precision or 0) > MAX_WIDTH:
            raise TemplateError("a printf width that is too large")

    def format(self, verb: str, value: Value) -> str:
        if isinstance(value, Unknown):
            return unknown_text(value)
        if verb == "T":
            return self.pad(type_name(value))
        if value is None:
            return self.pad("<nil>" if verb == "v" else f"%!{verb}(<nil>)")
        if isinstance(value, bytes) and verb in "sxXq":
            return self._basic(verb, value.decode("utf-8", "surrogateescape"))
        if isinstance(value, dict | list | bytes):
            return self._items(verb, value)
        return self._basic(verb, value)

    def _items(self, verb: str, value: Value) -> str:
        """Each item by itself; nil is no mistake among them."""
        spend()
        if isinstance(value, dict):
            pairs = [joined([self.format(verb, key), ":", self._item(verb, value[key])]) for key in sorted(value)]
            return joined(["map[", *_spaced(pairs), "]"])
        return joined(["[", *_spaced([self._item(verb, item) for item in value]), "]"])

    def _item(self, verb: str, value: Value) -> str:
        return "<nil>" if value is None else self.format(verb, value)

    def _basic(self, verb: str, value: Value) -> str:
        maker = _VERBS.get(verb)
        text = maker(self, value, kind(value)) if maker else None
        if text is None:
            return joined([f"%!{verb}({type_name(value)}=", _verb_v(self, value, kind(value)), ")"])
        return text

    def pad(self, text: str, zero: bool = False) -> str:
        missing = self.width - len(text)
        if missing <= 0:
            return text
        if self.minus:
            return joined([text, " " * missing])
        if zero and self.zero:
            sign = text[:1] if text[:1] in ("+", "-") else ""
            return sign + "0" * missing + text[len(sign) :]
        return joined([("0" if self.zero else " ") * missing, text])

    def signed(self, text: str) -> str:
        if text.startswith("-"):
            return text
        return ("+" if self.plus else " " if self.space else "") + text


def _verb_v(layout: _Layout, value: Value, what: str) -> str:
    if layout.sharp:
        raise TemplateError("%#v isn't supported")
    if what in ("int", "int64"):
        return _verb_d(layout, value, what) or ""
    if what == "float64":
        return _float("g")(layout, value, what) or ""
    if what == "string":
        return _verb_s(layout, value, what) or ""
    return layout.pad(show(value))


def _verb_s(layout: _Layout, value: Value, what: str) -> str | None:
    if what == "string":
        text = show(value)
        return layout.pad(text if layout.precision is None else cut(text, 0, layout.precision))
    return layout.pad(value.show()) if isinstance(value, Host) else None


def _verb_d(layout: _Layout, value: Value, what: str) -> str | None:
    if what not in ("int", "int64"):
        return None
    if not layout.width and layout.precision is None and not layout.plus and not layout.space:
        return show(value)
    digits = str(abs(int(value)))
    if layout.precision is not None:
        digits = digits.rjust(layout.precision, "0")
    return layout.pad(layout.signed(("-" if value < 0 else "") + digits), zero=layout.precision is None)


def _verb_q(layout: _Layout, value: Value, what: str) -> str | None:
    if what == "string":
        return layout.pad(quoted(show(value)))
    if what in ("int", "int64"):
        return layout.pad("'" + ("\\'" if value == 39 else _escape(_char(value)).replace('\\"', '"')) + "'")
    return None


def _verb_t(layout: _Layout, value: Value, what: str) -> str | None:
    return layout.pad(show(value)) if what == "bool" else None


def _base(digits: str, prefix: str) -> "Callable[[_Layout, Value, str], str | None]":
    def verb(layout: _Layout, value: Value, what: str) -> str | None:
        if what in ("int", "int64"):
            shown = format(abs(int(value)), digits)
            shown = shown if layout.precision is None else shown.rjust(layout.precision, "0")
            return layout.pad(
                layout.signed(("-" if value < 0 else "") + (prefix if layout.sharp else "") + shown), True
            )
        if what == "float64" and digits in "xXb":
            return unknown_text(Unknown(f"floats with %{digits} aren't supported", "string", True))
        if what == "string" and digits in "xX":
            data = show(value).encode("utf-8", "surrogateescape").hex()
            return layout.pad(data.upper() if digits == "X" else data)
        return None

    return verb


def _float(style: str) -> "Callable[[_Layout, Value, str], str | None]":
    def verb(layout: _Layout, value: Value, what: str) -> str | None:
        if what != "float64":
            return None
        if layout.precision is None and style in "gG":
            shown = float_text(value)
        elif style in "gG":
            shown = f"{float(value):.{max(layout.precision or 0, 1)}{style}}"
        else:
            shown = f"{float(value):.{6 if layout.precision is None else layout.precision}{style}}"
        return layout.pad(layout.signed(shown), zero=True)

    return verb


def _char(code: int) -> str:
    """The character of a number, or the one that stands for none."""
    return chr(code) if 0 <= code < 0xD800 or 0xE000 <= code < 0x110000 else "�"


def _verb_c(layout: _Layout, value: Value, what: str) -> str | None:
    return layout.pad(_char(value)) if what in ("int", "int64") else None


def _verb_u(layout: _Layout, value: Value, what: str) -> str | None:
    return layout.pad(f"U+{int(value) % 2**64:04X}") if what in ("int", "int64") else None


_VERBS: "dict[str, Callable[[_Layout, Value, str], str | None]]" = {
    "v": _verb_v,
    "s": _verb_s,
    "d": _verb_d,
    "q": _verb_q,
    "t": _verb_t,
    "x": _base("x", "0x"),
    "X": _base("X", "0X"),
    "o": _base("o", "0"),
    "b": _base("b", "0b"),
    "c": _verb_c,
    "U": _verb_u,
    "f": _float("f"),
    "F": _float("f"),
    "e": _float("e"),
    "E": _float("E"),
    "g": _float("g"),
    "G": _float("G"),
}
