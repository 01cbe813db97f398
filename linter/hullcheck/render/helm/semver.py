"""Semantic versions and constraints on them, as the library that Helm uses reads them."""

from __future__ import annotations

import re

from hullcheck.model.lazy import Lazy
from hullcheck.patterns import pattern
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.values import Host, Int64, Value
from hullcheck.tuples import NamedTuple

_EXTRA = r"(?:-([0-9A-Za-z\-]++(?:\.[0-9A-Za-z\-]++)*+))?+(?:\+([0-9A-Za-z\-]++(?:\.[0-9A-Za-z\-]++)*+))?+"
_VERSION = pattern(r"v?([0-9]++)(?:\.([0-9]++))?(?:\.([0-9]++))?" + _EXTRA)
_PART = r"[0-9|xX*]++"
_CONSTRAINT_VERSION = rf"v?({_PART})(?:\.({_PART}))?(?:\.({_PART}))?{_EXTRA}"
_BARE = re.sub(r"\((?!\?)", "(?:", _CONSTRAINT_VERSION)
_OPERATOR = r"(?:!=|>=|=>|<=|=<|~>|=|>|<|~|\^|)"
_ONE = pattern(rf"\s*+({_OPERATOR})\s*+({_CONSTRAINT_VERSION})\s*+")
MAX_LENGTH = 512
_RANGE = Lazy(rf"\s*+({_BARE})\s++-\s++({_BARE})\s*+", most=MAX_LENGTH)


class Version(Host):
    """A parsed version; templates see its parts as fields."""

    kind = "ptr"
    type_name = "*semver.Version"

    def __init__(self, text: str) -> None:
        match = _VERSION.fullmatch(text) if len(text) <= MAX_LENGTH else None
        if match is None:
            raise TemplateError("invalid semantic version")
        self.original = text
        self.numbers = (int(match[1]), int(match[2] or 0), int(match[3] or 0))
        self.pre = match[4] or ""
        self.metadata = match[5] or ""
        if any(part.isdecimal() and len(part) > 1 and part[0] == "0" for part in self.pre.split(".")):
            raise TemplateError("invalid prerelease string")

    def show(self) -> str:
        number = ".".join(map(str, self.numbers))
        return number + (f"-{self.pre}" if self.pre else "") + (f"+{self.metadata}" if self.metadata else "")

    def field(self, name: str) -> Value:
        if name in ("Major", "Minor", "Patch"):
            return Int64(self.numbers[("Major", "Minor", "Patch").index(name)])
        simple = {"Prerelease": self.pre, "Metadata": self.metadata, "Original": self.original, "String": self.show()}
        return simple[name] if name in simple else super().field(name)

    def call(self, name: str, args: list[Value]) -> Value:
        if name == "Compare" and len(args) == 1 and isinstance(args[0], Version):
            return compare(self, args[0])
        return super().call(name, args)


def compare(a: Version, b: Version) -> int:
    """-1, 0 or 1."""
    if a.numbers != b.numbers:
        return -1 if a.numbers < b.numbers else 1
    return _compare_pre(a.pre, b.pre)


def _compare_pre(a: str, b: str) -> int:
    if a == b:
        return 0
    if not a or not b:
        return 1 if not a else -1
    left, right = a.split("."), b.split(".")
    for one, other in zip(left, right, strict=False):
        if one != other:
            return _compare_part(one, other)
    return -1 if len(left) < len(right) else 1


def _compare_part(one: str, other: str) -> int:
    if one.isdecimal() and other.isdecimal():
        return -1 if int(one) < int(other) else 1 if int(one) > int(other) else 0
    if one.isdecimal() or other.isdecimal():
        return -1 if one.isdecimal() else 1
    return -1 if one < other else 1


class _Constraint(NamedTuple):
    """`parts`: how many of the three numbers are given."""

    operator: str
    version: Version
    parts: int


def satisfies(constraint: str, version: Version) -> bool:
    """Does the version satisfy the constraint? Raises TemplateError if that can't be parsed."""
    if len(constraint) > MAX_LENGTH:
        raise TemplateError("improper constraint")
    text = _RANGE.sub(r">= \1, <= \2 ", constraint)
    groups = [_group(part) for part in text.split("||")]
    return any(_all(group, version) for group in groups)


def _group(text: str) -> list[_Constraint]:
    at = 0
    found = []
    while True:
        match = _ONE.match(text, at)
        if match is None or (at and not re.match(r"\s|,", text[at - 1 : at])):
            raise TemplateError(f"improper constraint: {text}")
        found.append(_parsed(match))
        at = match.end()
        if at >= len(text):
            return found
        if text[at] == ",":
            at += 1


def _parsed(match: re.Match[str]) -> _Constraint:
    numbers = []
    for part in match.group(3, 4, 5):
        if part is None or part in ("x", "X", "*"):
            break
        numbers.append(part)
    parts = len(numbers)
    pre = f"-{match[6]}" if match[6] else ""
    if not all(number.isdecimal() for number in numbers):
        raise TemplateError("constraint parser error")
    return _Constraint(match[1], Version(".".join([*numbers, "0", "0", "0"][:3]) + pre), parts)


def _all(group: list[_Constraint], version: Version) -> bool:
    takes_pre = any(constraint.version.pre for constraint in group)
    if version.pre and not takes_pre:
        return False
    return all(_fits(constraint, version) for constraint in group)


def _fits(constraint: _Constraint, version: Version) -> bool:
    operator, wanted, parts = constraint
    order = compare(version, wanted)
    if operator in ("", "="):
        return _tilde(constraint, version) if parts < 3 else order == 0
    if operator == "!=":
        return _differs(constraint, version)
    if operator == ">":
        return order > 0 if parts == 3 else version.numbers[: max(parts, 1)] > wanted.numbers[: max(parts, 1)]
    if operator == "<":
        return order < 0
    if operator in (">=", "=>"):
        return order >= 0
    if operator in ("<=", "=<"):
        return order <= 0 if parts == 3 else version.numbers[: max(parts, 1)] <= wanted.numbers[: max(parts, 1)]
    if operator in ("~", "~>"):
        return _tilde(constraint, version)
    return _caret(constraint, version)


def _differs(constraint: _Constraint, version: Version) -> bool:
    _, wanted, parts = constraint
    if parts == 3:
        return compare(version, wanted) != 0
    if parts == 2 and version.numbers[:2] == wanted.numbers[:2]:
        return _compare_pre(version.pre, wanted.pre) != 0
    return version.numbers[: max(parts, 1)] != wanted.numbers[: max(parts, 1)]


def _tilde(constraint: _Constraint, version: Version) -> bool:
    _, wanted, parts = constraint
    if compare(version, wanted) < 0:
        return False
    if wanted.numbers == (0, 0, 0) and parts in (0, 3):
        return True
    return version.numbers[: min(max(parts, 1), 2)] == wanted.numbers[: min(max(parts, 1), 2)]


def _caret(constraint: _Constraint, version: Version) -> bool:
    _, wanted, parts = constraint
    if compare(version, wanted) < 0:
        return False
    major, minor, _ = wanted.numbers
    if major > 0 or parts == 1:
        return version.numbers[0] == major
    if version.numbers[0] > 0:
        return False
    if minor > 0 or parts == 2:
        return version.numbers[1] == minor
    return version.numbers[1] == 0 and version.numbers[2] == wanted.numbers[2]
