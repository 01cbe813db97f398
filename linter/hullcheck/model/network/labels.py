"""Label selectors, and which of many labelled things each selects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.choices import Enum
from hullcheck.tuples import NamedTuple


class Operator(Enum):
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class Requirement(NamedTuple):
    """One condition on a label. `written` is true for an entry of `matchLabels`."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()
    written: bool = False

    def holds(self, labels: dict[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:  # holds for an absent key, too
                return value not in self.values
            case Operator.EXISTS:
                return value is not None
        return value is None

    def __str__(self) -> str:
        if self.operator is Operator.IN and len(self.values) == 1:
            return f"{self.key}: {next(iter(self.values))}"
        return f"{self.key} {self.operator.value} {', '.join(sorted(self.values))}".strip()


class LabelSelector(NamedTuple):
    """Requirements that must all hold; without any it selects everything. `known` is false if a part is a template."""

    requirements: tuple[Requirement, ...] = ()
    known: bool = True

    def __str__(self) -> str:
        return ", ".join(map(str, self.requirements)) or "everything"

    @property
    def selects_all(self) -> bool:
        return self.known and not self.requirements

    def matches(self, labels: dict[str, str]) -> bool:
        return all(requirement.holds(labels) for requirement in self.requirements)

    @classmethod
    def of(cls, labels: dict[str, str]) -> "LabelSelector":
        """The selector that asks for exactly these labels."""
        return cls(tuple(Requirement(k, Operator.IN, frozenset((v,)), written=True) for k, v in labels.items()))

    def narrowed(self, labels: dict[str, str]) -> "LabelSelector":
        """This selector with more `matchLabels`, which replace those of the same key."""
        kept = tuple(r for r in self.requirements if not (r.written and r.key in labels))
        return LabelSelector(kept + LabelSelector.of(labels).requirements, self.known)


class Labels(NamedTuple):
    """Labels as far as they are known: keys in `hidden` are there with a value that isn't known; where `open` is true
    there may be others, apart from those in `closed`."""

    values: dict[str, str]
    hidden: frozenset[str] = frozenset()
    open: bool = False
    closed: frozenset[str] = frozenset()


class Match(NamedTuple):
    """What is selected for certain, and what may be, as sets of bits; `maybe` holds all of `sure`."""

    sure: int
    maybe: int

    def __and__(self, other: "Match") -> "Match":
        return Match(self.sure & other.sure, self.maybe & other.maybe)

    def __or__(self, other: "Match") -> "Match":
        return Match(self.sure | other.sure, self.maybe | other.maybe)

    def within(self, bits: int) -> "Match":
        return Match(self.sure & bits, self.maybe & bits)


NOTHING = Match(0, 0)


class LabelIndex:
    """Labelled things, numbered in order, by what they are labelled with."""

    def __init__(self, rows: Iterable[Labels]) -> None:
        pairs: dict[tuple[str, str], list[int]] = {}
        keys: dict[str, list[int]] = {}
        hidden: dict[str, list[int]] = {}
        open_, count = 0, 0
        closed: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            count = number + 1
            for key, value in row.values.items():
                pairs.setdefault((key, value), []).append(number)
                keys.setdefault(key, []).append(number)
            for key in row.hidden:
                hidden.setdefault(key, []).append(number)
                keys.setdefault(key, []).append(number)
            if row.open:
                open_ |= 1 << number
                for key in row.closed:
                    closed.setdefault(key, []).append(number)
        self.all = (1 << count) - 1
        self._pairs = {pair: bits_of(numbers) for pair, numbers in pairs.items()}
        self._keys = {key: bits_of(numbers) for key, numbers in keys.items()}
        self._hidden = {key: bits_of(numbers) for key, numbers in hidden.items()}
        self._open = open_
        self._closed = {key: bits_of(numbers) for key, numbers in closed.items()}
        self._found: dict[Requirement, Match] = {}

    def match(self, selector: LabelSelector) -> Match:
        """What the selector selects; one that isn't known may select anything."""
        if not selector.known:
            return Match(0, self.all)
        found = Match(self.all, self.all)
        for requirement in selector.requirements:
            found &= self._match(requirement)
        return found

    def _match(self, requirement: Requirement) -> Match:
        known = self._found.get(requirement)
        if known is None:
            known = self._found[requirement] = self._evaluate(requirement)
        return known

    def _evaluate(self, requirement: Requirement) -> Match:
        key = requirement.key
        there = self._keys.get(key, 0)
        may_be_there = self._open & ~there & ~self._closed.get(key, 0)
        value_unknown = self._hidden.get(key, 0) | may_be_there
        if requirement.operator in (Operator.IN, Operator.NOT_IN):
            listed = 0
            for value in requirement.values:
                listed |= self._pairs.get((key, value), 0)
            if requirement.operator is Operator.IN:
                return Match(listed, listed | value_unknown)
            return Match(self.all & ~(listed | value_unknown), self.all & ~listed)
        if requirement.operator is Operator.EXISTS:
            return Match(there, there | may_be_there)
        return Match(self.all & ~(there | may_be_there), self.all & ~there)


def bits_of(numbers: Iterable[int]) -> int:
    """The set of bits of these numbers."""
    numbers = list(numbers)
    if len(numbers) < 32:
        bits = 0
        for number in numbers:
            bits |= 1 << number
        return bits
    table = bytearray(max(numbers) // 8 + 1)
    for number in numbers:
        table[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(table, "little")


def numbers_in(bits: int) -> Iterator[int]:
    """The numbers of a set of bits, ascending."""
    if bits.bit_count() < 16:
        while bits:
            lowest = bits & -bits
            yield lowest.bit_length() - 1
            bits ^= lowest
        return
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)
