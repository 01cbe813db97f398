"""Nodes while a project is put together: what type a scalar has to Compose, and new nodes in the place of old ones."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, isnan

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.patterns import pattern
from hullcheck.source import HOLE
from hullcheck.typed import TypeVar

MARK = HOLE
"""Stands in a text for what can't be known, such as a variable that nothing here sets."""

PLACES = {"HOME": "\ue001", "PWD": "\ue002", "XDG_RUNTIME_DIR": "\ue003", "USERPROFILE": "\ue004"}
"""What follows the MARK of a variable that isn't known, but what kind of place it names is."""

_MARKS = str.maketrans("", "", MARK + "".join(PLACES.values()))
_KINDS_OF_PLACES = str.maketrans("", "", "".join(PLACES.values()))

Entries = dict[str, tuple[Scalar, Node]]
Value = str | int | float | bool | None

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SPECIAL_FLOATS = {
    word: float(word.replace(".", "").lower())
    for word in (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN")
}
_INTEGER = pattern(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class Text(Scalar):
    """A scalar in which variables were replaced; `marked` is its text with a MARK for each that isn't known."""

    __slots__ = ("marked",)

    def __init__(self, origin: Scalar, marked: str) -> None:
        super().__init__(origin.source, origin.start, origin.end, "", unmarked(marked), '"')
        self.marked = marked
        self.before = origin.before
        self.because = origin.because
        self.unknown = origin.unknown


class Pairs(Mapping):
    """A mapping that is written as a list of `key=value`, or became one by merging."""

    __slots__ = ()


def value(node: Node | None) -> Value:
    """What a scalar is to Compose's YAML reader; None for null and for anything that is no scalar."""
    if not isinstance(node, Scalar):
        return None
    text = node.text
    if node.style or node.tag.endswith(":str") or node.tag == "!":
        return text
    if text in _NULLS:
        return None
    first = text[0]
    if first in "+-.0123456789":
        return _number(text)
    return _BOOLEANS.get(text, text)


def _number(text: str) -> Value:
    plain = text.replace("_", "")
    if len(plain) < 400:
        if _INTEGER.fullmatch(plain):
            return _integer(plain, text)
        if _FLOAT.fullmatch(plain):
            return _finite(float(plain), text)
    return _SPECIAL_FLOATS.get(text, text)


def _finite(number: float, text: str) -> float | str:
    """What is too large for a number is text to the reader."""
    return number if isfinite(number) else text


def _integer(text: str, written: str) -> int | float | str:
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567"
    number = sign * int(digits, 8 if octal else 0)
    if -(2**63) <= number < 2**64:
        return number
    return _finite(float(text), written) if text.lstrip("+-").isdecimal() and not octal else written


def is_string(node: Node | None) -> bool:
    return isinstance(value(node), str)


def is_nothing(node: Node | None) -> bool:
    """Is it absent, or null?"""
    return node is None or (isinstance(node, Scalar) and value(node) is None)


def shown(node: Node | None) -> str:
    """A scalar as Go's `%v` prints it: what Compose makes of a number that stands where a text belongs."""
    return show(value(node))


def show(plain: Value) -> str:
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, float):
        return _show_float(plain)
    return "" if plain is None else str(plain)


def _show_float(number: float) -> str:
    if not isfinite(number):
        return "NaN" if isnan(number) else "+Inf" if number > 0 else "-Inf"
    digits, _, exponent = f"{number!r}".partition("e")
    power = int(f"{number:e}".partition("e")[2])
    if -4 <= power < 21:
        text = f"{number:.17f}" if exponent else digits
        text = text if not exponent or power < 0 else str(int(number))
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa = digits if exponent else f"{number:e}".partition("e")[0]
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def unmarked(text: str) -> str:
    """The text that Compose would see: nothing in the place of what isn't known."""
    return text.translate(_MARKS) if MARK in text else text


def parts(node: Node) -> str:
    """The text with a MARK, and nothing else, for each part that can't be known; empty if no part is known."""
    text = node.marked.translate(_KINDS_OF_PLACES) if isinstance(node, Text) else ""
    return text if text.strip(MARK) else ""


def marked(node: Scalar) -> str:
    """The text, with a MARK for each part that can't be known."""
    return node.marked if isinstance(node, Text) else node.text


def derived(origin: Node, text: str, *, style: str = '"') -> Scalar:
    """A scalar that Compose makes out of `origin`, at its place. `text` may hold MARKs: then it isn't known."""
    made: Scalar
    if MARK in text:
        made = Text(_scalar_at(origin), text)
    else:
        made = Scalar(origin.source, origin.start, origin.end, "", text, style)
        made.before, made.because = origin.before, origin.because
        return made
    made.unknown = origin.unknown or "a variable in it isn't set here"
    return made


def part(origin: Scalar, text: str, offset: int) -> Scalar:
    """A piece of a scalar's (marked) text, which starts there at `offset`; its own place where that can be told."""
    made = derived(origin, text)
    written = origin.source.text
    start = origin.start + (1 if origin.style in ("'", '"') and not isinstance(origin, Text) else 0) + offset
    if MARK not in text and start + len(text) <= origin.end and written.startswith(text, start):
        made.start, made.end = start, start + len(text)
    return made


def _scalar_at(origin: Node) -> Scalar:
    made = Scalar(origin.source, origin.start, origin.end, "", "", '"')
    made.before, made.because, made.unknown = origin.before, origin.because, origin.unknown
    return made


def literal(origin: Node, text: str) -> Scalar:
    """A number or a boolean, or null for the empty text, at the place of `origin`."""
    return derived(origin, text, style="")


M = TypeVar("M", Mapping, Sequence)


def mapping(origin: Node, entries: Entries, kind: type[Mapping] = Mapping) -> Mapping:
    """A new mapping of these entries at the place of `origin`."""
    made: Mapping = kind(origin.source, origin.start, origin.end, "", True)
    made.items = list(entries.values())
    made._entries = entries
    return _from(origin, made)


def sequence(origin: Node, items: list[Node]) -> Sequence:
    made = Sequence(origin.source, origin.start, origin.end, "", True)
    made.items = items
    return _from(origin, made)


def _from(origin: Node, made: M) -> M:
    """What is made of a scalar with an unknown part is known, but for that part."""
    made.because, made.before = origin.because, origin.before
    if not isinstance(origin, Scalar):
        made.unknown = origin.unknown
    return made


def instead(node: Node, before: Node | None, because: str) -> Node:
    """A copy of `node` that says what it replaced and why; nodes are shared, and never changed."""
    made: Node
    if isinstance(node, Text):
        made = Text(node, node.marked)
    elif isinstance(node, Scalar):
        made = Scalar(node.source, node.start, node.end, node.tag, node.text, node.style)
    elif isinstance(node, Mapping):
        made = mapping(node, node.entries(), type(node))
    else:
        assert isinstance(node, Sequence)
        made = sequence(node, node.items)
    made.unknown = node.unknown
    made.before = before
    made.because = because
    return made


def entries(node: Node | None) -> Entries:
    """The entries of a mapping; none for anything else."""
    return node.entries() if isinstance(node, Mapping) else {}


def items(node: Node | None) -> list[Node]:
    """The items of a sequence; none for anything else."""
    return node.items if isinstance(node, Sequence) else []


def get(node: Node | None, *keys: str) -> Node | None:
    """The value below `node` at these keys, if mappings lead there."""
    for key in keys:
        if not isinstance(node, Mapping):
            return None
        node = node.get(key)
    return node


def text_of(node: Node | None) -> str | None:
    """The text of a scalar that isn't null, as Compose prints it; None for anything else."""
    plain = value(node)
    return None if plain is None else show(plain)


def walk(node: Node) -> Iterator[Node]:
    """Every node once, however often an alias names it."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        at = stack.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        yield at
        if isinstance(at, Mapping):
            stack.extend(item for key, item in at.items)
        elif isinstance(at, Sequence):
            stack.extend(at.items)


def same(first: Node, second: Node) -> bool:
    """Do the nodes hold the same values?"""
    pending = [(first, second)]
    while pending:
        one, other = pending.pop()
        if one is other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            ours, theirs = one.entries(), other.entries()
            if ours.keys() != theirs.keys():
                return False
            pending += [(child, theirs[name][1]) for name, (_, child) in ours.items()]
        elif isinstance(one, Sequence) and isinstance(other, Sequence):
            if len(one.items) != len(other.items):
                return False
            pending += zip(one.items, other.items, strict=True)
        elif not isinstance(one, Scalar) or not isinstance(other, Scalar) or not _equal(one, other):
            return False
    return True


def _equal(one: Scalar, other: Scalar) -> bool:
    left, right = value(one), value(other)
    return left == right and type(left) is type(right)
