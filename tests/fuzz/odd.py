"""Odd numbers and texts, in each place where a number or a text is read.

`rows` goes through every place of a repository and every value, several places at a time: a fault in one seldom hides
another, and what breaks a whole file comes alone.
"""

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from hullcheck.parse import cst

from .trees import Tree

LONG = "9" * 5_000
"""More digits than Python makes a number of."""

NUMBERS = (
    "1e999", "-1e999", "1e-999", "1e5", "1E+3", ".inf", "-.inf", "+.Inf", ".nan", "inf", "nan", "Infinity", LONG, f"-{LONG}",
    f"0.{LONG}", f"{LONG}e{LONG}", f"1e{LONG}", f"0x{LONG}", f"0o{'7' * 5_000}", f"0{'7' * 5_000}", f"0b{'1' * 5_000}",
    "+0", "-0", "0.0", "-0.0", "0x1F", "0X", "0x", "0o17", "0o", "0o8", "017", "08", "0b11", "0b2", "1_000", "_1", "1__0", "1_",
    "+1", "-1", "--1", "1.", ".5", "1e", "e1", "1,000", "65536", "4294967296", "2147483648", "9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "1" + "0" * 400, "²", "①", "٣", "۵5", "१", "Ⅷ", "½", "1\u00a0000", "１",
    "1:30:45", "190:20:30", "2001-01-01", "2001-13-45", "0000-00-00", "2001-01-01T00:00:00Z", "99999-01-01",
)  # fmt: skip

SUFFIXED = (
    "1e999m", f"{LONG}Gi", "1e3Ki", "²Mi", "-1Gi", "1.5.5Gi", "1ee3", "١m", "1e999%", f"{LONG}%", "②%", "9000-8000", "1-",
    "-1-2", f"1-{LONG}", "1-700000000", "①-②", "80:80:80:80", "[::1]:80:80", f"{LONG}:80", "²:80", "80/²", "0.0.0.0/99",
    "0.0.0.0/²", "256.1.1.1/8", f"1.2.3.4/{LONG}", "::/999", "1.2.3.٣", "fe80::%eth0/64", f"{LONG}s", "1e999s", "-1s", "1h²m",
    "999999999999h", f"0{LONG}", f"{LONG}gb", "1e400gb", "-1b", "v1.²", f"v1.{LONG}", f"{LONG}.{LONG}.{LONG}", "1.²-x:y@sha256:z",
    "*/² * * * *", f"0-{LONG} * * * *",
)  # fmt: skip

TEXTS = (
    "", "~", "null", "true", "yes", "N", "[]", "{}", "[[], {}]", "{a: b}", "[1, null]", "-", "=", "<<", "/", "//", ".", "..",
    "../../..", "*", "**", "$", "$$", "${", "${}", "${X", "${X:-${Y:-${Z}}}", "$(X)", "%", "%s", "%d", "\\", "~x", "a\tb", "é",
    "日本", "\u202e", "\u2028", "\ufeff", "\ufffd", "\U0001f600", "x" * 10_000, "a,b;c|d", "'", "a b c", "0 0", "true:false", "x=y=z",
    "=x", ":x", "x:", "x@", "@x", "x@y@z", "sha256:", "http://", "http://[", "http://[::1", "http://a:²/", "//:@:/", "postgres://u:p@",
)  # fmt: skip

TAGGED = (
    '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\0"', '"\\x00a"', '"\\e[2J"', '"\\uffff"', '"\\U0010ffff"', '"\\U00110000"',
    '"\\N\\_\\L\\P"', '"\\"', "''''", "!!int abc", "!!int 1e999", f"!!int {LONG}", "!!int ''", "!!float x", "!!float .inf", "!!float '1e999'",
    "!!bool 7", "!!null 7", "!!str 7", "!!binary '!'", "!!binary 7Q==", "!!binary '7aCA'", "!!timestamp 0000-00-00", "!!set {a, b}",
    "!!omap [a: 1]", "!!pairs [a: 1]", "!!python/object:x {}", "!reset null", "!override [1]", "!x y", "! 1", "!<x> 1", "*nope", "&a 1",
    "&a [*a]", "? a", "? [a, b] : c", "{? {a: b} : c}", "{1: 2, 1.0: 3, null: 4, true: 5}", "{[a]: b}", "{a: 1, a: 2}", "| \n", "@x", "`x`",
    "{{ .X }}", "{{", "{%", "\x00", "\x07", "\x7f", "\x85", "#x", "x #y", "- x", "...", "---", "%YAML 9.9", "\t", "\r", "[", "]", "{", "}",
)  # fmt: skip

PLAIN = (*NUMBERS, *SUFFIXED, *TEXTS)
"""Values that leave a YAML file what it is, most of them."""

BYTES = (
    b"\xed\xa0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xff",
    b"\xc0\x80",
    b"\xef\xbb\xbf",
    b"\x00",
    b"\xf4\x90\x80\x80",
    b"\xe9",
)
"""Surrogates in UTF-8, bytes of no text, marks in the middle."""

AT_ONCE = 12
"""Places that get an odd value at the same time."""

_WORD = re.compile(r"[^\s\"'=,:;()\[\]{}/|@]+")
_DIGITS = re.compile(r"\d+")


class Place(NamedTuple):
    """A span of a file's text that a value stands in."""

    path: str
    start: int
    end: int


def text_of(data: bytes) -> str:
    """The bytes as text, with each byte of no text as a character of its own; `bytes_of` turns it back."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def places(path: str, data: bytes) -> list[Place]:
    """Where values stand: the scalars of YAML and JSON and the numbers in them, the words of everything else."""
    text = text_of(data)
    found: set[tuple[int, int]] = set()
    roots = cst.parse(text) if path.endswith((".yaml", ".yml", ".json")) else None
    for root in roots or ():
        for node in root.walk():
            if node.kind == "scalar" and node.start < node.end:
                found.add((node.start, node.end))
                found.update((m.start(), m.end()) for m in _DIGITS.finditer(text, node.start, node.end))
    if not roots:
        found.update((match.start(), match.end()) for match in _WORD.finditer(text))
        found.update((match.start(), match.end()) for match in _DIGITS.finditer(text))
    return [Place(path, start, end) for start, end in sorted(found)]


def replaced(tree: Tree, values: dict[Place, str]) -> Tree:
    """The repository with other texts in some places, which must not overlap."""
    made = dict(tree)
    for path in {place.path for place in values}:
        text = text_of(tree[path])
        for place in sorted((place for place in values if place.path == path), reverse=True):
            text = text[: place.start] + values[place] + text[place.end :]
        made[path] = bytes_of(text)
    return made


def rows(tree: Tree, rng: random.Random) -> Iterator[Tree]:
    """The repository with odd values, until each has been in each place."""
    found = [place for path in sorted(tree) for place in places(path, tree[path])]
    pairs = [(place, value) for place in found for value in PLAIN]
    rng.shuffle(pairs)
    while pairs:
        taken: dict[Place, str] = {}
        left: list[tuple[Place, str]] = []
        for at, (place, value) in enumerate(pairs):
            if len(taken) == AT_ONCE or at > AT_ONCE * 8:
                left += pairs[at:]
                break
            if any(place.path == other.path and place.start < other.end and other.start < place.end for other in taken):
                left.append((place, value))
            else:
                taken[place] = value
        pairs = left
        yield replaced(tree, taken)
    alone = [(place, value) for place in found for value in TAGGED]
    rng.shuffle(alone)
    for place, value in alone:
        yield replaced(tree, {place: value})
