"""Sprig's arithmetic."""

from __future__ import annotations

import math

from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.functions import go
from hullcheck.render.helm.limits import check_items
from hullcheck.render.helm.provenance import only_origin
from hullcheck.render.helm.show import show
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Int64, IntList, Value, kind, with_origin
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def to_int(value: Value) -> int:
    """Any value as a 64-bit integer; 0 if it's no number."""
    what = kind(value)
    if what in ("int", "int64", "bool"):
        return int(value)
    if what == "float64":
        number = float(value)
        return int(number) if math.isfinite(number) and abs(number) < 2**63 else -(2**63)
    return _parsed(value) if what == "string" else 0


def _parsed(text: str) -> int:
    text = str(text)
    whole, dot, zeros = text.rpartition(".")
    if dot and zeros and not zeros.strip("0"):
        text = whole
    digits = text.lstrip("+-")
    if len(text) - len(digits) > 1 or len(text) > 100:
        return 0
    try:
        octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567_"
        value = int(digits, 8 if octal else 0)
    except ValueError:
        return 0
    if not text.isascii() or text != text.strip():
        return 0
    value = -value if text.startswith("-") else value
    return max(min(value, 2**63 - 1), -(2**63)) if -(2**63) <= value < 2**63 else 0


def to_float(value: Value) -> float:
    """Any value as a float; 0 if it's no number."""
    what = kind(value)
    if what in ("int", "int64", "bool", "float64"):
        return float(value)
    if what != "string" or len(value) > 400 or not value.isascii() or value != value.strip():
        return 0.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _wrapped(value: int) -> Int64:
    """As 64 bits hold it."""
    return Int64((value + 2**63) % 2**64 - 2**63)


@go("int64", "any")
def int64(value: Value) -> Value:
    return with_origin(Int64(to_int(value)), only_origin(value))


@go("int", "any")
def int_(value: Value) -> Value:
    return with_origin(to_int(value), only_origin(value))


@go("float64", "any")
def float64(value: Value) -> Value:
    return with_origin(to_float(value), only_origin(value))


@go("atoi", "string")
def atoi(value: str) -> Value:
    digits = value.lstrip("+-")
    if not (digits.isascii() and digits.isdecimal()) or len(value) - len(digits) > 1 or len(value) > 30:
        return 0
    return with_origin(max(min(int(value), 2**63 - 1), -(2**63)), only_origin(value))


@go("toDecimal", "any")
def to_decimal(value: Value) -> Int64:
    text = show(value)
    try:
        return Int64(int(text, 8)) if len(text) < 22 and text.strip("+-").isalnum() else Int64(0)
    except ValueError:
        return Int64(0)


@go("add", "any...")
def add(*values: Value) -> Int64:
    return _wrapped(sum(map(to_int, values)))


@go("add1", "any")
def add1(value: Value) -> Int64:
    return _wrapped(to_int(value) + 1)


@go("sub", "any any")
def sub(a: Value, b: Value) -> Int64:
    return _wrapped(to_int(a) - to_int(b))


@go("mul", "any any...")
def mul(a: Value, *values: Value) -> Int64:
    product = _wrapped(to_int(a))
    for value in values:
        product = _wrapped(product * to_int(value))
    return product


@go("div", "any any")
def div(a: Value, b: Value) -> Int64:
    return _wrapped(_divided(to_int(a), to_int(b), "div"))


@go("mod", "any any")
def mod(a: Value, b: Value) -> Int64:
    one, other = to_int(a), to_int(b)
    return _wrapped(one - other * _divided(one, other, "mod"))


def _divided(a: int, b: int, name: str) -> int:
    """Rounded towards zero, as Go does."""
    if b == 0:
        raise TemplateError(f"error calling {name}: runtime error: integer divide by zero")
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


@go("max biggest", "any any...")
def max_(a: Value, *values: Value) -> Int64:
    return Int64(max(map(to_int, (a, *values))))


