"""Sizes, durations, numbers and command lines, as the Go libraries behind Compose read and print them."""

from __future__ import annotations

import re
from functools import cmp_to_key

from hullcheck.patterns import pattern

_SIZE = pattern(r"([+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)) ?([kKmMgGtTpP]?[iI]?[bB]?)")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_NANOSECONDS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
    "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000,
}  # fmt: skip
_DURATION_PART = pattern(r"([0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(ns|us|µs|μs|ms|s|m|h|d|w)")


def size(text: str) -> int:
    """A number of bytes: `512m`, `1.5GiB`. ValueError if it is none."""
    match = _SIZE.fullmatch(text) if len(text) < 60 else None
    if match is None:
        raise ValueError(f"invalid size `{text}`")
    number, suffix = match.groups()
    suffix = suffix.lower()
    if suffix in ("i", "ib") or (len(suffix) == 2 and suffix[1] == "i"):
        raise ValueError(f"invalid size `{text}`")
    return int(float(number) * 1024 ** _POWERS[suffix.rstrip("b").rstrip("i")])


def duration(text: str) -> int:
    """Nanoseconds: `1m30s`, `1.5h`, `2d`. ValueError if it is none."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total, at = 0.0, 0
    while at < len(rest) < 100:
        match = _DURATION_PART.match(rest, at)
        if match is None:
            break
        total += float(match[1]) * _NANOSECONDS[match[2]]
        at = match.end()
    if not rest or at != len(rest):
        raise ValueError(f"invalid duration `{text}`")
    return sign * round(total)


def show_duration(nanoseconds: int) -> str:
    """As Go prints it: `1m30s`, `100ms`, `2h0m0s`."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest == 0:
        return "0s"
    if rest < 1_000_000_000:
        unit, name = next((u, n) for u, n in ((1_000_000, "ms"), (1_000, "µs"), (1, "ns")) if rest >= u)
        return f"{sign}{_fraction(rest, unit)}{name}"
    minutes, seconds = divmod(rest, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{_fraction(seconds, 1_000_000_000)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else f"{sign}{text}"


def _fraction(number: int, unit: int) -> str:
    whole, rest = divmod(number, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


def float32(number: float) -> float:
    """The number that a 32 bit float holds, as the shortest decimal that means it."""
    import struct

    try:
        packed = struct.pack("f", number)
    except OverflowError:
        return number
    for digits in range(1, 10):
        short = float(f"{number:.{digits}g}")
        if struct.pack("f", short) == packed:
            return short
    return number


def words(line: str) -> list[str]:
    """The words of a command line. It ends at an operator of the shell, as for Compose. ValueError if it is none."""
    found: list[str] = []
    word: list[str] = []
    quote = ""  # one of ' " ` (
    open_word = escaped = False
    for character in line:
        if escaped:
            word.append({"t": "\t", "n": "\n"}.get(character, character))
            escaped, open_word = False, True
        elif character == "\\" and quote != "'":
            escaped = True
        elif character in " \t\r\n" and not quote:
            if open_word:
                found.append("".join(word))
            word, open_word = [], False
        elif character in "'\"" and quote in ("", character):
            quote = "" if quote else character
            open_word = open_word or not quote
        elif character in ";&|<>" and not quote:
            if character == ">" and word and word[0][:1].isdecimal():
                open_word = False
            break
        else:
            quote = _grouped(character, quote, word)
            word.append(character)
            open_word = True
    if quote or escaped:
        raise ValueError("invalid command line")
    return [*found, "".join(word)] if open_word else found


def _grouped(character: str, quote: str, word: list[str]) -> str:
    """The quotation after a character that may open or close one of the shell's groups."""
    if character == "`" and quote in ("", "`"):
        return "" if quote else "`"
    if character == ")" and quote in ("", "("):
        return "" if quote else "("
    if character == "(" and quote in ("", "("):
        if quote or word[-1:] != ["$"]:
            raise ValueError("invalid command line")
        return "("
    return quote


def _before(one: str, other: str) -> int:
    """The order in which Go's YAML prints keys: numbers in them by their value, letters last."""
    digits = False
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a == b:
            digits = a.isdecimal()
            continue
        if a.isalpha() and b.isalpha():
            return -1 if a < b else 1
        if a.isalpha() or b.isalpha():
            return (-1 if a.isalpha() else 1) if digits else (-1 if b.isalpha() else 1)
        return _numbers_before(one, other, at)
    return len(one) - len(other)


def _numbers_before(one: str, other: str, at: int) -> int:
    prefix = ""
    if "0" in (one[at], other[at]):
        before = one[len(one[:at].rstrip("0123456789")) : at]
        prefix = "1" if before.strip("0") else ""
    left, right = _digits(one, at), _digits(other, at)
    first, second = int(prefix + left or "0"), int(prefix + right or "0")
    if first != second:
        return -1 if first < second else 1
    if len(left) != len(right):
        return len(left) - len(right)
    return -1 if one[at] < other[at] else 1


def _digits(text: str, at: int) -> str:
    match = re.compile("[0-9]{0,300}").match(text, at)
    return match.group() if match else ""


key_order = cmp_to_key(_before)
"""Sorts keys as `docker compose config` does."""