@go("min", "any any...")
def min_(a: Value, *values: Value) -> Int64:
    return Int64(min(map(to_int, (a, *values))))


@go("maxf", "any any...")
def maxf(a: Value, *values: Value) -> float:
    return max(map(to_float, (a, *values)))


@go("minf", "any any...")
def minf(a: Value, *values: Value) -> float:
    return min(map(to_float, (a, *values)))


def _float(value: "Decimal | int") -> float:
    """Decimals know no negative zero."""
    return float(value) or 0.0


def _decimal(value: Value) -> "Decimal":
    from decimal import Decimal

    number = to_float(value)
    if not math.isfinite(number):
        raise TemplateError("cannot create a decimal from an infinite number")
    return Decimal(repr(number))


@go("addf", "any...")
def addf(*values: Value) -> float:
    from decimal import Decimal

    return _float(sum((_decimal(v) for v in values), Decimal(0)))


@go("add1f", "any")
def add1f(value: Value) -> Value:
    return addf(value, 1)


@go("subf", "any any...")
def subf(a: Value, *values: Value) -> float:
    from decimal import Decimal

    return _float(_decimal(a) - sum((_decimal(v) for v in values), Decimal(0)))


@go("mulf", "any any...")
def mulf(a: Value, *values: Value) -> float:
    from decimal import localcontext

    with localcontext() as context:
        context.prec = 60
        product = _decimal(a)
        for value in values:
            product *= _decimal(value)
        return _float(product)


@go("divf", "any any...")
def divf(a: Value, *values: Value) -> float:
    """Each quotient is rounded to 16 decimal places, as the library does."""
    from decimal import ROUND_HALF_UP, Decimal, DecimalException, localcontext

    with localcontext() as context:
        context.prec = 2000
        quotient = _decimal(a)
        for value in values:
            divisor = _decimal(value)
            if not divisor:
                raise TemplateError("error calling divf: decimal division by 0")
            try:
                quotient = (quotient / divisor).quantize(Decimal("1e-16"), rounding=ROUND_HALF_UP)
            except DecimalException:
                raise TemplateError("error calling divf: a number that is too large") from None
        return _float(quotient)


@go("floor", "any")
def floor(value: Value) -> float:
    number = to_float(value)
    return float(math.floor(number)) if math.isfinite(number) else number


@go("ceil", "any")
def ceil(value: Value) -> float:
    number = to_float(value)
    return float(math.ceil(number)) if math.isfinite(number) else number


@go("round", "any int float...")
def round_(value: Value, places: int, *on: float) -> float:
    if abs(places) > 300:
        raise TemplateError("error calling round: too many places")
    power = math.pow(10, places)
    digit = power * to_float(value)
    if not math.isfinite(digit):
        return digit
    fraction = math.modf(digit)[0]
    rounded = math.ceil(digit) if fraction >= (on[0] if on else 0.5) else math.floor(digit)
    return rounded / power


@go("until", "int")
def until(count: int) -> IntList:
    return _steps(0, count, -1 if count < 0 else 1)


@go("untilStep", "int int int")
def until_step(start: int, stop: int, step: int) -> IntList:
    return _steps(start, stop, step)


def _steps(start: int, stop: int, step: int) -> IntList:
    if (stop < start and step >= 0) or (stop >= start and step <= 0):
        return IntList()
    numbers = range(start, stop, step)
    check_items(abs(stop - start) // abs(step))
    return IntList(numbers)


@go("seq", "int...")
def seq(*numbers: int) -> str:
    if not 1 <= len(numbers) <= 3:
        return ""
    start = numbers[0] if len(numbers) > 1 else 1
    end = numbers[-1]
    step = numbers[1] if len(numbers) == 3 else -1 if end < start else 1
    if len(numbers) == 3 and end < start and step > 0:
        return ""
    return " ".join(map(str, _steps(start, end + (-1 if end < start else 1), step)))


@go("randInt", "int int")
def rand_int(low: int, high: int) -> Unknown:
    return Unknown("a random number", "int")
